//! Table tests of the steps: what is asked next, and what `prompt=none` says instead.
use super::*;
use crate::model::{ClientId, GrantTerms, ResponseMode, ResponseType};
use crate::protocol::authorize::{Prompt, VerifiedRedirect};

const NOW: Timestamp = Timestamp::from_seconds(1_000_010);

fn request() -> AuthorizeRequest {
    AuthorizeRequest {
        client: ClientId::from_text("cli_1"),
        target: Target::Client(VerifiedRedirect { uri: "https://rp1.test/cb".into(), mode: ResponseMode::Query, state: None }),
        response_type: ResponseType::Code,
        pushed: None,
        redirect_uri_sent: true,
        scopes: Scopes::parse("openid tenant"),
        nonce: None,
        challenge: None,
        dpop_jkt: None,
        prompt: Prompt::default(),
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

fn seat(slug: &str, verdict: Verdict) -> Seat {
    Seat { tenant: TenantId::from_text(format!("ten_{slug}")), number: format!("N-{slug}"), slug: slug.into(), verdict }
}

fn tenant_id(slug: &str) -> TenantId {
    TenantId::from_text(format!("ten_{slug}"))
}

/// Anna signed in an hour before this flow, with password and e-mail code; one tenant, consent given.
fn facts() -> Facts {
    let earlier = NOW.minus(std::time::Duration::from_secs(3600));
    Facts {
        person: Some(PersonFacts {
            id: PersonId::from_text("per_anna"),
            sub: "per_anna".into(),
            second_factor: FactorKind::Email,
            passkeys: false,
            has_email: true,
        }),
        proof: Proof { amr: [Amr::Pwd, Amr::Email].into(), signed_in_at: Some(earlier), factor_at: Some(earlier), upstream_tid: None },
        signed_in_here: false,
        factor_here: false,
        seats: vec![seat("acme", Verdict::Enter)],
        chosen: None,
        remembered: None,
        consents: [(tenant_id("acme"), Scopes::parse("openid tenant")), (tenant_id("globex"), Scopes::parse("openid tenant"))].into(),
        consented_here: false,
        account_confirmed: false,
        consent_implicit: false,
        password_overdue: false,
    }
}

fn nobody() -> Facts {
    Facts { person: None, proof: Proof::default(), seats: Vec::new(), ..facts() }
}

/// The same person, but everything was proved in this very flow.
fn just_now() -> Facts {
    Facts { signed_in_here: true, factor_here: true, ..facts() }
}

fn password_only() -> Facts {
    let proof = Proof { amr: [Amr::Pwd].into(), signed_in_at: Some(NOW), ..Proof::default() };
    Facts { proof, signed_in_here: true, ..facts() }
}

fn prompt(change: impl FnOnce(&mut Prompt)) -> AuthorizeRequest {
    let mut request = request();
    change(&mut request.prompt);
    request
}

fn refused(next: &Next) -> (ErrorCode, Reason) {
    match next {
        Next::Refuse(error) => (error.code, error.reason),
        other => panic!("not refused: {other:?}"),
    }
}

fn two_tenants(mut facts: Facts) -> Facts {
    facts.seats.push(seat("globex", Verdict::Enter));
    facts
}

#[test]
fn a_session_that_proves_enough_is_asked_nothing() {
    assert_eq!(next(&request(), &facts(), NOW), Next::Issue { tenant: tenant_id("acme") });
    let silent = prompt(|p| p.none = true);
    assert_eq!(next(&silent, &facts(), NOW), Next::Issue { tenant: tenant_id("acme") });
}

#[test]
fn the_questions_come_in_order() {
    let mut facts = two_tenants(password_only());
    facts.consents.clear();

    assert_eq!(next(&request(), &nobody(), NOW), Next::Ask(Ask::SignIn));
    assert_eq!(next(&request(), &facts, NOW), Next::Ask(Ask::SecondFactor(FactorKind::Email)));
    facts.proof.amr.insert(Amr::Email);
    assert_eq!(next(&request(), &facts, NOW), Next::Ask(Ask::ChooseTenant));
    facts.chosen = Some(tenant_id("globex"));
    assert_eq!(next(&request(), &facts, NOW), Next::Ask(Ask::Consent(tenant_id("globex"))));
    facts.consented_here = true;
    assert_eq!(next(&request(), &facts, NOW), Next::Issue { tenant: tenant_id("globex") });
}

#[test]
fn prompt_none_names_each_question_instead_of_asking() {
    let silent = prompt(|p| p.none = true);
    let mut unconsented = facts();
    unconsented.consents.clear();

    assert_eq!(refused(&next(&silent, &nobody(), NOW)), (ErrorCode::LoginRequired, Reason::SilentLogin));
    let mut owing = password_only();
    owing.seats = vec![seat("acme", Verdict::NeedsFactor(Acr::Email))];
    assert_eq!(refused(&next(&silent, &owing, NOW)), (ErrorCode::LoginRequired, Reason::SilentLogin));
    assert_eq!(refused(&next(&silent, &two_tenants(facts()), NOW)), (ErrorCode::AccountSelectionRequired, Reason::SilentSelection));
    assert_eq!(refused(&next(&silent, &unconsented, NOW)), (ErrorCode::ConsentRequired, Reason::SilentConsent));
    let mut weak = facts();
    weak.seats = vec![seat("acme", Verdict::NeedsFactor(Acr::Mfa))];
    assert_eq!(refused(&next(&silent, &weak, NOW)), (ErrorCode::InteractionRequired, Reason::SilentInteraction));
}

#[test]
fn prompt_login_and_max_age_ask_again_once() {
    let login = prompt(|p| p.login = true);
    let aged = AuthorizeRequest { max_age: Some(600), ..request() };
    let zero = AuthorizeRequest { max_age: Some(0), ..request() };
    let young = AuthorizeRequest { max_age: Some(7200), ..request() };

    for forced in [&login, &aged, &zero] {
        assert_eq!(next(forced, &facts(), NOW), Next::Ask(Ask::SignIn));
        assert_eq!(next(forced, &just_now(), NOW), Next::Issue { tenant: tenant_id("acme") });
    }
    assert_eq!(next(&young, &facts(), NOW), Next::Issue { tenant: tenant_id("acme") });
}

#[test]
fn a_forced_sign_in_asks_for_the_second_factor_again() {
    let login = prompt(|p| p.login = true);
    let mut facts = facts();
    facts.signed_in_here = true;

    assert_eq!(next(&login, &facts, NOW), Next::Ask(Ask::SecondFactor(FactorKind::Email)));
    facts.factor_here = true;
    assert_eq!(next(&login, &facts, NOW), Next::Issue { tenant: tenant_id("acme") });
}

#[test]
fn what_a_session_proved_a_moment_ago_is_not_given_in_this_flow() {
    let mut facts = facts();
    // The node that the person signed in at runs ahead, or both things fell into the same microsecond.
    for at in [NOW, NOW.plus(std::time::Duration::from_secs(300))] {
        (facts.proof.signed_in_at, facts.proof.factor_at) = (Some(at), Some(at));

        assert_eq!(next(&prompt(|p| p.login = true), &facts, NOW), Next::Ask(Ask::SignIn));
        assert_eq!(next(&AuthorizeRequest { max_age: Some(0), ..request() }, &facts, NOW), Next::Ask(Ask::SignIn));
        assert_eq!(next(&prompt(|p| p.select_account = true), &facts, NOW), Next::Ask(Ask::SelectAccount));
        let again = Facts { signed_in_here: true, ..facts.clone() };
        assert_eq!(next(&prompt(|p| p.login = true), &again, NOW), Next::Ask(Ask::SecondFactor(FactorKind::Email)));
    }
}

#[test]
fn what_was_given_in_this_flow_counts_although_the_clock_says_it_was_long_ago() {
    let given = just_now();

    assert_eq!(next(&prompt(|p| p.login = true), &given, NOW), Next::Issue { tenant: tenant_id("acme") });
    assert_eq!(next(&AuthorizeRequest { max_age: Some(0), ..request() }, &given, NOW), Next::Issue { tenant: tenant_id("acme") });
}

#[test]
fn select_account_asks_until_it_is_answered() {
    let select = prompt(|p| p.select_account = true);

    assert_eq!(next(&select, &facts(), NOW), Next::Ask(Ask::SelectAccount));
    assert_eq!(next(&select, &Facts { account_confirmed: true, ..facts() }, NOW), Next::Issue { tenant: tenant_id("acme") });
    assert_eq!(next(&select, &just_now(), NOW), Next::Issue { tenant: tenant_id("acme") });
}

#[test]
fn a_hint_of_another_person_never_yields_this_one() {
    let hinted = AuthorizeRequest { hinted_person: Some("per_ben".into()), ..request() };
    let silent = AuthorizeRequest { prompt: Prompt { none: true, ..Prompt::default() }, ..hinted.clone() };

    assert_eq!(refused(&next(&silent, &facts(), NOW)), (ErrorCode::LoginRequired, Reason::HintOfAnotherPerson));
    assert_eq!(next(&hinted, &facts(), NOW), Next::Ask(Ask::SignIn));
    assert_eq!(refused(&next(&hinted, &just_now(), NOW)), (ErrorCode::LoginRequired, Reason::HintOfAnotherPerson));
}

#[test]
fn the_tenant_comes_from_hint_choice_memory_or_there_is_only_one() {
    let two = two_tenants(facts());
    let hinted = |hint: &str| AuthorizeRequest { tenant_hint: Some(hint.into()), ..request() };

    for hint in ["globex", "N-globex", "ten_globex"] {
        assert_eq!(next(&hinted(hint), &two, NOW), Next::Issue { tenant: tenant_id("globex") });
    }
    assert_eq!(refused(&next(&hinted("initech"), &two, NOW)), (ErrorCode::AccessDenied, Reason::TenantUnknown));
    let remembered = Facts { remembered: Some(tenant_id("globex")), ..two.clone() };
    assert_eq!(next(&request(), &remembered, NOW), Next::Issue { tenant: tenant_id("globex") });
    assert_eq!(next(&prompt(|p| p.select_tenant = true), &remembered, NOW), Next::Ask(Ask::ChooseTenant));
    let chosen = Facts { chosen: Some(tenant_id("acme")), ..remembered };
    assert_eq!(next(&prompt(|p| p.select_tenant = true), &chosen, NOW), Next::Issue { tenant: tenant_id("acme") });
}

#[test]
fn a_denied_tenant_is_no_choice_and_says_why_to_the_log_only_but_for_a_long_absence() {
    let cases = [
        (Denial::NotMember, Reason::TenantNotMember),
        (Denial::MembershipNotActive, Reason::MembershipNotActive),
        (Denial::MembershipDormant, Reason::MembershipDormant),
        (Denial::TenantDisabled, Reason::TenantDisabled),
        (Denial::ClientNotEntitled, Reason::ClientNotEntitled),
        (Denial::ApiAccessMissing, Reason::ApiAccessMissing),
        (Denial::ClientDisabled, Reason::ClientDisabled),
        (Denial::PersonNotActive, Reason::PersonNotActive),
    ];
    let mut texts = std::collections::BTreeMap::new();
    for (denial, reason) in cases {
        let mut alone = facts();
        alone.seats = vec![seat("acme", Verdict::Denied(denial))];
        let hinted = AuthorizeRequest { tenant_hint: Some("acme".into()), ..request() };
        for request in [&request(), &hinted] {
            let answer = next(request, &alone, NOW);
            assert_eq!(refused(&answer), (ErrorCode::AccessDenied, reason));
            let Next::Refuse(error) = answer else { unreachable!() };
            texts.entry(error.description.into_owned()).or_insert_with(Vec::new).push(reason);
        }
        alone.seats.push(seat("globex", Verdict::Enter));
        assert_eq!(next(&request(), &alone, NOW), Next::Issue { tenant: tenant_id("globex") }, "{denial:?}");
    }
    // people.md S35, C18: whoever was away for too long has proved who it is, and is told so.
    let locked = texts.iter().find(|(text, _)| text.contains("locked")).map(|(_, reasons)| reasons.clone());
    assert_eq!(locked, Some(vec![Reason::MembershipDormant; 2]));
    assert_eq!(texts.len(), 2, "the public text tells no other reasons apart");
    let alone = Facts { seats: vec![seat("acme", Verdict::Denied(Denial::MembershipDormant))], ..facts() };
    let Next::Refuse(error) = next(&prompt(|p| p.none = true), &alone, NOW) else { panic!("refused") };
    assert_eq!((error.reason, error.description.contains("locked")), (Reason::MembershipDormant, false), "nobody sits there");
}

#[test]
fn nobody_without_a_tenant_gets_in() {
    let lonely = Facts { seats: Vec::new(), ..facts() };
    assert_eq!(refused(&next(&request(), &lonely, NOW)), (ErrorCode::AccessDenied, Reason::TenantNotMember));
}

#[test]
fn a_stronger_factor_is_asked_for_or_set_up() {
    let mut facts = facts();
    facts.seats = vec![seat("acme", Verdict::NeedsFactor(Acr::Mfa))];

    assert_eq!(next(&request(), &facts, NOW), Next::Ask(Ask::Enrol));
    facts.proof.amr = [Amr::Pwd].into();
    assert_eq!(next(&request(), &facts, NOW), Next::Ask(Ask::SecondFactor(FactorKind::Email)));
    facts.person = Some(PersonFacts {
        id: PersonId::from_text("per_anna"),
        sub: "per_anna".into(),
        second_factor: FactorKind::Totp,
        passkeys: false,
        has_email: true,
    });
    assert_eq!(next(&request(), &facts, NOW), Next::Ask(Ask::SecondFactor(FactorKind::Totp)));
}

#[test]
fn people_without_an_address_are_never_asked_for_a_code_by_e_mail() {
    let mut facts = facts();
    facts.seats = vec![seat("acme", Verdict::NeedsFactor(Acr::Email))];
    facts.proof.amr = [Amr::Pwd].into();
    let nobody = PersonId::from_text("per_una");
    facts.person =
        Some(PersonFacts { id: nobody, sub: "per_una".into(), second_factor: FactorKind::None, passkeys: false, has_email: false });

    assert_eq!(next(&request(), &facts, NOW), Next::Ask(Ask::Enrol));
}

#[test]
fn wishes_are_met_when_possible_and_demands_or_nothing() {
    let mut totp = facts();
    totp.person = Some(PersonFacts {
        id: PersonId::from_text("per_anna"),
        sub: "per_anna".into(),
        second_factor: FactorKind::Totp,
        passkeys: false,
        has_email: true,
    });
    let wish = AuthorizeRequest { acr_values: vec![Acr::Phr, Acr::Mfa], ..request() };
    let demand = AuthorizeRequest { acr_required: Some(Acr::Phr), ..request() };

    assert_eq!(next(&wish, &totp, NOW), Next::Ask(Ask::SecondFactor(FactorKind::Totp)));
    assert_eq!(next(&wish, &facts(), NOW), Next::Issue { tenant: tenant_id("acme") }, "an unmet wish succeeds");
    assert_eq!(refused(&next(&demand, &totp, NOW)), (ErrorCode::UnmetAuthenticationRequirements, Reason::EssentialAcr));
}

#[test]
fn consent_is_asked_for_more_scopes_and_on_demand() {
    let more = AuthorizeRequest { scopes: Scopes::parse("openid tenant groups"), ..request() };
    let again = prompt(|p| p.consent = true);
    let first_party = Facts { consent_implicit: true, consents: BTreeMap::new(), ..facts() };

    assert_eq!(next(&more, &facts(), NOW), Next::Ask(Ask::Consent(tenant_id("acme"))));
    assert_eq!(next(&again, &facts(), NOW), Next::Ask(Ask::Consent(tenant_id("acme"))));
    assert_eq!(next(&again, &Facts { consented_here: true, ..facts() }, NOW), Next::Issue { tenant: tenant_id("acme") });
    assert_eq!(next(&more, &first_party, NOW), Next::Issue { tenant: tenant_id("acme") });
}

#[test]
fn pages_of_our_own_need_the_persons_own_factor_and_no_tenant() {
    let own = AuthorizeRequest { target: Target::Own { path: "/account/security".into() }, ..request() };
    let lonely = Facts { seats: Vec::new(), ..facts() };
    let open = Next::Open { path: "/account/security".into() };

    assert_eq!(next(&own, &lonely, NOW), open);
    assert_eq!(next(&own, &password_only(), NOW), Next::Ask(Ask::SecondFactor(FactorKind::Email)));
    let mut federated = password_only();
    federated.proof.amr = [Amr::Fed].into();
    assert_eq!(next(&own, &federated, NOW), open);
}
