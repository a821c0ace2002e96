//! What Microsoft's refusals and failures look like to the person (microsoft.md 2.9).
use http::StatusCode;
use serde_json::json;
use tenantry::model::InvitationMethod;

use super::{Stage, refusal};
use crate::harness::issuer::{Account, Mood};

const ANNA: &str = "anna@contoso.example";
const EVIL: &str = "AADSTS65004: <img src=x onerror=alert(1)> please call +1 555 0100";

#[tokio::test]
async fn each_refusal_of_microsoft_has_its_page_and_a_way_back() {
    let stage = Stage::set().await;
    let cases = [
        (&[("error", "access_denied"), ("error_subcode", "cancel"), ("error_description", EVIL)][..], "upstream_cancelled"),
        (&[("error", "access_denied"), ("error_description", "AADSTS50105: not assigned")], "upstream_assign"),
        (&[("error", "invalid_client"), ("error_description", "AADSTS700016: no such application")], "upstream_not_enabled"),
        (&[("error", "consent_required"), ("error_description", "AADSTS65001: consent")], "upstream_not_enabled"),
        (&[("error", "access_denied"), ("error_description", "AADSTS53003: Conditional Access")], "upstream_policy"),
        (&[("error", "invalid_request"), ("error_description", "AADSTS50020: another tenant")], "upstream_other_account"),
        (&[("error", "login_required"), ("error_description", "AADSTS50058: nobody")], "upstream_start_again"),
        (&[("error", "server_error")], "upstream_unavailable"),
        (&[("error", "\u{1f4a5}")], "upstream_unavailable"),
        (&[("surprise", "no code and no error")], "upstream_start_again"),
    ];

    for (answer, expected) in cases {
        let (browser, _) = stage.at_login(&[]).await;
        let mut browser = browser.tolerating_errors();
        let away = stage.depart(&mut browser, &stage.connection).await;
        browser.goto(stage.issuer.refuse(&away, answer)).await;

        assert_eq!(refusal(&browser).1, expected, "{answer:?}");
        let body = &browser.page().body;
        assert!(!body.contains("555") && !body.contains("onerror") && !body.contains("AADSTS"), "Microsoft's text is not shown: {body}");
        browser.follow("#problem-retry").await;
        assert_eq!(browser.path(), "/login", "{answer:?}");
    }
}

#[tokio::test]
async fn an_administrator_is_shown_where_to_enable_the_application() {
    let stage = Stage::set().await;
    let (mut browser, _) = stage.at_login(&[]).await;
    let away = stage.depart(&mut browser, &stage.connection).await;

    browser.goto(stage.issuer.refuse(&away, &[("error", "consent_required")])).await;

    let link = browser.page().link("main a.secondary");
    assert!(link.as_str().starts_with(&format!("{}/{}/v2.0/adminconsent?", stage.issuer.host, stage.connection.tid)), "{link}");
    let asked: std::collections::HashMap<_, _> = link.query_pairs().into_owned().collect();
    assert_eq!(asked["client_id"], stage.connection.client_id);
    assert_eq!(asked["redirect_uri"], stage.t.url(&format!("/federation/{}/callback", stage.connection.id)));
}

#[tokio::test]
async fn a_microsoft_that_fails_or_talks_nonsense_stops_nobody_with_a_password() {
    let stage = Stage::set().await;
    let bert = stage.t.member(&stage.contoso, "bert@contoso.example").await;
    for mood in [
        Mood::Says(StatusCode::INTERNAL_SERVER_ERROR, String::new()),
        Mood::Says(StatusCode::OK, "<html>maintenance</html>".to_owned()),
        Mood::Says(StatusCode::OK, "{\"issuer\":\"https://elsewhere.example\"}".to_owned()),
    ] {
        stage.issuer.mood(mood);
        let (browser, request) = stage.at_login(&[]).await;
        let mut browser = browser.tolerating_errors();
        browser.submit(&format!("#upstream-{}", stage.connection.id)).await;
        assert_eq!(refusal(&browser), (503, "upstream_unavailable".to_owned()));

        browser.follow("#problem-retry").await;
        stage.t.sign_in(&mut browser, &bert).await;
        assert!(stage.party.landed(&request, browser.landing()).code().starts_with("tnc_"));
        stage.t.later(std::time::Duration::from_secs(60));
    }
    assert_eq!(stage.t.app.store.read(async |r| r.pins().await).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_of_the_token_endpoint_that_breaks_a_rule_signs_nobody_in() {
    let stage = Stage::set().await;
    let anna = stage.invited(ANNA, InvitationMethod::Microsoft).await;
    let said = |status, value| Mood::TokenSays(status, value);
    let cases = [
        (said(StatusCode::BAD_REQUEST, json!({ "error": "invalid_grant", "error_codes": [54005] })), "upstream_start_again"),
        (said(StatusCode::UNAUTHORIZED, json!({ "error": "invalid_client", "error_codes": [7_000_222] })), "upstream_unavailable"),
        (said(StatusCode::OK, json!({ "access_token": "a", "token_type": "Bearer" })), "upstream_unavailable"),
        (said(StatusCode::OK, json!({ "access_token": "a", "token_type": "Bearer", "id_token": "a.b.c" })), "upstream_unavailable"),
        (said(StatusCode::BAD_GATEWAY, json!([])), "upstream_unavailable"),
    ];

    for (mood, expected) in cases {
        let (browser, _) = stage.at_login(&[]).await;
        let mut browser = browser.tolerating_errors();
        let away = stage.depart(&mut browser, &stage.connection).await;
        stage.issuer.mood(mood);
        browser.goto(stage.issuer.sign_in(&away, &Account::member(1, ANNA))).await;
        stage.issuer.mood(Mood::Well);

        assert_eq!(refusal(&browser).1, expected);
    }
    let (browser, _) = stage.at_login(&[]).await;
    let mut browser = browser.tolerating_errors();
    stage.through(&mut browser, &Account::member(1, ANNA).with("nonce", "of another sign-in")).await;
    assert_eq!(refusal(&browser).1, "upstream_unavailable");
    stage.assert_still_invited(&anna).await;
}
