//! N: consent is given on our page, by the browser it was shown to, for what it showed (RFC 9700 4.16).
use tenantry::model::{ClientId, ConsentMode};

use crate::harness::tenantry::Tenantry;

#[tokio::test(flavor = "multi_thread")]
async fn n07_consent_is_given_by_the_browser_that_was_asked_and_for_what_it_was_shown() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let party = t.party_with(|metadata| metadata.consent = ConsentMode::Ask).await;
    let client = ClientId::from_text(party.client_id.clone());
    let mut browser = t.browser();
    let request = party.authorize(&["openid"], &[]);
    browser.goto(request.url.as_str()).await;
    t.sign_in(&mut browser, &anna).await;
    assert_eq!(browser.path(), "/consent");
    let form = browser.form("#consent-allow");
    let given = async || t.app.store.read(async |r| r.consents_of(&anna.id, &client).await).await.unwrap();

    // Another browser, another site, and a page of our own that asks something else.
    let mut stranger = t.browser();
    stranger.goto("/").await;
    stranger.send(form.clone()).await;
    assert!(stranger.page().status >= 400);
    let mut crossed = browser.clone();
    crossed.send_from("https://evil.example", form.clone()).await;
    assert!(crossed.page().status >= 400, "{}", crossed.page());
    assert!(given().await.is_empty(), "nothing was stored");

    // More scopes than the page showed: the form's own fields do not say which are granted.
    let mut more = form.clone();
    more.fields.push(("scope".to_owned(), "openid email offline_access".to_owned()));
    browser.send(more).await;
    let stored = given().await;
    assert_eq!(stored.iter().map(|(_, scope)| scope.as_str()).collect::<Vec<_>>(), ["openid"], "exactly what was shown");
    let wider = party.authorize(&["openid", "email"], &[]);
    browser.goto(wider.url.as_str()).await;
    assert_eq!(browser.path(), "/consent", "more is asked for anew");
    let again = party.authorize(&["openid"], &[("prompt", "consent")]);
    browser.goto(again.url.as_str()).await;
    assert_eq!(browser.path(), "/consent", "and so is what an application wants asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn n08_an_application_with_the_name_of_another_one_is_told_apart_by_where_it_leads() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let mut browser = t.browser();

    for (uri, host) in [
        ("https://planner.example/callback", "planner.example"),
        ("https://planner.evil.example/callback", "planner.evil.example"),
        ("https://xn--plnner-4nf.example/callback", "xn--plnner-4nf.example"),
    ] {
        let party = t
            .party_with(|metadata| {
                metadata.consent = ConsentMode::Ask;
                metadata.redirect_uris = vec![uri.to_owned()];
            })
            .await;
        let request = party.authorize(&["openid"], &[]);
        browser.goto(request.url.as_str()).await;
        if browser.path() == "/login" {
            t.sign_in(&mut browser, &anna).await;
        }
        assert_eq!(browser.path(), "/consent", "{}", browser.page());
        assert!(browser.text("h1").contains("Planner"), "both may be called so");
        assert!(browser.text("#consent-leads-to").contains(host), "{uri}: {}", browser.text("#consent-leads-to"));
    }
}
