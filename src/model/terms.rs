//! What an authorization was limited to and promised, beside its scopes: kept with the grant, read when tokens are made.
use serde::{Deserialize, Serialize};

/// The confirmation key of sender-constrained tokens (RFC 7800 3.1), in the form of the `cnf` claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Binding {
    /// SHA-256 thumbprint of the DPoP key (RFC 9449 6.1).
    #[serde(rename = "jkt")]
    Jkt(String),
    /// SHA-256 thumbprint of the client's certificate (RFC 8705 3.1).
    #[serde(rename = "x5t#S256")]
    Certificate(String),
}

/// Terms of a grant. Empty members are not stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GrantTerms {
    /// Resource servers that access tokens may be for (RFC 8707 2); empty: those of the client's registration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// What was allowed in detail (RFC 9396 2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<serde_json::Value>,
    /// Claims asked for one by one (OpenID Connect Core 5.5), by their names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub id_token_claims: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub userinfo_claims: Vec<String>,
    /// The key that refresh tokens of this grant are bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<Binding>,
    /// Who acts for the person: the `act` claim of RFC 8693 4.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<serde_json::Value>,
}
