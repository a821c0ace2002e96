//! The authorization request (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1) after it was checked.
use serde::{Deserialize, Serialize};

use super::error::{ErrorCode, OAuthError, Reason, Refusal};
use super::params::Params;
use super::scope::Scopes;
use super::{claims_request, pkce, redirect};
use crate::model::{Acr, Client, ClientId, ClientState, GrantType, ResponseMode};

/// A redirect target that matched the client's registration byte for byte. Only `redirect::verify` makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedRedirect {
    pub(super) uri: String,
    pub(super) mode: ResponseMode,
    pub(super) state: Option<String>,
}

impl VerifiedRedirect {
    pub fn uri(&self) -> &str {
        &self.uri
    }

    pub fn mode(&self) -> ResponseMode {
        self.mode
    }

    /// As it was sent, byte for byte.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

/// Where the answer goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Target {
    /// A relying application.
    Client(VerifiedRedirect),
    /// A page of our own (`/account/…`): no tenant, no consent, no code.
    Own { path: String },
}

/// `prompt` (OpenID Connect Core 3.1.2.1), plus `select_tenant` of ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prompt {
    pub none: bool,
    pub login: bool,
    pub consent: bool,
    pub select_account: bool,
    pub select_tenant: bool,
}

/// A checked authorization request. Stored with its flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizeRequest {
    pub client: ClientId,
    pub target: Target,
    /// Was `redirect_uri` sent? Then the token request must repeat it (RFC 6749 4.1.3).
    pub redirect_uri_sent: bool,
    /// What the client may have of what it asked for.
    pub scopes: Scopes,
    pub nonce: Option<String>,
    /// S256 challenge (RFC 7636 4.3).
    pub challenge: Option<String>,
    /// Thumbprint of the DPoP key that the code is bound to (RFC 9449 10).
    #[serde(default)]
    pub dpop_jkt: Option<String>,
    pub prompt: Prompt,
    /// Seconds.
    pub max_age: Option<i64>,
    /// Voluntary wishes, best first; unknown values dropped.
    pub acr_values: Vec<Acr>,
    /// The lowest `acr` that must be met: from an essential `acr` claim or the client's registration.
    pub acr_required: Option<Acr>,
    /// Must the id_token carry `auth_time`?
    pub auth_time_requested: bool,
    pub login_hint: Option<String>,
    /// `sub` of a valid `id_token_hint`.
    pub hinted_person: Option<String>,
    /// `tenant=` or `tenant:<slug>`: id, number or slug as sent.
    pub tenant_hint: Option<String>,
    pub ui_locales: Vec<String>,
}

/// What an `id_token_hint` turned out to be, once the keys were asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    Absent,
    /// Signed by us, expired or not: its `sub`.
    Person(String),
    /// Not an id_token of ours.
    Invalid,
}

/// Checks an authorization request. `client` is the one that `client_id` names, if there is one.
/// The order is that of RFC 6749 4.1.2.1: until client and redirect URI are proven, nothing is redirected.
///
/// # Errors
/// [`Refusal::Page`] until the redirect URI is proven, [`Refusal::Redirect`] from there on.
pub fn parse(params: &Params, client: Option<&Client>, hint: &Hint) -> Result<AuthorizeRequest, Refusal> {
    let client = known(params, client).map_err(Refusal::Page)?;
    let words = Scopes::parse(params.get("scope").unwrap_or(""));
    let (mode, mode_fault) = response_mode(params, client);
    let redirect = prove(params, client, &words, mode).map_err(Refusal::Page)?;
    match check(params, client, &words, hint, mode_fault, redirect.clone()) {
        Ok(request) => Ok(request),
        Err(error) => Err(Refusal::Redirect(redirect, error)),
    }
}

fn known<'a>(params: &Params, client: Option<&'a Client>) -> Result<&'a Client, OAuthError> {
    params.require("client_id")?;
    let refused = |reason| OAuthError::new(ErrorCode::InvalidRequest, "The application is not known or not enabled", reason);
    let client = client.ok_or_else(|| refused(Reason::ClientUnknown))?;
    match client.state {
        ClientState::Active => Ok(client),
        ClientState::Disabled => Err(refused(Reason::ClientDisabled)),
    }
}

