//! A stand-in for Microsoft inside the process: three documents on loopback and tokens signed with test keys.
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{Arrival, Departure, Entra, Http, HttpOptions, OpenedCredential, Passthrough, UpstreamError, Upstreams};
use crate::model::{Connection, ConnectionId, ConnectionState, Credential, UpstreamClaims};
use crate::world::{Secret, Seeded, Timestamp};

pub const TID: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
pub const OTHER_TID: &str = "11111111-2222-3333-4444-555555555555";
pub const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
pub const OID: &str = "0f0e0d0c-0b0a-4908-8706-050403020100";
pub const CLIENT: &str = "6731de76-14a6-49ae-97bc-6eba6914391e";
pub const NONCE: &str = "the nonce of this flow";
pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
pub const REDIRECT: &str = "https://id.example/federation/con_1/callback";
pub const FIRST_KEY: &str = include_str!("../../tests/keys/entra_first.pem");
pub const SECOND_KEY: &str = include_str!("../../tests/keys/entra_second.pem");

/// What the stand-in answers next, as status and body.
#[derive(Clone)]
pub struct Script {
    pub discovery: (u16, Vec<u8>),
    pub jwks: (u16, Vec<u8>),
    pub token: (u16, Vec<u8>),
    /// Every request so far: path and body.
    pub heard: Vec<(String, String)>,
}

pub struct StandIn {
    pub host: String,
    pub script: Arc<Mutex<Script>>,
    pub upstreams: Upstreams,
}

pub fn json_answer(value: &Value) -> (u16, Vec<u8>) {
    (200, value.to_string().into_bytes())
}

impl StandIn {
    /// Starts with one key for every directory (template issuer) and a token that passes.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = format!("http://{}", listener.local_addr().unwrap());
        let script = Script {
            discovery: json_answer(&discovery(&host, TID)),
            jwks: json_answer(&json!({ "keys": [jwk(FIRST_KEY, "first", &format!("{host}/{{tenantid}}/v2.0"))] })),
            token: token_answer(&signed(FIRST_KEY, &header("first"), &claims(&host))),
            heard: Vec::new(),
        };
        let script = Arc::new(Mutex::new(script));
        tokio::spawn(serve(listener, script.clone()));
        let http = Http::new(HttpOptions { allow_plain_http_loopback: true }).unwrap();
        Self { host, script, upstreams: Upstreams::new(http) }
    }

    pub fn change(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().unwrap());
    }

    pub fn requests_to(&self, end: &str) -> usize {
        self.script.lock().unwrap().heard.iter().filter(|(path, _)| path.ends_with(end)).count()
    }

    pub fn entra(&self, tid: &str) -> Entra {
        self.entra_with(tid, OpenedCredential::Secret(Secret::from("our secret")))
    }

    pub fn entra_with(&self, tid: &str, credential: OpenedCredential) -> Entra {
        let connection = Connection {
            id: ConnectionId::from_text("con_1"),
            name: "Contoso".into(),
            cloud_host: self.host.clone(),
            tid: tid.into(),
            client_id: CLIENT.into(),
            credential: Credential::Secret { sealed: String::new() },
            state: ConnectionState::Active,
            mfa_asserted: false,
            created_at: NOW,
        };
        self.upstreams.entra(&connection, credential)
    }

    /// A sign-in that comes back with a code.
    pub async fn finish(&self, now: Timestamp) -> Result<UpstreamClaims, UpstreamError> {
        finish(&self.entra(TID), now).await
    }
}

pub async fn finish(entra: &Entra, now: Timestamp) -> Result<UpstreamClaims, UpstreamError> {
    let (code, verifier) = (Secret::from("the code"), Secret::from("v".repeat(43).as_str()));
    let arrival = Arrival { code: &code, redirect_uri: REDIRECT, nonce: NONCE, verifier: &verifier };
    entra.finish(&arrival, now, &Seeded::new(1)).await
}

