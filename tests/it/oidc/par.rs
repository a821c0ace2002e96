//! Pushed authorization requests (RFC 9126).
use std::time::Duration;

use serde_json::json;
use tenantry::model::ConsentMode;
use tenantry::protocol::Reason;

use super::arena::{Scene, another, answer, assert_page, borrowed, parameters};
use crate::harness::net;
use crate::harness::par::par;
use crate::harness::relying_party::{RelyingParty, Request};
use crate::harness::world::CALLBACK;

const URN: &str = "urn:ietf:params:oauth:request_uri:";

/// Pushes a good request; gives it with its reference.
async fn pushed(s: &Scene, extra: &[(&str, &str)]) -> (Request, String) {
    let request = s.party.authorize(&["openid"], extra);
    let answer = s.push(&borrowed(&parameters(&request))).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    (request, answer.text("request_uri").to_owned())
}

fn bring<'a>(party: &'a RelyingParty, uri: &'a str) -> [(&'a str, &'a str); 2] {
    [("client_id", &party.client_id), ("request_uri", uri)]
}

#[tokio::test]
async fn a_pushed_request_is_answered_with_201_and_ends_in_tokens() {
    let s = Scene::with(|m| m.require_pushed_authorization_requests = true).await;
    let request = s.party.authorize(&["openid", "tenant"], &[]);

    let answer = s.push(&borrowed(&parameters(&request))).await;
    let uri = answer.text("request_uri");
    let mut browser = s.t.browser();
    s.visit(&mut browser, &bring(&s.party, uri)).await;
    s.t.sign_in(&mut browser, &s.anna).await;
    let code = s.party.landed(&request, browser.landing()).code();
    let tokens = s.party.exchange(&request, &code).await.unwrap();

    assert_eq!((answer.status.as_u16(), &answer.body["expires_in"]), (201, &json!(60)));
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["pragma"], "no-cache");
    assert!(uri.starts_with(URN) && uri.len() >= URN.len() + 43, "256 random bits: {uri}");
    assert_eq!(tokens.claims["tenant"], "acme");
}

#[tokio::test]
async fn par_ensures_the_client_proves_itself_as_at_the_token_endpoint() {
    let s = Scene::new().await;
    let form = parameters(&s.party.authorize(&["openid"], &[]));

    let nobody = answer(net::client().post(s.t.url("/par")).form(&form)).await;
    let wrong = answer(net::client().post(s.t.url("/par")).basic_auth(&s.party.client_id, Some("tns_wrong")).form(&form)).await;
    let other = another(&s.t, |_| {}).await;
    let foreign = s.push_as(&other, &borrowed(&form)).await;

    for refused in [nobody, wrong] {
        assert_eq!(refused.error(), (401, "invalid_client"));
        assert!(refused.headers.contains_key("www-authenticate"));
    }
    assert_eq!(foreign.error(), (400, "invalid_request"), "client_id names somebody else");
    assert_eq!(answer(net::client().get(s.t.url("/par"))).await.status, 405);
}

