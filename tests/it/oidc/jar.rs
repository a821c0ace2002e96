//! Signed request objects (RFC 9101, OpenID Connect Core 6).
use josekit::jwk::alg::ec::EcKeyPair;
use serde_json::{Value, json};
use tenantry::model::{ClientMetadata, SigningAlg};
use tenantry::protocol::Reason;

use super::arena::{Scene, assert_page, changed, jwks, pair, parameters, payload, signed, told};
use crate::harness::relying_party::{Landed, Request};
use crate::harness::world::CALLBACK;

const TYP: &str = "oauth-authz-req+jwt";

/// A scene whose application registered the key.
async fn scene(details: impl FnOnce(&mut ClientMetadata)) -> (Scene, EcKeyPair) {
    let pair = pair();
    let s = Scene::with(|m| {
        m.jwks = Some(jwks(&pair));
        details(m);
    })
    .await;
    (s, pair)
}

/// The claims of a good object for this request; `null` leaves one out.
fn claims(s: &Scene, request: &Request, changes: &Value) -> Value {
    let now = s.t.now().seconds();
    let mut claims = json!({ "iss": s.party.client_id, "aud": s.t.origin, "nbf": now, "exp": now + 300, "iat": now, "jti": "j" });
    for (name, value) in parameters(request) {
        claims[name] = json!(value);
    }
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

async fn sent(s: &Scene, jwt: &str, outer: &[(&str, &str)]) -> crate::harness::browser::Browser {
    let mut browser = s.signed_in().await;
    s.visit(&mut browser, &[&[("client_id", s.party.client_id.as_str()), ("request", jwt)], outer].concat()).await;
    browser
}

#[tokio::test]
async fn a_signed_request_is_processed_completely() {
    let (s, pair) = scene(|_| {}).await;

    for typ in [TYP, "application/oauth-authz-req+jwt", "JWT"] {
        let request = s.party.authorize(&["openid", "tenant"], &[("response_mode", "form_post")]);
        let jwt = signed(&pair, typ, &claims(&s, &request, &json!({ "response_mode": null, "max_age": 3600 })));
        let browser = sent(&s, &jwt, &[]).await;
        let code = s.party.landed(&request, browser.landing()).code();
        let tokens = s.party.exchange(&request, &code).await.unwrap();
        assert_eq!((&tokens.claims["tenant"], &tokens.claims["nonce"]), (&json!("acme"), &json!(request.nonce)), "{typ}");
    }
}

#[tokio::test]
async fn what_stands_inside_wins_and_what_stands_outside_does_not_count() {
    let (s, pair) = scene(|_| {}).await;
    let request = s.party.authorize(&["openid"], &[]);
    let jwt = signed(&pair, TYP, &claims(&s, &request, &json!({ "nonce": null })));
    let outer = [
        ("redirect_uri", "https://evil.example/cb"),
        ("state", "evil"),
        ("nonce", "evil"),
        ("scope", "openid email"),
        ("response_type", "token"),
        ("response_mode", "fragment"),
    ];

    let browser = sent(&s, &jwt, &outer).await;
    let code = s.party.landed(&request, browser.landing()).code();
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK), ("code_verifier", &request.verifier)];
    let url = s.t.url("/token");
    let call = crate::harness::net::client().post(url).basic_auth(&s.party.client_id, s.party.secret.as_deref()).form(&form);
    let answer = super::arena::answer(call).await;

    assert_eq!(answer.text("scope"), "openid");
    assert!(payload(answer.text("id_token")).get("nonce").is_none(), "a nonce outside is nobody's word");
}

