//! The steps of a sign-in as tables: request and facts in, the next step out.
use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::model::{ClientId, ResponseMode};
use crate::protocol::authorize::{Prompt, VerifiedRedirect};
use crate::protocol::testing::NOW;

fn request() -> AuthorizeRequest {
    AuthorizeRequest {
        client: ClientId::from_text("cli_1"),
        target: Target::Client(VerifiedRedirect { uri: "https://rp1.test/cb".into(), mode: ResponseMode::Query, state: None }),
        redirect_uri_sent: true,
        scopes: Scopes::parse("openid tenant"),
        nonce: None,
        challenge: None,
        prompt: Prompt::default(),
        max_age: None,
        acr_values: Vec::new(),
        acr_required: None,
        auth_time_requested: false,
        login_hint: None,
        hinted_person: None,
        tenant_hint: None,
        ui_locales: Vec::new(),
    }
}

fn ago(seconds: u64) -> Timestamp {
    NOW.minus(Duration::from_secs(seconds))
}

fn seat(name: &str, verdict: Verdict) -> Seat {
    Seat { tenant: TenantId::from_text(format!("ten_{name}")), number: format!("N-{name}"), slug: name.into(), verdict }
}

/// Signed in ten minutes ago with password and e-mail code, member of one tenant, consent remembered.
fn facts() -> Facts {
    Facts {
        started_at: NOW,
        person: Some(PersonFacts { id: PersonId::from_text("per_anna"), second_factor: FactorKind::Email }),
        proof: Proof {
            amr: BTreeSet::from([Amr::Pwd, Amr::Email]),
            signed_in_at: Some(ago(600)),
            factor_at: Some(ago(600)),
            upstream_tid: None,
        },
        seats: vec![seat("acme", Verdict::Enter)],
        chosen: None,
        remembered: None,
        consents: BTreeMap::from([(TenantId::from_text("ten_acme"), Scopes::parse("openid tenant profile"))]),
        consented_here: false,
        account_confirmed: false,
        consent_implicit: false,
    }
}

fn decided(change: impl FnOnce(&mut AuthorizeRequest, &mut Facts)) -> Next {
    let (mut request, mut facts) = (request(), facts());
    change(&mut request, &mut facts);
    next(&request, &facts, NOW)
}

fn refused(change: impl FnOnce(&mut AuthorizeRequest, &mut Facts)) -> (ErrorCode, Reason) {
    match decided(change) {
        Next::Refuse(error) => (error.code, error.reason),
        other => panic!("was not refused: {other:?}"),
    }
}

fn issued(name: &str) -> Next {
    Next::Issue { tenant: TenantId::from_text(format!("ten_{name}")) }
}

fn two_seats(facts: &mut Facts) {
    facts.seats.push(seat("globex", Verdict::Enter));
    facts.consent_implicit = true;
}

#[test]
fn nothing_open_issues_at_once() {
    assert_eq!(decided(|_, _| {}), issued("acme"));
}

#[test]
fn nobody_known_signs_in_first() {
    assert_eq!(decided(|_, f| f.person = None), Next::Ask(Ask::SignIn));
    assert_eq!(decided(|_, f| f.proof.signed_in_at = None), Next::Ask(Ask::SignIn));
}

#[test]
fn a_silent_request_names_the_open_question() {
    let silent = |change: fn(&mut AuthorizeRequest, &mut Facts)| {
        refused(|r, f| {
            r.prompt.none = true;
            change(r, f);
        })
    };

    assert_eq!(silent(|_, f| f.person = None), (ErrorCode::LoginRequired, Reason::SilentLogin));
    assert_eq!(silent(|r, _| r.max_age = Some(60)), (ErrorCode::LoginRequired, Reason::SilentLogin));
    assert_eq!(silent(|_, f| two_seats(f)), (ErrorCode::AccountSelectionRequired, Reason::SilentSelection));
    assert_eq!(silent(|_, f| f.consents.clear()), (ErrorCode::ConsentRequired, Reason::SilentConsent));
    assert_eq!(
        silent(|_, f| f.seats = vec![seat("acme", Verdict::NeedsFactor(Acr::Mfa))]),
        (ErrorCode::InteractionRequired, Reason::SilentInteraction)
    );
    assert_eq!(decided(|r, _| r.prompt.none = true), issued("acme"));
}

