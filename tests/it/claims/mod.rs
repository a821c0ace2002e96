//! What tokens say: claims by name, profiles, pairwise subjects, resources and details, sealed answers, the claims table.
//! Over HTTP, from the authorization request to userinfo and introspection.
mod by_name;
mod details;
mod pairwise;
mod resources;
mod sealed;
mod table;

use reqwest::header::HeaderMap;
use serde_json::Value;
use tenantry::model::{ApiSettings, Client, ClientMetadata, ConsentMode, Tenant};
use tenantry::service::apis;
use tenantry::service::clients::Preset;

use crate::harness::browser::Browser;
use crate::harness::net;
use crate::harness::relying_party::{Landed, RelyingParty};
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{CALLBACK, Someone};

/// A server with one application, one tenant and one member, whose browser stays.
struct Scene {
    t: Tenantry,
    client: Client,
    secret: String,
    tenant: Tenant,
    person: Someone,
    browser: Browser,
}

/// Status, headers, and the body as text and JSON.
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
    body: Value,
}

impl Answer {
    fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.text))
    }

    fn error(&self) -> (u16, &str) {
        (self.status, self.body["error"].as_str().unwrap_or(""))
    }

    fn good(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.text);
        self
    }
}

impl Scene {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// An application of the house that may have every scope.
    async fn with(details: impl FnOnce(&mut ClientMetadata)) -> Self {
        Self::at(Tenantry::start().await, details).await
    }

    async fn at(t: Tenantry, details: impl FnOnce(&mut ClientMetadata)) -> Self {
        let tenant = t.tenant("acme").await;
        let person = t.member(&tenant, "anna@acme.example").await;
        let (client, secret) = t
            .client(Preset::Web, |new| {
                new.metadata.consent = ConsentMode::Implicit;
                new.metadata.scopes.extend(["address", "phone"].map(String::from));
                details(&mut new.metadata);
            })
            .await;
        let browser = t.browser();
        Self { t, client, secret: secret.unwrap_or_default(), tenant, person, browser }
    }

    async fn party(&self) -> RelyingParty {
        RelyingParty::discover(&self.t.origin, self.client.id.as_str(), Some(&self.secret), CALLBACK, self.t.clock.clone()).await
    }

    /// Goes to the authorization endpoint, signs in where asked, and says where that ended; the verifier goes with a code.
    async fn authorize(&mut self, scopes: &[&str], extra: &[(&str, &str)]) -> (Landed, String) {
        let party = self.party().await;
        let request = party.authorize(scopes, extra);
        self.browser.goto(request.url.as_str()).await;
        if self.browser.left().is_none() && self.browser.path() == "/login" {
            self.t.sign_in(&mut self.browser, &self.person).await;
        }
        (party.landed(&request, self.browser.landing()), request.verifier)
    }

    /// Redeems a code with further parameters.
    async fn redeem(&self, code: &str, verifier: &str, extra: &[(&str, &str)]) -> Answer {
        let mut form = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", verifier)];
        form.extend_from_slice(extra);
        self.post("/token", &form).await
    }

    /// The whole way to tokens.
    async fn tokens(&mut self, scopes: &[&str], extra: &[(&str, &str)]) -> Answer {
        let (landed, verifier) = self.authorize(scopes, extra).await;
        self.redeem(&landed.code(), &verifier, &[]).await.good()
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        send(net::client().post(self.t.url(path)).basic_auth(self.client.id.as_str(), Some(&self.secret)).form(form)).await
    }

    async fn userinfo(&self, token: &str) -> Answer {
        send(net::client().get(self.t.url("/userinfo")).bearer_auth(token)).await
    }

    async fn introspect(&self, token: &str) -> Value {
        self.post("/introspect", &[("token", token)]).await.good().body
    }

    async fn api(&self, identifier: &str, settings: Value) {
        let settings: ApiSettings = serde_json::from_value(settings).unwrap();
        let added = apis::add(&self.t.change(), identifier.to_owned(), settings).await.unwrap();
        assert!(matches!(added, apis::ApiAdded::Added(_)));
        self.t.app.refresh().await.unwrap();
    }

    async fn metadata(&self) -> Value {
        send(net::client().get(self.t.url("/.well-known/openid-configuration"))).await.body
    }
}

async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
}

/// The payload of a signed token.
fn claims(token: &str) -> Value {
    part(token, 1)
}

/// Header or payload.
fn part(token: &str, at: usize) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap()).unwrap()
}