#[tokio::test]
async fn d01_an_unsigned_request_object_is_not_supported() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let (s, _) = scene(|_| {}).await;
    let request = s.party.authorize(&["openid"], &[]);
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());

    for alg in ["none", "None", "nOnE"] {
        let jwt = format!("{}.{}.", part(&json!({ "alg": alg })), part(&claims(&s, &request, &json!({}))));
        let browser = sent(&s, &jwt, &[("redirect_uri", CALLBACK), ("response_type", "code"), ("state", "outside")]).await;
        let told = told(browser.landing());
        assert_eq!((&told["error"], &told["state"]), (&json!("request_not_supported"), &json!("outside")), "{alg}");

        let browser = sent(&s, &jwt, &[]).await;
        assert_page(browser.page(), "request_not_supported");
    }
    assert!(s.t.log.text().contains(&format!("{:?}", Reason::RequestObjectUnsigned)));
}

/// The object is refused at the proven address, for this reason.
async fn refused(s: &Scene, jwt: &str, reason: Reason) {
    let outer = [("redirect_uri", CALLBACK), ("response_type", "code"), ("scope", "openid")];
    let browser = sent(s, jwt, &outer).await;
    assert_eq!(told(browser.landing())["error"], "invalid_request_object", "{reason:?}");
    let log = s.t.log.text();
    assert!(log.lines().last().unwrap().contains(&format!("{reason:?}")), "{reason:?} is not the last in the log");
}

#[tokio::test]
async fn d02_d04_objects_that_no_registered_key_signed_are_refused() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let (s, own) = scene(|_| {}).await;
    let request = s.party.authorize(&["openid"], &[]);
    let good = claims(&s, &request, &json!({}));
    let genuine = signed(&own, TYP, &good);
    let (head, signature) = genuine.rsplit_once('.').unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let forged = |header: Value| format!("{}.{}.{signature}", part(&header), part(&good));

    refused(&s, &signed(&pair(), TYP, &good), Reason::RequestObjectSignature).await;
    refused(&s, &format!("{head}.{}", URL_SAFE_NO_PAD.encode([0; 64])), Reason::RequestObjectSignature).await;
    refused(&s, &signed(&own, "dpop+jwt", &good), Reason::RequestObjectSignature).await;
    for header in
        [json!({ "alg": "HS256" }), json!({ "alg": "ES256", "jku": "https://evil.example" }), json!({ "alg": "ES256", "crit": ["b64"] })]
    {
        refused(&s, &forged(header), Reason::RequestObjectSignature).await;
    }
    for text in ["x", "x.y.z", "..", &"a".repeat(9_000)] {
        refused(&s, text, Reason::RequestObjectSignature).await;
    }
}

#[tokio::test]
async fn objects_with_wrong_claims_are_refused() {
    let (s, pair) = scene(|_| {}).await;
    let request = s.party.authorize(&["openid"], &[]);
    let now = s.t.now().seconds();
    let cases = [
        (json!({ "iss": "cli_other" }), Reason::RequestObjectClaims),
        (json!({ "iss": null }), Reason::RequestObjectClaims),
        (json!({ "aud": "https://other.example" }), Reason::RequestObjectClaims),
        (json!({ "aud": null }), Reason::RequestObjectClaims),
        (json!({ "client_id": "cli_other" }), Reason::RequestObjectClaims),
        (json!({ "exp": "soon" }), Reason::RequestObjectClaims),
        (json!({ "exp": u64::MAX }), Reason::RequestObjectClaims),
        (json!({ "exp": now - 60 }), Reason::RequestObjectAge),
        (json!({ "nbf": now + 60 }), Reason::RequestObjectAge),
        (json!({ "request": "x.y.z" }), Reason::RequestObjectNested),
        (json!({ "request_uri": "urn:x" }), Reason::RequestObjectNested),
    ];

    for (changes, reason) in cases {
        refused(&s, &signed(&pair, TYP, &claims(&s, &request, &changes)), reason).await;
    }
    let assertion = claims(&s, &request, &json!({ "sub": s.party.client_id }));
    refused(&s, &signed(&pair, "JWT", &assertion), Reason::RequestObjectClaims).await;
}