#[tokio::test]
async fn a_request_is_checked_when_it_is_pushed() {
    let s = Scene::new().await;
    let good = parameters(&s.party.authorize(&["openid"], &[]));
    let with = |name: &'static str, value: &'static str| {
        let mut form: Vec<(&str, &str)> = good.iter().filter(|(n, _)| n != name).map(|(n, v)| (n.as_str(), v.as_str())).collect();
        form.push((name, value));
        form
    };

    for (name, value, code) in [
        ("redirect_uri", "https://evil.example/cb", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "invalid_request"),
        ("scope", "unknown", "invalid_scope"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
        ("dpop_jkt", "short", "invalid_request"),
        ("client_id", "", "invalid_request"),
        ("request_uri", "urn:ietf:params:oauth:request_uri:x", "invalid_request"),
        ("request_uri", "https://app.example/r", "invalid_request"),
        ("registration", "{}", "registration_not_supported"),
    ] {
        let refused = s.push(&with(name, value)).await;
        assert_eq!(refused.error(), (400, code), "{name}={value}");
        assert!(refused.headers["content-type"].to_str().unwrap().starts_with("application/json"));
    }
    let twice: Vec<(&str, &str)> = borrowed(&good).into_iter().chain([("state", "x")]).collect();
    assert_eq!(s.push(&twice).await.error(), (400, "invalid_request"));
}

#[tokio::test]
async fn b23_a_reference_is_bound_to_its_client() {
    let s = Scene::new().await;
    let other = another(&s.t, |_| {}).await;
    let (request, uri) = pushed(&s, &[]).await;
    let mut browser = s.signed_in().await;

    s.visit(&mut browser, &bring(&other, &uri)).await;
    assert_page(browser.page(), "invalid_request_uri");
    s.visit(&mut browser, &[("request_uri", &uri)]).await;
    assert_page(browser.page(), "invalid_request");

    s.visit(&mut browser, &bring(&s.party, &uri)).await;
    s.party.landed(&request, browser.landing()).code();
}

#[tokio::test]
async fn b23_showing_the_login_page_does_not_use_a_reference_up_but_an_answer_does() {
    let s = Scene::new().await;
    let (request, uri) = pushed(&s, &[]).await;
    let (mut browser, mut second) = (s.t.browser(), s.t.browser());

    for _ in 0..3 {
        s.visit(&mut browser, &bring(&s.party, &uri)).await;
        assert_eq!(browser.path(), "/login");
    }
    s.visit(&mut second, &bring(&s.party, &uri)).await;
    s.t.sign_in(&mut browser, &s.anna).await;
    s.party.landed(&request, browser.landing()).code();

    s.visit(&mut browser, &bring(&s.party, &uri)).await;
    assert_page(browser.page(), "invalid_request_uri");
    s.t.sign_in(&mut second, &s.anna).await;
    assert_eq!(second.page().status, 403, "the other tab came too late: {}", second.page());
}

#[tokio::test]
async fn b23_a_denial_uses_a_reference_up() {
    let s = Scene::with(|m| m.consent = ConsentMode::Ask).await;
    let (request, uri) = pushed(&s, &[]).await;
    let mut browser = s.signed_in().await;

    s.visit(&mut browser, &bring(&s.party, &uri)).await.submit("#consent-deny").await;
    assert_eq!(s.party.landed(&request, browser.landing()).error(), "access_denied");
    s.visit(&mut browser, &bring(&s.party, &uri)).await;

    assert_page(browser.page(), "invalid_request_uri");
}

#[tokio::test]
async fn b23_a_reference_lives_for_a_minute_and_a_sign_in_begun_in_time_may_take_longer() {
    let s = Scene::new().await;
    let (request, uri) = pushed(&s, &[]).await;
    let mut browser = s.t.browser();

    s.t.later(Duration::from_secs(59));
    s.visit(&mut browser, &bring(&s.party, &uri)).await;
    s.t.later(Duration::from_secs(120));
    s.t.sign_in(&mut browser, &s.anna).await;
    s.party.landed(&request, browser.landing()).code();

    let (_, late) = pushed(&s, &[]).await;
    s.t.later(Duration::from_secs(60));
    s.visit(&mut browser, &bring(&s.party, &late)).await;
    assert_page(browser.page(), "invalid_request_uri");
}

#[tokio::test(flavor = "multi_thread")]
async fn b23_parallel_answers_to_one_reference_have_one_winner() {
    let s = std::sync::Arc::new(Scene::new().await);
    let browser = s.signed_in().await;
    let (_, uri) = pushed(&s, &[]).await;

    let codes = par(16, |_| {
        let (s, uri, mut browser) = (std::sync::Arc::clone(&s), uri.clone(), browser.clone());
        async move { s.visit(&mut browser, &bring(&s.party, &uri)).await.left().is_some() }
    })
    .await;

    assert_eq!(codes.iter().filter(|left| **left).count(), 1);
}

#[tokio::test]
async fn outer_parameters_never_override_pushed_ones() {
    let s = Scene::new().await;
    let (request, uri) = pushed(&s, &[]).await;
    let mut browser = s.signed_in().await;
    let outer = [
        ("redirect_uri", "https://evil.example/cb"),
        ("state", "evil"),
        ("nonce", "evil"),
        ("scope", "openid tenant email"),
        ("response_type", "token"),
        ("response_mode", "form_post"),
        ("prompt", "none login"),
        ("max_age", "x"),
        ("code_challenge", ""),
    ];

    s.visit(&mut browser, &[&bring(&s.party, &uri)[..], &outer].concat()).await;
    let code = s.party.landed(&request, browser.landing()).code();
    let tokens = s.party.exchange(&request, &code).await.unwrap();

    assert_eq!(tokens.scope, ["openid"]);
    assert!(browser.landing().as_str().starts_with(CALLBACK));
}

#[tokio::test]
async fn a_client_that_must_push_is_refused_without() {
    let s = Scene::with(|m| m.require_pushed_authorization_requests = true).await;
    let mut browser = s.signed_in().await;
    let request = s.party.authorize(&["openid"], &[]);

    browser.goto(request.url.as_str()).await;

    assert_eq!(s.party.landed(&request, browser.landing()).error(), "invalid_request");
}

#[tokio::test]
async fn unknown_references_are_refused_on_our_page() {
    let s = Scene::new().await;
    let (_, uri) = pushed(&s, &[]).await;
    let mut browser = s.signed_in().await;

    for uri in [&format!("{URN}tnq_x"), URN, &uri[..uri.len() - 1], &format!("{uri}A"), "urn:x", "https://app.example/request.jwt"] {
        s.visit(&mut browser, &[&bring(&s.party, uri)[..], &[("redirect_uri", CALLBACK), ("response_type", "code")]].concat()).await;
        assert_page(browser.page(), "invalid_request_uri");
    }
    let log = s.t.log.text();
    for reason in [Reason::PushedUnknown, Reason::RequestUriNotRegistered] {
        assert!(log.contains(&format!("{reason:?}")), "{reason:?} is not in the log");
    }
}

#[tokio::test]
async fn each_reason_of_a_refused_reference_is_logged() {
    let s = Scene::new().await;
    let mut browser = s.signed_in().await;
    let (_, spent) = pushed(&s, &[]).await;
    s.visit(&mut browser, &bring(&s.party, &spent)).await;
    s.visit(&mut browser, &bring(&s.party, &spent)).await;
    let (_, late) = pushed(&s, &[]).await;
    s.t.later(Duration::from_secs(61));
    s.visit(&mut browser, &bring(&s.party, &late)).await;
    s.visit(&mut browser, &[&bring(&s.party, &late)[..], &[("request", "x.y.z")]].concat()).await;
    s.push(&[("client_id", &s.party.client_id), ("request_uri", "urn:x")]).await;
    let log = s.t.log.text();

    for reason in [Reason::PushedSpent, Reason::PushedExpired, Reason::RequestObjectTwice, Reason::PushedNested] {
        assert!(log.contains(&format!("{reason:?}")), "{reason:?} is not in the log");
    }
    assert!(!log.contains("tnq_"), "a reference is as good as the request");
}

#[tokio::test]
async fn no_proof_of_the_client_is_stored_with_its_request() {
    let s = Scene::with(|m| m.token_endpoint_auth_method = tenantry::model::AuthMethod::Post).await;
    let t = &s.t;
    let (client, secret) = t
        .client(tenantry::service::clients::Preset::Web, |new| {
            new.metadata.token_endpoint_auth_method = tenantry::model::AuthMethod::Post;
        })
        .await;
    let secret = secret.unwrap();
    let mut form = parameters(&s.party.authorize(&["openid"], &[]));
    form.iter_mut().filter(|(name, _)| name == "client_id").for_each(|(_, id)| *id = client.id.to_string());
    form.push(("client_secret".to_owned(), secret.clone()));

    let answer = answer(net::client().post(t.url("/par")).form(&form)).await;
    let reference = answer.text("request_uri").strip_prefix(URN).unwrap();
    let digest = tenantry::world::Digest::of::<tenantry::world::PushedRequest>(reference);
    let row = t.app.store.read(async |r| r.pushed_request(&digest).await).await.unwrap().unwrap();

    assert!(row.request.contains("code_challenge") && !row.request.contains(&secret) && !row.request.contains("client_secret"));
}

#[tokio::test]
async fn a_code_remembers_the_key_that_its_request_named() {
    let s = Scene::new().await;
    let jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    let (request, uri) = pushed(&s, &[("dpop_jkt", jkt)]).await;
    let mut browser = s.signed_in().await;

    s.visit(&mut browser, &bring(&s.party, &uri)).await;
    let by_push = s.party.landed(&request, browser.landing()).code();
    let plain = s.party.authorize(&["openid"], &[("dpop_jkt", jkt)]);
    browser.goto(plain.url.as_str()).await;
    let by_parameter = s.party.landed(&plain, browser.landing()).code();

    for code in [by_push, by_parameter] {
        let digest = tenantry::world::Digest::of::<tenantry::world::Code>(&code);
        let row = s.t.app.store.read(async |r| r.code(&digest).await).await.unwrap().unwrap();
        assert_eq!(row.dpop_jkt.as_deref(), Some(jkt));
    }
}

#[tokio::test]
async fn pushed_requests_carry_the_language_too() {
    let s = Scene::new().await;
    let (_, uri) = pushed(&s, &[("ui_locales", "de")]).await;
    let mut browser = s.t.browser();

    s.visit(&mut browser, &bring(&s.party, &uri)).await;

    assert_eq!(browser.page().attr("html", "lang"), "de");
}
