//! The authorization request (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1) after it was checked.
use serde::{Deserialize, Serialize};

use super::scope::Scopes;
use crate::model::{Acr, ClientId, ResponseMode};

/// A redirect target that matched the client's registration byte for byte. Only `redirect::verify` makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedRedirect {
    pub(super) uri: String,
    pub(super) mode: ResponseMode,
    pub(super) state: Option<String>,
}

impl VerifiedRedirect {
    pub fn uri(&self) -> &str {
        &self.uri
    }

    pub fn mode(&self) -> ResponseMode {
        self.mode
    }

    /// As it was sent, byte for byte.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

/// Where the answer goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Target {
    /// A relying application.
    Client(VerifiedRedirect),
    /// A page of our own (`/account/…`): no tenant, no consent, no code.
    Own { path: String },
}

/// `prompt` (OpenID Connect Core 3.1.2.1), plus `select_tenant` of ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prompt {
    pub none: bool,
    pub login: bool,
    pub consent: bool,
    pub select_account: bool,
    pub select_tenant: bool,
}

/// A checked authorization request. Stored with its flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizeRequest {
    pub client: ClientId,
    pub target: Target,
    /// Was `redirect_uri` sent? Then the token request must repeat it (RFC 6749 4.1.3).
    pub redirect_uri_sent: bool,
    /// What the client may have of what it asked for.
    pub scopes: Scopes,
    pub nonce: Option<String>,
    /// S256 challenge (RFC 7636 4.3).
    pub challenge: Option<String>,
    pub prompt: Prompt,
    /// Seconds.
    pub max_age: Option<i64>,
    /// Voluntary wishes, best first; unknown values dropped.
    pub acr_values: Vec<Acr>,
    /// The lowest `acr` that must be met: from an essential `acr` claim or the client's registration.
    pub acr_required: Option<Acr>,
    /// Must the id_token carry `auth_time`?
    pub auth_time_requested: bool,
    pub login_hint: Option<String>,
    /// `sub` of a valid `id_token_hint`.
    pub hinted_person: Option<String>,
    /// `tenant=` or `tenant:<slug>`: id, number or slug as sent.
    pub tenant_hint: Option<String>,
    pub ui_locales: Vec<String>,
}
