//! Two clients of the FAPI 2.0 profiles, a person and a browser.
use openidconnect::PkceCodeChallenge;
use serde_json::{Value, json};
use tenantry::model::{AssertionAudience, AuthMethod, FactorKind, MembershipKind, ResponseMode, SigningAlg};
use tenantry::service::clients::Preset;
use url::Url;

use super::keys::{Key, Proof, set, verified};
use crate::conformance::answers::{Answer, Tokens, answer};
use crate::conformance::suite::{AuthRequest, Callback, random};
use crate::harness::browser::Browser;
use crate::harness::net;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};
use crate::tokens::mtls::Pair;

pub const CALLBACK: &str = "https://suite.example/test/a/fapi/callback";
/// The second client's address has a query of its own, which must survive.
const CALLBACK_TWO: &str = "https://suite.example/test/a/fapi/callback?dummy1=lorem&dummy2=ipsum";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    SecurityProfile,
    MessageSigning,
    /// The variants `client_auth_type=mtls` and `sender_constrain=mtls`.
    SecurityProfileMtls,
    MessageSigningMtls,
}

impl Plan {
    pub fn signs(self) -> bool {
        matches!(self, Self::MessageSigning | Self::MessageSigningMtls)
    }

    pub fn is_mtls(self) -> bool {
        matches!(self, Self::SecurityProfileMtls | Self::MessageSigningMtls)
    }
}

pub struct Client {
    pub id: String,
    pub key: Key,
    pub dpop: Key,
    /// What it shows where clients are asked for certificates.
    pub certificate: Pair,
    pub redirect_uri: String,
}

pub struct Suite {
    pub t: Tenantry,
    pub plan: Plan,
    pub one: Client,
    pub two: Client,
    pub person: Someone,
    pub browser: Browser,
    pub metadata: Value,
    pub jwks: Value,
}

/// A request with what belongs to it.
#[derive(Clone)]
pub struct Asked {
    pub request: AuthRequest,
    pub verifier: String,
}

impl Suite {
    pub async fn new(plan: Plan) -> Self {
        // The proxy in front of an instance hands the certificate of a connection on (RFC 9440).
        let t = Tenantry::start_with(|config| {
            if plan.is_mtls() {
                config.server.client_certificate_header = Some("Client-Cert".to_owned());
                config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
                config.server.mtls_url = Some("https://mtls.id.example".to_owned());
            }
        })
        .await;
        let acme = t.tenant("acme").await;
        let person = t.person_with("anna@acme.example", |new| new.second_factor = FactorKind::None).await;
        t.join(&person, &acme, MembershipKind::Home).await;
        let one = register(&t, plan, Key::ps256("one"), CALLBACK).await;
        let two = register(&t, plan, Key::es256("two"), CALLBACK_TWO).await;
        let metadata = answer(net::client().get(t.url("/.well-known/openid-configuration"))).await.body;
        let jwks = answer(net::client().get(metadata["jwks_uri"].as_str().unwrap())).await.body;
        let browser = t.browser();
        Self { t, plan, one, two, person, browser, metadata, jwks }
    }

