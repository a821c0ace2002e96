//! The answers to "why was a code asked for?".
use super::*;
use crate::config::Config;
use crate::model::{
    Client, ClientId, ClientMetadata, ClientState, EmailSatisfies, Membership, MembershipId, MembershipKind, MembershipState, PersonId,
    PersonState, TenantId, TenantPolicy, TenantState,
};
use crate::policy::rules::Limits;

const NOW: Timestamp = Timestamp::from_seconds(100_000_000);

fn tenant(id: &str, policy: TenantPolicy) -> Tenant {
    Tenant {
        id: TenantId::from_text(id),
        number: "1".into(),
        slug: "one".into(),
        name: "One".into(),
        alias: None,
        color: None,
        logo: None,
        sender_name: None,
        contact: None,
        greeting: None,
        state: TenantState::Active,
        policy,
        created_at: NOW,
    }
}

fn membership(state: MembershipState) -> Membership {
    Membership {
        id: MembershipId::from_text("mem_1"),
        person: PersonId::from_text("per_1"),
        tenant: TenantId::from_text("ten_1"),
        kind: MembershipKind::Home,
        state,
        admin: false,
        api_access: false,
        limited_to_locations: false,
        last_used_at: Some(NOW),
        woken_at: None,
        accepted: true,
        created_at: NOW,
    }
}

fn client(details: impl FnOnce(&mut ClientMetadata)) -> Client {
    let mut metadata = ClientMetadata::default();
    details(&mut metadata);
    Client {
        id: ClientId::from_text("cli_1"),
        state: ClientState::Active,
        metadata,
        secrets: Vec::new(),
        tenants: Vec::new(),
        created_at: NOW,
    }
}

fn rules_of(joined: &[&Tenant]) -> AccountRules {
    let config = Config::for_tests("http://127.0.0.1:1", "sqlite:unused");
    AccountRules::of(Limits { policy: &config.policy, sign_in: &config.sign_in }, joined)
}

/// A verified account with a password that was chosen two hundred days ago.
fn account(rules: &AccountRules) -> Account<'_> {
    let password_set_at = Some(NOW.minus(std::time::Duration::from_secs(200 * 86_400)));
    Account { rules, has_email: true, has_password: true, password_set_at, passkeys: false, paused_until: None }
}

fn through(client: &Client, policy: TenantPolicy, factor: FactorKind, state: MembershipState) -> DryRun {
    let (tenant, membership) = (tenant("ten_1", policy), membership(state));
    let rules = rules_of(&[&tenant]);
    let entry = Entry {
        person_state: PersonState::Active,
        second_factor: factor,
        membership: Some(&membership),
        tenant: Some(&tenant),
        client,
        proof: &Proof::default(),
    };
    explain(&entry, &Account { passkeys: factor == FactorKind::Passkey, ..account(&rules) }, NOW)
}

fn run(policy: TenantPolicy, factor: FactorKind, state: MembershipState) -> DryRun {
    through(&client(|_| {}), policy, factor, state)
}

fn policy(mfa_mode: MfaMode, mfa_email_satisfies: EmailSatisfies) -> TenantPolicy {
    TenantPolicy { mfa_mode, mfa_email_satisfies, ..TenantPolicy::default() }
}

#[test]
fn c1_every_answer_names_the_rule_that_made_it() {
    use FactorKind as F;
    let (login, nothing) = (EmailSatisfies::Login, EmailSatisfies::Nothing);
    let (email, mfa) = (Verdict::NeedsFactor(Acr::Email), Verdict::NeedsFactor(Acr::Mfa));
    let cases = [
        (policy(MfaMode::Off, login), F::Email, Verdict::Enter, Verdict::Enter, Because::TurnedOff),
        (policy(MfaMode::Optional, login), F::None, Verdict::Enter, Verdict::Enter, Because::NothingDemanded),
        (policy(MfaMode::DefaultOn, login), F::Email, email, Verdict::Enter, Because::OwnFactor),
        (policy(MfaMode::Required, login), F::Email, email, Verdict::Enter, Because::TenantDemands),
        (policy(MfaMode::Required, login), F::None, email, Verdict::Enter, Because::TenantDemands),
        (policy(MfaMode::Required, nothing), F::Email, mfa, mfa, Because::TenantDemandsDevice),
        (policy(MfaMode::Required, nothing), F::Totp, mfa, Verdict::Enter, Because::TenantDemandsDevice),
    ];
    for (policy, factor, by_password, by_factor, because) in cases {
        let mode = policy.mfa_mode.to_string();
        let run = run(policy, factor, MembershipState::Active);
        assert_eq!((run.by_password, run.by_factor, run.because), (by_password, by_factor, because), "{mode} {factor}");
        let line = run.rules.iter().find(|line| line.rule == "mfa.mode").expect("a line");
        assert_eq!((line.value.as_str(), &line.source), (mode.as_str(), &Source::Tenant(TenantId::from_text("ten_1"))));
    }
}

