//! The `claims` parameter (OpenID Connect Core 5.5) and the stored profile of a person (5.1, 5.4).
use serde_json::json;

use super::{Scene, claims};

#[tokio::test]
async fn all_fourteen_profile_claims_address_and_phone_are_told_with_their_types() {
    let mut scene = Scene::new().await;
    scene.t.profile(&scene.person).await;

    let tokens = scene.tokens(&["openid", "profile", "email", "address", "phone"], &[]).await;
    let told = scene.userinfo(tokens.text("access_token")).await.good().body;

    let profile = [
        "name",
        "family_name",
        "given_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ];
    for name in profile {
        assert!(told.get(name).is_some(), "{name} in {told}");
    }
    assert!(told["updated_at"].is_i64() && told["email_verified"].is_boolean());
    assert_eq!(told["address"], json!({ "street_address": "Am Ring 1", "locality": "Berlin", "postal_code": "10115", "country": "DE" }));
    assert_eq!((&told["phone_number"], &told["phone_number_verified"]), (&json!("+49 30 1234567"), &json!(true)));
    let id_token = claims(tokens.text("id_token"));
    for name in profile.iter().chain(&["email", "address", "phone_number"]) {
        assert!(id_token.get(name).is_none(), "{name} is a claim of a scope: userinfo tells it");
    }
}

#[tokio::test]
async fn empty_members_are_left_out_and_never_null() {
    let mut scene = Scene::new().await;

    let tokens = scene.tokens(&["openid", "profile", "address", "phone"], &[]).await;
    let told = scene.userinfo(tokens.text("access_token")).await.good().body;

    for name in ["middle_name", "nickname", "birthdate", "address", "phone_number", "phone_number_verified"] {
        assert!(told.get(name).is_none(), "{name}");
    }
    assert!(told.as_object().unwrap().values().all(|value| !value.is_null() && value != ""));
}

#[tokio::test]
async fn claims_come_where_they_were_asked_for_and_from_nowhere_else() {
    let mut scene = Scene::new().await;
    scene.t.profile(&scene.person).await;
    let asked = json!({
        "id_token": { "email": { "essential": true }, "nickname": null, "unknown": null, "auth_time": null },
        "userinfo": { "birthdate": { "value": "1990-01-01" }, "tenant_id": null, "x#de": null },
        "other": {}
    });

    let tokens = scene.tokens(&["openid"], &[("claims", &asked.to_string())]).await;
    let id_token = claims(tokens.text("id_token"));
    let userinfo = scene.userinfo(tokens.text("access_token")).await.good().body;

    assert_eq!((&id_token["email"], &id_token["nickname"]), (&json!("anna@acme.example"), &json!("Annie")));
    assert!(id_token.get("birthdate").is_none() && id_token["auth_time"].is_i64());
    let expected = json!({ "sub": scene.person.id, "birthdate": "1984-02-29", "tenant_id": scene.tenant.id });
    assert_eq!(userinfo, expected);
    assert_eq!(scene.metadata().await["claims_parameter_supported"], true);
}

#[tokio::test]
async fn a_client_gets_no_claim_by_name_that_it_could_not_have_by_scope() {
    let mut scene = Scene::with(|metadata| metadata.scopes = vec!["openid".into(), "profile".into()]).await;
    let asked = json!({ "id_token": { "email": { "essential": true }, "groups": null }, "userinfo": { "email": null, "name": null } });

    let tokens = scene.tokens(&["openid"], &[("claims", &asked.to_string())]).await;
    let userinfo = scene.userinfo(tokens.text("access_token")).await.good().body;

    assert!(claims(tokens.text("id_token")).get("email").is_none());
    assert_eq!(userinfo, json!({ "sub": scene.person.id, "name": "Anna Example" }));
}

#[tokio::test]
async fn a_malformed_claims_parameter_is_refused_at_the_client() {
    let mut scene = Scene::new().await;

    for text in ["[]", "{", r#"{"id_token":[]}"#, r#"{"id_token":{"sub":{"value":"a"},"sub":{"value":"b"}}}"#] {
        let (landed, _) = scene.authorize(&["openid"], &[("claims", text)]).await;
        assert_eq!(landed.error(), "invalid_request", "{text}");
    }
}

#[tokio::test]
async fn the_person_is_asked_for_what_claims_by_name_would_tell() {
    let mut scene = Scene::with(|metadata| metadata.consent = tenantry::model::ConsentMode::Ask).await;
    let party = scene.party().await;
    let asked = json!({ "userinfo": { "phone_number": null } }).to_string();
    let request = party.authorize(&["openid"], &[("claims", &asked)]);
    scene.browser.goto(request.url.as_str()).await;
    scene.t.sign_in(&mut scene.browser, &scene.person).await;

    assert_eq!(scene.browser.path(), "/consent");
    assert!(scene.browser.text("main").contains("phone number"), "{}", scene.browser.text("main"));
}

/// OpenID Connect Core 5.2: one value per claim is stored, and it is told without a tag. Languages are a wish.
#[tokio::test]
async fn languages_of_claims_are_a_wish_that_is_never_refused() {
    let mut scene = Scene::new().await;
    let asked = json!({
        "id_token": { "name#de": null, "family_name#ja-Hani-JP": { "essential": true }, "email#": null, "#de": null, "acr#de": { "essential": true, "value": "x" } },
        "userinfo": { "given_name#de-CH-1996": { "essential": true }, "given_name": null, "sub#de": { "value": "somebody else" } },
    });

    for locales in ["de", "de-CH fr-CA en", "xx-unheard-of", " ", "not a tag !", "*"] {
        let tokens = scene.tokens(&["openid", "profile"], &[("claims_locales", locales), ("claims", &asked.to_string())]).await;
        let (id_token, told) = (claims(tokens.text("id_token")), scene.userinfo(tokens.text("access_token")).await.good().body);

        assert_eq!(told["given_name"], "Anna", "{locales}");
        for members in [&id_token, &told] {
            assert!(members.as_object().unwrap().keys().all(|name| !name.contains('#')), "{members}");
        }
    }
    assert!(scene.metadata().await.get("claims_locales_supported").is_none(), "what is not chosen by language is not announced");
}
