//! Pairwise subjects (OpenID Connect Core 8.1): one name per sector, the same wherever a client is told of a person.
use serde_json::json;
use tenantry::model::{ConsentMode, SubjectType};
use tenantry::service::clients::Preset;

use super::{Scene, claims};

async fn scene() -> Scene {
    Scene::with(|metadata| metadata.subject_type = SubjectType::Pairwise).await
}

#[tokio::test]
async fn every_token_and_answer_names_the_person_by_the_same_pairwise_subject() {
    let mut scene = scene().await;

    let tokens = scene.tokens(&["openid", "offline_access"], &[]).await;
    let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
    let id_token = claims(tokens.text("id_token"));
    let sub = id_token["sub"].as_str().unwrap();

    assert!(sub.len() == 43 && sub != scene.person.id.as_str());
    assert_eq!(claims(access)["sub"], sub);
    assert_eq!(scene.userinfo(access).await.good().body["sub"], sub);
    assert_eq!(scene.introspect(access).await["sub"], sub);
    assert_eq!(scene.introspect(refresh).await["sub"], sub);
    let again = scene.post("/token", &[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await.good();
    assert_eq!(claims(again.text("id_token"))["sub"], sub);
    assert_eq!(scene.metadata().await["subject_types_supported"], json!(["public", "pairwise"]));
}

#[tokio::test]
async fn another_sector_gets_another_name_and_the_same_sector_the_same() {
    let mut scene = scene().await;
    let mut names = Vec::new();
    for sector in [None, Some("https://app.example/sector.json"), Some("https://elsewhere.example/sector.json")] {
        let (client, secret) = scene
            .t
            .client(Preset::Web, |new| {
                new.metadata.consent = ConsentMode::Implicit;
                new.metadata.subject_type = SubjectType::Pairwise;
                new.metadata.sector_identifier_uri = sector.map(str::to_owned);
            })
            .await;
        (scene.client, scene.secret) = (client, secret.unwrap());
        let tokens = scene.tokens(&["openid"], &[]).await;
        names.push(claims(tokens.text("id_token"))["sub"].as_str().unwrap().to_owned());
    }

    assert_eq!(names[0], names[1]);
    assert_ne!(names[0], names[2]);
}

#[tokio::test]
async fn a_hint_and_a_wanted_subject_are_compared_with_the_pairwise_name() {
    let mut scene = scene().await;
    let tokens = scene.tokens(&["openid"], &[]).await;
    let hint = tokens.text("id_token").to_owned();
    let wanted = |sub: &str| json!({ "id_token": { "sub": { "value": sub } } }).to_string();
    let sub = claims(&hint)["sub"].as_str().unwrap().to_owned();
    let public = scene.person.id.to_string();

    let (hinted, _) = scene.authorize(&["openid"], &[("prompt", "none"), ("id_token_hint", &hint)]).await;
    let (named, _) = scene.authorize(&["openid"], &[("prompt", "none"), ("claims", &wanted(&sub))]).await;
    let (guessed, _) = scene.authorize(&["openid"], &[("prompt", "none"), ("claims", &wanted(&public))]).await;

    hinted.code();
    named.code();
    assert_eq!(guessed.error(), "login_required", "the id of a person tells nothing to a client with pairwise names");
}

#[tokio::test]
async fn a_pairwise_hint_ends_the_session_of_its_person() {
    let mut scene = scene().await;
    let party = scene.party().await;
    let tokens = scene.tokens(&["openid"], &[]).await;

    let url = party.logout_url(tokens.text("id_token"), Some("https://app.example/bye"), Some("s"));
    scene.browser.goto(url.as_str()).await;

    assert_eq!(scene.browser.landing().as_str(), "https://app.example/bye?state=s");
}
