//! The authorization code flow from the first redirect to the last token (RFC 6749 4.1, OpenID Connect Core 3.1).
use serde_json::json;

use crate::harness::relying_party::Refused;
use crate::harness::tenantry::Tenantry;

#[tokio::test]
async fn a_login_ends_in_verified_tokens_of_one_tenant() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let planners = t.group(&acme, "Planners", &[("plan.read", false)]).await;
    t.put_into(&planners, &anna).await;
    let party = t.party().await;
    let mut browser = t.browser();

    let scopes = ["openid", "profile", "email", "tenant", "groups", "permissions", "offline_access"];
    let (_, tokens) = t.log_in(&mut browser, &party, &anna, &scopes).await;
    let userinfo = party.userinfo(&tokens.access).await.unwrap();
    let introspection = party.introspect(&tokens.access).await;

    assert_eq!(tokens.claims["sub"], anna.id.as_str());
    assert_eq!(tokens.claims["tenant_id"], acme.id.as_str());
    assert_eq!(tokens.claims["tenant"], "acme");
    assert_eq!(tokens.claims["groups"], json!(["Planners"]));
    assert_eq!(tokens.claims["acr"], "urn:tenantry:acr:email");
    assert_eq!(userinfo["email"], "anna@acme.example");
    assert_eq!(userinfo["email_verified"], true);
    assert_eq!(introspection["active"], true);
    assert_eq!(tokens.expires_in, 300);
}

#[tokio::test]
async fn a_refresh_keeps_the_person_and_rotates_the_token() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let party = t.party().await;
    let (_, first) = t.log_in(&mut t.browser(), &party, &anna, &["openid", "tenant", "offline_access"]).await;

    t.later(std::time::Duration::from_secs(3600));
    let second = party.refresh(first.refresh.as_deref().unwrap()).await.unwrap();

    assert_ne!(first.refresh, second.refresh);
    assert_eq!(first.claims["sub"], second.claims["sub"]);
    assert_eq!(first.claims["auth_time"], second.claims["auth_time"]);
    assert_eq!(second.claims["iat"], t.now().seconds());
}

#[tokio::test]
async fn a_revoked_refresh_token_ends_the_grant() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let party = t.party().await;
    let (_, tokens) = t.log_in(&mut t.browser(), &party, &anna, &["openid", "offline_access"]).await;

    party.revoke(tokens.refresh.as_deref().unwrap()).await;
    let refused: Refused = party.refresh(tokens.refresh.as_deref().unwrap()).await.unwrap_err();

    assert_eq!(refused.error, "invalid_grant");
    assert_eq!(party.introspect(&tokens.access).await["active"], false);
    assert!(party.userinfo(&tokens.access).await.is_err());
}

#[tokio::test]
async fn l13_no_secret_of_a_login_reaches_the_log() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let party = t.party().await;
    let request = party.authorize(&["openid", "offline_access"], &[]);
    let mut browser = t.browser();

    browser.goto(request.url.as_str()).await;
    browser.fill("#identifier", &anna.email).fill("#password", crate::harness::world::PASSWORD).submit("#login-submit").await;
    let mailed = t.mailbox.code(&anna.email).await;
    browser.fill("#code", &mailed).submit("#code-submit").await;
    let code = party.landed(&request, browser.landing()).code();
    let tokens = party.exchange(&request, &code).await.unwrap();
    let log = t.log.text();

    let cookies = browser.jar.cookies().iter().map(|c| c.value.clone());
    let secrets = [anna.email, crate::harness::world::PASSWORD.to_owned(), mailed, code, request.verifier, tokens.access];
    for secret in secrets.into_iter().chain(cookies).chain(tokens.refresh) {
        assert!(!log.contains(&secret), "the log holds {secret}:\n{log}");
    }
}
