//! `POST /register`.
use std::time::Duration;

use serde_json::json;
use tenantry::model::{ClientId, Entitlement, MembershipKind};
use tenantry::protocol::Reason;
use tenantry::service::Network;
use tenantry::service::registration::{self, Asked};
use tenantry::service::registration_tokens;

use super::*;
use crate::harness::relying_party::RelyingParty;

#[tokio::test]
async fn k07_registration_is_off_unless_it_is_enabled() {
    let t = Tenantry::start().await;

    let answer = register(&t, &ticket(&t, None, 1).await, &app(&json!({}))).await;

    assert_eq!(answer.status, 404);
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        assert!(send(net::client().get(t.url(path))).await.body.get("registration_endpoint").is_none(), "{path}");
    }
}

#[tokio::test]
async fn the_metadata_names_the_endpoint_where_it_is_enabled() {
    let t = open().await;

    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        assert_eq!(send(net::client().get(t.url(path))).await.text("registration_endpoint"), t.url("/register"), "{path}");
    }
}

#[tokio::test]
async fn everything_that_was_registered_is_told_back_with_defaults_and_never_cached() {
    let t = open().await;

    let answer = registered(&t, &json!({ "contacts": ["ops@app.example"], "scope": "openid email nonsense", "future_member": 1 })).await;

    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.body["redirect_uris"], json!([CALLBACK]));
    assert_eq!(answer.body["contacts"], json!(["ops@app.example"]));
    assert_eq!((answer.text("client_name"), answer.text("scope")), ("Board", "openid email"));
    assert_eq!(answer.body["grant_types"], json!(["authorization_code"]));
    assert_eq!(answer.body["response_types"], json!(["code"]));
    assert_eq!(answer.text("token_endpoint_auth_method"), "client_secret_basic");
    assert_eq!((answer.text("application_type"), answer.text("subject_type")), ("web", "public"));
    assert_eq!(answer.text("id_token_signed_response_alg"), "RS256");
    assert_eq!(answer.body["client_id_issued_at"], t.now().seconds());
    assert_eq!(answer.body["client_secret_expires_at"], 0);
    assert!(answer.text("client_secret").len() >= 43 && answer.text("registration_access_token").len() >= 43);
    assert_eq!(answer.text("registration_client_uri"), t.url(&format!("/register/{}", answer.text("client_id"))));
    for absent in ["future_member", "jwks_uri", "entitlement", "consent", "extra", "scopes"] {
        assert!(answer.body.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn an_application_without_a_secret_is_told_none() {
    let t = open().await;

    let answer = registered(&t, &json!({ "token_endpoint_auth_method": "none" })).await;

    assert!(answer.body.get("client_secret").is_none() && answer.body.get("client_secret_expires_at").is_none());
}

#[tokio::test]
async fn k07_nobody_registers_without_a_token_that_is_good_for_it() {
    let t = open().await;
    let body = app(&json!({}));
    let (spent, late) = (ticket(&t, None, 1).await, ticket(&t, None, 1).await);
    let (row, retired) = registration_tokens::add(&t.change(), None, 9, 7).await.unwrap();
    assert!(registration_tokens::retire(&t.change(), &row.id).await.unwrap());
    assert_eq!(register(&t, &spent, &body).await.status, 201);

    let nothing = send(net::client().post(t.url("/register")).json(&body)).await;
    assert_eq!(nothing.error(), (401, "invalid_token"));
    assert!(nothing.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
    for token in ["x", spent.as_str(), retired.clear()] {
        assert_eq!(register(&t, token, &body).await.error(), (401, "invalid_token"));
    }
    // What is wrong with the body is told to nobody without a token.
    assert_eq!(register(&t, "x", &json!({})).await.error(), (401, "invalid_token"));
    t.later(Duration::from_secs(8 * 24 * 60 * 60));
    assert_eq!(register(&t, &late, &body).await.error(), (401, "invalid_token"));
    // RFC 7592 1.1: the two kinds of token do not pass for each other.
    let own = registered(&t, &json!({})).await;
    assert_eq!(register(&t, own.text("registration_access_token"), &body).await.error(), (401, "invalid_token"));
}

#[tokio::test]
async fn k07_a_token_registers_as_many_as_it_was_made_for() {
    let t = open().await;
    let token = ticket(&t, None, 3).await;

    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(register(&t, &token, &app(&json!({}))).await.status);
    }

    assert_eq!(statuses, [201, 201, 201, 401, 401]);
}

#[tokio::test]
async fn a_refused_registration_costs_no_use() {
    let t = open().await;
    let token = ticket(&t, None, 1).await;

    assert_eq!(register(&t, &token, &json!({ "redirect_uris": ["https://*.evil.example/"] })).await.status, 400);

    assert_eq!(register(&t, &token, &app(&json!({}))).await.status, 201);
}

#[tokio::test]
async fn k07_sixty_four_at_once_with_a_token_for_one_have_one_winner() {
    let t = open().await;
    let (token, body) = (ticket(&t, None, 1).await, app(&json!({})));

    let mut rush = tokio::task::JoinSet::new();
    for _ in 0..64 {
        rush.spawn(send(net::client().post(t.url("/register")).bearer_auth(&token).json(&body)));
    }
    let answers = rush.join_all().await;

    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!(count(201), 1);
    assert_eq!(count(401) + count(429), 63);
    assert_eq!(t.app.store.read(async |r| r.clients().await).await.unwrap().len(), 1);
}

#[tokio::test]
async fn k07_a_network_with_wrong_tokens_is_paused_and_others_are_not() {
    let t = Tenantry::start_with(|config| {
        config.registration.enabled = true;
        config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let from = async |address: &str, token: &str| {
        let request = net::client().post(t.url("/register")).header("x-forwarded-for", address);
        send(request.bearer_auth(token).json(&app(&json!({})))).await
    };
    let good = ticket(&t, None, 2).await;

    let mut paused = 0;
    for _ in 0..31 {
        paused += u32::from(from("192.0.2.1", "guess").await.status == 429);
    }

    assert_eq!(paused, 1, "the thirty-first");
    let answer = from("192.0.2.1", &good).await;
    assert_eq!(answer.status, 429);
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(from("192.0.2.2", &good).await.status, 201);
    t.later(Duration::from_secs(15 * 60));
    assert_eq!(from("192.0.2.1", &good).await.status, 201);
}

#[tokio::test]
async fn k07_what_a_tenants_token_registers_serves_that_tenant_alone() {
    let t = open().await;
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let token = ticket(&t, Some(&acme.id), 1).await;
    let more = json!({ "entitlement": "any", "tenants": [globex.id], "consent": "implicit" });

    let answer = register(&t, &token, &app(&more)).await;

    let id = ClientId::from_text(answer.text("client_id"));
    let client = t.app.store.read(async |r| r.client(&id).await).await.unwrap().unwrap();
    assert_eq!((client.metadata.entitlement, client.tenants.as_slice()), (Entitlement::Listed, [acme.id.clone()].as_slice()));
    assert!(client.serves(&acme.id) && !client.serves(&globex.id));
}

#[tokio::test]
async fn k07_machines_wildcards_and_weak_algorithms_are_refused_by_the_right_names() {
    let t = open().await;
    let token = ticket(&t, None, 1).await;
    let cases = [
        (json!({ "redirect_uris": ["https://*.app.example/cb"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["https://app.example/cb#f"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["http://app.example/cb"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["javascript:alert(1)"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": [] }), "invalid_redirect_uri"),
        (json!({ "grant_types": ["client_credentials"] }), "invalid_client_metadata"),
        (json!({ "grant_types": ["urn:ietf:params:oauth:grant-type:token-exchange"] }), "invalid_client_metadata"),
        (json!({ "response_types": ["code id_token"] }), "invalid_client_metadata"),
        (json!({ "id_token_signed_response_alg": "none" }), "invalid_client_metadata"),
        (json!({ "token_endpoint_auth_method": "private_key_jwt" }), "invalid_client_metadata"),
        (json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.example" }), "invalid_client_metadata"),
        (json!({ "jwks": { "keys": [] }, "jwks_uri": "https://app.example/keys" }), "invalid_client_metadata"),
        (json!({ "jwks": { "keys": [{ "kty": "EC", "d": "AAAA" }] } }), "invalid_client_metadata"),
        (json!({ "client_name": "\u{202e}Bank" }), "invalid_client_metadata"),
        (json!({ "default_max_age": "soon" }), "invalid_client_metadata"),
        (json!({ "software_statement": "x" }), "invalid_software_statement"),
        (json!({ "software_statement": "e30.e30.AAAA" }), "unapproved_software_statement"),
    ];

    for (more, error) in cases {
        let answer = register(&t, &token, &app(&more)).await;
        assert_eq!(answer.error(), (400, error), "{more}");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn a_body_that_is_no_bearable_json_object_is_refused() {
    let t = open().await;
    let token = ticket(&t, None, 1).await;
    let post = async |kind: &str, body: String| {
        send(net::client().post(t.url("/register")).bearer_auth(&token).header("content-type", kind).body(body)).await
    };
    let good = app(&json!({})).to_string();
    let large = app(&json!({ "padding": "x".repeat(65 * 1024) })).to_string();
    let twice = good.replacen('{', "{\"client_name\":\"A\",", 1);
    let deep = app(&json!({})).to_string().replacen('{', &format!("{{\"x\":{}{},", "[".repeat(99), "]".repeat(99)), 1);

    for (kind, body) in [("application/json", "[]".to_owned()), ("application/json", large), ("application/json", twice)] {
        assert_eq!(post(kind, body).await.error(), (400, "invalid_client_metadata"));
    }
    assert_eq!(post("application/json", deep).await.error(), (400, "invalid_client_metadata"));
    assert_eq!(post("text/plain", good.clone()).await.error(), (400, "invalid_client_metadata"));
    assert_eq!(post("application/json; charset=utf-8", good).await.status, 201);
}

#[tokio::test]
async fn native_applications_may_use_loopback_and_private_schemes() {
    let t = open().await;
    let native = json!({ "application_type": "native", "token_endpoint_auth_method": "none",
        "redirect_uris": ["http://127.0.0.1/cb", "com.example.app:/cb", "https://app.example/cb"] });

    let answer = registered(&t, &native).await;

    assert_eq!(answer.text("application_type"), "native");
}

#[tokio::test]
async fn a_registered_application_signs_people_in_after_their_consent() {
    let t = open().await;
    let acme = t.tenant("acme").await;
    let person = t.person("anna@acme.example").await;
    t.join(&person, &acme, MembershipKind::Home).await;
    let token = ticket(&t, Some(&acme.id), 1).await;
    let made = register(&t, &token, &app(&json!({ "grant_types": ["authorization_code", "refresh_token"] }))).await;
    let secret = made.text("client_secret");
    let party = RelyingParty::discover(&t.origin, made.text("client_id"), Some(secret), CALLBACK, std::sync::Arc::clone(&t.clock)).await;
    let (mut browser, request) = (t.browser(), party.authorize(&["openid", "email"], &[]));

    browser.goto(request.url.as_str()).await;
    t.sign_in(&mut browser, &person).await;
    assert_eq!(browser.path(), "/consent");
    browser.submit("#consent-allow").await;
    let code = party.landed(&request, browser.landing()).code();
    let tokens = party.exchange(&request, &code).await.unwrap();

    assert_eq!(tokens.claims["aud"], json!([made.text("client_id")]));
    assert_eq!(tokens.claims["sub"].as_str().unwrap(), person.id.as_str());
}

#[tokio::test]
async fn each_refusal_has_its_reason_and_each_registration_its_line_in_the_audit_trail() {
    let t = open().await;
    let token = ticket(&t, None, 9).await;
    let asked = |token: &str, body: Value| Asked {
        token: Some(token.to_owned()),
        body: body.as_object().cloned(),
        network: Network::of(std::net::IpAddr::from([127, 0, 0, 1])),
    };
    let reason = async |asked: Asked| match registration::register(&t.app, &asked, t.now()).await {
        Err(tenantry::service::client_auth::Denied::Refused(error)) => error.reason,
        other => panic!("not refused: {other:?}"),
    };

    assert_eq!(reason(asked("x", app(&json!({})))).await, Reason::RegistrationToken);
    assert_eq!(reason(asked(&token, json!({ "redirect_uris": ["x"] }))).await, Reason::RegistrationMember);
    let nobody = ClientId::from_text("cli_nobody");
    match registration::read(&t.app, &nobody, &asked("x", json!({})), t.now()).await {
        Err(tenantry::service::client_auth::Denied::Refused(error)) => assert_eq!(error.reason, Reason::RegistrationClient),
        other => panic!("not refused: {other:?}"),
    }
    let made = register(&t, &token, &app(&json!({}))).await;
    let events = t.app.store.read(async |r| r.audit_since(t.now(), 1000).await).await.unwrap();
    let line = events.iter().find(|event| event.action == "client.register").unwrap();
    assert_eq!(line.subject, made.text("client_id"));
    assert!(!t.log.lines_with(made.text("client_secret")).iter().any(|_| true));
}

#[tokio::test]
async fn encrypted_request_objects_are_not_promised_and_not_registered() {
    let t = open().await;
    let ticket = ticket(&t, None, 1).await;

    for (name, value) in [("request_object_encryption_alg", "RSA-OAEP-256"), ("request_object_encryption_enc", "A128CBC-HS256")] {
        let answer = register(&t, &ticket, &app(&json!({ name: value }))).await;
        assert_eq!(answer.error(), (400, "invalid_client_metadata"));
        assert!(answer.text("error_description").contains(name), "{}", answer.body);
    }
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        let document = send(net::client().get(t.url(path))).await.body;
        assert!(document.as_object().unwrap().keys().all(|name| !name.starts_with("request_object_encryption")), "{path}");
    }
    let null = register(&t, &ticket, &app(&json!({ "request_object_encryption_alg": null }))).await;
    assert_eq!(null.status, 201, "null and missing are the same");
    // RFC 7516 3.1: five parts. The address is proven, so the client hears of it.
    let sealed = "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMTI4R0NNIn0.AAAA.AAAA.AAAA.AAAA";
    let mut url = url::Url::parse(&t.url("/authorize")).unwrap();
    url.query_pairs_mut().extend_pairs([
        ("client_id", null.text("client_id")),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid"),
        ("request", sealed),
    ]);
    let mut browser = t.browser();
    browser.goto(url.as_str()).await;
    let told: std::collections::HashMap<String, String> = browser.landing().query_pairs().into_owned().collect();
    assert_eq!(told["error"], "invalid_request_object");
}
