//! A person's own passkeys: adding, the list, another name, removing.
use std::time::Duration;

use tenantry::model::{EmailSatisfies, FactorKind, MfaMethod, MfaMode};
use tenantry::policy::presets::Preset;

use super::{Scene, add, make};
use crate::harness::html::Form;
use crate::harness::soft_key::{set, show};
use crate::harness::world::PASSWORD;

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_added_listed_and_told_about() {
    let s = Scene::set().await;
    let mut key = s.device();
    let mut browser = s.adds(&s.anna, &mut key).await;

    assert!(browser.page().texts("#recovery-codes li").len() >= 10, "codes for the day when the device is lost");
    let letter = s.t.mailbox.letter(&s.anna.email).await;
    assert!(letter.text.contains("passkey"), "{}", letter.text);
    assert_eq!(s.factor().await, FactorKind::Passkey);
    assert!(s.audit().await.contains(&("factor.passkey".to_owned(), "added".to_owned())));

    browser.goto("/account/security").await;
    show(&mut browser, "#login-passkey", &mut key).await;
    assert_eq!(browser.path(), "/account/security");
    assert!(browser.text("li.active h3").contains("Passkeys"));
    let row = browser.page().texts("section[aria-labelledby=passkeys] tbody tr").concat();
    assert!(row.contains("Phone"), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn c25_the_password_is_asked_for_and_a_wrong_one_adds_nothing() {
    let s = Scene::set().await;
    let mut browser = s.t.browser();
    browser.goto("/login/start").await;
    s.t.sign_in(&mut browser, &s.anna).await;
    let mut key = s.device();

    assert_eq!(add(&mut browser, &mut key, "Phone", "not it").await, 422);
    assert!(browser.has("#error[data-kind=wrong_password]"));
    assert_eq!(browser.page().attr("#name", "value"), "Phone", "what was typed stays");
    assert!(key.handle.is_none(), "the device was not even asked");

    browser.fill("#name", "\u{202E} \u{200B}").fill("#password", PASSWORD);
    assert_eq!(make(&mut browser, &mut key).await, 422);
    assert!(browser.has("#error[data-kind=unnamed]"));
    assert_eq!(s.factor().await, FactorKind::Email);

    s.t.later(Duration::from_secs(11 * 60));
    assert_eq!(browser.goto("/account/security/passkey").await.path(), "/login", "only soon after a sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_passkey_brings_no_new_codes_and_the_same_device_none_at_all() {
    let (s, mut browser, mut key) = Scene::with_key().await;
    browser.goto("/account/security").await;
    show(&mut browser, "#login-passkey", &mut key).await;
    let mut second = s.device();

    assert_eq!(add(&mut browser, &mut second, "Key", PASSWORD).await, 200);

    assert_eq!(browser.path(), "/account/security", "the codes that there are stay good");
    assert_eq!(second.handle, key.handle, "one handle for one person");
    let kept = s.t.app.store.read(async |r| r.passkeys_of(&s.anna.id).await).await.unwrap();
    let names: std::collections::BTreeSet<&str> = kept.iter().map(|passkey| passkey.name.as_str()).collect();
    assert_eq!(names, ["Key", "Phone"].into());
    browser.goto("/account/security/passkey").await;
    browser.fill("#name", "Again").fill("#password", PASSWORD);
    let (_, offer) = crate::harness::soft_key::question(&mut browser, "#passkey-submit").await;
    assert_eq!(offer["publicKey"]["excludeCredentials"].as_array().unwrap().len(), 2);
    assert_eq!(offer["publicKey"]["rp"]["id"], "localhost");
    assert_eq!(offer["publicKey"]["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(offer["publicKey"]["authenticatorSelection"]["userVerification"], "required");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_gets_another_name_and_goes() {
    let (s, mut browser, mut key) = Scene::with_key().await;
    browser.goto("/account/security").await;
    show(&mut browser, "#login-passkey", &mut key).await;
    browser.follow("section[aria-labelledby=passkeys] tbody a").await;

    browser.fill("#name", "").submit("#passkey-rename").await;
    assert!(browser.has("#error[data-kind=unnamed]"));
    browser.fill("#name", "Old <b>phone</b>").submit("#passkey-rename").await;
    assert_eq!(browser.path(), "/account/security");
    assert!(browser.page().texts("section[aria-labelledby=passkeys] tbody tr").concat().contains("Old <b>phone</b>"));

    s.t.mailbox.letter(&s.anna.email).await;
    browser.follow("section[aria-labelledby=passkeys] tbody a").await;
    browser.submit("#passkey-remove").await;

    assert_eq!(browser.path(), "/account/security");
    assert_eq!(s.factor().await, FactorKind::Email, "the default rules let people go back to codes by e-mail");
    assert!(s.t.mailbox.letter(&s.anna.email).await.text.contains("removed"));
    assert_eq!(s.t.app.store.read(async |r| r.recovery_codes_left(&s.anna.id).await).await.unwrap(), 0);
    let (mut gone, _) = s.comes(&[]).await;
    assert_eq!(show(&mut gone, "#login-passkey", &mut key).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn g08_the_last_factor_stays_where_one_is_demanded() {
    let s = Scene::with(|policy| {
        policy.mfa_mode = MfaMode::Required;
        policy.mfa_email_satisfies = EmailSatisfies::Nothing;
    })
    .await;
    let mut key = s.device();
    let mut browser = s.adds(&s.anna, &mut key).await;
    browser.goto("/account/security").await;
    show(&mut browser, "#login-passkey", &mut key).await;
    browser.follow("section[aria-labelledby=passkeys] tbody a").await;

    browser.submit("#passkey-remove").await;

    assert_eq!(browser.page().status, 422);
    assert!(browser.has("#error[data-kind=last]"));
    assert_eq!(s.factor().await, FactorKind::Passkey);
    let mut form: Form = browser.form("#passkey-rename");
    form.action.set_path("/account/security/email");
    browser.send(form).await;
    assert_eq!((browser.page().status, s.factor().await), (403, FactorKind::Passkey), "nor by going back to e-mail");

    let mut second = s.device();
    assert_eq!(add(&mut browser, &mut second, "Key", PASSWORD).await, 200);
    browser.follow("section[aria-labelledby=passkeys] tbody tr:first-child a").await;
    browser.submit("#passkey-remove").await;
    assert_eq!((browser.path(), s.factor().await), ("/account/security", FactorKind::Passkey), "one of two may go");
}

#[tokio::test(flavor = "multi_thread")]
async fn g08_another_persons_passkey_is_not_there_and_old_sign_ins_change_nothing() {
    let (s, mut anna, mut key) = Scene::with_key().await;
    let ben = s.t.member(&s.acme, "ben@acme.example").await;
    let id = s.t.app.store.read(async |r| r.passkeys_of(&s.anna.id).await).await.unwrap()[0].id.clone();
    let mut browser = s.t.browser();
    browser.goto("/login/start").await;
    s.t.sign_in(&mut browser, &ben).await;

    assert_eq!(browser.goto(format!("/account/security/passkey/{id}")).await.page().status, 404);
    browser.goto("/account/security").await;
    for path in [format!("/account/security/passkey/{id}"), format!("/account/security/passkey/{id}/remove")] {
        let mut form = browser.form("#sign-out");
        form.action.set_path(&path);
        set(&mut form, "name", "Mine");
        let mut tried = browser.clone();
        tried.send(form).await;
        assert_eq!(tried.page().status, 404, "{path}");
    }

    anna.goto("/account/security").await;
    show(&mut anna, "#login-passkey", &mut key).await;
    anna.follow("section[aria-labelledby=passkeys] tbody a").await;
    s.t.later(Duration::from_secs(11 * 60));
    anna.submit("#passkey-remove").await;
    assert_eq!(anna.path(), "/login", "only soon after a sign-in");
    assert_eq!(s.factor().await, FactorKind::Passkey);
}

#[tokio::test(flavor = "multi_thread")]
async fn k24_passkeys_take_the_place_of_the_app_and_back() {
    let s = Scene::set().await;
    let app = s.t.db_authenticator(&s.anna).await;
    let mut browser = s.t.browser();
    browser.goto("/login/start").await;
    browser.fill("#identifier", &s.anna.email).fill("#password", PASSWORD).submit("#login-submit").await;
    browser.fill("#code", &app.code(s.t.now())).submit("#code-submit").await;
    let mut key = s.device();
    add(&mut browser, &mut key, "Key", PASSWORD).await;
    browser.goto("/account/security").await;

    browser.submit("#security-passkey-use").await;

    assert_eq!(s.factor().await, FactorKind::Passkey);
    assert!(s.t.app.store.read(async |r| r.totp_factor(&s.anna.id).await).await.unwrap().is_none(), "the app is dead");
    assert!(s.t.app.store.read(async |r| r.recovery_codes_left(&s.anna.id).await).await.unwrap() > 0, "the codes are not");
}

#[tokio::test(flavor = "multi_thread")]
async fn c01_under_the_rules_of_the_three_systems_passkeys_are_not_offered() {
    for preset in [Preset::Konfipay, Preset::Promio, Preset::Saferpay] {
        let s = Scene::with(|policy| *policy = preset.policy()).await;
        let mut browser = s.t.browser();
        browser.goto("/login/start").await;
        assert!(!s.acme.policy.mfa_methods.contains(&MfaMethod::Passkey));
        s.t.sign_in(&mut browser, &s.anna).await;
        assert!(!browser.goto("/account/security").await.has("#security-passkey"), "{preset:?}");
        assert_eq!(browser.goto("/account/security/passkey").await.page().status, 404, "{preset:?}");
    }
}
