//! How clients prove themselves, and what malformed requests are answered with.
use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tenantry::model::{AuthMethod, Client, GrantType, SigningAlg};
use tenantry::protocol::client_auth::ASSERTION_TYPE;
use tenantry::service::clients::Preset;

use super::{ALL, Answer, Arena, answer};
use crate::harness::net;
use crate::harness::par::par;
use crate::harness::tenantry::Tenantry;

async fn post(t: &Tenantry, form: &[(&str, &str)]) -> Answer {
    answer(net::client().post(t.url("/token")).form(form)).await
}

#[tokio::test]
async fn b13_a_machine_gets_its_registered_scopes_and_no_refresh_token() {
    let t = Tenantry::start().await;
    let (client, secret) = t
        .client(Preset::Machine, |new| {
            new.metadata.scopes = vec!["orders".to_owned(), "openid".to_owned()];
            new.metadata.audiences = vec!["https://api.example".to_owned()];
        })
        .await;
    let ask = async |scope: &str| {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        answer(net::client().post(t.url("/token")).basic_auth(client.id.as_str(), secret.as_deref()).form(&form)).await
    };

    let all = ask("").await.good();
    let claims = super::claims(all.text("access_token"));

    assert_eq!((&claims["sub"], &claims["scope"], &claims["aud"]), (&json!(client.id), &json!("orders"), &json!("https://api.example")));
    assert!(all.body.get("refresh_token").is_none() && all.body.get("id_token").is_none());
    assert_eq!(ask("orders admin").await.good().text("scope"), "orders");
    assert_eq!(ask("admin openid").await.error(), (400, "invalid_scope"));
    let userinfo = answer(net::client().get(t.url("/userinfo")).bearer_auth(all.text("access_token"))).await;
    assert_eq!(userinfo.status, 401, "the token is not meant for userinfo");
}

#[tokio::test]
async fn b14_other_grant_types_do_not_exist() {
    let a = Arena::new().await;

    assert_eq!(
        a.post("/token", &[("grant_type", "password"), ("username", "x"), ("password", "y")]).await.error(),
        (400, "unsupported_grant_type")
    );
    assert_eq!(a.post("/token", &[("grant_type", "client_credentials")]).await.error(), (400, "unauthorized_client"));
    assert_eq!(a.post("/token", &[]).await.error(), (400, "invalid_request"));
}

#[tokio::test]
async fn a_failed_proof_is_401_with_a_challenge() {
    let a = Arena::new().await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];

    let wrong = a.post_as(&a.client, "tns_wrong", "/token", &form).await;
    let nobody = answer(net::client().post(a.t.url("/token")).basic_auth("cli_nobody", Some("x")).form(&form)).await;
    let by_post = post(&a.t, &[form[0], form[1], ("client_id", a.client.id.as_str()), ("client_secret", &a.secret)]).await;
    let twice = a.post("/token", &[form[0], form[1], ("client_secret", &a.secret)]).await;
    let good = a.post("/token", &form).await;

    for refused in [&wrong, &nobody, &by_post] {
        assert_eq!(refused.error(), (401, "invalid_client"));
        assert!(refused.headers["www-authenticate"].to_str().unwrap().starts_with("Basic "));
    }
    assert_eq!(twice.error(), (400, "invalid_request"));
    assert_eq!(good.error(), (400, "invalid_grant"));
    assert!(!good.headers.contains_key("www-authenticate"));
}

#[tokio::test]
async fn guesses_are_paused_and_the_right_secret_is_not() {
    let a = Arena::new().await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];

    for _ in 0..20 {
        assert_eq!(a.post_as(&a.client, "tns_wrong", "/token", &form).await.status, 401);
    }
    let paused = a.post_as(&a.client, "tns_wrong", "/token", &form).await;

    assert_eq!(paused.status, 429);
    assert!(paused.headers.contains_key("retry-after"));
    assert_eq!(a.post("/token", &form).await.error(), (400, "invalid_grant"));
}

