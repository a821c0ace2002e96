//! A passkey as the second factor, for a step-up, and in front of a new password.
use serde_json::json;
use tenantry::model::{EmailSatisfies, FactorKind, MfaMethod, MfaMode};

use super::{MFA, PHR, Scene, make};
use crate::harness::relying_party::Landed;
use crate::harness::soft_key::{question, show};
use crate::harness::world::PASSWORD;

fn essential(acr: &str) -> String {
    json!({ "id_token": { "acr": { "essential": true, "value": acr } } }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_password_the_passkey_is_asked_for() {
    let (s, _, mut key) = Scene::with_key().await;
    let (mut browser, request) = s.half_way().await;
    assert!(!browser.has("#code") && browser.has("#login-passkey"));

    assert_eq!(show(&mut browser, "#login-passkey", &mut key).await, 303);

    let claims = s.claims(&browser, &request).await;
    assert_eq!((&claims["acr"], &claims["amr"]), (&json!(PHR), &json!(["hwk", "mfa", "pwd", "user"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_only_the_persons_own_passkeys_are_named_and_taken() {
    let (s, _, key) = Scene::with_key().await;
    let ben = s.t.member(&s.acme, "ben@acme.example").await;
    let mut foreign = s.device();
    s.adds(&ben, &mut foreign).await;
    let (mut browser, _) = s.half_way().await;

    let (_, offer) = question(&mut browser, "#login-passkey").await;
    let named = offer["publicKey"]["allowCredentials"].as_array().unwrap().clone();
    assert_eq!(named.len(), 1);
    assert_eq!(named[0]["id"], key.name());

    let (mut browser, _) = s.half_way().await;
    assert_eq!(show(&mut browser, "#login-passkey", &mut foreign).await, 401, "a good passkey of somebody else");
    assert!(browser.has("#error[data-kind=refused]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_stands_in_for_a_lost_passkey() {
    let s = Scene::set().await;
    let mut key = s.device();
    let browser = s.adds(&s.anna, &mut key).await;
    let codes = browser.page().texts("#recovery-codes li");
    assert!(codes.len() >= 10);
    let (mut browser, request) = s.half_way().await;

    browser.follow("#code-recovery").await;
    browser.fill("#code", &codes[0]).submit("#code-submit").await;

    assert_eq!(s.claims(&browser, &request).await["acr"], json!(MFA), "honestly less than a passkey");
    let (mut again, _) = s.half_way().await;
    again.follow("#code-recovery").await;
    again.fill("#code", &codes[0]).submit("#code-submit").await;
    assert_eq!(again.page().status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_an_app_a_passkey_may_be_shown_instead() {
    let s = Scene::set().await;
    let app = s.t.db_authenticator(&s.anna).await;
    let mut browser = s.t.browser();
    browser.goto("/login/start").await;
    browser.fill("#identifier", &s.anna.email).fill("#password", PASSWORD).submit("#login-submit").await;
    browser.fill("#code", &app.code(s.t.now())).submit("#code-submit").await;
    let mut key = s.device();
    super::add(&mut browser, &mut key, "Key", PASSWORD).await;
    assert_eq!(s.factor().await, FactorKind::Totp, "the app stays what is asked for");

    let (mut browser, request) = s.half_way().await;
    assert!(browser.has("#code") && browser.has("#login-passkey"));
    assert_eq!(show(&mut browser, "#login-passkey", &mut key).await, 303);
    assert_eq!(s.claims(&browser, &request).await["acr"], json!(PHR));
}

#[tokio::test(flavor = "multi_thread")]
async fn s55_an_application_asks_for_phr_and_gets_it_or_hears_that_it_is_not_possible() {
    let s = Scene::set().await;
    let app = s.t.db_authenticator(&s.anna).await;
    let wanted = essential(PHR);
    let (mut browser, request) = s.half_way().await;
    browser.fill("#code", &app.code(s.t.now())).submit("#code-submit").await;
    assert_eq!(s.claims(&browser, &request).await["acr"], json!(MFA));
    let stronger = s.party.authorize(&["openid"], &[("claims", &wanted)]);
    browser.goto(stronger.url.as_str()).await;
    let Landed::Denied { error, .. } = s.party.landed(&stronger, browser.landing()) else { panic!("there is no passkey") };
    assert_eq!(error, "unmet_authentication_requirements");

    let mut key = s.device();
    super::add(&mut browser, &mut key, "Key", PASSWORD).await;
    let stronger = s.party.authorize(&["openid"], &[("claims", &wanted)]);
    browser.goto(stronger.url.as_str()).await;
    assert_eq!(browser.path(), "/login/code");
    assert!(!browser.has("#code") && !browser.has("#code-recovery"), "nothing else would do");
    assert_eq!(show(&mut browser, "#login-passkey", &mut key).await, 303);
    assert_eq!(s.claims(&browser, &stronger).await["acr"], json!(PHR));
}

#[tokio::test(flavor = "multi_thread")]
async fn g07_adding_a_passkey_proves_nothing_in_the_session_that_adds_it() {
    let (s, mut browser, mut key) = Scene::with_key().await;

    assert!(!super::silently(&s, &mut browser, &[("claims", &essential(MFA))]).await);
    browser.goto("/account/security").await;
    assert_eq!(browser.path(), "/login/code", "what is sensitive asks for it from now on");
    assert_eq!(show(&mut browser, "#login-passkey", &mut key).await, 200);
    assert_eq!(browser.path(), "/account/security");
    assert!(super::silently(&s, &mut browser, &[("claims", &essential(PHR))]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn p17_whoever_must_have_a_factor_may_set_a_passkey_up_while_signing_in() {
    let strict = |policy: &mut tenantry::model::TenantPolicy| {
        policy.mfa_mode = MfaMode::Required;
        policy.mfa_email_satisfies = EmailSatisfies::Nothing;
    };
    for alone in [false, true] {
        let s = Scene::with(|policy| {
            strict(policy);
            if alone {
                policy.mfa_methods = [MfaMethod::Passkey].into();
            }
        })
        .await;
        let (mut browser, request) = s.comes(&[]).await;
        s.t.sign_in(&mut browser, &s.anna).await;
        if !alone {
            assert_eq!(browser.path(), "/account/security/app");
            browser.follow("#totp-passkey").await;
        }
        assert_eq!(browser.path(), "/account/security/passkey", "a tenant that takes nothing else leads there");
        let mut key = s.device();
        browser.fill("#name", "Phone").fill("#password", PASSWORD);
        assert_eq!(make(&mut browser, &mut key).await, 200);
        browser.follow("#recovery-done").await;

        let claims = s.claims(&browser, &request).await;
        assert_eq!(claims["acr"], json!(PHR));
        assert_eq!(s.factor().await, FactorKind::Passkey);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s56_a_new_password_by_letter_asks_for_the_passkey_first() {
    let (s, _, mut key) = Scene::with_key().await;
    s.t.mailbox.take(&s.anna.email).await;
    let mut browser = s.t.browser();
    browser.goto("/recovery").await;
    browser.fill("#email", &s.anna.email).submit("#recover-submit").await;
    let link = s.t.mailbox.link(&s.anna.email).await;
    browser.goto(link).await;
    assert!(!browser.has("#password") && browser.has("#recover-passkey"));
    let mut wrong = s.device();
    assert_eq!(show(&mut browser, "#recover-passkey", &mut wrong).await, 401);

    assert_eq!(show(&mut browser, "#recover-passkey", &mut key).await, 200);

    let new = "quite another long password";
    browser.fill("#password", new).fill("#password-repeat", new).submit("#recover-new-submit").await;
    assert!(browser.page().status == 200, "{}", browser.page());
    assert_eq!(s.factor().await, FactorKind::Passkey, "a new password changes no factor");
}
