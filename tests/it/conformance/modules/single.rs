//! The plain flow and what a single request may hold.
use tenantry::model::AuthMethod;

use super::{finish, happy, tolerates};
use crate::conformance::answers::answer;
use crate::conformance::suite::{CALLBACK, Mode, Suite, random};
use crate::harness::html::Form;
use crate::harness::net;

pub async fn oidcc_server(mode: Mode) {
    let mut s = Suite::new(mode).await;
    assert!(s.lists("token_endpoint_auth_methods_supported", "client_secret_basic"));
    let request = s.request(&s.one, "openid");

    let (tokens, userinfo) = happy(&mut s, &request).await;

    assert_eq!(tokens.refresh, None, "offline_access was not asked for");
    assert!(userinfo["name"].is_null() && userinfo["email"].is_null(), "openid alone releases none of it");
}

pub async fn oidcc_response_type_missing(mode: Mode) {
    let mut s = Suite::new(mode).await;
    let request = s.request(&s.one, "openid").without("response_type");

    let asked = s.authorize(&request).await;

    assert_eq!(asked, []);
    s.good_error(&request, &s.called(), &["invalid_request", "unsupported_response_type"]);
}

pub async fn oidcc_idtoken_signature(mode: Mode) {
    let mut s = Suite::new(mode).await;
    let request = s.request(&s.one, "openid");

    let (tokens, _) = happy(&mut s, &request).await;

    assert_eq!(tokens.header["alg"], "RS256", "the default of OpenID Connect Dynamic Client Registration 2");
    assert!(tokens.header["kid"].is_string());
}

/// Skipped by the suite where `none` is not listed; then no client may be given such tokens.
pub async fn oidcc_idtoken_unsigned(mode: Mode) {
    let s = Suite::new(mode).await;

    assert!(!s.lists("id_token_signing_alg_values_supported", "none"));
}

pub async fn oidcc_userinfo_get(mode: Mode) {
    let mut s = Suite::new(mode).await;
    let request = s.request(&s.one, "openid");

    let (tokens, userinfo) = happy(&mut s, &request).await;

    assert_eq!(userinfo["sub"], tokens.claims["sub"]);
}

pub async fn oidcc_userinfo_post_header(mode: Mode) {
    let mut s = Suite::new(mode).await;
    let request = s.request(&s.one, "openid");
    let (tokens, _) = happy(&mut s, &request).await;

    let bare = net::client().post(s.endpoint("userinfo_endpoint")).bearer_auth(&tokens.access);
    let with_form = net::client().post(s.endpoint("userinfo_endpoint")).bearer_auth(&tokens.access).form::<[(&str, &str); 0]>(&[]);

    s.good_userinfo(&answer(bare).await, &tokens);
    s.good_userinfo(&answer(with_form).await, &tokens);
}

pub async fn oidcc_userinfo_post_body(mode: Mode) {
    let mut s = Suite::new(mode).await;
    let request = s.request(&s.one, "openid");
    let (tokens, _) = happy(&mut s, &request).await;

    let posted = net::client().post(s.endpoint("userinfo_endpoint")).form(&[("access_token", &tokens.access)]);

    s.good_userinfo(&answer(posted).await, &tokens);
}

pub async fn oidcc_ensure_request_without_nonce_succeeds_for_code_flow(mode: Mode) {
    let mut s = Suite::new(mode).await;
    let request = s.request(&s.one, "openid").without("nonce");

    let (tokens, _) = happy(&mut s, &request).await;

    assert!(tokens.claims["nonce"].is_null());
}

/// Scopes backwards and every parameter at another place; `oidcc-ensure-other-scope-order-succeeds` was its name before.
pub async fn oidcc_alternate_happy_flow(mode: Mode) {
    let mut s = Suite::new(mode).await;
    let mut request = s.request(&s.one, "email openid");
    request.0.reverse();

    let (_, userinfo) = happy(&mut s, &request).await;

    assert!(userinfo["email"].is_string() && userinfo["name"].is_null());
}

pub async fn oidcc_display_page(mode: Mode) {
    tolerates(mode, "display", "page").await;
}

pub async fn oidcc_display_popup(mode: Mode) {
    tolerates(mode, "display", "popup").await;
}

pub async fn oidcc_ensure_request_with_unknown_parameter_succeeds(mode: Mode) {
    tolerates(mode, "extra", "foobar").await;
}

pub async fn oidcc_login_hint(mode: Mode) {
    tolerates(mode, "login_hint", "buffy@suite.example").await;
}

pub async fn oidcc_ui_locales(mode: Mode) {
    tolerates(mode, "ui_locales", "se").await;
}

pub async fn oidcc_claims_locales(mode: Mode) {
    tolerates(mode, "claims_locales", "se").await;
}

pub async fn oidcc_ensure_request_with_acr_values_succeeds(mode: Mode) {
    let mut s = Suite::new(mode).await;
    let supported: Vec<String> = serde_json::from_value(s.metadata["acr_values_supported"].clone()).unwrap();
    let request = s.request(&s.one, "openid").with("acr_values", supported.join(" "));

    let (tokens, _) = happy(&mut s, &request).await;

    assert!(supported.iter().any(|acr| tokens.claims["acr"] == acr.as_str()), "one of the wishes is met: {}", tokens.claims);
    tolerates(mode, "acr_values", "1 2").await;
}

pub async fn oidcc_ensure_registered_redirect_uri(mode: Mode) {
    let mut s = Suite::new(mode).await;
    let unregistered = format!("{CALLBACK}/callback/{}", random(10));
    let request = s.request(&s.one, "openid").with("redirect_uri", unregistered);

    let asked = s.authorize(&request).await;

    assert_eq!((asked.len(), s.browser.page().status), (0, 400), "an error page and no redirect");
    assert_eq!(s.browser.text("#error-code"), "invalid_request");
    assert!(s.browser.text("#error-detail").contains("redirect_uri"), "the page says what is wrong: {}", s.browser.page());
}

pub async fn oidcc_ensure_post_request_succeeds(mode: Mode) {
    let mut s = Suite::new(mode).await;
    let request = s.request(&s.one, "openid");
    let action = s.endpoint("authorization_endpoint").parse().unwrap();

    s.browser.send_from("https://suite.example", Form { action, is_post: true, fields: request.0.clone() }).await;
    s.answer_pages().await;

    finish(&s, &s.one, &request, &s.called(), &[]).await;
}

pub async fn oidcc_server_client_secret_post(mode: Mode) {
    let mut s = Suite::with(mode, AuthMethod::Post, |_| {}).await;
    assert!(s.lists("token_endpoint_auth_methods_supported", "client_secret_post"));
    let request = s.request(&s.one, "openid");

    happy(&mut s, &request).await;
}

pub async fn oidcc_ensure_request_with_valid_pkce_succeeds(mode: Mode) {
    let mut s = Suite::new(mode).await;
    assert!(s.lists("code_challenge_methods_supported", "S256"));
    let (challenge, verifier) = openidconnect::PkceCodeChallenge::new_random_sha256();
    let request = s.request(&s.one, "openid").with("code_challenge", challenge.as_str()).with("code_challenge_method", "S256");
    let callback = s.callback(&request).await;

    finish(&s, &s.one, &request, &callback, &[("code_verifier", verifier.secret())]).await;
}
