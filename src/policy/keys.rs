//! The rules of a tenant by their keys: showing, reading and checking them. The key `mfa.mode` is the field `mfa_mode`.
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::TenantPolicy;

/// The families of keys: what stands before the first dot.
const FAMILIES: &[&str] = &[
    "mfa",
    "federation",
    "recovery",
    "profile",
    "admin",
    "audit",
    "identifier",
    "membership",
    "invitation",
    "auth_method",
    "user",
    "groups",
    "locations",
    "password",
    "lock",
    "reauth",
    "credentials",
    "session",
    "device",
];

/// Why a key was not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// There is no such key.
    Unknown,
    /// The value is none that this key takes.
    Value,
    /// The value is possible, but not with the others; or out of range.
    Demand(String, &'static str),
}

/// Every key with its value as text: lists with commas, an empty list as an empty text.
pub fn shown(policy: &TenantPolicy) -> BTreeMap<String, String> {
    members(policy).into_iter().map(|(field, value)| (key_of(&field), text_of(&value))).collect()
}

/// These rules with one key set to what was typed.
///
/// # Errors
/// [`KeyFault`], and nothing is changed.
pub fn set(policy: &TenantPolicy, key: &str, typed: &str) -> Result<TenantPolicy, KeyFault> {
    let mut members = members(policy);
    let Some((field, before)) = members.iter().find(|(field, _)| key_of(field) == key) else { return Err(KeyFault::Unknown) };
    let value = value_of(before, typed.trim()).ok_or(KeyFault::Value)?;
    let field = field.clone();
    members.insert(field, value);
    let changed: TenantPolicy = serde_json::from_value(Value::Object(members)).map_err(|_| KeyFault::Value)?;
    match faults(&changed).into_iter().next() {
        None => Ok(changed),
        Some((key, demand)) => Err(KeyFault::Demand(key, demand)),
    }
}

/// The keys in which two sets of rules differ: key, before, after.
pub fn differences(before: &TenantPolicy, after: &TenantPolicy) -> Vec<(String, String, String)> {
    let (old, new) = (shown(before), shown(after));
    old.into_iter().filter_map(|(key, was)| (new[&key] != was).then(|| (key.clone(), was, new[&key].clone()))).collect()
}

