//! The grants beside the code: another tenant with a refresh token, token exchange, devices, step-up. Everything over HTTP:
//! people sign in on the pages, the application talks to the endpoints.
pub mod api_access;
mod device;
mod device_pages;
mod dpop;
mod exchange;
mod step_up;
mod switch;

use std::collections::HashMap;
use std::sync::Mutex;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::PkceCodeChallenge;
use reqwest::StatusCode;
use serde_json::Value;
use tenantry::model::{Client, ClientMetadata, ConsentMode, GrantType, MembershipKind, Tenant};
use tenantry::service::clients::Preset;

use crate::harness::browser::Browser;
use crate::harness::net;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{CALLBACK, Someone};

pub const ALL: &str = "openid profile email offline_access tenant groups permissions locations";
pub const EXCHANGE: &str = GrantType::TokenExchange.as_str();
pub const DEVICE: &str = GrantType::DeviceCode.as_str();
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Anna is at home in acme and a guest of globex; initech does not know her.
pub struct World {
    pub t: Tenantry,
    pub client: Client,
    pub secret: String,
    pub acme: Tenant,
    pub globex: Tenant,
    pub initech: Tenant,
    pub anna: Someone,
    /// The verifier of each code that arrived; requests carry theirs as `state`.
    verifiers: Mutex<HashMap<String, String>>,
}

/// Status, headers and JSON body of an answer.
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.body))
    }

    pub fn error(&self) -> (u16, &str) {
        (self.status.as_u16(), self.body["error"].as_str().unwrap_or(""))
    }

    pub fn good(self) -> Self {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self
    }

    /// The claims of the access token.
    pub fn access(&self) -> Value {
        claims(self.text("access_token"))
    }
}

/// The payload of a token.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
}

impl World {
    /// The application has every grant and asks nobody for consent.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(details: impl FnOnce(&mut ClientMetadata)) -> Self {
        let t = Tenantry::start().await;
        let (acme, globex, initech) = (t.tenant("acme").await, t.tenant("globex").await, t.tenant("initech").await);
        let anna = t.member(&acme, "anna@acme.example").await;
        t.join(&anna, &globex, MembershipKind::Guest).await;
        let (client, secret) = t
            .client(Preset::Web, |new| {
                new.metadata.consent = ConsentMode::Implicit;
                new.metadata.grant_types = GrantType::ALL.iter().copied().filter(|grant| *grant != GrantType::Implicit).collect();
                details(&mut new.metadata);
            })
            .await;
        Self { t, client, secret: secret.unwrap_or_default(), acme, globex, initech, anna, verifiers: Mutex::default() }
    }

    /// An authorization request of the application, with a challenge of its own.
    pub fn authorize_url(&self, extra: &[(&str, &str)]) -> String {
        let mut url = url::Url::parse(&self.t.url("/authorize")).unwrap();
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let usual = [
            ("response_type", "code"),
            ("client_id", self.client.id.as_str()),
            ("redirect_uri", CALLBACK),
            ("state", verifier.secret().as_str()),
            ("nonce", "n"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        url.query_pairs_mut().extend_pairs(usual).extend_pairs(extra);
        if extra.iter().all(|(name, _)| *name != "scope") {
            url.query_pairs_mut().append_pair("scope", ALL);
        }
        url.into()
    }

    /// What the callback is told.
    pub fn landed(&self, browser: &Browser, name: &str) -> Option<String> {
        let told: HashMap<String, String> = browser.landing().query_pairs().into_owned().collect();
        if let (Some(code), Some(state)) = (told.get("code"), told.get("state")) {
            self.verifiers.lock().unwrap().insert(code.clone(), state.clone());
        }
        told.get(name).cloned()
    }

    /// Signs Anna in, for `acme` unless `extra` says otherwise; gives the tokens.
    pub async fn tokens(&self, browser: &mut Browser, extra: &[(&str, &str)]) -> Answer {
        let extra = if extra.iter().any(|(name, _)| *name == "tenant") { extra.to_vec() } else { [extra, &[("tenant", "acme")]].concat() };
        browser.goto(self.authorize_url(&extra)).await;
        if browser.left().is_none() {
            self.t.sign_in(browser, &self.anna).await;
        }
        let code = self.landed(browser, "code").unwrap_or_else(|| panic!("no code: {}", browser.landing()));
        self.redeem(&code).await.good()
    }

    pub async fn redeem(&self, code: &str) -> Answer {
        let verifier = self.verifiers.lock().unwrap()[code].clone();
        let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", &verifier)];
        self.post("/token", &form).await
    }

    /// Posts a form as the application.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_as(&self.client, &self.secret, path, form).await
    }

    pub async fn post_as(&self, client: &Client, secret: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        answer(net::client().post(self.t.url(path)).basic_auth(client.id.as_str(), Some(secret)).form(form)).await
    }

    /// A request of the application that many tasks can send at once.
    pub fn request(&self, path: &str, form: &[(&str, &str)]) -> reqwest::RequestBuilder {
        net::client().post(self.t.url(path)).basic_auth(self.client.id.as_str(), Some(&self.secret)).form(form)
    }

    pub async fn refresh(&self, token: &str, extra: &[(&str, &str)]) -> Answer {
        let form = [&[("grant_type", "refresh_token"), ("refresh_token", token)][..], extra].concat();
        self.post("/token", &form).await
    }

    pub async fn exchange(&self, token: &str, extra: &[(&str, &str)]) -> Answer {
        self.post("/token", &exchange_form(token, extra)).await
    }

    pub async fn userinfo(&self, token: &str) -> Answer {
        answer(net::client().get(self.t.url("/userinfo")).bearer_auth(token)).await
    }

    pub async fn is_active(&self, token: &str) -> bool {
        self.post("/introspect", &[("token", token)]).await.good().body["active"] == true
    }
}

pub fn exchange_form<'a>(token: &'a str, extra: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [("grant_type", EXCHANGE), ("subject_token", token), ("subject_token_type", ACCESS_TOKEN)];
    [&usual[..], extra].concat()
}