#[tokio::test]
async fn faults_inside_a_good_object_are_told_at_the_address_inside() {
    let (s, pair) = scene(|_| {}).await;
    let request = s.party.authorize(&["openid"], &[]);

    let scope = sent(&s, &signed(&pair, TYP, &claims(&s, &request, &json!({ "scope": "unknown" }))), &[]).await;
    let uri = sent(&s, &signed(&pair, TYP, &claims(&s, &request, &json!({ "redirect_uri": "https://evil.example/cb" }))), &[]).await;

    assert_eq!(s.party.landed(&request, scope.landing()).error(), "invalid_scope");
    assert_page(uri.page(), "invalid_request");
}

#[tokio::test]
async fn the_client_must_be_named_outside() {
    let (s, pair) = scene(|_| {}).await;
    let request = s.party.authorize(&["openid"], &[]);
    let jwt = signed(&pair, TYP, &claims(&s, &request, &json!({})));
    let mut browser = s.signed_in().await;

    s.visit(&mut browser, &[("request", jwt.as_str())]).await;

    assert_page(browser.page(), "invalid_request");
}

#[tokio::test]
async fn the_registered_algorithm_is_the_only_one() {
    let (s, pair) = scene(|m| m.request_object_signing_alg = Some(SigningAlg::Ps256)).await;
    let request = s.party.authorize(&["openid"], &[]);

    refused(&s, &signed(&pair, TYP, &claims(&s, &request, &json!({}))), Reason::RequestObjectSignature).await;
}

#[tokio::test]
async fn a_client_that_must_sign_is_refused_without_and_with_objects_that_live_too_long() {
    let (s, pair) = scene(|m| m.require_signed_request_object = true).await;
    let mut browser = s.signed_in().await;
    let request = s.party.authorize(&["openid"], &[]);
    let now = s.t.now().seconds();

    browser.goto(request.url.as_str()).await;
    assert_eq!(s.party.landed(&request, browser.landing()).error(), "invalid_request");
    for (changes, reason) in [
        (json!({ "nbf": null }), Reason::RequestObjectClaims),
        (json!({ "exp": null }), Reason::RequestObjectClaims),
        (json!({ "nbf": now - 3601 }), Reason::RequestObjectAge),
        (json!({ "exp": now + 3601 }), Reason::RequestObjectAge),
    ] {
        refused(&s, &signed(&pair, TYP, &claims(&s, &request, &changes)), reason).await;
    }
    let good = sent(&s, &signed(&pair, TYP, &claims(&s, &request, &json!({}))), &[]).await;
    assert!(matches!(s.party.landed(&request, good.landing()), Landed::Code(_)));
}

#[tokio::test]
async fn a_request_object_may_be_pushed_and_nothing_beside_it_counts() {
    let (s, pair) = scene(|m| (m.require_signed_request_object, m.require_pushed_authorization_requests) = (true, true)).await;
    let request = s.party.authorize(&["openid"], &[]);
    let id = s.party.client_id.as_str();
    let jwt = signed(&pair, TYP, &claims(&s, &request, &json!({})));
    let mut browser = s.signed_in().await;

    let pushed = s.push(&[("client_id", id), ("request", &jwt), ("state", "evil"), ("scope", "openid email")]).await;
    s.t.later(std::time::Duration::from_secs(30));
    s.visit(&mut browser, &[("client_id", id), ("request_uri", pushed.text("request_uri"))]).await;
    assert!(matches!(s.party.landed(&request, browser.landing()), Landed::Code(_)));

    let forged = signed(&super::arena::pair(), TYP, &claims(&s, &request, &json!({})));
    assert_eq!(s.push(&[("client_id", id), ("request", &forged)]).await.error(), (400, "invalid_request_object"));
    assert_eq!(s.push(&super::arena::borrowed(&parameters(&request))).await.error(), (400, "invalid_request"));
}

