//! Checked authorization requests: each rule, its order, where it is answered.
use super::*;
use crate::model::GrantType;
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
    parse(&with(changes), Some(&client()), &Hint::Absent, Provenance::default()).expect("the request is good")
}

fn redirected(changes: &[(&'static str, &'static str)]) -> (Reason, ResponseMode) {
    match parse(&with(changes), Some(&client()), &Hint::Absent, Provenance::default()).expect_err("must be refused") {
        Refusal::Redirect(redirect, error) => (error.reason, redirect.mode()),
        Refusal::Page(error) => panic!("was answered on a page: {error:?}"),
    }
}

fn on_page(params: &Params, client: Option<&Client>) -> Reason {
    match parse(params, client, &Hint::Absent, Provenance::default()).expect_err("must be refused") {
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
        let Err(Refusal::Redirect(redirect, error)) = parse(&doubled, Some(&client()), &Hint::Absent, Provenance::default()) else {
            panic!("{name} must be refused at the client");
        };
        assert_eq!(error.reason, Reason::ParameterRepeated, "{name}");
        assert_eq!(redirect.state(), if name == "state" { None } else { Some("s") });
    }
}

#[test]
fn b26_other_response_types_and_modes_are_refused() {
    for kind in ["token", "none"] {
        assert_eq!(redirected(&[("response_type", kind)]).0, Reason::ResponseTypeUnsupported, "{kind}");
    }
    for kind in ["id_token token", "code id_token"] {
        assert_eq!(redirected(&[("response_type", kind)]), (Reason::ResponseTypeNotAllowed, ResponseMode::Query), "{kind}");
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

    let Err(Refusal::Redirect(_, error)) = parse(&with(&[]), Some(&machine), &Hint::Absent, Provenance::default()) else {
        panic!("must be refused")
    };
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
    let hinted =
        |hint: &Hint, changes: &[(&'static str, &'static str)]| match parse(&with(changes), Some(&client()), hint, Provenance::default()) {
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

    let request = parse(&with(&[]), Some(&strict), &Hint::Absent, Provenance::default()).expect("good");

    assert_eq!(request.acr_required, Some(Acr::Email));
}

#[test]
fn a_client_may_demand_pushed_and_signed_requests() {
    let mut pushing = client();
    pushing.metadata.require_pushed_authorization_requests = true;
    let mut signing = client();
    signing.metadata.require_signed_request_object = true;
    let reason = |client: &Client, provenance| match parse(&with(&[]), Some(client), &Hint::Absent, provenance) {
        Ok(_) => None,
        Err(Refusal::Redirect(_, error)) => Some(error.reason),
        Err(Refusal::Page(error)) => panic!("was answered on a page: {error:?}"),
    };

    assert_eq!(reason(&pushing, Provenance { pushed: false, signed: true }), Some(Reason::PushedRequired));
    assert_eq!(reason(&pushing, Provenance { pushed: true, signed: false }), None);
    assert_eq!(reason(&signing, Provenance { pushed: true, signed: false }), Some(Reason::RequestObjectRequired));
    assert_eq!(reason(&signing, Provenance { pushed: false, signed: true }), None);
}

#[test]
fn an_id_token_through_the_browser_needs_nonce_and_openid_but_no_challenge() {
    let mut legacy = client();
    legacy.metadata.response_types = ResponseType::ALL.to_vec();
    legacy.metadata.response_modes.push(ResponseMode::Fragment);
    legacy.metadata.grant_types.push(GrantType::Implicit);
    let asked = |changes: &[(&'static str, &'static str)]| match parse(&with(changes), Some(&legacy), &Hint::Absent, Provenance::default())
    {
        Ok(request) => Ok(request.challenge.is_some()),
        Err(Refusal::Redirect(redirect, error)) => {
            assert_eq!(redirect.mode(), ResponseMode::Fragment);
            Err(error.reason)
        }
        Err(Refusal::Page(error)) => panic!("was answered on a page: {error:?}"),
    };
    let (nonce, bare) = (("nonce", "n"), ("code_challenge", ""));

    assert_eq!(asked(&[("response_type", "id_token")]), Err(Reason::NonceMissing));
    assert_eq!(asked(&[("response_type", "id_token"), nonce, ("scope", "tenant")]), Err(Reason::OpenidMissing));
    assert_eq!(asked(&[("response_type", "id_token"), nonce, bare, ("code_challenge_method", "")]), Ok(false));
    assert_eq!(asked(&[("response_type", "code id_token"), nonce, bare]), Err(Reason::ChallengeMissing));
    assert_eq!(asked(&[("response_type", "token code id_token"), nonce]), Ok(true));
    assert_eq!(asked(&[("response_type", "code token")]), Ok(true));
}

#[test]
fn the_clients_defaults_hold_where_the_request_says_nothing() {
    let mut client = client();
    client.metadata.default_max_age = Some(600);
    client.metadata.require_auth_time = true;
    client.metadata.default_acr_values = vec!["urn:tenantry:acr:mfa".into(), "urn:unknown".into()];
    let asked = |changes: &[(&'static str, &'static str)]| {
        let request = parse(&with(changes), Some(&client), &Hint::Absent, Provenance::default()).expect("the request is good");
        (request.max_age, request.acr_values, request.auth_time_requested)
    };

    assert_eq!(asked(&[]), (Some(600), vec![Acr::Mfa], true));
    assert_eq!(asked(&[("max_age", "5"), ("acr_values", "urn:tenantry:acr:email")]), (Some(5), vec![Acr::Email], true));
    assert_eq!(asked(&[("acr_values", "urn:unknown")]).1, Vec::new(), "what was asked for counts, known or not");
}
