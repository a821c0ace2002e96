//! The plain flow, what a request may hold, and refresh.
use std::time::Duration;

use serde_json::json;

use crate::conformance::answers::{Tokens, answer};
use crate::conformance::fapi2::suite::{Asked, CALLBACK, Client, Plan, Suite};
use crate::conformance::suite::random;

const ALGORITHMS: [&str; 3] = ["PS256", "ES256", "EdDSA"];

/// The usual request, changed, goes all the way.
async fn succeeds(plan: Plan, change: impl FnOnce(Asked) -> Asked) -> Tokens {
    let mut s = Suite::new(plan).await;
    let asked = change(s.ask(&s.one, "openid"));

    s.happy(|s| &s.one, &asked).await
}

fn with(asked: Asked, name: &str, value: String) -> Asked {
    Asked { request: asked.request.with(name, value), ..asked }
}

fn without(asked: Asked, name: &str) -> Asked {
    Asked { request: asked.request.without(name), ..asked }
}

pub async fn discovery_end_point_verification(plan: Plan) {
    let s = Suite::new(plan).await;
    let list = |name: &str| s.metadata[name].as_array().unwrap_or_else(|| panic!("{name} is no list: {}", s.metadata)).clone();
    let one_of = |name: &str| list(name).iter().any(|alg| ALGORITHMS.iter().any(|good| alg == good));

    assert!(list("response_types_supported").contains(&json!("code")));
    assert_eq!(s.metadata["authorization_response_iss_parameter_supported"], true);
    assert!(s.metadata["pushed_authorization_request_endpoint"].is_string());
    let required = &s.metadata["require_pushed_authorization_requests"];
    assert!(required.is_null() || required.is_boolean());
    assert!(one_of("dpop_signing_alg_values_supported"));
    assert!(one_of("id_token_signing_alg_values_supported"));
    assert!(one_of("token_endpoint_auth_signing_alg_values_supported"));
    assert!(list("token_endpoint_auth_methods_supported").contains(&json!("private_key_jwt")));
    assert!(list("code_challenge_methods_supported").contains(&json!("S256")));
    assert!(one_of("request_object_signing_alg_values_supported"));
    assert!(list("response_modes_supported").contains(&json!("jwt")), "JARM 2.3.4");
    assert!(one_of("authorization_signing_alg_values_supported"), "JARM 4");
    if plan.is_mtls() {
        // RFC 8705 3.3 and 5.
        assert_eq!(s.metadata["tls_client_certificate_bound_access_tokens"], true);
        assert!(list("token_endpoint_auth_methods_supported").contains(&json!("self_signed_tls_client_auth")));
        for name in ["token_endpoint", "userinfo_endpoint", "pushed_authorization_request_endpoint"] {
            let alias = s.metadata["mtls_endpoint_aliases"][name].as_str().unwrap();
            assert!(alias.starts_with("https://mtls.id.example/"), "{alias}");
        }
    }
}

pub async fn happy_flow(plan: Plan) {
    let mut s = Suite::new(plan).await;
    let asked = s.ask(&s.one, "openid");
    let tokens = s.happy(|s| &s.one, &asked).await;
    assert!(ALGORITHMS.iter().any(|alg| tokens.header["alg"] == *alg), "FAPI 2.0 5.4.1: {}", tokens.header);

    // The second client: another key, a longer state, an address with a query.
    let asked = with(s.ask(&s.two, "openid"), "state", random(128));
    let second = s.happy(|s| &s.two, &asked).await;

    // Its token with the first client's key.
    let stolen = s.asks(&s.one, &s.one.dpop, &second.access).await;
    assert_eq!(stolen.status, 401);
}

pub async fn user_rejects_authentication(plan: Plan) {
    let mut s = Suite::new(plan).await;
    let asked = with(s.ask(&s.two, "openid"), "state", random(128));
    let reference = s.reference(&s.push(&s.two, &asked.request).await);
    let url = s.front(&asked, &reference).url(s.endpoint("authorization_endpoint"));

    s.browser.goto(url.as_str()).await;
    s.answer_pages("#consent-deny").await;

    let callback = s.called(&s.two);
    assert_eq!((callback.get("error"), callback.get("state")), (Some("access_denied"), asked.request.get("state")));
    assert_eq!(callback.get("iss"), Some(s.issuer()));
}

