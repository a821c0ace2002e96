//! The room `upstream` against Entra ID as others made it: `oauth2-mock-server` for what Microsoft and attackers send,
//! `oidc-provider` as the strict judge of what we send (microsoft.md 7).
use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;
use tenantry::model::UpstreamClaims;
use tenantry::upstream::{
    Arrival, Departure, Entra, Http, HttpOptions, OpenedCredential, Passthrough, Reason, RefusalKind, UpstreamError, Upstreams,
    fresh_nonce, fresh_verifier, refusal_from,
};
use tenantry::world::{Clock, Os, Secret, SystemClock};
use url::Url;

use crate::harness::browser::Browser;
use crate::harness::microsoft::{DIRECTORY, HOSTILE_DIRECTORY, Microsoft};
use crate::harness::process::Process;

const REDIRECT: &str = "https://id.example/federation/con_1/callback";

fn upstreams() -> Upstreams {
    Upstreams::new(Http::new(HttpOptions { allow_plain_http_loopback: true }).unwrap())
}

/// One person's sign-in, from the first redirect to the verified claims.
struct SignIn {
    nonce: String,
    verifier: Secret<String>,
}

impl SignIn {
    fn new() -> Self {
        Self { nonce: fresh_nonce(&Os), verifier: fresh_verifier(&Os) }
    }

    async fn start(&self, entra: &Entra) -> Url {
        let passthrough = Passthrough::default();
        let departure =
            Departure { redirect_uri: REDIRECT, state: "tnu_1", nonce: &self.nonce, verifier: &self.verifier, passthrough: &passthrough };
        entra.start(&departure, SystemClock.now()).await.unwrap()
    }

    async fn finish(&self, entra: &Entra, callback: &Url) -> Result<UpstreamClaims, UpstreamError> {
        let parameters = parameters(callback);
        assert_eq!(parameters["state"], "tnu_1");
        let code = Secret::from(parameters["code"].as_str());
        let arrival = Arrival { code: &code, redirect_uri: REDIRECT, nonce: &self.nonce, verifier: &self.verifier };
        entra.finish(&arrival, SystemClock.now(), &Os).await
    }
}

fn parameters(callback: &Url) -> HashMap<String, String> {
    callback.query_pairs().into_owned().collect()
}

/// A whole sign-in at the connection's directory.
async fn sign_in(microsoft: &Microsoft, entra: &Entra) -> Result<UpstreamClaims, UpstreamError> {
    let sign_in = SignIn::new();
    let callback = microsoft.sign_in(&sign_in.start(entra).await).await;
    sign_in.finish(entra, &callback).await
}

async fn pinned() -> (Microsoft, Entra) {
    let microsoft = Microsoft::start().await;
    let entra = upstreams().entra(&microsoft.connection(DIRECTORY), OpenedCredential::Secret(Secret::from("the real secret")));
    (microsoft, entra)
}