/// What is wrong with these rules taken together: the key, and what it must be.
pub fn faults(policy: &TenantPolicy) -> Vec<(String, &'static str)> {
    let ranges: &[(&str, u32, std::ops::RangeInclusive<u32>, &'static str)] = &[
        ("password.min_length", policy.password_min_length, 8..=64, "8 to 64 characters"),
        ("password.history", policy.password_history, 0..=24, "0 to 24 passwords"),
        ("password.reuse_window_hours", policy.password_reuse_window_hours, 0..=8760, "0 to 8760 hours"),
        ("password.min_age_hours", policy.password_min_age_hours, 0..=168, "0 to 168 hours"),
        ("password.max_age_days", policy.password_max_age_days, 0..=3650, "0 (never) to 3650 days"),
        ("lock.threshold", policy.lock_threshold, 1..=100, "1 to 100 failures"),
        ("lock.duration_minutes", policy.lock_duration_minutes, 1..=1440, "1 to 1440 minutes"),
        ("lock.inactivity_days", policy.lock_inactivity_days, 0..=3650, "0 (never) to 3650 days"),
        ("user.retention_days", policy.user_retention_days, 0..=3650, "0 (at once) to 3650 days"),
        ("session.idle_minutes", policy.session_idle_minutes, 1..=43_200, "1 to 43200 minutes"),
        ("session.absolute_hours", policy.session_absolute_hours, 1..=8760, "1 to 8760 hours"),
    ];
    let outside = ranges.iter().filter(|(_, value, range, _)| !range.contains(value));
    let mut faults: Vec<_> = outside.map(|(key, _, _, demand)| ((*key).to_owned(), *demand)).collect();
    // Less would take what is being looked into from under somebody's eyes.
    if (1..30).contains(&policy.audit_retention_days) || policy.audit_retention_days > 36_500 {
        faults.push(("audit.retention_days".to_owned(), "0 (for ever), or 30 to 36500 days"));
    }
    // A person can begin only with a factor that needs no set-up.
    if policy.mfa_default.is_on_a_device() || !policy.offers(policy.mfa_default) {
        faults.push(("mfa.default".to_owned(), "none, or email where mfa.methods holds email"));
    }
    let demands = matches!(policy.mfa_mode, crate::model::MfaMode::Required | crate::model::MfaMode::DefaultOn);
    if demands && policy.mfa_methods.is_empty() {
        faults.push(("mfa.methods".to_owned(), "at least one method while mfa.mode is default_on or required"));
    }
    let named = policy.mfa_step_up_permissions.iter().chain(&policy.locations_exempt_scopes);
    if named.clone().count() > 100
        || named.into_iter().any(|name| name.is_empty() || name.len() > 100 || name.contains(char::is_whitespace))
    {
        faults.push(("mfa.step_up_permissions".to_owned(), "at most 100 names without spaces"));
    }
    faults
}

fn members(policy: &TenantPolicy) -> Map<String, Value> {
    match serde_json::to_value(policy) {
        Ok(Value::Object(members)) => members,
        _ => unreachable!("the rules of a tenant serialise to an object"),
    }
}

/// `lock_inactivity_days` is called `lock.inactivity_days`.
fn key_of(field: &str) -> String {
    let family = FAMILIES.iter().find(|family| field.strip_prefix(**family).is_some_and(|rest| rest.starts_with('_')));
    family.map_or_else(|| field.to_owned(), |family| format!("{family}.{}", &field[family.len() + 1..]))
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// What was typed, as a value of the kind that the key has now.
fn value_of(before: &Value, typed: &str) -> Option<Value> {
    match before {
        Value::Bool(_) => typed.parse().ok().map(Value::Bool),
        Value::Number(_) => typed.parse::<u32>().ok().map(Value::from),
        Value::Array(_) => Some(typed.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Value::from).collect()),
        _ => Some(Value::from(typed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MfaMethod, MfaMode};

    #[test]
    fn every_field_of_the_rules_has_a_key_of_a_known_family() {
        let keys = shown(&TenantPolicy::default());

        assert_eq!(keys.len(), members(&TenantPolicy::default()).len());
        assert!(keys.keys().all(|key| key.contains('.')), "{keys:?}");
    }

    #[test]
    fn a_key_is_set_by_its_name_and_nothing_else_changes() {
        let before = TenantPolicy::default();

        let after = set(&before, "mfa.mode", "required").expect("possible");
        let after = set(&after, "mfa.methods", " totp, email ").expect("possible");
        let after = set(&after, "lock.inactivity_days", "0").expect("possible");

        let methods = [MfaMethod::Email, MfaMethod::Totp].into();
        let expected = TenantPolicy { mfa_mode: MfaMode::Required, mfa_methods: methods, lock_inactivity_days: 0, ..before.clone() };
        assert_eq!(after, expected);
        let changed: Vec<_> = differences(&before, &after).into_iter().map(|(key, ..)| key).collect();
        assert_eq!(changed, ["lock.inactivity_days", "mfa.methods", "mfa.mode"]);
    }

    #[test]
    fn what_a_key_does_not_take_is_refused() {
        let policy = TenantPolicy::default();
        let cases = [
            ("mfa.modus", "off", KeyFault::Unknown),
            ("mfa_mode", "off", KeyFault::Unknown),
            ("mfa.mode", "sometimes", KeyFault::Value),
            ("mfa.methods", "totp,pigeon", KeyFault::Value),
            ("mfa.user_may_disable", "perhaps", KeyFault::Value),
            ("lock.threshold", "-1", KeyFault::Value),
            ("lock.threshold", "0", KeyFault::Demand("lock.threshold".into(), "1 to 100 failures")),
            ("password.min_length", "7", KeyFault::Demand("password.min_length".into(), "8 to 64 characters")),
            ("mfa.default", "totp", KeyFault::Demand("mfa.default".into(), "none, or email where mfa.methods holds email")),
            ("mfa.methods", "totp", KeyFault::Demand("mfa.default".into(), "none, or email where mfa.methods holds email")),
        ];
        for (key, typed, fault) in cases {
            assert_eq!(set(&policy, key, typed), Err(fault), "{key}={typed}");
        }
    }
}
