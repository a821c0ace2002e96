//! B07: a PKCE challenge serves one sign-in.
use tenantry::protocol::Reason;

use super::{ALL, Scene, changed};
use crate::harness::relying_party::Landed;

#[tokio::test]
async fn b07_a_challenge_that_served_one_sign_in_serves_no_other() {
    let s = Scene::set().await;
    let (mut browser, _) = s.signed_in().await;
    let (first, code) = s.code(&mut browser, &s.party).await;
    let challenge = first.url.query_pairs().find(|(name, _)| name == "code_challenge").unwrap().1.into_owned();
    let second = s.party.authorize(ALL, &[]);

    browser.goto(changed(&second.url, "code_challenge", Some(&challenge)).as_str()).await;

    assert_eq!(s.party.landed(&second, browser.landing()).error(), "invalid_request");
    let events = s.t.app.store.read(async |r| r.audit_since(s.t.now(), 1000).await).await.unwrap();
    assert!(events.iter().any(|event| event.action == "authorize" && event.detail["reason"] == format!("{:?}", Reason::ChallengeReused)));
    assert!(s.party.exchange(&first, &code).await.is_ok(), "the first one is not harmed");
    let other = s.t.party().await;
    let theirs = other.authorize(ALL, &[]);
    browser.goto(changed(&theirs.url, "code_challenge", Some(&challenge)).as_str()).await;
    assert!(matches!(other.landed(&theirs, browser.landing()), Landed::Code(_)), "another application's challenges are its own");
}

#[tokio::test]
async fn b07_a_request_that_was_only_begun_may_be_loaded_again() {
    let s = Scene::set().await;
    let mut browser = s.t.browser();
    let request = s.party.authorize(ALL, &[]);
    for _ in 0..3 {
        browser.goto(request.url.as_str()).await;
        assert_eq!(browser.path(), "/login");
    }
    s.t.sign_in(&mut browser, &s.anna).await;

    let code = s.party.landed(&request, browser.landing()).code();
    assert!(s.party.exchange(&request, &code).await.is_ok());
}