fn prove(params: &Params, client: &Client, asked: &Scopes, mode: ResponseMode) -> Result<VerifiedRedirect, OAuthError> {
    if let Some(fault) = params.fault_of("redirect_uri") {
        return Err(fault);
    }
    redirect::verify(client, params.get("redirect_uri"), asked, mode, params.get("state"))
        .map_err(|reason| OAuthError::new(ErrorCode::InvalidRequest, "redirect_uri is missing or not registered", reason))
}

/// The mode in which the answer travels, errors included; with the refusal when another one was asked for.
fn response_mode(params: &Params, client: &Client) -> (ResponseMode, Option<OAuthError>) {
    let allowed = &client.metadata.response_modes;
    let usual = if allowed.contains(&ResponseMode::Query) { None } else { allowed.first().copied() }.unwrap_or(ResponseMode::Query);
    let asked = match params.get("response_mode") {
        // OAuth 2.0 Multiple Response Type Encoding Practices 5: query is the default of `code`.
        None => Some(ResponseMode::Query),
        Some(text) => ResponseMode::parse(text),
    };
    match asked.filter(|mode| allowed.contains(mode)) {
        Some(mode) => (mode, None),
        None => {
            let text = "response_mode is not allowed for this client";
            (usual, Some(OAuthError::new(ErrorCode::InvalidRequest, text, Reason::ResponseModeNotAllowed)))
        }
    }
}

/// Everything that is refused at the client.
fn check(
    params: &Params,
    client: &Client,
    words: &Scopes,
    hint: &Hint,
    mode_fault: Option<OAuthError>,
    redirect: VerifiedRedirect,
) -> Result<AuthorizeRequest, OAuthError> {
    response_type(params, client)?;
    if let Some(fault) = mode_fault.or_else(|| params.first_fault()) {
        return Err(fault);
    }
    not_supported(params)?;
    let (scopes, tenant_scope) = scopes(words, client)?;
    let tenant_hint = tenant_hint(params, tenant_scope)?;
    let prompt = prompt(params.get("prompt").unwrap_or(""))?;
    let max_age = max_age(params)?;
    let challenge = pkce::challenge(params, client)?;
    let mut claims = claims_request::parse(params.get("claims"))?;
    let hinted_person = hinted(hint, claims.sub.take(), prompt)?;
    let mut acr_values: Vec<Acr> = params.get("acr_values").unwrap_or("").split(' ').filter_map(Acr::parse).collect();
    acr_values.append(&mut claims.acr_wishes);
    let languages = params.get("ui_locales").unwrap_or("").split(' ').filter(|tag| !tag.is_empty()).take(10);
    Ok(AuthorizeRequest {
        client: client.id.clone(),
        target: Target::Client(redirect),
        redirect_uri_sent: params.get("redirect_uri").is_some(),
        scopes,
        nonce: params.get("nonce").map(str::to_owned),
        challenge,
        dpop_jkt: dpop_jkt(params)?,
        prompt,
        max_age,
        acr_values,
        acr_required: claims.acr_required.max(client.metadata.required_acr),
        auth_time_requested: claims.auth_time || max_age.is_some(),
        login_hint: params.get("login_hint").map(str::to_owned),
        hinted_person,
        tenant_hint,
        ui_locales: languages.map(str::to_owned).collect(),
    })
}

fn response_type(params: &Params, client: &Client) -> Result<(), OAuthError> {
    if let Some(fault) = params.fault_of("response_type") {
        return Err(fault);
    }
    match params.get("response_type") {
        None => Err(invalid("response_type is missing", Reason::ResponseTypeMissing)),
        Some("code") if !client.metadata.grant_types.contains(&GrantType::AuthorizationCode) => Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "The client is not registered for authorization codes",
            Reason::GrantTypeNotAllowed,
        )),
        Some("code") => Ok(()),
        // RFC 9700 2.1.2: the implicit and hybrid types do not exist here.
        Some(_) => Err(OAuthError::new(ErrorCode::UnsupportedResponseType, "response_type must be code", Reason::ResponseTypeUnsupported)),
    }
}

/// OpenID Connect Core 3.1.2.6: what is not supported has codes of its own.
fn not_supported(params: &Params) -> Result<(), OAuthError> {
    let refused = [
        ("request", ErrorCode::RequestNotSupported, "Request objects are not supported", Reason::RequestObject),
        ("request_uri", ErrorCode::RequestUriNotSupported, "request_uri is not supported", Reason::RequestUri),
        ("registration", ErrorCode::RegistrationNotSupported, "registration is not supported", Reason::Registration),
    ];
    match refused.into_iter().find(|(name, ..)| params.get(name).is_some()) {
        Some((_, code, text, reason)) => Err(OAuthError::new(code, text, reason)),
        None => Ok(()),
    }
}

