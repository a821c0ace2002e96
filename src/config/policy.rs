//! The section `[policy]`: how far the rules of tenants may go. What a tenant sets beyond is refused; what was set before
//! the limit counts as the limit.
use serde::{Deserialize, Serialize};

use super::faults::Faults;

/// The least that a tenant's `mfa.mode` may be, from the laxest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeastMfa {
    Off,
    Optional,
    DefaultOn,
    Required,
}

/// The operator's bounds (people.md C19).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub mfa_mode_least: LeastMfa,
    pub password_min_length: u32,
    pub password_history_most: u32,
    pub password_max_age_days_least: u32,
    pub lock_threshold_least: u32,
    pub lock_minutes_most: u32,
    pub lock_inactivity_days_least: u32,
    pub operator_only: Vec<String>,
}

impl Policy {
    pub(super) fn validate(&self, faults: &mut Faults) {
        faults.range("policy.password_min_length", self.password_min_length, 8..=64);
        faults.range("policy.password_history_most", self.password_history_most, 0..=24);
        faults.range("policy.password_max_age_days_least", self.password_max_age_days_least, 1..=3650);
        faults.range("policy.lock_threshold_least", self.lock_threshold_least, 1..=100);
        faults.range("policy.lock_minutes_most", self.lock_minutes_most, 1..=24 * 60);
        faults.range("policy.lock_inactivity_days_least", self.lock_inactivity_days_least, 1..=3650);
        let keys = self.operator_only.iter().all(|key| key.contains('.') && key.len() <= 60);
        faults.require(keys, "policy.operator_only", "names something that is no key", "write keys like mfa.mode");
    }
}
