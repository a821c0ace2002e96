//! Saferpay: the second factor at the door and before grave functions (people.md S54, S55).
use serde_json::json;
use tenantry::model::FactorKind;
use tenantry::policy::presets::Preset;

use super::is_inside;
use crate::admin::{knock, office};
use crate::harness::tenantry::Tenantry;
use crate::harness::world::PASSWORD;

#[tokio::test(flavor = "multi_thread")]
async fn s54_the_apps_code_is_asked_after_user_name_and_password() {
    let t = Tenantry::start().await;
    let (acme, _, _) = office(&t, Preset::Saferpay).await;
    let bo = t.member(&acme, "bo@acme.example").await;
    let app = t.db_authenticator(&bo).await;
    let mut browser = t.browser();
    assert_eq!(knock(&mut browser, &bo.email, "not the password").await, 401);
    assert_eq!((browser.path(), browser.has("#code")), ("/login", false), "never before the password");

    knock(&mut browser, &bo.email, PASSWORD).await;

    assert_eq!((browser.path(), browser.has("#password")), ("/login/code", false));
    assert!(!is_inside(&mut browser.clone()).await, "the password alone is not enough");
    let code = app.code(t.now());
    let wrong = if code == "123456" { "654321" } else { "123456" };
    browser.fill("#code", wrong).submit("#code-submit").await;
    assert!(browser.page().status == 401 && !is_inside(&mut browser.clone()).await);
    browser.fill("#code", &code).submit("#code-submit").await;
    assert!(is_inside(&mut browser).await);
    assert!(t.mailbox.take(&bo.email).await.is_empty(), "nothing was sent by e-mail");
}

#[tokio::test(flavor = "multi_thread")]
async fn s55_without_a_second_factor_nobody_decrypts_cards_or_credits_a_transaction() {
    let t = Tenantry::start().await;
    let (acme, _, _) = office(&t, Preset::Saferpay).await;
    let bo = t.person_with("bo@acme.example", |new| new.second_factor = FactorKind::None).await;
    t.join(&bo, &acme, tenantry::model::MembershipKind::Home).await;
    let role = t.group(&acme, "Cashiers", &[("pan:decrypt", false), ("tx:credit", false), ("tx:read", false)]).await;
    t.put_into(&role, &bo).await;
    let party = t.party().await;
    let mut browser = t.browser();

    let (_, weak) = t.log_in(&mut browser, &party, &bo, &["openid", "permissions"]).await;
    assert_eq!(party.userinfo(&weak.access).await.unwrap()["permissions"], json!(["tx:read"]));
    let app = t.db_authenticator(&bo).await;
    let request = party.authorize(&["openid", "permissions"], &[("acr_values", "urn:tenantry:acr:mfa")]);
    browser.goto(request.url.as_str()).await;
    browser.fill("#code", &app.code(t.now())).submit("#code-submit").await;
    let strong = party.exchange(&request, &party.landed(&request, browser.landing()).code()).await.unwrap();

    assert_eq!(weak.claims["permissions"], json!(["tx:read"]));
    assert_eq!(strong.claims["permissions"], json!(["pan:decrypt", "tx:credit", "tx:read"]));
}
