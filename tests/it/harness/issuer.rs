//! Microsoft Entra ID inside the process, on the test's own clock: documents and token endpoint on loopback, and a
//! strict judge of what we send. Its sign-in page is a function: the account is given, the way back comes out.
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::StatusCode;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use tenantry::world::token::sha256;
use tenantry::world::{Clock, TestClock};
use tokio::task::JoinHandle;
use url::Url;

pub const DIRECTORY: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
pub const OTHER_DIRECTORY: &str = "11111111-2222-3333-4444-555555555555";
pub const APPLICATION: &str = "6731de76-14a6-49ae-97bc-6eba6914391e";
pub const SECRET: &str = "the secret of the application";
const KEY: &str = include_str!("../../keys/entra_first.pem");

/// An account at Microsoft. What is not set is not in the token.
#[derive(Clone, Debug)]
pub struct Account {
    pub oid: String,
    /// Claims beside those of every token.
    pub claims: Value,
}

impl Account {
    /// A home member of the directory with this user name, which is its mail address too.
    pub fn member(number: u8, address: &str) -> Self {
        let oid = format!("0f0e0d0c-0b0a-4908-8706-0504030201{number:02x}");
        Self { oid, claims: json!({ "email": address, "preferred_username": address, "name": "Somebody" }) }
    }

    /// The same account with another or further claim; `null` takes one away.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }
}

/// How the servers behind the sign-in page are today.
#[derive(Clone)]
pub enum Mood {
    Well,
    /// Every answer is this one.
    Says(StatusCode, String),
    /// The documents are fine, but the token endpoint answers this.
    TokenSays(StatusCode, Value),
}

/// A code that was given out, and what it was asked for with.
struct Ticket {
    asked: HashMap<String, String>,
    directory: String,
    account: Account,
}

struct Inner {
    host: String,
    clock: Arc<TestClock>,
    mood: Mutex<Mood>,
    tickets: Mutex<HashMap<String, Ticket>>,
    given: Mutex<u32>,
    /// Token requests that were answered with a token.
    redeemed: Mutex<u32>,
}

pub struct Issuer {
    pub host: String,
    inner: Arc<Inner>,
    server: JoinHandle<()>,
}

