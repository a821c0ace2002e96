//! What the application gets to know is asked once.
use tenantry::model::ConsentMode;

use super::stage::{Scene, Stage};

async fn stage(journey: &'static str) -> Option<Stage> {
    Scene { metadata: |metadata| metadata.consent = ConsentMode::Ask, ..Scene::of(journey) }.set().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_reaches_the_application_and_is_not_remembered() {
    let Some(s) = stage("consent-denied").await else { return };

    let request = s.begin(&[]).await;
    s.sign_in().await;
    s.browser.click("#consent-deny").await;
    let denied = s.is_denied(&request).await;
    s.begin(&[]).await;
    s.browser.see("#consent-allow").await;

    assert_eq!(denied, "access_denied");
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_remembered_until_more_is_asked_for() {
    let Some(mut s) = stage("consent").await else { return };

    let request = s.begin(&[]).await;
    s.sign_in().await;
    s.browser.click("#consent-allow").await;
    s.arrives(&request).await;
    let request = s.begin(&[]).await;
    s.arrives(&request).await;
    s.sign_out().await;
    let request = s.begin(&[]).await;
    s.sign_in().await;
    s.arrives(&request).await;

    let all = ["openid", "profile", "email", "tenant", "groups", "permissions", "locations", "offline_access"];
    let wider = s.party.authorize(&all, &[]);
    s.browser.goto(&wider.url).await;
    s.browser.see("#consent-allow").await;
    s.browser.look("everything").await;
    s.browser.click("#consent-allow").await;
    let tokens = s.arrives(&wider).await;

    assert_eq!(tokens.scope.len(), all.len(), "{:?}", tokens.scope);
    assert!(tokens.refresh.is_some());
    s.browser.close().await;
}
