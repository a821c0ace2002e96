//! Cell by cell: the table of people.md against what the presets hold.
use super::*;
use crate::policy::keys;

/// The cells of one column; a key outside the table keeps the default.
type Column = &'static [(&'static str, &'static str)];

const DEFAULT: Column = &[
    ("mfa.mode", "default_on"),
    ("mfa.methods", "email,totp,passkey"),
    ("mfa.default", "email"),
    ("mfa.user_may_disable", "false"),
    ("mfa.reset_by", "tenant_admin"),
    ("recovery.self_service_with_mfa", "require_factor"),
    ("profile.admin_editable", "first_name,last_name"),
    ("identifier.mode", "email"),
    ("membership.existing_person", "invite"),
    ("invitation.delivery", "ask"),
    ("federation.mfa", "trust_upstream"),
    ("auth_method.change", "admin"),
    ("user.removal", "remove_membership"),
    ("groups.self_join", "with_permission"),
    ("locations.enabled", "true"),
    ("locations.multi_tenant", "allow"),
    ("locations.managed_by", "tenant_admin"),
    ("password.history", "5"),
    ("password.reuse_window_hours", "24"),
    ("password.max_age_days", "0"),
    ("lock.threshold", "10"),
    ("lock.duration_minutes", "30"),
    ("lock.inactivity_days", "90"),
    ("mfa.step_up_permissions", ""),
    ("locations.admin_limited", "false"),
];

const KONFIPAY: Column = &[
    ("mfa.mode", "default_on"),
    ("mfa.methods", "email,totp"),
    ("mfa.default", "email"),
    ("mfa.user_may_disable", "true"),
    ("mfa.reset_by", "self,tenant_admin"),
    ("recovery.self_service_with_mfa", "require_factor"),
    ("profile.admin_editable", "first_name,last_name"),
    ("identifier.mode", "email"),
    ("membership.existing_person", "invite"),
    ("invitation.delivery", "ask"),
    ("federation.mfa", "trust_upstream"),
    ("auth_method.change", "never"),
    ("user.removal", "remove_membership"),
    ("groups.self_join", "with_permission"),
    ("locations.enabled", "false"),
    ("password.history", "0"),
    ("password.reuse_window_hours", "0"),
    ("password.max_age_days", "0"),
    ("lock.threshold", "10"),
    ("lock.duration_minutes", "30"),
    ("lock.inactivity_days", "0"),
    ("mfa.step_up_permissions", ""),
    ("reauth.sensitive", "email_code"),
];

const PROMIO: Column = &[
    ("mfa.mode", "optional"),
    ("mfa.methods", "totp"),
    ("mfa.default", "none"),
    ("mfa.user_may_disable", "true"),
    ("mfa.reset_by", "tenant_admin"),
    ("recovery.self_service_with_mfa", "deny"),
    ("profile.admin_editable", "first_name,last_name"),
    ("identifier.mode", "username"),
    ("membership.existing_person", "invite"),
    ("invitation.delivery", "auto"),
    ("federation.mfa", "none"),
    ("auth_method.change", "admin"),
    ("user.removal", "remove_membership"),
    ("groups.self_join", "off"),
    ("locations.enabled", "false"),
    ("password.history", "0"),
    ("password.reuse_window_hours", "0"),
    ("password.max_age_days", "0"),
    ("lock.threshold", "10"),
    ("lock.duration_minutes", "30"),
    ("lock.inactivity_days", "0"),
    ("mfa.step_up_permissions", ""),
    ("reauth.sensitive", "password"),
];

const SAFERPAY: Column = &[
    ("mfa.mode", "optional"),
    ("mfa.methods", "totp"),
    ("mfa.default", "none"),
    ("mfa.user_may_disable", "false"),
    ("mfa.reset_by", "operator"),
    ("recovery.self_service_with_mfa", "require_factor"),
    ("profile.admin_editable", ""),
    ("identifier.mode", "both"),
    ("membership.existing_person", "auto_link"),
    ("invitation.delivery", "auto"),
    ("user.removal", "disable"),
    ("groups.self_join", "off"),
    ("locations.enabled", "true"),
    ("locations.multi_tenant", "deny"),
    ("locations.managed_by", "operator"),
    ("locations.admin_limited", "false"),
    ("password.history", "5"),
    ("password.reuse_window_hours", "24"),
    ("password.max_age_days", "180"),
    ("lock.threshold", "10"),
    ("lock.duration_minutes", "30"),
    ("lock.inactivity_days", "90"),
    ("mfa.step_up_permissions", "pan:decrypt,tx:credit"),
    ("reauth.sensitive", "password"),
];

fn compare(preset: Preset, column: Column) {
    let shown = keys::shown(&preset.policy());
    let plain = keys::shown(&TenantPolicy::default());
    for (key, value) in &shown {
        let cell = column.iter().find(|(name, _)| name == key).map(|(_, cell)| (*cell).to_owned());
        assert_eq!(*value, cell.unwrap_or_else(|| plain[key].clone()), "{preset}: {key}");
    }
    for (key, _) in column {
        assert!(shown.contains_key(*key), "no key {key}");
    }
    assert_eq!(keys::faults(&preset.policy()), Vec::<(String, &str)>::new(), "{preset}");
}

#[test]
fn the_default_is_the_tables_last_column() {
    compare(Preset::Default, DEFAULT);
}

#[test]
fn the_preset_konfipay_is_the_tables_column() {
    compare(Preset::Konfipay, KONFIPAY);
}

#[test]
fn the_preset_promio_is_the_tables_column() {
    compare(Preset::Promio, PROMIO);
}

#[test]
fn the_preset_saferpay_is_the_tables_column() {
    compare(Preset::Saferpay, SAFERPAY);
}
