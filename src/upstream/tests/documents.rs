//! Discovery and keys: who may sign, what is cached, what happens when the documents fail or change.
use std::time::Duration;

use serde_json::json;

use super::super::stand_in::*;
use super::super::{HttpFault, Passthrough, Reason, UpstreamError};
use super::reason;
use crate::world::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);

/// The way to Microsoft, which needs the documents and nothing else.
async fn start_at(microsoft: &StandIn, now: Timestamp) -> Result<url::Url, UpstreamError> {
    start(&microsoft.entra(TID), &Passthrough::default(), now).await
}

/// Signs the next token with the second key and publishes it for `issuer`.
fn publish_second(microsoft: &StandIn, issuer: &str) {
    let token = signed(SECOND_KEY, &header("second"), &claims(&microsoft.host));
    let template = format!("{}/{{tenantid}}/v2.0", microsoft.host);
    let keys = json!({ "keys": [jwk(FIRST_KEY, "first", &template), jwk(SECOND_KEY, "second", issuer)] });
    microsoft.change(|script| {
        script.token = token_answer(&token);
        script.jwks = json_answer(&keys);
    });
}

#[tokio::test]
async fn a_key_of_personal_accounts_cannot_sign_for_a_directory() {
    let microsoft = StandIn::start().await;
    publish_second(&microsoft, &format!("{}/{PERSONAL}/v2.0", microsoft.host));

    assert_eq!(reason(microsoft.finish(NOW).await), Err(Reason::ForeignKey));
}

#[tokio::test]
async fn a_key_that_names_the_directory_itself_may_sign() {
    let microsoft = StandIn::start().await;
    publish_second(&microsoft, &format!("{}/{TID}/v2.0", microsoft.host));

    assert!(microsoft.finish(NOW).await.is_ok());
}

#[tokio::test]
async fn a_key_without_an_issuer_cannot_sign() {
    let microsoft = StandIn::start().await;
    let mut key = jwk(FIRST_KEY, "first", "");
    key.as_object_mut().unwrap().remove("issuer");
    microsoft.change(|script| script.jwks = json_answer(&json!({ "keys": [key] })));

    assert_eq!(reason(microsoft.finish(NOW).await), Err(Reason::ForeignKey));
}

#[tokio::test]
async fn a_key_for_encryption_or_of_another_kind_cannot_sign() {
    for (member, value) in [("use", json!("enc")), ("alg", json!("PS256")), ("kty", json!("EC")), ("n", json!("AQAB"))] {
        let microsoft = StandIn::start().await;
        let mut key = jwk(FIRST_KEY, "first", &format!("{}/{{tenantid}}/v2.0", microsoft.host));
        key[member] = value;
        microsoft.change(|script| script.jwks = json_answer(&json!({ "keys": [key] })));

        assert_eq!(reason(microsoft.finish(NOW).await), Err(Reason::ForeignKey), "{member}");
    }
}

#[tokio::test]
async fn an_odd_key_beside_the_good_one_does_no_harm() {
    let microsoft = StandIn::start().await;
    let good = jwk(FIRST_KEY, "first", &format!("{}/{{tenantid}}/v2.0", microsoft.host));
    let odd = json!([7, { "kty": "AKP", "kid": "q" }, { "kid": "first" }, good]);
    microsoft.change(|script| script.jwks = json_answer(&json!({ "keys": odd })));

    assert!(microsoft.finish(NOW).await.is_ok());
}

#[tokio::test]
async fn the_template_is_not_enough_to_sign_for_personal_accounts() {
    let microsoft = StandIn::start().await;
    let mut claims = claims(&microsoft.host);
    claims["tid"] = json!(PERSONAL);
    claims["iss"] = json!(format!("{}/{PERSONAL}/v2.0", microsoft.host));
    let (host, token) = (microsoft.host.clone(), signed(FIRST_KEY, &header("first"), &claims));
    microsoft.change(|script| {
        script.discovery = json_answer(&discovery(&host, PERSONAL));
        script.token = token_answer(&token);
    });

    assert_eq!(reason(finish(&microsoft.entra(PERSONAL), NOW).await), Err(Reason::ForeignKey));
}

#[tokio::test]
async fn documents_are_fetched_once_an_hour() {
    let microsoft = StandIn::start().await;

    for minutes in [0, 1, 59] {
        start_at(&microsoft, NOW.plus(MINUTE * minutes)).await.unwrap();
    }
    assert_eq!((microsoft.requests_to("/openid-configuration"), microsoft.requests_to("/keys")), (1, 1));

    start_at(&microsoft, NOW.plus(MINUTE * 60)).await.unwrap();
    assert_eq!((microsoft.requests_to("/openid-configuration"), microsoft.requests_to("/keys")), (2, 2));
}

#[tokio::test]
async fn many_sign_ins_at_once_fetch_the_documents_once() {
    let microsoft = StandIn::start().await;

    let (a, b, c) = tokio::join!(microsoft.finish(NOW), microsoft.finish(NOW), microsoft.finish(NOW));

    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(microsoft.requests_to("/openid-configuration"), 1);
}

