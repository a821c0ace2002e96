//! B16 and D over HTTP: tokens that were cut, stretched, bent or forged.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use tenantry::model::SigningAlg;

use super::{Scene, answered, call, error, is_alive, session, token};
use crate::harness::net;
use crate::harness::relying_party::RelyingParty;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::CALLBACK;

/// Every way to be nearly right: shorter, longer, one character changed, another alphabet.
fn bent(good: &str) -> Vec<String> {
    let mut all: Vec<String> = (1..good.len()).map(|end| good[..end].to_owned()).collect();
    all.extend([format!("{good}A"), format!("{good}="), format!("A{good}"), good.to_uppercase(), good.replace(['-', '_'], "+")]);
    all.extend((0..good.len()).map(|at| {
        let mut bytes = good.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    }));
    all.retain(|text| text != good && !text.is_empty());
    all
}

#[tokio::test]
async fn b16_nearly_right_codes_and_refresh_tokens_are_worth_nothing() {
    let s = Scene::set().await;
    let (mut browser, tokens) = s.signed_in().await;
    let (request, code) = s.code(&mut browser, &s.party).await;
    let redeem = async |code: &str| {
        let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", &request.verifier)];
        token(&s.party, &form).await
    };
    let refresh = tokens.refresh.unwrap();
    let rotate = async |value: &str| token(&s.party, &[("grant_type", "refresh_token"), ("refresh_token", value)]).await;

    for text in bent(&code) {
        assert_eq!(error(&redeem(&text).await), (400, "invalid_grant"), "{text}");
    }
    for text in bent(&refresh) {
        assert_eq!(error(&rotate(&text).await), (400, "invalid_grant"), "{text}");
    }
    assert_eq!(redeem(&code).await.0, 200);
    assert_eq!(rotate(&refresh).await.0, 200);
}

#[tokio::test]
async fn b16_nearly_right_access_tokens_and_session_cookies_are_worth_nothing() {
    let s = Scene::set().await;
    let (browser, tokens) = s.signed_in().await;
    let cookie = session(&browser).unwrap();

    for text in bent(&cookie) {
        assert!(!is_alive(&s.t, &text).await, "{text}");
    }
    // The last character of a signature holds unused bits; they must be zero.
    let signature = tokens.access.rfind('.').unwrap();
    for text in bent(&tokens.access[signature..]).into_iter().chain(["".to_owned(), ".".to_owned()]) {
        let text = format!("{}{text}", &tokens.access[..signature]);
        assert_eq!(userinfo(&s.t, &text).await, 401, "{text}");
    }
    assert!(is_alive(&s.t, &cookie).await);
    assert_eq!(userinfo(&s.t, &tokens.access).await, 200);
}

async fn userinfo(t: &Tenantry, token: &str) -> u16 {
    answered(net::client().get(t.url("/userinfo")).bearer_auth(token)).await.status
}

/// A token refused wherever one is read.
async fn assert_worthless(t: &Tenantry, party: &RelyingParty, forged: &str, case: &str) {
    assert!((400..500).contains(&userinfo(t, forged).await), "userinfo, {case}");
    let (status, told) = call(party, &t.url("/introspect"), &[("token", forged)]).await;
    assert!(status == 400 || told == json!({ "active": false }), "introspection, {case}: {told}");
    let mut url: url::Url = t.url("/end-session").parse().unwrap();
    url.query_pairs_mut().append_pair("id_token_hint", forged).append_pair("post_logout_redirect_uri", "https://app.example/bye");
    let page = answered(net::client().get(url)).await;
    assert!(page.header("location").is_empty() && page.status < 500, "logout, {case}: {page}");
}

