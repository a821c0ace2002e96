//! Registering relying applications: presets, the rules of redirect URIs, the secret that is shown once.
use serde_json::json;
use url::Url;

use super::authorization_faults::authorization_fault;
use super::change::Change;
use crate::model::{
    AuthMethod, Client, ClientId, ClientMetadata, ClientState, ConsentMode, Entitlement, GrantType, PersonId, SecretId, StoredSecret,
    TenantId, display_name,
};
use crate::protocol::redirect::registration_fault;
use crate::store::StoreError;
use crate::world::{ClientSecret, Token};

/// Most redirect URIs of one client.
const URIS: usize = 50;

/// What kind of application it is; decides everything that is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Runs on a server and keeps a secret.
    Web,
    /// Runs in a browser or on a device and keeps none: PKCE alone (RFC 9700 2.1.1).
    Spa,
    /// Acts for itself: client_credentials (RFC 6749 4.4).
    Machine,
}

impl Preset {
    /// The metadata of an application of this kind, still without name and URIs.
    pub fn metadata(self) -> ClientMetadata {
        let base = ClientMetadata::default();
        match self {
            Self::Web => base,
            Self::Spa => ClientMetadata { token_endpoint_auth_method: AuthMethod::None, ..base },
            Self::Machine => ClientMetadata { grant_types: vec![GrantType::ClientCredentials], scopes: Vec::new(), ..base },
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

fn needs_secret(metadata: &ClientMetadata) -> bool {
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
    if metadata.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt && metadata.jwks.is_none() {
        return fault("jwks", "private_key_jwt needs the application's public keys");
    }
    if metadata.consent == ConsentMode::Implicit && public {
        return fault("consent", "an application that cannot prove itself must ask (RFC 6749 10.2)");
    }
    uris_fault(metadata).or_else(|| authorization_fault(metadata))
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

        for metadata in [web("https://shop.example.com/cb"), spa, machine] {
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
            (ClientMetadata { allowed_origins: vec!["https://a.example.com/".into()], ..good }, "allowed_origins"),
        ];

        for (metadata, field) in cases {
            assert_eq!(metadata_fault(&metadata).map(|(field, _)| field), Some(field), "{metadata:?}");
        }
    }
}
