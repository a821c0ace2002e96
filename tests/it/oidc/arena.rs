//! One tenant, one member, and applications of every kind: what the tests of the authorization endpoint begin with.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jws::{ES256, JwsSigner};
use openidconnect::core::CoreJsonWebKeySet;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};
use tenantry::model::{ClientMetadata, ConsentMode, Tenant};
use url::Url;

use crate::harness::browser::Browser;
use crate::harness::html::Page;
use crate::harness::net;
use crate::harness::relying_party::{RelyingParty, Request};
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{CALLBACK, Someone};

pub struct Scene {
    pub t: Tenantry,
    pub acme: Tenant,
    pub anna: Someone,
    /// The application that the test is about; it asks for no consent.
    pub party: RelyingParty,
    signed_in: tokio::sync::OnceCell<Browser>,
}

impl Scene {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(details: impl FnOnce(&mut ClientMetadata)) -> Self {
        let t = Tenantry::start().await;
        let acme = t.tenant("acme").await;
        let anna = t.member(&acme, "anna@acme.example").await;
        let party = another(&t, details).await;
        Self { t, acme, anna, party, signed_in: tokio::sync::OnceCell::new() }
    }

    /// A browser in which Anna is signed in: always the same session.
    pub async fn signed_in(&self) -> Browser {
        let sign_in = async || {
            let mut browser = self.t.browser();
            let party = self.t.party().await;
            self.t.log_in(&mut browser, &party, &self.anna, &["openid"]).await;
            browser
        };
        self.signed_in.get_or_init(sign_in).await.clone()
    }

    /// Sends the browser to the authorization endpoint with these parameters alone.
    pub async fn visit<'b>(&self, browser: &'b mut Browser, parameters: &[(&str, &str)]) -> &'b mut Browser {
        browser.goto(self.url(parameters).as_str()).await
    }

    pub fn url(&self, parameters: &[(&str, &str)]) -> Url {
        Url::parse_with_params(&self.t.url("/authorize"), parameters).unwrap()
    }

    /// Pushes parameters as the application, proved by its secret.
    pub async fn push(&self, parameters: &[(&str, &str)]) -> Answer {
        self.push_as(&self.party, parameters).await
    }

    pub async fn push_as(&self, party: &RelyingParty, parameters: &[(&str, &str)]) -> Answer {
        let request = net::client().post(self.t.url("/par")).basic_auth(&party.client_id, party.secret.as_deref());
        answer(request.form(parameters)).await
    }
}

/// A further application that asks for no consent.
pub async fn another(t: &Tenantry, details: impl FnOnce(&mut ClientMetadata)) -> RelyingParty {
    t.party_with(|metadata| {
        metadata.consent = ConsentMode::Implicit;
        details(metadata);
    })
    .await
}

/// Status and JSON body of an answer to a program.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn error(&self) -> (u16, &str) {
        (self.status.as_u16(), self.body["error"].as_str().unwrap_or(""))
    }

    pub fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.body))
    }
}

pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
}

/// The parameters of a request, for those who send them in another way.
pub fn parameters(request: &Request) -> Vec<(String, String)> {
    request.url.query_pairs().into_owned().collect()
}

pub fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The URL with another value for one parameter; `None` leaves it out.
pub fn changed(url: &Url, name: &str, value: Option<&str>) -> Url {
    let others: Vec<(String, String)> = url.query_pairs().filter(|(known, _)| known != name).map(|(n, v)| (n.into(), v.into())).collect();
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(others).extend_pairs(value.map(|value| (name, value)));
    url
}

/// The parameters of an answer, from query or fragment; none of them may come twice.
pub fn told(landing: &Url) -> Map<String, Value> {
    assert!(landing.as_str().starts_with(CALLBACK), "landed elsewhere: {landing}");
    let text = landing.fragment().or(landing.query()).unwrap_or_default();
    let mut told = Map::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        assert!(told.insert(name.to_string(), json!(value)).is_none(), "{name} comes twice: {landing}");
    }
    told
}

/// The page is one of ours, says this code, and leads nowhere.
pub fn assert_page(page: &Page, code: &str) {
    assert_eq!((page.status, page.header("location")), (400, ""), "{page}");
    assert_eq!(page.text("#error-code"), code, "{page}");
}

/// The payload of a JWT, unverified.
pub fn payload(jwt: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// The claims of a JWT of ours, whose signature a foreign library verified with our published keys.
pub async fn verified(t: &Tenantry, jwt: &str, alg: &str) -> Value {
    use openidconnect::JsonWebKey as _;
    let keys = answer(net::client().get(t.url("/jwks"))).await.body;
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').next().unwrap()).unwrap()).unwrap();
    assert_eq!(header["alg"], alg);
    let set: CoreJsonWebKeySet = serde_json::from_value(keys).unwrap();
    let key = set.keys().iter().find(|key| key.key_id().is_some_and(|kid| kid.as_str() == header["kid"])).expect("the key is published");
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let alg = serde_json::from_value(json!(alg)).unwrap();
    key.verify_signature(&alg, signed.as_bytes(), &signature).expect("the signature is ours");
    payload(jwt)
}

/// A key pair of an application.
pub fn pair() -> EcKeyPair {
    EcKeyPair::generate(EcCurve::P256).unwrap()
}

/// What the application registers of it.
pub fn jwks(pair: &EcKeyPair) -> Value {
    json!({ "keys": [pair.to_jwk_public_key()] })
}

/// Signs claims as the application does, whatever they are.
pub fn signed(pair: &EcKeyPair, typ: &str, claims: &Value) -> String {
    let signer = ES256.signer_from_der(pair.to_der_private_key()).unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": "ES256", "typ": typ })), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(signer.sign(signed.as_bytes()).unwrap());
    format!("{signed}.{signature}")
}

/// One request with the browser's cookies; a page that posts itself is not followed.
pub async fn page(browser: &mut Browser, url: &str) -> Page {
    browser.goto(url).await.page().clone()
}