#[tokio::test]
async fn a_broken_request_parameter_beside_a_good_request_is_told() {
    let (s, _) = scene(|_| {}).await;
    let request = s.party.authorize(&["openid"], &[]);
    let mut browser = s.signed_in().await;
    let mut twice = changed(&request.url, "request", Some("x.y.z"));
    twice.query_pairs_mut().append_pair("request", "x.y.z");

    browser.goto(twice.as_str()).await;

    assert_eq!(s.party.landed(&request, browser.landing()).error(), "invalid_request");
}

/// A place on this machine that answers every request with one text and counts them.
async fn shelf(text: String) -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let hits = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&hits);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4096]).await;
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", text.len());
            let _ = stream.write_all(format!("{head}{text}").as_bytes()).await;
        }
    });
    (format!("http://{address}/request.jwt"), hits)
}

/// Registers addresses that `client add` would refuse: the tests have no https.
async fn db_request_uris(s: &Scene, uris: &[&str]) {
    let id = tenantry::model::ClientId::from_text(s.party.client_id.clone());
    let mut metadata = s.t.app.registered().clients[&id].metadata.clone();
    metadata.request_uris = uris.iter().map(|uri| (*uri).to_owned()).collect();
    s.t.app.store.write(async |w| w.set_client_metadata(&id, &metadata).await).await.unwrap();
    s.t.app.refresh().await.unwrap();
}

#[tokio::test]
async fn a_registered_request_uri_is_fetched_and_others_are_not() {
    let (s, pair) = scene(|_| {}).await;
    let request = s.party.authorize(&["openid"], &[]);
    let (uri, hits) = shelf(signed(&pair, TYP, &claims(&s, &request, &json!({})))).await;
    db_request_uris(&s, &[&uri]).await;
    let id = s.party.client_id.as_str();
    let mut browser = s.signed_in().await;

    s.visit(&mut browser, &[("client_id", id), ("request_uri", &uri), ("state", "evil")]).await;
    assert!(matches!(s.party.landed(&request, browser.landing()), Landed::Code(_)));
    // Read again, understood again; but what lies there names the same challenge (b07).
    s.visit(&mut browser, &[("client_id", id), ("request_uri", &format!("{uri}#version-2")), ("state", "evil")]).await;
    let again = s.party.landed(&request, browser.landing());
    assert!(matches!(&again, Landed::Denied { description, .. } if description.contains("code_challenge")), "{again:?}");
    assert_eq!(hits.load(std::sync::atomic::Ordering::SeqCst), 2);
    for uri in [format!("{uri}?x"), format!("{uri}/"), uri.replace("request", "other")] {
        s.visit(&mut browser, &[("client_id", id), ("request_uri", &uri)]).await;
        assert_page(browser.page(), "invalid_request_uri");
    }
    assert_eq!(hits.load(std::sync::atomic::Ordering::SeqCst), 2, "k01: no other address is asked");
    assert_eq!(s.push(&[("client_id", id), ("request_uri", &uri)]).await.error(), (400, "invalid_request"));
}

#[tokio::test]
async fn what_lies_at_a_request_uri_must_be_signed_and_be_there() {
    let (s, _) = scene(|_| {}).await;
    let request = s.party.authorize(&["openid"], &[]);
    let (forged, _) = shelf(signed(&pair(), TYP, &claims(&s, &request, &json!({})))).await;
    let closed = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/gone", listener.local_addr().unwrap())
    };
    db_request_uris(&s, &[&forged, &closed]).await;
    let mut browser = s.signed_in().await;

    for (uri, code) in [(&forged, "invalid_request_object"), (&closed, "invalid_request_uri")] {
        s.visit(&mut browser, &[("client_id", s.party.client_id.as_str()), ("request_uri", uri)]).await;
        assert_page(browser.page(), code);
    }
    assert!(s.t.log.text().contains(&format!("{:?}", Reason::RequestUriUnreachable)));
}
