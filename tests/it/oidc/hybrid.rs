//! Response types that hand out tokens from the authorization endpoint (OpenID Connect Core 3.2 and 3.3): legacy, and only
//! for clients that were registered for them.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use tenantry::model::{ClientMetadata, GrantType, ResponseMode, ResponseType, SigningAlg};
use tenantry::world::token::sha256;

use super::arena::{Answer, Scene, answer, changed, page, payload, told, verified};
use crate::harness::browser::Browser;
use crate::harness::net;
use crate::harness::relying_party::Request;
use crate::harness::world::CALLBACK;

const SCOPES: &[&str] = &["openid", "profile", "email", "tenant"];

fn legacy(metadata: &mut ClientMetadata) {
    metadata.response_types = ResponseType::ALL.to_vec();
    metadata.response_modes = ResponseMode::ALL.to_vec();
    metadata.grant_types = vec![GrantType::AuthorizationCode, GrantType::Implicit, GrantType::RefreshToken];
    metadata.authorization_signed_response_alg = SigningAlg::Es256;
}

fn asking(s: &Scene, kind: &str, extra: &[(&str, &str)]) -> Request {
    let mut request = s.party.authorize(SCOPES, extra);
    request.url = changed(&request.url, "response_type", Some(kind));
    request
}

/// What the application is told in the fragment.
async fn received(browser: &mut Browser, request: &Request) -> Map<String, Value> {
    browser.goto(request.url.as_str()).await;
    assert!(browser.landing().fragment().is_some() && browser.landing().query().is_none(), "{}", browser.landing());
    told(browser.landing())
}

/// The left half of the digest (OpenID Connect Core 3.1.3.6).
fn half(text: &str) -> Value {
    json!(URL_SAFE_NO_PAD.encode(&sha256(text.as_bytes())[..16]))
}

async fn redeem(s: &Scene, request: &Request, code: &str) -> Answer {
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", &request.verifier)];
    answer(net::client().post(s.t.url("/token")).basic_auth(&s.party.client_id, s.party.secret.as_deref()).form(&form)).await
}

async fn userinfo(s: &Scene, token: &str) -> Answer {
    answer(net::client().get(s.t.url("/userinfo")).bearer_auth(token)).await
}

#[tokio::test]
async fn each_type_hands_out_what_it_names_and_no_more() {
    let s = Scene::with(legacy).await;
    let mut browser = s.signed_in().await;

    for kind in ResponseType::ALL.iter().filter(|kind| **kind != ResponseType::Code) {
        let request = asking(&s, kind.as_str(), &[]);
        let told = received(&mut browser, &request).await;
        let has = |name: &str| told.contains_key(name);

        assert_eq!((has("code"), has("access_token"), has("id_token")), (kind.has_code(), kind.has_token(), kind.has_id_token()), "{kind}");
        assert_eq!((&told["state"], &told["iss"]), (&json!(request.state), &json!(s.t.origin)), "{kind}");
        assert!(!has("refresh_token") && !has("error"));
        if kind.has_token() {
            assert_eq!((&told["token_type"], &told["expires_in"]), (&json!("Bearer"), &json!("300")), "{kind}");
        }
        if let Some(id_token) = told.get("id_token") {
            let claims = verified(&s.t, id_token.as_str().unwrap(), "RS256").await;
            assert_eq!((&claims["nonce"], &claims["aud"]), (&json!(request.nonce), &json!(s.party.client_id)), "{kind}");
            assert_eq!((&claims["sub"], &claims["tenant"]), (&json!(s.anna.id), &json!("acme")), "{kind}");
            assert_eq!(claims.get("at_hash"), told.get("access_token").map(|token| half(token.as_str().unwrap())).as_ref(), "{kind}");
            assert_eq!(claims.get("c_hash"), told.get("code").map(|code| half(code.as_str().unwrap())).as_ref(), "{kind}");
        }
    }
}

