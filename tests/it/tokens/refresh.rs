//! Refreshing: rotation, grace, the end of a family.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tenantry::model::AuthMethod;
use tenantry::service::clients::Preset;

use super::{ALL, Arena, claims, days};
use crate::harness::net;
use crate::harness::par::par;

#[tokio::test]
async fn a_refresh_keeps_who_and_when_and_drops_the_nonce() {
    let a = Arena::new().await;
    let first = a.tokens(ALL).await;
    a.t.later(Duration::from_secs(600));

    let second = a.refresh(first.text("refresh_token")).await.good();

    let (before, after) = (claims(first.text("id_token")), claims(second.text("id_token")));
    for name in ["iss", "sub", "aud", "auth_time", "acr", "amr", "tenant_id"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    assert!(after.get("nonce").is_none());
    assert_ne!(first.text("refresh_token"), second.text("refresh_token"));
}

#[tokio::test]
async fn a_lost_answer_can_be_asked_for_again_within_the_grace_time() {
    let a = Arena::new().await;
    let first = a.tokens(ALL).await;
    let second = a.refresh(first.text("refresh_token")).await.good();

    a.t.later(Duration::from_secs(29));
    let again = a.refresh(first.text("refresh_token")).await.good();

    assert_eq!(second.text("refresh_token"), again.text("refresh_token"));
    assert_eq!(a.refresh(again.text("refresh_token")).await.status, 200);
}

#[tokio::test]
async fn use_after_the_grace_time_ends_the_family() {
    let a = Arena::new().await;
    let first = a.tokens(ALL).await;
    let second = a.refresh(first.text("refresh_token")).await.good();

    a.t.later(Duration::from_secs(30));
    let reused = a.refresh(first.text("refresh_token")).await;

    assert_eq!(reused.error(), (400, "invalid_grant"));
    assert_eq!(a.refresh(second.text("refresh_token")).await.error(), (400, "invalid_grant"));
    assert_eq!(a.userinfo(second.text("access_token")).await.error(), (401, "invalid_token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn c01_parallel_refreshes_share_one_successor() {
    let a = Arc::new(Arena::new().await);
    let first = a.tokens(ALL).await.text("refresh_token").to_owned();

    let successors: BTreeSet<String> = par(32, |_| {
        let (a, token) = (Arc::clone(&a), first.clone());
        async move { a.refresh(&token).await.good().text("refresh_token").to_owned() }
    })
    .await
    .into_iter()
    .collect();

    assert_eq!(successors.len(), 1);
}

#[tokio::test]
async fn c07_a_family_ends_when_idle_and_at_its_absolute_end() {
    let a = Arena::new().await;
    let mut token = a.tokens(ALL).await.text("refresh_token").to_owned();
    let idle = token.clone();

    for _ in 0..8 {
        a.t.later(days(10));
        // The membership would lock for inactivity; the person enters now and then.
        let membership = a.membership().await;
        a.t.app.store.write(async |w| w.touch_membership(&membership.id, a.now()).await).await.unwrap();
        token = a.refresh(&token).await.good().text("refresh_token").to_owned();
    }
    a.t.later(days(10));
    assert_eq!(a.refresh(&token).await.error(), (400, "invalid_grant"));

    let b = Arena::new().await;
    let unused = b.tokens(ALL).await;
    b.t.later(days(14));
    assert_eq!(b.refresh(unused.text("refresh_token")).await.error(), (400, "invalid_grant"));
    assert_ne!(idle, token);
}

#[tokio::test]
async fn c10_a_scope_may_shrink_and_come_back_but_never_grow() {
    let a = Arena::new().await;
    let first = a.tokens("openid offline_access tenant").await;
    let ask = async |token: &str, scope: &str| {
        a.post("/token", &[("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)]).await
    };

    let less = ask(first.text("refresh_token"), "openid").await.good();
    let more = ask(less.text("refresh_token"), "openid groups").await;
    let all = ask(less.text("refresh_token"), "openid tenant").await.good();

    assert_eq!(less.text("scope"), "openid");
    assert!(claims(less.text("access_token")).get("tenant").is_none());
    assert_eq!(more.error(), (400, "invalid_scope"));
    assert_eq!(claims(all.text("access_token"))["tenant"], "acme");
}

#[tokio::test]
async fn b08_a_refresh_needs_the_clients_own_proof() {
    let a = Arena::new().await;
    let (other, secret) = a.t.client(Preset::Web, |_| {}).await;
    let first = a.tokens(ALL).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", first.text("refresh_token"))];

    let named = net::client().post(a.t.url("/token")).form(&[&form[..], &[("client_id", a.client.id.as_str())]].concat());

    assert_eq!(super::answer(named).await.error(), (401, "invalid_client"));
    assert_eq!(a.post_as(&a.client, secret.as_deref().unwrap(), "/token", &form).await.error(), (401, "invalid_client"));
    assert_eq!(a.post_as(&other, secret.as_deref().unwrap(), "/token", &form).await.error(), (400, "invalid_grant"));
    assert_eq!(a.post("/token", &form).await.status, 200);
}

#[tokio::test]
async fn a_public_client_refreshes_by_name_alone() {
    let a = Arena::with(|m| m.token_endpoint_auth_method = AuthMethod::None).await;
    let id = a.client.id.as_str();
    let code = a.db_code(ALL).await;
    let ask = async |form: &[(&str, &str)]| {
        super::answer(net::client().post(a.t.url("/token")).form(&[form, &[("client_id", id)]].concat())).await
    };

    let first = ask(&super::redemption(&code)).await.good();
    let second = ask(&[("grant_type", "refresh_token"), ("refresh_token", first.text("refresh_token"))]).await;

    assert_eq!(second.status, 200);
}

#[tokio::test]
async fn a_refresh_leads_into_no_tenant_that_the_person_is_no_member_of() {
    let a = Arena::new().await;
    let first = a.tokens(ALL).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", first.text("refresh_token")), ("tenant", "other")];
    a.t.tenant("other").await;

    assert_eq!(a.post("/token", &form).await.error(), (400, "access_denied"));
}
