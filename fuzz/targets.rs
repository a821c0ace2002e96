//! What an unauthenticated party may send, parser by parser: bytes in, no panic out. Shared by the fuzz targets and by the
//! ordinary test that replays their corpora (tests/it/fuzz).
use std::sync::OnceLock;

use axum::extract::ConnectInfo;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, header};
use serde_json::{Value, json};
use tenantry::config::Config;
use tenantry::credentials::{email_code, password_rules, recovery, totp};
use tenantry::keys::{PublicKeys, StrictClaims, read_certificate, verify_compact, verify_self_signed};
use tenantry::model::{
    Api, ApiId, ApiSettings, Apis, Client, ClientId, ClientMetadata, ClientState, Email, GrantTerms, GrantType, Locale, ResponseMode,
    ResponseType, SigningAlg, display_name, slug,
};
use tenantry::protocol::authorize::{self, Hint, Provenance};
use tenantry::protocol::client_auth::{self, AssertionClaims};
use tenantry::protocol::params::Params;
use tenantry::protocol::scope::Scopes;
use tenantry::protocol::{
    certificate, claims_request, details as detail, dpop, form, grant, logout, redirect, registration as registering, request_object,
    resources,
};
use tenantry::service::clients::metadata_fault;
use tenantry::web::cookies::Cookie;
use tenantry::web::extract::form::Fields;
use tenantry::web::extract::guest;
use tenantry::web::peer;
use tenantry::world::{Timestamp, strict};

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
    ("details", details),
    ("registration", registration),
    ("resource", resource),
    ("fields", fields),
    ("proxy", proxy),
    ("languages", languages),
    ("typed", typed),
];

/// Resource servers of the client.
const ORDERS: &str = "https://orders.test";
const PAY: &str = "urn:example:pay";

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
            audiences: vec![ORDERS.into(), PAY.into()],
            authorization_details_types: vec!["payment".into()],
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
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let headers = HeaderMap::from_iter([(header::COOKIE, value)]);
    for cookie in [Cookie::Browser, Cookie::Session, Cookie::Language, Cookie::Invitation, Cookie::Pending, Cookie::Bootstrap] {
        let _ = cookie.read(&headers, config());
    }
}

/// An instance behind a proxy on the same machine.
fn config() -> &'static Config {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    CONFIG.get_or_init(|| {
        let mut config = Config::for_tests("http://localhost:8080", "sqlite:none.db");
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network"), "2001:db8::/32".parse().expect("a network")];
        config.server.client_certificate_header = Some("Client-Cert".into());
        config
    })
}

fn apis() -> &'static Apis {
    static APIS: OnceLock<Apis> = OnceLock::new();
    APIS.get_or_init(|| {
        let payment = json!({ "type": "payment", "label": "A payment", "members": {
            "amount": { "kind": "string", "required": true }, "currency": { "kind": "string", "one_of": ["EUR", "CHF"] },
            "count": { "kind": "number" }, "now": { "kind": "boolean" }, "actions": { "kind": "strings" }, "to": { "kind": "object" } } });
        let api = |identifier: &str, settings: Value| {
            let settings: ApiSettings = serde_json::from_value(settings).expect("settings");
            let api = Api { id: ApiId::from_text(identifier), identifier: identifier.to_owned(), settings, created_at: NOW };
            (identifier.to_owned(), api)
        };
        let orders = json!({ "name": "Orders", "scopes": ["orders"], "requires_api_access": true });
        [api(ORDERS, orders), api(PAY, json!({ "name": "Pay", "authorization_details": [payment] }))].into()
    })
}

/// The parameter `authorization_details`; what it says narrowed by itself is itself.
pub fn details(data: &[u8]) {
    let Ok(asked) = detail::parse(text(data)) else { return };
    let _ = detail::check(&asked, client(), apis());
    let within = detail::narrow(&asked, &asked).expect("everything is within itself");
    assert_eq!(within.len(), asked.len());
}

