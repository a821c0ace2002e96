//! The plans that ask how an application hears that its person signed out elsewhere.
//!
//! | plan | module | what counts |
//! | --- | --- | --- |
//! | `oidcc-backchannel-rp-initiated-logout-certification-test-plan` | oidcc-backchannel-logout-discovery-endpoint-verification | both members of the metadata |
//! | | oidcc-backchannel-rp-initiated-logout | one `logout_token`, back with `state`, nobody is signed in |
//! | `oidcc-frontchannel-rp-initiated-logout-certification-test-plan` | oidcc-frontchannel-logout-discovery-endpoint-verification | both members of the metadata |
//! | | oidcc-frontchannel-rp-initiated-logout | a frame with `iss` and `sid`, onwards with `state`, nobody is signed in |
use serde_json::json;
use tenantry::model::{AuthMethod, ClientMetadata};
use tenantry::service::backchannel::deliver_due;
use url::Url;

use super::answers::{Tokens, part};
use super::checks::NEEDS_A_PAGE;
use super::config::Published;
use super::modules::happy;
use super::suite::{Mode, SIGNED_OUT, Suite, random};
use crate::logout::Receiver;

/// Where the suite's front-channel address is.
const FRAME: &str = "https://suite.example/test/a/tenantry/frontchannel_logout";

async fn signed_in(details: impl Fn(&mut ClientMetadata)) -> (Suite, Tokens) {
    let mut s = Suite::with(Mode::Default, AuthMethod::Basic, details).await;
    let request = s.request(&s.one, "openid");
    let (tokens, _) = happy(&mut s, &request).await;
    (s, tokens)
}

/// Ends the session as the application does it; gives the `state` that was sent.
async fn end(s: &mut Suite, tokens: &Tokens) -> String {
    let state = random(128);
    let fields = [("id_token_hint", tokens.id_token.as_str()), ("post_logout_redirect_uri", SIGNED_OUT), ("state", &state)];
    let url = Url::parse_with_params(s.endpoint("end_session_endpoint"), fields).unwrap();
    s.browser.goto(url.as_str()).await;
    state
}

async fn nobody_is_signed_in(s: &mut Suite) {
    let request = s.request(&s.one, "openid").with("prompt", "none");
    let callback = s.callback(&request).await;
    s.good_error(&request, &callback, NEEDS_A_PAGE);
}

#[tokio::test]
async fn oidcc_backchannel_logout_discovery_endpoint_verification() {
    let p = Published::read().await;

    assert_eq!(
        (&p.document["backchannel_logout_supported"], &p.document["backchannel_logout_session_supported"]),
        (&json!(true), &json!(true))
    );
    p.is_address("end_session_endpoint");
    p.endpoints_are_https();
}

#[tokio::test]
async fn oidcc_frontchannel_logout_discovery_endpoint_verification() {
    let p = Published::read().await;

    assert_eq!(
        (&p.document["frontchannel_logout_supported"], &p.document["frontchannel_logout_session_supported"]),
        (&json!(true), &json!(true))
    );
    p.is_address("end_session_endpoint");
    p.endpoints_are_https();
}

#[tokio::test]
async fn oidcc_backchannel_rp_initiated_logout() {
    let receiver = Receiver::start().await;
    let (mut s, tokens) = signed_in(|metadata| metadata.backchannel_logout_uri = Some(receiver.uri.clone())).await;

    let state = end(&mut s, &tokens).await;
    for task in deliver_due(&s.t.app, s.t.now()).await.unwrap() {
        task.await.unwrap();
    }

    let landed: Vec<(String, String)> = s.browser.landing().query_pairs().into_owned().collect();
    assert!(s.browser.landing().as_str().starts_with(SIGNED_OUT));
    assert_eq!(landed, [("state".to_owned(), state)]);
    // `tokens` fails if the body holds more than the token.
    let heard = receiver.tokens();
    assert_eq!(heard.len(), 1, "the client of the session alone, once");
    let (header, claims) = (part(&heard[0], 0), part(&heard[0], 1));
    assert_eq!(header["alg"], "RS256", "as the client's ID tokens");
    assert!(s.jwks["keys"].as_array().unwrap().iter().any(|key| key["kid"] == header["kid"]));
    for name in ["iss", "aud", "sub", "sid"] {
        assert_eq!(claims[name], tokens.claims[name], "Back-Channel Logout 2.4: {name}");
    }
    assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    assert!(claims["iat"].is_i64() && claims["jti"].is_string() && claims.get("nonce").is_none());
    nobody_is_signed_in(&mut s).await;
}

/// The attributes of one element that the page of the logout must have.
fn attribute(s: &Suite, css: &str, name: &str) -> String {
    let document = s.browser.page().document();
    let found: Vec<_> = document.select(&scraper::Selector::parse(css).unwrap()).map(|e| e.attr(name).unwrap().to_owned()).collect();
    assert_eq!(found.len(), 1, "{css}: {found:?}");
    found[0].clone()
}

#[tokio::test]
async fn oidcc_frontchannel_rp_initiated_logout() {
    let (mut s, tokens) = signed_in(|metadata| metadata.frontchannel_logout_uri = Some(FRAME.to_owned())).await;

    let state = end(&mut s, &tokens).await;

    let frame: Url = attribute(&s, "iframe", "src").parse().unwrap();
    assert!(frame.as_str().starts_with(&format!("{FRAME}?")));
    let told: Vec<(String, String)> = frame.query_pairs().into_owned().collect();
    let sid = tokens.claims["sid"].as_str().unwrap();
    assert_eq!(told, [("iss".to_owned(), s.issuer().to_owned()), ("sid".to_owned(), sid.to_owned())], "nothing else");
    let onwards = format!("{SIGNED_OUT}?state={state}");
    assert_eq!(attribute(&s, "[data-frames]", "data-next"), onwards, "with scripts: once the frames are there");
    assert!(attribute(&s, "meta[http-equiv=refresh]", "content").ends_with(&format!("url={onwards}")), "without: by itself too");
    nobody_is_signed_in(&mut s).await;
}
