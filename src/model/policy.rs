//! What a tenant decides about people and sign-in: the policy keys of people.md "One product" (C1 to C28).
//!
//! A key is called `mfa.mode` outside and `mfa_mode` here and in the stored JSON. A number of 0 is "never" or "none".
use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};

use super::{Acr, FactorKind, Permission, text_enum};

text_enum! {
    /// people.md C1 `mfa.mode`, from the laxest to the strictest.
    MfaMode { Off = "off", Optional = "optional", DefaultOn = "default_on", Required = "required" }
}
text_enum! {
    /// A kind of second factor that a tenant lets people use (people.md C1 `mfa.methods`).
    MfaMethod { Email = "email", Totp = "totp", Passkey = "passkey" }
}
text_enum! {
    /// Who may take somebody's second factor away (people.md C4 `mfa.reset_by`).
    MfaReset { Person = "self", TenantAdmin = "tenant_admin", Operator = "operator" }
}
text_enum! {
    /// What a code by e-mail is good for (people.md C26): nothing, the tenant's demand at sign-in, or also permissions
    /// that want a second factor. What tokens say about it (`acr`, `amr`) stays the same.
    EmailSatisfies { Nothing = "none", Login = "login", StepUp = "step_up" }
}
text_enum! {
    /// people.md C10 `federation.mfa`.
    FederationMfa { TrustUpstream = "trust_upstream", Local = "local", None = "none" }
}
text_enum! {
    /// May people with a second factor choose a new password by letter (people.md C3)? Never without that factor.
    Recovery { Deny = "deny", RequireFactor = "require_factor" }
}
text_enum! {
    /// What the tenant's administrators may change about other people (people.md C5); the e-mail address never.
    ProfileField { FirstName = "first_name", LastName = "last_name", Locale = "locale", Picture = "picture" }
}
text_enum! {
    /// May administrators change themselves in the administration (people.md C6)? Never their own rights or state.
    SelfEdit { Nothing = "none", NonPrivileged = "non_privileged" }
}
text_enum! {
    /// What people type to sign in (people.md C7).
    IdentifierMode { Email = "email", Username = "username", Both = "both" }
}
text_enum! {
    /// What happens when the address of a new person is known already (people.md C8).
    ExistingPerson { Invite = "invite", AutoLink = "auto_link" }
}
text_enum! {
    /// How an invitation leaves (people.md C9).
    Delivery { Ask = "ask", Auto = "auto", Link = "link" }
}
text_enum! {
    /// Who may change how a person signs in (people.md C11).
    MethodChange { Never = "never", Admin = "admin", User = "user" }
}
text_enum! {
    /// How far a removal goes (people.md C12).
    Removal { Disable = "disable", RemoveMembership = "remove_membership", ErasePerson = "erase_person" }
}
text_enum! {
    /// May people join and leave groups themselves (people.md C13)?
    SelfJoin { WithPermission = "with_permission", Off = "off" }
}
text_enum! {
    /// people.md C14 `locations.multi_tenant`.
    MultiTenant { Allow = "allow", Deny = "deny" }
}
text_enum! {
    /// people.md S43 `locations.managed_by`.
    LocationsBy { TenantAdmin = "tenant_admin", Operator = "operator" }
}
text_enum! {
    /// What a sensitive change asks for beside a recent sign-in (people.md C25), from the laxest to the strictest.
    Reauth { Password = "password", EmailCode = "email_code", Factor = "factor" }
}
text_enum! {
    /// Who may touch the credentials of a person with several tenants (people.md C28).
    CredentialsScope { HomeOnly = "home_only", Operator = "operator" }
}
text_enum! {
    /// Who may let a device in with a code (security.md N01).
    DeviceSignIn { Everybody = "everybody", NotAdmins = "not_admins", Nobody = "nobody" }
}

