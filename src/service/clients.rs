//! Registering relying applications: presets, the rules of redirect URIs, the secret that is shown once.
use serde_json::json;
use url::Url;

use super::address_faults::address_fault;
use super::authorization_faults::authorization_fault;
use super::change::Change;
use crate::keys::{Recipient, encryption};
use crate::model::{
    AssertionAudience, AuthMethod, Client, ClientId, ClientMetadata, ClientProfile, ClientState, ConsentMode, Entitlement, GrantType,
    PersonId, RefreshRotation, ResponseMode, SecretId, SigningAlg, StoredSecret, TenantId, display_name,
};
use crate::protocol::claims::table::fault as claims_fault;
use crate::protocol::redirect::registration_fault;
use crate::protocol::sector::fault as sector_fault;
use crate::protocol::{certificate, profile};
use crate::store::StoreError;
use crate::world::{ClientSecret, Token};

/// Most redirect URIs of one client.
const URIS: usize = 50;
/// Least seconds for which a sign-in counts.
const SHORTEST_AGE: u32 = 60;

/// What kind of application it is; decides everything that is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Runs on a server and keeps a secret.
    Web,
    /// Runs in a browser or on a device and keeps none: PKCE alone (RFC 9700 2.1.1).
    Spa,
    /// Acts for itself: client_credentials (RFC 6749 4.4).
    Machine,
    /// As OpenID Connect Core has it: a secret, and PKCE only if the application sends it.
    Oidc,
    /// FAPI 2.0 Security Profile: keys instead of secrets, PAR, tokens bound to a key.
    Fapi2,
    /// FAPI 2.0 Message Signing on top: signed requests, answers and introspection.
    Fapi2MessageSigning,
}

impl Preset {
    /// The metadata of an application of this kind, still without name, URIs and keys.
    pub fn metadata(self) -> ClientMetadata {
        let base = ClientMetadata::default();
        match self {
            Self::Web => base,
            Self::Spa => ClientMetadata { token_endpoint_auth_method: AuthMethod::None, ..base },
            Self::Machine => ClientMetadata { grant_types: vec![GrantType::ClientCredentials], scopes: Vec::new(), ..base },
            Self::Oidc => ClientMetadata { require_pkce: false, ..base },
            Self::Fapi2 => ClientMetadata {
                profile: ClientProfile::Fapi2,
                token_endpoint_auth_method: AuthMethod::PrivateKeyJwt,
                assertion_audience: AssertionAudience::Issuer,
                require_pushed_authorization_requests: true,
                dpop_bound_access_tokens: true,
                id_token_signed_response_alg: SigningAlg::Ps256,
                authorization_signed_response_alg: SigningAlg::Ps256,
                ..base
            },
            Self::Fapi2MessageSigning => ClientMetadata {
                profile: ClientProfile::Fapi2MessageSigning,
                require_signed_request_object: true,
                response_modes: vec![ResponseMode::Jwt, ResponseMode::QueryJwt, ResponseMode::FormPostJwt],
                introspection_signed_response_alg: Some(SigningAlg::Ps256),
                ..Self::Fapi2.metadata()
            },
        }
    }
}

/// A client as it is asked for; nothing is checked yet.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// Chosen by the caller (the demo), else made.
    pub id: Option<ClientId>,
    pub metadata: ClientMetadata,
    /// Tenants whose people may enter; empty means all.
    pub tenants: Vec<TenantId>,
}

impl NewClient {
    pub fn preset(preset: Preset, name: &str) -> Self {
        Self { id: None, metadata: ClientMetadata { client_name: name.to_owned(), ..preset.metadata() }, tenants: Vec::new() }
    }
}

