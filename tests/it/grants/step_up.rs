//! Step-up (RFC 9470) from the refusal to the permission: what is demanded is said, and asking for it gets it.
use std::time::Duration;

use serde_json::json;
use tenantry::model::{Acr, MembershipKind, MfaMode};
use tenantry::protocol::Reason;

use super::World;
use crate::harness::browser::Browser;
use crate::harness::world::Authenticator;

/// Anna has an app; her tenant leaves the second factor to the applications.
async fn world() -> (World, Authenticator) {
    let w = World::new().await;
    for tenant in [&w.acme, &w.globex] {
        let mut policy = tenant.policy.clone();
        policy.mfa_mode = MfaMode::Off;
        w.t.app.store.write(async |s| s.set_tenant_policy(&tenant.id, &policy).await).await.unwrap();
    }
    w.t.app.refresh().await.unwrap();
    let app = w.t.db_authenticator(&w.anna).await;
    (w, app)
}

async fn demand(w: &World, acr: Acr) {
    let mut metadata = w.client.metadata.clone();
    metadata.required_acr = Some(acr);
    w.t.app.store.write(async |s| s.set_client_metadata(&w.client.id, &metadata).await).await.unwrap();
    w.t.app.refresh().await.unwrap();
}

async fn step_up(w: &World, browser: &mut Browser, app: &Authenticator) -> super::Answer {
    let claims = json!({ "id_token": { "acr": { "essential": true, "value": Acr::Mfa.as_str() } } }).to_string();
    browser.goto(w.authorize_url(&[("tenant", "acme"), ("acr_values", Acr::Mfa.as_str()), ("claims", &claims)])).await;
    assert_eq!(browser.path(), "/login/code", "{}", browser.page());
    browser.fill("#code", &app.code(w.t.now())).submit("#code-submit").await;
    w.redeem(&w.landed(browser, "code").unwrap()).await.good()
}

#[tokio::test]
async fn a_permission_that_needs_two_factors_comes_with_the_step_up() {
    let (w, app) = world().await;
    let group = w.t.group(&w.acme, "Treasury", &[("orders:read", false), ("payouts:release", true)]).await;
    w.t.put_into(&group, &w.anna).await;
    let mut browser = w.t.browser();

    let weak = w.tokens(&mut browser, &[]).await;
    let strong = step_up(&w, &mut browser, &app).await;

    assert_eq!((weak.access()["acr"].as_str(), &weak.access()["permissions"]), (Some(Acr::Pwd.as_str()), &json!(["orders:read"])));
    assert_eq!(strong.access()["acr"].as_str(), Some(Acr::Mfa.as_str()));
    assert_eq!(strong.access()["permissions"], json!(["orders:read", "payouts:release"]));
    let still = w.refresh(weak.text("refresh_token"), &[]).await.good();
    assert_eq!(still.access()["permissions"], json!(["orders:read"]), "a grant keeps the proof that it was made with");
}

#[tokio::test]
async fn a_resource_names_what_it_demands() {
    let (w, app) = world().await;
    let mut browser = w.t.browser();
    let weak = w.tokens(&mut browser, &[]).await;
    demand(&w, Acr::Mfa).await;

    let refused = w.userinfo(weak.text("access_token")).await;
    let strong = step_up(&w, &mut browser, &app).await;

    assert_eq!(refused.error(), (401, "insufficient_user_authentication"));
    assert_eq!(refused.text("acr_values"), Acr::Mfa.as_str());
    let challenge = refused.headers.get("www-authenticate").unwrap().to_str().unwrap();
    assert!(challenge.contains("error=\"insufficient_user_authentication\""), "{challenge}");
    assert!(challenge.contains("acr_values=\"urn:tenantry:acr:mfa\""), "{challenge}");
    assert_eq!(w.userinfo(strong.text("access_token")).await.status, 200);
}

#[tokio::test]
async fn the_token_endpoint_names_what_it_demands() {
    let (w, app) = world().await;
    let mut browser = w.t.browser();
    let weak = w.tokens(&mut browser, &[]).await;
    demand(&w, Acr::Mfa).await;

    for answer in [
        w.refresh(weak.text("refresh_token"), &[]).await,
        w.refresh(weak.text("refresh_token"), &[("tenant", "globex")]).await,
        w.exchange(weak.text("access_token"), &[]).await,
    ] {
        assert_eq!(answer.error(), (400, "insufficient_user_authentication"));
        assert_eq!(answer.text("acr_values"), Acr::Mfa.as_str());
    }
    let strong = step_up(&w, &mut browser, &app).await;
    let moved = w.refresh(strong.text("refresh_token"), &[("tenant", "globex")]).await.good();
    assert_eq!((moved.access()["tenant"].as_str(), moved.access()["acr"].as_str()), (Some("globex"), Some(Acr::Mfa.as_str())));
}

