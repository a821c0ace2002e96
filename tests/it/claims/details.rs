//! Rich authorization requests (RFC 9396): asked at the authorization endpoint, shown, granted, told, narrowed.
use serde_json::{Value, json};
use tenantry::model::{ConsentMode, GrantType};

use super::{Scene, claims};

const PAY: &str = "https://pay.example";

async fn scene(consent: ConsentMode) -> Scene {
    let scene = Scene::with(|metadata| {
        metadata.consent = consent;
        metadata.audiences = vec![PAY.into()];
        metadata.scopes.push("pay".into());
        metadata.grant_types.push(GrantType::ClientCredentials);
        metadata.authorization_details_types = vec!["payment".into()];
    })
    .await;
    let members = json!({
        "amount": { "kind": "string", "required": true },
        "actions": { "kind": "strings", "one_of": ["status", "cancel"] },
    });
    let types = json!([{ "type": "payment", "label": "Start a payment", "members": members }, { "type": "other", "label": "Other" }]);
    scene.api(PAY, json!({ "name": "Payments", "scopes": ["pay"], "authorization_details": types })).await;
    scene
}

fn payment(actions: &[&str]) -> Value {
    json!([{ "type": "payment", "amount": "12.50 EUR", "actions": actions }])
}

#[tokio::test]
async fn details_are_in_the_answer_the_access_token_and_introspection() {
    let mut scene = scene(ConsentMode::Implicit).await;
    let asked = payment(&["status", "cancel"]);

    let tokens = scene.tokens(&["openid", "offline_access"], &[("authorization_details", &asked.to_string())]).await;
    let access = tokens.text("access_token");

    assert_eq!(tokens.body["authorization_details"], asked);
    assert_eq!(claims(access)["authorization_details"], asked);
    assert_eq!(scene.introspect(access).await["authorization_details"], asked);
    assert!(claims(tokens.text("id_token")).get("authorization_details").is_none());
    assert_eq!(scene.metadata().await["authorization_details_types_supported"], json!(["other", "payment"]));
}

#[tokio::test]
async fn a_later_request_may_narrow_details_and_never_widen_them() {
    let mut scene = scene(ConsentMode::Implicit).await;
    let (whole, less, more) = (payment(&["status", "cancel"]), payment(&["status"]), json!([{ "type": "payment", "amount": "99 EUR" }]));
    let granted = whole.to_string();
    let tokens = scene.tokens(&["openid", "offline_access"], &[("authorization_details", &granted)]).await;
    let refresh = tokens.text("refresh_token").to_owned();
    let ask = async |details: &Value| {
        let details = details.to_string();
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("authorization_details", details.as_str())];
        scene.post("/token", &form).await
    };

    assert_eq!(ask(&more).await.error(), (400, "invalid_authorization_details"));
    assert_eq!(ask(&less).await.good().body["authorization_details"], less);
}

#[tokio::test]
async fn what_no_type_of_the_client_allows_is_refused_at_the_client() {
    let mut scene = scene(ConsentMode::Implicit).await;

    for text in [
        "{}",
        "[]",
        r#"[{"amount":"1"}]"#,
        r#"[{"type":"payment"}]"#,
        r#"[{"type":"payment","amount":1}]"#,
        r#"[{"type":"payment","amount":"1","actions":["delete"]}]"#,
        r#"[{"type":"payment","amount":"1","surprise":true}]"#,
        r#"[{"type":"payment","type":"payment","amount":"1"}]"#,
        r#"[{"type":"other"}]"#,
        r#"[{"type":"unknown"}]"#,
    ] {
        let (landed, _) = scene.authorize(&["openid"], &[("authorization_details", text)]).await;
        assert_eq!(landed.error(), "invalid_authorization_details", "{text}");
    }
}

#[tokio::test]
async fn a_client_asks_for_details_of_its_own() {
    let scene = scene(ConsentMode::Implicit).await;
    let ask = async |details: &Value| {
        let details = details.to_string();
        scene.post("/token", &[("grant_type", "client_credentials"), ("authorization_details", details.as_str())]).await
    };

    let tokens = ask(&payment(&["status"])).await.good();

    assert_eq!(claims(tokens.text("access_token"))["authorization_details"], payment(&["status"]));
    assert_eq!(ask(&json!([{ "type": "other" }])).await.error(), (400, "invalid_authorization_details"));
}

#[tokio::test]
async fn the_person_sees_the_details_each_time() {
    let mut scene = scene(ConsentMode::Ask).await;
    let party = scene.party().await;
    let details = payment(&["status"]).to_string();
    for round in 0..2 {
        let request = party.authorize(&["openid"], &[("authorization_details", &details)]);
        scene.browser.goto(request.url.as_str()).await;
        if round == 0 {
            scene.t.sign_in(&mut scene.browser, &scene.person).await;
        }
        assert_eq!(scene.browser.path(), "/consent");
        let page = scene.browser.text("main");
        for seen in ["Start a payment", "Payments", "12.50 EUR", "status"] {
            assert!(page.contains(seen), "{seen} in {page}");
        }
        scene.browser.submit("#consent-allow").await;
        party.landed(&request, scene.browser.landing()).code();
    }
}
