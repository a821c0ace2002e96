//! Passwords over HTTP: forgotten, overdue, changed in the account (people.md K26, P15, S17, S27 to S33, S56).
mod account;
mod email;
mod factors;
mod policies;
mod recovery;
mod renewal;

use std::time::Duration;

use tenantry::model::{FactorKind, Tenant};
use tenantry::policy::presets::Preset;

use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::Someone;

/// Good enough for every rule, and nobody's yet.
const NEW: &str = "lantern orbit walnut 42";
const NEWER: &str = "pebble harbour violin 7";

/// A tenant that behaves as one of the three systems, with one member.
struct Scene {
    t: Tenantry,
    tenant: Tenant,
    anna: Someone,
}

impl Scene {
    async fn of(preset: Preset) -> Self {
        Self::with(preset, FactorKind::None).await
    }

    async fn with(preset: Preset, factor: FactorKind) -> Self {
        let t = Tenantry::start().await;
        let tenant = t.tenant_with("acme", |policy| *policy = preset.policy()).await;
        let anna = t.person_with("anna@acme.example", |new| new.second_factor = factor).await;
        t.join(&anna, &tenant, tenantry::model::MembershipKind::Home).await;
        Self { t, tenant, anna }
    }

    /// What signing in with this password leads to.
    async fn sign_in(&self, browser: &mut Browser, password: &str) -> u16 {
        browser.goto("/login/start").await;
        browser.fill("#identifier", &self.anna.email).fill("#password", password).submit("#login-submit").await;
        browser.page().status
    }

    /// May somebody sign in with this password?
    async fn is_good(&self, password: &str) -> bool {
        self.sign_in(&mut self.t.browser(), password).await == 200
    }

    /// Asks for a new password on the sign-in page.
    async fn ask(&self, email: &str) -> Browser {
        let mut browser = self.t.browser();
        browser.goto("/login/start").await;
        browser.follow("#login-forgot").await;
        browser.fill("#email", email).submit("#recover-submit").await;
        browser
    }

    /// The browser in which the letter's link was opened.
    async fn at_link(&self) -> Browser {
        self.ask(&self.anna.email).await;
        let link = self.t.mailbox.link(&self.anna.email).await;
        let mut browser = self.t.browser();
        browser.goto(link.as_str()).await;
        browser
    }
}

/// Types a new password twice on the page of a link.
async fn choose<'b>(browser: &'b mut Browser, password: &str) -> &'b mut Browser {
    browser.fill("#password", password).fill("#password-repeat", password).submit("#recover-new-submit").await
}

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

const fn days(n: u64) -> Duration {
    Duration::from_secs(n * 86_400)
}
