//! Passkeys over HTTP with an authenticator in software: as the second factor, alone, added and removed, and every way in
//! which an answer can be wrong (security.md G11).
mod attacks;
mod factor;
mod own;
mod sign_in;

use serde_json::Value;
use tenantry::model::{FactorKind, Person, Tenant, TenantPolicy};

use crate::harness::browser::Browser;
use crate::harness::relying_party::{Landed, RelyingParty, Request};
use crate::harness::soft_key::{self, SoftKey, question, set};
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};

const PHR: &str = "urn:tenantry:acr:phr";
const MFA: &str = "urn:tenantry:acr:mfa";

/// A tenant with one member, and an application that asks for no consent.
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

    async fn with(policy: impl FnOnce(&mut TenantPolicy)) -> Self {
        let t = Tenantry::start_named().await;
        let acme = t.tenant_with("acme", policy).await;
        let anna = t.member(&acme, "anna@acme.example").await;
        let party = t.party().await;
        Self { t, acme, anna, party }
    }

    fn device(&self) -> SoftKey {
        SoftKey::at(&self.t.origin)
    }

    /// Anna with a passkey, added in a browser that is left signed in.
    async fn with_key() -> (Self, Browser, SoftKey) {
        let s = Self::set().await;
        let mut key = s.device();
        key.counter = 1;
        let browser = s.adds(&s.anna, &mut key).await;
        (s, browser, key)
    }

    /// The person signs in with password and code, and adds the passkey.
    async fn adds(&self, person: &Someone, key: &mut SoftKey) -> Browser {
        let mut browser = self.t.browser();
        browser.goto("/login/start").await;
        self.t.sign_in(&mut browser, person).await;
        assert_eq!(add(&mut browser, key, "Phone", PASSWORD).await, 200);
        browser
    }

    async fn row(&self, person: &Someone) -> Person {
        self.t.app.store.read(async |r| r.person(&person.id).await).await.unwrap().unwrap()
    }

    async fn factor(&self) -> FactorKind {
        self.row(&self.anna).await.second_factor
    }

    /// A browser that comes from the application.
    async fn comes(&self, extra: &[(&str, &str)]) -> (Browser, Request) {
        let mut browser = self.t.browser();
        let request = self.party.authorize(&["openid"], extra);
        browser.goto(request.url.as_str()).await;
        (browser, request)
    }

    /// A browser in which Anna gave her password and nothing else.
    async fn half_way(&self) -> (Browser, Request) {
        let (mut browser, request) = self.comes(&[]).await;
        browser.fill("#identifier", &self.anna.email).fill("#password", PASSWORD).submit("#login-submit").await;
        assert_eq!(browser.path(), "/login/code");
        (browser, request)
    }

    /// The claims of the id_token that the browser came back with.
    async fn claims(&self, browser: &Browser, request: &Request) -> Value {
        let code = self.party.landed(request, browser.landing()).code();
        self.party.exchange(request, &code).await.unwrap_or_else(|refused| panic!("{refused:?}")).claims
    }

    /// Action and outcome of what was written down about Anna.
    async fn audit(&self) -> Vec<(String, String)> {
        let hour = std::time::Duration::from_secs(3600);
        let rows = self.t.app.store.read(async |r| r.audit_since(self.t.now().minus(hour), 1000).await).await.unwrap();
        rows.into_iter().filter(|row| row.subject == self.anna.id.as_str()).map(|row| (row.action, row.outcome)).collect()
    }
}

/// Adds a passkey where the browser is signed in: the page, the password, the device. Gives the status after it.
async fn add(browser: &mut Browser, key: &mut SoftKey, name: &str, password: &str) -> u16 {
    browser.goto("/account/security/passkey").await;
    assert_eq!(browser.path(), "/account/security/passkey");
    browser.fill("#name", name);
    if browser.has("#password") {
        browser.fill("#password", password);
    }
    make(browser, key).await
}

/// Goes on from the filled page.
async fn make(browser: &mut Browser, key: &mut SoftKey) -> u16 {
    let (mut form, offer) = question(browser, "#passkey-submit").await;
    if !offer["publicKey"].is_object() {
        set(&mut form, "problem", offer["problem"].as_str().unwrap());
        browser.send(form).await;
        return browser.page().status;
    }
    let made = key.create(&offer["publicKey"]);
    soft_key::answer(browser, form, &offer, &made).await
}

/// Does a silent request with these parameters get a code?
async fn silently(s: &Scene, browser: &mut Browser, extra: &[(&str, &str)]) -> bool {
    let parameters = [&[("prompt", "none")], extra].concat();
    let request = s.party.authorize(&["openid"], &parameters);
    browser.goto(request.url.as_str()).await;
    matches!(s.party.landed(&request, browser.landing()), Landed::Code(_))
}
