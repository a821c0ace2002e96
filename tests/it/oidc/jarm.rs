//! Signed answers of the authorization endpoint (JARM).
use serde_json::json;
use tenantry::model::{ClientMetadata, ResponseMode, SigningAlg};

use super::arena::{Scene, told, verified};

fn signing(metadata: &mut ClientMetadata) {
    metadata.response_modes = ResponseMode::ALL.to_vec();
    metadata.authorization_signed_response_alg = SigningAlg::Es256;
}

#[tokio::test]
async fn every_signed_mode_carries_code_state_and_issuer_inside_a_jwt_and_nothing_beside() {
    let s = Scene::with(signing).await;
    let mut browser = s.signed_in().await;

    for (mode, fragment) in [("jwt", false), ("query.jwt", false), ("fragment.jwt", true)] {
        let request = s.party.authorize(&["openid"], &[("response_mode", mode)]);
        browser.goto(request.url.as_str()).await;
        let landing = browser.landing().clone();
        let told = told(&landing);
        let claims = verified(&s.t, told["response"].as_str().unwrap(), "ES256").await;

        assert_eq!(landing.fragment().is_some(), fragment, "{mode}");
        assert_eq!(told.len(), 1, "{mode}: {told:?}");
        assert_eq!(
            (&claims["iss"], &claims["aud"], &claims["state"]),
            (&json!(s.t.origin), &json!(s.party.client_id), &json!(request.state))
        );
        let lifetime = claims["exp"].as_i64().unwrap() - s.t.now().seconds();
        assert!((1..=600).contains(&lifetime), "{lifetime}");
        let tokens = s.party.exchange(&request, claims["code"].as_str().unwrap()).await.unwrap();
        assert_eq!(tokens.claims["nonce"], request.nonce);
    }
}

#[tokio::test]
async fn form_post_jwt_posts_one_field() {
    let s = Scene::with(signing).await;
    let mut browser = s.signed_in().await;
    let request = s.party.authorize(&["openid"], &[("response_mode", "form_post.jwt")]);

    let page = super::arena::page(&mut browser, request.url.as_str()).await;
    let claims = verified(&s.t, &page.attr("input[name=response]", "value"), "ES256").await;

    assert!(!page.has("input[name=code]") && !page.has("input[name=iss]") && !page.has("input[name=state]"));
    assert_eq!(claims["state"], request.state);
    assert!(claims["code"].is_string());
}

#[tokio::test]
async fn b25_errors_are_signed_too() {
    let s = Scene::with(signing).await;
    let mut browser = s.t.browser();
    let faulty = [("prompt", "none", "login_required"), ("max_age", "x", "invalid_request"), ("scope", "unknown", "invalid_scope")];

    for (name, value, code) in faulty {
        let url = super::arena::changed(&s.party.authorize(&["openid"], &[("response_mode", "jwt")]).url, name, Some(value));
        browser.goto(url.as_str()).await;
        let claims = verified(&s.t, told(browser.landing())["response"].as_str().unwrap(), "ES256").await;

        assert_eq!((&claims["error"], &claims["iss"]), (&json!(code), &json!(s.t.origin)));
        assert!(claims["state"].is_string() && claims["error_description"].is_string() && claims.get("code").is_none());
    }
}

#[tokio::test]
async fn each_signing_algorithm_signs_answers() {
    for alg in SigningAlg::ALL {
        let s = Scene::with(|m| (m.response_modes, m.authorization_signed_response_alg) = (vec![ResponseMode::Jwt], *alg)).await;
        let mut browser = s.signed_in().await;

        browser.goto(s.party.authorize(&["openid"], &[("response_mode", "jwt")]).url.as_str()).await;

        verified(&s.t, told(browser.landing())["response"].as_str().unwrap(), alg.as_str()).await;
    }
}

#[tokio::test]
async fn a_signed_answer_passes_for_no_id_token() {
    let s = Scene::with(signing).await;
    let mut browser = s.signed_in().await;
    browser.goto(s.party.authorize(&["openid"], &[("response_mode", "jwt")]).url.as_str()).await;
    let jwt = told(browser.landing())["response"].as_str().unwrap().to_owned();

    let request = s.party.authorize(&["openid"], &[("id_token_hint", &jwt)]);
    browser.goto(request.url.as_str()).await;

    assert_eq!(s.party.landed(&request, browser.landing()).error(), "invalid_request");
}
