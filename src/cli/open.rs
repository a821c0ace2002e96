//! What commands open: the data folder, the database, the sealer.
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::error::CliError;
use super::master_key::{self, Missing};
use crate::config::Config;
use crate::keys::Sealer;
use crate::model::{Email, Person, PersonId, Tenant, Username};
use crate::service::change::Change;
use crate::service::signing_keys::{Maker, policy};
use crate::store::{SchemaState, Store};
use crate::world::{Clock as _, Entropy, Os, SystemClock, Timestamp};

/// The name under which the master key of a database is remembered (its id, not the key).
const KEY_ID: &str = "master_key_id";

/// An open database whose schema is current, and what a change needs.
pub struct Opened {
    pub store: Store,
    pub entropy: Arc<dyn Entropy>,
    pub now: Timestamp,
}

/// Opens the database for a command.
///
/// # Errors
/// The database cannot be opened, or a migration waits.
pub async fn open(config: &Config) -> Result<Opened, CliError> {
    let store = open_store(config).await?;
    refuse_outdated(&store).await?;
    Ok(Opened { store, entropy: Arc::new(Os), now: SystemClock.now() })
}

/// Opens the database without a look at its schema; the folder of an SQLite file is made when missing.
pub async fn open_store(config: &Config) -> Result<Store, CliError> {
    if config.database.sqlite_file().is_some() {
        private_folder(&config.data_folder())?;
    }
    Ok(Store::open(config.database.url.expose()).await?)
}

pub async fn refuse_outdated(store: &Store) -> Result<(), CliError> {
    match store.schema_state().await? {
        SchemaState::Current => Ok(()),
        SchemaState::Behind(waiting) => {
            Err(CliError::new(format!("the database is not up to date: migrations wait ({waiting})"), "run `tenantry migrate` first"))
        }
        SchemaState::Newer => {
            Err(CliError::new("the database was written by a newer version", "use that version, or restore a backup from before"))
        }
    }
}

/// Makes a folder that only this user may enter, with its parents.
pub fn private_folder(folder: &Path) -> Result<(), CliError> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        CliError::new(
            format!("the folder {} cannot be made: {error}", folder.display()),
            "name a place that this program's user may write to",
        )
    })
}

impl Opened {
    /// A change made from this command line.
    pub fn change(&self) -> Change<'_> {
        Change { store: &self.store, entropy: &*self.entropy, now: self.now, actor: "cli", network: "local" }
    }

    /// The sealer under the master key, which must be the one of this database.
    pub async fn sealer(&self, config: &Config) -> Result<Sealer, CliError> {
        let known = self.store.read(async |r| r.setting(KEY_ID).await).await?;
        let missing = if known.is_some() { Missing::Refuse } else { Missing::Make };
        let sealer = Sealer::new(master_key::obtain(config, missing, &*self.entropy)?);
        let in_force = match known {
            Some(known) => known,
            None => self.store.write(async |w| w.settle_setting(KEY_ID, sealer.key_id()).await).await?,
        };
        if in_force != sealer.key_id() {
            return Err(CliError::new(
                format!("this master key ({}) is not the one of the database ({in_force})", sealer.key_id()),
                "give the original master key; every node of one database needs the same",
            ));
        }
        Ok(sealer)
    }

    /// What is needed to make signing keys.
    pub async fn maker(&self, config: &Config) -> Result<Maker, CliError> {
        Ok(Maker { sealer: self.sealer(config).await?, entropy: Arc::clone(&self.entropy), policy: policy(&config.keys) })
    }

    /// The tenant of an id, number or slug.
    pub async fn tenant(&self, handle: &str) -> Result<Tenant, CliError> {
        let found = self.store.read(async |r| r.tenant_by_handle(handle).await).await?;
        found.ok_or_else(|| {
            CliError::new(
                format!("there is no tenant \"{}\"", handle.escape_debug()),
                "give its id, number or slug; `tenantry tenant add` makes one",
            )
        })
    }

    /// The person of an e-mail address, of a user name that the system made up, or of an id.
    pub async fn person(&self, handle: &str) -> Result<Person, CliError> {
        let email = Email::parse(handle);
        let name = Username::parse(handle).filter(Username::is_of_the_system);
        let id = PersonId::from_text(handle);
        let found = self
            .store
            .read(async |r| match (&email, &name) {
                (Some(email), _) => r.person_by_email(email).await,
                (None, Some(name)) => Ok(r.password_record_of_name(None, name).await?.map(|record| record.person)),
                (None, None) => r.person(&id).await,
            })
            .await?;
        found.ok_or_else(|| CliError::new("there is no such person", "give an e-mail address or id; `tenantry person add` makes one"))
    }
}

/// Text from a file, or from standard input for `-`, without the line end.
pub fn text_of(file: &Path) -> Result<crate::world::Secret<String>, CliError> {
    let read = if file == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { fs::read_to_string(file) };
    let text = read.map_err(|error| {
        CliError::new(format!("{} cannot be read: {error}", file.display()), "name a text file that you may read, or - for standard input")
    })?;
    Ok(crate::world::Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}
