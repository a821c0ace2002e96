//! After how many failures a person's sign-in pauses, and for how long (people.md C22).
use std::time::Duration;

use super::rules::AccountRules;

/// So many failures pause for so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockRule {
    pub threshold: i64,
    pub pause: Duration,
}

impl From<&AccountRules> for LockRule {
    fn from(rules: &AccountRules) -> Self {
        let minutes = u64::from(rules.lock_duration_minutes.value);
        Self { threshold: i64::from(rules.lock_threshold.value), pause: Duration::from_secs(minutes * 60) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case = (&'static [(u32, u32)], (i64, u64));
    use crate::config::Config;
    use crate::model::{Tenant, TenantId, TenantPolicy, TenantState};
    use crate::policy::rules::Limits;
    use crate::world::Timestamp;

    fn rule(instance: u32, tenants: &[(u32, u32)]) -> (i64, u64) {
        let mut config = Config::for_tests("http://127.0.0.1:1", "sqlite:unused");
        config.sign_in.lock_threshold = instance;
        let tenant = |(lock_threshold, lock_duration_minutes): &(u32, u32)| Tenant {
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
            policy: TenantPolicy {
                lock_threshold: *lock_threshold,
                lock_duration_minutes: *lock_duration_minutes,
                ..TenantPolicy::default()
            },
            created_at: Timestamp::from_micros(0),
        };
        let tenants: Vec<Tenant> = tenants.iter().map(tenant).collect();
        let limits = Limits { policy: &config.policy, sign_in: &config.sign_in };
        let rule = LockRule::from(&AccountRules::of(limits, &tenants.iter().collect::<Vec<_>>()));
        (rule.threshold, rule.pause.as_secs() / 60)
    }

    #[test]
    fn c22_the_strictest_rule_counts_and_none_is_laxer_than_the_instance() {
        let cases: [Case; 5] =
            [(&[], (10, 30)), (&[(10, 30)], (10, 30)), (&[(5, 30)], (5, 30)), (&[(5, 10), (7, 60)], (5, 60)), (&[(100, 1)], (10, 30))];
        for (tenants, expected) in cases {
            assert_eq!(rule(10, tenants), expected, "{tenants:?}");
        }
    }

    #[test]
    fn a_hostile_tenant_cannot_lock_people_out_at_once_or_for_ever() {
        assert_eq!(rule(10, &[(0, u32::MAX)]), (3, 24 * 60));
        assert_eq!(rule(2, &[(0, 0)]), (2, 30));
    }
}
