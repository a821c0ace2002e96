//! Resource indicators (RFC 8707), what registered APIs decide about their tokens, and tokens that are random text.
use serde_json::json;
use tenantry::model::{AccessTokenFormat, GrantType};

use super::{Scene, claims};

const ORDERS: &str = "https://orders.example";
const PAY: &str = "https://pay.example";

async fn scene() -> Scene {
    let scene = Scene::with(|metadata| {
        metadata.audiences = vec![ORDERS.into(), PAY.into()];
        metadata.scopes.extend(["orders", "pay"].map(String::from));
        metadata.grant_types.push(GrantType::ClientCredentials);
    })
    .await;
    scene.api(ORDERS, json!({ "name": "Orders", "scopes": ["orders"] })).await;
    scene.api(PAY, json!({ "name": "Payments", "scopes": ["pay"], "access_token_format": "opaque", "access_token_minutes": 2 })).await;
    scene
}

#[tokio::test]
async fn the_audience_of_a_token_is_what_was_asked_for() {
    let mut scene = scene().await;
    let scopes = ["openid", "orders", "pay", "offline_access"];

    let one = scene.tokens(&scopes, &[("resource", ORDERS)]).await;
    let (landed, verifier) = scene.authorize(&scopes, &[("resource", ORDERS), ("resource", PAY)]).await;
    let narrowed = scene.redeem(&landed.code(), &verifier, &[("resource", ORDERS)]).await.good();
    let refreshed = scene
        .post("/token", &[("grant_type", "refresh_token"), ("refresh_token", narrowed.text("refresh_token")), ("resource", PAY)])
        .await
        .good();

    assert_eq!(claims(one.text("access_token"))["aud"], json!([ORDERS, scene.t.origin]));
    assert_eq!(one.text("scope"), "offline_access openid orders", "scopes of other APIs are left out");
    assert_eq!(claims(narrowed.text("access_token"))["aud"], ORDERS);
    assert_eq!(scene.userinfo(narrowed.text("access_token")).await.error(), (401, "invalid_token"));
    assert_eq!(scene.introspect(refreshed.text("access_token")).await["aud"], PAY);
    assert_eq!(refreshed.text("scope"), "offline_access openid pay");
}

#[tokio::test]
async fn a_resource_that_was_not_granted_or_is_not_the_clients_is_an_invalid_target() {
    let mut scene = scene().await;

    for resource in ["https://evil.example", "orders", "https://orders.example/#x", "https://orders.example/"] {
        let (landed, _) = scene.authorize(&["openid"], &[("resource", resource)]).await;
        assert_eq!(landed.error(), "invalid_target", "{resource}");
    }
    let (landed, verifier) = scene.authorize(&["openid"], &[("resource", ORDERS)]).await;
    let code = landed.code();
    assert_eq!(scene.redeem(&code, &verifier, &[("resource", PAY)]).await.error(), (400, "invalid_target"));
    assert_eq!(scene.redeem(&code, &verifier, &[("resource", "x")]).await.error(), (400, "invalid_target"));
    scene.redeem(&code, &verifier, &[("resource", ORDERS)]).await.good();
}

#[tokio::test]
async fn a_client_names_its_resource_for_its_own_token_too() {
    let scene = scene().await;
    let ask = async |resource: &str| scene.post("/token", &[("grant_type", "client_credentials"), ("resource", resource)]).await;

    assert_eq!(claims(ask(ORDERS).await.good().text("access_token"))["aud"], ORDERS);
    assert_eq!(ask("https://evil.example").await.error(), (400, "invalid_target"));
}

#[tokio::test]
async fn an_api_decides_about_form_and_life_of_its_tokens() {
    let mut scene = scene().await;

    let tokens = scene.tokens(&["openid", "pay"], &[("resource", PAY)]).await;

    assert!(tokens.text("access_token").starts_with("tna_") && !tokens.text("access_token").contains('.'));
    assert_eq!(tokens.body["expires_in"], 120);
}

#[tokio::test]
async fn a_random_token_works_at_userinfo_and_introspection_until_it_is_revoked() {
    let mut scene = Scene::with(|metadata| metadata.access_token_format = AccessTokenFormat::Opaque).await;

    let tokens = scene.tokens(&["openid", "email", "tenant"], &[]).await;
    let token = tokens.text("access_token");
    let told = scene.introspect(token).await;

    assert!(!token.contains('.'));
    assert_eq!(scene.userinfo(token).await.good().body["email"], "anna@acme.example");
    assert_eq!((&told["active"], &told["sub"], &told["tenant"]), (&json!(true), &json!(scene.person.id), &json!("acme")));
    assert_eq!((&told["iss"], &told["client_id"]), (&json!(scene.t.origin), &json!(scene.client.id)));
    let (stranger, secret) = scene.t.client(tenantry::service::clients::Preset::Web, |_| {}).await;
    let foreign = crate::harness::net::client().post(scene.t.url("/introspect")).basic_auth(stranger.id.as_str(), secret);
    assert_eq!(super::send(foreign.form(&[("token", token)])).await.body, json!({ "active": false }));
    assert_eq!(scene.post("/revoke", &[("token", token)]).await.status, 200);
    assert_eq!(scene.introspect(token).await, json!({ "active": false }));
    assert_eq!(scene.userinfo(token).await.error(), (401, "invalid_token"));
}

#[tokio::test]
async fn a_random_token_ends_with_its_time_and_nothing_else_passes_for_one() {
    let mut scene = Scene::with(|metadata| metadata.access_token_format = AccessTokenFormat::Opaque).await;
    let tokens = scene.tokens(&["openid", "offline_access"], &[]).await;
    let token = tokens.text("access_token");

    for other in [tokens.text("refresh_token"), &token[..token.len() - 1], "tna_", "x"] {
        assert_eq!(scene.userinfo(other).await.error(), (401, "invalid_token"), "{other}");
    }
    scene.t.later(std::time::Duration::from_secs(301));

    assert_eq!(scene.userinfo(token).await.error(), (401, "invalid_token"));
    assert_eq!(scene.introspect(token).await, json!({ "active": false }));
}
