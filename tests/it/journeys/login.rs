//! Signing in, choosing a tenant, consenting.
use crate::harness::chromium::{self, Chromium};
use crate::harness::landing::Landing;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::PASSWORD;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_two_tenants_signs_in_by_email_code() {
    if !chromium::is_there() {
        return;
    }
    let t = Tenantry::start().await;
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let anna = t.member(&acme, "anna@acme.example").await;
    t.guest(&globex, &anna).await;
    let landing = Landing::start().await;
    let party = t.party_with(|metadata| metadata.redirect_uris = vec![landing.callback()]).await;
    let request = party.authorize(&["openid", "profile", "tenant"], &[]);
    let mut chromium = Chromium::open("login-email-code").await;

    chromium.goto(&request.url).await;
    chromium.look("login").await;
    chromium.fill("#identifier", &anna.email).await;
    chromium.fill("#password", PASSWORD).await;
    chromium.click("#login-submit").await;
    chromium.look("code").await;
    chromium.fill("#code", &t.mailbox.code(&anna.email).await).await;
    chromium.click("#code-submit").await;
    chromium.look("tenant").await;
    chromium.click("#tenant-globex").await;
    chromium.look("consent").await;
    chromium.click("#consent-allow").await;
    chromium.see("#arrived").await;
    let code = party.landed_with(&request, &landing.arrival().await.query).code();
    let tokens = party.exchange(&request, &code).await.unwrap();

    assert_eq!(tokens.claims["tenant"], "globex");
    assert_eq!(tokens.claims["sub"], anna.id.as_str());
    chromium.close().await;
}