/// What became of [`add`].
pub enum ClientAdded {
    /// The secret is in clear here and nowhere else; `None` for a client that has none.
    Added(Box<Client>, Option<Token<ClientSecret>>),
    /// The id that was asked for is in use.
    IdTaken,
    /// Field, value where one is to blame, and what it must be.
    Invalid(&'static str, String),
}

/// Registers a client.
pub async fn add(change: &Change<'_>, new: NewClient) -> Result<ClientAdded, StoreError> {
    if let Some((field, fault)) = metadata_fault(&new.metadata) {
        return Ok(ClientAdded::Invalid(field, fault));
    }
    // RFC 9700 4.15: a client must not be able to choose what could be the `sub` of a person.
    if new.id.as_ref().is_some_and(|id| id.as_str().starts_with(PersonId::PREFIX)) {
        return Ok(ClientAdded::Invalid("client_id", "must not look like the id of a person".to_owned()));
    }
    let mut client = Client {
        id: new.id.unwrap_or_else(|| ClientId::generate(change.now, change.entropy)),
        state: ClientState::Active,
        metadata: new.metadata,
        secrets: Vec::new(),
        tenants: new.tenants,
        created_at: change.now,
    };
    client.metadata.client_name = client.metadata.client_name.trim().to_owned();
    if !client.tenants.is_empty() {
        client.metadata.entitlement = Entitlement::Listed;
    }
    let secret = needs_secret(&client.metadata).then(|| Token::<ClientSecret>::generate(change.entropy));
    if let Some(secret) = &secret {
        client.secrets.push(StoredSecret { id: SecretId::generate(change.now, change.entropy), digest: secret.digest(), expires_at: None });
    }
    let inserted = change
        .store
        .write(async |w| {
            let inserted = w.insert_client(&client).await?;
            if inserted {
                let detail = json!({ "grant_types": client.metadata.grant_types });
                change.record(w, "client.add", client.id.as_str(), (None, Some(&client.id)), detail).await?;
            }
            Ok(inserted)
        })
        .await?;
    Ok(if inserted { ClientAdded::Added(Box::new(client), secret) } else { ClientAdded::IdTaken })
}

pub(super) fn needs_secret(metadata: &ClientMetadata) -> bool {
    matches!(metadata.token_endpoint_auth_method, AuthMethod::Basic | AuthMethod::Post)
}

/// The first thing about the metadata that cannot be registered: the field, and what to do.
pub fn metadata_fault(metadata: &ClientMetadata) -> Option<(&'static str, String)> {
    let fault = |field, text: &str| Some((field, text.to_owned()));
    if display_name(&metadata.client_name, 80).is_none() {
        return fault("client_name", "give 1 to 80 characters, none of them invisible");
    }
    let has = |grant| metadata.grant_types.contains(&grant);
    if metadata.grant_types.is_empty() {
        return fault("grant_types", "name at least one");
    }
    if has(GrantType::AuthorizationCode) && metadata.redirect_uris.is_empty() {
        return fault("redirect_uris", "name at least one: people are sent back there");
    }
    let public = metadata.token_endpoint_auth_method == AuthMethod::None;
    // RFC 6749 4.4: only confidential clients may use client_credentials.
    if public && has(GrantType::ClientCredentials) {
        return fault("token_endpoint_auth_method", "an application without a secret cannot use client_credentials");
    }
    // RFC 9700 2.1.1: PKCE is what binds a public client's code.
    if public && !metadata.require_pkce {
        return fault("require_pkce", "an application without a secret needs PKCE");
    }
    if metadata.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt && metadata.jwks.is_none() && metadata.jwks_uri.is_none() {
        return fault("jwks", "private_key_jwt needs the application's public keys");
    }
    if metadata.consent == ConsentMode::Implicit && public {
        return fault("consent", "an application that cannot prove itself must ask (RFC 6749 10.2)");
    }
    if metadata.required_max_age.is_some_and(|seconds| seconds < SHORTEST_AGE) {
        return fault("required_max_age", "give 60 seconds or more: a sign-in has to be finished in that time");
    }
    if let Some((name, text)) = claims_fault(&metadata.claims) {
        return Some(("claims", format!("\"{name}\" {text}")));
    }
    if let Some((field, text)) = sector_fault(metadata) {
        return fault(field, text);
    }
    if let Some((field, demand)) = profile::fault(metadata) {
        return fault(field, demand);
    }
    keys_fault(metadata)
        .map(|(field, demand)| (field, demand.to_owned()))
        .or_else(|| encryption_fault(metadata))
        .or_else(|| uris_fault(metadata))
        .or_else(|| address_fault(metadata))
        .or_else(|| authorization_fault(metadata))
}

/// What the client proves itself and its tokens with.
fn keys_fault(metadata: &ClientMetadata) -> Option<(&'static str, &'static str)> {
    let method = metadata.token_endpoint_auth_method;
    let bound = metadata.dpop_bound_access_tokens || metadata.tls_client_certificate_bound_access_tokens;
    let readable = |dn: &String| certificate::distinguished_name(dn).is_some();
    let rules = [
        (
            method != AuthMethod::TlsClientAuth || certificate::registered(metadata) == 1,
            "tls_client_auth_subject_dn",
            "tls_client_auth needs exactly one of the five tls_client_auth_… members (RFC 8705 2.1.2)",
        ),
        (
            metadata.tls_client_auth_subject_dn.as_ref().is_none_or(readable),
            "tls_client_auth_subject_dn",
            "write the name as RFC 4514 does, like CN=job,O=Acme,C=DE",
        ),
        (
            method != AuthMethod::SelfSignedTlsClientAuth || metadata.jwks.is_some() || metadata.jwks_uri.is_some(),
            "jwks",
            "self_signed_tls_client_auth needs the certificates (x5c) or keys of the application",
        ),
        (
            !(metadata.dpop_bound_access_tokens && metadata.tls_client_certificate_bound_access_tokens),
            "tls_client_certificate_bound_access_tokens",
            "tokens are bound to a DPoP key or to a certificate, not to both",
        ),
        (
            metadata.token_endpoint_auth_signing_alg.is_none() || method == AuthMethod::PrivateKeyJwt,
            "token_endpoint_auth_signing_alg",
            "only private_key_jwt signs",
        ),
        // RFC 9700 2.2.2.
        (
            method != AuthMethod::None || bound || metadata.refresh_rotation != RefreshRotation::Never,
            "refresh_rotation",
            "an application without a secret rotates its refresh tokens or binds them to a key",
        ),
    ];
    rules.into_iter().find(|(good, ..)| !good).map(|(_, field, demand)| (field, demand))
}

/// OpenID Connect Dynamic Client Registration 2: `enc` needs `alg`, and `alg` a key of the client's own.
fn encryption_fault(metadata: &ClientMetadata) -> Option<(&'static str, String)> {
    let pairs = [
        ("id_token_encrypted_response_alg", &metadata.id_token_encrypted_response_alg, &metadata.id_token_encrypted_response_enc),
        ("userinfo_encrypted_response_alg", &metadata.userinfo_encrypted_response_alg, &metadata.userinfo_encrypted_response_enc),
        (
            "introspection_encrypted_response_alg",
            &metadata.introspection_encrypted_response_alg,
            &metadata.introspection_encrypted_response_enc,
        ),
    ];
    pairs.into_iter().find_map(|(field, alg, enc)| match (alg, enc) {
        (None, None) => None,
        (None, Some(_)) => Some((field, "is needed beside its _enc".to_owned())),
        (Some(alg), enc) => {
            // What is behind a `jwks_uri` is looked at when it is needed, and may have changed by then.
            let found = match (&metadata.jwks, &metadata.jwks_uri) {
                (None, Some(_)) => encryption::supported(alg, enc.as_deref()).map(|_| ()),
                (keys, _) => Recipient::from_jwks(keys.as_ref().unwrap_or(&serde_json::Value::Null), alg, enc.as_deref()).map(|_| ()),
            };
            found.err().map(|fault| (field, fault.to_string()))
        }
    })
}

fn uris_fault(metadata: &ClientMetadata) -> Option<(&'static str, String)> {
    for (field, uris) in [("redirect_uris", &metadata.redirect_uris), ("post_logout_redirect_uris", &metadata.post_logout_redirect_uris)] {
        if uris.len() > URIS {
            return Some((field, format!("register at most {URIS}")));
        }
        for uri in uris {
            if let Some(fault) = registration_fault(uri) {
                return Some((field, format!("\"{}\" {fault}", uri.escape_debug())));
            }
            if let Some(fault) = confidential_scheme_fault(metadata, uri) {
                return Some((field, format!("\"{uri}\" {fault}")));
            }
        }
    }
    let origin = metadata.allowed_origins.iter().find(|origin| !is_origin(origin))?;
    Some(("allowed_origins", format!("\"{}\" must be a bare origin like https://app.example.com", origin.escape_debug())))
}

/// RFC 8252 7.1: private-use schemes belong to native applications, which keep no secret.
fn confidential_scheme_fault(metadata: &ClientMetadata, uri: &str) -> Option<&'static str> {
    let web = uri.starts_with("https://") || uri.starts_with("http://");
    (!web && metadata.token_endpoint_auth_method != AuthMethod::None).then_some("must use https: this application keeps a secret")
}

fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.origin().ascii_serialization() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web(uri: &str) -> ClientMetadata {
        ClientMetadata { client_name: "Shop".into(), redirect_uris: vec![uri.into()], ..Preset::Web.metadata() }
    }

    #[test]
    fn every_preset_can_be_registered() {
        let spa = ClientMetadata { redirect_uris: vec!["com.example.app:/cb".into()], client_name: "App".into(), ..Preset::Spa.metadata() };
        let machine = ClientMetadata { client_name: "Job".into(), ..Preset::Machine.metadata() };

        let keyed = |preset: Preset| ClientMetadata {
            client_name: "Bank".into(),
            redirect_uris: vec!["https://shop.example.com/cb".into()],
            jwks: Some(json!({ "keys": [] })),
            ..preset.metadata()
        };
        let others = [Preset::Oidc, Preset::Fapi2, Preset::Fapi2MessageSigning].map(keyed);

        for metadata in [web("https://shop.example.com/cb"), spa, machine].into_iter().chain(others) {
            assert_eq!(metadata_fault(&metadata), None);
        }
    }

    #[test]
    fn what_cannot_be_registered_is_named() {
        let good = web("https://shop.example.com/cb");
        let public = ClientMetadata { token_endpoint_auth_method: AuthMethod::None, ..good.clone() };
        let cases = [
            (web("http://shop.example.com/cb"), "redirect_uris"),
            (web("https://shop.example.com/*"), "redirect_uris"),
            (web("https://shop.example.com/cb#x"), "redirect_uris"),
            (web("https://shop.example.com/cb?state=1"), "redirect_uris"),
            (web("com.example.app:/cb"), "redirect_uris"),
            (ClientMetadata { redirect_uris: Vec::new(), ..good.clone() }, "redirect_uris"),
            (ClientMetadata { post_logout_redirect_uris: vec!["/bye".into()], ..good.clone() }, "post_logout_redirect_uris"),
            (ClientMetadata { client_name: "\u{202e}Shop".into(), ..good.clone() }, "client_name"),
            (ClientMetadata { grant_types: Vec::new(), ..good.clone() }, "grant_types"),
            (ClientMetadata { grant_types: vec![GrantType::ClientCredentials], ..public.clone() }, "token_endpoint_auth_method"),
            (ClientMetadata { require_pkce: false, ..public.clone() }, "require_pkce"),
            (ClientMetadata { consent: ConsentMode::Implicit, ..public }, "consent"),
            (ClientMetadata { token_endpoint_auth_method: AuthMethod::PrivateKeyJwt, ..good.clone() }, "jwks"),
            (ClientMetadata { token_endpoint_auth_method: AuthMethod::TlsClientAuth, ..good.clone() }, "tls_client_auth_subject_dn"),
            (ClientMetadata { token_endpoint_auth_method: AuthMethod::SelfSignedTlsClientAuth, ..good.clone() }, "jwks"),
            (ClientMetadata { tls_client_auth_subject_dn: Some("job".into()), ..good.clone() }, "tls_client_auth_subject_dn"),
            (
                ClientMetadata { dpop_bound_access_tokens: true, tls_client_certificate_bound_access_tokens: true, ..good.clone() },
                "tls_client_certificate_bound_access_tokens",
            ),
            (
                ClientMetadata { token_endpoint_auth_signing_alg: Some(SigningAlg::Es256), ..good.clone() },
                "token_endpoint_auth_signing_alg",
            ),
            (ClientMetadata { profile: ClientProfile::Fapi2, ..good.clone() }, "token_endpoint_auth_method"),
            (
                ClientMetadata { token_endpoint_auth_method: AuthMethod::None, refresh_rotation: RefreshRotation::Never, ..good.clone() },
                "refresh_rotation",
            ),
            (ClientMetadata { required_max_age: Some(59), ..good.clone() }, "required_max_age"),
            (ClientMetadata { allowed_origins: vec!["https://a.example.com/".into()], ..good }, "allowed_origins"),
        ];

        for (metadata, field) in cases {
            assert_eq!(metadata_fault(&metadata).map(|(field, _)| field), Some(field), "{metadata:?}");
        }
    }
}
