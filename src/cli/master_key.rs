//! The master key: from the configuration, from its file, or made at the first start.
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::error::CliError;
use crate::config::{Config, plain_base64};
use crate::keys::MasterKey;
use crate::world::Entropy;

const MAKE: &str = "make one with: openssl rand -base64 32 > FILE && chmod 600 FILE";

/// Whether a missing key file may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    Make,
    /// The database was sealed already; a new key could not open it.
    Refuse,
}

/// The master key that is configured; a missing file in its usual place is made (0600).
///
/// # Errors
/// The file may be read by others (security.md O07), is not 32 bytes of base64 (O02), or is missing where it must not.
pub fn obtain(config: &Config, missing: Missing, entropy: &dyn Entropy) -> Result<MasterKey, CliError> {
    if let Some(text) = &config.keys.master_key {
        return parse(text.expose()).ok_or_else(|| CliError::new("keys.master_key is no master key", MAKE));
    }
    let file = config.master_key_file();
    match read(&file) {
        Ok(Some(key)) => Ok(key),
        Ok(None) if missing == Missing::Refuse => Err(CliError::new(
            format!("the master key {} is missing, and the database is sealed with it", file.display()),
            "put the original file back; without it signing keys, authenticator apps and connections cannot be opened",
        )),
        // A file that was named on purpose and is not there is a mount that failed.
        Ok(None) if config.keys.master_key_file.is_some() => {
            Err(CliError::new(format!("keys.master_key_file {} does not exist", file.display()), MAKE))
        }
        Ok(None) => make(&file, entropy),
        Err(error) => Err(error),
    }
}

fn parse(text: &str) -> Option<MasterKey> {
    let plain = Zeroizing::new(plain_base64(text));
    MasterKey::from_text(&plain).ok()
}

fn read(file: &Path) -> Result<Option<MasterKey>, CliError> {
    let text = match fs::read_to_string(file) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let problem = format!("the master key {} cannot be read: {error}", file.display());
            return Err(CliError::new(problem, "let this program's user own the file, with mode 600"));
        }
    };
    refuse_shared(file)?;
    let key = parse(&text).ok_or_else(|| {
        CliError::new(format!("{} does not hold 32 random bytes of base64", file.display()), format!("put the original back, or {MAKE}"))
    })?;
    Ok(Some(key))
}

#[cfg(unix)]
fn refuse_shared(file: &Path) -> Result<(), CliError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(file).map(|facts| facts.permissions().mode() & 0o777).unwrap_or(0o777);
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(CliError::new(
        format!("the master key {} may be read by others (mode {mode:03o})", file.display()),
        format!("chmod 600 {}", file.display()),
    ))
}

#[cfg(not(unix))]
fn refuse_shared(_file: &Path) -> Result<(), CliError> {
    Ok(())
}

/// Writes a new key beside its place and links it there, so that the file is whole or absent and never replaced.
fn make(file: &Path, entropy: &dyn Entropy) -> Result<MasterKey, CliError> {
    let key = MasterKey::generate(entropy);
    let failed = |error: std::io::Error| {
        CliError::new(format!("the master key {} cannot be written: {error}", file.display()), "let this program's user write there")
    };
    let folder = file.parent().unwrap_or(Path::new("."));
    super::open::private_folder(folder)?;
    let draft = folder.join(format!(".master.key.{}", std::process::id()));
    let _ = fs::remove_file(&draft);
    let outcome = write_new(&draft, key.to_text().expose()).and_then(|()| fs::hard_link(&draft, file));
    let _ = fs::remove_file(&draft);
    match outcome {
        Ok(()) => {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
            tracing::info!(file = %file.display(), "a master key was made; keep a copy of it in a safe place");
            Ok(key)
        }
        // Another start was faster: its key is the one.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(file)?.ok_or_else(|| failed(error)),
        Err(error) => Err(failed(error)),
    }
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Sealer;
    use crate::world::Seeded;

    fn config_in(folder: &Path) -> Config {
        let url = format!("sqlite:{}", folder.join("t.db").display());
        Config::load(None, std::iter::empty(), vec![("database.url".into(), url)]).unwrap()
    }

    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("tenantry-key-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn a_key_that_is_made_is_found_again() {
        let folder = folder("again");
        let config = config_in(&folder);

        let made = Sealer::new(obtain(&config, Missing::Make, &Seeded::new(1)).unwrap());
        let found = Sealer::new(obtain(&config, Missing::Refuse, &Seeded::new(2)).unwrap());

        assert_eq!(made.key_id(), found.key_id());
        assert_eq!(fs::read_dir(folder.join("keys")).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn o02_a_key_file_of_wrong_length_is_refused_and_kept() {
        let folder = folder("short");
        let config = config_in(&folder);
        let file = config.master_key_file();
        super::super::open::private_folder(file.parent().unwrap()).unwrap();
        write_new(&file, "c2hvcnQ").unwrap();

        assert!(obtain(&config, Missing::Make, &Seeded::new(1)).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "c2hvcnQ\n");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_openssl_prints_is_a_master_key() {
        assert!(parse("3q2+7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ/+8=\n").is_some());
    }
}