/// A client with a key of its own: OpenSSL signs for it here, as it would elsewhere.
pub(super) async fn keyed(t: &Tenantry) -> (Client, josekit::jwk::alg::ec::EcKeyPair) {
    let pair = josekit::jwk::alg::ec::EcKeyPair::generate(josekit::jwk::alg::ec::EcCurve::P256).unwrap();
    let jwks = json!({ "keys": [pair.to_jwk_public_key()] });
    let (client, _) = t
        .client(Preset::Machine, |new| {
            new.metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
            new.metadata.scopes = vec!["orders".to_owned()];
            new.metadata.jwks = Some(jwks);
        })
        .await;
    (client, pair)
}

pub(super) fn assertion(pair: &josekit::jwk::alg::ec::EcKeyPair, claims: &Value) -> String {
    use josekit::jws::{ES256, JwsSigner};
    let signer = ES256.signer_from_der(pair.to_der_private_key()).unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": "ES256", "typ": "JWT" })), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(signer.sign(signed.as_bytes()).unwrap());
    format!("{signed}.{signature}")
}

async fn assert_with(t: &Tenantry, jwt: &str) -> Answer {
    let form = [("grant_type", "client_credentials"), ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", jwt)];
    post(t, &form).await
}

#[tokio::test]
async fn d07_assertions_with_odd_claims_are_refused_without_a_panic() {
    let t = Tenantry::start().await;
    let (client, pair) = keyed(&t).await;
    let now = t.now().seconds();
    let good = json!({ "iss": client.id, "sub": client.id, "aud": t.origin, "exp": now + 60, "iat": now, "jti": "good" });
    let changed = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        assertion(&pair, &claims)
    };

    let odd = [json!(1e30), json!(i64::MAX), json!(u64::MAX), json!("1"), json!(null), json!([]), json!(-1), json!(1.5)];
    for value in odd {
        for name in ["exp", "nbf", "iat"] {
            // Absent nbf and iat are allowed; null is not a date, but says no more than absence.
            if value.is_null() && name != "exp" {
                continue;
            }
            if value == json!(-1) && name == "nbf" {
                continue;
            }
            assert_eq!(assert_with(&t, &changed(name, value.clone())).await.error(), (401, "invalid_client"), "{name} = {value}");
        }
        let pause = format!("client:{}:127.0.0.1", client.id);
        t.app.store.write(async |w| w.clear_attempts(&pause).await).await.unwrap();
    }
    assert_eq!(assert_with(&t, &changed("aud", json!("https://evil.example"))).await.error(), (401, "invalid_client"));
    assert_eq!(assert_with(&t, &assertion(&pair, &good)).await.status, 200);
    assert_eq!(assert_with(&t, &assertion(&pair, &good)).await.error(), (401, "invalid_client"), "a replay");
}

#[tokio::test]
async fn clocks_may_differ_by_ten_seconds_and_not_by_sixty() {
    let t = Tenantry::start().await;
    let (client, pair) = keyed(&t).await;
    let now = t.now().seconds();
    let ask = async |changes: Value| {
        let mut claims = json!({ "iss": client.id, "sub": client.id, "aud": t.origin, "exp": now + 60, "jti": changes.to_string() });
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        assert_with(&t, &assertion(&pair, &claims)).await.status.as_u16()
    };

    for good in [json!({ "iat": now + 9, "nbf": now + 9 }), json!({ "exp": now - 9 }), json!({ "exp": now + 300 })] {
        assert_eq!(ask(good.clone()).await, 200, "{good}");
    }
    for bad in [json!({ "iat": now + 60 }), json!({ "nbf": now + 60 }), json!({ "exp": now - 60 }), json!({ "exp": now + 360 })] {
        assert_eq!(ask(bad.clone()).await, 401, "{bad}");
    }
}

