//! The presets of people.md "One product": what konfipay, promio.connect and Saferpay Backoffice do, as rules of a tenant.
//!
//! A preset is a starting point that is copied into a tenant; a later [`VERSION`] changes no tenant by itself.
use std::collections::BTreeSet;

use super::permission::Right;
use crate::model::{
    Delivery, ExistingPerson, FactorKind, FederationMfa, IdentifierMode, LocationsBy, MethodChange, MfaMethod, MfaMode, MfaReset,
    MultiTenant, ProfileField, Reauth, Recovery, Removal, SelfJoin, TenantPolicy, text_enum,
};

/// Raised when any cell of any preset changes; written into the audit trail beside the preset's name.
pub const VERSION: u32 = 1;

text_enum! {
    Preset { Default = "default", Konfipay = "konfipay", Promio = "promio", Saferpay = "saferpay" }
}

/// A group that a tenant has from its first day on. Afterwards it is a group like any other: renamed, filled, given more
/// permissions or deleted by whoever arranges groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltInGroup {
    pub name: &'static str,
    pub rights: &'static [Right],
}

impl Preset {
    /// The groups that a tenant brings along when it is made under this preset. konfipay alone names some (people.md K3);
    /// the roles of Saferpay are made by its administrators, whose own role is the membership's flag (S3, S11).
    ///
    /// A tenant that takes the preset later keeps the groups that it has and gets none: how its people are grouped is
    /// their own business by then, and no group appears that nobody asked for.
    pub const fn groups(self) -> &'static [BuiltInGroup] {
        const MAKES_PEOPLE: &[Right] = &[Right::People];
        match self {
            Self::Konfipay => &[
                BuiltInGroup { name: "Admin", rights: MAKES_PEOPLE },
                BuiltInGroup { name: "Full access", rights: MAKES_PEOPLE },
                BuiltInGroup { name: "Management", rights: MAKES_PEOPLE },
            ],
            Self::Default | Self::Promio | Self::Saferpay => &[],
        }
    }

    /// All rules of the preset.
    pub fn policy(self) -> TenantPolicy {
        match self {
            Self::Default => TenantPolicy::default(),
            Self::Konfipay => konfipay(),
            Self::Promio => promio(),
            Self::Saferpay => saferpay(),
        }
    }
}

/// people.md K: e-mail codes for everybody from the start, an app for who wants; sign-in with Microsoft for life.
fn konfipay() -> TenantPolicy {
    TenantPolicy {
        mfa_mode: MfaMode::DefaultOn,
        mfa_methods: [MfaMethod::Email, MfaMethod::Totp].into(),
        mfa_default: FactorKind::Email,
        mfa_user_may_disable: true,
        mfa_reset_by: [MfaReset::Person, MfaReset::TenantAdmin].into(),
        recovery_self_service_with_mfa: Recovery::RequireFactor,
        profile_admin_editable: [ProfileField::FirstName, ProfileField::LastName].into(),
        identifier_mode: IdentifierMode::Email,
        membership_existing_person: ExistingPerson::Invite,
        invitation_delivery: Delivery::Ask,
        federation_mfa: FederationMfa::TrustUpstream,
        auth_method_change: MethodChange::Never,
        user_removal: Removal::RemoveMembership,
        groups_self_join: SelfJoin::WithPermission,
        locations_enabled: false,
        password_history: 0,
        password_reuse_window_hours: 0,
        password_max_age_days: 0,
        lock_threshold: 10,
        lock_duration_minutes: 30,
        lock_inactivity_days: 0,
        // K26: a code by e-mail confirms a new password.
        reauth_sensitive: Reauth::EmailCode,
        ..TenantPolicy::default()
    }
}

/// people.md P: company ID and user name, an app for who wants; whoever lost something asks a colleague.
fn promio() -> TenantPolicy {
    TenantPolicy {
        mfa_mode: MfaMode::Optional,
        mfa_methods: [MfaMethod::Totp].into(),
        mfa_default: FactorKind::None,
        mfa_user_may_disable: true,
        mfa_reset_by: [MfaReset::TenantAdmin].into(),
        recovery_self_service_with_mfa: Recovery::Deny,
        profile_admin_editable: [ProfileField::FirstName, ProfileField::LastName].into(),
        identifier_mode: IdentifierMode::Username,
        membership_existing_person: ExistingPerson::Invite,
        invitation_delivery: Delivery::Auto,
        federation_mfa: FederationMfa::None,
        auth_method_change: MethodChange::Admin,
        user_removal: Removal::RemoveMembership,
        groups_self_join: SelfJoin::Off,
        locations_enabled: false,
        password_history: 0,
        password_reuse_window_hours: 0,
        password_max_age_days: 0,
        lock_threshold: 10,
        lock_duration_minutes: 30,
        lock_inactivity_days: 0,
        reauth_sensitive: Reauth::Password,
        ..TenantPolicy::default()
    }
}

/// people.md S: individual or generated names, an app for who wants and never without it again, locations.
fn saferpay() -> TenantPolicy {
    TenantPolicy {
        mfa_mode: MfaMode::Optional,
        mfa_methods: [MfaMethod::Totp].into(),
        mfa_default: FactorKind::None,
        mfa_user_may_disable: false,
        mfa_reset_by: [MfaReset::Operator].into(),
        recovery_self_service_with_mfa: Recovery::RequireFactor,
        profile_admin_editable: BTreeSet::new(),
        identifier_mode: IdentifierMode::Both,
        membership_existing_person: ExistingPerson::AutoLink,
        // For people without an e-mail address every delivery is a link that is handed over (S19).
        invitation_delivery: Delivery::Auto,
        user_removal: Removal::Disable,
        groups_self_join: SelfJoin::Off,
        locations_enabled: true,
        locations_multi_tenant: MultiTenant::Deny,
        locations_managed_by: LocationsBy::Operator,
        password_history: 5,
        password_reuse_window_hours: 24,
        password_max_age_days: 180,
        lock_threshold: 10,
        lock_duration_minutes: 30,
        lock_inactivity_days: 90,
        // S53: the app is set up with the sign-in password.
        reauth_sensitive: Reauth::Password,
        mfa_step_up_permissions: ["pan:decrypt".to_owned(), "tx:credit".to_owned()].into(),
        ..TenantPolicy::default()
    }
}

#[cfg(test)]
#[path = "presets/tests.rs"]
mod tests;
