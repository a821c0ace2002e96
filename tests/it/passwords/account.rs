//! Changing the password in the account.
use tenantry::model::{FactorKind, Reauth};
use tenantry::policy::presets::Preset;

use super::{NEW, NEWER, Scene, minutes};
use crate::harness::browser::Browser;
use crate::harness::world::PASSWORD;

impl Scene {
    /// A browser in which Anna is signed in.
    async fn signed_in(&self) -> Browser {
        let mut browser = self.t.browser();
        browser.goto("/login/start").await;
        self.t.sign_in(&mut browser, &self.anna).await;
        browser
    }
}

async fn change<'b>(browser: &'b mut Browser, present: &str, new: &str) -> &'b mut Browser {
    browser.goto("/account/password").await;
    browser.fill("#present", present).fill("#password", new).fill("#password-repeat", new).submit("#change-submit").await
}

#[tokio::test]
async fn k26_a_new_password_counts_once_the_code_by_email_was_entered() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let mut elsewhere = s.signed_in().await;
    s.t.later(minutes(1));
    let mut browser = s.signed_in().await;
    browser.goto("/account/security").await;
    browser.follow("#security-password").await;
    change(&mut browser, PASSWORD, NEW).await;
    let code = s.t.mailbox.code(&s.anna.email).await;
    assert!(s.is_good(PASSWORD).await && !s.is_good(NEW).await, "without the code the old one is good");
    s.t.mailbox.everything().await;
    let wrong = if code == "000000" { "111111" } else { "000000" };
    browser.fill("#code", wrong).submit("#change-confirm").await;
    assert!(browser.has("#code") && browser.page().status == 422);

    browser.fill("#code", &code).submit("#change-confirm").await;

    assert_eq!((browser.path(), browser.page().status), ("/account/security", 200));
    assert!(s.t.mailbox.letter(&s.anna.email).await.subject.contains("changed"));
    assert!(!s.is_good(PASSWORD).await && s.is_good(NEW).await);
    assert_eq!(browser.goto("/account/security").await.path(), "/account/security", "this browser goes on");
    assert_eq!(elsewhere.goto("/account/security").await.path(), "/login", "the others are signed out");
}

#[tokio::test]
async fn k26_b04_a_code_confirms_one_change_once_and_no_code_of_a_sign_in_does() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let mut browser = s.signed_in().await;
    change(&mut browser, PASSWORD, NEW).await;
    let form = browser.form("#change-confirm");
    let code = s.t.mailbox.code(&s.anna.email).await;
    let mut other = s.t.browser();
    s.sign_in(&mut other, PASSWORD).await;
    let of_sign_in = s.t.mailbox.code(&s.anna.email).await;
    if of_sign_in != code {
        browser.fill("#code", &of_sign_in).submit("#change-confirm").await;
        assert!(browser.has("#code"), "a code of a sign-in confirms nothing");
        other.fill("#code", &code).submit("#code-submit").await;
        assert_eq!(other.page().status, 401, "and this one signs nobody in");
    }
    browser.fill("#code", &code).submit("#change-confirm").await;
    assert!(s.is_good(NEW).await);

    let mut again = form.clone();
    again.fields.iter_mut().filter(|(name, _)| name == "code").for_each(|(_, value)| value.clone_from(&code));
    browser.goto("/account/password").await;
    let csrf = browser.page().attr("form[action='/account/password'] input[name=csrf]", "value");
    again.fields.iter_mut().filter(|(name, _)| name == "csrf").for_each(|(_, value)| value.clone_from(&csrf));
    browser.send(again).await;

    assert_eq!(browser.page().status, 422);
    assert!(browser.has("#present"), "what was confirmed is over: {}", browser.page());
}

