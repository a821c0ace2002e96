//! Signed answers of the authorization endpoint (JARM).
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::core::CoreJsonWebKeySet;
use serde_json::{Value, json};
use tenantry::model::{ClientMetadata, ResponseMode, SigningAlg};

use super::arena::{Scene, answer, payload, told};
use crate::harness::net;

fn signing(metadata: &mut ClientMetadata) {
    metadata.response_modes = ResponseMode::ALL.to_vec();
    metadata.authorization_signed_response_alg = SigningAlg::Es256;
}

/// The claims of an answer, whose signature a foreign library verified with our published keys.
async fn verified(s: &Scene, jwt: &str, alg: &str) -> Value {
    use openidconnect::JsonWebKey as _;
    let keys = answer(net::client().get(s.t.url("/jwks"))).await.body;
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').next().unwrap()).unwrap()).unwrap();
    assert_eq!(header["alg"], alg);
    let set: CoreJsonWebKeySet = serde_json::from_value(keys).unwrap();
    let key = set.keys().iter().find(|key| key.key_id().is_some_and(|kid| kid.as_str() == header["kid"])).expect("the key is published");
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let alg = serde_json::from_value(json!(alg)).unwrap();
    key.verify_signature(&alg, signed.as_bytes(), &signature).expect("the signature is ours");
    payload(jwt)
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
        let claims = verified(&s, told["response"].as_str().unwrap(), "ES256").await;

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
    let claims = verified(&s, &page.attr("input[name=response]", "value"), "ES256").await;

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
        let claims = verified(&s, told(browser.landing())["response"].as_str().unwrap(), "ES256").await;

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

        verified(&s, told(browser.landing())["response"].as_str().unwrap(), alg.as_str()).await;
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
