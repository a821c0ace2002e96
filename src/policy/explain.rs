//! Why a person is asked what in a tenant: rule, value, source. The words are found by those who tell it.
use super::entry::{Entry, decide};
use super::rules::{AccountRules, Source};
use crate::model::{Acr, Amr, Denial, FactorKind, MfaMode, Person, Proof, Tenant, Verdict};
use crate::world::Timestamp;

/// One rule in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The key of a tenant's rule, the member of an application's registration, or [`FACTOR`].
    pub rule: &'static str,
    pub value: String,
    pub source: Source,
}

/// What the person has chosen, among the rules in force.
pub const FACTOR: &str = "person.second_factor";

/// Why a second factor is asked for, or why none is, or why nobody enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The tenant leaves it to people, and the person has no second factor.
    NothingDemanded,
    /// The tenant turned second factors off.
    TurnedOff,
    TenantDemands,
    /// The tenant demands one, and a code by e-mail is not enough.
    TenantDemandsDevice,
    /// The person has one, and the tenant did not turn them off.
    OwnFactor,
    /// RFC 9470 3: the application demands more than the tenant does.
    ApplicationDemands,
    /// RFC 9470 5: the application wishes it, and the person can meet that.
    ApplicationWishes,
    /// The application demands a passkey, and the person has none.
    NoPasskey,
    Denied(Denial),
}

/// What comes next for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Enters,
    /// Is asked for this factor.
    Asked(FactorKind),
    /// Has to set a stronger factor up first.
    SetsUp,
    Refused,
}

/// What a sign-in meets besides, whatever the tenant and the application ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// No password is looked at until then (people.md C18).
    Paused(Timestamp),
    /// people.md S17.
    PasswordOverdue,
    /// The person signs in elsewhere, or has never chosen a password.
    NoPassword,
}

/// What a sign-in of this person through this application into this tenant would meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryRun {
    /// With the password alone.
    pub by_password: Verdict,
    /// With the second factor that is asked for, beside it; else with the one that the person has.
    pub by_factor: Verdict,
    /// What follows the password, and what follows that factor.
    pub first: Step,
    pub then: Step,
    /// The lowest rung that the application lets in.
    pub demand: Option<Acr>,
    pub because: Because,
    pub besides: Vec<Beside>,
    pub rules: Vec<Explained>,
}

/// What counts of an account beside what the decision looks at.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    pub rules: &'a AccountRules,
    pub has_email: bool,
    pub has_password: bool,
    pub password_set_at: Option<Timestamp>,
    /// Has passkeys, beside or as the second factor.
    pub passkeys: bool,
    pub paused_until: Option<Timestamp>,
}

impl<'a> Account<'a> {
    pub const fn of(person: &Person, rules: &'a AccountRules, passkeys: bool) -> Self {
        Self {
            rules,
            has_email: person.email.is_some(),
            has_password: person.has_password,
            password_set_at: person.password_set_at,
            passkeys,
            paused_until: person.lockout.paused_until,
        }
    }
}

/// Goes through a sign-in without one: `entry.proof` is not looked at.
pub fn explain(entry: &Entry<'_>, account: &Account<'_>, now: Timestamp) -> DryRun {
    let password = proof(FactorKind::None);
    let after_password = Entry { proof: &password, ..*entry };
    let demanded = meets(&after_password, now);
    let wish = wish(entry, account).filter(|acr| demanded == Verdict::Enter && password.acr() < *acr);
    let by_password = wish.map_or(demanded, Verdict::NeedsFactor);
    let first = step(by_password, &after_password, account);

    let factor = proof(if let Step::Asked(kind) = first { kind } else { entry.second_factor });
    let after_factor = Entry { proof: &factor, ..*entry };
    let by_factor = meets(&after_factor, now);
    DryRun {
        by_password,
        by_factor,
        first,
        then: step(by_factor, &after_factor, account),
        demand: entry.client.metadata.required_acr,
        because: because(&after_password, account, (demanded, wish), now),
        besides: if first == Step::Refused { Vec::new() } else { besides(account, now) },
        rules: rules(entry, account.rules),
    }
}

/// What has been proved with the password and this factor.
fn proof(factor: FactorKind) -> Proof {
    let amr: &[Amr] = match factor {
        FactorKind::None => &[Amr::Pwd],
        FactorKind::Email => &[Amr::Pwd, Amr::Email],
        FactorKind::Totp => &[Amr::Pwd, Amr::Otp],
        FactorKind::Passkey => &[Amr::Pwd, Amr::Hwk, Amr::User],
    };
    Proof { amr: amr.iter().copied().collect(), ..Proof::default() }
}

/// What tenant and application demand together of somebody who proved this.
fn meets(entry: &Entry<'_>, now: Timestamp) -> Verdict {
    let demand = entry.client.metadata.required_acr;
    match decide(entry, now) {
        // RFC 9470 3: the application's own demands are some as well.
        Verdict::Enter => demand.filter(|acr| entry.proof.acr() < *acr).map_or(Verdict::Enter, Verdict::NeedsFactor),
        Verdict::NeedsFactor(acr) => Verdict::NeedsFactor(demand.map_or(acr, |demand| demand.max(acr))),
        denied @ Verdict::Denied(_) => denied,
    }
}

