//! What the demo remembers of its world beside the database: secrets that the applications were given, one key.
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{DemoError, Ports};
use crate::model::{KeyState, SigningAlg, SigningKeyRow};
use crate::world::Timestamp;

/// Name of the database in the folder: never one that a real instance uses.
pub const DATABASE: &str = "demo.db";
const FILE: &str = "world.json";

/// Written last when the world is made, so that its presence means that everything is there.
#[derive(Serialize, Deserialize)]
pub struct World {
    first_port: u16,
    pub web: Registration,
    pub spa: Registration,
    pub machine: Registration,
    /// Secret of the authenticator app that the start page plays.
    pub totp_secret: Vec<u8>,
    /// The secret that Tenantry was given at the stand-in, by directory.
    pub microsoft_secret: String,
    pub microsoft_key: StoredKey,
}

/// What an application knows of its registration.
#[derive(Serialize, Deserialize)]
pub struct Registration {
    pub client_id: String,
    /// Empty for the public one.
    pub secret: String,
}

/// The stand-in's signing key; the private part is sealed.
#[derive(Serialize, Deserialize)]
pub struct StoredKey {
    kid: String,
    sealed_private: String,
    pub public_jwk: String,
}

/// What is gathered while the world is made.
pub struct Facts {
    pub web: Registration,
    pub spa: Registration,
    pub machine: Registration,
    pub totp_secret: Vec<u8>,
    pub microsoft_secret: String,
    pub microsoft_key: SigningKeyRow,
}

impl World {
    pub fn new(ports: Ports, facts: Facts) -> Self {
        let key = facts.microsoft_key;
        Self {
            first_port: ports.first(),
            web: facts.web,
            spa: facts.spa,
            machine: facts.machine,
            totp_secret: facts.totp_secret,
            microsoft_secret: facts.microsoft_secret,
            microsoft_key: StoredKey { kid: key.kid, sealed_private: key.sealed_private, public_jwk: key.public_jwk },
        }
    }

    /// The world of a folder; nothing when none was made there.
    ///
    /// # Errors
    /// [`DemoError::Incomplete`] when making it was cut off, or the file is not one of this version.
    pub fn read(folder: &Path) -> Result<Option<Self>, DemoError> {
        let incomplete = |what: &str| DemoError::Incomplete { folder: folder.display().to_string(), what: what.to_owned() };
        let text = match std::fs::read_to_string(folder.join(FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && folder.join(DATABASE).exists() => {
                return Err(incomplete("it was stopped while it was made"));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(incomplete(&format!("{FILE} cannot be read: {error}"))),
        };
        let world: Self = serde_json::from_str(&text).map_err(|_| incomplete(&format!("{FILE} is not of this version")))?;
        if Ports::beginning_with(world.first_port).is_none() {
            return Err(incomplete(&format!("{FILE} names no ports")));
        }
        Ok(Some(world))
    }

    pub fn write(&self, folder: &Path) -> Result<(), DemoError> {
        let failed = |cause: String| DemoError::Making(format!("{FILE} cannot be written: {cause}"));
        let text = serde_json::to_string_pretty(self).map_err(|error| failed(error.to_string()))?;
        super::write_private(&folder.join(FILE), &text).map_err(|error| failed(error.to_string()))
    }

    pub fn ports(&self) -> Ports {
        Ports::beginning_with(self.first_port).expect("a world is read and made only with a block of ports")
    }
}

impl StoredKey {
    /// The key as the ring takes it.
    pub fn row(&self) -> SigningKeyRow {
        let always = Timestamp::from_micros(0);
        SigningKeyRow {
            kid: self.kid.clone(),
            alg: SigningAlg::Rs256,
            state: KeyState::Active,
            sealed_private: self.sealed_private.clone(),
            public_jwk: self.public_jwk.clone(),
            created_at: always,
            activates_at: always,
            retires_at: None,
        }
    }
}
