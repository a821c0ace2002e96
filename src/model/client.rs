//! Registered relying applications (OAuth clients).
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ClientId, SecretId, TenantId, text_enum};
use crate::world::{Digest, Timestamp};

text_enum! { ClientState { Active = "active", Disabled = "disabled" } }
text_enum! {
    /// RFC 7591 2 `token_endpoint_auth_method`; the two of TLS are RFC 8705 2.
    AuthMethod {
        Basic = "client_secret_basic",
        Post = "client_secret_post",
        PrivateKeyJwt = "private_key_jwt",
        TlsClientAuth = "tls_client_auth",
        SelfSignedTlsClientAuth = "self_signed_tls_client_auth",
        None = "none",
    }
}
text_enum! {
    GrantType {
        AuthorizationCode = "authorization_code",
        Implicit = "implicit",
        RefreshToken = "refresh_token",
        ClientCredentials = "client_credentials",
        DeviceCode = "urn:ietf:params:oauth:grant-type:device_code",
        TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange",
    }
}
text_enum! {
    /// OAuth 2.0 Multiple Response Type Encoding Practices. All but `code` are legacy and off unless registered.
    ResponseType {
        Code = "code",
        IdToken = "id_token",
        IdTokenToken = "id_token token",
        CodeIdToken = "code id_token",
        CodeToken = "code token",
        CodeIdTokenToken = "code id_token token",
    }
}
impl ResponseType {
    /// Does the client get a code?
    pub const fn has_code(self) -> bool {
        matches!(self, Self::Code | Self::CodeIdToken | Self::CodeToken | Self::CodeIdTokenToken)
    }

    /// Does the authorization endpoint itself hand out an access token?
    pub const fn has_token(self) -> bool {
        matches!(self, Self::IdTokenToken | Self::CodeToken | Self::CodeIdTokenToken)
    }

    /// Does the authorization endpoint itself hand out an id_token?
    pub const fn has_id_token(self) -> bool {
        matches!(self, Self::IdToken | Self::IdTokenToken | Self::CodeIdToken | Self::CodeIdTokenToken)
    }

    /// Does anything but a code pass through the browser?
    pub const fn in_front(self) -> bool {
        self.has_token() || self.has_id_token()
    }
}
text_enum! { SigningAlg { Rs256 = "RS256", Ps256 = "PS256", Es256 = "ES256", EdDsa = "EdDSA" } }
text_enum! {
    /// How the answer of the authorization endpoint travels; those with `jwt` are JARM 2.3.
    ResponseMode {
        Query = "query",
        Fragment = "fragment",
        FormPost = "form_post",
        Jwt = "jwt",
        QueryJwt = "query.jwt",
        FragmentJwt = "fragment.jwt",
        FormPostJwt = "form_post.jwt",
    }
}
impl ResponseMode {
    /// Is the answer a signed JWT (JARM 2)?
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::Jwt | Self::QueryJwt | Self::FragmentJwt | Self::FormPostJwt)
    }
}
text_enum! {
    /// Which `aud` a client assertion may carry: FAPI 2.0 Security Profile 5.3.2.1 wants the issuer alone.
    AssertionAudience { Issuer = "issuer", IssuerOrTokenEndpoint = "issuer_or_token_endpoint" }
}
text_enum! {
    /// RFC 9068, or a random text that only introspection explains.
    AccessTokenFormat { Jwt = "jwt", Opaque = "opaque" }
}
text_enum! {
    /// Are refresh tokens replaced at each use? `auto`: unless client and token are both bound to a key (RFC 9700 4.14.2).
    RefreshRotation { Auto = "auto", Always = "always", Never = "never" }
}
text_enum! {
    /// OpenID Connect Core 8.
    SubjectType { Public = "public", Pairwise = "pairwise" }
}
text_enum! {
    /// OpenID Connect Dynamic Client Registration 2.
    ApplicationType { Web = "web", Native = "native" }
}
text_enum! {
    /// Ask the person, or take the consent of a first-party application as given.
    ConsentMode { Ask = "ask", Implicit = "implicit" }
}
text_enum! {
    /// May every tenant's people enter, or only those of listed tenants?
    Entitlement { Any = "any", Listed = "listed" }
}

