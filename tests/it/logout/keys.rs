//! Keys behind a `jwks_uri` (RFC 7591 2): fetched when needed, seldom, kept while their server rests.
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jws::{ES256, JwsHeader};
use serde_json::json;
use tenantry::model::{AuthMethod, Client};

use super::*;
use crate::harness::key_server::KeyServer;
use crate::harness::net;

/// A set of these keys.
fn set(keys: &[&EcKeyPair]) -> Option<Value> {
    let keys: Vec<_> = keys.iter().map(|pair| pair.to_jwk_public_key()).collect();
    Some(json!({ "keys": keys }))
}

fn pair(kid: &str) -> EcKeyPair {
    let mut pair = EcKeyPair::generate(EcCurve::P256).unwrap();
    pair.set_key_id(Some(kid));
    pair
}

/// Asks for a token by an assertion of this key; gives the status.
async fn ask(t: &Tenantry, client: &Client, pair: &EcKeyPair, jti: &str) -> u16 {
    let now = t.now().seconds();
    let claims = json!({ "iss": client.id, "sub": client.id, "aud": t.origin, "jti": jti, "iat": now, "exp": now + 60 });
    let mut header = JwsHeader::new();
    header.set_key_id(pair.key_id().unwrap());
    let signer = ES256.signer_from_jwk(&pair.to_jwk_key_pair()).unwrap();
    let jwt = josekit::jws::serialize_compact(claims.to_string().as_bytes(), &header, &signer).unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &jwt),
    ];
    net::client().post(t.url("/token")).form(&form).send().await.unwrap().status().as_u16()
}

async fn machine(t: &Tenantry, uri: &str) -> Client {
    let (client, _) = t
        .client(Preset::Machine, |new| {
            new.metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
            new.metadata.scopes = vec!["orders".to_owned()];
            new.metadata.jwks_uri = Some(uri.to_owned());
        })
        .await;
    client
}

#[tokio::test]
async fn a_new_key_is_found_a_minute_after_the_last_look_and_a_known_one_without_any() {
    let (t, server) = (Tenantry::start().await, KeyServer::start().await);
    let (old, new) = (pair("old"), pair("new"));
    let client = machine(&t, &server.uri).await;
    server.show(set(&[&old]));

    assert_eq!(ask(&t, &client, &old, "1").await, 200);
    assert_eq!(ask(&t, &client, &old, "2").await, 200);
    assert_eq!(server.asked(), 1, "the set is kept");
    server.show(set(&[&old, &new]));
    assert_eq!(ask(&t, &client, &new, "3").await, 401);
    assert_eq!(ask(&t, &client, &pair("junk"), "4").await, 401);
    assert_eq!(server.asked(), 1, "nobody makes us ask more than once a minute");

    t.later(seconds(60));
    assert_eq!(ask(&t, &client, &new, "5").await, 200);
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn keys_stay_good_while_their_server_rests() {
    let (t, server) = (Tenantry::start().await, KeyServer::start().await);
    let key = pair("k");
    let client = machine(&t, &server.uri).await;
    assert_eq!(ask(&t, &client, &key, "1").await, 401, "no keys yet");
    server.show(set(&[&key]));
    t.later(seconds(60));
    assert_eq!(ask(&t, &client, &key, "2").await, 200);

    server.show(None);
    t.later(seconds(2 * 60 * 60));

    assert_eq!(ask(&t, &client, &key, "3").await, 200);
    assert_eq!(server.asked(), 3, "it was asked, and could not say");
}

#[tokio::test]
async fn k02_an_inner_jwks_uri_is_never_asked() {
    let t = Tenantry::start_with(|config| config.upstream.allow_plain_http_loopback = false).await;
    let (server, key) = (KeyServer::start().await, pair("k"));
    server.show(set(&[&key]));
    let port = server.uri.rsplit_once(':').unwrap().1;

    for host in ["127.0.0.1", "169.254.169.254", "[::ffff:7f00:1]", "0", "2130706433", "localhost"] {
        let client = machine(&t, &format!("https://{host}:{port}")).await;
        assert_eq!(ask(&t, &client, &key, host).await, 401, "{host}");
    }

    assert_eq!(server.asked(), 0);
}