#[tokio::test]
async fn an_assertion_speaks_for_its_own_client_alone() {
    let t = Tenantry::start().await;
    let ((client, pair), (other, _)) = (keyed(&t).await, keyed(&t).await);
    let good = json!({ "iss": client.id, "sub": client.id, "aud": t.origin, "exp": t.now().seconds() + 60, "jti": "j" });
    let changed = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        assertion(&pair, &claims)
    };

    for (name, value) in
        [("iss", json!(other.id)), ("sub", json!(other.id)), ("iss", Value::Null), ("sub", Value::Null), ("jti", Value::Null)]
    {
        assert_eq!(assert_with(&t, &changed(name, value.clone())).await.error(), (401, "invalid_client"), "{name} = {value}");
    }
}

#[tokio::test]
async fn the_audience_of_an_assertion_is_what_the_client_registered() {
    let t = Tenantry::start().await;
    let (open, pair) = keyed(&t).await;
    let mut metadata = open.metadata.clone();
    metadata.assertion_audience = tenantry::model::AssertionAudience::Issuer;
    let ask = async |aud: Value| {
        let jti = format!("{aud}{}", t.now().micros());
        let claims = json!({ "iss": open.id, "sub": open.id, "aud": aud, "exp": t.now().seconds() + 60, "jti": jti });
        assert_with(&t, &assertion(&pair, &claims)).await.status.as_u16()
    };

    for good in [json!(t.origin), json!(t.url("/token")), json!([t.origin]), json!([t.origin, t.url("/token")])] {
        assert_eq!(ask(good.clone()).await, 200, "{good}");
    }
    assert_eq!(ask(json!([t.origin, "https://evil.example"])).await, 401);
    t.app.store.write(async |w| w.set_client_metadata(&open.id, &metadata).await).await.unwrap();
    t.app.refresh().await.unwrap();
    t.later(std::time::Duration::from_secs(1));
    for bad in [json!([t.origin]), json!(t.url("/token")), json!([t.origin, t.url("/token")])] {
        assert_eq!(ask(bad.clone()).await, 401, "{bad}");
    }
    assert_eq!(ask(json!(t.origin)).await, 200);
}

