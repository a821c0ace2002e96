//! Which rules hold for a person: of the rules of an account the strictest of all tenants that the person has joined,
//! within the operator's bounds (people.md C19). Every value knows where it comes from, so that it can be explained.
//!
//! A tenant counts once its invitation was accepted, so that nobody imposes rules on a stranger by inviting.
use std::time::Duration;

use crate::config::{LeastMfa, Policy, SignIn};
use crate::model::{Membership, MembershipState, MfaMode, Reauth, Recovery, Tenant, TenantId, TenantPolicy};
use crate::world::Timestamp;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A setting or bound of the operator.
    Instance,
    /// A rule of this tenant.
    Tenant(TenantId),
    /// The person's own choice.
    Person,
    /// What the application asked for.
    Application,
}

/// A value with its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruled<T> {
    pub value: T,
    pub source: Source,
}

impl<T: Copy> Ruled<T> {
    const fn of_instance(value: T) -> Self {
        Self { value, source: Source::Instance }
    }

    /// This value, or what the first of the tenants demands that is stricter.
    fn strictest(self, joined: &[&Tenant], pick: impl Fn(&TenantPolicy) -> T, stricter: impl Fn(T, T) -> bool) -> Self {
        joined.iter().fold(self, |held, tenant| {
            let asked = pick(&tenant.policy);
            if stricter(asked, held.value) { Self { value: asked, source: Source::Tenant(tenant.id.clone()) } } else { held }
        })
    }
}

/// What the operator sets: the values without any tenant, and the bounds of what tenants may set.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    pub policy: &'a Policy,
    pub sign_in: &'a SignIn,
}

/// The rules of one account. Hours, days and minutes of 0 are "none".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRules {
    pub password_min_length: Ruled<u32>,
    pub password_history: Ruled<u32>,
    pub password_reuse_window_hours: Ruled<u32>,
    pub password_min_age_hours: Ruled<u32>,
    pub password_max_age_days: Ruled<u32>,
    pub lock_threshold: Ruled<u32>,
    pub lock_duration_minutes: Ruled<u32>,
    pub recovery: Ruled<Recovery>,
    pub reauth: Ruled<Reauth>,
    pub session_idle_minutes: Ruled<u32>,
    pub session_absolute_hours: Ruled<u32>,
    pub may_disable: Ruled<bool>,
}

/// The tenants whose rules count for a person: joined on purpose, not ended or disabled.
pub fn joined<'a>(memberships: &[Membership], tenant: impl Fn(&TenantId) -> Option<&'a Tenant>) -> Vec<&'a Tenant> {
    memberships.iter().filter(|m| m.state == MembershipState::Active && m.accepted).filter_map(|m| tenant(&m.tenant)).collect()
}

impl AccountRules {
    /// The rules of somebody who has joined these tenants.
    pub fn of(limits: Limits<'_>, joined: &[&Tenant]) -> Self {
        let (bounds, sign_in) = (limits.policy, limits.sign_in);
        let more = |asked: u32, held: u32| asked > held;
        let fewer = |asked: u32, held: u32| asked < held;
        let oldest = |policy: &TenantPolicy| match policy.password_max_age_days {
            0 => 0,
            days => days.max(bounds.password_max_age_days_least),
        };
        Self {
            password_min_length: Ruled::of_instance(bounds.password_min_length).strictest(joined, |p| p.password_min_length.min(64), more),
            password_history: Ruled::of_instance(0).strictest(joined, |p| p.password_history.min(bounds.password_history_most), more),
            password_reuse_window_hours: Ruled::of_instance(0).strictest(joined, |p| p.password_reuse_window_hours, more),
            password_min_age_hours: Ruled::of_instance(0).strictest(joined, |p| p.password_min_age_hours, more),
            password_max_age_days: Ruled::of_instance(0).strictest(joined, oldest, |asked, held| asked > 0 && (held == 0 || asked < held)),
            // The instance's own rule may be stricter than what it lets tenants demand.
            lock_threshold: Ruled::of_instance(sign_in.lock_threshold).strictest(
                joined,
                |p| p.lock_threshold.max(bounds.lock_threshold_least),
                fewer,
            ),
            lock_duration_minutes: Ruled::of_instance(sign_in.lock_minutes).strictest(
                joined,
                |p| p.lock_duration_minutes.min(bounds.lock_minutes_most),
                more,
            ),
            recovery: Ruled::of_instance(Recovery::RequireFactor).strictest(
                joined,
                |p| p.recovery_self_service_with_mfa,
                |asked, held| asked < held,
            ),
            reauth: Ruled::of_instance(Reauth::Password).strictest(joined, |p| p.reauth_sensitive, |asked, held| asked > held),
            session_idle_minutes: Ruled::of_instance(sign_in.session_idle_minutes).strictest(joined, |p| p.session_idle_minutes, fewer),
            session_absolute_hours: Ruled::of_instance(sign_in.session_absolute_hours).strictest(
                joined,
                |p| p.session_absolute_hours,
                fewer,
            ),
            may_disable: Ruled::of_instance(true).strictest(
                joined,
                |p| p.mfa_user_may_disable && p.mfa_mode != MfaMode::Required,
                |asked, held| held && !asked,
            ),
        }
    }

