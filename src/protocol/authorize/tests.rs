//! Checked authorization requests: each rule, its order, where it is answered.
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
        (&[("dpop_jkt", "short")], Reason::ParameterMalformed),
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
