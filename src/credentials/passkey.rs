//! Passkeys: what a browser is asked, and whether what its authenticator answers is good (WebAuthn Level 3, 7.1, 7.2).
//!
//! The checks are those of webauthn-rs; what it leaves to its caller is checked here: the origin byte for byte, no frames
//! of others, the user handle. Somebody is always verified by the authenticator itself (fingerprint, face, PIN).
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};
use webauthn_rs::prelude::{DiscoverableAuthentication, PasskeyRegistration, Url, Uuid, Webauthn, WebauthnBuilder};
use webauthn_rs::prelude::{Passkey, PublicKeyCredential, RegisterPublicKeyCredential};

/// The longest answer that is looked at.
const LONGEST: usize = 16 * 1024;
/// The longest credential id in bytes.
const LONGEST_ID: usize = 1023;

/// This instance, as authenticators know it.
pub struct Relying {
    webauthn: Webauthn,
    origin: String,
}

/// A question to a browser, and what has to be kept until it answers. The state holds the challenge: it is used once.
pub struct Begun {
    /// `publicKey` for `navigator.credentials`, its bytes in base64url.
    pub options: Value,
    pub state: String,
}

/// A passkey that was made just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Credential id, base64url.
    pub credential: String,
    /// The public key and its state, as this room keeps them.
    pub data: String,
    pub counter: i64,
    /// May be copied to other devices (backup eligibility): a key in software, and honestly told as such.
    pub synced: bool,
}

/// A passkey as it is kept.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a> {
    pub data: &'a str,
    /// User handle of its owner, base64url.
    pub handle: &'a str,
}

/// What a good answer proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The passkey with its new state.
    pub data: String,
    pub counter: i64,
    pub synced: bool,
}

/// Why an answer is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the answer is none")]
    Unreadable,
    #[error("what is kept cannot be read")]
    Stored,
    #[error("the answer is for another origin")]
    Origin,
    #[error("the answer names another person")]
    Handle,
    #[error("the passkey was used elsewhere: its counter went back")]
    Counter,
    #[error("the answer is not good")]
    Refused,
}

/// Answer of a browser that was asked for a passkey.
pub struct Answer(PublicKeyCredential);

impl Answer {
    /// Reads the JSON text of an answer.
    ///
    /// # Errors
    /// [`Fault::Unreadable`].
    pub fn read(text: &str) -> Result<Self, Fault> {
        parse(text).map(Self)
    }

    /// Which passkey it claims to be of, base64url.
    pub fn credential(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.get_credential_id())
    }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Fault> {
    if text.len() > LONGEST {
        return Err(Fault::Unreadable);
    }
    serde_json::from_str(text).map_err(|_| Fault::Unreadable)
}

fn stored<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|_| Fault::Stored)
}

impl Relying {
    /// The relying party of an issuer: its host is the id, exactly, and its origin the only one. None where browsers know
    /// no passkeys: at a bare address instead of a name, or without TLS (`localhost` apart).
    pub fn new(issuer: &str, name: &str) -> Option<Self> {
        let url = Url::parse(issuer).ok()?;
        let host = url.domain()?.to_owned();
        if url.scheme() != "https" && host != "localhost" {
            return None;
        }
        let webauthn = WebauthnBuilder::new(&host, &url).ok()?.rp_name(name).build().ok()?;
        Some(Self { webauthn, origin: url.origin().ascii_serialization() })
    }

    /// Asks for a new passkey of a person, who is known to authenticators by `handle`. `known`: those that there are.
    ///
    /// # Errors
    /// [`Fault::Stored`] when a known one cannot be read.
    pub fn begin(&self, handle: [u8; 16], name: &str, display: &str, known: &[String]) -> Result<Begun, Fault> {
        let ids: Result<Vec<Vec<u8>>, Fault> = known.iter().map(|id| URL_SAFE_NO_PAD.decode(id).map_err(|_| Fault::Stored)).collect();
        let (options, state) =
            self.webauthn.start_passkey_registration(Uuid::from_bytes(handle), name, display, Some(ids?)).map_err(|_| Fault::Stored)?;
        let mut options = serde_json::to_value(options).map_err(|_| Fault::Stored)?;
        // Found without a name: the authenticator keeps it itself (WebAuthn 5.4.6).
        let selection = &mut options["publicKey"]["authenticatorSelection"];
        selection["residentKey"] = json!("required");
        selection["requireResidentKey"] = json!(true);
        Ok(Begun { options: options["publicKey"].take(), state: serde_json::to_string(&state).map_err(|_| Fault::Stored)? })
    }

