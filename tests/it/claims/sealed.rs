//! Signed and encrypted answers: userinfo and id_token for one client alone (OpenID Connect Core 5.3.2, 16.14), introspection
//! as evidence (RFC 9701).
use josekit::jwe::{self, ECDH_ES_A256KW, RSA_OAEP_256};
use josekit::jwk::KeyPair;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jwk::alg::rsa::RsaKeyPair;
use serde_json::{Value, json};
use tenantry::model::{ClientMetadata, SigningAlg};
use tenantry::service::clients::metadata_fault;

use super::{Scene, claims, part, send};
use crate::harness::key_server::KeyServer;
use crate::harness::net;

fn jwks(pair: &dyn KeyPair) -> Value {
    let mut key = serde_json::to_value(pair.to_jwk_public_key()).unwrap();
    (key["kid"], key["use"]) = ("enc-1".into(), "enc".into());
    json!({ "keys": [key] })
}

fn opened(sealed: &str, decrypter: &dyn jwe::JweDecrypter) -> (String, jwe::JweHeader) {
    let (payload, header) = jwe::deserialize_compact(sealed, decrypter).unwrap();
    (String::from_utf8(payload).unwrap(), header)
}

#[tokio::test]
async fn signed_userinfo_is_a_jwt_with_issuer_and_audience() {
    let mut scene = Scene::with(|metadata| metadata.userinfo_signed_response_alg = Some(SigningAlg::Es256)).await;

    let tokens = scene.tokens(&["openid", "email"], &[]).await;
    let answer = scene.userinfo(tokens.text("access_token")).await;
    let said = claims(&answer.text);

    assert_eq!((answer.status, answer.headers["content-type"].to_str().unwrap()), (200, "application/jwt"));
    assert_eq!((&said["iss"], &said["aud"]), (&json!(scene.t.origin), &json!(scene.client.id)));
    assert_eq!((&said["sub"], &said["email"]), (&json!(scene.person.id), &json!("anna@acme.example")));
    let header = part(&answer.text, 0);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("ES256"), &json!("userinfo+jwt")));
    let jwks = send(net::client().get(scene.t.url("/jwks"))).await.body;
    assert!(jwks["keys"].as_array().unwrap().iter().any(|key| key["kid"] == header["kid"]));
}

#[tokio::test]
async fn signed_userinfo_passes_for_no_other_token() {
    let mut scene = Scene::with(|metadata| metadata.userinfo_signed_response_alg = Some(SigningAlg::Rs256)).await;
    let tokens = scene.tokens(&["openid", "email"], &[]).await;
    let signed = scene.userinfo(tokens.text("access_token")).await.text;

    assert_eq!(scene.userinfo(&signed).await.error(), (401, "invalid_token"));
    let (landed, _) = scene.authorize(&["openid"], &[("prompt", "none"), ("id_token_hint", &signed)]).await;
    assert_eq!(landed.error(), "login_required");
}

#[tokio::test]
async fn an_encrypted_id_token_is_a_signed_one_inside() {
    let pair = RsaKeyPair::generate(2048).unwrap();
    let mut scene = Scene::with(|metadata| {
        metadata.jwks = Some(jwks(&pair));
        metadata.id_token_encrypted_response_alg = Some("RSA-OAEP-256".into());
        metadata.id_token_encrypted_response_enc = Some("A256GCM".into());
    })
    .await;

    let tokens = scene.tokens(&["openid"], &[]).await;
    let (inside, header) = opened(tokens.text("id_token"), &RSA_OAEP_256.decrypter_from_jwk(&pair.to_jwk_private_key()).unwrap());

    assert_eq!(tokens.text("id_token").split('.').count(), 5);
    assert_eq!((header.content_type(), header.key_id(), header.content_encryption()), (Some("JWT"), Some("enc-1"), Some("A256GCM")));
    assert_eq!((&part(&inside, 0)["alg"], &claims(&inside)["sub"]), (&json!("RS256"), &json!(scene.person.id)));
    assert_eq!(claims(&inside)["aud"], json!(scene.client.id));
}

