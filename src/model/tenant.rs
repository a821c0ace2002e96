//! Tenants, their policy, memberships, groups and locations.
use serde::{Deserialize, Serialize};

use super::{GroupId, LocationId, MembershipId, PersonId, TenantId, text_enum};
use crate::world::Timestamp;

text_enum! { TenantState { Active = "active", Disabled = "disabled" } }
text_enum! { MembershipKind { Home = "home", Guest = "guest" } }
text_enum! { MembershipState { Invited = "invited", Active = "active", Disabled = "disabled", Left = "left" } }
text_enum! {
    /// people.md C1 `mfa.mode`.
    MfaMode { Off = "off", Optional = "optional", DefaultOn = "default_on", Required = "required" }
}
text_enum! {
    /// people.md C10 `federation.mfa`.
    FederationMfa { TrustUpstream = "trust_upstream", Local = "local", None = "none" }
}

text_enum! {
    /// Who may let a device in with a code (security.md N01).
    DeviceSignIn { Everybody = "everybody", NotAdmins = "not_admins", Nobody = "nobody" }
}

/// A customer organisation (people.md C21).
#[derive(Clone, Debug)]
pub struct Tenant {
    pub id: TenantId,
    /// Customer or company ID, unique.
    pub number: String,
    /// URL-safe handle, unique, changeable.
    pub slug: String,
    pub name: String,
    /// Display name that the tenant chose; never a key.
    pub alias: Option<String>,
    /// `#rrggbb`
    pub color: Option<String>,
    /// File name of the logo below `/assets/logo/`, when one was uploaded.
    pub logo: Option<String>,
    pub state: TenantState,
    pub policy: TenantPolicy,
    pub created_at: Timestamp,
}

impl Tenant {
    /// What people see: the alias, else the name.
    pub fn display_name(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }

    /// Is this the tenant that `tenant=` names: by id, number or slug (protocol.md §3)?
    pub fn is_called(&self, handle: &str) -> bool {
        self.id.as_str() == handle || self.number == handle || self.slug == handle
    }
}

/// The policy keys of people.md "One product" that this version obeys. Missing keys take the default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TenantPolicy {
    pub mfa_mode: MfaMode,
    /// Does a code by e-mail satisfy `mfa_mode = required` at sign-in? (C26)
    pub mfa_email_satisfies_login: bool,
    pub mfa_user_may_disable: bool,
    pub federation_mfa: FederationMfa,
    pub lock_threshold: u32,
    pub lock_duration_minutes: u32,
    /// Days without entering this tenant after which the membership is locked; 0 is never (C23).
    pub lock_inactivity_days: u32,
    pub session_idle_minutes: u32,
    pub session_absolute_hours: u32,
    pub device_sign_in: DeviceSignIn,
}

impl Default for TenantPolicy {
    fn default() -> Self {
        Self {
            mfa_mode: MfaMode::DefaultOn,
            mfa_email_satisfies_login: true,
            mfa_user_may_disable: true,
            federation_mfa: FederationMfa::TrustUpstream,
            lock_threshold: 10,
            lock_duration_minutes: 30,
            lock_inactivity_days: 90,
            session_idle_minutes: 8 * 60,
            session_absolute_hours: 24,
            device_sign_in: DeviceSignIn::NotAdmins,
        }
    }
}

/// A person in one tenant.
#[derive(Clone, Debug)]
pub struct Membership {
    pub id: MembershipId,
    pub person: PersonId,
    pub tenant: TenantId,
    pub kind: MembershipKind,
    pub state: MembershipState,
    /// May arrange the people of the tenant.
    pub admin: bool,
    /// people.md K35.
    pub api_access: bool,
    /// people.md S41: false means access to every location.
    pub limited_to_locations: bool,
    pub last_used_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// A named set of permissions inside a tenant.
#[derive(Clone, Debug)]
pub struct Group {
    pub id: GroupId,
    pub tenant: TenantId,
    pub name: String,
    pub permissions: Vec<Permission>,
}

/// A permission's name and whether it needs a session with a strong second factor (protocol.md §3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    pub name: String,
    pub requires_2fa: bool,
}

#[derive(Clone, Debug)]
pub struct Location {
    pub id: LocationId,
    pub tenant: TenantId,
    pub name: String,
    pub website: Option<String>,
}

/// What tokens say about a membership: loaded in one go for the claims.
#[derive(Clone, Debug, Default)]
pub struct MembershipDetails {
    /// Group names, sorted.
    pub groups: Vec<String>,
    /// Sorted by name, without duplicates.
    pub permissions: Vec<Permission>,
    /// Location ids, sorted; empty with `limited_to_locations = false` means all.
    pub locations: Vec<String>,
}
