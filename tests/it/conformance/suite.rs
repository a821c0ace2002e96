//! What the suite has: two clients registered by hand, a browser that answers pages by their element ids, a person.
use std::collections::BTreeMap;

use openidconnect::CsrfToken;
use serde_json::{Value, json};
use tenantry::model::{AuthMethod, ClientId, ClientMetadata, FactorKind, MembershipKind, ResponseMode};
use tenantry::service::clients::Preset;
use tenantry::service::registration_tokens;
use url::Url;

use super::answers::{Answer, answer};
use crate::harness::browser::Browser;
use crate::harness::net;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};

/// Where the suite waits for answers of the authorization endpoint.
pub const CALLBACK: &str = "https://suite.example/test/a/tenantry/callback";
/// Where it waits for people who signed out.
pub const SIGNED_OUT: &str = "https://suite.example/test/a/tenantry/post_logout_redirect";

/// The variant `response_mode` of a plan; or its clients register themselves (`client_registration=dynamic_client`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Default,
    FormPost,
    Dynamic,
}

/// A client as the suite's configuration names it.
#[derive(Clone)]
pub struct Client {
    pub id: String,
    pub secret: String,
    pub auth: AuthMethod,
}

pub struct Suite {
    pub t: Tenantry,
    pub mode: Mode,
    pub one: Client,
    pub two: Client,
    pub person: Someone,
    pub browser: Browser,
    pub metadata: Value,
    pub jwks: Value,
}

/// An authorization request: its parameters, in the order in which they are sent.
#[derive(Clone, Debug)]
pub struct AuthRequest(pub Vec<(String, String)>);

/// What arrived at the callback.
#[derive(Clone, Debug)]
pub struct Callback(pub BTreeMap<String, String>);

/// A page that the browser had to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    SignIn,
    Consent,
}

impl Suite {
    /// Clients that authenticate by `client_secret_basic`.
    pub async fn new(mode: Mode) -> Self {
        Self::with(mode, AuthMethod::Basic, |_| {}).await
    }

    pub async fn with(mode: Mode, auth: AuthMethod, details: impl Fn(&mut ClientMetadata)) -> Self {
        let t = Tenantry::start_with(|config| config.registration.enabled = mode == Mode::Dynamic).await;
        let acme = t.tenant("acme").await;
        // Such a plan is clicked through by a machine: the password is enough.
        let person = t.person_with("anna@acme.example", |new| new.second_factor = FactorKind::None).await;
        t.join(&person, &acme, MembershipKind::Home).await;
        t.profile(&person).await;
        let (one, two) = match mode {
            Mode::Dynamic => (enrol(&t, "Suite one", auth, &details).await, enrol(&t, "Suite two", auth, &details).await),
            _ => (register(&t, "Suite one", auth, &details).await, register(&t, "Suite two", auth, &details).await),
        };
        let metadata = answer(net::client().get(t.url("/.well-known/openid-configuration"))).await.body;
        let jwks = answer(net::client().get(text(&metadata, "jwks_uri"))).await.body;
        let browser = t.browser();
        Self { t, mode, one, two, person, browser, metadata, jwks }
    }

    pub fn endpoint(&self, name: &str) -> &str {
        text(&self.metadata, name)
    }

    /// Is the value in the list that this member of the metadata is?
    pub fn lists(&self, member: &str, value: &str) -> bool {
        self.metadata[member].as_array().is_some_and(|list| list.iter().any(|one| one == value))
    }

    pub fn issuer(&self) -> &str {
        text(&self.metadata, "issuer")
    }