text_enum! {
    /// What the registration promises as a whole; registering refuses whatever would weaken it (protocol.md §2).
    ClientProfile { Oidc = "oidc", Fapi2 = "fapi2", Fapi2MessageSigning = "fapi2-message-signing" }
}

/// Everything that is registered about a client; stored as one JSON text. Names follow RFC 7591 where it has one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientMetadata {
    pub client_name: String,
    pub profile: ClientProfile,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    pub token_endpoint_auth_method: AuthMethod,
    /// The only algorithm of its client assertions; none: any that we verify.
    pub token_endpoint_auth_signing_alg: Option<SigningAlg>,
    pub assertion_audience: AssertionAudience,
    /// RFC 8705 2.1.2: exactly one of these five for `tls_client_auth`.
    pub tls_client_auth_subject_dn: Option<String>,
    pub tls_client_auth_san_dns: Option<String>,
    pub tls_client_auth_san_uri: Option<String>,
    pub tls_client_auth_san_ip: Option<String>,
    pub tls_client_auth_san_email: Option<String>,
    pub application_type: ApplicationType,
    pub grant_types: Vec<GrantType>,
    pub response_types: Vec<ResponseType>,
    pub response_modes: Vec<ResponseMode>,
    /// Scopes that the client may ask for.
    pub scopes: Vec<String>,
    pub require_pkce: bool,
    /// RFC 9126 6.
    pub require_pushed_authorization_requests: bool,
    /// RFC 9101 10.5.
    pub require_signed_request_object: bool,
    pub request_object_signing_alg: Option<SigningAlg>,
    /// Registered https URIs of request objects (OpenID Connect Core 6.2).
    pub request_uris: Vec<String>,
    /// RFC 9449 5.2.
    pub dpop_bound_access_tokens: bool,
    /// Must every proof carry a nonce of ours (RFC 9449 8)?
    pub require_dpop_nonce: bool,
    /// RFC 8705 3.4.
    pub tls_client_certificate_bound_access_tokens: bool,
    /// JARM 3.
    pub authorization_signed_response_alg: SigningAlg,
    pub id_token_signed_response_alg: SigningAlg,
    pub access_token_signing_alg: SigningAlg,
    pub access_token_format: AccessTokenFormat,
    /// Userinfo as a signed JWT (OpenID Connect Core 5.3.2); none: JSON.
    pub userinfo_signed_response_alg: Option<SigningAlg>,
    /// RFC 9701 6; none: ES256.
    pub introspection_signed_response_alg: Option<SigningAlg>,
    /// JWE algorithms of RFC 7518 4 and 5 for the id_token and userinfo; none: not encrypted.
    pub id_token_encrypted_response_alg: Option<String>,
    pub id_token_encrypted_response_enc: Option<String>,
    pub userinfo_encrypted_response_alg: Option<String>,
    pub userinfo_encrypted_response_enc: Option<String>,
    /// RFC 9701 6: JWT answers of introspection.
    pub introspection_encrypted_response_alg: Option<String>,
    pub introspection_encrypted_response_enc: Option<String>,
    pub subject_type: SubjectType,
    pub sector_identifier_uri: Option<String>,
    /// Seconds; taken when a request has no `max_age`.
    pub default_max_age: Option<u32>,
    pub require_auth_time: bool,
    pub default_acr_values: Vec<String>,
    pub initiate_login_uri: Option<String>,
    pub client_uri: Option<String>,
    pub logo_uri: Option<String>,
    pub policy_uri: Option<String>,
    pub tos_uri: Option<String>,
    pub contacts: Vec<String>,
    pub backchannel_logout_uri: Option<String>,
    pub backchannel_logout_session_required: bool,
    pub frontchannel_logout_uri: Option<String>,
    pub frontchannel_logout_session_required: bool,
    /// RFC 9396 10.
    pub authorization_details_types: Vec<String>,
    /// What the client is told beside the claims of scopes.
    pub claims: Vec<super::ClaimRule>,
    /// Lists that would make a token larger than this move to userinfo.
    pub token_budget_bytes: u32,
    /// Public keys of `private_key_jwt`, as a JWK set (RFC 7517 5).
    pub jwks: Option<serde_json::Value>,
    /// Where those keys are fetched from instead.
    pub jwks_uri: Option<String>,
    pub consent: ConsentMode,
    pub entitlement: Entitlement,
    /// Origins that may call the token, userinfo and revocation endpoints from a script.
    pub allowed_origins: Vec<String>,
    /// Resource servers (`aud` of access tokens, RFC 9068 2.2); empty means the issuer's userinfo alone.
    pub audiences: Vec<String>,
    pub access_token_minutes: u32,
    pub refresh_token_idle_days: u32,
    pub refresh_token_absolute_days: u32,
    pub refresh_rotation: RefreshRotation,
    /// Seconds in which a rotated refresh token still yields its successor.
    pub refresh_grace_seconds: u32,
    /// Lowest `acr` with which a person may enter, if any.
    pub required_acr: Option<super::Acr>,
    /// Seconds since the person signed in after which they must sign in again, if there is such a limit (RFC 9470 3).
    pub required_max_age: Option<u32>,
    /// Clients whose access tokens this one may exchange (RFC 8693), beside its own.
    pub token_exchange_subject_clients: Vec<String>,
    /// May it name itself as the one who acts for the person (`act`, RFC 8693 4.1)?
    pub token_exchange_may_act: bool,
    /// Further members that were registered and mean nothing here.
    pub extra: BTreeMap<String, serde_json::Value>,
}

