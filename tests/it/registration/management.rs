//! `/register/{client_id}`: a client reads, replaces and ends its registration (RFC 7592).
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use reqwest::Method;
use serde_json::json;
use tenantry::model::{ClientId, ClientState, ConsentMode, MembershipKind};
use tenantry::protocol::Reason;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::*;
use crate::harness::relying_party::RelyingParty;

/// A sector document that comes when the test lets it.
struct SlowDocument {
    uri: String,
    asked: Arc<Notify>,
    answer: Arc<Notify>,
}

impl SlowDocument {
    async fn start() -> Self {
        let (asked, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/sector", listener.local_addr().unwrap());
        let (told, waits) = (Arc::clone(&asked), Arc::clone(&answer));
        let show = move || {
            let (told, waits) = (Arc::clone(&told), Arc::clone(&waits));
            async move {
                told.notify_one();
                waits.notified().await;
                json!([CALLBACK]).to_string()
            }
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/sector", get(show))).await.unwrap() });
        Self { uri, asked, answer }
    }
}

async fn manage(method: Method, made: &Answer, token: &str, body: Option<&Value>) -> Answer {
    let request = net::client().request(method, made.text("registration_client_uri")).bearer_auth(token);
    send(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

async fn own(method: Method, made: &Answer, body: Option<&Value>) -> Answer {
    manage(method, made, made.text("registration_access_token"), body).await
}

/// A replacement that names the client, with members more.
fn replacement(made: &Answer, more: &Value) -> Value {
    let mut body = app(&json!({ "client_id": made.text("client_id") }));
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn a_client_reads_what_is_registered_about_it() {
    let t = open().await;
    let made = registered(&t, &json!({ "contacts": ["ops@app.example"] })).await;

    let read = own(Method::GET, &made, None).await;

    let mut expected = made.body.clone();
    // Only its digest is known here.
    expected.as_object_mut().unwrap().remove("client_secret");
    assert_eq!((read.status, &read.body), (200, &expected));
    assert_eq!(read.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn a_token_that_is_not_this_clients_is_401_for_everything() {
    let t = open().await;
    let (made, other) = (registered(&t, &json!({})).await, registered(&t, &json!({})).await);
    let body = replacement(&made, &json!({}));
    let initial = ticket(&t, None, 5).await;

    for token in ["x", other.text("registration_access_token"), initial.as_str()] {
        for (method, body) in [(Method::GET, None), (Method::PUT, Some(&body)), (Method::DELETE, None)] {
            assert_eq!(manage(method, &made, token, body).await.error(), (401, "invalid_token"));
        }
    }
    let nobody = net::client().get(t.url("/register/cli_nobody")).bearer_auth(made.text("registration_access_token"));
    assert_eq!(send(nobody).await.error(), (401, "invalid_token"));
    assert_eq!(own(Method::GET, &made, None).await.status, 200);
}

#[tokio::test]
async fn a_replacement_replaces_all_and_what_is_missing_is_gone() {
    let t = open().await;
    let made = registered(&t, &json!({ "contacts": ["ops@app.example"], "logo_uri": "https://app.example/logo.png" })).await;
    let more =
        json!({ "client_name": "Planner", "client_secret": made.text("client_secret"), "redirect_uris": ["https://app.example/other"] });

    let replaced = own(Method::PUT, &made, Some(&replacement(&made, &more))).await;

    assert_eq!((replaced.status, replaced.text("client_name")), (200, "Planner"));
    assert_eq!(replaced.body["redirect_uris"], json!(["https://app.example/other"]));
    assert!(replaced.body.get("contacts").is_none() && replaced.body.get("logo_uri").is_none());
    assert_eq!(replaced.text("client_secret"), made.text("client_secret"));
    let mut read = own(Method::GET, &made, None).await.body;
    read["client_secret"] = made.body["client_secret"].clone();
    assert_eq!(read, replaced.body);
}

#[tokio::test]
async fn a_replacement_names_its_client_repeats_its_own_secret_and_nothing_of_ours() {
    let t = open().await;
    let (made, other) = (registered(&t, &json!({})).await, registered(&t, &json!({})).await);
    let nameless = app(&json!({}));
    let wrong = [
        nameless,
        replacement(&other, &json!({})),
        replacement(&made, &json!({ "client_secret": "chosen by the client" })),
        replacement(&made, &json!({ "client_secret": other.text("client_secret") })),
        replacement(&made, &json!({ "registration_access_token": made.text("registration_access_token") })),
        replacement(&made, &json!({ "registration_client_uri": "https://evil.example/" })),
        replacement(&made, &json!({ "client_secret_expires_at": 0 })),
        replacement(&made, &json!({ "client_id_issued_at": 0 })),
        replacement(&made, &json!({ "grant_types": ["client_credentials"] })),
    ];

    for body in wrong {
        assert_eq!(own(Method::PUT, &made, Some(&body)).await.error(), (400, "invalid_client_metadata"), "{body}");
    }
    let uri = replacement(&made, &json!({ "redirect_uris": ["http://evil.example/"] }));
    assert_eq!(own(Method::PUT, &made, Some(&uri)).await.error(), (400, "invalid_redirect_uri"));
}

#[tokio::test]
async fn a_secret_comes_and_goes_with_the_method() {
    let t = open().await;
    let made = registered(&t, &json!({})).await;

    let public = own(Method::PUT, &made, Some(&replacement(&made, &json!({ "token_endpoint_auth_method": "none" })))).await;
    assert!(public.status == 200 && public.body.get("client_secret_expires_at").is_none());
    let again = own(Method::PUT, &made, Some(&replacement(&made, &json!({})))).await;

    assert_eq!(again.body["client_secret_expires_at"], 0);
    assert_ne!(again.text("client_secret"), made.text("client_secret"));
    let proved = async |secret: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
        let request = net::client().post(t.url("/token")).basic_auth(made.text("client_id"), Some(secret)).form(&form);
        send(request).await.status
    };
    assert_eq!((proved(made.text("client_secret")).await, proved(again.text("client_secret")).await), (401, 400));
}

#[tokio::test]
async fn k07_a_replacement_keeps_what_the_operator_decided() {
    let t = open().await;
    let acme = t.tenant("acme").await;
    let made = register(&t, &ticket(&t, Some(&acme.id), 1).await, &app(&json!({}))).await;
    let id = ClientId::from_text(made.text("client_id"));
    let stored = async || t.app.store.read(async |r| r.client(&id).await).await.unwrap().unwrap();
    let mut metadata = stored().await.metadata;
    metadata.audiences = vec!["https://api.example".to_owned()];
    metadata.scopes.push("orders".to_owned());
    t.app.store.write(async |w| w.set_client_metadata(&id, &metadata).await).await.unwrap();

    let more =
        json!({ "entitlement": "any", "audiences": ["https://pay.example"], "consent": "implicit", "scope": "openid orders payments" });
    assert_eq!(own(Method::PUT, &made, Some(&replacement(&made, &more))).await.status, 200);

    let client = stored().await;
    assert_eq!(client.metadata.audiences, ["https://api.example"]);
    assert_eq!(client.metadata.scopes, ["openid", "orders"]);
    assert_eq!((client.metadata.entitlement, client.metadata.consent), (metadata.entitlement, ConsentMode::Ask));
    assert_eq!(client.tenants, [acme.id]);
}

#[tokio::test]
async fn a_client_that_the_operator_disabled_manages_nothing() {
    let t = open().await;
    let made = registered(&t, &json!({})).await;
    let id = ClientId::from_text(made.text("client_id"));

    t.app.store.write(async |w| w.set_client_state(&id, ClientState::Disabled).await).await.unwrap();

    assert_eq!(own(Method::GET, &made, None).await.status, 401);
    assert_eq!(own(Method::PUT, &made, Some(&replacement(&made, &json!({})))).await.status, 401);
    assert_eq!(own(Method::DELETE, &made, None).await.status, 401);
}

#[tokio::test]
async fn a_deleted_client_is_gone_with_all_its_tokens() {
    let t = open().await;
    let acme = t.tenant("acme").await;
    let person = t.person("anna@acme.example").await;
    t.join(&person, &acme, MembershipKind::Home).await;
    let made = registered(&t, &json!({ "grant_types": ["authorization_code", "refresh_token"] })).await;
    let (id, secret) = (made.text("client_id"), made.text("client_secret"));
    let party = RelyingParty::discover(&t.origin, id, Some(secret), CALLBACK, std::sync::Arc::clone(&t.clock)).await;
    let (mut browser, request) = (t.browser(), party.authorize(&["openid", "offline_access"], &[("prompt", "consent")]));
    browser.goto(request.url.as_str()).await;
    t.sign_in(&mut browser, &person).await;
    browser.submit("#consent-allow").await;
    let code = party.landed(&request, browser.landing()).code();
    let tokens = party.exchange(&request, &code).await.unwrap();
    let userinfo = async || send(net::client().get(t.url("/userinfo")).bearer_auth(&tokens.access)).await.status;
    assert_eq!(userinfo().await, 200);

    let deleted = own(Method::DELETE, &made, None).await;

    assert_eq!((deleted.status, &deleted.body), (204, &Value::Null));
    assert_eq!(userinfo().await, 401);
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_deref().unwrap())];
    let refreshed = send(net::client().post(t.url("/token")).basic_auth(id, Some(secret)).form(&form)).await;
    assert_eq!(refreshed.error(), (401, "invalid_client"));
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(own(method, &made, None).await.error(), (401, "invalid_token"));
    }
    let gone = t.app.store.read(async |r| r.client(&ClientId::from_text(id)).await).await.unwrap().unwrap();
    assert!(gone.state == ClientState::Disabled && gone.secrets.is_empty());
    // Not even the operator's enabling it again brings its tokens back.
    t.app.store.write(async |w| w.set_client_state(&gone.id, ClientState::Active).await).await.unwrap();
    t.app.refresh().await.unwrap();
    assert_eq!(userinfo().await, 401);
}

#[tokio::test]
async fn of_two_replacements_at_once_the_slower_one_is_told_and_overwrites_nothing() {
    let t = open().await;
    let (made, document) = (registered(&t, &json!({})).await, SlowDocument::start().await);
    let named = |name: &str| replacement(&made, &json!({ "client_name": name, "client_secret": made.text("client_secret") }));
    let mut slow = named("Slow");
    slow["sector_identifier_uri"] = document.uri.as_str().into();

    let meets_another = async {
        document.asked.notified().await;
        let quick = own(Method::PUT, &made, Some(&named("Quick"))).await;
        document.answer.notify_one();
        quick
    };
    let (late, quick) = tokio::join!(own(Method::PUT, &made, Some(&slow)), meets_another);

    assert_eq!((quick.status, quick.text("client_name")), (200, "Quick"));
    assert_eq!(late.error(), (409, "invalid_request"));
    assert!(late.text("error_description").contains("read it again"), "{}", late.body);
    assert!(!t.log.lines_with(&format!("{:?}", Reason::RegistrationOvertaken)).is_empty());
    assert_eq!(own(Method::GET, &made, None).await.text("client_name"), "Quick");
    document.answer.notify_one();
    assert_eq!(own(Method::PUT, &made, Some(&slow)).await.text("client_name"), "Slow", "sent once more, it is taken");
}

#[tokio::test]
async fn of_many_replacements_at_once_every_answer_is_a_success_or_a_conflict() {
    let t = open().await;
    let made = registered(&t, &json!({})).await;
    let answers = crate::harness::par::par(16, |n| {
        let body = replacement(&made, &json!({ "client_name": format!("Board {n}") }));
        let request = net::client().put(made.text("registration_client_uri")).bearer_auth(made.text("registration_access_token"));
        send(request.json(&body))
    })
    .await;

    let won: Vec<&str> = answers.iter().filter(|answer| answer.status == 200).map(|answer| answer.text("client_name")).collect();
    assert!(answers.iter().all(|answer| answer.status == 200 || answer.error() == (409, "invalid_request")));
    let stored = own(Method::GET, &made, None).await;
    assert!(won.contains(&stored.text("client_name")), "{won:?} {}", stored.body);
}