    pub fn endpoint(&self, name: &str) -> &str {
        self.metadata[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.metadata))
    }

    pub fn issuer(&self) -> &str {
        self.endpoint("issuer")
    }

    pub fn now(&self) -> i64 {
        self.t.now().seconds()
    }

    /// The usual request of a client.
    pub fn ask(&self, client: &Client, scope: &str) -> Asked {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = AuthRequest(Vec::new())
            .with("client_id", client.id.as_str())
            .with("redirect_uri", client.redirect_uri.as_str())
            .with("scope", scope)
            .with("state", random(10))
            .with("nonce", random(10))
            .with("response_type", "code")
            .with("code_challenge", challenge.as_str())
            .with("code_challenge_method", "S256");
        if self.plan.signs() {
            request = request.with("response_mode", "jwt");
        }
        Asked { request, verifier: verifier.secret().clone() }
    }

    /// Claims of a client assertion: the issuer alone as audience (FAPI 2.0 5.3.2.1).
    pub fn assertion(&self, client: &Client) -> Value {
        let now = self.now();
        json!({ "iss": client.id, "sub": client.id, "aud": self.issuer(), "jti": random(30), "iat": now, "nbf": now, "exp": now + 60 })
    }

    /// Claims of a request object (FAPI 2.0 Message Signing 5.3).
    pub fn object(&self, client: &Client, request: &AuthRequest) -> Value {
        let mut claims = json!({ "iss": client.id, "aud": self.issuer(), "nbf": self.now(), "exp": self.now() + 300 });
        for (name, value) in &request.0 {
            set(&mut claims, name, json!(value));
        }
        claims
    }

    /// The form of a pushed request, without the client's credentials.
    pub fn form(&self, client: &Client, request: &AuthRequest) -> Vec<(String, String)> {
        // RFC 9126 3: the object alone.
        if self.plan.signs() { vec![("request".to_owned(), client.sign(&self.object(client, request)))] } else { request.0.clone() }
    }

    pub async fn push(&self, client: &Client, request: &AuthRequest) -> Answer {
        self.push_form(client, &self.form(client, request), &self.assertion(client)).await
    }

    pub async fn push_form(&self, client: &Client, form: &[(String, String)], assertion: &Value) -> Answer {
        let request = net::client().post(self.endpoint("pushed_authorization_request_endpoint"));
        if self.plan.is_mtls() {
            return answer(client.certified(request).form(&client.named(form))).await;
        }
        answer(request.form(&client.with_assertion(form, &client.sign(assertion)))).await
    }

    /// The reference of a request that was taken (RFC 9126 2.2).
    pub fn reference(&self, pushed: &Answer) -> String {
        assert_eq!((pushed.status, pushed.media_type()), (201, "application/json"), "{pushed:?}");
        assert!(pushed.body["expires_in"].as_u64().is_some_and(|seconds| seconds > 0 && seconds < 600));
        let reference = pushed.text("request_uri");
        assert!(reference.len() > 40, "RFC 9126 7.1: {reference}");
        reference.to_owned()
    }

    /// Where the browser is sent: the reference, and what OAuth alone would want beside it.
    pub fn front(&self, asked: &Asked, reference: &str) -> AuthRequest {
        let repeated = ["client_id", "scope", "response_type", "redirect_uri"];
        let fields = repeated.iter().filter_map(|name| Some(((*name).to_owned(), asked.request.get(name)?.to_owned())));
        AuthRequest(fields.collect()).with("request_uri", reference)
    }

    /// Sends the browser there, signs in and consents.
    pub async fn visit(&mut self, front: &AuthRequest) {
        let url = front.url(self.endpoint("authorization_endpoint"));
        self.browser.goto(url.as_str()).await;
        self.answer_pages("#consent-allow").await;
    }

    pub async fn answer_pages(&mut self, decision: &str) {
        for _ in 0..5 {
            if self.browser.left().is_some() {
                return;
            }
            if self.browser.has("#login-submit") {
                let email = self.person.email.clone();
                self.browser.fill("#identifier", &email).fill("#password", PASSWORD).submit("#login-submit").await;
            } else if self.browser.has(decision) {
                self.browser.submit(decision).await;
            }
        }
    }

    /// What the callback of the client got; a signed answer is opened (JARM 2.3.1).
    pub fn called(&self, client: &Client) -> Callback {
        let landed = self.browser.landing();
        assert!(landed.as_str().starts_with(&client.redirect_uri), "{landed}");
        assert_eq!(landed.fragment(), None);
        let known = Url::parse(&client.redirect_uri).unwrap();
        let own: Vec<(String, String)> = known.query_pairs().into_owned().collect();
        let mut fields: std::collections::BTreeMap<_, _> = landed.query_pairs().into_owned().filter(|pair| !own.contains(pair)).collect();
        if self.plan.signs() && fields.contains_key("response") {
            assert_eq!(fields.len(), 1, "JARM 2.1: nothing beside the signed answer: {fields:?}");
            let (_, claims) = verified(&self.jwks, &fields["response"]);
            assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some(self.issuer()), Some(client.id.as_str())));
            let exp = claims["exp"].as_i64().unwrap();
            assert!(exp > self.now() && exp <= self.now() + 600, "JARM 2.1: ten minutes at most");
            let told = claims.as_object().unwrap().iter().filter(|(name, _)| !["aud", "exp", "iat"].contains(&name.as_str()));
            fields = told.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
        }
        Callback(fields)
    }

    /// Pushes, visits and gives the code.
    pub async fn code(&mut self, client: impl Fn(&Self) -> &Client, asked: &Asked) -> String {
        let reference = self.reference(&self.push(client(self), &asked.request).await);
        let front = self.front(asked, &reference);
        self.visit(&front).await;
        self.good_code(asked, &self.called(client(self)))
    }

    pub fn good_code(&self, asked: &Asked, callback: &Callback) -> String {
        assert_eq!(callback.get("error"), None, "{callback:?}");
        assert_eq!(callback.get("state"), asked.request.get("state"));
        assert_eq!(callback.get("iss"), Some(self.issuer()), "FAPI 2.0 5.3.2.2");
        // Session Management 1.0 section 2: session_state comes with every answer to an OpenID request.
        let known = ["code", "state", "iss", "session_state"];
        assert_eq!(callback.0.keys().filter(|name| !known.contains(&name.as_str())).count(), 0, "{callback:?}");
        callback.get("code").unwrap().to_owned()
    }

    /// A token request with the client's assertion, and a DPoP proof if one is given.
    pub async fn token(&self, client: &Client, form: &[(&str, &str)], proof: Option<&str>) -> Answer {
        self.token_with(client, form, &client.sign(&self.assertion(client)), proof).await
    }

    pub async fn token_with(&self, client: &Client, form: &[(&str, &str)], assertion: &str, proof: Option<&str>) -> Answer {
        let form: Vec<(String, String)> = form.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        if self.plan.is_mtls() {
            // The certificate is both proofs: of the client, and of the key that tokens are bound to.
            let request = net::client().post(self.endpoint("token_endpoint")).form(&client.named(&form));
            return answer(if proof.is_some() { client.certified(request) } else { request }).await;
        }
        let mut request = net::client().post(self.endpoint("token_endpoint")).form(&client.with_assertion(&form, assertion));
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        answer(request).await
    }

    pub fn proof(&self, key: &Key) -> Proof {
        key.proof("POST", self.endpoint("token_endpoint"), self.now())
    }

    pub async fn redeem(&self, client: &Client, asked: &Asked, code: &str) -> Answer {
        let redirect = asked.request.get("redirect_uri").unwrap();
        let form =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect), ("code_verifier", asked.verifier.as_str())];
        self.token(client, &form, Some(&self.proof(&client.dpop).signed(&client.dpop))).await
    }

    /// Bound tokens of this client (RFC 9449 5, 6).
    pub fn good_tokens(&self, client: &Client, answer: &Answer, nonce: Option<&str>) -> Tokens {
        assert_eq!(
            (answer.status, answer.media_type(), answer.header("cache-control")),
            (200, "application/json", "no-store"),
            "{answer:?}"
        );
        // RFC 9449 5, RFC 8705 3.
        assert_eq!(answer.text("token_type"), if self.plan.is_mtls() { "Bearer" } else { "DPoP" });
        assert!(answer.body["expires_in"].is_u64());
        let id_token = answer.text("id_token").to_owned();
        let (header, claims) = verified(&self.jwks, &id_token);
        assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some(self.issuer()), Some(client.id.as_str())));
        assert_eq!(claims["nonce"].as_str(), nonce);
        let refresh = answer.body["refresh_token"].as_str().map(str::to_owned);
        Tokens { access: answer.text("access_token").to_owned(), refresh, id_token, header, claims }
    }

    /// Asks userinfo with this scheme and these proofs.
    pub async fn resource(&self, scheme: &str, token: &str, proofs: &[String]) -> Answer {
        let mut request = net::client().get(self.endpoint("userinfo_endpoint")).header("authorization", format!("{scheme} {token}"));
        for proof in proofs {
            request = request.header("dpop", proof);
        }
        answer(request).await
    }

    /// Asks userinfo as this client does, with this key of it where there are keys.
    pub async fn asks(&self, client: &Client, key: &Key, token: &str) -> Answer {
        if self.plan.is_mtls() {
            let request = net::client().get(self.endpoint("userinfo_endpoint")).bearer_auth(token);
            return answer(client.certified(request)).await;
        }
        self.resource("DPoP", token, &[self.resource_proof(key, token).signed(key)]).await
    }

    pub fn resource_proof(&self, key: &Key, token: &str) -> Proof {
        key.proof("GET", self.endpoint("userinfo_endpoint"), self.now()).beside(token)
    }

    /// The whole way to userinfo.
    pub async fn happy(&mut self, client: impl Fn(&Self) -> &Client, asked: &Asked) -> Tokens {
        let code = self.code(&client, asked).await;
        let client = client(self);
        let tokens = self.good_tokens(client, &self.redeem(client, asked, &code).await, asked.request.get("nonce"));
        self.works(client, &tokens.access, &client.dpop).await;
        tokens
    }

    pub async fn works(&self, client: &Client, token: &str, key: &Key) {
        let got = self.asks(client, key, token).await;
        assert_eq!(got.status, 200, "{}: {got:?}", client.id);
        assert!(!got.header("date").is_empty(), "RFC 9110 6.6.1");
    }

    /// A refusal that is one of these.
    pub fn refused(&self, answer: &Answer, expected: &[(u16, &str)]) {
        let got = (answer.status, answer.body["error"].as_str().unwrap_or(""));
        assert!(expected.contains(&got), "{got:?} is none of {expected:?}");
        assert_eq!(answer.media_type(), "application/json");
    }
}