    /// Checks what an authenticator made (WebAuthn 7.1).
    ///
    /// # Errors
    /// Why it is refused.
    pub fn made(&self, state: &str, answer: &str) -> Result<Made, Fault> {
        let state: PasskeyRegistration = stored(state)?;
        let answer: RegisterPublicKeyCredential = parse(answer)?;
        self.same_origin(answer.response.client_data_json.as_ref())?;
        let passkey = self.webauthn.finish_passkey_registration(&answer, &state).map_err(|_| Fault::Refused)?;
        // WebAuthn 7.1 step 25.
        if passkey.cred_id().is_empty() || passkey.cred_id().len() > LONGEST_ID {
            return Err(Fault::Refused);
        }
        let credential = webauthn_rs::prelude::Credential::from(passkey.clone());
        Ok(Made {
            credential: URL_SAFE_NO_PAD.encode(passkey.cred_id()),
            data: serde_json::to_string(&passkey).map_err(|_| Fault::Stored)?,
            counter: i64::from(credential.counter),
            synced: credential.backup_eligible,
        })
    }

    /// Asks for a passkey: one of `allowed` (credential ids in base64url), or with an empty list whichever the browser has.
    ///
    /// # Errors
    /// Never for well-formed arguments.
    pub fn ask(&self, allowed: &[String]) -> Result<Begun, Fault> {
        let (options, state) = self.webauthn.start_discoverable_authentication().map_err(|_| Fault::Stored)?;
        let mut options = serde_json::to_value(options).map_err(|_| Fault::Stored)?;
        let allowed: Vec<Value> = allowed.iter().map(|id| json!({ "type": "public-key", "id": id })).collect();
        options["publicKey"]["allowCredentials"] = json!(allowed);
        Ok(Begun { options: options["publicKey"].take(), state: serde_json::to_string(&state).map_err(|_| Fault::Stored)? })
    }

    /// Checks an answer against the passkey that it claims to be of (WebAuthn 7.2).
    ///
    /// # Errors
    /// Why it is refused.
    pub fn proved(&self, state: &str, answer: &Answer, kept: Kept<'_>) -> Result<Proved, Fault> {
        let state: DiscoverableAuthentication = stored(state)?;
        let mut passkey: Passkey = stored(kept.data)?;
        self.same_origin(answer.0.response.client_data_json.as_ref())?;
        // WebAuthn 7.2 step 6: the owner of the credential is the one that the authenticator names.
        let handle = answer.0.get_user_unique_id().map(|handle| URL_SAFE_NO_PAD.encode(handle));
        if handle.is_some_and(|handle| handle != kept.handle) {
            return Err(Fault::Handle);
        }
        let result = self.webauthn.finish_discoverable_authentication_v2(&answer.0, state, &passkey).map_err(|error| match error {
            webauthn_rs::prelude::WebauthnError::CredentialPossibleCompromise => Fault::Counter,
            _ => Fault::Refused,
        })?;
        if !result.user_verified() {
            return Err(Fault::Refused);
        }
        passkey.update_credential(&result);
        Ok(Proved {
            data: serde_json::to_string(&passkey).map_err(|_| Fault::Stored)?,
            counter: i64::from(result.counter()),
            synced: result.backup_eligible(),
        })
    }

    /// WebAuthn 7.1 step 9, 7.2 step 13: the very origin as text, and never inside a page of others.
    fn same_origin(&self, client_data: &[u8]) -> Result<(), Fault> {
        #[derive(Deserialize)]
        struct ClientData {
            origin: String,
            #[serde(rename = "crossOrigin", default)]
            cross_origin: bool,
        }
        let data: ClientData = serde_json::from_slice(client_data).map_err(|_| Fault::Unreadable)?;
        if data.origin == self.origin && !data.cross_origin { Ok(()) } else { Err(Fault::Origin) }
    }
}
