//! The way to Microsoft, and what is sent with a code: PKCE, both kinds of credential, parameters that are passed on.
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;

use super::super::stand_in::*;
use super::super::{OpenedCredential, Passthrough, Reason, UpstreamError, UpstreamPrompt, fresh_nonce, fresh_verifier};
use super::reason;
use crate::world::{Secret, Seeded};

async fn query_of(passthrough: &Passthrough) -> (String, HashMap<String, String>) {
    let microsoft = StandIn::start().await;
    let url = start(&microsoft.entra(TID), passthrough, NOW).await.unwrap();
    (url.path().to_owned(), url.query_pairs().into_owned().collect())
}

#[tokio::test]
async fn the_way_there_carries_state_nonce_and_pkce() {
    let (path, query) = query_of(&Passthrough::default()).await;

    assert_eq!(path, format!("/{TID}/oauth2/v2.0/authorize"));
    let expected = [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", REDIRECT),
        ("response_mode", "query"),
        ("scope", "openid profile email"),
        ("state", "tnu_state"),
        ("nonce", NONCE),
        // RFC 7636 appendix B.
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in expected {
        assert_eq!(query.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(query.len(), expected.len());
}

#[tokio::test]
async fn parameters_are_passed_on() {
    let passthrough = Passthrough {
        login_hint: Some("anna@contoso.example".into()),
        prompt: Some(UpstreamPrompt::Login),
        max_age: Some(0),
        ui_locales: Some("de en".into()),
    };

    let (_, query) = query_of(&passthrough).await;

    for (name, value) in [("login_hint", "anna@contoso.example"), ("prompt", "login"), ("max_age", "0"), ("ui_locales", "de en")] {
        assert_eq!(query.get(name).map(String::as_str), Some(value), "{name}");
    }
}

#[tokio::test]
async fn choosing_an_account_goes_without_a_hint() {
    let hint = Some("anna@contoso.example".into());
    let (_, query) =
        query_of(&Passthrough { login_hint: hint, prompt: Some(UpstreamPrompt::SelectAccount), ..Passthrough::default() }).await;

    assert_eq!(query.get("prompt").map(String::as_str), Some("select_account"));
    assert!(!query.contains_key("login_hint"));
}

async fn token_request(credential: OpenedCredential) -> HashMap<String, String> {
    let microsoft = StandIn::start().await;
    finish(&microsoft.entra_with(TID, credential), NOW).await.unwrap();
    let heard = microsoft.script.lock().unwrap().heard.clone();
    let (_, body) = heard.iter().find(|(path, _)| *path == format!("/{TID}/oauth2/v2.0/token")).unwrap();
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

#[tokio::test]
async fn a_code_is_redeemed_with_verifier_and_secret_in_the_body() {
    let form = token_request(OpenedCredential::Secret(Secret::from("our secret"))).await;

    let verifier = "v".repeat(43);
    let expected = [
        ("grant_type", "authorization_code"),
        ("code", "the code"),
        ("redirect_uri", REDIRECT),
        ("client_id", CLIENT),
        ("client_secret", "our secret"),
        ("code_verifier", &verifier),
    ];
    for (name, value) in expected {
        assert_eq!(form.get(name).map(String::as_str), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_certificate_proves_the_application_by_a_signed_assertion() {
    let credential = OpenedCredential::Certificate { pem: Secret::from(SECOND_KEY), x5t_s256: "thumbprint".into() };
    let form = token_request(credential).await;

    assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert!(!form.contains_key("client_secret"));
    let (input, signature) = form["client_assertion"].rsplit_once('.').unwrap();
    let key = key_pair(SECOND_KEY);
    let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.public());
    public.verify(input.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let (header, claims) = input.split_once('.').unwrap();
    let decode = |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    assert_eq!(decode(header), serde_json::json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": "thumbprint" }));
    let claims = decode(claims);
    assert_eq!((&claims["iss"], &claims["sub"]), (&Value::from(CLIENT), &Value::from(CLIENT)));
    assert!(claims["aud"].as_str().unwrap().ends_with(&format!("/{TID}/oauth2/v2.0/token")));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["nbf"].as_i64().unwrap(), 300);
    assert_eq!(claims["jti"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn a_credential_that_is_no_key_is_refused_before_anything_is_sent() {
    let microsoft = StandIn::start().await;
    let credential = OpenedCredential::Certificate { pem: Secret::from("-----BEGIN PRIVATE KEY-----\nAA\n"), x5t_s256: "t".into() };

    assert_eq!(reason(finish(&microsoft.entra_with(TID, credential), NOW).await), Err(Reason::OwnCredential));
    assert_eq!(microsoft.requests_to("/token"), 0);
}

#[tokio::test]
async fn a_verifier_of_a_wrong_length_is_refused_without_a_panic() {
    let microsoft = StandIn::start().await;
    let (code, verifier) = (Secret::from("c"), Secret::from("short"));
    let arrival = super::super::Arrival { code: &code, redirect_uri: REDIRECT, nonce: NONCE, verifier: &verifier };

    let outcome = microsoft.entra(TID).finish(&arrival, NOW, &Seeded::new(1)).await;

    assert!(matches!(outcome, Err(UpstreamError::BadAnswer(Reason::OwnRequest))));
}

#[test]
fn fresh_verifiers_and_nonces_differ() {
    let entropy = Seeded::new(3);

    assert_eq!(fresh_verifier(&entropy).expose().len(), 43);
    assert_ne!(fresh_nonce(&entropy), fresh_nonce(&entropy));
}