#[tokio::test]
async fn a_tenant_without_the_person_demands_nothing_of_her() {
    let (w, _) = world().await;
    let weak = w.tokens(&mut w.t.browser(), &[]).await;
    let other = w.t.person("bea@initech.example").await;
    w.t.join(&other, &w.initech, MembershipKind::Home).await;

    let refused = w.refresh(weak.text("refresh_token"), &[("tenant", "initech")]).await;

    assert_eq!(refused.error(), (400, "access_denied"));
    assert!(refused.body.get("acr_values").is_none());
}

/// Anna signed in an hour ago, with an application that takes half an hour and wants this.
async fn aged(acr: Option<Acr>) -> (World, Authenticator, Browser, super::Answer) {
    let (w, app) = world().await;
    let mut browser = w.t.browser();
    let old = w.tokens(&mut browser, &[]).await;
    let mut metadata = w.client.metadata.clone();
    (metadata.required_acr, metadata.required_max_age, metadata.access_token_minutes) = (acr, Some(1800), 120);
    w.t.app.store.write(async |s| s.set_client_metadata(&w.client.id, &metadata).await).await.unwrap();
    w.t.app.refresh().await.unwrap();
    let old = w.refresh(old.text("refresh_token"), &[]).await;
    (w, app, browser, old)
}

#[tokio::test]
async fn a_resource_names_the_age_that_a_sign_in_may_have() {
    let (w, _, mut browser, young) = aged(None).await;
    let young = young.good();
    assert_eq!(w.userinfo(young.text("access_token")).await.status, 200);
    w.t.later(Duration::from_secs(1801));

    let refused = w.userinfo(young.text("access_token")).await;
    let active = w.is_active(young.text("access_token")).await;
    browser.goto(w.authorize_url(&[("tenant", "acme"), ("max_age", refused.body["max_age"].to_string().as_str())])).await;
    assert_eq!(browser.path(), "/login", "{}", browser.page());
    w.t.sign_in(&mut browser, &w.anna).await;
    let fresh = w.redeem(&w.landed(&browser, "code").unwrap()).await.good();

    assert_eq!((refused.error(), &refused.body["max_age"]), ((401, "insufficient_user_authentication"), &json!(1800)));
    assert!(refused.body.get("acr_values").is_none() && !active);
    let challenge = refused.headers.get("www-authenticate").unwrap().to_str().unwrap();
    assert!(challenge.contains("error=\"insufficient_user_authentication\"") && challenge.ends_with("max_age=\"1800\""), "{challenge}");
    assert!(!challenge.contains("acr_values"), "{challenge}");
    assert!(!w.t.log.lines_with(&format!("{:?}", Reason::SignInTooOld)).is_empty());
    assert_eq!(w.userinfo(fresh.text("access_token")).await.status, 200);
}

#[tokio::test]
async fn age_and_factor_are_named_together_where_both_are_missing() {
    let (w, _, _, _) = aged(None).await;
    let weak = w.tokens(&mut w.t.browser(), &[]).await;
    demand(&w, Acr::Mfa).await;
    let mut metadata = w.client.metadata.clone();
    (metadata.required_acr, metadata.required_max_age) = (Some(Acr::Mfa), Some(60));
    w.t.app.store.write(async |s| s.set_client_metadata(&w.client.id, &metadata).await).await.unwrap();
    w.t.app.refresh().await.unwrap();
    w.t.later(Duration::from_secs(61));

    let at_userinfo = w.userinfo(weak.text("access_token")).await;
    let at_token = w.refresh(weak.text("refresh_token"), &[]).await;

    for (answer, status) in [(&at_userinfo, 401), (&at_token, 400)] {
        assert_eq!(answer.error(), (status, "insufficient_user_authentication"));
        assert_eq!((answer.text("acr_values"), &answer.body["max_age"]), (Acr::Mfa.as_str(), &json!(60)));
    }
    let challenge = at_userinfo.headers.get("www-authenticate").unwrap().to_str().unwrap();
    assert!(challenge.contains("acr_values=\"urn:tenantry:acr:mfa\", max_age=\"60\""), "{challenge}");
}

#[tokio::test]
async fn an_application_that_limits_the_age_asks_for_it_at_every_sign_in() {
    let (w, _, mut browser, _) = aged(None).await;
    w.t.later(Duration::from_secs(1801));

    browser.goto(w.authorize_url(&[("tenant", "acme"), ("prompt", "none")])).await;
    assert_eq!(w.landed(&browser, "error").as_deref(), Some("login_required"));
    browser.goto(w.authorize_url(&[("tenant", "acme"), ("max_age", "86400")])).await;
    assert_eq!(browser.path(), "/login", "a request may ask for less, not for more");
}
