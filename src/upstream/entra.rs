//! One sign-in at Microsoft Entra ID: the way there, and what is made of the answer.
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::basic::{BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, ExtraTokenFields, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse, TokenUrl,
};
use openidconnect::core::{CoreAuthPrompt, CoreClient, CoreResponseType};
use openidconnect::{AuthenticationFlow, IssuerUrl, JsonWebKeySet, LoginHint, Nonce};
use serde::{Deserialize, Serialize};
use url::Url;

use super::claims::{self, Expected};
use super::credential::{OpenedCredential, assertion};
use super::directory::{Directories, Directory, KeySearch};
use super::refusal::ErrorBody;
use super::{Http, HttpFault, Reason, UpstreamError, verify};
use crate::model::{Connection, UpstreamClaims};
use crate::world::{Entropy, Secret, Timestamp};

/// The room's long-lived part: the client and the cache of directories. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Upstreams {
    http: Http,
    directories: Directories,
}

impl Upstreams {
    pub fn new(http: Http) -> Self {
        Self { http, directories: Directories::default() }
    }

    pub fn http(&self) -> &Http {
        &self.http
    }

    /// The connection, ready for one sign-in, with its unsealed credential.
    pub fn entra(&self, connection: &Connection, credential: OpenedCredential) -> Entra {
        Entra {
            host: connection.cloud_host.trim_end_matches('/').to_owned(),
            tid: connection.tid.clone(),
            client_id: connection.client_id.clone(),
            credential,
            http: self.http.clone(),
            directories: self.directories.clone(),
        }
    }
}

/// A connection pinned to one Entra directory.
#[derive(Clone, Debug)]
pub struct Entra {
    host: String,
    tid: String,
    client_id: String,
    credential: OpenedCredential,
    http: Http,
    directories: Directories,
}

/// A `prompt` that is passed on. `consent` is not among them: it concerns our own consent (microsoft.md 4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamPrompt {
    None,
    Login,
    SelectAccount,
}

/// Parameters of the downstream request that go on to Microsoft (microsoft.md 4.4).
#[derive(Clone, Debug, Default)]
pub struct Passthrough {
    pub login_hint: Option<String>,
    pub prompt: Option<UpstreamPrompt>,
    /// Seconds.
    pub max_age: Option<u64>,
    pub ui_locales: Option<String>,
}

/// What the way to Microsoft carries.
#[derive(Debug)]
pub struct Departure<'a> {
    pub redirect_uri: &'a str,
    pub state: &'a str,
    pub nonce: &'a str,
    /// RFC 7636 4.1: 43 to 128 characters.
    pub verifier: &'a Secret<String>,
    pub passthrough: &'a Passthrough,
}

/// What came back, beside what the flow's record holds.
#[derive(Debug)]
pub struct Arrival<'a> {
    pub code: &'a Secret<String>,
    pub redirect_uri: &'a str,
    pub nonce: &'a str,
    pub verifier: &'a Secret<String>,
}

impl Entra {
    /// The URL to send the browser to: code flow, `response_mode=query` so that a Lax cookie comes back with the
    /// answer, PKCE S256, nonce, scope `openid profile email` (microsoft.md 2.6, 2.8). Errors when Microsoft's
    /// documents cannot be had or believed.
    pub async fn start(&self, departure: &Departure<'_>, now: Timestamp) -> Result<Url, UpstreamError> {
        let directory = self.directories.know(&self.http, &self.host, &self.tid, now).await?;
        let issuer = IssuerUrl::new(directory.issuer.clone()).map_err(|_| Reason::OwnRequest)?;
        let redirect = RedirectUrl::new(departure.redirect_uri.to_owned()).map_err(|_| Reason::OwnRequest)?;
        let verifier = pkce(departure.verifier)?;
        let client = CoreClient::new(ClientId::new(self.client_id.clone()), issuer, JsonWebKeySet::default())
            .set_auth_uri(AuthUrl::from_url(directory.authorize.clone()))
            .set_redirect_uri(redirect);
        let (state, nonce) = (departure.state.to_owned(), departure.nonce.to_owned());
        let request = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scope(Scope::new("profile".to_owned()))
            .add_scope(Scope::new("email".to_owned()))
            .add_extra_param("response_mode", "query")
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        Ok(pass_on(request, departure.passthrough).url().0)
    }

    /// Redeems the code and verifies the ID token by all steps of microsoft.md 1.3. Errors: [`UpstreamError::Refused`]
    /// with Microsoft's own refusal, `BadAnswer` with the rule that the answer broke, `Unavailable` without an answer.
    pub async fn finish(&self, arrival: &Arrival<'_>, now: Timestamp, entropy: &dyn Entropy) -> Result<UpstreamClaims, UpstreamError> {
        let mut directory = self.directories.know(&self.http, &self.host, &self.tid, now).await?;
        let token = self.redeem(&directory, arrival, now, entropy).await?;
        let issuer = directory.issuer.clone();
        let expected = Expected { client_id: &self.client_id, tid: &self.tid, issuer: &issuer };
        let claimed = claims::read(token.expose(), &expected)?;
        if matches!(directory.search(&claimed.kid, &self.tid), KeySearch::Unknown)
            && let Some(newer) = self.directories.hunt(&self.http, &self.host, &self.tid, now).await
        {
            directory = newer;
        }
        let keys = match directory.search(&claimed.kid, &self.tid) {
            KeySearch::Found(keys) => keys,
            KeySearch::Foreign => return Err(Reason::ForeignKey.into()),
            KeySearch::Unknown => return Err(Reason::UnknownKey.into()),
        };
        Ok(verify::verify(token.expose(), claimed, keys, &expected, arrival.nonce, now, &self.host)?)
    }

