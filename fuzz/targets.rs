//! What an unauthenticated party may send, parser by parser: bytes in, no panic out. Shared by the fuzz targets and by the
//! ordinary test that replays their corpora (tests/it/fuzz).
use std::sync::OnceLock;

use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};
use tenantry::config::Config;
use tenantry::keys::{PublicKeys, StrictClaims, read_certificate, verify_compact, verify_self_signed};
use tenantry::model::{Client, ClientId, ClientMetadata, ClientState, GrantType, ResponseMode, ResponseType, SigningAlg};
use tenantry::protocol::authorize::{self, Hint, Provenance};
use tenantry::protocol::client_auth::{self, AssertionClaims};
use tenantry::protocol::params::Params;
use tenantry::protocol::{certificate, claims_request, dpop, form, grant, logout, redirect, request_object};
use tenantry::web::cookies::Cookie;
use tenantry::world::Timestamp;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A target: its name, which is also its corpus' folder, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

pub const ALL: &[Target] = &[
    ("authorize", authorize),
    ("token", token),
    ("basic", basic),
    ("jwt", jwt),
    ("request_object", request_object),
    ("certificate", certificate),
    ("proof", proof),
    ("jwks", jwks),
    ("assertion", assertion),
    ("claims_parameter", claims_parameter),
    ("logout", logout),
    ("redirect", redirect),
    ("cookies", cookies),
];

/// A client that may ask for everything, so that no refusal comes early.
fn client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| Client {
        id: ClientId::from_text("cli_1"),
        state: ClientState::Active,
        metadata: ClientMetadata {
            redirect_uris: vec!["https://rp.test/cb".into(), "http://127.0.0.1/cb".into(), "com.example.app:/cb".into()],
            post_logout_redirect_uris: vec!["https://rp.test/bye".into()],
            grant_types: GrantType::ALL.to_vec(),
            response_types: ResponseType::ALL.to_vec(),
            response_modes: ResponseMode::ALL.to_vec(),
            require_pkce: false,
            ..ClientMetadata::default()
        },
        secrets: Vec::new(),
        tenants: Vec::new(),
        created_at: NOW,
    })
}

fn params(data: &[u8]) -> Option<Params> {
    Params::collect(form::decode(data).ok()?.into_iter()).ok()
}

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// Query or form of `/authorize`.
pub fn authorize(data: &[u8]) {
    let Some(params) = params(data) else { return };
    for hint in [Hint::Absent, Hint::Invalid, Hint::Person("per_1".into())] {
        let _ = authorize::parse(&params, Some(client()), &hint, Provenance::default());
    }
}

/// Form of `/token`.
pub fn token(data: &[u8]) {
    let Some(params) = params(data) else { return };
    let _ = grant::parse(&params, client());
    let _ = client_auth::present(None, &params);
}

/// Value of the `Authorization` header.
pub fn basic(data: &[u8]) {
    let Some(header) = text(data) else { return };
    let _ = client_auth::present(Some(header), &Params::default());
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, data);
    let _ = client_auth::present(Some(&format!("Basic {encoded}")), &Params::default());
}

fn keys() -> &'static PublicKeys {
    static KEYS: OnceLock<PublicKeys> = OnceLock::new();
    // The key of RFC 7515 A.3.
    KEYS.get_or_init(|| {
        let key = json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
        PublicKeys::from_jwks(&json!({ "keys": [key] })).expect("a well-formed key set")
    })
}

/// A compact JWS, with whatever header.
pub fn jwt(data: &[u8]) {
    let Some(token) = text(data) else { return };
    let _ = verify_compact(token, keys(), SigningAlg::ALL, None);
    let _ = verify_compact(token, keys(), &[SigningAlg::Es256], Some("at+jwt"));
}

