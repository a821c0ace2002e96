//! A relying application built on the `openidconnect` crate: a foreign implementation reads our discovery document,
//! builds the requests and verifies our tokens.
use std::pin::Pin;
use std::sync::Arc;

use chrono::DateTime;
use oauth2::{HttpRequest, HttpResponse};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, AdditionalClaims, AsyncHttpClient, AuthType, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenFields, IntrospectionUrl, IssuerUrl,
    LogoutRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl,
    RefreshToken, RequestTokenError, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenantry::world::{Clock, TestClock};
use url::Url;

use super::net;

/// Every claim beyond the standard ones, as sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Further(#[serde(default)] pub Map<String, Value>);
impl AdditionalClaims for Further {}

type Verified = IdToken<Further, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Fields = IdTokenFields<Further, EmptyExtraTokenFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Answer = StandardTokenResponse<Fields, CoreTokenType>;
type Client = openidconnect::Client<
    Further,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The HTTP client in the shape that the crate asks for.
#[derive(Clone)]
pub struct Http(pub reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = reqwest::Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Self::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.0.execute(request.try_into()?).await?;
            let mut built = http::Response::builder().status(answer.status());
            for (name, value) in answer.headers() {
                built = built.header(name, value);
            }
            Ok(built.body(answer.bytes().await?.to_vec()).unwrap())
        })
    }
}

pub struct RelyingParty {
    pub client_id: String,
    pub redirect_uri: String,
    pub issuer: String,
    pub secret: Option<String>,
    client: Client,
    http: Http,
    metadata: ProviderMetadataWithLogout,
    clock: Arc<TestClock>,
}

/// An authorization request on its way.
#[derive(Clone)]
pub struct Request {
    pub url: Url,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
}

/// What the provider's redirect said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Landed {
    Code(String),
    Denied { error: String, description: String },
}

/// Tokens whose ID token was verified.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access: String,
    pub refresh: Option<String>,
    pub id_token: String,
    /// The verified claims of the ID token, standard and further ones.
    pub claims: Value,
    pub scope: Vec<String>,
    pub expires_in: u64,
}

/// The provider's refusal at an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub error: String,
    pub description: String,
}

impl RelyingParty {
    /// Reads discovery document and keys. `secret` is sent by Basic; without one the client is public.
    pub async fn discover(issuer: &str, client_id: &str, secret: Option<&str>, redirect_uri: &str, clock: Arc<TestClock>) -> Self {
        let http = Http(net::client());
        let issuer_url = IssuerUrl::new(issuer.to_owned()).unwrap();
        let metadata = ProviderMetadataWithLogout::discover_async(issuer_url, &http).await.unwrap();
        let endpoint = |path: &str| format!("{issuer}{path}");
        let secret = secret.map(str::to_owned);
        let sent = secret.clone().map(ClientSecret::new);
        let client = openidconnect::Client::from_provider_metadata(metadata.clone(), ClientId::new(client_id.to_owned()), sent)
            .set_redirect_uri(RedirectUrl::new(redirect_uri.to_owned()).unwrap())
            .set_introspection_url(IntrospectionUrl::new(endpoint("/introspect")).unwrap())
            .set_auth_type(AuthType::BasicAuth);
        let (client_id, redirect_uri, issuer) = (client_id.to_owned(), redirect_uri.to_owned(), issuer.to_owned());
        Self { client_id, redirect_uri, issuer, secret, client, http, metadata, clock }
    }

