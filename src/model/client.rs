//! Registered relying applications (OAuth clients).
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ClientId, SecretId, TenantId, text_enum};
use crate::world::{Digest, Timestamp};

text_enum! { ClientState { Active = "active", Disabled = "disabled" } }
text_enum! {
    /// RFC 7591 2 `token_endpoint_auth_method`.
    AuthMethod { Basic = "client_secret_basic", Post = "client_secret_post", PrivateKeyJwt = "private_key_jwt", None = "none" }
}
text_enum! {
    GrantType { AuthorizationCode = "authorization_code", RefreshToken = "refresh_token", ClientCredentials = "client_credentials" }
}
text_enum! { SigningAlg { Rs256 = "RS256", Ps256 = "PS256", Es256 = "ES256", EdDsa = "EdDSA" } }
text_enum! {
    ResponseMode { Query = "query", Fragment = "fragment", FormPost = "form_post" }
}
text_enum! {
    /// Ask the person, or take the consent of a first-party application as given.
    ConsentMode { Ask = "ask", Implicit = "implicit" }
}
text_enum! {
    /// May every tenant's people enter, or only those of listed tenants?
    Entitlement { Any = "any", Listed = "listed" }
}

/// Everything that is registered about a client; stored as one JSON text. Names follow RFC 7591 where it has one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientMetadata {
    pub client_name: String,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    pub token_endpoint_auth_method: AuthMethod,
    pub grant_types: Vec<GrantType>,
    pub response_modes: Vec<ResponseMode>,
    /// Scopes that the client may ask for.
    pub scopes: Vec<String>,
    pub require_pkce: bool,
    pub id_token_signed_response_alg: SigningAlg,
    pub access_token_signing_alg: SigningAlg,
    /// Public keys of `private_key_jwt`, as a JWK set (RFC 7517 5).
    pub jwks: Option<serde_json::Value>,
    pub consent: ConsentMode,
    pub entitlement: Entitlement,
    /// Origins that may call the token, userinfo and revocation endpoints from a script.
    pub allowed_origins: Vec<String>,
    /// Resource servers (`aud` of access tokens, RFC 9068 2.2); empty means the issuer's userinfo alone.
    pub audiences: Vec<String>,
    pub access_token_minutes: u32,
    pub refresh_token_idle_days: u32,
    pub refresh_token_absolute_days: u32,
    /// Seconds in which a rotated refresh token still yields its successor.
    pub refresh_grace_seconds: u32,
    /// Lowest `acr` with which a person may enter, if any.
    pub required_acr: Option<super::Acr>,
    /// Further members that were registered and mean nothing here.
    pub extra: BTreeMap<String, serde_json::Value>,
}

impl Default for ClientMetadata {
    fn default() -> Self {
        Self {
            client_name: String::new(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            token_endpoint_auth_method: AuthMethod::Basic,
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            response_modes: vec![ResponseMode::Query, ResponseMode::FormPost],
            scopes: ["openid", "profile", "email", "offline_access", "tenant", "groups", "permissions", "locations"]
                .map(String::from)
                .to_vec(),
            require_pkce: true,
            id_token_signed_response_alg: SigningAlg::Rs256,
            access_token_signing_alg: SigningAlg::Es256,
            jwks: None,
            consent: ConsentMode::Ask,
            entitlement: Entitlement::Any,
            allowed_origins: Vec::new(),
            audiences: Vec::new(),
            access_token_minutes: 5,
            refresh_token_idle_days: 14,
            refresh_token_absolute_days: 90,
            refresh_grace_seconds: 30,
            required_acr: None,
            extra: BTreeMap::new(),
        }
    }
}

/// A registered client as the snapshot holds it.
#[derive(Clone, Debug)]
pub struct Client {
    pub id: ClientId,
    pub state: ClientState,
    pub metadata: ClientMetadata,
    /// At most two active at once (protocol.md §2).
    pub secrets: Vec<StoredSecret>,
    /// Entitled tenants when `entitlement` is `listed`.
    pub tenants: Vec<TenantId>,
    pub created_at: Timestamp,
}

impl Client {
    pub fn is_public(&self) -> bool {
        self.metadata.token_endpoint_auth_method == AuthMethod::None
    }

    /// May people of this tenant enter this application?
    pub fn serves(&self, tenant: &TenantId) -> bool {
        self.metadata.entitlement == Entitlement::Any || self.tenants.contains(tenant)
    }
}

/// A client secret: 256 random bits, so a plain SHA-256 digest suffices.
#[derive(Clone, Debug)]
pub struct StoredSecret {
    pub id: SecretId,
    pub digest: Digest,
    pub expires_at: Option<Timestamp>,
}