/// All rules of a tenant. Missing keys take the default; the keys of earlier versions are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TenantPolicy {
    pub mfa_mode: MfaMode,
    pub mfa_methods: BTreeSet<MfaMethod>,
    /// The second factor that a new person begins with (people.md K19); only `none` and `email` need no set-up.
    pub mfa_default: FactorKind,
    /// Ignored while the mode is `required` (C2).
    pub mfa_user_may_disable: bool,
    pub mfa_reset_by: BTreeSet<MfaReset>,
    /// Earlier versions stored `mfa_email_satisfies_login`, true or false.
    #[serde(alias = "mfa_email_satisfies_login", deserialize_with = "email_satisfies")]
    pub mfa_email_satisfies: EmailSatisfies,
    /// Permissions that want a second factor in this tenant, beside those that want it everywhere (people.md S55).
    pub mfa_step_up_permissions: BTreeSet<String>,
    pub federation_mfa: FederationMfa,
    pub recovery_self_service_with_mfa: Recovery,
    pub profile_admin_editable: BTreeSet<ProfileField>,
    pub admin_self_edit: SelfEdit,
    pub identifier_mode: IdentifierMode,
    pub membership_existing_person: ExistingPerson,
    pub invitation_delivery: Delivery,
    pub auth_method_change: MethodChange,
    pub user_removal: Removal,
    /// Days for which an account that is to be erased can still be brought back (people.md C12).
    pub user_retention_days: u32,
    /// Days for which the tenant's audit log is kept; 0: for ever.
    pub audit_retention_days: u32,
    pub groups_self_join: SelfJoin,
    pub locations_enabled: bool,
    pub locations_multi_tenant: MultiTenant,
    pub locations_managed_by: LocationsBy,
    /// May an administrator be limited to locations (people.md S44)?
    pub locations_admin_limited: bool,
    /// Scopes to which the limits of locations do not apply (people.md S46).
    pub locations_exempt_scopes: BTreeSet<String>,
    pub password_min_length: u32,
    /// So many former passwords cannot be used again.
    pub password_history: u32,
    /// Nor can any that was in use in these hours.
    pub password_reuse_window_hours: u32,
    /// Hours for which a new password stays before the person may change it again.
    pub password_min_age_hours: u32,
    /// Days after which a password has to be renewed.
    pub password_max_age_days: u32,
    pub lock_threshold: u32,
    pub lock_duration_minutes: u32,
    /// Days without entering this tenant after which the membership is locked (C23).
    pub lock_inactivity_days: u32,
    pub reauth_sensitive: Reauth,
    pub credentials_admin_scope: CredentialsScope,
    pub session_idle_minutes: u32,
    pub session_absolute_hours: u32,
    pub device_sign_in: DeviceSignIn,
}

impl Default for TenantPolicy {
    fn default() -> Self {
        Self {
            mfa_mode: MfaMode::DefaultOn,
            mfa_methods: MfaMethod::ALL.iter().copied().collect(),
            mfa_default: FactorKind::Email,
            mfa_user_may_disable: false,
            mfa_reset_by: [MfaReset::TenantAdmin].into(),
            mfa_email_satisfies: EmailSatisfies::Login,
            mfa_step_up_permissions: BTreeSet::new(),
            federation_mfa: FederationMfa::TrustUpstream,
            recovery_self_service_with_mfa: Recovery::RequireFactor,
            profile_admin_editable: [ProfileField::FirstName, ProfileField::LastName].into(),
            admin_self_edit: SelfEdit::Nothing,
            identifier_mode: IdentifierMode::Email,
            membership_existing_person: ExistingPerson::Invite,
            invitation_delivery: Delivery::Ask,
            auth_method_change: MethodChange::Admin,
            user_removal: Removal::RemoveMembership,
            user_retention_days: 30,
            audit_retention_days: 0,
            groups_self_join: SelfJoin::WithPermission,
            locations_enabled: true,
            locations_multi_tenant: MultiTenant::Allow,
            locations_managed_by: LocationsBy::TenantAdmin,
            locations_admin_limited: false,
            locations_exempt_scopes: BTreeSet::new(),
            password_min_length: 12,
            password_history: 5,
            password_reuse_window_hours: 24,
            password_min_age_hours: 0,
            password_max_age_days: 0,
            lock_threshold: 10,
            lock_duration_minutes: 30,
            lock_inactivity_days: 90,
            reauth_sensitive: Reauth::EmailCode,
            credentials_admin_scope: CredentialsScope::HomeOnly,
            session_idle_minutes: 8 * 60,
            session_absolute_hours: 24,
            device_sign_in: DeviceSignIn::NotAdmins,
        }
    }
}

impl TenantPolicy {
    /// May people of this tenant prove themselves with this kind of second factor?
    pub fn offers(&self, kind: FactorKind) -> bool {
        match kind {
            FactorKind::None => true,
            FactorKind::Email => self.mfa_methods.contains(&MfaMethod::Email),
            FactorKind::Totp => self.mfa_methods.contains(&MfaMethod::Totp),
            FactorKind::Passkey => self.mfa_methods.contains(&MfaMethod::Passkey),
        }
    }

    /// The second factor that a new person of this tenant begins with (people.md K19).
    pub fn first_factor(&self, has_email: bool) -> FactorKind {
        let codes = self.mfa_default == FactorKind::Email && has_email && self.mfa_mode != MfaMode::Off;
        if codes { FactorKind::Email } else { FactorKind::None }
    }