impl Default for ClientMetadata {
    #[rustfmt::skip]
    fn default() -> Self {
        Self {
            client_name: String::new(), profile: ClientProfile::Oidc, redirect_uris: Vec::new(), post_logout_redirect_uris: Vec::new(),
            token_endpoint_auth_method: AuthMethod::Basic, token_endpoint_auth_signing_alg: None,
            assertion_audience: AssertionAudience::IssuerOrTokenEndpoint, tls_client_auth_subject_dn: None, tls_client_auth_san_dns: None,
            tls_client_auth_san_uri: None, tls_client_auth_san_ip: None, tls_client_auth_san_email: None,
            application_type: ApplicationType::Web, grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            response_types: vec![ResponseType::Code], response_modes: vec![ResponseMode::Query, ResponseMode::FormPost],
            scopes: ["openid", "profile", "email", "offline_access", "tenant", "groups", "permissions", "locations"]
                .map(String::from)
                .to_vec(),
            require_pkce: true, require_pushed_authorization_requests: false, require_signed_request_object: false,
            request_object_signing_alg: None, request_uris: Vec::new(), dpop_bound_access_tokens: false, require_dpop_nonce: false,
            tls_client_certificate_bound_access_tokens: false, authorization_signed_response_alg: SigningAlg::Rs256,
            id_token_signed_response_alg: SigningAlg::Rs256, access_token_signing_alg: SigningAlg::Es256,
            access_token_format: AccessTokenFormat::Jwt, userinfo_signed_response_alg: None, introspection_signed_response_alg: None,
            id_token_encrypted_response_alg: None, id_token_encrypted_response_enc: None, userinfo_encrypted_response_alg: None,
            userinfo_encrypted_response_enc: None, introspection_encrypted_response_alg: None,
            introspection_encrypted_response_enc: None, subject_type: SubjectType::Public, sector_identifier_uri: None, default_max_age: None,
            require_auth_time: false, default_acr_values: Vec::new(), initiate_login_uri: None, client_uri: None, logo_uri: None,
            policy_uri: None, tos_uri: None, contacts: Vec::new(), backchannel_logout_uri: None,
            backchannel_logout_session_required: false, frontchannel_logout_uri: None, frontchannel_logout_session_required: false,
            authorization_details_types: Vec::new(), claims: Vec::new(), token_budget_bytes: 3072, jwks: None, jwks_uri: None, consent: ConsentMode::Ask, entitlement: Entitlement::Any,
            allowed_origins: Vec::new(), audiences: Vec::new(), access_token_minutes: 5, refresh_token_idle_days: 14,
            refresh_token_absolute_days: 90, refresh_rotation: RefreshRotation::Auto, refresh_grace_seconds: 30, required_acr: None, required_max_age: None,
            token_exchange_subject_clients: Vec::new(), token_exchange_may_act: false,
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

    /// Does it prove itself by the certificate of its TLS connection (RFC 8705 2)?
    pub fn is_known_by_certificate(&self) -> bool {
        matches!(self.metadata.token_endpoint_auth_method, AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth)
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
