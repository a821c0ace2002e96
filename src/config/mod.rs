//! Floor 1. What an operator can set: sections, layers, validation.
//!
//! Owns: `config/tenantry.toml` (the default layer), one struct per section, all checks of settings.
//! Never does: reading the environment by itself, opening the database, making keys.
//! Layers, lowest first: embedded file < file < environment (`TENANTRY__SECTION__KEY`) < flags.
//!
//! ```
//! use tenantry::config::Config;
//! let flags = vec![("server.listen".into(), "nowhere".into()), ("mail.modus".into(), "x".into())];
//! let faults = Config::load(None, std::iter::empty(), flags).unwrap_err();
//! assert_eq!(faults.list().len(), 2);
//! ```
mod faults;
mod layers;
mod policy;
mod sections;
mod server;
mod values;

use std::path::{Path, PathBuf};

pub use faults::{Fault, Faults};
pub use policy::*;
pub use sections::*;
pub use server::*;

use crate::world::Secret;

/// The default layer: every setting with its default and one sentence.
pub const DEFAULTS: &str = include_str!("../../config/tenantry.toml");

/// Everything that is set. Read once at the start; nobody reads the environment afterwards.
#[derive(Clone, Debug)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub keys: Keys,
    pub mail: Mail,
    pub password: Password,
    pub sign_in: SignIn,
    pub policy: Policy,
    pub log: Log,
    pub product: Product,
    pub upstream: Upstream,
    pub outbound: Outbound,
    pub registration: Registration,
    /// The effective configuration as text, secrets masked.
    shown: String,
}

impl Config {
    /// Lays the layers over each other and checks everything.
    ///
    /// `flags` are key paths with values (`server.listen`, `0.0.0.0:80`); of `env` only names that begin with
    /// `TENANTRY__` count.
    ///
    /// # Errors
    /// All faults at once, each with its key path and what to do.
    pub fn load(file: Option<&Path>, env: impl Iterator<Item = (String, String)>, flags: Vec<(String, String)>) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut layers = layers::Layers::defaults();
        if let Some(path) = file {
            layers.lay_file(path, &mut faults);
        }
        layers.lay_environment(env, &mut faults);
        layers.lay_flags(flags, &mut faults);
        layers.drop_unreadable(&mut faults);
        let shown = layers.masked();
        let mut config = layers.into_config(shown);
        config.read_secret_files(&mut faults);
        config.validate(&mut faults);
        if faults.is_empty() { Ok(config) } else { Err(faults) }
    }

    /// A configuration for a server inside a test: letters in a folder that is never used, cheap password hashes.
    pub fn for_tests(issuer: &str, database: &str) -> Self {
        let set = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let flags = vec![
            set("server.issuer", issuer),
            set("server.listen", "127.0.0.1:0"),
            set("database.url", database),
            set("keys.master_key", "dGVuYW50cnktdGVzdHMta2V5LTAxMjM0NTY3ODktX18"),
            set("password.memory_kib", "64"),
            set("password.iterations", "1"),
            set("password.threads", "2"),
            set("upstream.allow_plain_http_loopback", "true"),
        ];
        Self::load(None, std::iter::empty(), flags).expect("the test configuration has no faults when its issuer is an origin")
    }

    /// The effective configuration as TOML with secrets masked, each changed key with the layer it came from.
    pub fn masked(&self) -> &str {
        &self.shown
    }

    /// Where files of this instance lie: the folder of the SQLite file, else `tenantry-data`.
    pub fn data_folder(&self) -> PathBuf {
        match self.database.sqlite_file() {
            Some(file) => file.parent().map_or_else(PathBuf::new, Path::to_path_buf),
            None => PathBuf::from("tenantry-data"),
        }
    }

    /// The file of the master key, whether it was named or not.
    pub fn master_key_file(&self) -> PathBuf {
        self.keys.master_key_file.clone().unwrap_or_else(|| self.data_folder().join("keys").join("master.key"))
    }

    /// Puts the content of `mail.password_file` into `mail.password`.
    fn read_secret_files(&mut self, faults: &mut Faults) {
        let Some(path) = &self.mail.password_file else { return };
        if self.mail.password.is_some() {
            faults.add("mail.password_file", "is set together with mail.password", "set one of the two");
            return;
        }
        match std::fs::read_to_string(path) {
            Ok(text) => self.mail.password = Some(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned())),
            Err(error) => faults.add(
                "mail.password_file",
                format!("cannot be read: {}: {error}", path.display()),
                "name a file that this program's user may read",
            ),
        }
    }

    fn validate(&self, faults: &mut Faults) {
        self.server.validate(faults);
        self.database.validate(faults);
        self.keys.validate(faults);
        self.mail.validate(faults);
        self.password.validate(faults);
        self.sign_in.validate(faults);
        self.policy.validate(faults);
        self.product.validate(faults);
        self.outbound.validate(faults);
    }
}

#[cfg(test)]
mod tests;