    /// The rules by their keys, for people.
    pub fn listed(&self) -> Vec<(&'static str, String, &Source)> {
        fn line<'a, T: ToString>(key: &'static str, ruled: &'a Ruled<T>) -> (&'static str, String, &'a Source) {
            (key, ruled.value.to_string(), &ruled.source)
        }
        vec![
            line("password.min_length", &self.password_min_length),
            line("password.history", &self.password_history),
            line("password.reuse_window_hours", &self.password_reuse_window_hours),
            line("password.min_age_hours", &self.password_min_age_hours),
            line("password.max_age_days", &self.password_max_age_days),
            line("lock.threshold", &self.lock_threshold),
            line("lock.duration_minutes", &self.lock_duration_minutes),
            line("recovery.self_service_with_mfa", &self.recovery),
            line("reauth.sensitive", &self.reauth),
            line("session.idle_minutes", &self.session_idle_minutes),
            line("session.absolute_hours", &self.session_absolute_hours),
            line("mfa.user_may_disable", &self.may_disable),
        ]
    }

    /// Has a password of this age to be renewed (people.md S17)?
    pub fn is_overdue(&self, set_at: Timestamp, now: Timestamp) -> bool {
        let days = u64::from(self.password_max_age_days.value);
        days > 0 && now.since(set_at) >= Duration::from_secs(days * 86_400)
    }

    /// Until when a password of this age stays, if it does: the second reading of people.md S27.
    pub fn stays_until(&self, set_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let until = set_at.plus(hours(self.password_min_age_hours.value));
        (now < until).then_some(until)
    }

    /// Since when a password must not have been in use to be used again.
    pub fn reuse_since(&self, now: Timestamp) -> Timestamp {
        now.minus(hours(self.password_reuse_window_hours.value))
    }
}

fn hours(hours: u32) -> Duration {
    Duration::from_secs(u64::from(hours) * 3600)
}

/// What a tenant's rules break of the operator's bounds: the key, and what it must be.
pub fn beyond(policy: &TenantPolicy, bounds: &Policy) -> Vec<(&'static str, String)> {
    let least_mode = match bounds.mfa_mode_least {
        LeastMfa::Off => MfaMode::Off,
        LeastMfa::Optional => MfaMode::Optional,
        LeastMfa::DefaultOn => MfaMode::DefaultOn,
        LeastMfa::Required => MfaMode::Required,
    };
    let fewest = |value: u32, least: u32| value > 0 && value < least;
    let checks = [
        ("mfa.mode", policy.mfa_mode < least_mode, format!("{least_mode} or stricter")),
        ("password.min_length", policy.password_min_length < bounds.password_min_length, format!("{} or more", bounds.password_min_length)),
        ("password.history", policy.password_history > bounds.password_history_most, format!("{} or fewer", bounds.password_history_most)),
        (
            "password.max_age_days",
            fewest(policy.password_max_age_days, bounds.password_max_age_days_least),
            format!("0, or {} or more", bounds.password_max_age_days_least),
        ),
        ("lock.threshold", policy.lock_threshold < bounds.lock_threshold_least, format!("{} or more", bounds.lock_threshold_least)),
        (
            "lock.duration_minutes",
            policy.lock_duration_minutes > bounds.lock_minutes_most,
            format!("{} or fewer", bounds.lock_minutes_most),
        ),
        (
            "lock.inactivity_days",
            fewest(policy.lock_inactivity_days, bounds.lock_inactivity_days_least),
            format!("0, or {} or more", bounds.lock_inactivity_days_least),
        ),
    ];
    checks.into_iter().filter(|(_, broken, _)| *broken).map(|(key, _, demand)| (key, demand)).collect()
}

#[cfg(test)]
#[path = "rules/tests.rs"]
mod tests;
