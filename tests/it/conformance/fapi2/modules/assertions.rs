//! How clients prove themselves at the token endpoint, and whose a code is.
use std::time::Duration;

use serde_json::{Value, json};

use crate::conformance::answers::Answer;
use crate::conformance::fapi2::keys::set;
use crate::conformance::fapi2::suite::{Asked, Plan, Suite};

/// A code that nobody redeemed.
async fn fresh(plan: Plan) -> (Suite, Asked, String) {
    let mut s = Suite::new(plan).await;
    let asked = s.ask(&s.one, "openid");
    let code = s.code(|s| &s.one, &asked).await;
    (s, asked, code)
}

/// Redeems the code of the first client with this assertion, or none.
async fn redeemed(s: &Suite, asked: &Asked, code: &str, assertion: &str) -> Answer {
    let redirect = asked.request.get("redirect_uri").unwrap();
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect), ("code_verifier", &asked.verifier)];
    s.token_with(&s.one, &form, assertion, Some(&s.proof(&s.one.dpop).signed(&s.one.dpop))).await
}

/// The code is not given for an assertion with this claim.
async fn asserted(plan: Plan, name: &str, value: impl FnOnce(&Suite) -> Value) {
    let (s, asked, code) = fresh(plan).await;
    let mut claims = s.assertion(&s.one);
    set(&mut claims, name, value(&s));

    let refused = redeemed(&s, &asked, &code, &s.one.sign(&claims)).await;

    s.refused(&refused, &[(401, "invalid_client")]);
    assert_eq!(s.redeem(&s.one, &asked, &code).await.status, 200, "the same without the fault");
}

pub async fn ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(plan: Plan) {
    asserted(plan, "exp", |s| json!(s.now() - 300)).await;
}

pub async fn ensure_client_assertion_with_wrong_aud_fails(plan: Plan) {
    asserted(plan, "aud", |_| json!("https://other.example/token")).await;
}

pub async fn ensure_client_assertion_with_no_sub_fails(plan: Plan) {
    asserted(plan, "sub", |_| Value::Null).await;
}

/// The same RSA key, but PKCS #1 v1.5 (FAPI 2.0 5.4.1).
pub async fn ensure_signed_client_assertion_with_rs256_fails(plan: Plan) {
    let (s, asked, code) = fresh(plan).await;
    let header = json!({ "alg": "RS256", "kid": s.one.key.kid() });

    let refused = redeemed(&s, &asked, &code, &s.one.key.sign(&header, &s.assertion(&s.one))).await;

    s.refused(&refused, &[(401, "invalid_client")]);
}

pub async fn ensure_client_assertion_in_token_endpoint(plan: Plan) {
    let (s, asked, code) = fresh(plan).await;
    let request = crate::harness::net::client().post(s.endpoint("token_endpoint")).header("dpop", s.proof(&s.one.dpop).signed(&s.one.dpop));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", asked.request.get("redirect_uri").unwrap()),
        ("code_verifier", &asked.verifier),
        ("client_id", &s.one.id),
    ];

    let refused = crate::conformance::answers::answer(request.form(&form)).await;

    s.refused(&refused, &[(401, "invalid_client"), (400, "invalid_request")]);
}

/// The second client's name, signed with the first one's key.
pub async fn ensure_client_id_in_token_endpoint(plan: Plan) {
    let (s, asked, code) = fresh(plan).await;

    let refused = redeemed(&s, &asked, &code, &s.one.sign(&s.assertion(&s.two))).await;

    s.refused(&refused, &[(401, "invalid_client"), (400, "invalid_grant")]);
}

/// The first client's certificate without its name.
pub async fn ensure_client_id_in_token_endpoint_mtls(plan: Plan) {
    let (s, asked, code) = fresh(plan).await;
    let redirect = asked.request.get("redirect_uri").unwrap();
    let form = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", redirect), ("code_verifier", &asked.verifier)];
    let request = s.one.certified(crate::harness::net::client().post(s.endpoint("token_endpoint")));

    let refused = crate::conformance::answers::answer(request.form(&form)).await;

    s.refused(&refused, &[(401, "invalid_client"), (400, "invalid_client"), (400, "invalid_request"), (400, "invalid_grant")]);
}

/// The first client's name with the second one's certificate.
pub async fn ensure_client_is_known_by_its_own_certificate(plan: Plan) {
    let (s, asked, code) = fresh(plan).await;
    let redirect = asked.request.get("redirect_uri").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", redirect),
        ("code_verifier", &asked.verifier),
        ("client_id", &s.one.id),
    ];
    let request = s.two.certified(crate::harness::net::client().post(s.endpoint("token_endpoint")));

    let refused = crate::conformance::answers::answer(request.form(&form)).await;

    s.refused(&refused, &[(401, "invalid_client")]);
    assert_eq!(s.redeem(&s.one, &asked, &code).await.status, 200, "the same without the fault");
}

pub async fn ensure_authorization_code_is_bound_to_client(plan: Plan) {
    let (s, asked, code) = fresh(plan).await;

    let refused = if plan.is_mtls() {
        s.redeem(&s.two, &asked, &code).await
    } else {
        redeemed(&s, &asked, &code, &s.two.sign(&s.assertion(&s.two))).await
    };

    s.refused(&refused, &[(400, "invalid_grant")]);
}

pub async fn attempt_reuse_authorization_code_after_one_second(plan: Plan) {
    let (s, asked, code) = fresh(plan).await;
    let tokens = s.good_tokens(&s.one, &s.redeem(&s.one, &asked, &code).await, asked.request.get("nonce"));
    s.t.later(Duration::from_secs(1));

    s.refused(&s.redeem(&s.one, &asked, &code).await, &[(400, "invalid_grant")]);

    let after = s.asks(&s.one, &s.one.dpop, &tokens.access).await;
    assert_eq!(after.status, 401, "RFC 6749 4.1.2");
}

/// FAPI 2.0 5.3.2.1: sixty seconds at most.
pub async fn attempt_to_use_expired_auth_code(plan: Plan) {
    let (s, asked, code) = fresh(plan).await;
    s.t.later(Duration::from_secs(65));

    s.refused(&s.redeem(&s.one, &asked, &code).await, &[(400, "invalid_grant")]);
}
