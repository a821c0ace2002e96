//! A passkey instead of name and password.
use serde_json::json;
use tenantry::model::{EmailSatisfies, FactorKind, MembershipKind, MfaMethod, MfaMode, Passkey, PersonState, TenantPolicy};

use super::{PHR, Scene, silently};
use crate::harness::soft_key::{question, set, show};
use crate::harness::tenantry::Tenantry;
use crate::harness::world::PASSWORD;

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_alone_signs_in_and_says_what_it_is() {
    let (s, _, mut key) = Scene::with_key().await;
    let (mut browser, request) = s.comes(&[]).await;

    assert_eq!(show(&mut browser, "#login-passkey", &mut key).await, 303);

    let claims = s.claims(&browser, &request).await;
    assert_eq!((&claims["acr"], &claims["amr"]), (&json!(PHR), &json!(["hwk", "mfa", "user"])));
    assert!(s.audit().await.contains(&("sign_in.passkey".to_owned(), "ok".to_owned())));
    let used = s.t.app.store.read(async |r| r.passkeys_of(&s.anna.id).await).await.unwrap();
    assert_eq!(used[0].last_used_at, Some(s.t.now()));
    assert!(silently(&s, &mut browser, &[]).await, "the session is one like any other");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_may_be_copied_is_no_hardware_key() {
    let s = Scene::set().await;
    let mut key = s.device();
    key.synced = true;
    s.adds(&s.anna, &mut key).await;
    let (mut browser, request) = s.comes(&[]).await;

    assert_eq!(show(&mut browser, "#login-passkey", &mut key).await, 303);
    assert_eq!(s.claims(&browser, &request).await["amr"], json!(["mfa", "swk", "user"]));
    let kept = s.t.app.store.read(async |r| r.passkeys_of(&s.anna.id).await).await.unwrap();
    assert!(kept[0].synced && kept[0].counter == 0, "devices that do not count always say 0");
    let (mut again, _) = s.comes(&[]).await;
    assert_eq!(show(&mut again, "#login-passkey", &mut key).await, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_a_pause_holds_for_passkeys_as_for_passwords() {
    let (s, _, mut key) = Scene::with_key().await;
    let mut guesser = s.t.browser();
    guesser.goto("/login/start").await;
    for _ in 0..s.t.app.config.sign_in.lock_threshold {
        guesser.fill("#identifier", &s.anna.email).fill("#password", "not it").submit("#login-submit").await;
    }

    let (mut browser, _) = s.comes(&[]).await;
    assert_eq!(show(&mut browser, "#login-passkey", &mut key).await, 429);
    assert!(browser.has("#error[data-kind=paused]"));

    s.t.later(std::time::Duration::from_secs(31 * 60));
    let (mut browser, _) = s.comes(&[]).await;
    assert_eq!(show(&mut browser, "#login-passkey", &mut key).await, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_wrong_answers_pause_the_account() {
    let (s, _, mut key) = Scene::with_key().await;
    key.verified = false;

    for _ in 0..s.t.app.config.sign_in.lock_threshold {
        let (mut browser, _) = s.comes(&[]).await;
        assert_eq!(show(&mut browser, "#login-passkey", &mut key).await, 401);
    }

    key.verified = true;
    let (mut browser, _) = s.comes(&[]).await;
    assert_eq!(show(&mut browser, "#login-passkey", &mut key).await, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn f07_unknown_and_deactivated_look_alike() {
    let (s, _, mut key) = Scene::with_key().await;
    let mut unknown = s.device();
    let (mut stranger, _) = s.comes(&[]).await;
    assert_eq!(show(&mut stranger, "#login-passkey", &mut unknown).await, 401);
    s.t.app.store.write(async |w| w.set_person_state(&s.anna.id, PersonState::Deactivated, s.t.now()).await).await.unwrap();

    let (mut browser, _) = s.comes(&[]).await;
    assert_eq!(show(&mut browser, "#login-passkey", &mut key).await, 401);

    assert_eq!(browser.text("main .note"), stranger.text("main .note"));
}

#[tokio::test(flavor = "multi_thread")]
async fn c01_where_no_tenant_takes_passkeys_there_is_no_button_and_no_way() {
    let (s, _, mut key) = Scene::with_key().await;
    let (mut open, _) = s.comes(&[]).await;
    let (form, offer) = question(&mut open, "#login-passkey").await;
    let policy = TenantPolicy { mfa_methods: [MfaMethod::Email, MfaMethod::Totp].into(), ..s.acme.policy.clone() };
    s.t.app.store.write(async |w| w.set_tenant_policy(&s.acme.id, &policy).await).await.unwrap();
    s.t.app.refresh().await.unwrap();

    let (browser, _) = s.comes(&[]).await;
    assert!(!browser.has("#login-passkey"));
    let signed = key.sign(&offer["publicKey"]);
    assert_eq!(crate::harness::soft_key::answer(&mut open, form, &offer, &signed).await, 401);
    assert!(open.has("#error[data-kind=refused]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn c01_a_passkey_does_not_count_in_a_tenant_that_takes_none() {
    let (s, _, mut key) = Scene::with_key().await;
    let bank =
        s.t.tenant_with("bank", |policy| {
            policy.mfa_mode = MfaMode::Required;
            policy.mfa_methods = [MfaMethod::Totp].into();
            policy.mfa_email_satisfies = EmailSatisfies::Nothing;
        })
        .await;
    s.t.join(&s.anna, &bank, MembershipKind::Guest).await;

    let (browser, _) = s.comes(&[("tenant", "bank")]).await;
    assert!(!browser.has("#login-passkey"), "the bank takes none");

    let (mut browser, request) = s.comes(&[("tenant", "acme")]).await;
    assert_eq!(show(&mut browser, "#login-passkey", &mut key).await, 303);
    assert_eq!(s.claims(&browser, &request).await["acr"], json!(PHR));
    let elsewhere = s.party.authorize(&["openid"], &[("tenant", "bank")]);
    browser.goto(elsewhere.url.as_str()).await;
    assert_eq!(browser.path(), "/account/security/app", "an app has to be set up for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn k27_whoever_has_no_password_here_does_not_get_around_microsoft_with_a_passkey() {
    let (s, _, mut key) = Scene::with_key().await;
    let mia = s.t.person_with("mia@acme.example", |new| new.password_hash = None).await;
    s.t.join(&mia, &s.acme, MembershipKind::Home).await;
    let kept = s.t.app.store.read(async |r| r.passkeys_of(&s.anna.id).await).await.unwrap().remove(0);
    let moved = Passkey { person: mia.id.clone(), ..kept };
    s.t.app
        .store
        .write(async |w| {
            w.delete_passkeys(&s.anna.id).await?;
            w.set_person_state(&mia.id, PersonState::Active, s.t.now()).await?;
            w.insert_passkey(&moved, 20).await
        })
        .await
        .unwrap();

    let (mut browser, _) = s.comes(&[]).await;
    assert_eq!(show(&mut browser, "#login-passkey", &mut key).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_script_the_page_says_what_to_do() {
    let (s, _, _) = Scene::with_key().await;
    let (mut browser, _) = s.comes(&[]).await;

    browser.submit("#login-passkey").await;
    assert!(browser.has("#error[data-kind=no_script]") && browser.has("#password"));

    for (problem, kind) in [("cancelled", "cancelled"), ("already_there", "already_there"), ("what", "unsupported")] {
        let mut form = browser.form("#login-passkey");
        set(&mut form, "problem", problem);
        browser.send(form).await;
        assert!(browser.has(&format!("#error[data-kind={kind}]")), "{problem}");
    }
    browser.fill("#identifier", &s.anna.email).fill("#password", PASSWORD).submit("#login-submit").await;
    assert_eq!(browser.path(), "/login/code");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_bare_address_nothing_is_offered() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let mut browser = t.browser();
    browser.goto("/login/start").await;
    assert!(!browser.has("#login-passkey"));
    t.sign_in(&mut browser, &anna).await;
    assert!(!browser.goto("/account/security").await.has("#security-passkey"));
    assert_eq!(browser.goto("/account/security/passkey").await.page().status, 404);
    let row = t.app.store.read(async |r| r.person(&anna.id).await).await.unwrap().unwrap();
    assert_eq!(row.second_factor, FactorKind::Email);
}