#[tokio::test]
async fn f19_former_passwords_are_compared_only_after_the_present_one_was_right() {
    let s = Scene::of(Preset::Saferpay).await;
    let mut browser = s.signed_in().await;

    change(&mut browser, "wrong password here", PASSWORD).await;
    assert_eq!(browser.page().attr("#error", "data-kind"), "wrong_password");
    change(&mut browser, PASSWORD, PASSWORD).await;
    assert_eq!(browser.page().attr("#error", "data-kind"), "used");

    for _ in 0..12 {
        change(&mut browser, "wrong password here", NEW).await;
    }
    assert_eq!(browser.page().status, 429, "guesses at the present one pause like a sign-in");
}

#[tokio::test]
async fn s27_none_of_the_last_five_and_none_of_the_last_day_comes_again() {
    let s = Scene::of(Preset::Saferpay).await;
    let mut browser = s.signed_in().await;
    let names: Vec<String> = (1..=6).map(|n| format!("walnut lantern orbit {n}")).collect();
    let mut present = PASSWORD;
    for name in &names {
        change(&mut browser, present, name).await;
        assert_eq!(browser.path(), "/account/security", "{}", browser.page());
        present = name;
        s.t.later(minutes(1));
    }

    change(&mut browser, present, &names[0]).await;
    assert_eq!(browser.page().attr("#error", "data-kind"), "used", "in use in the last 24 hours");
    s.t.later(minutes(25 * 60));
    let mut browser = s.t.browser();
    s.sign_in(&mut browser, present).await;
    change(&mut browser, present, &names[2]).await;
    assert_eq!(browser.page().attr("#error", "data-kind"), "used", "one of the last five");
    change(&mut browser, present, &names[0]).await;
    assert_eq!(browser.path(), "/account/security", "the sixth last may come again");
}

#[tokio::test]
async fn s27_a_password_stays_for_its_least_age_where_the_tenant_wants_it() {
    let s = Scene::of(Preset::Saferpay).await;
    let mut policy = s.tenant.policy.clone();
    policy.password_min_age_hours = 24;
    s.t.app.store.write(async |w| w.set_tenant_policy(&s.tenant.id, &policy).await).await.unwrap();
    s.t.app.refresh().await.unwrap();
    let mut browser = s.signed_in().await;

    change(&mut browser, PASSWORD, NEW).await;

    assert_eq!(browser.page().attr("#error", "data-kind"), "early");
    s.t.later(minutes(25 * 60));
    let mut browser = s.signed_in().await;
    change(&mut browser, PASSWORD, NEW).await;
    assert_eq!(browser.path(), "/account/security");
}

#[tokio::test]
async fn c25_where_the_tenant_wants_the_factor_the_apps_code_confirms_it() {
    let s = Scene::of(Preset::Saferpay).await;
    let mut policy = s.tenant.policy.clone();
    policy.reauth_sensitive = Reauth::Factor;
    s.t.app.store.write(async |w| w.set_tenant_policy(&s.tenant.id, &policy).await).await.unwrap();
    s.t.app.refresh().await.unwrap();
    let app = s.t.db_authenticator(&s.anna).await;
    let mut browser = s.t.browser();
    s.sign_in(&mut browser, PASSWORD).await;
    browser.fill("#code", &app.code(s.t.now())).submit("#code-submit").await;
    s.t.later(minutes(1));

    change(&mut browser, PASSWORD, NEWER).await;
    assert!(browser.has("#code"), "{}", browser.page());
    browser.fill("#code", &app.code(s.t.now())).submit("#change-confirm").await;

    assert_eq!(browser.path(), "/account/security");
    assert!(s.is_good(NEWER).await);
}

#[tokio::test]
async fn c1_only_the_methods_that_a_tenant_takes_are_offered() {
    let s = Scene::of(Preset::Saferpay).await;
    let mut browser = s.signed_in().await;

    browser.goto("/account/security").await;

    assert!(browser.has("#security-app") && !browser.has("#security-email") && !browser.has("#security-off"));
    browser.goto("/account/password").await;
    let mut form = browser.form("#change-submit");
    form.action.set_path("/account/security/email");
    assert_eq!(browser.send(form).await.page().status, 403);
}
