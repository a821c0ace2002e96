//! Step-up (RFC 9470) from the refusal to the permission: what is demanded is said, and asking for it gets it.
use serde_json::json;
use tenantry::model::{Acr, MembershipKind, MfaMode};

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