pub async fn ensure_authorization_request_without_state_success(plan: Plan) {
    succeeds(plan, |asked| without(asked, "state")).await;
}

pub async fn ensure_authorization_request_without_nonce_success(plan: Plan) {
    succeeds(plan, |asked| without(asked, "nonce")).await;
}

pub async fn ensure_authorization_request_with_64_char_nonce_success(plan: Plan) {
    succeeds(plan, |asked| with(asked, "nonce", random(64))).await;
}

pub async fn ensure_authorization_request_with_long_nonce(plan: Plan) {
    succeeds(plan, |asked| with(asked, "nonce", random(384))).await;
}

pub async fn ensure_authorization_request_with_long_state(plan: Plan) {
    succeeds(plan, |asked| with(asked, "state", random(1000))).await;
}

pub async fn ensure_other_scope_order_succeeds(plan: Plan) {
    succeeds(plan, |asked| with(asked, "scope", "profile openid".to_owned())).await;
}

pub async fn access_token_type_header_case_sensitivity(plan: Plan) {
    let mut s = Suite::new(plan).await;
    let asked = s.ask(&s.one, "openid");
    let tokens = s.happy(|s| &s.one, &asked).await;

    let got = if plan.is_mtls() {
        let request = crate::harness::net::client().get(s.endpoint("userinfo_endpoint"));
        answer(s.one.certified(request.header("authorization", format!("bEaReR {}", tokens.access)))).await
    } else {
        s.resource("dpOp", &tokens.access, &[s.resource_proof(&s.one.dpop, &tokens.access).signed(&s.one.dpop)]).await
    };

    assert_eq!(got.status, 200, "RFC 9110 11.1");
}

/// Every standard claim that is published, asked for by name among nonsense; what the person has is told.
pub async fn test_claims_parameter_identity_claims(plan: Plan) {
    let mut s = Suite::new(plan).await;
    assert_eq!(s.metadata["claims_parameter_supported"], true);
    let members = json!({
        "name": null, "given_name": { "essential": true }, "family_name": { "essential": false }, "email": null, "locale": null,
        "unknown_claim": null, "other_unknown": { "essential": true, "value": "x" },
    });
    let claims = json!({ "userinfo": members, "id_token": members, "elsewhere": members });
    let asked = with(s.ask(&s.one, "openid"), "claims", claims.to_string());

    let tokens = s.happy(|s| &s.one, &asked).await;
    let userinfo = s.asks(&s.one, &s.one.dpop, &tokens.access).await;

    for claim in ["name", "given_name", "family_name", "email", "locale"] {
        assert!(tokens.claims[claim].is_string() || userinfo.body[claim].is_string(), "OpenID Connect Core 5.5: {claim}");
    }
    assert_eq!(userinfo.body["sub"], tokens.claims["sub"]);
}

/// What stands outside the pushed request does not count (RFC 9126 4, RFC 9101 6.3).
async fn outside(plan: Plan, name: &str) {
    let mut s = Suite::new(plan).await;
    let asked = s.ask(&s.one, "openid");
    let reference = s.reference(&s.push(&s.one, &asked.request).await);
    let front = s.front(&asked, &reference).with(name, random(10));
    s.visit(&front).await;

    let code = s.good_code(&asked, &s.called(&s.one));
    s.good_tokens(&s.one, &s.redeem(&s.one, &asked, &code).await, asked.request.get("nonce"));
}

pub async fn ensure_different_nonce_inside_and_outside_request_object(plan: Plan) {
    outside(plan, "nonce").await;
}

pub async fn ensure_different_state_inside_and_outside_request_object(plan: Plan) {
    outside(plan, "state").await;
}

pub async fn state_only_outside_request_object_not_used(plan: Plan) {
    let mut s = Suite::new(plan).await;
    let asked = without(s.ask(&s.one, "openid"), "state");
    let reference = s.reference(&s.push(&s.one, &asked.request).await);
    let front = s.front(&asked, &reference).with("state", random(10));
    s.visit(&front).await;

    assert_eq!(s.called(&s.one).get("state"), None);
}