pub async fn start(entra: &Entra, passthrough: &Passthrough, now: Timestamp) -> Result<url::Url, UpstreamError> {
    let verifier = Secret::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    let departure = Departure { redirect_uri: REDIRECT, state: "tnu_state", nonce: NONCE, verifier: &verifier, passthrough };
    entra.start(&departure, now).await
}

/// The shape of Microsoft's document (microsoft.md 1.1).
pub fn discovery(host: &str, tid: &str) -> Value {
    json!({
        "issuer": format!("{host}/{tid}/v2.0"),
        "authorization_endpoint": format!("{host}/{tid}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{host}/{tid}/oauth2/v2.0/token"),
        "jwks_uri": format!("{host}/{tid}/discovery/v2.0/keys"),
        "end_session_endpoint": format!("{host}/{tid}/oauth2/v2.0/logout"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "request_uri_parameter_supported": false,
        "tenant_region_scope": null,
        "cloud_instance_name": "microsoftonline.com",
    })
}

pub fn header(kid: &str) -> Value {
    json!({ "typ": "JWT", "alg": "RS256", "kid": kid })
}

/// Claims that pass every check.
pub fn claims(host: &str) -> Value {
    let now = NOW.seconds();
    json!({
        "ver": "2.0", "iss": format!("{host}/{TID}/v2.0"), "tid": TID, "oid": OID, "sub": "pairwise-subject",
        "aud": CLIENT, "nonce": NONCE, "iat": now - 300, "nbf": now - 300, "exp": now + 3600,
        "name": "Anna Example", "email": "anna@contoso.example", "preferred_username": "anna@contoso.example",
        "rh": "opaque", "uti": "opaque", "aio": "opaque",
    })
}

pub fn token_answer(id_token: &str) -> (u16, Vec<u8>) {
    json_answer(
        &json!({ "token_type": "Bearer", "scope": "openid profile email", "expires_in": 3599, "access_token": "a", "id_token": id_token }),
    )
}

pub fn key_pair(pem: &str) -> RsaKeyPair {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap()
}

/// A published key as Microsoft shapes it: no `alg`, but an `issuer`.
pub fn jwk(pem: &str, kid: &str, issuer: &str) -> Value {
    let key = key_pair(pem);
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let public: ring::rsa::PublicKeyComponents<Vec<u8>> = key.public().into();
    json!({
        "kty": "RSA", "use": "sig", "kid": kid, "x5t": kid, "issuer": issuer,
        "n": encode(&public.n), "e": encode(&public.e),
    })
}

pub fn signed(pem: &str, header: &Value, claims: &Value) -> String {
    sealed(pem, header, &claims.to_string())
}

/// Signs a payload as it stands, so that a test may put there what no JSON builder makes.
pub fn sealed(pem: &str, header: &Value, payload: &str) -> String {
    let key = key_pair(pem);
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &ring::rand::SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

async fn serve(listener: TcpListener, script: Arc<Mutex<Script>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, script.clone()));
    }
}

async fn answer(mut stream: TcpStream, script: Arc<Mutex<Script>>) -> Option<()> {
    let (path, body) = request(&mut stream).await?;
    let (status, answer) = {
        let mut script = script.lock().unwrap();
        script.heard.push((path.clone(), body));
        match path.as_str() {
            path if path.ends_with("/openid-configuration") => script.discovery.clone(),
            path if path.ends_with("/keys") => script.jwks.clone(),
            path if path.ends_with("/token") => script.token.clone(),
            _ => (404, Vec::new()),
        }
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nlocation: /redirected\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        answer.len()
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(&answer).await.ok()
}

async fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut read = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let length = stream.read(&mut chunk).await.ok().filter(|length| *length > 0)?;
        read.extend_from_slice(&chunk[..length]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        if body.len() >= length {
            let path = head.split(' ').nth(1)?.split('?').next()?;
            return Some((path.to_owned(), body.to_owned()));
        }
    }
}