#[tokio::test]
async fn a_registered_algorithm_is_the_only_one() {
    let t = Tenantry::start().await;
    let (client, pair) = keyed(&t).await;
    let ask = async |jti: &str| {
        let claims = json!({ "iss": client.id, "sub": client.id, "aud": t.origin, "exp": t.now().seconds() + 60, "jti": jti });
        assert_with(&t, &assertion(&pair, &claims)).await.status.as_u16()
    };
    let pin = async |alg| {
        let mut metadata = client.metadata.clone();
        metadata.token_endpoint_auth_signing_alg = Some(alg);
        t.app.store.write(async |w| w.set_client_metadata(&client.id, &metadata).await).await.unwrap();
        t.app.refresh().await.unwrap();
    };

    pin(SigningAlg::Ps256).await;
    assert_eq!(ask("a").await, 401);
    pin(SigningAlg::Es256).await;
    assert_eq!(ask("b").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn b10_parallel_assertions_have_one_winner() {
    let t = Arc::new(Tenantry::start().await);
    let (client, pair) = keyed(&t).await;
    let claims = json!({ "iss": client.id, "sub": client.id, "aud": t.url("/token"), "exp": t.now().seconds() + 60, "jti": "one" });
    let jwt = assertion(&pair, &claims);

    let statuses = par(32, |_| {
        let (t, jwt) = (Arc::clone(&t), jwt.clone());
        async move { assert_with(&t, &jwt).await.status.as_u16() }
    })
    .await;

    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
}

#[tokio::test]
async fn d01_d02_d04_forged_assertions_are_refused() {
    let t = Tenantry::start().await;
    let (client, pair) = keyed(&t).await;
    let claims = json!({ "iss": client.id, "sub": client.id, "aud": t.origin, "exp": t.now().seconds() + 60, "jti": "j" });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let stranger = josekit::jwk::alg::ec::EcKeyPair::generate(josekit::jwk::alg::ec::EcCurve::P256).unwrap();

    let genuine = assertion(&pair, &claims);
    let signature = genuine.rsplit_once('.').unwrap().1;
    for header in
        [json!({ "alg": "none" }), json!({ "alg": "nOnE" }), json!({ "alg": "HS256" }), json!({ "alg": "ES256", "crit": ["x"], "x": 1 })]
    {
        let forged = format!("{}.{}.{signature}", part(&header), part(&claims));
        assert_eq!(assert_with(&t, &forged).await.error(), (401, "invalid_client"), "{header}");
    }
    assert_eq!(assert_with(&t, &assertion(&stranger, &claims)).await.error(), (401, "invalid_client"));
    assert_eq!(assert_with(&t, &genuine).await.status, 200);
}

#[tokio::test]
async fn f14_malformed_bodies_are_a_precise_400() {
    let a = Arena::new().await;
    let send = async |kind: &str, body: &str| {
        let request = net::client().post(a.t.url("/token")).basic_auth(a.client.id.as_str(), Some(&a.secret));
        answer(request.header(CONTENT_TYPE, kind).body(body.to_owned())).await
    };
    let form = "application/x-www-form-urlencoded";

    for body in ["grant_type=refresh_token&grant_type=refresh_token", "scope=%ff", "scope=%zz", "state=%00&grant_type=x"] {
        assert_eq!(send(form, body).await.error(), (400, "invalid_request"), "{body}");
    }
    assert_eq!(send("application/json", "{}").await.error(), (400, "invalid_request"));
    assert_eq!(send("application/x-www-form-urlencoded; charset=latin1", "a=b").await.error(), (400, "invalid_request"));
    assert_eq!(send(form, &format!("scope={}", "a+".repeat(5_000))).await.error(), (400, "invalid_request"));
    assert!(send(form, &"x".repeat(2_000_000)).await.status.is_client_error());
    assert_eq!(answer(net::client().get(a.t.url("/token"))).await.status, 405);
}

#[tokio::test]
async fn a_disabled_machine_gets_nothing() {
    let t = Tenantry::start().await;
    let (client, secret) = t.client(Preset::Machine, |new| new.metadata.scopes = vec!["orders".to_owned()]).await;
    t.app.store.write(async |w| w.set_client_state(&client.id, tenantry::model::ClientState::Disabled).await).await.unwrap();
    t.app.refresh().await.unwrap();

    let request = net::client().post(t.url("/token")).basic_auth(client.id.as_str(), secret.as_deref());

    assert_eq!(answer(request.form(&[("grant_type", "client_credentials")])).await.error(), (400, "unauthorized_client"));
}

#[tokio::test]
async fn the_metadata_names_only_what_works() {
    let a = Arena::new().await;
    let document = answer(net::client().get(a.t.url("/.well-known/openid-configuration"))).await.good();
    let keys = answer(net::client().get(a.t.url("/jwks"))).await.good();

    assert_eq!(document.body["issuer"], a.t.origin.as_str());
    assert_eq!(document.headers["cache-control"], "public, max-age=300");
    assert_eq!(document.body["grant_types_supported"], json!(GrantType::ALL));
    assert_eq!(keys.body["keys"].as_array().unwrap().len(), SigningAlg::ALL.len());
    for key in keys.body["keys"].as_array().unwrap() {
        for name in key.as_object().unwrap().keys() {
            assert!(["kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"].contains(&name.as_str()), "d16: {name}");
        }
    }
    assert_eq!(answer(net::client().get(a.t.url("/.well-known/oauth-authorization-server"))).await.status, 200);
    assert_eq!(a.tokens(ALL).await.status, 200);
}