pub async fn ensure_request_object_without_redirect_uri_fails(plan: Plan) {
    let s = Suite::new(plan).await;
    let asked = without(s.ask(&s.one, "openid"), "redirect_uri");

    let pushed = s.push(&s.one, &asked.request).await;

    s.refused(&pushed, &[(400, "invalid_request"), (400, "invalid_request_object")]);
}

/// RFC 9126 2.4 would let a server take it; here addresses are registered.
pub async fn tolerate_unregistered_redirect_uri(plan: Plan) {
    let s = Suite::new(plan).await;
    let asked = with(s.ask(&s.one, "openid"), "redirect_uri", format!("{CALLBACK}/{}", random(10)));

    let pushed = s.push(&s.one, &asked.request).await;

    s.refused(&pushed, &[(400, "invalid_request"), (400, "invalid_request_object")]);
}

pub async fn ensure_unsigned_authorization_request_without_using_par_fails(plan: Plan) {
    let mut s = Suite::new(plan).await;
    let asked = s.ask(&s.one, "openid");

    s.visit(&asked.request).await;

    let callback = s.called(&s.one);
    assert_eq!((callback.get("error"), callback.get("state")), (Some("invalid_request"), asked.request.get("state")));
}

async fn response_type(plan: Plan, response_type: &str) {
    let s = Suite::new(plan).await;
    let asked = with(s.ask(&s.one, "openid"), "response_type", response_type.to_owned());

    let pushed = s.push(&s.one, &asked.request).await;

    s.refused(&pushed, &[(400, "unsupported_response_type"), (400, "invalid_request"), (400, "unauthorized_client")]);
}

pub async fn ensure_response_type_code_idtoken_fails(plan: Plan) {
    response_type(plan, "code id_token").await;
}

pub async fn ensure_response_type_token_fails(plan: Plan) {
    response_type(plan, "token").await;
}

pub async fn refresh_token(plan: Plan) {
    let mut s = Suite::new(plan).await;
    let first = offline(&mut s, |s| &s.one).await;
    let kept = refreshed(&s, &s.one, &first).await;
    // Without any proof of possession.
    let bare = s.token(&s.one, &[("grant_type", "refresh_token"), ("refresh_token", kept.refresh.as_deref().unwrap())], None).await;
    s.refused(&bare, &[(400, "invalid_request"), (400, "invalid_grant"), (401, "invalid_client")]);

    let second = offline(&mut s, |s| &s.two).await;
    let theirs = refreshed(&s, &s.two, &second).await;
    let proof = s.proof(&s.one.dpop).signed(&s.one.dpop);
    let form = [("grant_type", "refresh_token"), ("refresh_token", theirs.refresh.as_deref().unwrap())];
    s.refused(&s.token(&s.one, &form, Some(&proof)).await, &[(400, "invalid_grant")]);
}

async fn offline(s: &mut Suite, client: fn(&Suite) -> &Client) -> Tokens {
    let asked = with(s.ask(client(s), "openid offline_access"), "prompt", "consent".to_owned());
    s.happy(client, &asked).await
}

/// A refresh with another key than before: what binds the token of a confidential client is the client (RFC 9449 5).
async fn refreshed(s: &Suite, client: &Client, before: &Tokens) -> Tokens {
    let refresh = before.refresh.as_deref().expect("offline_access gives a refresh token");
    s.t.later(Duration::from_secs(1));
    let other = crate::conformance::fapi2::keys::Key::es256("other");
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("scope", "openid offline_access")];

    let answer = s.token(client, &form, Some(&s.proof(&other).signed(&other))).await;
    let mut after = s.good_tokens(client, &answer, None);

    for same in ["iss", "sub", "aud", "azp", "auth_time"] {
        assert_eq!(before.claims[same], after.claims[same], "OpenID Connect Core 12.2: {same}");
    }
    assert!(after.claims["iat"].as_i64() > before.claims["iat"].as_i64());
    s.works(client, &after.access, &other).await;
    // FAPI 2.0 5.3.2.1: no rotation, or the former token still does for a while.
    after.refresh = Some(after.refresh.unwrap_or_else(|| refresh.to_owned()));
    after
}