#[tokio::test]
async fn userinfo_is_encrypted_bare_or_signed_as_the_client_registered() {
    let pair = EcKeyPair::generate(EcCurve::P256).unwrap();
    let private = pair.to_jwk_private_key();
    for signed in [None, Some(SigningAlg::Ps256)] {
        let mut scene = Scene::with(|metadata| {
            metadata.jwks = Some(jwks(&pair));
            metadata.userinfo_signed_response_alg = signed;
            metadata.userinfo_encrypted_response_alg = Some("ECDH-ES+A256KW".into());
        })
        .await;
        let tokens = scene.tokens(&["openid", "email"], &[]).await;
        let answer = scene.userinfo(tokens.text("access_token")).await;
        let (inside, header) = opened(&answer.text, &ECDH_ES_A256KW.decrypter_from_jwk(&private).unwrap());

        assert_eq!(answer.headers["content-type"], "application/jwt");
        assert_eq!(header.content_encryption(), Some("A128CBC-HS256"), "the default of the registration");
        let told = if signed.is_some() { claims(&inside) } else { serde_json::from_str(&inside).unwrap() };
        assert_eq!(told["email"], "anna@acme.example");
        assert_eq!((header.content_type(), told.get("aud").is_some()), (signed.map(|_| "JWT"), signed.is_some()));
    }
}

#[tokio::test]
async fn what_cannot_be_encrypted_cannot_be_registered() {
    let pair = RsaKeyPair::generate(2048).unwrap();
    let scene = Scene::new().await;
    let base = || ClientMetadata { jwks: Some(jwks(&pair)), ..scene.client.metadata.clone() };
    let id = |alg: Option<&str>, enc: Option<&str>| ClientMetadata {
        id_token_encrypted_response_alg: alg.map(str::to_owned),
        id_token_encrypted_response_enc: enc.map(str::to_owned),
        ..base()
    };

    assert_eq!(metadata_fault(&id(Some("RSA-OAEP-256"), None)), None);
    for wrong in [
        id(Some("RSA1_5"), None),
        id(Some("dir"), None),
        id(Some("ECDH-ES"), None),
        id(Some("RSA-OAEP-256"), Some("A128CBC")),
        id(None, Some("A256GCM")),
        ClientMetadata { jwks: None, ..id(Some("RSA-OAEP-256"), None) },
    ] {
        assert_eq!(metadata_fault(&wrong).map(|(field, _)| field), Some("id_token_encrypted_response_alg"));
    }
    let fetched = |alg| ClientMetadata { jwks: None, jwks_uri: Some("https://app.example/jwks".into()), ..id(Some(alg), None) };
    assert_eq!(metadata_fault(&fetched("ECDH-ES")), None, "the keys are looked at when they are needed");
    assert_eq!(metadata_fault(&fetched("RSA1_5")).map(|(field, _)| field), Some("id_token_encrypted_response_alg"));
}

#[tokio::test]
async fn a_resource_server_gets_a_signed_introspection_answer_when_it_asks_for_one() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens(&["openid", "tenant"], &[]).await;
    let ask = async |token: &str, accept: &str| {
        let request = net::client().post(scene.t.url("/introspect")).basic_auth(scene.client.id.as_str(), Some(&scene.secret));
        send(request.header("accept", accept).form(&[("token", token)])).await
    };
    let media = "application/token-introspection+jwt";

    let signed = ask(tokens.text("access_token"), media).await;
    let dead = ask("x", &format!("application/json, {media};q=0.9")).await;
    let plain = ask(tokens.text("access_token"), "application/json").await;

    assert_eq!((signed.status, signed.headers["content-type"].to_str().unwrap()), (200, media));
    let said = claims(&signed.text);
    assert_eq!((&part(&signed.text, 0)["typ"], &part(&signed.text, 0)["alg"]), (&json!("token-introspection+jwt"), &json!("ES256")));
    assert_eq!((&said["iss"], &said["aud"]), (&json!(scene.t.origin), &json!(scene.client.id)));
    assert_eq!(said["iat"], scene.t.now().seconds());
    assert_eq!(said["token_introspection"], plain.body);
    assert_eq!(plain.body["tenant"], "acme");
    assert!(said.get("sub").is_none() && said.get("exp").is_none(), "it passes for no token");
    assert_eq!(claims(&dead.text)["token_introspection"], json!({ "active": false }));
    assert_eq!(scene.userinfo(&signed.text).await.error(), (401, "invalid_token"));
}

#[tokio::test]
async fn the_metadata_names_what_can_be_signed_and_encrypted() {
    let metadata = Scene::new().await.metadata().await;
    let has = |name: &str, value: &str| metadata[name].as_array().unwrap().iter().any(|known| known == value);

    for what in ["id_token", "userinfo", "introspection"] {
        assert!(has(&format!("{what}_encryption_alg_values_supported"), "RSA-OAEP-256"));
        assert!(has(&format!("{what}_encryption_alg_values_supported"), "ECDH-ES"));
        assert!(!has(&format!("{what}_encryption_alg_values_supported"), "RSA1_5"));
        assert!(has(&format!("{what}_encryption_enc_values_supported"), "A256GCM"));
        assert!(!has(&format!("{what}_signing_alg_values_supported"), "none"));
    }
    assert!(has("introspection_signing_alg_values_supported", "ES256"));
}