/// RFC 9470 5: the first wish of the application that this person can meet.
fn wish(entry: &Entry<'_>, account: &Account<'_>) -> Option<Acr> {
    let can_reach = if account.passkeys { Some(Acr::Phr) } else { entry.second_factor.reaches() };
    let mut wishes = entry.client.metadata.default_acr_values.iter().filter_map(|value| Acr::parse(value));
    wishes.find(|acr| Some(*acr) <= can_reach)
}

/// Which page follows a verdict, as `protocol::flow` asks for it.
fn step(verdict: Verdict, entry: &Entry<'_>, account: &Account<'_>) -> Step {
    let needed = match verdict {
        Verdict::Enter => return Step::Enters,
        Verdict::Denied(_) => return Step::Refused,
        Verdict::NeedsFactor(acr) => acr,
    };
    match (needed, entry.second_factor) {
        (Acr::Phr, _) if account.passkeys => Step::Asked(FactorKind::Passkey),
        (Acr::Phr, _) => Step::Refused,
        (_, FactorKind::Totp) => Step::Asked(FactorKind::Totp),
        // A passkey that was shown already and does not count here.
        (_, FactorKind::Passkey) if entry.proof.has_passkey() => Step::SetsUp,
        (_, FactorKind::Passkey) => Step::Asked(FactorKind::Passkey),
        (Acr::Mfa, _) if entry.proof.acr() >= Acr::Email => Step::SetsUp,
        _ if !account.has_email => Step::SetsUp,
        _ => Step::Asked(FactorKind::Email),
    }
}

fn because(entry: &Entry<'_>, account: &Account<'_>, (demanded, wish): (Verdict, Option<Acr>), now: Timestamp) -> Because {
    let mode = entry.tenant.map(|tenant| tenant.policy.mfa_mode);
    match (decide(entry, now), demanded) {
        (_, Verdict::Denied(denial)) | (Verdict::Denied(denial), _) => Because::Denied(denial),
        (_, Verdict::NeedsFactor(Acr::Phr)) if !account.passkeys => Because::NoPasskey,
        (Verdict::NeedsFactor(own), Verdict::NeedsFactor(acr)) if own == acr => match (mode, acr) {
            (Some(MfaMode::Required), Acr::Mfa) => Because::TenantDemandsDevice,
            (Some(MfaMode::Required), _) => Because::TenantDemands,
            _ => Because::OwnFactor,
        },
        (_, Verdict::NeedsFactor(_)) => Because::ApplicationDemands,
        (_, Verdict::Enter) if wish.is_some() => Because::ApplicationWishes,
        (_, Verdict::Enter) if mode == Some(MfaMode::Off) => Because::TurnedOff,
        (_, Verdict::Enter) => Because::NothingDemanded,
    }
}

fn besides(account: &Account<'_>, now: Timestamp) -> Vec<Beside> {
    if !account.has_password {
        return vec![Beside::NoPassword];
    }
    let paused = account.paused_until.filter(|until| *until > now).map(Beside::Paused);
    let overdue = account.password_set_at.is_some_and(|set_at| account.rules.is_overdue(set_at, now));
    paused.into_iter().chain(overdue.then_some(Beside::PasswordOverdue)).collect()
}

/// Everything in force: of the tenant to be entered, the person, the application, and the account.
fn rules(entry: &Entry<'_>, account: &AccountRules) -> Vec<Explained> {
    let metadata = &entry.client.metadata;
    let mut rules = entry.tenant.map_or_else(Vec::new, of_tenant);
    rules.push(Explained { rule: FACTOR, value: entry.second_factor.to_string(), source: Source::Person });
    let mut of_application = |rule, value: String| rules.push(Explained { rule, value, source: Source::Application });
    if let Some(acr) = metadata.required_acr {
        of_application("required_acr", acr.to_string());
    }
    if !metadata.default_acr_values.is_empty() {
        of_application("default_acr_values", metadata.default_acr_values.join(","));
    }
    if let Some(seconds) = metadata.required_max_age {
        of_application("required_max_age", seconds.to_string());
    }
    rules.extend(account.listed().into_iter().map(|(rule, value, source)| Explained { rule, value, source: source.clone() }));
    rules
}

/// The rules of the tenant to be entered that decide what is asked there.
fn of_tenant(tenant: &Tenant) -> Vec<Explained> {
    let policy = &tenant.policy;
    let line = |rule, value: String| Explained { rule, value, source: Source::Tenant(tenant.id.clone()) };
    let methods: Vec<&str> = policy.mfa_methods.iter().map(|method| method.as_str()).collect();
    let stepped: Vec<&str> = policy.mfa_step_up_permissions.iter().map(String::as_str).collect();
    vec![
        line("mfa.mode", policy.mfa_mode.to_string()),
        line("mfa.methods", methods.join(",")),
        line("mfa.email_satisfies", policy.mfa_email_satisfies.to_string()),
        line("mfa.step_up_permissions", stepped.join(",")),
        line("federation.mfa", policy.federation_mfa.to_string()),
        line("lock.inactivity_days", policy.lock_inactivity_days.to_string()),
    ]
}

#[cfg(test)]
#[path = "explain/tests.rs"]
mod tests;