    /// RFC 6749 4.1.3 with RFC 7636 4.5, at the token endpoint of the directory where the code was asked for.
    async fn redeem(
        &self,
        directory: &Directory,
        arrival: &Arrival<'_>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Secret<String>, UpstreamError> {
        let client = TokenClient::new(ClientId::new(self.client_id.clone()))
            .set_token_uri(TokenUrl::from_url(directory.token.clone()))
            .set_redirect_uri(RedirectUrl::new(arrival.redirect_uri.to_owned()).map_err(|_| Reason::OwnRequest)?)
            .set_auth_type(AuthType::RequestBody);
        let client = match &self.credential {
            OpenedCredential::Secret(secret) => client.set_client_secret(ClientSecret::new(secret.expose().clone())),
            OpenedCredential::Certificate { .. } => client,
        };
        let mut request =
            client.exchange_code(AuthorizationCode::new(arrival.code.expose().clone())).set_pkce_verifier(pkce(arrival.verifier)?);
        if let OpenedCredential::Certificate { pem, x5t_s256 } = &self.credential {
            let assertion = assertion(pem, x5t_s256, &self.client_id, directory.token.as_str(), now, entropy)?;
            request = request
                .add_extra_param("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
                .add_extra_param("client_assertion", assertion.expose().clone());
        }
        let answer = request.request_async(&self.http).await.map_err(fault_of)?;
        let token = answer.extra_fields().id_token.clone().ok_or(Reason::NoIdToken)?;
        Ok(Secret::new(token))
    }
}

/// A fresh PKCE verifier of 43 characters (RFC 7636 4.1).
pub fn fresh_verifier(entropy: &dyn Entropy) -> Secret<String> {
    Secret::new(random_text(entropy))
}

/// A fresh nonce (OIDC Core 3.1.2.1).
pub fn fresh_nonce(entropy: &dyn Entropy) -> String {
    random_text(entropy)
}

fn random_text(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 32];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

type TokenAnswer = StandardTokenResponse<IdTokenMember, BasicTokenType>;
type TokenClient<HasTokenUrl = EndpointNotSet> = oauth2::Client<
    ErrorBody,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    HasTokenUrl,
>;

/// The ID token as text. It is parsed only after our own reading of it (microsoft.md 1.4 row 6e).
#[derive(Clone, Serialize, Deserialize)]
struct IdTokenMember {
    id_token: Option<String>,
}

impl std::fmt::Debug for IdTokenMember {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[token]")
    }
}

impl ExtraTokenFields for IdTokenMember {}

/// The verifier in the crate's type, which panics later when the length breaks RFC 7636 4.1.
fn pkce(verifier: &Secret<String>) -> Result<PkceCodeVerifier, Reason> {
    let fits = (43..=128).contains(&verifier.expose().len());
    fits.then(|| PkceCodeVerifier::new(verifier.expose().clone())).ok_or(Reason::OwnRequest)
}

fn pass_on<'a>(
    mut request: openidconnect::AuthorizationRequest<'a, openidconnect::core::CoreAuthDisplay, CoreAuthPrompt, CoreResponseType>,
    passthrough: &'a Passthrough,
) -> openidconnect::AuthorizationRequest<'a, openidconnect::core::CoreAuthDisplay, CoreAuthPrompt, CoreResponseType> {
    request = match passthrough.prompt {
        Some(UpstreamPrompt::None) => request.add_prompt(CoreAuthPrompt::None),
        Some(UpstreamPrompt::Login) => request.add_prompt(CoreAuthPrompt::Login),
        Some(UpstreamPrompt::SelectAccount) => request.add_prompt(CoreAuthPrompt::SelectAccount),
        None => request,
    };
    // A hint would choose the account that `select_account` wants the person to choose.
    if let Some(hint) = &passthrough.login_hint
        && passthrough.prompt != Some(UpstreamPrompt::SelectAccount)
    {
        request = request.set_login_hint(LoginHint::new(hint.clone()));
    }
    if let Some(seconds) = passthrough.max_age {
        request = request.set_max_age(Duration::from_secs(seconds));
    }
    if let Some(locales) = &passthrough.ui_locales {
        request = request.add_extra_param("ui_locales", locales.as_str());
    }
    request
}

fn fault_of(fault: RequestTokenError<HttpFault, ErrorBody>) -> UpstreamError {
    match fault {
        RequestTokenError::ServerResponse(body) => UpstreamError::Refused(body.into()),
        RequestTokenError::Request(fault) => UpstreamError::Unavailable(fault),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => Reason::TokenAnswer.into(),
    }
}
