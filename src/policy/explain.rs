//! Why a person is asked what in a tenant, in words: rule, value, source.
use super::entry::{Entry, decide};
use super::rules::{AccountRules, Source};
use crate::model::{Acr, Amr, Denial, FactorKind, MfaMode, Proof, Tenant, Verdict};
use crate::world::Timestamp;

/// One rule in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The key, or the fact about the person.
    pub rule: &'static str,
    pub value: String,
    pub source: Source,
}

/// What a sign-in of this person through this application into this tenant would meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryRun {
    /// With the password alone.
    pub by_password: Verdict,
    /// With the second factor that the person has, beside it.
    pub by_factor: Verdict,
    /// One sentence about the second factor.
    pub because: &'static str,
    pub rules: Vec<Explained>,
}

/// Goes through a sign-in without one: `entry.proof` is not looked at.
pub fn explain(entry: &Entry<'_>, account: &AccountRules, now: Timestamp) -> DryRun {
    let with = |amr: &[Amr]| {
        let proof = Proof { amr: amr.iter().copied().collect(), ..Proof::default() };
        decide(&Entry { proof: &proof, ..*entry }, now)
    };
    let by_password = with(&[Amr::Pwd]);
    let by_factor = match entry.second_factor {
        FactorKind::None => by_password,
        FactorKind::Email => with(&[Amr::Pwd, Amr::Email]),
        FactorKind::Totp => with(&[Amr::Pwd, Amr::Otp]),
        FactorKind::Passkey => with(&[Amr::Pwd, Amr::Hwk, Amr::User]),
    };
    let mut rules = entry.tenant.map_or_else(Vec::new, of_tenant);
    rules.push(Explained { rule: "second factor of the person", value: entry.second_factor.to_string(), source: Source::Person });
    rules.extend(account.listed().into_iter().map(|(rule, value, source)| Explained { rule, value, source: source.clone() }));
    DryRun { by_password, by_factor, because: because(entry, by_password), rules }
}

/// The rules of the tenant to be entered that decide what is asked there.
fn of_tenant(tenant: &Tenant) -> Vec<Explained> {
    let policy = &tenant.policy;
    let line = |rule, value: String| Explained { rule, value, source: Source::Tenant(tenant.id.clone()) };
    let methods: Vec<&str> = policy.mfa_methods.iter().map(|method| method.as_str()).collect();
    vec![
        line("mfa.mode", policy.mfa_mode.to_string()),
        line("mfa.methods", methods.join(",")),
        line("mfa.email_satisfies", policy.mfa_email_satisfies.to_string()),
        line("federation.mfa", policy.federation_mfa.to_string()),
        line("lock.inactivity_days", policy.lock_inactivity_days.to_string()),
    ]
}

/// Why a code is asked for, or why none is.
fn because(entry: &Entry<'_>, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Denied(denial) => denied(denial),
        Verdict::Enter => match (entry.tenant.map(|tenant| tenant.policy.mfa_mode), entry.second_factor) {
            (Some(MfaMode::Off), _) => "no code is asked for: the tenant turned second factors off (mfa.mode)",
            _ => "no code is asked for: the person has no second factor, and the tenant demands none (mfa.mode)",
        },
        Verdict::NeedsFactor(acr) => match (entry.tenant.map(|tenant| tenant.policy.mfa_mode), acr) {
            (Some(MfaMode::Required), Acr::Mfa) => "a code of an app is asked for: the tenant demands it, and one by e-mail is not enough",
            (Some(MfaMode::Required), _) => "a code is asked for: the tenant demands a second factor (mfa.mode)",
            _ => "a code is asked for: the person has a second factor, and the tenant takes it (mfa.mode)",
        },
    }
}

fn denied(denial: Denial) -> &'static str {
    match denial {
        Denial::PersonNotActive => "nobody enters: the person is not active",
        Denial::NotMember => "nobody enters: the person is not in this tenant",
        Denial::MembershipNotActive => "nobody enters: the membership is not active",
        Denial::MembershipDormant => "nobody enters: the person has not come for too long (lock.inactivity_days)",
        Denial::TenantDisabled => "nobody enters: the tenant is disabled",
        Denial::ClientDisabled => "nobody enters: the application is disabled",
        Denial::ClientNotEntitled => "nobody enters: the application does not serve this tenant",
        Denial::ApiAccessMissing => "nobody enters: the person has no API access",
    }
}

#[cfg(test)]
#[path = "explain/tests.rs"]
mod tests;
