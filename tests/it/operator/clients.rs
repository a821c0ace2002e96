//! Applications: registered in a form, given secrets, edited, disabled; what they are told.
use std::sync::Arc;

use tenantry::model::{ConsentMode, Entitlement};

use super::{actions, at_work};
use crate::harness::relying_party::RelyingParty;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::CALLBACK;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_created_by_the_form_completes_a_code_flow() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let mut browser = at_work(&t).await;
    browser.goto("/operator/clients").await;
    browser.follow("#client-add").await;
    browser.fill("#name", "Payment Desk").fill("#redirect-uris", CALLBACK).tick("#implicit-consent").submit("#client-save").await;
    let (id, secret) = (browser.text("#once-client-id"), browser.text("#once-secret"));
    assert_eq!(browser.page().header("cache-control"), "no-store");

    let party = RelyingParty::discover(&t.origin, &id, Some(&secret), CALLBACK, Arc::clone(&t.clock)).await;
    let (_, tokens) = t.log_in(&mut t.browser(), &party, &anna, &["openid", "email"]).await;

    assert_eq!(tokens.claims["sub"].as_str(), Some(anna.id.as_str()));
    browser.follow("#once-done").await;
    assert_eq!(browser.text("#client-id"), id);
    assert!(!browser.page().body.contains(&secret), "shown once");
    assert!(actions(&t).await.contains(&"client.add".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_makes_each_kind_of_application() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let mut browser = at_work(&t).await;
    let cases =
        [("web", true, "client_secret_basic"), ("spa", false, "none"), ("machine", true, "client_secret_basic"), ("device", false, "none")];

    for (kind, keeps_secret, method) in cases {
        browser.goto("/operator/clients/new").await;
        browser.fill("#name", kind).tick(&format!("#kind-{kind}")).fill("#redirect-uris", CALLBACK);
        browser.tick("#serves-listed").fill("#tenants", " N-acme \n\nacme\n").submit("#client-save").await;
        assert_eq!((browser.page().status, browser.has("#once-secret")), (200, keeps_secret), "{kind}: {}", browser.page());
        let id = tenantry::model::ClientId::from_text(browser.text("#once-client-id"));
        let client = t.app.registered().clients[&id].clone();
        assert_eq!(client.metadata.token_endpoint_auth_method.as_str(), method);
        assert_eq!(client.metadata.redirect_uris.is_empty(), matches!(kind, "machine" | "device"), "{kind}");
        assert_eq!((client.metadata.entitlement, client.tenants.clone()), (Entitlement::Listed, vec![acme.id.clone()]));
        browser.goto(format!("/operator/clients/{id}")).await;
        assert_eq!(browser.page().status, 200);
        browser.goto(format!("/operator/clients/{id}/edit")).await;
        browser.submit("#client-save").await;
        assert!(browser.has("#done"), "what the form shows it also takes: {kind} {}", browser.page());
        assert_eq!(t.app.registered().clients[&id].metadata, client.metadata, "and changes nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_usual_mistakes_are_named_line_by_line_and_nothing_is_registered() {
    let t = Tenantry::start().await;
    let mut browser = at_work(&t).await;
    let before = t.app.registered().clients.len();
    let good = "https://app.example/a";
    let cases = [
        ("#redirect-uris", format!("{good}\nhttp://app.example/b"), "redirects", "http://app.example/b"),
        ("#redirect-uris", format!("{good}\nhttps://*.example/b"), "redirects", "https://*.example/b"),
        ("#redirect-uris", format!("https://app.example/#x\n{good}"), "redirects", "https://app.example/#x"),
        ("#redirect-uris", "com.example.app:/cb".to_owned(), "redirects", "com.example.app:/cb"),
        ("#redirect-uris", " \n ".to_owned(), "redirects_missing", ""),
        ("#post-logout-redirect-uris", "/bye".to_owned(), "logout", "/bye"),
        ("#name", "\u{202E}x".to_owned(), "name", ""),
    ];

    for (field, value, fault, blamed) in cases {
        browser.goto("/operator/clients/new").await;
        browser.fill("#name", "Shop").fill("#redirect-uris", good).fill(field, &value).submit("#client-save").await;
        assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, fault), "{value}");
        assert!(browser.text("#error").contains(blamed), "{}", browser.text("#error"));
    }
    browser.goto("/operator/clients/new").await;
    browser.fill("#name", "Shop").tick("#kind-spa").fill("#redirect-uris", good).tick("#implicit-consent").submit("#client-save").await;
    assert_eq!(browser.page().attr("#error", "data-kind"), "consent");
    browser.goto("/operator/clients/new").await;
    browser.fill("#name", "Shop").fill("#redirect-uris", good).fill("#profile", "fapi2").submit("#client-save").await;
    assert_eq!(browser.page().attr("#error", "data-kind"), "keys");
    browser.goto("/operator/clients/new").await;
    browser
        .fill("#name", "Shop")
        .fill("#redirect-uris", good)
        .tick("#serves-listed")
        .fill("#tenants", "nowhere")
        .submit("#client-save")
        .await;
    assert_eq!(browser.page().attr("#error", "data-kind"), "tenants");
    assert_eq!(t.app.registered().clients.len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preset_fapi2_needs_keys_instead_of_a_secret() {
    let t = Tenantry::start().await;
    let mut browser = at_work(&t).await;
    browser.goto("/operator/clients/new").await;
    browser.fill("#name", "Bank").fill("#redirect-uris", CALLBACK).fill("#profile", "fapi2");

    browser.fill("#keys", "https://bank.example/jwks.json").submit("#client-save").await;

    assert!(!browser.has("#once-secret"));
    let id = tenantry::model::ClientId::from_text(browser.text("#once-client-id"));
    let metadata = t.app.registered().clients[&id].metadata.clone();
    assert!(metadata.require_pushed_authorization_requests && metadata.dpop_bound_access_tokens);
    assert_eq!(metadata.jwks_uri.as_deref(), Some("https://bank.example/jwks.json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_changed_without_an_outage() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let party = t.party().await;
    let first = party.secret.clone().unwrap();
    let old = t.app.registered().clients.values().find(|c| c.id.as_str() == party.client_id).unwrap().secrets[0].id.to_string();
    let mut browser = at_work(&t).await;
    browser.goto(format!("/operator/clients/{}", party.client_id)).await;

    browser.submit("#secret-add").await;
    let second = browser.text("#once-secret");
    browser.follow("#once-done").await;
    assert!(!browser.has("#secret-add"), "two are in force");
    let login = async |secret: &str| {
        let party = RelyingParty::discover(&t.origin, &party.client_id, Some(secret), CALLBACK, Arc::clone(&t.clock)).await;
        let request = party.authorize(&["openid"], &[]);
        let mut member = t.browser();
        member.goto(request.url.as_str()).await;
        t.sign_in(&mut member, &anna).await;
        let code = party.landed(&request, member.landing()).code();
        party.exchange(&request, &code).await.is_ok()
    };
    assert!(login(&first).await && login(&second).await);
    browser.submit(&format!("#expire-{old}")).await;
    assert!(browser.has("#done"));
    assert!(login(&first).await, "good for seven days");
    browser.follow(&format!("#end-{old}")).await;
    browser.submit("#confirm").await;

    assert!(!login(&first).await, "ended");
    t.later(std::time::Duration::from_secs(16 * 60));
    assert!(login(&second).await, "the other one stays");
    let trail = actions(&t).await;
    for action in ["client.secret.add", "client.secret.expire", "client.secret.retire"] {
        assert!(trail.contains(&action.to_owned()), "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_edited_and_disabled() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let party = t.party().await;
    let (_, tokens) = t.log_in(&mut t.browser(), &party, &anna, &["openid", "offline_access"]).await;
    let mut browser = at_work(&t).await;
    browser.goto(format!("/operator/clients/{}/edit", party.client_id)).await;
    browser.fill("#required-acr", "urn:tenantry:acr:mfa").fill("#access-token-minutes", "9").submit("#client-save").await;
    assert!(browser.has("#done"), "{}", browser.page());
    let id = tenantry::model::ClientId::from_text(party.client_id.as_str());
    let metadata = t.app.registered().clients[&id].metadata.clone();
    assert_eq!((metadata.access_token_minutes, metadata.required_acr.map(|acr| acr.as_str())), (9, Some("urn:tenantry:acr:mfa")));
    assert_eq!(metadata.consent, ConsentMode::Implicit, "what was not touched stays");

    browser.follow("#client-disable").await;
    browser.submit("#confirm").await;

    assert!(browser.has("#client-enable"));
    assert!(party.refresh(tokens.refresh.as_deref().unwrap()).await.is_err());
    assert!(party.userinfo(&tokens.access).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_edit_form_are_named() {
    let t = Tenantry::start().await;
    let party = t.party().await;
    let mut browser = at_work(&t).await;
    let cases = [
        ("#scopes", "openid a\"b", "scopes"),
        ("#audiences", "https://nowhere.example", "audiences"),
        ("#access-token-minutes", "0", "lifetimes"),
        ("#refresh-token-idle-days", "99999", "lifetimes"),
        ("#allowed-origins", "https://a.example/path", "origins"),
        ("#backchannel-logout-uri", "https://a.example/#x", "backchannel"),
        ("#redirect-uris", "", "redirects_missing"),
    ];

    for (field, value, fault) in cases {
        browser.goto(format!("/operator/clients/{}/edit", party.client_id)).await;
        browser.fill(field, value).submit("#client-save").await;
        assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, fault), "{field} {value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_claims_table_is_tried_out_with_the_real_token() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let party = t.party().await;
    let mut browser = at_work(&t).await;
    let page = format!("/operator/clients/{}/claims", party.client_id);
    browser.goto(&page).await;
    browser.fill("#claim-name", "customer").fill("#value", "tenant_number").submit("#claim-add").await;
    assert!(browser.has("#done"), "{}", browser.page());

    browser.fill("#person", &anna.email).fill("#tenant", "acme").submit("#preview-show").await;

    let shown: serde_json::Value = serde_json::from_str(&browser.text("#preview-id-token")).unwrap();
    assert_eq!(shown["customer"], "N-acme");
    let (_, tokens) = t.log_in(&mut t.browser(), &party, &anna, &["openid"]).await;
    assert_eq!(tokens.claims["customer"], "N-acme", "the preview said the truth");
    for (person, tenant, fault) in [("nobody@acme.example", "acme", "no_person"), (&anna.email, "nowhere", "no_tenant")] {
        browser.goto(&page).await;
        browser.fill("#person", person).fill("#tenant", tenant).submit("#preview-show").await;
        assert_eq!(browser.page().attr("#error", "data-kind"), fault);
    }
    browser.goto(&page).await;
    browser.fill("#claim-name", "sub").fill("#value", "email").submit("#claim-add").await;
    assert_eq!(browser.page().attr("#error", "data-kind"), "rule");
    browser.goto(&page).await;
    browser.submit("#claim-remove-0").await;
    assert!(!browser.has("#claim-remove-0"));
}
