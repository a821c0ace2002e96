//! The doors of the three consoles, one by one.
use std::time::Duration;

use tenantry::model::{EmailSatisfies, MembershipKind, MfaMode, TenantState};

use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};

/// A browser in which the person is signed in.
pub async fn signed_in(t: &Tenantry, person: &Someone) -> Browser {
    let mut browser = t.browser();
    browser.goto("/login/start").await;
    t.sign_in(&mut browser, person).await;
    browser
}

/// Status and resting place of an address.
pub async fn at(browser: &mut Browser, path: &str) -> (u16, String) {
    browser.goto(path).await;
    (browser.page().status, browser.path().to_owned())
}

fn page(status: u16, path: &str) -> (u16, String) {
    (status, path.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deep_link_survives_the_sign_in() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let mut browser = t.browser();

    assert_eq!(at(&mut browser, "/admin/acme?q=a%26b").await.1, "/login");
    t.sign_in(&mut browser, &anna).await;

    assert_eq!(browser.page().url.as_str(), t.url("/admin/acme?q=a%26b"));
    assert_eq!(browser.page().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn i05_another_tenant_is_not_there_and_a_missing_right_is_refused() {
    let t = Tenantry::start().await;
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let anna = t.admin(&acme, "anna@acme.example").await;
    let mona = t.member(&acme, "mona@acme.example").await;
    let mut admin = signed_in(&t, &anna).await;
    let mut member = signed_in(&t, &mona).await;

    assert_eq!(at(&mut admin, "/admin").await, page(200, "/admin/acme"), "the only one needs no question");
    assert_eq!(at(&mut admin, &format!("/admin/{}", acme.id)).await.0, 200);
    for foreign in ["/admin/globex", "/admin/nowhere", &format!("/admin/{}", globex.id), "/admin/N-acme"] {
        assert_eq!(at(&mut admin, foreign).await, page(404, foreign));
    }
    for refused in ["/admin", "/admin/acme", "/operator"] {
        assert_eq!(at(&mut member, refused).await, page(403, refused));
    }
    assert_eq!(at(&mut member, "/admin/globex").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn k5_two_tabs_in_two_tenants_never_mix() {
    let t = Tenantry::start().await;
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let anna = t.admin(&acme, "anna@acme.example").await;
    t.join_with(&anna, &globex, MembershipKind::Guest, |new| new.admin = true).await;
    let mut browser = signed_in(&t, &anna).await;

    assert_eq!(at(&mut browser, "/admin").await, page(200, "/admin"), "asks which");
    let offered = browser.page().texts(".choices .choice-name");
    assert_eq!(offered, ["Acme", "Globex"]);
    browser.follow(&format!("#tenant-{}", globex.id)).await;
    assert_eq!((browser.path(), browser.text(".bar-name").as_str()), ("/admin/globex", "Globex"));
    browser.goto("/admin/acme").await;
    assert_eq!(browser.text(".bar-name"), "Acme");
    assert_eq!(browser.text(".bar-door .bar-number"), "N-acme");
}

#[tokio::test(flavor = "multi_thread")]
async fn i25_a_right_that_was_taken_is_gone_at_the_next_request() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let clerks = t.group(&acme, "Clerks", &[("tenantry:people", false)]).await;
    let clara = t.member(&acme, "clara@acme.example").await;
    let mut browser = signed_in(&t, &clara).await;
    assert_eq!(at(&mut browser, "/admin/acme").await.0, 403);
    t.put_into(&clerks, &clara).await;
    assert_eq!(at(&mut browser, "/admin/acme").await.0, 200);

    t.app.store.write(async |w| w.set_tenant_state(&acme.id, TenantState::Disabled).await).await.unwrap();

    assert_eq!(at(&mut browser, "/admin/acme").await.0, 403, "read from the row, not from the snapshot");
}

#[tokio::test(flavor = "multi_thread")]
async fn g04_half_a_sign_in_opens_no_console() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let mut browser = t.browser();
    browser.goto("/admin/acme").await;
    browser.fill("#identifier", &anna.email).fill("#password", PASSWORD).submit("#login-submit").await;
    assert_eq!(browser.path(), "/login/code");

    for path in ["/account", "/admin", "/admin/acme", "/operator"] {
        assert_eq!(at(&mut browser, path).await.1, "/login", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_demands_an_app_demands_it_of_its_administrators_too() {
    let t = Tenantry::start().await;
    let demanding = |policy: &mut tenantry::model::TenantPolicy| {
        policy.mfa_mode = MfaMode::Required;
        policy.mfa_email_satisfies = EmailSatisfies::Nothing;
    };
    let (acme, strict) = (t.tenant("acme").await, t.tenant_with("strict", demanding).await);
    let anna = t.admin(&acme, "anna@acme.example").await;
    t.join_with(&anna, &strict, MembershipKind::Guest, |new| new.admin = true).await;
    let mut browser = signed_in(&t, &anna).await;

    assert_eq!(at(&mut browser, "/admin/acme").await.0, 200);
    assert_eq!(at(&mut browser, "/admin/strict").await.1, "/account/security/app", "an app is to be set up first");
}

#[tokio::test(flavor = "multi_thread")]
async fn e08_operators_prove_their_own_factor() {
    let t = Tenantry::start().await;
    let root = t.person_with("root@example.com", |new| new.operator = true).await;
    let mut browser = signed_in(&t, &root).await;
    assert_eq!(at(&mut browser, "/operator").await, page(200, "/operator"));

    let app = t.db_authenticator(&root).await;
    t.later(Duration::from_secs(30));

    assert_eq!(at(&mut browser, "/operator").await.1, "/login/code", "the stronger factor is asked for");
    browser.fill("#code", &app.code(t.now())).submit("#code-submit").await;
    assert_eq!((browser.path(), browser.page().status), ("/operator", 200));
}