#[tokio::test]
async fn an_id_token_alone_tells_what_userinfo_would_and_beside_a_token_it_does_not() {
    let s = Scene::with(legacy).await;
    let mut browser = s.signed_in().await;

    let alone = payload(received(&mut browser, &asking(&s, "id_token", &[])).await["id_token"].as_str().unwrap());
    let both = received(&mut browser, &asking(&s, "id_token token", &[])).await;
    let beside = payload(both["id_token"].as_str().unwrap());
    let info = userinfo(&s, both["access_token"].as_str().unwrap()).await;

    assert_eq!((&alone["email"], &alone["name"]), (&json!("anna@acme.example"), &json!("Anna Example")));
    assert!(beside.get("email").is_none() && beside.get("name").is_none());
    assert_eq!((info.status.as_u16(), &info.body["email"]), (200, &json!("anna@acme.example")));
}

#[tokio::test]
async fn the_code_of_a_hybrid_answer_is_redeemed_like_any_other_and_its_tokens_are_one_family() {
    let s = Scene::with(legacy).await;
    let mut browser = s.signed_in().await;
    let request = asking(&s, "code id_token token", &[]);
    let told = received(&mut browser, &request).await;
    let (code, front) = (told["code"].as_str().unwrap(), told["access_token"].as_str().unwrap());

    let first = redeem(&s, &request, code).await;
    let (here, there) = (payload(told["id_token"].as_str().unwrap()), payload(first.text("id_token")));
    assert_eq!(userinfo(&s, front).await.status, 200);
    let replay = redeem(&s, &request, code).await;

    for claim in ["iss", "sub", "aud", "nonce", "auth_time", "sid"] {
        assert_eq!(here[claim], there[claim], "{claim}");
    }
    assert_eq!(replay.error(), (400, "invalid_grant"));
    assert_eq!(userinfo(&s, front).await.status, 401, "the replay ends what was handed out in front too");
    assert_eq!(userinfo(&s, first.text("access_token")).await.status, 401);
}

#[tokio::test]
async fn a_first_sign_in_ends_in_front_tokens_that_name_its_session() {
    let s = Scene::with(legacy).await;
    let mut browser = s.t.browser();
    let request = asking(&s, "code id_token token", &[]);

    browser.goto(request.url.as_str()).await;
    s.t.sign_in(&mut browser, &s.anna).await;
    let first = payload(told(browser.landing())["id_token"].as_str().unwrap());
    let silent = received(&mut browser, &asking(&s, "id_token", &[("prompt", "none")])).await;
    let second = payload(silent["id_token"].as_str().unwrap());

    assert_eq!(
        (&first["acr"], &first["sid"], &first["auth_time"]),
        (&json!("urn:tenantry:acr:email"), &second["sid"], &second["auth_time"])
    );
    assert!(first["sid"].is_string());
}

#[tokio::test]
async fn a_nonce_is_required_and_errors_travel_in_the_fragment() {
    let s = Scene::with(legacy).await;
    let mut browser = s.signed_in().await;
    let refused = async |browser: &mut Browser, kind: &str, name: &str, value: Option<&str>| {
        let request = asking(&s, kind, &[]);
        let request = Request { url: changed(&request.url, name, value), ..request };
        received(browser, &request).await["error"].as_str().unwrap().to_owned()
    };

    for kind in ["id_token", "id_token token", "code id_token", "code id_token token"] {
        assert_eq!(refused(&mut browser, kind, "nonce", None).await, "invalid_request", "{kind}");
    }
    assert!(received(&mut browser, &asking(&s, "code token", &[])).await.contains_key("code"));
    for kind in ["code id_token", "code token", "code id_token token"] {
        assert_eq!(refused(&mut browser, kind, "code_challenge", None).await, "invalid_request", "{kind}: a code needs PKCE");
    }
    assert_eq!(refused(&mut browser, "id_token", "scope", Some("tenant")).await, "invalid_scope");
    assert_eq!(refused(&mut browser, "id_token", "max_age", Some("x")).await, "invalid_request");
    for mode in ["query", "query.jwt", "unknown"] {
        assert_eq!(refused(&mut browser, "code id_token", "response_mode", Some(mode)).await, "invalid_request", "{mode}");
    }
    let mut stranger = s.t.browser();
    let silent = received(&mut stranger, &asking(&s, "code id_token", &[("prompt", "none")])).await;
    assert_eq!((&silent["error"], &silent["iss"]), (&json!("login_required"), &json!(s.t.origin)));
}

