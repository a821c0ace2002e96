//! The attack catalogue of security.md over HTTP: what an attacker sends and sees. Each test begins with the id of its row.
mod authorize;
mod challenges;
mod codes;
mod consent;
mod enrolment;
mod factors;
mod inputs;
pub mod late;
mod leaving;
mod letters;
mod lockout;
mod members;
mod mixing;
mod outside;
mod pages;
mod refresh;
mod sessions;
mod steps;
mod tampering;
mod timing;

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use tenantry::config::Config;
use tenantry::model::Tenant;
use url::Url;

use crate::harness::browser::Browser;
use crate::harness::cookies::Site;
use crate::harness::html::{Form, Page};
use crate::harness::net;
use crate::harness::relying_party::{RelyingParty, Request, Tokens};
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};

const SESSION: &str = "tenantry-session";
const ALL: &[&str] = &["openid", "profile", "tenant", "groups", "offline_access"];

/// One tenant with one member, and an application that asks for no consent.
struct Scene {
    t: Tenantry,
    acme: Tenant,
    anna: Someone,
    party: RelyingParty,
}

impl Scene {
    async fn set() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let t = Tenantry::start_with(change).await;
        let threshold = t.app.config.sign_in.lock_threshold;
        let acme = t.tenant_with("acme", |policy| (policy.lock_threshold, policy.mfa_user_may_disable) = (threshold, true)).await;
        let anna = t.member(&acme, "anna@acme.example").await;
        let party = t.party().await;
        Self { t, acme, anna, party }
    }

    /// A browser at the login page.
    async fn at_login(&self) -> (Browser, Request) {
        at_login(&self.t, &self.party).await
    }

    /// A browser in which Anna gave her password and nothing else.
    async fn half_way(&self) -> (Browser, Request) {
        let (mut browser, request) = self.at_login().await;
        guess(&mut browser, &self.anna.email, PASSWORD).await;
        assert_eq!(browser.path(), "/login/code");
        (browser, request)
    }

    /// A browser in which Anna is signed in, and her tokens.
    async fn signed_in(&self) -> (Browser, Tokens) {
        let mut browser = self.t.browser();
        let (_, tokens) = self.t.log_in(&mut browser, &self.party, &self.anna, ALL).await;
        (browser, tokens)
    }

    /// A code that nobody redeemed, and its request.
    async fn code(&self, browser: &mut Browser, party: &RelyingParty) -> (Request, String) {
        let request = party.authorize(ALL, &[]);
        browser.goto(request.url.as_str()).await;
        let code = party.landed(&request, browser.landing()).code();
        (request, code)
    }
}

async fn at_login(t: &Tenantry, party: &RelyingParty) -> (Browser, Request) {
    let request = party.authorize(ALL, &[]);
    let mut browser = t.browser();
    browser.goto(request.url.as_str()).await;
    assert_eq!(browser.path(), "/login");
    (browser, request)
}

/// Sends identifier and password from the login page.
async fn guess<'b>(browser: &'b mut Browser, identifier: &str, password: &str) -> &'b mut Browser {
    browser.fill("#identifier", identifier).fill("#password", password).submit("#login-submit").await
}

/// One request with the browser's cookies; redirects are not followed, cookies are kept.
async fn once(browser: &mut Browser, method: Method, url: &Url, form: Option<&[(String, String)]>) -> Page {
    let mut request = net::client().request(method.clone(), url.clone()).header("accept-language", "en");
    if let Some(cookies) = browser.jar.header(url, Site::SameOrigin, method == Method::POST) {
        request = request.header("cookie", cookies);
    }
    if let Some(form) = form {
        request = request.form(form);
    }
    let page = answered(request).await;
    browser.jar.take(url, &page.headers, true);
    page
}

async fn post(browser: &mut Browser, form: &Form) -> Page {
    once(browser, Method::POST, &form.action, Some(&form.fields)).await
}

async fn get(browser: &mut Browser, url: &str) -> Page {
    once(browser, Method::GET, &url.parse().unwrap(), None).await
}

/// The answer to a request as a page, whatever its status.
async fn answered(request: reqwest::RequestBuilder) -> Page {
    let answer = request.send().await.unwrap();
    let (url, status, headers) = (answer.url().clone(), answer.status().as_u16(), answer.headers().clone());
    Page { url, status, headers, body: answer.text().await.unwrap() }
}

/// A form as it would be sent to another node: address, cookies, fields.
#[derive(Clone)]
struct Shot {
    cookies: String,
    path: String,
    fields: Vec<(String, String)>,
}

impl Shot {
    fn of(browser: &Browser, form: &Form) -> Self {
        let cookies = browser.jar.header(&form.action, Site::SameOrigin, true).unwrap();
        Self { cookies, path: form.action.path().to_owned(), fields: form.fields.clone() }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    async fn fire(self, address: std::net::SocketAddr) -> Page {
        let request = net::client().post(format!("http://{address}{}", self.path)).header("cookie", self.cookies);
        answered(request.form(&self.fields)).await
    }
}

/// The session cookie of the browser, if it has one.
fn session(browser: &Browser) -> Option<String> {
    browser.jar.cookies().iter().find(|cookie| cookie.name == SESSION).map(|cookie| cookie.value.clone())
}

/// Does this value of the session cookie sign anybody in?
async fn is_alive(t: &Tenantry, cookie: &str) -> bool {
    let request = net::client().get(format!("http://{}/", t.address)).header("cookie", format!("{SESSION}={cookie}"));
    answered(request).await.has("#home-logout")
}

/// The URL with another value for one parameter; `None` leaves it out.
fn changed(url: &Url, name: &str, value: Option<&str>) -> Url {
    let others: Vec<(String, String)> = url.query_pairs().filter(|(known, _)| known != name).map(|(n, v)| (n.into(), v.into())).collect();
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(others).extend_pairs(value.map(|value| (name, value)));
    url
}

/// A token request of the application, proved as it is registered.
async fn token(party: &RelyingParty, form: &[(&str, &str)]) -> (u16, Value) {
    token_at(&party.issuer, party, form).await
}

/// The same at another node.
async fn token_at(origin: &str, party: &RelyingParty, form: &[(&str, &str)]) -> (u16, Value) {
    call(party, &format!("{origin}/token"), form).await
}

async fn call(party: &RelyingParty, url: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let mut request = net::client().post(url);
    let mut form = form.to_vec();
    match &party.secret {
        Some(secret) => request = request.basic_auth(&party.client_id, Some(secret)),
        None => form.push(("client_id", &party.client_id)),
    }
    let page = answered(request.form(&form)).await;
    (page.status, serde_json::from_str(&page.body).unwrap_or(Value::Null))
}

fn error(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["error"].as_str().unwrap_or(""))
}

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}