fn bad_answer(outcome: Result<UpstreamClaims, UpstreamError>) -> Reason {
    match outcome {
        Err(UpstreamError::BadAnswer(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_person_of_the_pinned_directory_signs_in() {
    let (microsoft, entra) = pinned().await;
    microsoft.order(json!({ "claims": { "email": "anna@contoso.example", "xms_edov": "1", "acct": 1 } })).await;

    let claims = sign_in(&microsoft, &entra).await.unwrap();

    assert_eq!((claims.cloud_host.as_str(), claims.tid.as_str()), (microsoft.host.as_str(), DIRECTORY));
    assert_eq!(claims.oid, "0f0e0d0c-0b0a-4908-8706-050403020100");
    assert_eq!(claims.email.as_deref(), Some("anna@contoso.example"));
    assert!(claims.email_domain_verified && claims.guest);
}

#[tokio::test]
async fn j01_a_hostile_directory_with_the_victims_address_is_refused() {
    let (microsoft, entra) = pinned().await;
    let victim = json!({ "email": "anna@contoso.example", "preferred_username": "anna@contoso.example", "upn": "anna@contoso.example" });
    microsoft.order(json!({ "directory": HOSTILE_DIRECTORY, "claims": victim })).await;

    assert_eq!(bad_answer(sign_in(&microsoft, &entra).await), Reason::ForeignDirectory);
}

#[tokio::test]
async fn j01_the_same_address_in_two_directories_is_two_identities() {
    let microsoft = Microsoft::start().await;
    let upstreams = upstreams();
    microsoft.order(json!({ "claims": { "email": "anna@contoso.example" } })).await;
    let key = async |tid: &str| {
        let entra = upstreams.entra(&microsoft.connection(tid), OpenedCredential::Secret(Secret::from("s")));
        let claims = sign_in(&microsoft, &entra).await.unwrap();
        (claims.cloud_host, claims.tid, claims.oid)
    };

    assert_ne!(key(DIRECTORY).await, key(HOSTILE_DIRECTORY).await);
}

#[tokio::test]
async fn j02_a_wrong_tid_under_the_right_issuer_is_refused() {
    let (microsoft, entra) = pinned().await;

    microsoft.order(json!({ "claims": { "tid": HOSTILE_DIRECTORY } })).await;
    assert_eq!(bad_answer(sign_in(&microsoft, &entra).await), Reason::ForeignDirectory);

    let foreign_issuer = format!("{}/{HOSTILE_DIRECTORY}/v2.0", microsoft.host);
    microsoft.order(json!({ "claims": { "iss": foreign_issuer } })).await;
    assert_eq!(bad_answer(sign_in(&microsoft, &entra).await), Reason::Issuer);
}

#[tokio::test]
async fn the_key_of_personal_accounts_cannot_sign_for_a_directory() {
    let (microsoft, entra) = pinned().await;
    microsoft.order(json!({ "sign_with": "msa" })).await;

    assert_eq!(bad_answer(sign_in(&microsoft, &entra).await), Reason::ForeignKey);
}

#[tokio::test]
async fn a_rotated_key_is_found_by_one_refresh() {
    let (microsoft, entra) = pinned().await;
    sign_in(&microsoft, &entra).await.unwrap();
    microsoft.rotate().await;

    assert!(sign_in(&microsoft, &entra).await.is_ok());
    assert_eq!(microsoft.key_requests().await, 2);
}

#[tokio::test]
async fn an_unpublished_key_is_hunted_once_and_refused() {
    let (microsoft, entra) = pinned().await;
    microsoft.order(json!({ "sign_with": "unpublished" })).await;

    assert_eq!(bad_answer(sign_in(&microsoft, &entra).await), Reason::UnknownKey);
    assert_eq!(bad_answer(sign_in(&microsoft, &entra).await), Reason::UnknownKey);
    assert_eq!(microsoft.key_requests().await, 2);
}

#[tokio::test]
async fn an_expired_secret_is_told_to_the_operator() {
    let (microsoft, entra) = pinned().await;
    let body = json!({ "error": "invalid_client", "error_description": "AADSTS7000222: expired", "error_codes": [7_000_222] });
    microsoft.order(json!({ "token_error": { "status": 401, "body": body } })).await;

    let Err(UpstreamError::Refused(refusal)) = sign_in(&microsoft, &entra).await else { panic!("it is a refusal") };

    assert_eq!((refusal.kind, refusal.codes), (RefusalKind::OurCredential, vec![7_000_222]));
}

#[tokio::test]
async fn a_wrong_secret_is_told_to_the_operator_and_the_right_one_passes() {
    let (microsoft, entra) = pinned().await;

    microsoft.order(json!({ "secret": "another" })).await;
    let refused = sign_in(&microsoft, &entra).await;
    assert!(matches!(refused, Err(UpstreamError::Refused(refusal)) if refusal.kind == RefusalKind::OurCredential));

    microsoft.order(json!({ "secret": "the real secret" })).await;
    assert!(sign_in(&microsoft, &entra).await.is_ok());
}

#[tokio::test]
async fn a_cancelled_consent_comes_back_without_a_code() {
    let (microsoft, entra) = pinned().await;
    let error = json!({
        "error": "access_denied", "error_subcode": "cancel",
        "error_description": "AADSTS65004: User declined to consent to access the app. Correlation ID: 7abcdef0-0000-4000-8000-0123456789ab",
    });
    microsoft.order(json!({ "authorize_error": error })).await;

    let callback = microsoft.sign_in(&SignIn::new().start(&entra).await).await;

    let parameters = parameters(&callback);
    let text = |name: &str| parameters.get(name).map(String::as_str);
    assert_eq!((text("code"), text("state")), (None, Some("tnu_1")));
    let refusal = refusal_from(text("error").unwrap(), text("error_description"), text("error_subcode"));
    assert_eq!((refusal.kind, refusal.codes), (RefusalKind::Cancelled, vec![65004]));
    assert_eq!(refusal.correlation_id.as_deref(), Some("7abcdef0-0000-4000-8000-0123456789ab"));
}

#[tokio::test]
async fn an_answer_to_another_sign_in_is_refused() {
    let (microsoft, entra) = pinned().await;
    let (mine, theirs) = (SignIn::new(), SignIn::new());
    let callback = microsoft.sign_in(&theirs.start(&entra).await).await;

    let injected = mine.finish(&entra, &callback).await;

    assert!(matches!(injected, Err(UpstreamError::Refused(_))), "PKCE stops it: {injected:?}");
    let callback = microsoft.sign_in(&theirs.start(&entra).await).await;
    let other_nonce = SignIn { nonce: mine.nonce, verifier: theirs.verifier };
    assert_eq!(bad_answer(other_nonce.finish(&entra, &callback).await), Reason::Nonce);
}

#[tokio::test]
async fn a_token_of_yesterday_is_refused() {
    let (microsoft, entra) = pinned().await;
    let yesterday = SystemClock.now().minus(Duration::from_secs(24 * 3600)).seconds();
    microsoft.order(json!({ "now": yesterday })).await;

    assert_eq!(bad_answer(sign_in(&microsoft, &entra).await), Reason::Expired);
}

#[tokio::test]
async fn a_directory_that_does_not_exist_is_refused_by_microsoft() {
    let microsoft = Microsoft::start().await;
    let entra = upstreams().entra(&microsoft.connection("contoso.example"), OpenedCredential::Secret(Secret::from("s")));
    let (passthrough, verifier) = (Passthrough::default(), fresh_verifier(&Os));
    let departure = Departure { redirect_uri: REDIRECT, state: "s", nonce: "n", verifier: &verifier, passthrough: &passthrough };

    let fault = entra.start(&departure, SystemClock.now()).await.unwrap_err();

    assert!(matches!(fault, UpstreamError::Refused(refusal) if refusal.codes == [90002]));
}

/// The strict stand-in, with one of its two clients.
async fn strict(client: &str, credential: OpenedCredential) -> (Process, Entra, String) {
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/entra_second.pem");
    let mut process = Process::foreign("strict-microsoft.mjs", &[DIRECTORY, REDIRECT, key]);
    let host = process.address("listening on").await;
    let mut connection = Microsoft::connection_at(&host, DIRECTORY);
    connection.client_id = client.to_owned();
    (process, upstreams().entra(&connection, credential), host)
}

/// Logs in and consents on the pages of the strict stand-in.
async fn strict_sign_in(entra: &Entra, host: &str) -> Result<UpstreamClaims, UpstreamError> {
    let sign_in = SignIn::new();
    let mut browser = Browser::new(host);
    browser.goto(sign_in.start(entra).await).await;
    browser.fill("input[name=login]", "anna").fill("input[name=password]", "anything").submit("button[type=submit]").await;
    browser.submit("button[type=submit]").await;
    let callback = browser.left().expect("the pages lead to the callback").clone();
    assert!(callback.as_str().starts_with(REDIRECT));
    sign_in.finish(entra, &callback).await
}

#[tokio::test]
async fn a_strict_provider_accepts_our_requests_with_a_secret() {
    let (_process, entra, host) = strict("by-secret", OpenedCredential::Secret(Secret::from("the real secret"))).await;

    let claims = strict_sign_in(&entra, &host).await.unwrap();

    assert_eq!((claims.tid.as_str(), claims.sub.as_str()), (DIRECTORY, "anna"));
    assert!(claims.email_domain_verified);
}

#[tokio::test]
async fn a_strict_provider_accepts_our_signed_assertion() {
    let pem = Secret::from(include_str!("../keys/entra_second.pem"));
    let (_process, entra, host) = strict("by-assertion", OpenedCredential::Certificate { pem, x5t_s256: "thumbprint".to_owned() }).await;

    assert_eq!(strict_sign_in(&entra, &host).await.unwrap().tid, DIRECTORY);
}

#[tokio::test]
async fn a_strict_provider_refuses_a_wrong_credential() {
    let pem = Secret::from(include_str!("../keys/entra_first.pem"));
    let wrong = [
        ("by-secret", OpenedCredential::Secret(Secret::from("another"))),
        ("by-assertion", OpenedCredential::Certificate { pem, x5t_s256: "thumbprint".to_owned() }),
    ];
    for (client, credential) in wrong {
        let (_process, entra, host) = strict(client, credential).await;

        let refused = strict_sign_in(&entra, &host).await;

        assert!(matches!(&refused, Err(UpstreamError::Refused(refusal)) if refusal.kind == RefusalKind::OurCredential), "{refused:?}");
    }
}
