//! `oidcc-rp-initiated-logout-certification-test-plan`. The session is looked at as the suite does it: by another request
//! with `prompt=none`. Wherever the request cannot be trusted the person is asked on a page of ours, and the registered
//! address is not called.
//!
//! | module | what counts |
//! | --- | --- |
//! | oidcc-rp-initiated-logout-discovery-endpoint-verification | `end_session_endpoint` |
//! | oidcc-rp-initiated-logout | back with `state` and nothing else; nobody is signed in |
//! | oidcc-rp-initiated-logout-bad-post-logout-redirect-uri | no redirect |
//! | oidcc-rp-initiated-logout-modified-id-token-hint | `alg: none`: no redirect |
//! | oidcc-rp-initiated-logout-no-id-token-hint | no redirect |
//! | oidcc-rp-initiated-logout-no-params | signed out |
//! | oidcc-rp-initiated-logout-no-post-logout-redirect-uri | signed out |
//! | oidcc-rp-initiated-logout-no-state | back without `state` |
//! | oidcc-rp-initiated-logout-only-state | signed out |
//! | oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri | no redirect |
//! | oidcc-rp-initiated-logout-bad-id-token-hint | signed by somebody else: no redirect |
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use url::Url;

use super::answers::Tokens;
use super::checks::NEEDS_A_PAGE;
use super::config::Published;
use super::modules::happy;
use super::suite::{Mode, SIGNED_OUT, Suite, random};
use crate::harness::browser::Browser;

/// A person who is signed in, and what the application would send to the end-session endpoint.
struct Scene {
    s: Suite,
    tokens: Tokens,
    state: String,
}

impl Scene {
    async fn set() -> Self {
        let mut s = Suite::new(Mode::Default).await;
        let request = s.request(&s.one, "openid").with("state", random(128));
        let (tokens, _) = happy(&mut s, &request).await;
        Self { s, tokens, state: format!("{}-._~", random(124)) }
    }

    /// All three parameters, of which `change` makes others.
    async fn end(&mut self, change: impl FnOnce(&mut Vec<(&'static str, String)>)) -> &mut Browser {
        let mut fields = vec![
            ("id_token_hint", self.tokens.id_token.clone()),
            ("post_logout_redirect_uri", SIGNED_OUT.to_owned()),
            ("state", self.state.clone()),
        ];
        change(&mut fields);
        let url = Url::parse_with_params(self.s.endpoint("end_session_endpoint"), &fields).unwrap();
        self.s.browser.goto(url.as_str()).await
    }

    /// The browser is back at the application with these parameters and nobody is signed in.
    async fn is_over_with(&mut self, expected: &[(&str, &str)]) {
        let landed = self.s.browser.landing().clone();
        assert_eq!(landed.as_str().split('?').next(), Some(SIGNED_OUT));
        let got: Vec<(String, String)> = landed.query_pairs().into_owned().collect();
        let expected: Vec<(String, String)> = expected.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        assert_eq!(got, expected, "RP-Initiated Logout 3: nothing else comes back");
        self.nobody_is_signed_in().await;
    }

    async fn nobody_is_signed_in(&mut self) {
        let request = self.s.request(&self.s.one, "openid").with("prompt", "none").with("state", random(128));
        let callback = self.s.callback(&request).await;
        self.s.good_error(&request, &callback, NEEDS_A_PAGE);
    }

    /// A page of ours asks the person, who says yes and is signed out without a redirect.
    async fn asks_and_stays(&mut self) {
        assert_eq!(self.s.browser.left(), None, "the registered address must not be called");
        assert!(self.s.browser.has("#logout-confirm"), "{}", self.s.browser.page());
        self.s.browser.submit("#logout-confirm").await;
        self.is_signed_out_here().await;
    }

    async fn is_signed_out_here(&mut self) {
        assert_eq!(self.s.browser.left(), None, "no redirect was asked for");
        assert_eq!(self.s.browser.page().status, 200);
        assert!(!self.s.browser.has("#logout-confirm"), "the page says that the person is signed out");
        self.nobody_is_signed_in().await;
    }
}

fn drop_field(fields: &mut Vec<(&'static str, String)>, name: &str) {
    fields.retain(|(known, _)| *known != name);
}

fn set_field(fields: &mut [(&'static str, String)], name: &str, value: String) {
    fields.iter_mut().find(|(known, _)| *known == name).unwrap().1 = value;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_discovery_endpoint_verification() {
    let p = Published::read().await;

    p.is_address("end_session_endpoint");
    p.endpoints_are_https();
}

#[tokio::test]
async fn oidcc_rp_initiated_logout() {
    let mut scene = Scene::set().await;

    scene.end(|_| {}).await;

    let state = scene.state.clone();
    scene.is_over_with(&[("state", &state)]).await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_bad_post_logout_redirect_uri() {
    let mut scene = Scene::set().await;
    let bad = "https://suite.example/test/a/tenantry/bad_post_logout_redirect_uri".to_owned();

    scene.end(|fields| set_field(fields, "post_logout_redirect_uri", bad)).await;

    scene.asks_and_stays().await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri() {
    let mut scene = Scene::set().await;

    scene.end(|fields| set_field(fields, "post_logout_redirect_uri", format!("{SIGNED_OUT}?foo=bar"))).await;

    scene.asks_and_stays().await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_modified_id_token_hint() {
    let mut scene = Scene::set().await;
    let claims = scene.tokens.id_token.split('.').nth(1).unwrap();
    let unsigned = format!("{}.{claims}.", URL_SAFE_NO_PAD.encode(r#"{"alg": "none"}"#));

    scene.end(|fields| set_field(fields, "id_token_hint", unsigned)).await;

    scene.asks_and_stays().await;
}

/// As the suite makes it: signed with a key of its own, and `iss` and `aud` the other way round.
#[tokio::test]
async fn oidcc_rp_initiated_logout_bad_id_token_hint() {
    let mut scene = Scene::set().await;
    let now = scene.s.t.now().seconds();
    let claims = json!({
        "iss": scene.s.one.id, "aud": scene.s.issuer(), "sub": "SubjectID", "nonce": "flibble", "iat": now, "exp": now + 300,
    });
    let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(&json!({ "alg": "RS256", "kid": scene.tokens.header["kid"] })), encode(&claims));
    let fake = format!("{signed}.{}", URL_SAFE_NO_PAD.encode([7; 256]));

    scene.end(|fields| set_field(fields, "id_token_hint", fake)).await;

    scene.asks_and_stays().await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_id_token_hint() {
    let mut scene = Scene::set().await;

    scene.end(|fields| drop_field(fields, "id_token_hint")).await;

    scene.asks_and_stays().await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_params() {
    let mut scene = Scene::set().await;

    scene.end(Vec::clear).await;

    scene.asks_and_stays().await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_only_state() {
    let mut scene = Scene::set().await;

    scene.end(|fields| fields.retain(|(name, _)| *name == "state")).await;

    scene.asks_and_stays().await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_post_logout_redirect_uri() {
    let mut scene = Scene::set().await;

    scene.end(|fields| drop_field(fields, "post_logout_redirect_uri")).await;

    scene.is_signed_out_here().await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_state() {
    let mut scene = Scene::set().await;

    scene.end(|fields| drop_field(fields, "state")).await;

    scene.is_over_with(&[]).await;
}
