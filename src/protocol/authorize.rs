//! The authorization request (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1) after it was checked.
use serde::{Deserialize, Serialize};

use super::claims_request::ClaimsRequest;
use super::error::{ErrorCode, OAuthError, Reason, Refusal};
use super::params::Params;
use super::response_type::{self, Manner};
use super::scope::Scopes;
use super::{claims, claims_request, details, pkce, redirect, resources};
use crate::model::{Acr, Client, ClientId, ClientState, GrantTerms, ResponseMode, ResponseType};

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
    /// A device that waits for this code's digest (RFC 8628).
    Device { code: String },
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
    #[serde(default = "only_a_code")]
    pub response_type: ResponseType,
    /// Digest of the pushed request that this one came from (RFC 9126); used up by the answer.
    #[serde(default)]
    pub pushed: Option<String>,
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
    /// Resources, authorization details and single claims that were asked for.
    #[serde(default)]
    pub terms: GrantTerms,
}

/// A flow that was begun by a version without other types.
const fn only_a_code() -> ResponseType {
    ResponseType::Code
}

impl AuthorizeRequest {
    /// A sign-in to a page of our own.
    pub fn own(client: ClientId, path: &str, prompt: Prompt) -> Self {
        Self {
            client,
            target: Target::Own { path: path.to_owned() },
            response_type: ResponseType::Code,
            pushed: None,
            redirect_uri_sent: false,
            scopes: Scopes::default(),
            nonce: None,
            challenge: None,
            dpop_jkt: None,
            prompt,
            max_age: None,
            acr_values: Vec::new(),
            acr_required: None,
            auth_time_requested: false,
            login_hint: None,
            hinted_person: None,
            tenant_hint: None,
            ui_locales: Vec::new(),
            terms: GrantTerms::default(),
        }
    }
}

/// How the parameters of a request came here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Pushed by the authenticated client (RFC 9126).
    pub pushed: bool,
    /// In an object that the client signed (RFC 9101).
    pub signed: bool,
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
pub fn parse(params: &Params, client: Option<&Client>, hint: &Hint, provenance: Provenance) -> Result<AuthorizeRequest, Refusal> {
    let client = known(params, client).map_err(Refusal::Page)?;
    let words = Scopes::parse(params.get("scope").unwrap_or(""));
    let manner = response_type::read(params, client);
    let redirect = prove(params, client, &words, manner.mode).map_err(Refusal::Page)?;
    let checked = demanded(client, provenance).and_then(|()| check(params, client, &words, hint, manner, redirect.clone()));
    checked.map_err(|error| Refusal::Redirect(redirect, error))
}

/// Where an error is told that was found before the request could be read: at the client if what stands outside proves its
/// address, else on a page.
pub fn refuse(params: &Params, client: &Client, error: OAuthError) -> Refusal {
    let words = Scopes::parse(params.get("scope").unwrap_or(""));
    match prove(params, client, &words, response_type::read(params, client).mode) {
        Ok(redirect) if params.get("redirect_uri").is_some() => Refusal::Redirect(redirect, error),
        _ => Refusal::Page(error),
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

/// Everything that is refused at the client.
fn check(
    params: &Params,
    client: &Client,
    words: &Scopes,
    hint: &Hint,
    manner: Manner,
    redirect: VerifiedRedirect,
) -> Result<AuthorizeRequest, OAuthError> {
    let kind = manner.kind?;
    if let Some(fault) = manner.mode_fault.or_else(|| params.first_fault()) {
        return Err(fault);
    }
    not_supported(params)?;
    let (scopes, tenant_scope) = scopes(words, client)?;
    fit_for_id_token(kind, params, &scopes)?;
    let tenant_hint = tenant_hint(params, tenant_scope)?;
    let prompt = prompt(params.get("prompt").unwrap_or(""))?;
    // OpenID Connect Dynamic Client Registration 2: the client's defaults hold where the request says nothing.
    let max_age = max_age(params)?.or(client.metadata.default_max_age.map(i64::from));
    // RFC 9470 3: what the client's tokens will be measured by is asked for from the beginning.
    let max_age = max_age.into_iter().chain(client.metadata.required_max_age.map(i64::from)).min();
    // RFC 7636 binds codes; where none is issued there is nothing to bind.
    let challenge = if kind.has_code() { pkce::challenge(params, client)? } else { None };
    let mut claims = claims_request::parse(params.get("claims"))?;
    let hinted_person = hinted(hint, claims.sub.take(), prompt)?;
    let terms = terms(params, client, &claims)?;
    let acr_values = acr_values(params, client, &mut claims);
    let languages = params.get("ui_locales").unwrap_or("").split(' ').filter(|tag| !tag.is_empty()).take(10);
    Ok(AuthorizeRequest {
        client: client.id.clone(),
        target: Target::Client(redirect),
        response_type: kind,
        pushed: None,
        redirect_uri_sent: params.get("redirect_uri").is_some(),
        scopes,
        nonce: params.get("nonce").map(str::to_owned),
        challenge,
        dpop_jkt: dpop_jkt(params)?,
        prompt,
        max_age,
        acr_values,
        acr_required: claims.acr_required.max(client.metadata.required_acr),
        auth_time_requested: claims.auth_time || max_age.is_some() || client.metadata.require_auth_time,
        login_hint: params.get("login_hint").map(str::to_owned),
        hinted_person,
        tenant_hint,
        ui_locales: languages.map(str::to_owned).collect(),
        terms,
    })
}

/// What the client's registration demands of every request.
fn demanded(client: &Client, provenance: Provenance) -> Result<(), OAuthError> {
    // RFC 9126 5 and 6.
    if client.metadata.require_pushed_authorization_requests && !provenance.pushed {
        return Err(invalid("The client must push its authorization requests", Reason::PushedRequired));
    }
    // RFC 9101 10.5.
    if client.metadata.require_signed_request_object && !provenance.signed {
        return Err(invalid("The client must sign its authorization requests", Reason::RequestObjectRequired));
    }
    Ok(())
}

/// OpenID Connect Core 3.2.2.1, 3.3.2.11: an id_token that passes through the browser needs a nonce.
fn fit_for_id_token(kind: ResponseType, params: &Params, scopes: &Scopes) -> Result<(), OAuthError> {
    if !kind.has_id_token() {
        return Ok(());
    }
    if !scopes.contains("openid") {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "This response_type needs the scope openid", Reason::OpenidMissing));
    }
    match params.get("nonce") {
        None => Err(invalid("nonce is missing", Reason::NonceMissing)),
        Some(_) => Ok(()),
    }
}