#[test]
fn prompt_login_and_max_age_ask_again_until_it_happened_here() {
    let forced = |change: fn(&mut AuthorizeRequest)| decided(|r, _| change(r));
    let here = |change: fn(&mut AuthorizeRequest)| {
        decided(|r, f| {
            change(r);
            (f.proof.signed_in_at, f.proof.factor_at) = (Some(NOW), Some(NOW));
        })
    };

    assert_eq!(forced(|r| r.prompt.login = true), Next::Ask(Ask::SignIn));
    assert_eq!(forced(|r| r.max_age = Some(599)), Next::Ask(Ask::SignIn));
    assert_eq!(forced(|r| r.max_age = Some(600)), issued("acme"));
    assert_eq!(here(|r| r.prompt.login = true), issued("acme"));
    assert_eq!(here(|r| r.max_age = Some(0)), issued("acme"));
}

#[test]
fn select_account_asks_once() {
    assert_eq!(decided(|r, _| r.prompt.select_account = true), Next::Ask(Ask::SelectAccount));
    let confirmed = decided(|r, f| (r.prompt.select_account, f.account_confirmed) = (true, true));
    assert_eq!(confirmed, issued("acme"));
}

#[test]
fn a_hint_of_another_person_is_obeyed() {
    let hinted = |r: &mut AuthorizeRequest| r.hinted_person = Some("per_ben".into());

    assert_eq!(decided(|r, _| hinted(r)), Next::Ask(Ask::SignIn));
    let silent = refused(|r, _| {
        hinted(r);
        r.prompt.none = true;
    });
    assert_eq!(silent, (ErrorCode::LoginRequired, Reason::HintOfAnotherPerson));
    let wrong_one_signed_in = refused(|r, f| {
        hinted(r);
        f.proof.signed_in_at = Some(NOW);
    });
    assert_eq!(wrong_one_signed_in, (ErrorCode::LoginRequired, Reason::HintOfAnotherPerson));
}

#[test]
fn the_tenants_demand_decides_the_second_factor() {
    let needs = |acr, factor, amr: &[Amr]| {
        decided(|_, f| {
            f.seats = vec![seat("acme", Verdict::NeedsFactor(acr))];
            f.person = Some(PersonFacts { id: PersonId::from_text("per_anna"), second_factor: factor });
            f.proof.amr = amr.iter().copied().collect();
        })
    };

    assert_eq!(needs(Acr::Email, FactorKind::None, &[Amr::Pwd]), Next::Ask(Ask::SecondFactor(FactorKind::Email)));
    assert_eq!(needs(Acr::Mfa, FactorKind::Totp, &[Amr::Pwd, Amr::Email]), Next::Ask(Ask::SecondFactor(FactorKind::Totp)));
    assert_eq!(needs(Acr::Mfa, FactorKind::Email, &[Amr::Pwd]), Next::Ask(Ask::SecondFactor(FactorKind::Email)));
    assert_eq!(needs(Acr::Mfa, FactorKind::Email, &[Amr::Pwd, Amr::Email]), Next::Ask(Ask::Enrol));
}

#[test]
fn an_essential_acr_that_nobody_can_meet_is_refused_and_a_wish_is_not() {
    let essential = refused(|r, _| r.acr_required = Some(Acr::Phr));
    assert_eq!(essential, (ErrorCode::UnmetAuthenticationRequirements, Reason::EssentialAcr));
    assert_eq!(decided(|r, _| r.acr_values = vec![Acr::Phr, Acr::Mfa]), issued("acme"));
    let able = decided(|r, f| {
        r.acr_values = vec![Acr::Mfa];
        f.person = Some(PersonFacts { id: PersonId::from_text("per_anna"), second_factor: FactorKind::Totp });
    });
    assert_eq!(able, Next::Ask(Ask::SecondFactor(FactorKind::Totp)));
}