/// The known scopes, and the tenant that a `tenant:<slug>` among them names (protocol.md §3).
fn scopes(words: &Scopes, client: &Client) -> Result<(Scopes, Option<String>), OAuthError> {
    // RFC 6749 3.3.
    let fits = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
    if words.iter().any(|word| !word.bytes().all(fits)) {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "scope is malformed", Reason::ParameterMalformed));
    }
    let scopes = words.only(&client.metadata.scopes);
    if scopes.is_empty() {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "No scope that this client may ask for was requested", Reason::ScopeEmpty));
    }
    let mut named = words.iter().filter_map(|word| word.strip_prefix("tenant:")).filter(|slug| !slug.is_empty());
    match (named.next(), named.next()) {
        (Some(_), Some(_)) => Err(invalid("Two tenants are named", Reason::TenantNamedTwice)),
        (slug, _) => Ok((scopes, slug.map(str::to_owned))),
    }
}

fn tenant_hint(params: &Params, scope: Option<String>) -> Result<Option<String>, OAuthError> {
    match (params.get("tenant"), scope) {
        (Some(parameter), Some(slug)) if parameter != slug => Err(invalid("Two tenants are named", Reason::TenantNamedTwice)),
        (parameter, slug) => Ok(parameter.map(str::to_owned).or(slug)),
    }
}

/// OpenID Connect Core 3.1.2.1: `none` stands alone.
pub(super) fn prompt(text: &str) -> Result<Prompt, OAuthError> {
    let mut prompt = Prompt::default();
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    for word in &words {
        match *word {
            "none" if words.len() == 1 => prompt.none = true,
            "login" => prompt.login = true,
            "consent" => prompt.consent = true,
            "select_account" => prompt.select_account = true,
            "select_tenant" => prompt.select_tenant = true,
            _ => return Err(invalid("prompt has an unknown value, or none beside another", Reason::PromptMalformed)),
        }
    }
    Ok(prompt)
}

/// The values of `prompt` that [`parse`] understands, for the metadata.
pub const PROMPT_VALUES: &[&str] = &["none", "login", "consent", "select_account", "select_tenant"];

/// RFC 9449 10: the SHA-256 thumbprint of a key (RFC 7638 3), which has 43 characters of base64url.
fn dpop_jkt(params: &Params) -> Result<Option<String>, OAuthError> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    match params.get("dpop_jkt") {
        Some(text) if text.len() != 43 || !text.bytes().all(fits) => Err(invalid("dpop_jkt is malformed", Reason::ParameterMalformed)),
        text => Ok(text.map(str::to_owned)),
    }
}

fn max_age(params: &Params) -> Result<Option<i64>, OAuthError> {
    let Some(text) = params.get("max_age") else { return Ok(None) };
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<i64>() {
        Ok(seconds) if digits && seconds <= i64::from(u32::MAX) => Ok(Some(seconds)),
        _ => Err(invalid("max_age must be a number of seconds", Reason::MaxAgeMalformed)),
    }
}

fn hinted(hint: &Hint, claimed: Option<String>, prompt: Prompt) -> Result<Option<String>, OAuthError> {
    match (hint, claimed) {
        // OpenID Connect Core 3.1.2.1: with prompt=none the answer is login_required.
        (Hint::Invalid, _) if prompt.none => {
            Err(OAuthError::new(ErrorCode::LoginRequired, "id_token_hint is not an id_token of this issuer", Reason::HintMalformed))
        }
        (Hint::Invalid, _) => Err(invalid("id_token_hint is not an id_token of this issuer", Reason::HintMalformed)),
        (Hint::Person(hinted), Some(claimed)) if *hinted != claimed => {
            Err(invalid("id_token_hint and claims name two people", Reason::HintOfAnotherPerson))
        }
        (Hint::Person(hinted), _) => Ok(Some(hinted.clone())),
        (Hint::Absent, claimed) => Ok(claimed),
    }
}

fn invalid(text: &'static str, reason: Reason) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, text, reason)
}

#[cfg(test)]
mod tests;
