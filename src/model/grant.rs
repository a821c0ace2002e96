//! What was authorized, and the tokens issued under it.
use super::{ClientId, GrantId, GrantTerms, PersonId, Proof, SessionId, SigningAlg, TenantId, TokenId, text_enum};
use crate::world::{Digest, Timestamp};

/// One authorization: who gave which client which scopes in which tenant, with which proof.
/// All tokens issued under it form a family and end together.
#[derive(Clone, Debug)]
pub struct Grant {
    pub id: GrantId,
    pub client: ClientId,
    pub person: PersonId,
    pub tenant: TenantId,
    pub session: Option<SessionId>,
    /// Space-separated, sorted.
    pub scope: String,
    pub nonce: Option<String>,
    pub proof: Proof,
    /// `max_age` or an essential `auth_time` was asked: the id_token must carry `auth_time`.
    pub auth_time_requested: bool,
    pub terms: GrantTerms,
    pub created_at: Timestamp,
    /// Absolute end of the refresh family.
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// An authorization code as stored.
#[derive(Clone, Debug)]
pub struct CodeRow {
    pub grant: GrantId,
    pub client: ClientId,
    pub redirect_uri: String,
    /// Was `redirect_uri` in the authorization request? Then the token request must repeat it (RFC 6749 4.1.3).
    pub redirect_uri_sent: bool,
    /// S256 challenge (RFC 7636 4.2).
    pub challenge: Option<String>,
    /// Thumbprint of the DPoP key that the token request must prove (RFC 9449 10).
    pub dpop_jkt: Option<String>,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// A refresh token as stored.
#[derive(Clone, Debug)]
pub struct RefreshRow {
    pub digest: Digest,
    pub grant: GrantId,
    pub client: ClientId,
    pub issued_at: Timestamp,
    /// Idle end.
    pub expires_at: Timestamp,
    pub rotated_at: Option<Timestamp>,
    /// The one successor, sealed (context: this row's digest), so that a retry inside the grace time gets the same.
    pub successor_sealed: Option<String>,
}

/// An access token that was issued (its `jti`): userinfo and introspection ask for it.
#[derive(Clone, Debug)]
pub struct AccessTokenRow {
    pub id: TokenId,
    /// None for client_credentials.
    pub grant: Option<GrantId>,
    pub client: ClientId,
    pub scope: String,
    /// None: a signed token, which carries its claims itself.
    pub opaque: Option<OpaqueToken>,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// An authorization request that its client pushed (RFC 9126 2.2).
#[derive(Clone, Debug)]
pub struct PushedRequest {
    pub client: ClientId,
    /// The checked parameters as JSON.
    pub request: String,
    pub created_at: Timestamp,
    /// Until then the browser may bring it along.
    pub expires_at: Timestamp,
    /// It was answered.
    pub used_at: Option<Timestamp>,
}

/// An access token that is random text.
#[derive(Clone, Debug, PartialEq)]
pub struct OpaqueToken {
    pub digest: Digest,
    /// What a signed token would have said.
    pub claims: serde_json::Map<String, serde_json::Value>,
}

text_enum! { KeyState { Next = "next", Active = "active", Retired = "retired" } }

/// A signing key as stored: the private part sealed (context: the kid), the public part as JWK JSON.
#[derive(Clone, Debug)]
pub struct SigningKeyRow {
    pub kid: String,
    pub alg: SigningAlg,
    pub state: KeyState,
    pub sealed_private: String,
    pub public_jwk: String,
    pub created_at: Timestamp,
    /// When it became, or will become, the one that signs.
    pub activates_at: Timestamp,
    /// When it leaves the published set.
    pub retires_at: Option<Timestamp>,
}
