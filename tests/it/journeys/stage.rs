//! What most journeys begin with: a tenant, one of its people, an application that listens, and a browser.
use std::time::Duration;

use tenantry::config::Config;
use tenantry::model::{ClientMetadata, ConsentMode, Tenant, TenantPolicy};

use crate::harness::chromium::{self, Chromium};
use crate::harness::landing::Landing;
use crate::harness::relying_party::{RelyingParty, Request, Tokens};
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};

/// What is different from the usual.
pub struct Scene {
    /// Names the folder of the screenshots.
    pub journey: &'static str,
    /// What the browser asks for.
    pub language: &'static str,
    pub config: fn(&mut Config),
    pub policy: fn(&mut TenantPolicy),
    pub metadata: fn(&mut ClientMetadata),
}

pub struct Stage {
    pub t: Tenantry,
    pub acme: Tenant,
    pub anna: Someone,
    pub landing: Landing,
    /// An application that asks for no consent.
    pub party: RelyingParty,
    pub browser: Chromium,
}

impl Scene {
    pub fn of(journey: &'static str) -> Self {
        Self { journey, language: "en", config: |_| {}, policy: |_| {}, metadata: |_| {} }
    }

    /// Sets the stage; None where there is no browser to drive.
    pub async fn set(self) -> Option<Stage> {
        if !chromium::is_there() {
            return None;
        }
        let t = Tenantry::start_with(self.config).await;
        let acme = t.tenant_with("acme", self.policy).await;
        let anna = t.member(&acme, "anna@acme.example").await;
        let landing = Landing::start().await;
        let details = |metadata: &mut ClientMetadata| {
            metadata.consent = ConsentMode::Implicit;
            metadata.redirect_uris = vec![landing.callback()];
            metadata.post_logout_redirect_uris = vec![format!("{}/bye", landing.origin)];
            (self.metadata)(metadata);
        };
        let party = t.party_with(details).await;
        let browser = Chromium::speaking(self.language, self.journey).await;
        Some(Stage { t, acme, anna, landing, party, browser })
    }
}

impl Stage {
    /// The usual stage.
    pub async fn set(journey: &'static str) -> Option<Self> {
        Scene::of(journey).set().await
    }

    /// Comes from the application, a moment later than whatever was before.
    pub async fn begin(&self, extra: &[(&str, &str)]) -> Request {
        self.t.later(Duration::from_secs(1));
        let request = self.party.authorize(&["openid", "profile", "tenant"], extra);
        self.browser.goto(&request.url).await;
        request
    }

    /// Answers the login page.
    pub async fn password(&self) {
        self.password_is(PASSWORD).await;
    }

    pub async fn password_is(&self, password: &str) {
        self.browser.fill("#identifier", &self.anna.email).await;
        self.browser.fill("#password", password).await;
        self.browser.click("#login-submit").await;
    }

    /// Answers the page that asks for a code.
    pub async fn code(&self, code: &str) {
        self.browser.fill("#code", code).await;
        self.browser.click("#code-submit").await;
    }

    /// The code from the letter.
    pub async fn mailed(&self) -> String {
        self.t.mailbox.code(&self.anna.email).await
    }

    /// Answers the login page and the code page.
    pub async fn sign_in(&self) {
        self.password().await;
        let code = self.mailed().await;
        self.code(&code).await;
    }

    /// Signs out at Tenantry itself.
    pub async fn sign_out(&self) {
        self.browser.goto(self.t.url("/end-session")).await;
        self.browser.click("#logout-confirm").await;
    }

    /// The tokens that the application gets once the browser is back there.
    pub async fn arrives(&self, request: &Request) -> Tokens {
        self.browser.see("#arrived").await;
        let arrival = self.landing.arrival().await;
        let sent = if arrival.method == http::Method::POST { arrival.body } else { arrival.query };
        let code = self.party.landed_with(request, &sent).code();
        self.party.exchange(request, &code).await.unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    /// The error that the application gets instead.
    pub async fn is_denied(&self, request: &Request) -> String {
        self.browser.see("#arrived").await;
        self.party.landed_with(request, &self.landing.arrival().await.query).error()
    }
}
