//! After how many failures a person's sign-in pauses, and for how long: the strictest of the instance's rule and of
//! the rules of the tenants that the person has joined (people.md C19, C22).
use std::time::Duration;

use crate::model::TenantPolicy;

/// No tenant demands fewer attempts than these (unless the instance does), so that none locks people out everywhere.
const FEWEST: i64 = 3;
/// No tenant demands a longer pause.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// So many failures pause for so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockRule {
    pub threshold: i64,
    pub pause: Duration,
}

impl LockRule {
    /// This rule, or what the tenants demand beyond it.
    pub fn strictest<'a>(self, tenants: impl Iterator<Item = &'a TenantPolicy>) -> Self {
        tenants.fold(self, |rule, policy| Self {
            threshold: rule.threshold.min(i64::from(policy.lock_threshold).max(FEWEST)),
            pause: rule.pause.max(Duration::from_secs(u64::from(policy.lock_duration_minutes) * 60).min(LONGEST)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTANCE: LockRule = LockRule { threshold: 10, pause: Duration::from_secs(30 * 60) };

    fn policy(lock_threshold: u32, lock_duration_minutes: u32) -> TenantPolicy {
        TenantPolicy { lock_threshold, lock_duration_minutes, ..TenantPolicy::default() }
    }

    #[test]
    fn the_strictest_rule_counts_and_none_is_laxer_than_the_instance() {
        let cases = [
            (vec![], (10, 30)),
            (vec![policy(10, 30)], (10, 30)),
            (vec![policy(5, 30)], (5, 30)),
            (vec![policy(5, 10), policy(7, 60)], (5, 60)),
            (vec![policy(100, 1)], (10, 30)),
        ];
        for (tenants, (threshold, minutes)) in cases {
            let rule = INSTANCE.strictest(tenants.iter());
            assert_eq!(rule, LockRule { threshold, pause: Duration::from_secs(minutes * 60) }, "{tenants:?}");
        }
    }

    #[test]
    fn a_hostile_tenant_cannot_lock_people_out_at_once_or_for_ever() {
        let rule = INSTANCE.strictest([policy(0, u32::MAX)].iter());

        assert_eq!(rule, LockRule { threshold: 3, pause: Duration::from_secs(24 * 60 * 60) });
        let strict = LockRule { threshold: 2, ..INSTANCE };
        assert_eq!(strict.strictest([policy(0, 0)].iter()), strict);
    }
}