    /// What the suite sends unless a module changes it: no PKCE, a state and a nonce of ten characters.
    pub fn request(&self, client: &Client, scope: &str) -> AuthRequest {
        let mut fields = vec![
            ("client_id", client.id.clone()),
            ("redirect_uri", CALLBACK.to_owned()),
            ("scope", scope.to_owned()),
            ("state", random(10)),
            ("nonce", random(10)),
            ("response_type", "code".to_owned()),
        ];
        if self.mode == Mode::FormPost {
            fields.push(("response_mode", "form_post".to_owned()));
        }
        AuthRequest(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Sends the browser to the authorization endpoint and answers pages until it comes to rest.
    pub async fn authorize(&mut self, request: &AuthRequest) -> Vec<Asked> {
        let url = request.url(self.endpoint("authorization_endpoint"));
        self.browser.goto(url.as_str()).await;
        self.answer_pages().await
    }

    /// Signs in and consents wherever that is asked for; says what was asked.
    pub async fn answer_pages(&mut self) -> Vec<Asked> {
        let mut asked = Vec::new();
        while self.browser.left().is_none() {
            let browser = &mut self.browser;
            if browser.has("#login-submit") {
                asked.push(Asked::SignIn);
                browser.fill("#identifier", &self.person.email).fill("#password", PASSWORD).submit("#login-submit").await;
            } else if browser.has("#consent-allow") {
                asked.push(Asked::Consent);
                browser.submit("#consent-allow").await;
            } else {
                break;
            }
            assert!(asked.len() < 10, "the pages do not end: {asked:?}");
        }
        asked
    }

    /// What the callback got, in the mode of the plan.
    pub fn called(&self) -> Callback {
        match self.mode {
            Mode::Default | Mode::Dynamic => called_by_query(self.browser.landing()),
            Mode::FormPost => called_by_form(&self.browser),
        }
    }

    /// Authorization request, pages and callback.
    pub async fn callback(&mut self, request: &AuthRequest) -> Callback {
        self.authorize(request).await;
        self.called()
    }

    /// A request of the client to the token endpoint, with the credentials where they belong.
    pub async fn token(&self, client: &Client, form: &[(&str, &str)]) -> Answer {
        let request = net::client().post(self.endpoint("token_endpoint"));
        let mut fields = form.to_vec();
        if client.auth == AuthMethod::Post {
            fields.extend([("client_id", client.id.as_str()), ("client_secret", &client.secret)]);
            return answer(request.form(&fields)).await;
        }
        answer(request.basic_auth(&client.id, Some(&client.secret)).form(&fields)).await
    }

    pub async fn redeem(&self, client: &Client, code: &str) -> Answer {
        self.token(client, &[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)]).await
    }

    pub async fn userinfo(&self, access_token: &str) -> Answer {
        answer(net::client().get(self.endpoint("userinfo_endpoint")).bearer_auth(access_token)).await
    }
}

async fn register(t: &Tenantry, name: &str, auth: AuthMethod, details: impl Fn(&mut ClientMetadata)) -> Client {
    let all = ["openid", "profile", "email", "address", "phone", "offline_access"];
    let (client, secret) = t
        .client(Preset::Web, |new| {
            let metadata = &mut new.metadata;
            metadata.client_name = name.to_owned();
            metadata.token_endpoint_auth_method = auth;
            metadata.redirect_uris = vec![CALLBACK.to_owned()];
            metadata.post_logout_redirect_uris = vec![SIGNED_OUT.to_owned()];
            metadata.response_modes = vec![ResponseMode::Query, ResponseMode::FormPost];
            metadata.scopes = all.map(str::to_owned).to_vec();
            // The plans send no code_challenge.
            metadata.require_pkce = false;
            details(metadata);
        })
        .await;
    Client { id: client.id.as_str().to_owned(), secret: secret.expect("the client has a secret"), auth }
}

/// The same by RFC 7591. What a client cannot decide for itself, the operator decides afterwards: the plans send no
/// code_challenge.
async fn enrol(t: &Tenantry, name: &str, auth: AuthMethod, details: impl Fn(&mut ClientMetadata)) -> Client {
    let (_, ticket) = registration_tokens::add(&t.change(), None, 1, 1).await.unwrap();
    let body = json!({
        "client_name": name,
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [SIGNED_OUT],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": auth,
        "scope": "openid profile email address phone offline_access",
    });
    let made = answer(net::client().post(t.url("/register")).bearer_auth(ticket.clear()).json(&body)).await;
    assert_eq!(made.status, 201, "RFC 7591 3.2.1: {made:?}");
    let id = ClientId::from_text(made.text("client_id"));
    let mut metadata = t.app.registered().clients[&id].metadata.clone();
    metadata.require_pkce = false;
    details(&mut metadata);
    t.app.store.write(async |w| w.set_client_metadata(&id, &metadata).await).await.unwrap();
    t.app.refresh().await.unwrap();
    Client { id: id.as_str().to_owned(), secret: made.text("client_secret").to_owned(), auth }
}

impl AuthRequest {
    /// Adds a parameter or gives it another value.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn url(&self, endpoint: &str) -> Url {
        Url::parse_with_params(endpoint, &self.0).unwrap()
    }
}

impl Callback {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// So many characters that every parser must leave alone.
pub fn random(length: usize) -> String {
    let mut text: String = std::iter::repeat_with(|| CsrfToken::new_random().secret().clone()).take(length / 20 + 1).collect();
    text.truncate(length);
    text
}

fn called_by_query(url: &Url) -> Callback {
    assert!(url.as_str().starts_with(CALLBACK), "the callback was not called: {url}");
    assert_eq!(url.fragment(), None, "a code travels in the query: {url}");
    once_each(url.query_pairs().into_owned())
}

fn called_by_form(browser: &Browser) -> Callback {
    let page = browser.page();
    assert_eq!(page.status, 200, "{page}");
    let form = page.form("form[data-autosubmit] button", &[]);
    assert!(form.is_post, "OAuth 2.0 Form Post Response Mode 2");
    assert_eq!(form.action.as_str(), CALLBACK, "no parameter travels in the query");
    assert_eq!(page.header("cache-control"), "no-store");
    once_each(form.fields.into_iter())
}

fn once_each(pairs: impl Iterator<Item = (String, String)>) -> Callback {
    let mut fields = BTreeMap::new();
    for (name, value) in pairs {
        assert!(fields.insert(name.clone(), value).is_none(), "{name} came twice");
    }
    Callback(fields)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}