#[tokio::test]
async fn the_words_may_stand_in_any_order_and_no_challenge_is_needed_without_a_code() {
    let s = Scene::with(legacy).await;
    let mut browser = s.signed_in().await;

    let swapped = received(&mut browser, &asking(&s, "token code id_token", &[])).await;
    let request = asking(&s, "token id_token", &[]);
    let bare = changed(&changed(&request.url, "code_challenge", None), "code_challenge_method", None);
    let implicit = received(&mut browser, &Request { url: bare, ..request }).await;

    assert!(swapped.contains_key("code") && swapped.contains_key("id_token") && swapped.contains_key("access_token"));
    assert!(implicit.contains_key("id_token") && implicit.contains_key("access_token") && !implicit.contains_key("code"));
}

#[tokio::test]
async fn hybrid_answers_travel_by_form_post_and_signed_too() {
    let s = Scene::with(legacy).await;
    let mut browser = s.signed_in().await;

    let posted = page(&mut browser, asking(&s, "code id_token", &[("response_mode", "form_post")]).url.as_str()).await;
    let signed = received(&mut browser, &asking(&s, "code id_token", &[("response_mode", "jwt")])).await;
    let claims = verified(&s.t, signed["response"].as_str().unwrap(), "ES256").await;

    assert_eq!(posted.attr("form", "action"), CALLBACK);
    assert!(posted.has("input[name=code]") && posted.has("input[name=id_token]") && posted.has("input[name=state]"));
    assert_eq!(signed.len(), 1);
    assert!(claims["code"].is_string() && claims["id_token"].is_string());
}

#[tokio::test]
async fn c_hash_follows_the_algorithm_of_the_id_token() {
    for alg in SigningAlg::ALL {
        let s = Scene::with(|m| {
            legacy(m);
            m.id_token_signed_response_alg = *alg;
        })
        .await;
        let told = received(&mut s.signed_in().await, &asking(&s, "code id_token", &[])).await;
        let claims = verified(&s.t, told["id_token"].as_str().unwrap(), alg.as_str()).await;

        // Ed25519 hashes with SHA-512 (RFC 8032 5.1): the half is 32 bytes long.
        let bytes = if *alg == SigningAlg::EdDsa { 32 } else { 16 };
        assert_eq!(URL_SAFE_NO_PAD.decode(claims["c_hash"].as_str().unwrap()).unwrap().len(), bytes, "{alg}");
    }
}

#[tokio::test]
async fn what_is_not_registered_does_not_exist() {
    let s = Scene::with(|m| {
        legacy(m);
        m.response_types = vec![ResponseType::Code, ResponseType::CodeIdToken];
    })
    .await;
    let bound = super::arena::another(&s.t, |m| {
        legacy(m);
        m.response_types = vec![ResponseType::Code, ResponseType::CodeIdToken];
        m.dpop_bound_access_tokens = true;
    })
    .await;
    let mut browser = s.signed_in().await;

    for kind in ["id_token", "id_token token", "code token", "token"] {
        browser.goto(asking(&s, kind, &[]).url.as_str()).await;
        assert_eq!(told(browser.landing())["error"], "unsupported_response_type", "{kind}");
    }
    let mixed = changed(&bound.authorize(&["openid"], &[]).url, "response_type", Some("code id_token"));
    browser.goto(mixed.as_str()).await;
    assert!(told(browser.landing()).contains_key("id_token"), "an id_token needs no key");
}

#[tokio::test]
async fn a_first_sign_in_that_ends_in_front_tokens_writes_no_more_often_than_one_that_ends_in_a_code() {
    let s = Scene::with(legacy).await;
    let writes = async |kind: &str| {
        let (mut browser, request) = (s.t.browser(), asking(&s, kind, &[]));
        let count = || s.t.log.lines_with("a transaction to write began").len();
        browser.goto(request.url.as_str()).await;
        let before = count();
        s.t.sign_in(&mut browser, &s.anna).await;
        assert!(told(browser.landing()).contains_key("code"), "{kind}");
        count() - before
    };

    let (code, front) = (writes("code").await, writes("code id_token token").await);

    assert_eq!(front, code);
}
