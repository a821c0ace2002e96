//! The device grant as the person sees it: what the pages tell, what they demand, what they never do by themselves.
use std::time::Duration;

use tenantry::model::{DeviceSignIn, MembershipKind, MembershipState, MfaMode};
use tenantry::service::tenants::{MemberAdded, NewMembership, add_member};

use super::World;

#[tokio::test]
async fn n01_the_page_says_who_asks_from_where_and_since_when() {
    let w = World::new().await;
    let device = w.begin_device(&[("scope", "openid profile")]).await;
    w.t.later(Duration::from_secs(180));
    let mut browser = w.t.browser();

    w.at_confirmation(&mut browser, &device).await;

    let page = browser.text("main");
    for word in ["Planner", "Acme", "Anna Example", "127.0.0.1", "the same as yours", "3 minutes ago", "See your name and language"] {
        assert!(page.contains(word), "{word} is missing in {page}");
    }
    assert!(browser.text("#device-warning").contains("only if you started this yourself"));
    assert_eq!(browser.text("#device-code"), device.text("user_code"));
    assert_eq!(browser.page().header("x-frame-options"), "DENY");
}

#[tokio::test]
async fn n01_a_link_approves_nothing_even_in_a_session_and_without_consent_page() {
    let w = World::new().await;
    let mut browser = w.t.browser();
    w.tokens(&mut browser, &[]).await;
    let device = w.begin_device(&[("tenant", "acme")]).await;

    browser.goto(device.text("verification_uri_complete")).await;
    assert_eq!((browser.path(), browser.page().attr("#user-code", "value").as_str()), ("/device", device.text("user_code")));
    browser.submit("#device-submit").await;
    assert_eq!(browser.path(), "/device/confirm", "the session is used, the question is asked");
    assert_eq!(w.poll(&device).await.error(), (400, "authorization_pending"));
    browser.submit("#device-allow").await;

    assert_eq!(browser.page().status, 400, "the code was not compared");
    assert!(browser.has("#error"));
    w.t.later(Duration::from_secs(10));
    assert_eq!(w.poll(&device).await.error(), (400, "authorization_pending"));
    browser.tick("#device-compared").submit("#device-allow").await;
    assert!(browser.has("#device-allowed"));
    assert_eq!(w.poll(&device).await.status, 200);
}

#[tokio::test]
async fn n01_admins_let_no_device_in_unless_their_tenant_says_so() {
    let mut w = World::new().await;
    w.anna = w.t.person("boss@acme.example").await;
    let (person, tenant) = (w.anna.id.clone(), w.acme.id.clone());
    let new = NewMembership { person, tenant, kind: MembershipKind::Home, state: MembershipState::Active, admin: true, api_access: false };
    assert!(matches!(add_member(&w.t.change(), new).await.unwrap(), MemberAdded::Added(_)));
    let device = w.begin_device(&[("tenant", "acme")]).await;
    let mut browser = w.t.browser();

    browser.goto("/device").await.fill("#user-code", device.text("user_code")).submit("#device-submit").await;
    w.t.sign_in(&mut browser, &w.anna).await;

    assert_eq!((browser.page().status, browser.text("#error-code").as_str()), (403, "access_denied"));
    assert_eq!(w.poll(&device).await.error(), (400, "authorization_pending"));
    let mut policy = w.acme.policy.clone();
    policy.device_sign_in = DeviceSignIn::Everybody;
    w.t.app.store.write(async |s| s.set_tenant_policy(&w.acme.id, &policy).await).await.unwrap();
    w.t.app.refresh().await.unwrap();
    w.approve(&device).await;
}

#[tokio::test]
async fn wrong_codes_are_counted_by_network_and_right_ones_are_not() {
    let w = World::new().await;
    let device = w.begin_device(&[]).await;
    let mut browser = w.t.browser();

    for _ in 0..3 {
        w.at_confirmation(&mut browser, &device).await;
    }
    for n in 0..10 {
        browser.goto("/device").await.fill("#user-code", "BBBB-BBBB").submit("#device-submit").await;
        assert_eq!((browser.page().status, browser.has("#error")), (400, true), "{n}");
    }
    browser.goto("/device").await.fill("#user-code", device.text("user_code")).submit("#device-submit").await;

    assert_eq!(browser.page().status, 429, "not even a right one is looked at");
    w.t.later(Duration::from_secs(15 * 60));
    let next = w.begin_device(&[]).await;
    w.at_confirmation(&mut browser, &next).await;
}

#[tokio::test]
async fn a_device_that_was_answered_cannot_be_found_again() {
    let w = World::new().await;
    let device = w.begin_device(&[]).await;
    w.approve(&device).await;
    let mut browser = w.t.browser();

    browser.goto("/device").await.fill("#user-code", device.text("user_code")).submit("#device-submit").await;

    assert_eq!((browser.path(), browser.has("#error")), ("/device", true));
}

#[tokio::test]
async fn two_people_at_one_code_one_of_them_answers() {
    let w = World::new().await;
    let device = w.begin_device(&[]).await;
    let (mut one, mut two) = (w.t.browser(), w.t.browser());
    w.at_confirmation(&mut one, &device).await;
    w.at_confirmation(&mut two, &device).await;

    one.submit("#device-deny").await;
    two.tick("#device-compared").submit("#device-allow").await;

    assert_eq!(two.text("#error-code"), "access_denied");
    assert_eq!(w.poll(&device).await.error(), (400, "access_denied"));
}

#[tokio::test]
async fn the_tenants_demand_holds_for_devices_too() {
    let w = World::new().await;
    let mut policy = w.acme.policy.clone();
    (policy.mfa_mode, policy.mfa_email_satisfies) = (MfaMode::Required, tenantry::model::EmailSatisfies::Nothing);
    w.t.app.store.write(async |s| s.set_tenant_policy(&w.acme.id, &policy).await).await.unwrap();
    w.t.app.refresh().await.unwrap();
    let device = w.begin_device(&[("tenant", "acme")]).await;
    let mut browser = w.t.browser();

    browser.goto("/device").await.fill("#user-code", device.text("user_code")).submit("#device-submit").await;
    w.t.sign_in(&mut browser, &w.anna).await;

    assert_eq!(browser.path(), "/account/security/app", "a stronger factor is due first");
}

#[tokio::test]
async fn a_tenant_that_is_not_the_persons_is_refused() {
    let w = World::new().await;
    let device = w.begin_device(&[("tenant", "initech")]).await;
    let mut browser = w.t.browser();

    browser.goto("/device").await.fill("#user-code", device.text("user_code")).submit("#device-submit").await;
    w.t.sign_in(&mut browser, &w.anna).await;

    assert_eq!(browser.text("#error-code"), "access_denied");
}

#[tokio::test]
async fn the_pages_speak_german() {
    let w = World::new().await;
    let device = w.begin_device(&[]).await;
    let mut browser = w.t.browser().speaking("de");

    w.at_confirmation(&mut browser, &device).await;

    assert_eq!(browser.text("h1"), "Planner verbinden?");
    browser.tick("#device-compared").submit("#device-allow").await;
    assert_eq!(browser.text("h1"), "Ihr Gerät ist verbunden");
}