#[tokio::test]
async fn keys_to_encrypt_to_are_fetched_from_the_jwks_uri_and_followed_when_they_change() {
    let (server, first, second) =
        (KeyServer::start().await, RsaKeyPair::generate(2048).unwrap(), EcKeyPair::generate(EcCurve::P256).unwrap());
    let uri = server.uri.clone();
    let mut scene = Scene::with(|metadata| {
        metadata.jwks_uri = Some(uri);
        metadata.id_token_encrypted_response_alg = Some("RSA-OAEP-256".into());
        metadata.userinfo_encrypted_response_alg = Some("ECDH-ES+A256KW".into());
        metadata.introspection_encrypted_response_alg = Some("ECDH-ES+A256KW".into());
        metadata.introspection_encrypted_response_enc = Some("A256GCM".into());
    })
    .await;
    let both = |one: &Value, other: &Value| json!({ "keys": [one["keys"][0], other["keys"][0]] });
    server.show(Some(both(&jwks(&first), &jwks(&second))));

    let tokens = scene.tokens(&["openid", "email"], &[]).await;
    let access = tokens.text("access_token");
    let (id_token, _) = opened(tokens.text("id_token"), &RSA_OAEP_256.decrypter_from_jwk(&first.to_jwk_private_key()).unwrap());
    let (told, _) = opened(&scene.userinfo(access).await.text, &ECDH_ES_A256KW.decrypter_from_jwk(&second.to_jwk_private_key()).unwrap());
    let request = net::client().post(scene.t.url("/introspect")).basic_auth(scene.client.id.as_str(), Some(&scene.secret));
    let sealed = send(request.header("accept", "application/token-introspection+jwt").form(&[("token", access)])).await;
    let (evidence, header) = opened(&sealed.text, &ECDH_ES_A256KW.decrypter_from_jwk(&second.to_jwk_private_key()).unwrap());

    assert_eq!(claims(&id_token)["sub"], json!(scene.person.id));
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["email"], "anna@acme.example");
    assert_eq!((header.content_type(), header.content_encryption()), (Some("JWT"), Some("A256GCM")));
    assert_eq!(claims(&evidence)["token_introspection"]["active"], true);
    assert_eq!(server.asked(), 1, "one set for all of them, asked for once");

    let third = RsaKeyPair::generate(2048).unwrap();
    server.show(Some(both(&jwks(&third), &jwks(&second))));
    scene.t.later(std::time::Duration::from_secs(3600));
    let tokens = scene.tokens(&["openid"], &[]).await;
    let (id_token, _) = opened(tokens.text("id_token"), &RSA_OAEP_256.decrypter_from_jwk(&third.to_jwk_private_key()).unwrap());
    assert_eq!((&claims(&id_token)["sub"], server.asked()), (&json!(scene.person.id), 2));
}

#[tokio::test]
async fn nothing_goes_out_in_clear_while_a_key_to_encrypt_to_cannot_be_had() {
    let server = KeyServer::start().await;
    let (uri, pair) = (server.uri.clone(), RsaKeyPair::generate(2048).unwrap());
    let mut scene = Scene::with(|metadata| {
        metadata.jwks_uri = Some(uri);
        metadata.id_token_encrypted_response_alg = Some("RSA-OAEP-256".into());
    })
    .await;
    scene.t.expect_errors();

    let (landed, verifier) = scene.authorize(&["openid"], &[]).await;
    let code = landed.code();
    let without = scene.redeem(&code, &verifier, &[]).await;
    assert_eq!(without.error(), (500, "server_error"));
    server.show(Some(jwks(&pair)));
    assert_eq!(scene.redeem(&code, &verifier, &[]).await.status, 500, "nobody makes us ask more than once a minute");
    scene.t.later(std::time::Duration::from_secs(59));
    let (landed, verifier) = scene.authorize(&["openid"], &[]).await;
    scene.t.later(std::time::Duration::from_secs(1));
    let tokens = scene.redeem(&landed.code(), &verifier, &[]).await.good();

    assert_eq!(tokens.text("id_token").split('.').count(), 5);
}