#[tokio::test]
async fn a_rotated_key_is_found_by_one_more_fetch() {
    let microsoft = StandIn::start().await;
    microsoft.finish(NOW).await.unwrap();
    publish_second(&microsoft, &format!("{}/{{tenantid}}/v2.0", microsoft.host));

    let after = microsoft.finish(NOW.plus(MINUTE)).await;

    assert!(after.is_ok());
    assert_eq!(microsoft.requests_to("/keys"), 2);
}

#[tokio::test]
async fn an_unknown_key_causes_one_fetch_in_five_minutes() {
    let microsoft = StandIn::start().await;
    let token = signed(SECOND_KEY, &header("never published"), &claims(&microsoft.host));
    microsoft.change(|script| script.token = token_answer(&token));

    for _ in 0..3 {
        assert_eq!(reason(microsoft.finish(NOW).await), Err(Reason::UnknownKey));
    }
    assert_eq!(microsoft.requests_to("/keys"), 2);

    assert_eq!(reason(microsoft.finish(NOW.plus(MINUTE * 5)).await), Err(Reason::UnknownKey));
    assert_eq!(microsoft.requests_to("/keys"), 3);
}

#[tokio::test]
async fn the_last_good_documents_serve_for_a_day_while_fetching_fails() {
    let microsoft = StandIn::start().await;
    microsoft.finish(NOW).await.unwrap();
    let discovery = microsoft.script.lock().unwrap().discovery.clone();
    microsoft.change(|script| script.discovery = (500, Vec::new()));

    assert!(start_at(&microsoft, NOW.plus(MINUTE * 60 * 23)).await.is_ok());
    let after_a_day = start_at(&microsoft, NOW.plus(MINUTE * 60 * 24)).await;
    assert!(matches!(after_a_day, Err(UpstreamError::Unavailable(HttpFault::ServerFailed(500)))));

    microsoft.change(|script| script.discovery = discovery);
    assert!(start_at(&microsoft, NOW.plus(MINUTE * 60 * 25)).await.is_ok());
}

#[tokio::test]
async fn r15_a_host_that_failed_is_left_alone_for_ten_seconds() {
    let microsoft = StandIn::start().await;
    let discovery = microsoft.script.lock().unwrap().discovery.clone();
    microsoft.change(|script| script.discovery = (503, b"<html>".to_vec()));

    let first = start_at(&microsoft, NOW).await;
    let second = start_at(&microsoft, NOW.plus(Duration::from_secs(9))).await;
    assert!(matches!(first, Err(UpstreamError::Unavailable(HttpFault::ServerFailed(503)))));
    assert!(matches!(second, Err(UpstreamError::Unavailable(HttpFault::Resting))));
    assert_eq!(microsoft.requests_to("/openid-configuration"), 1);

    microsoft.change(|script| script.discovery = discovery);
    assert!(start_at(&microsoft, NOW.plus(Duration::from_secs(10))).await.is_ok());
}

#[tokio::test]
async fn documents_that_cannot_be_believed_are_refused() {
    let host = StandIn::start().await.host;
    let changed = |member: &str, value: &str| {
        let mut document = discovery(&host, TID);
        document[member] = json!(value);
        document
    };
    let elsewhere = "https://evil.example/x";
    let table = [
        (json!({}), Reason::Discovery),
        (changed("issuer", &format!("{host}/{{tenantid}}/v2.0")), Reason::DiscoveryIssuer),
        (changed("issuer", &format!("{host}/{OTHER_TID}/v2.0")), Reason::DiscoveryIssuer),
        (changed("authorization_endpoint", elsewhere), Reason::DiscoveryEndpoint),
        (changed("token_endpoint", elsewhere), Reason::DiscoveryEndpoint),
        (changed("jwks_uri", "http://169.254.169.254/latest"), Reason::DiscoveryEndpoint),
    ];
    for (document, expected) in table {
        let directory = super::super::directory::Directory::read(document.to_string().as_bytes(), &host, format!("{host}/{TID}/v2.0"));
        assert_eq!(directory.err(), Some(expected), "{document}");
    }
}

#[tokio::test]
async fn a_key_document_without_keys_is_refused() {
    let microsoft = StandIn::start().await;
    microsoft.change(|script| script.jwks = (200, b"{}".to_vec()));

    assert_eq!(reason(microsoft.finish(NOW).await), Err(Reason::KeyDocument));
}

#[tokio::test]
async fn r15_bad_json_and_endless_answers_make_the_provider_unavailable_and_nothing_worse() {
    for jwks in [b"not json".to_vec(), vec![b' '; (1 << 20) + 1]] {
        let microsoft = StandIn::start().await;
        microsoft.change(|script| script.jwks = (200, jwks));

        assert!(matches!(microsoft.finish(NOW).await, Err(UpstreamError::Unavailable(HttpFault::NotJson | HttpFault::TooLarge))));
    }
}
