//! `fapi2-message-signing-final-test-plan`: the modules of the security profile with signed requests (RFC 9101) and signed
//! answers (JARM), and these about the request object itself:
//!
//! | module | what counts |
//! | --- | --- |
//! | ensure-server-accepts-request-object-with-multiple-aud | a list of audiences with the issuer in it |
//! | ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted | clocks differ |
//! | ensure-request-object-without-exp-fails, -without-nbf-fails | both are required |
//! | ensure-expired-request-object-fails, -with-bad-aud-fails | |
//! | ensure-request-object-with-exp-over-60-fails, -with-nbf-over-60-fails | an hour at most |
//! | ensure-signed-request-object-with-RS256-fails, ensure-request-object-signature-algorithm-is-not-none | algorithms |
//! | ensure-request-object-with-invalid-signature-fails, ensure-matching-key-in-authorization-request | keys |
//! | ensure-unsigned-request-at-par-endpoint-fails | parameters without a signature |
//! | par-authorization-request-containing-request_uri | a reference inside the object |
use serde_json::{Value, json};

use super::keys::set;
use super::modules;
use super::suite::{Asked, Plan, Suite};
use crate::conformance::answers::Answer;

modules::shared!(Plan::MessageSigning);

const REFUSED: &[(u16, &str)] = &[(400, "invalid_request_object"), (400, "invalid_request")];

/// Pushes the usual request as an object with these claims.
async fn pushed(changes: impl FnOnce(&Suite) -> Vec<(&'static str, Value)>) -> (Suite, Asked, Answer) {
    let s = Suite::new(Plan::MessageSigning).await;
    let asked = s.ask(&s.one, "openid");
    let mut claims = s.object(&s.one, &asked.request);
    changes(&s).into_iter().for_each(|(name, value)| set(&mut claims, name, value));
    let got = push_object(&s, s.one.sign(&claims)).await;
    (s, asked, got)
}

async fn push_object(s: &Suite, object: String) -> Answer {
    s.push_form(&s.one, &[("request".to_owned(), object)], &s.assertion(&s.one)).await
}

async fn is_taken(changes: impl FnOnce(&Suite) -> Vec<(&'static str, Value)>) {
    let (mut s, asked, got) = pushed(changes).await;
    let front = s.front(&asked, &s.reference(&got));
    s.visit(&front).await;

    let code = s.good_code(&asked, &s.called(&s.one));
    s.good_tokens(&s.one, &s.redeem(&s.one, &asked, &code).await, asked.request.get("nonce"));
}

async fn is_refused(changes: impl FnOnce(&Suite) -> Vec<(&'static str, Value)>) {
    let (s, _, got) = pushed(changes).await;

    s.refused(&got, REFUSED);
}

#[tokio::test]
async fn ensure_server_accepts_request_object_with_multiple_aud() {
    is_taken(|s| vec![("aud", json!([s.issuer(), "https://other.example", "invalid"]))]).await;
}

#[tokio::test]
async fn ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted() {
    is_taken(|s| vec![("nbf", json!(s.now() + 8))]).await;
}

#[tokio::test]
async fn ensure_request_object_without_exp_fails() {
    is_refused(|_| vec![("exp", Value::Null)]).await;
}

#[tokio::test]
async fn ensure_request_object_without_nbf_fails() {
    is_refused(|_| vec![("nbf", Value::Null)]).await;
}

#[tokio::test]
async fn ensure_expired_request_object_fails() {
    is_refused(|s| vec![("exp", json!(s.now() - 300))]).await;
}

#[tokio::test]
async fn ensure_request_object_with_bad_aud_fails() {
    is_refused(|_| vec![("aud", json!("https://other.example"))]).await;
}

#[tokio::test]
async fn ensure_request_object_with_exp_over_60_fails() {
    is_refused(|s| vec![("exp", json!(s.now() + 70 * 60))]).await;
}

#[tokio::test]
async fn ensure_request_object_with_nbf_over_60_fails() {
    is_refused(|s| vec![("nbf", json!(s.now() - 70 * 60))]).await;
}

#[tokio::test]
async fn par_authorization_request_containing_request_uri() {
    is_refused(|_| vec![("request_uri", json!("urn:ietf:params:oauth:request_uri:x"))]).await;
}

/// Signed otherwise than registered.
async fn signed(sign: impl FnOnce(&Suite, &Value) -> String) {
    let s = Suite::new(Plan::MessageSigning).await;
    let claims = s.object(&s.one, &s.ask(&s.one, "openid").request);
    let object = sign(&s, &claims);

    let refused = push_object(&s, object).await;

    s.refused(&refused, &[(400, "invalid_request_object"), (400, "invalid_request"), (400, "request_not_supported")]);
}

#[tokio::test]
async fn ensure_signed_request_object_with_rs256_fails() {
    signed(|s, claims| s.one.key.sign(&json!({ "alg": "RS256", "kid": s.one.key.kid() }), claims)).await;
}

#[tokio::test]
async fn ensure_request_object_signature_algorithm_is_not_none() {
    signed(|s, claims| s.one.key.sign(&json!({ "alg": "none" }), claims)).await;
}

#[tokio::test]
async fn ensure_request_object_with_invalid_signature_fails() {
    signed(|s, claims| {
        let (signed, signature) = s.one.sign(claims).rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let turned: String = signature.chars().rev().collect();
        format!("{signed}.{turned}")
    })
    .await;
}

/// With the second client's key.
#[tokio::test]
async fn ensure_matching_key_in_authorization_request() {
    signed(|s, claims| s.two.sign(claims)).await;
}

#[tokio::test]
async fn ensure_unsigned_request_at_par_endpoint_fails() {
    let s = Suite::new(Plan::MessageSigning).await;
    let asked = s.ask(&s.one, "openid");

    let refused = s.push_form(&s.one, &asked.request.0, &s.assertion(&s.one)).await;

    s.refused(&refused, REFUSED);
}