fn part(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test]
async fn d01_d02_d04_d08_d13_forged_headers_are_refused_wherever_a_token_is_read() {
    let s = Scene::set().await;
    let (_, tokens) = s.signed_in().await;
    let (header, payload) = tokens.access.rsplit_once('.').unwrap().0.split_once('.').unwrap();
    let signature = tokens.access.rsplit_once('.').unwrap().1;
    let genuine: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    let with = |name: &str, value: serde_json::Value| {
        let mut header = genuine.clone();
        header[name] = value;
        header.to_string()
    };
    let doubled = genuine.to_string().replacen('{', "{\"alg\":\"none\",", 1);
    let headers = [
        with("alg", json!("none")),
        with("alg", json!("None")),
        with("alg", json!("HS256")),
        with("alg", json!("RS256")),
        with("alg", json!("dir")),
        with("crit", json!(["exp"])),
        with("jwk", json!({ "kty": "oct", "k": "AAAA" })),
        with("jku", json!("http://127.0.0.1:1/jwks")),
        with("x5u", json!("http://127.0.0.1:1/x5u")),
        with("kid", json!("../../etc/passwd")),
        with("kid", serde_json::Value::Null),
        with("typ", json!("logout+jwt")),
        doubled,
        "[]".to_owned(),
        "".to_owned(),
    ];

    for header in &headers {
        for signature in [signature, ""] {
            assert_worthless(&s.t, &s.party, &format!("{}.{payload}.{signature}", part(header)), header).await;
        }
    }
    for shape in [".", "..", "...", "a.b.c", "a.b.c.d.e", &format!("{header}.{payload}"), &format!("{}.x", tokens.access)] {
        assert_worthless(&s.t, &s.party, shape, shape).await;
    }
    assert_eq!(userinfo(&s.t, &tokens.access).await, 200);
}

#[tokio::test]
async fn d07_dates_that_are_none_panic_nowhere_even_when_well_signed() {
    let s = Scene::set().await;
    // Well signed and never issued: where the dates are taken as good, that is what raises the alarm.
    s.t.expect_errors();
    let registered = s.t.app.registered();
    let now = s.t.now().seconds();
    let good = json!({ "iss": s.t.origin, "aud": s.t.origin, "sub": s.anna.id, "client_id": s.party.client_id, "exp": now + 60, "iat": now,
        "jti": "tok_x", "scope": "openid" });

    for value in [json!(1e30), json!(i64::MAX), json!(u64::MAX), json!("1"), json!(null), json!([]), json!(1.5), json!(-1)] {
        for name in ["exp", "iat"] {
            let mut claims = good.as_object().unwrap().clone();
            claims.insert(name.to_owned(), value.clone());
            for typ in ["at+jwt", "JWT"] {
                let forged = registered.keys.sign(SigningAlg::Es256, typ, &claims).unwrap();
                assert_worthless(&s.t, &s.party, &forged, &format!("{name} = {value}")).await;
            }
        }
    }
    assert!(s.t.log.lines_with("panic").is_empty());
}

#[tokio::test]
async fn d11_giant_tokens_are_refused() {
    let s = Scene::set().await;
    let nested = part(&format!("{{\"alg\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000)));

    for (case, forged) in [("dots", ".".repeat(9_000)), ("nested", format!("{}.a.b", &nested[..8_000])), ("long", "a".repeat(12_000))] {
        assert_worthless(&s.t, &s.party, &forged, case).await;
    }
    let (status, _) = call(&s.party, &s.t.url("/introspect"), &[("token", &".".repeat(1_000_000))]).await;
    assert_eq!(status, 413);
}

#[tokio::test]
async fn d17_a_token_made_for_one_purpose_serves_no_other() {
    let s = Scene::set().await;
    let (_, tokens) = s.signed_in().await;

    assert_eq!(userinfo(&s.t, &tokens.id_token).await, 401);
    let told = call(&s.party, &s.t.url("/introspect"), &[("token", &tokens.id_token)]).await.1;
    assert_eq!(told, json!({ "active": false }));
    let mut url: url::Url = s.t.url("/end-session").parse().unwrap();
    url.query_pairs_mut().append_pair("id_token_hint", &tokens.access).append_pair("post_logout_redirect_uri", "https://app.example/bye");
    assert_eq!(answered(net::client().get(url)).await.header("location"), "", "an access token is no hint");
}
