//! The pushed authorization request endpoint and its references (RFC 9126).
use std::time::Duration;

use serde_json::{Value, json};

use crate::conformance::answers::answer;
use crate::conformance::fapi2::keys::set;
use crate::conformance::fapi2::suite::{Asked, Plan, Suite};
use crate::conformance::suite::{AuthRequest, random};
use crate::harness::net;

/// A reference of the first client.
async fn referred(plan: Plan) -> (Suite, Asked, String) {
    let s = Suite::new(plan).await;
    let asked = s.ask(&s.one, "openid");
    let reference = s.reference(&s.push(&s.one, &asked.request).await);
    (s, asked, reference)
}

/// The browser got no code: a page of ours with this code, or the error at the callback.
fn no_code(s: &Suite, expected: &[&str]) {
    let error = match s.browser.left() {
        None => s.browser.text("#error-code"),
        Some(_) => s.called(&s.one).get("error").unwrap_or("a code").to_owned(),
    };
    assert!(expected.contains(&error.as_str()), "{error} is none of {expected:?}");
}

/// FAPI 2.0 5.3.2.2 note 3: loading the page twice is not using the reference twice.
pub async fn par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(plan: Plan) {
    let (mut s, asked, reference) = referred(plan).await;
    let front = s.front(&asked, &reference);
    let url = front.url(s.endpoint("authorization_endpoint"));

    s.browser.goto(url.as_str()).await;
    assert!(s.browser.has("#login-submit"));
    s.visit(&front).await;

    let code = s.good_code(&asked, &s.called(&s.one));
    s.good_tokens(&s.one, &s.redeem(&s.one, &asked, &code).await, asked.request.get("nonce"));
}

pub async fn par_attempt_reuse_request_uri(plan: Plan) {
    let (mut s, asked, reference) = referred(plan).await;
    let front = s.front(&asked, &reference);
    s.visit(&front).await;
    s.good_code(&asked, &s.called(&s.one));

    s.visit(&front).await;

    no_code(&s, &["invalid_request_uri"]);
}

pub async fn par_attempt_to_use_expired_request_uri(plan: Plan) {
    let (mut s, asked, reference) = referred(plan).await;
    s.t.later(Duration::from_secs(601));

    let front = s.front(&asked, &reference);
    s.visit(&front).await;

    no_code(&s, &["invalid_request_uri"]);
}

pub async fn par_attempt_to_use_request_uri_for_different_client(plan: Plan) {
    let (mut s, asked, reference) = referred(plan).await;

    let front = s.front(&asked, &reference).with("client_id", s.two.id.as_str());
    s.visit(&front).await;

    no_code(&s, &["invalid_request_uri", "invalid_request", "invalid_request_object"]);
}

pub async fn par_without_duplicate_parameters(plan: Plan) {
    let (mut s, asked, reference) = referred(plan).await;

    let front = AuthRequest(Vec::new()).with("client_id", s.one.id.as_str()).with("request_uri", reference);
    s.visit(&front).await;

    let code = s.good_code(&asked, &s.called(&s.one));
    s.good_tokens(&s.one, &s.redeem(&s.one, &asked, &code).await, asked.request.get("nonce"));
}

pub async fn par_authorization_request_containing_request_uri_form_param(plan: Plan) {
    let s = Suite::new(plan).await;
    let mut form = s.form(&s.one, &s.ask(&s.one, "openid").request);
    form.push(("request_uri".to_owned(), format!("urn:ietf:params:oauth:request_uri:{}", random(30))));

    let refused = s.push_form(&s.one, &form, &s.assertion(&s.one)).await;

    s.refused(&refused, &[(400, "invalid_request"), (400, "invalid_request_object"), (400, "request_uri_not_supported")]);
}

pub async fn par_attempt_invalid_http_method(plan: Plan) {
    let s = Suite::new(plan).await;
    let endpoint = s.endpoint("pushed_authorization_request_endpoint");

    let put = answer(net::client().put(endpoint).form(&s.form(&s.one, &s.ask(&s.one, "openid").request))).await;

    assert_eq!(put.status, 405, "RFC 9126 2.3");
}

/// The assertion with these claims is taken or not at the endpoint.
async fn asserted(plan: Plan, good: bool, changes: impl FnOnce(&Suite) -> Vec<(&'static str, Value)>) {
    let s = Suite::new(plan).await;
    let form = s.form(&s.one, &s.ask(&s.one, "openid").request);
    let mut claims = s.assertion(&s.one);
    changes(&s).into_iter().for_each(|(name, value)| set(&mut claims, name, value));

    let got = s.push_form(&s.one, &form, &claims).await;

    if good {
        s.reference(&got);
    } else {
        s.refused(&got, &[(401, "invalid_client"), (400, "invalid_client"), (400, "invalid_request")]);
    }
}

fn ahead(s: &Suite, seconds: i64) -> Vec<(&'static str, Value)> {
    let from = s.now() + seconds;
    vec![("iat", json!(from)), ("nbf", json!(from)), ("exp", json!(from + 60))]
}

pub async fn par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted(plan: Plan) {
    asserted(plan, true, |s| ahead(s, 8)).await;
}

pub async fn par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails(plan: Plan) {
    asserted(plan, false, |s| ahead(s, 65)).await;
}

pub async fn par_test_array_with_par_endpoint_url_as_audience_fails(plan: Plan) {
    asserted(plan, false, |s| vec![("aud", json!([s.endpoint("pushed_authorization_request_endpoint")]))]).await;
}

pub async fn par_test_par_endpoint_url_as_audience_fails(plan: Plan) {
    asserted(plan, false, |s| vec![("aud", json!(s.endpoint("pushed_authorization_request_endpoint")))]).await;
}

pub async fn par_test_token_endpoint_url_as_audience_fails(plan: Plan) {
    asserted(plan, false, |s| vec![("aud", json!(s.endpoint("token_endpoint")))]).await;
}

/// What PKCE demands already where the request is pushed (FAPI 2.0 5.3.2.2).
async fn challenged(plan: Plan, change: impl FnOnce(AuthRequest) -> AuthRequest) {
    let s = Suite::new(plan).await;
    let request = change(s.ask(&s.one, "openid").request);

    let refused = s.push(&s.one, &request).await;

    s.refused(&refused, &[(400, "invalid_request"), (400, "invalid_request_object")]);
}

pub async fn par_ensure_pkce_required(plan: Plan) {
    challenged(plan, |request| request.without("code_challenge").without("code_challenge_method")).await;
}

pub async fn par_ensure_plain_pkce_rejected(plan: Plan) {
    challenged(plan, |request| request.with("code_challenge_method", "plain")).await;
}

/// The code is not given for this verifier.
async fn verified(plan: Plan, verifier: Option<String>) {
    let mut s = Suite::new(plan).await;
    let asked = s.ask(&s.one, "openid");
    let code = s.code(|s| &s.one, &asked).await;
    let mut form =
        vec![("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", asked.request.get("redirect_uri").unwrap())];
    if let Some(verifier) = &verifier {
        form.push(("code_verifier", verifier));
    }

    let refused = s.token(&s.one, &form, Some(&s.proof(&s.one.dpop).signed(&s.one.dpop))).await;

    s.refused(&refused, &[(400, "invalid_grant"), (400, "invalid_request")]);
}

pub async fn par_ensure_pkce_code_verifier_required(plan: Plan) {
    verified(plan, None).await;
}

pub async fn par_incorrect_pkce_code_verifier_rejected(plan: Plan) {
    verified(plan, Some(random(43))).await;
}