impl Client {
    pub fn sign(&self, claims: &Value) -> String {
        self.key.sign(&json!({ "alg": self.key.alg, "kid": self.key.kid() }), claims)
    }

    /// Its certificate, as the proxy hands it on.
    pub fn certified(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.header("client-cert", self.certificate.header())
    }

    /// RFC 8705 2: a client that shows a certificate says who it is.
    fn named(&self, form: &[(String, String)]) -> Vec<(String, String)> {
        form.iter().filter(|(name, _)| name != "client_id").cloned().chain([("client_id".to_owned(), self.id.clone())]).collect()
    }

    fn with_assertion(&self, form: &[(String, String)], assertion: &str) -> Vec<(String, String)> {
        let proof = [("client_assertion_type", ASSERTION), ("client_assertion", assertion)];
        form.iter().cloned().chain(proof.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
    }
}

async fn register(t: &Tenantry, plan: Plan, key: Key, redirect_uri: &str) -> Client {
    let certificate = Pair::own(redirect_uri.split(['?', '/']).next_back().unwrap());
    let own = certificate.jwks()["keys"][0].clone();
    let (client, _) = t
        .client(Preset::Web, |new| {
            let metadata = &mut new.metadata;
            metadata.redirect_uris = vec![redirect_uri.to_owned()];
            metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
            metadata.assertion_audience = AssertionAudience::Issuer;
            metadata.jwks = Some(json!({ "keys": [key.public] }));
            metadata.scopes = ["openid", "profile", "email", "offline_access"].map(str::to_owned).to_vec();
            metadata.require_pushed_authorization_requests = true;
            metadata.dpop_bound_access_tokens = true;
            metadata.id_token_signed_response_alg = SigningAlg::Ps256;
            metadata.authorization_signed_response_alg = SigningAlg::Ps256;
            metadata.response_modes = vec![ResponseMode::Query, ResponseMode::Jwt];
            metadata.require_signed_request_object = plan.signs();
            let alg = if key.alg == "PS256" { SigningAlg::Ps256 } else { SigningAlg::Es256 };
            metadata.token_endpoint_auth_signing_alg = Some(alg);
            metadata.request_object_signing_alg = Some(alg);
            if plan.is_mtls() {
                metadata.token_endpoint_auth_method = AuthMethod::SelfSignedTlsClientAuth;
                metadata.token_endpoint_auth_signing_alg = None;
                metadata.jwks = Some(json!({ "keys": [key.public, own] }));
                metadata.dpop_bound_access_tokens = false;
                metadata.tls_client_certificate_bound_access_tokens = true;
            }
        })
        .await;
    Client { id: client.id.as_str().to_owned(), key, dpop: Key::es256("dpop"), certificate, redirect_uri: redirect_uri.to_owned() }
}
