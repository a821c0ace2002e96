//! The strictest rule counts, within the bounds, and says where it comes from.
use super::*;
use crate::config::Config;
use crate::model::{MembershipId, MembershipKind, PersonId, TenantState};
use crate::policy::presets::Preset;

fn config() -> Config {
    Config::for_tests("http://127.0.0.1:1", "sqlite:unused")
}

fn tenant(id: &str, policy: TenantPolicy) -> Tenant {
    Tenant {
        id: TenantId::from_text(id),
        number: id.into(),
        slug: id.into(),
        name: id.into(),
        alias: None,
        color: None,
        logo: None,
        sender_name: None,
        contact: None,
        greeting: None,
        state: TenantState::Active,
        policy,
        created_at: Timestamp::from_micros(0),
    }
}

fn of(tenants: &[&Tenant]) -> AccountRules {
    let config = config();
    AccountRules::of(Limits { policy: &config.policy, sign_in: &config.sign_in }, tenants)
}

fn by(id: &str) -> Source {
    Source::Tenant(TenantId::from_text(id))
}

#[test]
fn c19_the_strictest_of_all_joined_tenants_counts_and_is_named() {
    let konfipay = tenant("ten_k", Preset::Konfipay.policy());
    let promio = tenant("ten_p", Preset::Promio.policy());
    let saferpay = tenant("ten_s", Preset::Saferpay.policy());

    let rules = of(&[&konfipay, &promio, &saferpay]);

    assert_eq!(rules.password_history, Ruled { value: 5, source: by("ten_s") });
    assert_eq!(rules.password_reuse_window_hours, Ruled { value: 24, source: by("ten_s") });
    assert_eq!(rules.password_max_age_days, Ruled { value: 180, source: by("ten_s") });
    assert_eq!(rules.password_min_length, Ruled { value: 12, source: Source::Instance });
    assert_eq!(rules.recovery, Ruled { value: Recovery::Deny, source: by("ten_p") });
    assert_eq!(rules.reauth, Ruled { value: Reauth::EmailCode, source: by("ten_k") });
    assert_eq!(rules.may_disable, Ruled { value: false, source: by("ten_s") });
    assert_eq!(of(&[&konfipay]).may_disable, Ruled { value: true, source: Source::Instance });
    assert_eq!(of(&[]).password_history, Ruled { value: 0, source: Source::Instance });
}

#[test]
fn c19_a_tenant_counts_only_once_its_invitation_was_accepted() {
    let strict = tenant("ten_1", TenantPolicy { password_min_length: 20, ..TenantPolicy::default() });
    let membership = |state| Membership {
        id: MembershipId::from_text("mem_1"),
        person: PersonId::from_text("per_1"),
        tenant: strict.id.clone(),
        kind: MembershipKind::Guest,
        state,
        admin: false,
        api_access: false,
        limited_to_locations: false,
        last_used_at: None,
        woken_at: None,
        accepted: true,
        created_at: Timestamp::from_micros(0),
    };
    let cases =
        [(MembershipState::Invited, 12), (MembershipState::Active, 20), (MembershipState::Disabled, 12), (MembershipState::Left, 12)];
    for (state, length) in cases {
        let memberships = [membership(state)];
        let rules = of(&joined(&memberships, |id| (*id == strict.id).then_some(&strict)));
        assert_eq!(rules.password_min_length.value, length, "{state}");
    }
    let unasked = [Membership { accepted: false, ..membership(MembershipState::Active) }];
    let rules = of(&joined(&unasked, |id| (*id == strict.id).then_some(&strict)));
    assert_eq!(rules.password_min_length.value, 12, "linked without being asked");
}

#[test]
fn c19_a_hostile_tenant_stays_within_the_operators_bounds() {
    let hostile = TenantPolicy {
        lock_threshold: 0,
        lock_duration_minutes: u32::MAX,
        password_max_age_days: 1,
        password_history: 1000,
        password_min_length: 500,
        ..TenantPolicy::default()
    };

    let rules = of(&[&tenant("ten_h", hostile.clone())]);

    assert_eq!((rules.lock_threshold.value, rules.lock_duration_minutes.value), (3, 1440));
    assert_eq!((rules.password_max_age_days.value, rules.password_history.value), (180, 24));
    assert_eq!(rules.password_min_length.value, 64);
    let keys: Vec<&str> = beyond(&hostile, &config().policy).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["password.history", "password.max_age_days", "lock.threshold", "lock.duration_minutes"]);
}

#[test]
fn the_presets_lie_within_the_default_bounds() {
    for preset in Preset::ALL {
        assert_eq!(beyond(&preset.policy(), &config().policy), [], "{preset}");
    }
}

#[test]
fn s17_a_password_is_overdue_from_its_last_day_on() {
    let rules = of(&[&tenant("ten_s", Preset::Saferpay.policy())]);
    let set_at = Timestamp::from_micros(0);
    let day = |days: u64| set_at.plus(Duration::from_secs(days * 86_400));

    assert!(!rules.is_overdue(set_at, day(180).minus(Duration::from_secs(1))));
    assert!(rules.is_overdue(set_at, day(180)));
    assert!(!of(&[]).is_overdue(set_at, day(100_000)));
}

#[test]
fn s27_a_password_stays_for_its_least_age_where_a_tenant_wants_it() {
    let rules = of(&[&tenant("ten_1", TenantPolicy { password_min_age_hours: 24, ..TenantPolicy::default() })]);
    let set_at = Timestamp::from_micros(0);
    let hour = |hours: u64| set_at.plus(Duration::from_secs(hours * 3600));

    assert_eq!(rules.stays_until(set_at, hour(23)), Some(hour(24)));
    assert_eq!(rules.stays_until(set_at, hour(24)), None);
    assert_eq!(of(&[]).stays_until(set_at, set_at), None);
}
