//! The claims table of a client, the preview of its real tokens, and the budget of their size (protocol.md §2, §3).
use serde_json::{Value, json};
use tenantry::model::ClaimRule;
use tenantry::protocol::scope::Scopes;
use tenantry::service::token::preview::{largest, preview};

use super::{Scene, claims};

fn table() -> Vec<ClaimRule> {
    serde_json::from_value(json!([
        { "name": "roles", "source": { "from": "groups" }, "filter": "shop:*", "strip": true, "targets": ["id_token", "access_token"] },
        { "name": "customer", "source": { "from": "fact", "name": "tenant_number" }, "targets": ["id_token"] },
        { "name": "https://shop.example/stage", "source": { "from": "constant", "value": "test" }, "targets": ["userinfo"] },
    ]))
    .unwrap()
}

async fn grouped(scene: &Scene, names: impl Iterator<Item = String>) {
    for name in names {
        let group = scene.t.group(&scene.tenant, &name, &[]).await;
        scene.t.put_into(&group, &scene.person).await;
    }
}

#[tokio::test]
async fn the_table_tells_what_it_says_where_it_says_it() {
    let mut scene = Scene::with(|metadata| metadata.claims = table()).await;
    grouped(&scene, ["shop:admin", "shop:buyer", "office"].into_iter().map(String::from)).await;

    let tokens = scene.tokens(&["openid"], &[]).await;
    let (id_token, access) = (claims(tokens.text("id_token")), claims(tokens.text("access_token")));
    let userinfo = scene.userinfo(tokens.text("access_token")).await.good().body;

    assert_eq!((&id_token["roles"], &access["roles"]), (&json!(["admin", "buyer"]), &json!(["admin", "buyer"])));
    assert_eq!(id_token["customer"], scene.tenant.number);
    assert_eq!(userinfo["https://shop.example/stage"], "test");
    assert!(access.get("customer").is_none() && id_token.get("groups").is_none() && id_token.get("tenant_id").is_none());
}

#[tokio::test]
async fn the_preview_shows_what_the_real_tokens_say_and_weigh() {
    let mut scene = Scene::with(|metadata| metadata.claims = table()).await;
    grouped(&scene, ["shop:admin", "office"].into_iter().map(String::from)).await;
    let scopes = Scopes::parse("openid email groups");
    let now = scene.t.now();

    let shown = preview(&scene.t.app, &scene.client, &scene.person.id, &scene.tenant.id, &scopes, now).await.unwrap().unwrap();
    let measured = largest(&scene.t.app, &scene.client, &scopes, now).await.unwrap();
    let tokens = scene.tokens(&["openid", "email", "groups"], &[]).await;
    let (real, userinfo) = (claims(tokens.text("id_token")), scene.userinfo(tokens.text("access_token")).await.good().body);

    let said = Value::Object(shown.id_token.unwrap());
    for name in ["sub", "aud", "iss", "roles", "customer", "groups"] {
        assert_eq!(said[name], real[name], "{name}");
    }
    assert_eq!(Value::Object(shown.userinfo), userinfo);
    assert_eq!(shown.access_token["roles"], json!(["admin"]));
    let difference = shown.size.id_token.abs_diff(tokens.text("id_token").len());
    assert!(difference < 100, "{} and {}", shown.size.id_token, tokens.text("id_token").len());
    assert_eq!(measured.len(), 1);
    assert_eq!((&measured[0].person, &measured[0].tenant), (&scene.person.id, &scene.tenant.id));
    assert_eq!(measured[0].size.access_token, shown.size.access_token);
}

#[tokio::test]
async fn a_preview_is_no_token_and_a_stranger_has_none() {
    let scene = Scene::new().await;
    let other = scene.t.tenant("globex").await;
    let scopes = Scopes::parse("openid");

    let nothing = preview(&scene.t.app, &scene.client, &scene.person.id, &other.id, &scopes, scene.t.now()).await.unwrap();

    assert!(nothing.is_none());
}

#[tokio::test]
async fn lists_beyond_the_budget_move_to_userinfo_and_are_never_dropped() {
    let mut scene = Scene::with(|metadata| {
        metadata.token_budget_bytes = 1500;
        metadata.claims = table();
    })
    .await;
    let names: Vec<String> = (0..80).map(|n| format!("shop:group-with-a-long-name-{n:03}")).collect();
    grouped(&scene, names.iter().cloned()).await;

    let tokens = scene.tokens(&["openid", "groups", "tenant"], &[]).await;
    let userinfo = scene.userinfo(tokens.text("access_token")).await.good().body;

    for token in [tokens.text("id_token"), tokens.text("access_token")] {
        let said = claims(token);
        assert!(token.len() <= 1500, "{} bytes", token.len());
        assert_eq!(said["_claim_names"], json!({ "groups": "userinfo", "roles": "userinfo" }));
        assert_eq!(said["_claim_sources"]["userinfo"]["endpoint"], scene.t.url("/userinfo"));
        assert!(said.get("groups").is_none() && said.get("roles").is_none());
        assert_eq!(said["tenant"], "acme");
    }
    assert_eq!(userinfo["groups"], json!(names));
    assert_eq!(userinfo["roles"].as_array().unwrap().len(), 80);
}

#[tokio::test]
async fn a_table_with_a_name_of_the_protocol_cannot_be_registered() {
    let scene = Scene::new().await;
    for name in ["sub", "aud", "tenant_id", "permissions", "cnf", "_claim_names"] {
        let mut metadata = scene.client.metadata.clone();
        metadata.claims =
            serde_json::from_value(json!([{ "name": name, "source": { "from": "constant", "value": "x" }, "targets": ["access_token"] }]))
                .unwrap();
        let fault = tenantry::service::clients::metadata_fault(&metadata);
        assert_eq!(fault.map(|(field, _)| field), Some("claims"), "{name}");
    }
}