/// A DPoP proof: its own key in its header, then what it says.
pub fn proof(data: &[u8]) {
    if let Some(token) = text(data) {
        let _ = verify_self_signed(token, dpop::TYP, dpop::ALGORITHMS);
    }
    let word = |at: usize| data.split(|b| *b == b'\n').nth(at).and_then(text).map(str::to_owned);
    let said = dpop::Proof {
        jkt: "k".into(),
        jti: word(0),
        htm: word(1),
        htu: word(2),
        iat: word(3).and_then(|seconds| seconds.parse().ok()),
        ath: word(4),
        nonce: word(5),
    };
    let urls = ["https://id.test/token".to_owned()];
    for token in [None, Some("token")] {
        let target = dpop::Target { method: "POST", urls: &urls, token };
        for nonce in [dpop::Nonce::Absent, dpop::Nonce::Ours, dpop::Nonce::Stale] {
            let _ = dpop::check(&said, &target, nonce, dpop::Demand::Nonce, NOW);
        }
    }
}

/// A request object, and what it says as if its signature were good.
pub fn request_object(data: &[u8]) {
    if let Some(jwt) = text(data) {
        let _ = request_object::kind(jwt);
        let _ = request_object::registered(client(), jwt);
    }
    let Ok(claims) = StrictClaims::parse(data) else { return };
    let claims = claims.into_map();
    for kind in [request_object::Kind::Explicit, request_object::Kind::Plain] {
        let _ = request_object::check(&claims, kind, client(), "https://id.test", NOW);
    }
    if let Ok(pairs) = request_object::pairs(claims, client())
        && let Ok(params) = Params::collect(pairs.into_iter())
    {
        let _ = authorize::parse(&params, Some(client()), &Hint::Absent, Provenance::default());
    }
}

/// A certificate in DER as a TLS peer or a proxy's header brings it, and a distinguished name as text.
pub fn certificate(data: &[u8]) {
    let _ = read_certificate(data, NOW);
    if let Some(name) = text(data) {
        let _ = certificate::distinguished_name(name);
    }
}

/// A key set that somebody registered or serves.
pub fn jwks(data: &[u8]) {
    if let Ok(set) = serde_json::from_slice::<Value>(data) {
        let _ = PublicKeys::from_jwks(&set);
    }
}

/// The claims of a client assertion, as if its signature were good.
pub fn assertion(data: &[u8]) {
    let Ok(claims) = StrictClaims::parse(data) else { return };
    let _ = claims.audience();
    let _ = claims.times().map(|times| times.check(NOW, std::time::Duration::from_secs(10)));
    if let Ok(claims) = serde_json::from_value::<AssertionClaims>(Value::Object(claims.into_map())) {
        let _ = client_auth::check_assertion(&claims, client(), "https://id.test", NOW);
    }
}

/// The parameter `claims`.
pub fn claims_parameter(data: &[u8]) {
    let _ = claims_request::parse(text(data));
}

/// Query or form of `/end-session`.
pub fn logout(data: &[u8]) {
    let Some(params) = params(data) else { return };
    let _ = logout::plan(&params, None, logout::client_of(&params, None).map(|_| client()), None);
}

/// A redirect URI, sent and registered.
pub fn redirect(data: &[u8]) {
    let Some(uri) = text(data) else { return };
    let _ = redirect::registration_fault(uri);
    let scopes = tenantry::protocol::scope::Scopes::parse("openid");
    let _ = redirect::verify(client(), Some(uri), &scopes, ResponseMode::Query, Some(uri));
}

/// The `Cookie` header.
pub fn cookies(data: &[u8]) {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    let config = CONFIG.get_or_init(|| Config::for_tests("http://localhost:8080", "sqlite:none.db"));
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let headers = HeaderMap::from_iter([(header::COOKIE, value)]);
    for cookie in [Cookie::Browser, Cookie::Session, Cookie::Language, Cookie::Invitation, Cookie::Pending, Cookie::Bootstrap] {
        let _ = cookie.read(&headers, config);
    }
}