/// A registration (RFC 7591): read, judged, told back. What was told back can be registered again.
pub fn registration(data: &[u8]) {
    let Some(body) = strict::object(data) else { return };
    let _ = registering::replacing(&body, "cli_1");
    let Ok(read) = registering::metadata(&body, &ClientMetadata::default()) else { return };
    let _ = metadata_fault(&read);
    let told = registering::echo(&read);
    registering::metadata(&told, &ClientMetadata::default()).expect("what we say can be registered");
}

/// `resource` in a query or form, several times, and what a token is for then; the rest of the terms are granted.
pub fn resource(data: &[u8]) {
    let Some(params) = params(data) else { return };
    let Ok(asked) = resources::Asked::read(&params) else { return };
    let _ = resources::check(&asked.resources, client());
    let scopes = Scopes::parse(params.get("scope").unwrap_or("openid orders"));
    for granted in [Vec::new(), vec![ORDERS.to_owned(), "https://id.test".to_owned()]] {
        let terms = GrantTerms { resources: granted, ..GrantTerms::default() };
        if let Ok(target) = resources::target(&asked, &terms, client(), apis(), &scopes, "https://id.test") {
            assert!(target.audience.iter().all(|name| client().metadata.audiences.contains(name)), "no other API than the client's");
        }
    }
}

/// A form or query of a page of ours.
pub fn fields(data: &[u8]) {
    let Some(fields) = text(data).and_then(Fields::parse) else { return };
    for name in ["csrf", "flow", "identifier", "password", "user_code", "tenant", "code", ""] {
        let _ = fields.get(name);
    }
}

fn from_proxy(headers: &[(&'static str, &[u8])]) -> Option<Parts> {
    let mut request = Request::builder().uri("/token");
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_bytes(value).ok()?);
    }
    let (mut parts, ()) = request.body(()).ok()?.into_parts();
    parts.extensions.insert(ConnectInfo(std::net::SocketAddr::from(([127, 0, 0, 1], 4711))));
    Some(parts)
}

/// What a trusted proxy hands on: `X-Forwarded-For`, which anybody begins, and certificates (RFC 9440). A line each.
pub fn proxy(data: &[u8]) {
    let mut lines = data.splitn(3, |b| *b == b'\n');
    let (first, second, third) = (lines.next().unwrap_or_default(), lines.next(), lines.next().unwrap_or_default());
    if let Some(parts) = from_proxy(&[("x-forwarded-for", first), ("x-forwarded-for", third)]) {
        let _ = peer::network(&parts, config());
    }
    let own = from_proxy(&[("client-cert", first)]);
    let chain = second.and_then(|chain| from_proxy(&[("client-cert", first), ("client-cert-chain", chain), ("client-cert-chain", third)]));
    for parts in own.iter().chain(&chain) {
        for der in peer::certificates(parts, config()).unwrap_or_default() {
            let _ = read_certificate(&der, NOW);
        }
    }
}

/// `Accept-Language`, and `ui_locales`.
pub fn languages(data: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(data) {
        let _ = guest::accepted(&HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, value)]));
    }
    if let Some(tags) = text(data) {
        let _ = Locale::pick(tags.split(' '));
        let _ = Locale::parse(tags);
    }
}

/// What strangers type into fields: an address, a name, a handle, codes, a new password. An address that was read reads as
/// itself.
pub fn typed(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Some(email) = Email::parse(text) {
        let again = Email::parse(email.as_str()).expect("an address that was read is one");
        assert!(again == email && !email.domain().is_empty() && email.masked().contains('@'));
    }
    let _ = (display_name(text, 80), slug(text));
    if let Some(code) = grant::device::typed(text) {
        assert_eq!(grant::device::typed(&grant::device::shown(&code)), Some(code));
    }
    let _ = (email_code::normalise(text), recovery::normalise(text), totp::check(b"12345678901234567890", text, NOW, 0));
    let _ = password_rules::acceptable(text, &["anna@example.com", "Acme"]);
}