    /// The rung from which on permissions that want a step-up count (people.md C26).
    pub fn step_up_needs(&self) -> Acr {
        if self.mfa_email_satisfies == EmailSatisfies::StepUp { Acr::Email } else { Acr::Mfa }
    }

    /// Does this permission count only with a strong second factor (protocol.md §3, people.md S55)?
    pub fn wants_step_up(&self, permission: &Permission) -> bool {
        permission.requires_2fa || self.mfa_step_up_permissions.contains(&permission.name)
    }

    /// Does a code by e-mail meet this tenant's demand for a second factor (people.md C26)?
    pub fn email_is_enough(&self) -> bool {
        self.mfa_email_satisfies >= EmailSatisfies::Login && self.offers(FactorKind::Email)
    }
}

/// The key as it is now, or the yes or no of earlier versions.
fn email_satisfies<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EmailSatisfies, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Now(EmailSatisfies),
        Before(bool),
    }
    Ok(match Stored::deserialize(deserializer)? {
        Stored::Now(value) => value,
        Stored::Before(true) => EmailSatisfies::Login,
        Stored::Before(false) => EmailSatisfies::Nothing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_that_earlier_versions_stored_are_read() {
        let stored = r#"{"mfa_mode":"required","mfa_email_satisfies_login":false,"mfa_user_may_disable":true,
            "federation_mfa":"local","lock_threshold":7,"lock_duration_minutes":60,"lock_inactivity_days":0,
            "session_idle_minutes":5,"session_absolute_hours":12,"device_sign_in":"nobody"}"#;

        let policy: TenantPolicy = serde_json::from_str(stored).expect("readable");

        let expected = TenantPolicy {
            mfa_mode: MfaMode::Required,
            mfa_email_satisfies: EmailSatisfies::Nothing,
            mfa_user_may_disable: true,
            federation_mfa: FederationMfa::Local,
            lock_threshold: 7,
            lock_duration_minutes: 60,
            lock_inactivity_days: 0,
            session_idle_minutes: 5,
            session_absolute_hours: 12,
            device_sign_in: DeviceSignIn::Nobody,
            ..TenantPolicy::default()
        };
        assert_eq!(policy, expected);
        let enough: TenantPolicy = serde_json::from_str(r#"{"mfa_email_satisfies_login":true}"#).expect("readable");
        assert_eq!(enough.mfa_email_satisfies, EmailSatisfies::Login);
        assert_eq!(serde_json::from_str::<TenantPolicy>("{}").expect("readable"), TenantPolicy::default());
    }

    #[test]
    fn what_is_written_is_read_again_and_unknown_keys_are_refused() {
        let policy = TenantPolicy {
            mfa_methods: [MfaMethod::Totp].into(),
            mfa_email_satisfies: EmailSatisfies::StepUp,
            mfa_reset_by: [MfaReset::Person, MfaReset::Operator].into(),
            locations_exempt_scopes: ["batch".to_owned()].into(),
            ..TenantPolicy::default()
        };
        let text = serde_json::to_string(&policy).expect("written");

        assert_eq!(serde_json::from_str::<TenantPolicy>(&text).expect("readable"), policy);
        assert!(serde_json::from_str::<TenantPolicy>(r#"{"mfa_made_up":1}"#).is_err());
    }

    #[test]
    fn k19_new_people_begin_with_codes_by_email_where_the_tenant_says_so() {
        let konfipay = TenantPolicy::default();
        let promio = TenantPolicy { mfa_default: FactorKind::None, ..TenantPolicy::default() };

        assert_eq!((konfipay.first_factor(true), konfipay.first_factor(false)), (FactorKind::Email, FactorKind::None));
        assert_eq!(promio.first_factor(true), FactorKind::None);
        let off = TenantPolicy { mfa_mode: MfaMode::Off, ..konfipay };
        assert_eq!(off.first_factor(true), FactorKind::None);
    }

    #[test]
    fn c26_a_code_by_email_counts_where_the_tenant_lets_it() {
        let cases = [(EmailSatisfies::Nothing, false), (EmailSatisfies::Login, true), (EmailSatisfies::StepUp, true)];
        for (mfa_email_satisfies, enough) in cases {
            let policy = TenantPolicy { mfa_email_satisfies, ..TenantPolicy::default() };
            assert_eq!(policy.email_is_enough(), enough, "{mfa_email_satisfies}");
            assert!(!TenantPolicy { mfa_methods: [MfaMethod::Totp].into(), ..policy }.email_is_enough());
        }
    }
}