    /// An authorization request with state, nonce and PKCE; `extra` parameters as given.
    pub fn authorize(&self, scopes: &[&str], extra: &[(&str, &str)]) -> Request {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<openidconnect::core::CoreResponseType>::AuthorizationCode;
        let mut request = self.client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random).set_pkce_challenge(challenge);
        for scope in scopes.iter().filter(|scope| **scope != "openid") {
            request = request.add_scope(Scope::new((*scope).to_owned()));
        }
        for (name, value) in extra {
            request = request.add_extra_param((*name).to_owned(), (*value).to_owned());
        }
        let (url, state, nonce) = request.url();
        Request { url, state: state.secret().clone(), nonce: nonce.secret().clone(), verifier: verifier.secret().clone() }
    }

    /// Reads the redirect to the callback: same state, our issuer (RFC 9207), a code or an error.
    pub fn landed(&self, request: &Request, url: &Url) -> Landed {
        assert!(url.as_str().starts_with(&self.redirect_uri), "landed elsewhere: {url}");
        let query = url.fragment().unwrap_or_else(|| url.query().unwrap_or_default());
        self.landed_with(request, query)
    }

    /// The same for parameters that came by form_post.
    pub fn landed_with(&self, request: &Request, form: &str) -> Landed {
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        let one = |name: &str| {
            let values: Vec<&String> = pairs.iter().filter(|(n, _)| n == name).map(|(_, v)| v).collect();
            assert!(values.len() < 2, "{name} is repeated: {form}");
            values.first().map(|v| (*v).clone())
        };
        assert_eq!(one("state").as_ref(), Some(&request.state), "state came back changed: {form}");
        assert_eq!(one("iss").as_ref(), Some(&self.issuer), "iss is not ours: {form}");
        match (one("code"), one("error")) {
            (Some(code), None) => Landed::Code(code),
            (None, Some(error)) => Landed::Denied { error, description: one("error_description").unwrap_or_default() },
            _ => panic!("neither code nor error: {form}"),
        }
    }

    /// Redeems a code and verifies the ID token: signature, issuer, audience, nonce, times.
    pub async fn exchange(&self, request: &Request, code: &str) -> Result<Tokens, Refused> {
        let answer = self
            .client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .unwrap()
            .set_pkce_verifier(openidconnect::PkceCodeVerifier::new(request.verifier.clone()))
            .request_async(&self.http)
            .await;
        self.verified(answer, Some(&request.nonce))
    }

    pub async fn refresh(&self, refresh_token: &str) -> Result<Tokens, Refused> {
        let token = RefreshToken::new(refresh_token.to_owned());
        let answer = self.client.exchange_refresh_token(&token).unwrap().request_async(&self.http).await;
        self.verified(answer, None)
    }

    fn verified(&self, answer: Result<Answer, TokenError>, nonce: Option<&str>) -> Result<Tokens, Refused> {
        let answer = answer.map_err(refused)?;
        let token: &Verified = answer.id_token().expect("the answer holds an ID token");
        let now = self.clock.now().seconds();
        let verifier = self.client.id_token_verifier().set_time_fn(move || DateTime::from_timestamp(now, 0).unwrap());
        let same_nonce = |got: Option<&Nonce>| match (nonce, got) {
            (Some(sent), Some(got)) if got.secret() == sent => Ok(()),
            (None, _) => Ok(()),
            _ => Err("another nonce".to_owned()),
        };
        let claims = token.claims(&verifier, same_nonce).unwrap_or_else(|error| panic!("the ID token is not accepted: {error:?}"));
        if let Some(expected) = claims.access_token_hash() {
            let (alg, key) = (token.signing_alg().unwrap(), token.signing_key(&verifier).unwrap());
            let actual = openidconnect::AccessTokenHash::from_token(answer.access_token(), alg, key).unwrap();
            assert_eq!(&actual, expected, "at_hash belongs to another access token");
        }
        let scope = answer.scopes().map(|all| all.iter().map(|s| s.as_str().to_owned()).collect()).unwrap_or_default();
        Ok(Tokens {
            access: answer.access_token().secret().clone(),
            refresh: answer.refresh_token().map(|token| token.secret().clone()),
            id_token: token.to_string(),
            claims: serde_json::to_value(claims).unwrap(),
            scope,
            expires_in: answer.expires_in().expect("expires_in is there").as_secs(),
        })
    }

    /// Claims from userinfo; the status when the token is refused.
    pub async fn userinfo(&self, access_token: &str) -> Result<Value, String> {
        let request = self.client.user_info(AccessToken::new(access_token.to_owned()), None).unwrap();
        let answer: Result<UserInfoClaims<Further, CoreGenderClaim>, _> = request.request_async(&self.http).await;
        answer.map(|claims| serde_json::to_value(claims).unwrap()).map_err(|error| format!("{error:?}"))
    }

    pub async fn introspect(&self, token: &str) -> Value {
        let token = AccessToken::new(token.to_owned());
        let answer = self.client.introspect(&token).request_async(&self.http).await.unwrap();
        serde_json::to_value(answer).unwrap()
    }

    /// RFC 7009. By hand: the crate refuses to revoke over plain http, even on loopback.
    pub async fn revoke(&self, token: &str) {
        let form = [("token", token), ("client_id", &self.client_id)];
        let mut request = self.http.0.post(format!("{}/revoke", self.issuer));
        if let Some(secret) = &self.secret {
            request = request.basic_auth(&self.client_id, Some(secret));
        }
        let form = if self.secret.is_some() { &form[..1] } else { &form[..] };
        let answer = request.form(form).send().await.unwrap();
        assert_eq!(answer.status(), 200, "a revocation is always answered the same way");
    }

    /// The address that ends the session of the person whom the ID token speaks of.
    pub fn logout_url(&self, id_token: &str, return_to: Option<&str>, state: Option<&str>) -> Url {
        let end_session = self.metadata.additional_metadata().end_session_endpoint.clone().expect("discovery names the logout endpoint");
        let token: Verified = id_token.parse().unwrap();
        let mut request = LogoutRequest::from(end_session).set_id_token_hint(&token);
        if let Some(address) = return_to {
            request = request.set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(address.to_owned()).unwrap());
        }
        if let Some(state) = state {
            request = request.set_state(CsrfToken::new(state.to_owned()));
        }
        request.http_get_url()
    }
}

type TokenError = RequestTokenError<reqwest::Error, StandardErrorResponse<CoreErrorResponseType>>;

fn refused(error: TokenError) -> Refused {
    match error {
        RequestTokenError::ServerResponse(said) => {
            Refused { error: said.error().to_string(), description: said.error_description().cloned().unwrap_or_default() }
        }
        other => panic!("the token endpoint did not answer as OAuth does: {other:?}"),
    }
}

impl Landed {
    /// The code; panics when the provider said no.
    pub fn code(self) -> String {
        match self {
            Self::Code(code) => code,
            Self::Denied { error, description } => panic!("denied: {error}: {description}"),
        }
    }

    /// The error; panics when a code came.
    pub fn error(self) -> String {
        match self {
            Self::Code(_) => panic!("a code came where an error was due"),
            Self::Denied { error, .. } => error,
        }
    }
}