#[test]
fn several_tenants_are_chosen_from_and_the_choice_is_remembered() {
    let globex = || Some(TenantId::from_text("ten_globex"));
    let with = |change: fn(&mut AuthorizeRequest, &mut Facts)| {
        decided(|r, f| {
            two_seats(f);
            change(r, f);
        })
    };

    assert_eq!(with(|_, _| {}), Next::Ask(Ask::ChooseTenant));
    assert_eq!(with(|_, f| f.remembered = Some(TenantId::from_text("ten_globex"))), issued("globex"));
    assert_eq!(with(|_, f| f.chosen = Some(TenantId::from_text("ten_globex"))), issued("globex"));
    let again = decided(|r, f| {
        two_seats(f);
        (r.prompt.select_tenant, f.remembered) = (true, globex());
    });
    assert_eq!(again, Next::Ask(Ask::ChooseTenant));
    for hint in ["ten_globex", "N-globex", "globex"] {
        let hinted = decided(|r, f| {
            two_seats(f);
            r.tenant_hint = Some(hint.into());
        });
        assert_eq!(hinted, issued("globex"), "{hint}");
    }
}

#[test]
fn a_tenant_that_cannot_be_entered_is_denied_with_the_exact_reason() {
    let table = [
        (Denial::PersonNotActive, Reason::PersonNotActive),
        (Denial::NotMember, Reason::TenantNotMember),
        (Denial::MembershipNotActive, Reason::MembershipNotActive),
        (Denial::MembershipDormant, Reason::MembershipDormant),
        (Denial::TenantDisabled, Reason::TenantDisabled),
        (Denial::ClientDisabled, Reason::ClientDisabled),
        (Denial::ClientNotEntitled, Reason::ClientNotEntitled),
    ];
    for (denial, reason) in table {
        let alone = refused(|_, f| f.seats = vec![seat("acme", Verdict::Denied(denial))]);
        let hinted = refused(|r, f| {
            f.seats = vec![seat("acme", Verdict::Denied(denial)), seat("globex", Verdict::Enter)];
            r.tenant_hint = Some("acme".into());
        });
        assert_eq!((alone, hinted), ((ErrorCode::AccessDenied, reason), (ErrorCode::AccessDenied, reason)));
    }
    assert_eq!(refused(|_, f| f.seats.clear()), (ErrorCode::AccessDenied, Reason::TenantNotMember));
    assert_eq!(refused(|r, _| r.tenant_hint = Some("nowhere".into())), (ErrorCode::AccessDenied, Reason::TenantUnknown));
}

#[test]
fn consent_is_asked_for_new_scopes_and_when_demanded() {
    let acme = || Next::Ask(Ask::Consent(TenantId::from_text("ten_acme")));

    assert_eq!(decided(|r, _| r.scopes = Scopes::parse("openid groups")), acme());
    assert_eq!(decided(|r, _| r.prompt.consent = true), acme());
    assert_eq!(decided(|r, f| (r.prompt.consent, f.consented_here) = (true, true)), issued("acme"));
    assert_eq!(decided(|_, f| (f.consents, f.consent_implicit) = (BTreeMap::new(), true)), issued("acme"));
}

#[test]
fn a_page_of_our_own_needs_the_persons_own_factor_but_no_tenant() {
    let own = |change: fn(&mut Facts)| {
        decided(|r, f| {
            r.target = Target::Own { path: "/account".into() };
            f.seats.clear();
            change(f);
        })
    };

    assert_eq!(own(|_| {}), Next::Open { path: "/account".into() });
    assert_eq!(own(|f| f.proof.amr = BTreeSet::from([Amr::Pwd])), Next::Ask(Ask::SecondFactor(FactorKind::Email)));
}
