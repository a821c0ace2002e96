//! Addresses in a registration: which are taken, which are fetched, and that no other is.
use std::sync::{Arc, Mutex};

use axum::Router;
use serde_json::json;
use tenantry::protocol::Reason;
use tenantry::service::Network;
use tenantry::service::client_auth::Denied;
use tenantry::service::registration::{self, Asked};
use tokio::net::TcpListener;

use super::*;

/// Answers every request with one document and remembers the paths.
struct Canary {
    origin: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Canary {
    async fn showing(document: Value) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::clone(&asked);
        let answer = move |uri: http::Uri| {
            heard.lock().unwrap().push(uri.path().to_owned());
            let text = document.to_string();
            async move { text }
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await.unwrap() });
        Self { origin, asked }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

const FIELDS: [&str; 9] = [
    "jwks_uri",
    "sector_identifier_uri",
    "initiate_login_uri",
    "backchannel_logout_uri",
    "frontchannel_logout_uri",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
];

#[tokio::test]
async fn k02_k04_addresses_inside_the_house_are_not_registered() {
    let t = Tenantry::start_with(|config| {
        config.registration.enabled = true;
        config.upstream.allow_plain_http_loopback = false;
    })
    .await;
    let (token, canary) = (ticket(&t, None, 1).await, Canary::showing(json!([CALLBACK])).await);
    let port = canary.origin.rsplit_once(':').unwrap().1;
    let hosts = ["127.0.0.1", "169.254.169.254", "[::ffff:7f00:1]", "0", "2130706433", "10.0.0.1", "[::1]"];

    for field in FIELDS {
        let mut inner: Vec<String> = hosts.iter().map(|host| format!("https://{host}:{port}/x")).collect();
        inner.push(canary.at("/x"));
        inner.push("https://app.example/x#f".to_owned());
        inner.push("file:///etc/passwd".to_owned());
        for uri in inner {
            assert_eq!(register(&t, &token, &app(&json!({ field: uri }))).await.error(), (400, "invalid_client_metadata"), "{field} {uri}");
        }
    }
    let keys = json!({ "keys": [] });
    let objects = json!({ "jwks": keys, "request_uris": ["https://127.0.0.1/request"] });
    assert_eq!(register(&t, &token, &app(&objects)).await.error(), (400, "invalid_client_metadata"));
    assert_eq!(canary.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn k04_nothing_but_the_sector_document_is_fetched_and_not_before_the_token_is_good() {
    let t = open().await;
    let canary = Canary::showing(json!([CALLBACK, "https://else.example/cb"])).await;
    let mut body = app(&json!({ "subject_type": "pairwise" }));
    for field in FIELDS.iter().filter(|field| **field != "frontchannel_logout_uri") {
        body[*field] = canary.at(&format!("/{field}")).into();
    }

    assert_eq!(register(&t, "x", &body).await.status, 401);
    assert_eq!(canary.asked(), Vec::<String>::new());
    let answer = register(&t, &ticket(&t, None, 1).await, &body).await;

    assert_eq!((answer.status, answer.body["subject_type"].as_str()), (201, Some("pairwise")), "{}", answer.body);
    assert_eq!(canary.asked(), ["/sector_identifier_uri"]);
}

#[tokio::test]
async fn the_sector_document_lists_every_redirect_uri() {
    let t = open().await;
    let token = ticket(&t, None, 1).await;
    let asked = |uri: String| Asked {
        token: Some(token.clone()),
        body: app(&json!({ "sector_identifier_uri": uri })).as_object().cloned(),
        network: Network::of(std::net::IpAddr::from([127, 0, 0, 1])),
    };

    for document in [json!(["https://else.example/cb"]), json!({}), json!([])] {
        let canary = Canary::showing(document).await;
        let answer = registration::register(&t.app, &asked(canary.at("/sector")), t.now()).await;
        let Err(Denied::Refused(error)) = answer else { panic!("not refused") };
        assert_eq!((error.code.as_str(), error.reason), ("invalid_client_metadata", Reason::RegistrationSector));
    }
}

#[tokio::test]
async fn a_logout_frame_lives_where_the_application_does() {
    let t = open().await;
    let token = ticket(&t, None, 1).await;

    let elsewhere = register(&t, &token, &app(&json!({ "frontchannel_logout_uri": "https://evil.example/out" }))).await;
    assert_eq!(elsewhere.error(), (400, "invalid_client_metadata"));
    let home = register(&t, &token, &app(&json!({ "frontchannel_logout_uri": "https://app.example/out" }))).await;

    assert_eq!((home.status, home.text("frontchannel_logout_uri")), (201, "https://app.example/out"));
}
