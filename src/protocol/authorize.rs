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
mod tests {
    use super::*;
    use crate::protocol::params::tests::params;
    use crate::protocol::testing::client;

    const GOOD: &[(&str, &str)] = &[
        ("client_id", "cli_1"),
        ("redirect_uri", "https://rp1.test/cb"),
        ("response_type", "code"),
        ("scope", "openid tenant unknown"),
        ("state", "s"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ];

    /// The good request with these parameters instead; an empty value leaves one out.
    fn with(changes: &[(&'static str, &'static str)]) -> Params {
        let kept = GOOD.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        params(&kept.chain(changes).copied().collect::<Vec<_>>())
    }

    fn accepted(changes: &[(&'static str, &'static str)]) -> AuthorizeRequest {
        parse(&with(changes), Some(&client()), &Hint::Absent).expect("the request is good")
    }

    fn redirected(changes: &[(&'static str, &'static str)]) -> (Reason, ResponseMode) {
        match parse(&with(changes), Some(&client()), &Hint::Absent).expect_err("must be refused") {
            Refusal::Redirect(redirect, error) => (error.reason, redirect.mode()),
            Refusal::Page(error) => panic!("was answered on a page: {error:?}"),
        }
    }

    fn on_page(params: &Params, client: Option<&Client>) -> Reason {
        match parse(params, client, &Hint::Absent).expect_err("must be refused") {
            Refusal::Page(error) => error.reason,
            Refusal::Redirect(..) => panic!("was redirected"),
        }
    }

    #[test]
    fn a_request_keeps_what_the_client_may_ask_for() {
        let request = accepted(&[("max_age", "0"), ("acr_values", "x urn:tenantry:acr:mfa"), ("ui_locales", "tlh de-AT"), ("nonce", "n")]);

        assert_eq!(request.scopes.to_string(), "openid tenant");
        assert_eq!(request.max_age, Some(0));
        assert!(request.auth_time_requested && request.redirect_uri_sent);
        assert_eq!(request.acr_values, [Acr::Mfa]);
        assert_eq!(request.ui_locales, ["tlh", "de-AT"]);
        assert_eq!(request.nonce.as_deref(), Some("n"));
    }

    #[test]
    fn nothing_is_redirected_before_client_and_uri_are_proven() {
        let mut disabled = client();
        disabled.state = ClientState::Disabled;
        let twice = |name| params(&[GOOD, &[(name, "x")]].concat());

        assert_eq!(on_page(&with(&[("client_id", "")]), None), Reason::ParameterMissing);
        assert_eq!(on_page(&with(&[]), None), Reason::ClientUnknown);
        assert_eq!(on_page(&with(&[]), Some(&disabled)), Reason::ClientDisabled);
        assert_eq!(on_page(&with(&[("redirect_uri", "")]), Some(&client())), Reason::RedirectUriMissing);
        assert_eq!(on_page(&with(&[("redirect_uri", "https://evil.test/cb")]), Some(&client())), Reason::RedirectUriNotRegistered);
        assert_eq!(on_page(&twice("client_id"), Some(&client())), Reason::ParameterRepeated);
        assert_eq!(on_page(&twice("redirect_uri"), Some(&client())), Reason::ParameterRepeated);
    }

    #[test]
    fn a10_a_repeated_parameter_is_told_to_the_proven_client() {
        for name in ["scope", "state", "response_type", "nonce", "code_challenge", "prompt"] {
            let doubled = params(&[GOOD, &[(name, "x"), (name, "x")]].concat());
            let Err(Refusal::Redirect(redirect, error)) = parse(&doubled, Some(&client()), &Hint::Absent) else {
                panic!("{name} must be refused at the client");
            };
            assert_eq!(error.reason, Reason::ParameterRepeated, "{name}");
            assert_eq!(redirect.state(), if name == "state" { None } else { Some("s") });
        }
    }

    #[test]
    fn b26_other_response_types_and_modes_are_refused() {
        for kind in ["token", "id_token token", "code id_token", "none"] {
            assert_eq!(redirected(&[("response_type", kind)]).0, Reason::ResponseTypeUnsupported, "{kind}");
        }
        for mode in ["fragment", "query.jwt", "unknown"] {
            assert_eq!(redirected(&[("response_mode", mode)]), (Reason::ResponseModeNotAllowed, ResponseMode::Query), "{mode}");
        }
        let missing = redirected(&[("response_type", ""), ("response_mode", "form_post")]);
        assert_eq!(missing, (Reason::ResponseTypeMissing, ResponseMode::FormPost));
    }

    #[test]
    fn each_rule_is_refused_with_its_own_reason() {
        let table: &[(&[(&str, &str)], Reason)] = &[
            (&[("request", "x.y.z")], Reason::RequestObject),
            (&[("request_uri", "https://rp1.test/r")], Reason::RequestUri),
            (&[("registration", "{}")], Reason::Registration),
            (&[("scope", "unknown")], Reason::ScopeEmpty),
            (&[("scope", "")], Reason::ScopeEmpty),
            (&[("scope", "openid \"x\"")], Reason::ParameterMalformed),
            (&[("prompt", "none login")], Reason::PromptMalformed),
            (&[("prompt", "create")], Reason::PromptMalformed),
            (&[("max_age", "-1")], Reason::MaxAgeMalformed),
            (&[("max_age", "+1")], Reason::MaxAgeMalformed),
            (&[("max_age", "99999999999999")], Reason::MaxAgeMalformed),
            (&[("code_challenge", "")], Reason::ChallengeMissing),
            (&[("claims", "[")], Reason::ClaimsMalformed),
            (&[("tenant", "a"), ("scope", "openid tenant:b")], Reason::TenantNamedTwice),
            (&[("scope", "openid tenant:a tenant:b")], Reason::TenantNamedTwice),
            (&[("state", "a\0")], Reason::ParameterMalformed),
        ];
        for (changes, reason) in table {
            assert_eq!(redirected(changes).0, *reason, "{changes:?}");
        }
    }

    #[test]
    fn b14_a_client_without_the_grant_type_gets_no_code() {
        let mut machine = client();
        machine.metadata.grant_types = vec![GrantType::ClientCredentials];

        let Err(Refusal::Redirect(_, error)) = parse(&with(&[]), Some(&machine), &Hint::Absent) else { panic!("must be refused") };
        assert_eq!((error.code, error.reason), (ErrorCode::UnauthorizedClient, Reason::GrantTypeNotAllowed));
    }

    #[test]
    fn the_tenant_may_be_named_by_parameter_or_scope() {
        assert_eq!(accepted(&[("tenant", "4711")]).tenant_hint.as_deref(), Some("4711"));
        assert_eq!(accepted(&[("scope", "openid tenant:acme")]).tenant_hint.as_deref(), Some("acme"));
        assert_eq!(accepted(&[("scope", "openid tenant:acme"), ("tenant", "acme")]).tenant_hint.as_deref(), Some("acme"));
        assert!(!accepted(&[("scope", "openid tenant:acme")]).scopes.contains("tenant:acme"));
    }

    #[test]
    fn a_hint_names_the_person_and_an_invalid_one_is_refused() {
        let hinted = |hint: &Hint, changes: &[(&'static str, &'static str)]| match parse(&with(changes), Some(&client()), hint) {
            Ok(request) => Ok(request.hinted_person),
            Err(Refusal::Redirect(_, error)) => Err((error.code, error.reason)),
            Err(Refusal::Page(error)) => panic!("was answered on a page: {error:?}"),
        };
        let anna = Hint::Person("per_anna".into());
        let ben = ("claims", r#"{"id_token":{"sub":{"value":"per_ben"}}}"#);

        assert_eq!(hinted(&anna, &[]), Ok(Some("per_anna".into())));
        assert_eq!(hinted(&Hint::Absent, &[ben]), Ok(Some("per_ben".into())));
        assert_eq!(hinted(&anna, &[ben]), Err((ErrorCode::InvalidRequest, Reason::HintOfAnotherPerson)));
        assert_eq!(hinted(&Hint::Invalid, &[]), Err((ErrorCode::InvalidRequest, Reason::HintMalformed)));
        assert_eq!(hinted(&Hint::Invalid, &[("prompt", "none")]), Err((ErrorCode::LoginRequired, Reason::HintMalformed)));
    }

    #[test]
    fn the_registered_acr_is_a_floor() {
        let mut strict = client();
        strict.metadata.required_acr = Some(Acr::Email);

        let request = parse(&with(&[]), Some(&strict), &Hint::Absent).expect("good");

        assert_eq!(request.acr_required, Some(Acr::Email));
    }
}
