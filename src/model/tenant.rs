//! Tenants, memberships, groups and locations. What a tenant decides stands in `policy`.
use super::{GroupId, LocationId, MembershipId, PersonId, TenantId, TenantPolicy, text_enum};
use crate::world::Timestamp;

text_enum! { TenantState { Active = "active", Disabled = "disabled" } }
text_enum! { MembershipKind { Home = "home", Guest = "guest" } }
text_enum! { MembershipState { Invited = "invited", Active = "active", Disabled = "disabled", Left = "left" } }

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
    /// File name of a logo in the program, or the id of the picture that was uploaded.
    pub logo: Option<String>,
    /// Who letters about this tenant are from; without one the installation.
    pub sender_name: Option<String>,
    /// Whom people can ask: under sign-in pages and letters.
    pub contact: Option<String>,
    /// One line above its sign-in and invitation pages.
    pub greeting: Option<String>,
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

/// A person in one tenant.
#[derive(Clone, Debug)]
pub struct Membership {
    pub id: MembershipId,
    pub person: PersonId,
    pub tenant: TenantId,
    pub kind: MembershipKind,
    pub state: MembershipState,
    /// The person said yes or entered, or was made here. Only from then on the tenant's rules count for the account (people.md
    /// C19), and it knows the name (security.md I11).
    pub accepted: bool,
    /// May arrange the people of the tenant.
    pub admin: bool,
    /// people.md K35.
    pub api_access: bool,
    /// people.md S41: false means access to every location.
    pub limited_to_locations: bool,
    pub last_used_at: Option<Timestamp>,
    /// An administrator forgave that it was not used for long.
    pub woken_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl Membership {
    /// Since when nobody was here: from this moment its idleness counts (people.md C23). One that was never used counts
    /// from its beginning.
    pub fn idle_since(&self) -> Timestamp {
        let used = self.last_used_at.unwrap_or(self.created_at);
        self.woken_at.map_or(used, |woken| woken.max(used))
    }
}

/// A named set of permissions inside a tenant.
#[derive(Clone, Debug)]
pub struct Group {
    pub id: GroupId,
    pub tenant: TenantId,
    pub name: String,
    /// May members with the right to do so join by themselves, and leave (people.md C13)?
    pub self_join: bool,
    pub self_leave: bool,
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
