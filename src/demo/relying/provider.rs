//! What an application asks of the provider: its metadata, its keys, tokens. Over HTTP and nothing else.
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::super::site::Site;
use super::super::world::Registration;
use crate::keys::PublicKeys;

/// What went wrong, in words for the application's page. The provider's own words are part of it, secrets are not.
pub type Trouble = String;

/// The provider's metadata (OpenID Connect Discovery 3), as far as these applications use it.
#[derive(Deserialize)]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: String,
    pub introspection_endpoint: String,
    pub end_session_endpoint: String,
    pub jwks_uri: String,
}

impl Metadata {
    /// Fetches the document of the issuer that the application was set up with.
    pub async fn fetch(site: &Site) -> Result<Self, Trouble> {
        let issuer = site.world.ports().provider();
        let address = format!("{issuer}/.well-known/openid-configuration");
        let found: Self = site.http.get_json(&address).await.map_err(|fault| format!("discovery: {fault}"))?;
        // OpenID Connect Discovery 4.3
        if found.issuer == issuer { Ok(found) } else { Err(format!("discovery: the document names another issuer, {}", found.issuer)) }
    }

    pub async fn keys(&self, site: &Site) -> Result<PublicKeys, Trouble> {
        let set: Value = site.http.get_json(&self.jwks_uri).await.map_err(|fault| format!("JWKS: {fault}"))?;
        PublicKeys::from_jwks(&set).map_err(|fault| format!("JWKS: {fault}"))
    }
}

/// The answer of the token endpoint (RFC 6749 5.1).
#[derive(Clone, Deserialize)]
pub struct Tokens {
    pub access_token: String,
    pub id_token: Option<String>,
    pub refresh_token: Option<String>,
}

/// Asks the token endpoint, authenticated with client_secret_basic.
pub async fn tokens(site: &Site, url: &str, client: &Registration, form: &[(&str, &str)]) -> Result<Tokens, Trouble> {
    let answer = post(site, url, client, form).await?;
    serde_json::from_value(answer).map_err(|_| "the token endpoint's answer is not one of RFC 6749 5.1".to_owned())
}

/// Posts a form to an endpoint that wants client authentication; gives the JSON of a 200.
pub async fn post(site: &Site, url: &str, client: &Registration, form: &[(&str, &str)]) -> Result<Value, Trouble> {
    let basic = basic(client);
    let answer = site.http.post_form(url, &[("authorization", &basic)], form).await.map_err(|fault| fault.to_string())?;
    let body: Value = answer.json().map_err(|_| format!("status {} without JSON", answer.status))?;
    match (answer.status, body["error"].as_str()) {
        (200, _) => Ok(body),
        (status, Some(error)) => Err(format!("{status} {error}: {}", body["error_description"].as_str().unwrap_or("-"))),
        (status, None) => Err(format!("status {status}")),
    }
}

/// RFC 6749 2.3.1: both parts are form-encoded before they are joined.
fn basic(client: &Registration) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(&client.client_id), encoded(&client.secret))))
}

/// Asks userinfo with the access token (OpenID Connect Core 5.3.1).
pub async fn userinfo(site: &Site, url: &str, access_token: &str) -> Result<Value, Trouble> {
    let bearer = format!("Bearer {access_token}");
    let answer = site.http.get(url, &[("authorization", &bearer)]).await.map_err(|fault| fault.to_string())?;
    if answer.status != 200 {
        let why = answer.headers.get("www-authenticate").and_then(|value| value.to_str().ok()).unwrap_or("-");
        return Err(format!("status {}: {why}", answer.status));
    }
    answer.json().map_err(|fault| fault.to_string())
}