#[test]
fn c1_the_steps_are_those_that_a_sign_in_takes() {
    use FactorKind as F;
    use Step::{Asked, Enters, SetsUp};
    let (login, nothing) = (EmailSatisfies::Login, EmailSatisfies::Nothing);
    let no_passkeys = TenantPolicy { mfa_methods: [crate::model::MfaMethod::Totp].into(), ..policy(MfaMode::Required, nothing) };
    let cases = [
        (policy(MfaMode::Off, login), F::Totp, Enters, Enters),
        (policy(MfaMode::Required, login), F::None, Asked(F::Email), Enters),
        (policy(MfaMode::Required, nothing), F::None, Asked(F::Email), SetsUp),
        (policy(MfaMode::Required, nothing), F::Email, Asked(F::Email), SetsUp),
        (policy(MfaMode::Optional, nothing), F::Totp, Asked(F::Totp), Enters),
        (policy(MfaMode::Required, nothing), F::Passkey, Asked(F::Passkey), Enters),
        (no_passkeys, F::Passkey, Asked(F::Passkey), SetsUp),
    ];
    for (policy, factor, first, then) in cases {
        let told = format!("{} {factor}", policy.mfa_mode);
        let run = run(policy, factor, MembershipState::Active);
        assert_eq!((run.first, run.then), (first, then), "{told}");
    }
}

#[test]
fn who_may_not_enter_is_told_why() {
    let run = run(TenantPolicy::default(), FactorKind::Email, MembershipState::Disabled);

    assert_eq!(run.by_factor, Verdict::Denied(Denial::MembershipNotActive));
    assert_eq!((run.because, run.first), (Because::Denied(Denial::MembershipNotActive), Step::Refused));
}

#[test]
fn c26_what_the_application_demands_or_wishes_is_named_as_its_own() {
    use FactorKind as F;
    let demands = |acr| client(|metadata| metadata.required_acr = Some(acr));
    let wishes = client(|metadata| metadata.default_acr_values = vec![Acr::Phr.to_string(), Acr::Mfa.to_string()]);
    let (lax, strict) = (policy(MfaMode::Optional, EmailSatisfies::Login), policy(MfaMode::Required, EmailSatisfies::Nothing));
    let cases = [
        (demands(Acr::Email), &lax, F::None, Because::ApplicationDemands, Step::Asked(F::Email), Step::Enters),
        (demands(Acr::Mfa), &lax, F::Email, Because::ApplicationDemands, Step::Asked(F::Email), Step::SetsUp),
        (demands(Acr::Mfa), &lax, F::Totp, Because::OwnFactor, Step::Asked(F::Totp), Step::Enters),
        (demands(Acr::Email), &strict, F::Totp, Because::TenantDemandsDevice, Step::Asked(F::Totp), Step::Enters),
        (demands(Acr::Phr), &lax, F::Totp, Because::NoPasskey, Step::Refused, Step::Refused),
        (demands(Acr::Phr), &lax, F::Passkey, Because::ApplicationDemands, Step::Asked(F::Passkey), Step::Enters),
        (wishes.clone(), &lax, F::None, Because::NothingDemanded, Step::Enters, Step::Enters),
        (wishes, &policy(MfaMode::Off, EmailSatisfies::Login), F::Totp, Because::ApplicationWishes, Step::Asked(F::Totp), Step::Enters),
    ];
    for (client, policy, factor, because, first, then) in cases {
        let run = through(&client, policy.clone(), factor, MembershipState::Active);
        assert_eq!((run.because, run.first, run.then), (because, first, then), "{:?} {factor}", client.metadata.required_acr);
        let own = run.rules.iter().filter(|line| line.source == Source::Application).count();
        assert_eq!(own, 1, "it stands among the rules");
    }
}

#[test]
fn c18_s17_a_pause_and_a_password_that_is_too_old_are_told_beside() {
    let tenant = tenant("ten_1", TenantPolicy { password_max_age_days: 90, ..TenantPolicy::default() });
    let (rules, membership, client) = (rules_of(&[&tenant]), membership(MembershipState::Active), client(|_| {}));
    let entry = Entry {
        person_state: PersonState::Active,
        second_factor: FactorKind::None,
        membership: Some(&membership),
        tenant: Some(&tenant),
        client: &client,
        proof: &Proof::default(),
    };
    let soon = NOW.plus(std::time::Duration::from_secs(60));
    let paused = Account { paused_until: Some(soon), ..account(&rules) };

    assert_eq!(explain(&entry, &paused, NOW).besides, [Beside::Paused(soon), Beside::PasswordOverdue]);
    assert_eq!(explain(&entry, &paused, soon).besides, [Beside::PasswordOverdue], "the pause is over at that very moment");
    let elsewhere = Account { has_password: false, ..paused };
    assert_eq!(explain(&entry, &elsewhere, NOW).besides, [Beside::NoPassword]);
}
