//! A password that has to be renewed before a sign-in goes on.
use tenantry::policy::presets::Preset;

use super::{NEW, Scene, days};
use crate::harness::browser::Browser;
use crate::harness::world::PASSWORD;

async fn renew<'b>(browser: &'b mut Browser, password: &str) -> &'b mut Browser {
    browser.fill("#password", password).fill("#password-repeat", password).submit("#renewal-submit").await
}

/// A tenant like Saferpay, half a year later, in which nobody is locked for not having come.
async fn half_a_year_later() -> Scene {
    let s = Scene::of(Preset::Saferpay).await;
    let mut policy = s.tenant.policy.clone();
    policy.lock_inactivity_days = 0;
    s.t.app.store.write(async |w| w.set_tenant_policy(&s.tenant.id, &policy).await).await.unwrap();
    s.t.app.refresh().await.unwrap();
    s.t.later(days(180));
    s
}

#[tokio::test]
async fn s17_an_overdue_password_is_renewed_before_the_sign_in_goes_on() {
    let s = half_a_year_later().await;
    let party = s.t.party().await;
    let request = party.authorize(&["openid"], &[]);
    let mut browser = s.t.browser();
    browser.goto(request.url.as_str()).await;
    browser.fill("#identifier", &s.anna.email).fill("#password", PASSWORD).submit("#login-submit").await;
    assert_eq!(browser.path(), "/login/password");

    renew(&mut browser, PASSWORD).await;
    assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, "used"));
    renew(&mut browser, NEW).await;

    party.landed(&request, browser.landing()).code();
    assert!(s.is_good(NEW).await && !s.is_good(PASSWORD).await);
    assert!(s.t.mailbox.letter(&s.anna.email).await.subject.contains("changed"));
}

#[tokio::test]
async fn s17_f16_nothing_else_opens_before_the_password_is_renewed() {
    let s = half_a_year_later().await;
    let mut browser = s.t.browser();
    s.sign_in(&mut browser, PASSWORD).await;
    assert_eq!(browser.path(), "/login/password");
    let here = browser.page().url.clone();

    assert_eq!(browser.goto("/account/security").await.path(), "/login", "there is no session yet");
    assert!(!browser.goto("/").await.has("#home-logout"));
    browser.goto(here.as_str()).await;
    let mut form = browser.form("#renewal-submit");
    form.action.set_path("/select-tenant");
    browser.send(form).await;
    assert_eq!(browser.path(), "/login/password");
}

#[tokio::test]
async fn s17_the_second_factor_is_asked_before_a_password_is_renewed() {
    let s = half_a_year_later().await;
    let app = s.t.db_authenticator(&s.anna).await;
    let mut browser = s.t.browser();
    s.sign_in(&mut browser, PASSWORD).await;
    assert_eq!(browser.path(), "/login/code");

    browser.fill("#code", &app.code(s.t.now())).submit("#code-submit").await;

    assert_eq!(browser.path(), "/login/password");
    renew(&mut browser, NEW).await;
    assert_eq!(browser.path(), "/", "{}", browser.page());
}

#[tokio::test]
async fn c15_where_no_tenant_lets_passwords_expire_nobody_is_asked() {
    let s = Scene::of(Preset::Konfipay).await;
    s.t.later(days(1000));

    let mut browser = s.t.browser();
    s.sign_in(&mut browser, PASSWORD).await;

    assert_eq!(browser.path(), "/");
}

#[tokio::test]
async fn s27_an_overdue_password_may_be_renewed_although_the_tenant_wants_a_least_age() {
    let s = half_a_year_later().await;
    let mut policy = s.tenant.policy.clone();
    (policy.password_min_age_hours, policy.password_min_length) = (168, 20);
    s.t.app.store.write(async |w| w.set_tenant_policy(&s.tenant.id, &policy).await).await.unwrap();
    s.t.app.refresh().await.unwrap();
    let mut browser = s.t.browser();
    s.sign_in(&mut browser, PASSWORD).await;

    renew(&mut browser, "short but 16 long").await;
    assert_eq!(browser.page().attr("#error", "data-kind"), "too_short", "c15: the tenant's own length counts");
    renew(&mut browser, NEW).await;

    assert_eq!(browser.path(), "/");
}
