//! The answers to "why was a code asked for?".
use super::*;
use crate::config::Config;
use crate::model::{
    Client, ClientId, ClientMetadata, ClientState, EmailSatisfies, Membership, MembershipId, MembershipKind, MembershipState, PersonId,
    PersonState, TenantId, TenantPolicy, TenantState,
};
use crate::policy::rules::Limits;

const NOW: Timestamp = Timestamp::from_seconds(100_000_000);

fn run(policy: TenantPolicy, factor: FactorKind, state: MembershipState) -> DryRun {
    let tenant = Tenant {
        id: TenantId::from_text("ten_1"),
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
    };
    let membership = Membership {
        id: MembershipId::from_text("mem_1"),
        person: PersonId::from_text("per_1"),
        tenant: tenant.id.clone(),
        kind: MembershipKind::Home,
        state,
        admin: false,
        api_access: false,
        limited_to_locations: false,
        last_used_at: Some(NOW),
        woken_at: None,
        accepted: true,
        created_at: NOW,
    };
    let client = Client {
        id: ClientId::from_text("cli_1"),
        state: ClientState::Active,
        metadata: ClientMetadata::default(),
        secrets: Vec::new(),
        tenants: Vec::new(),
        created_at: NOW,
    };
    let config = Config::for_tests("http://127.0.0.1:1", "sqlite:unused");
    let account = AccountRules::of(Limits { policy: &config.policy, sign_in: &config.sign_in }, &[&tenant]);
    let entry = Entry {
        person_state: PersonState::Active,
        second_factor: factor,
        membership: Some(&membership),
        tenant: Some(&tenant),
        client: &client,
        proof: &Proof::default(),
    };
    explain(&entry, &account, NOW)
}

#[test]
fn c1_every_answer_names_the_rule_that_made_it() {
    use FactorKind as F;
    let policy = |mode, mfa_email_satisfies| TenantPolicy { mfa_mode: mode, mfa_email_satisfies, ..TenantPolicy::default() };
    let (login, nothing) = (EmailSatisfies::Login, EmailSatisfies::Nothing);
    let cases = [
        (policy(MfaMode::Off, login), F::Email, Verdict::Enter, Verdict::Enter, "turned second factors off"),
        (policy(MfaMode::Optional, login), F::None, Verdict::Enter, Verdict::Enter, "demands none"),
        (policy(MfaMode::DefaultOn, login), F::Email, Verdict::NeedsFactor(Acr::Email), Verdict::Enter, "the tenant takes it"),
        (policy(MfaMode::Required, login), F::Email, Verdict::NeedsFactor(Acr::Email), Verdict::Enter, "demands a second factor"),
        (
            policy(MfaMode::Required, nothing),
            F::Email,
            Verdict::NeedsFactor(Acr::Mfa),
            Verdict::NeedsFactor(Acr::Mfa),
            "by e-mail is not enough",
        ),
        (policy(MfaMode::Required, nothing), F::Totp, Verdict::NeedsFactor(Acr::Mfa), Verdict::Enter, "code of an app"),
    ];
    for (policy, factor, by_password, by_factor, words) in cases {
        let mode = policy.mfa_mode.to_string();
        let run = run(policy, factor, MembershipState::Active);
        assert_eq!((run.by_password, run.by_factor), (by_password, by_factor), "{mode} {factor}");
        assert!(run.because.contains(words), "{mode} {factor}: {}", run.because);
        let line = run.rules.iter().find(|line| line.rule == "mfa.mode").expect("a line");
        assert_eq!((line.value.as_str(), &line.source), (mode.as_str(), &Source::Tenant(TenantId::from_text("ten_1"))));
    }
}

#[test]
fn who_may_not_enter_is_told_why() {
    let run = run(TenantPolicy::default(), FactorKind::Email, MembershipState::Disabled);

    assert_eq!(run.by_factor, Verdict::Denied(Denial::MembershipNotActive));
    assert!(run.because.contains("not active"));
}
