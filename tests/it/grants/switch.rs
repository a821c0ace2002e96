//! Another tenant with a refresh token (protocol.md §3, docs/decisions/0005).
use std::time::Duration;

use tenantry::model::{ConsentMode, MfaMode, TenantPolicy};
use tenantry::protocol::Reason;

use super::{World, answer, claims};
use crate::harness::par::par;

#[tokio::test]
async fn a_refresh_with_tenant_gives_tokens_that_speak_of_the_other_tenant() {
    let w = World::new().await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;

    let other = w.refresh(first.text("refresh_token"), &[("tenant", "globex")]).await.good();

    let (before, after) = (claims(first.text("id_token")), claims(other.text("id_token")));
    assert_eq!((before["tenant"].as_str(), after["tenant"].as_str()), (Some("acme"), Some("globex")));
    assert_eq!(after["guest"], true);
    assert_eq!(after["home_tenant_id"].as_str(), Some(w.acme.id.as_str()));
    for same in ["iss", "sub", "aud", "auth_time", "acr", "sid"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert!(after.get("nonce").is_none());
    assert_eq!(w.userinfo(other.text("access_token")).await.good().body["tenant"], "globex");
    assert_eq!(other.access()["tenant_id"].as_str(), Some(w.globex.id.as_str()));
}

#[tokio::test]
async fn the_old_family_stays_beside_the_new_one() {
    let w = World::new().await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;

    let other = w.refresh(first.text("refresh_token"), &[("tenant", w.globex.id.as_str())]).await.good();
    w.t.later(Duration::from_secs(120));
    let home = w.refresh(other.text("source_refresh_token"), &[]).await.good();
    let away = w.refresh(other.text("refresh_token"), &[]).await.good();

    assert_eq!((home.access()["tenant"].as_str(), away.access()["tenant"].as_str()), (Some("acme"), Some("globex")));
    assert!(w.is_active(first.text("access_token")).await);
    let back = w.refresh(away.text("refresh_token"), &[("tenant", "acme")]).await.good();
    assert_eq!(back.access()["tenant"], "acme");
}

#[tokio::test]
async fn c01_parallel_switches_lead_to_one_family() {
    let w = World::new().await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;
    let token = first.text("refresh_token");

    let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("tenant", "globex")];
    let answers = par(16, |_| answer(w.request("/token", &form))).await;

    let families: std::collections::BTreeSet<String> =
        answers.into_iter().map(|answer| answer.good().text("refresh_token").to_owned()).collect();
    assert_eq!(families.len(), 1);
    let later = w.refresh(token, &[("tenant", "globex")]).await.good();
    assert!(families.contains(later.text("refresh_token")), "a retry gets the same token");
}

#[tokio::test]
async fn c01_a_stolen_token_takes_the_switched_family_with_it() {
    let w = World::new().await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;
    let other = w.refresh(first.text("refresh_token"), &[("tenant", "globex")]).await.good();
    w.t.later(Duration::from_secs(60));

    let reused = w.refresh(first.text("refresh_token"), &[("tenant", "globex")]).await;

    assert_eq!(reused.error(), (400, "invalid_grant"));
    assert!(!w.is_active(other.text("access_token")).await);
    assert_eq!(w.refresh(other.text("refresh_token"), &[]).await.error(), (400, "invalid_grant"));
    assert_eq!(w.refresh(other.text("source_refresh_token"), &[]).await.error(), (400, "invalid_grant"));
}

#[tokio::test]
async fn revoking_the_source_ends_what_was_made_of_it() {
    let w = World::new().await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;
    let other = w.refresh(first.text("refresh_token"), &[("tenant", "globex")]).await.good();
    let third = w.refresh(other.text("refresh_token"), &[("tenant", "acme")]).await.good();

    w.post("/revoke", &[("token", other.text("source_refresh_token"))]).await.good();

    for answer in [&first, &other, &third] {
        assert!(!w.is_active(answer.text("access_token")).await);
    }
}

#[tokio::test]
async fn i05_a_tenant_without_membership_is_refused_like_one_that_does_not_exist() {
    let w = World::new().await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;

    for tenant in ["initech", "nowhere", w.initech.id.as_str()] {
        let refused = w.refresh(first.text("refresh_token"), &[("tenant", tenant)]).await;
        assert_eq!(refused.error(), (400, "access_denied"), "{tenant}");
    }
    assert_eq!(w.refresh(first.text("refresh_token"), &[]).await.status, 200, "the refresh token was not touched");
}

#[tokio::test]
async fn the_other_tenants_demand_is_named_and_step_up_satisfies_it() {
    let w = World::new().await;
    let policy = TenantPolicy {
        mfa_mode: MfaMode::Required,
        mfa_email_satisfies: tenantry::model::EmailSatisfies::Nothing,
        ..TenantPolicy::default()
    };
    w.t.app.store.write(async |s| s.set_tenant_policy(&w.globex.id, &policy).await).await.unwrap();
    w.t.app.refresh().await.unwrap();
    let mut browser = w.t.browser();
    let first = w.tokens(&mut browser, &[]).await;

    let refused = w.refresh(first.text("refresh_token"), &[("tenant", "globex")]).await;

    assert_eq!(refused.error(), (400, "insufficient_user_authentication"));
    assert_eq!(refused.text("acr_values"), "urn:tenantry:acr:mfa");
}

#[tokio::test]
async fn where_people_are_asked_a_switch_does_not_pass_them_by() {
    let w = World::with(|metadata| metadata.consent = ConsentMode::Ask).await;
    let mut browser = w.t.browser();
    browser.goto(w.authorize_url(&[("tenant", "acme")])).await;
    w.t.sign_in(&mut browser, &w.anna).await;
    browser.submit("#consent-allow").await;
    let first = w.redeem(&w.landed(&browser, "code").unwrap()).await.good();

    let unasked = w.refresh(first.text("refresh_token"), &[("tenant", "globex")]).await;
    browser.goto(w.authorize_url(&[("tenant", "globex")])).await;
    browser.submit("#consent-allow").await;
    let asked = w.refresh(first.text("refresh_token"), &[("tenant", "globex")]).await;

    assert_eq!(unasked.error(), (400, "consent_required"));
    assert!(!w.t.log.lines_with(&format!("{:?}", Reason::ConsentMissing)).is_empty());
    assert_eq!(asked.good().access()["tenant"], "globex");
}

#[tokio::test]
async fn c10_scopes_shrink_for_one_answer_and_never_grow() {
    let w = World::new().await;
    let first = w.tokens(&mut w.t.browser(), &[("scope", "openid offline_access tenant")]).await;

    let grown = w.refresh(first.text("refresh_token"), &[("tenant", "globex"), ("scope", "openid groups")]).await;
    let less = w.refresh(first.text("refresh_token"), &[("tenant", "globex"), ("scope", "openid tenant")]).await.good();

    assert_eq!(grown.error(), (400, "invalid_scope"));
    assert_eq!(less.body["scope"], "openid tenant");
    assert_eq!(w.refresh(less.text("refresh_token"), &[]).await.good().body["scope"], "offline_access openid tenant");
}