impl Issuer {
    pub async fn start(clock: &Arc<TestClock>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            host: host.clone(),
            clock: Arc::clone(clock),
            mood: Mutex::new(Mood::Well),
            tickets: Mutex::default(),
            given: Mutex::default(),
            redeemed: Mutex::default(),
        });
        let router = Router::new()
            .route("/{directory}/v2.0/.well-known/openid-configuration", get(discovery))
            .route("/{directory}/discovery/v2.0/keys", get(keys))
            .route("/{directory}/oauth2/v2.0/token", post(token))
            .with_state(Arc::clone(&inner));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { host, inner, server }
    }

    pub fn mood(&self, mood: Mood) {
        *self.inner.mood.lock().unwrap() = mood;
    }

    pub fn redeemed(&self) -> u32 {
        *self.inner.redeemed.lock().unwrap()
    }

    /// The sign-in page: checks the request as Microsoft does and gives the address of the way back.
    pub fn sign_in(&self, authorize: &Url, account: &Account) -> Url {
        let (directory, asked) = self.asked(authorize);
        let mut given = self.inner.given.lock().unwrap();
        *given += 1;
        let code = format!("microsofts-code-{given}");
        let mut back: Url = asked["redirect_uri"].parse().unwrap();
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", &asked["state"]).append_pair("session_state", "x");
        self.inner.tickets.lock().unwrap().insert(code, Ticket { asked, directory, account: account.clone() });
        back
    }

    /// The way back without a code.
    pub fn refuse(&self, authorize: &Url, answer: &[(&str, &str)]) -> Url {
        let (_, asked) = self.asked(authorize);
        let mut back: Url = asked["redirect_uri"].parse().unwrap();
        back.query_pairs_mut().extend_pairs(answer).append_pair("state", &asked["state"]);
        back
    }

    fn asked(&self, authorize: &Url) -> (String, HashMap<String, String>) {
        let directory = authorize.path().split('/').nth(1).unwrap().to_owned();
        assert_eq!(authorize.as_str().split('?').next().unwrap(), format!("{}/{directory}/oauth2/v2.0/authorize", self.host));
        let asked: HashMap<String, String> = authorize.query_pairs().into_owned().collect();
        assert_eq!(authorize.query_pairs().count(), asked.len(), "a parameter is repeated: {authorize}");
        for (name, value) in [
            ("client_id", APPLICATION),
            ("response_type", "code"),
            ("response_mode", "query"),
            ("scope", "openid profile email"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert!(asked["state"].len() >= 43 && asked["nonce"].len() >= 43 && asked["code_challenge"].len() == 43);
        (directory, asked)
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Inner {
    fn answer(&self, value: &Value) -> Response {
        match &*self.mood.lock().unwrap() {
            Mood::Says(status, text) => (*status, text.clone()).into_response(),
            _ => json_answer(StatusCode::OK, value),
        }
    }
}

fn json_answer(status: StatusCode, value: &Value) -> Response {
    (status, [("content-type", "application/json")], value.to_string()).into_response()
}

async fn discovery(State(inner): State<Arc<Inner>>, Path(directory): Path<String>) -> Response {
    let at = format!("{}/{directory}", inner.host);
    inner.answer(&json!({
        "issuer": format!("{at}/v2.0"),
        "authorization_endpoint": format!("{at}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{at}/oauth2/v2.0/token"),
        "jwks_uri": format!("{at}/discovery/v2.0/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
    }))
}

async fn keys(State(inner): State<Arc<Inner>>) -> Response {
    let public: ring::rsa::PublicKeyComponents<Vec<u8>> = key_pair().public().into();
    let (n, e) = (URL_SAFE_NO_PAD.encode(&public.n), URL_SAFE_NO_PAD.encode(&public.e));
    let issuer = format!("{}/{{tenantid}}/v2.0", inner.host);
    inner.answer(&json!({ "keys": [{ "kty": "RSA", "use": "sig", "kid": "first", "issuer": issuer, "n": n, "e": e }] }))
}

/// RFC 6749 4.1.3: everything must fit what was asked for; a code is good for one use.
async fn token(State(inner): State<Arc<Inner>>, Path(directory): Path<String>, body: Bytes) -> Response {
    let sent: HashMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    if let Mood::TokenSays(status, value) = inner.mood.lock().unwrap().clone() {
        return json_answer(status, &value);
    }
    let sent = |name: &str| sent.get(name).map_or("", String::as_str);
    assert_eq!((sent("client_id"), sent("client_secret"), sent("grant_type")), (APPLICATION, SECRET, "authorization_code"));
    let Some(ticket) = inner.tickets.lock().unwrap().remove(sent("code")) else {
        let spent = "AADSTS54005: OAuth2 Authorization code was already redeemed";
        return json_answer(
            StatusCode::BAD_REQUEST,
            &json!({ "error": "invalid_grant", "error_description": spent, "error_codes": [54005] }),
        );
    };
    assert_eq!(sent("redirect_uri"), ticket.asked["redirect_uri"]);
    assert_eq!(URL_SAFE_NO_PAD.encode(sha256(sent("code_verifier").as_bytes())), ticket.asked["code_challenge"]); // RFC 7636 4.6
    assert_eq!(directory, ticket.directory, "AADSTS700005");
    *inner.redeemed.lock().unwrap() += 1;
    let id_token = id_token(&inner, &ticket);
    inner.answer(
        &json!({ "token_type": "Bearer", "expires_in": 3599, "scope": "openid profile email", "access_token": "a", "id_token": id_token }),
    )
}

fn id_token(inner: &Inner, ticket: &Ticket) -> String {
    let (now, directory) = (inner.clock.now().seconds(), &ticket.directory);
    let mut claims = json!({
        "ver": "2.0", "iss": format!("{}/{directory}/v2.0", inner.host), "tid": directory, "oid": ticket.account.oid,
        "sub": format!("pairwise {}", ticket.account.oid), "aud": APPLICATION, "nonce": ticket.asked["nonce"],
        "iat": now - 300, "nbf": now - 300, "exp": now + 3600,
    });
    for (name, value) in ticket.account.claims.as_object().unwrap().iter().filter(|(_, value)| !value.is_null()) {
        claims[name] = value.clone();
    }
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": "first" });
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let key = key_pair();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &ring::rand::SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn key_pair() -> RsaKeyPair {
    let body: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap()
}
