//! The person's own area over HTTP, under the rules of konfipay (people.md K10, K13, K14, K39 to K47).
mod belonging;
mod details;
mod picture;
mod security;
mod sessions;

use tenantry::model::{MembershipKind, Person, Tenant};
use tenantry::policy::presets::Preset;

use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::Someone;

/// A tenant that behaves as konfipay does, with one signed-in member.
struct Scene {
    t: Tenantry,
    acme: Tenant,
    anna: Someone,
    browser: Browser,
}

impl Scene {
    async fn new() -> Self {
        let t = Tenantry::start().await;
        let acme = t.tenant_with("acme", |policy| *policy = Preset::Konfipay.policy()).await;
        let anna = t.person("anna@acme.example").await;
        t.join(&anna, &acme, MembershipKind::Home).await;
        let browser = signed_in(&t, &anna).await;
        Self { t, acme, anna, browser }
    }

    /// The row behind Anna.
    async fn person(&self) -> Person {
        self.t.app.store.read(async |r| r.person(&self.anna.id).await).await.unwrap().unwrap()
    }

    /// What was written down about Anna: action and outcome.
    async fn audit(&self) -> Vec<(String, String)> {
        let rows = self.t.app.store.read(async |r| r.audit_since(self.t.now().minus(std::time::Duration::from_secs(3600)), 1000).await);
        let own = rows.await.unwrap().into_iter().filter(|row| row.subject == self.anna.id.as_str());
        own.map(|row| (row.action, row.outcome)).collect()
    }
}

/// A browser in which the person is signed in.
async fn signed_in(t: &Tenantry, person: &Someone) -> Browser {
    let mut browser = t.browser();
    browser.goto("/login/start").await;
    t.sign_in(&mut browser, person).await;
    browser
}