/// OpenID Connect Core 3.1.2.6: what is not supported has codes of its own.
fn not_supported(params: &Params) -> Result<(), OAuthError> {
    match params.get("registration") {
        Some(_) => Err(OAuthError::new(ErrorCode::RegistrationNotSupported, "registration is not supported", Reason::Registration)),
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

/// What the grant will be limited to and promise (RFC 8707 2.1, RFC 9396 2, OpenID Connect Core 5.5). Whether details have
/// the members of their types is decided where the types are known: see `details::check`.
fn terms(params: &Params, client: &Client, asked: &claims_request::ClaimsRequest) -> Result<GrantTerms, OAuthError> {
    // Asking for a claim by its name yields no more than asking for its scope could.
    let may_have = |name: &&String| claims::scope_of(name).is_none_or(|scope| client.metadata.scopes.iter().any(|known| known == scope));
    let allowed = |names: &[String]| names.iter().filter(may_have).cloned().collect();
    let resources = resources::named(params)?;
    resources::check(&resources, client)?;
    Ok(GrantTerms {
        resources,
        authorization_details: details::parse(params.get("authorization_details"))?,
        id_token_claims: allowed(&asked.id_token),
        userinfo_claims: allowed(&asked.userinfo),
        ..GrantTerms::default()
    })
}

impl AuthorizeRequest {
    /// The scopes that the person is asked for: those of the request, and those of the claims asked for one by one.
    pub fn consent_scopes(&self) -> Scopes {
        consent_scopes(&self.scopes, &self.terms)
    }

    /// What the grant is limited to. A request that names its resources still gets its userinfo, which answers to the name
    /// of the issuer.
    pub fn granted_terms(&self, issuer: &str) -> GrantTerms {
        let mut terms = self.terms.clone();
        if !terms.resources.is_empty() && self.scopes.contains("openid") {
            terms.resources.push(issuer.to_owned());
        }
        terms
    }
}

/// The scopes that a person must have allowed: those named, and those of the claims asked for one by one.
pub fn consent_scopes(scopes: &Scopes, terms: &GrantTerms) -> Scopes {
    let named = terms.id_token_claims.iter().chain(&terms.userinfo_claims);
    let released: Vec<&str> = named.filter_map(|name| claims::scope_of(name)).collect();
    Scopes::parse(&format!("{scopes} {}", released.join(" ")))
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

/// The wishes of the request, else those of the client's registration.
fn acr_values(params: &Params, client: &Client, claims: &mut ClaimsRequest) -> Vec<Acr> {
    let asked = params.get("acr_values");
    let mut wishes: Vec<Acr> = asked.unwrap_or("").split(' ').filter_map(Acr::parse).collect();
    wishes.append(&mut claims.acr_wishes);
    if asked.is_none() && wishes.is_empty() && claims.acr_required.is_none() {
        wishes = client.metadata.default_acr_values.iter().filter_map(|value| Acr::parse(value)).collect();
    }
    wishes
}

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
