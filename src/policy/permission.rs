//! Who may arrange what in a tenant: the rights behind `/admin`, and the proof that somebody holds them.
//!
//! A right is an ordinary permission whose name begins with `tenantry:`, so that groups give it like any other
//! (people.md K3). An administrator (the membership's flag, people.md S3) holds every right of the tenant.
use std::collections::BTreeSet;

use crate::model::{
    Membership, MembershipId, MembershipKind, MembershipState, Person, PersonId, PersonState, SupportGrant, SupportId, Tenant, TenantId,
    TenantState, text_enum,
};
use crate::world::Timestamp;

text_enum! {
    /// One right in the administration of a tenant; its text is the permission's name.
    Right {
        /// Create and edit people and invite them (people.md K3, "Enter/edit user").
        People = "tenantry:people",
        /// Arrange groups and what they permit, and put people into them.
        Groups = "tenantry:groups",
        /// Arrange locations (people.md C14).
        Locations = "tenantry:locations",
        /// Change the tenant's rules.
        Policies = "tenantry:policies",
        /// Change the tenant's name, colour, logo and texts.
        Branding = "tenantry:branding",
        /// Read the tenant's audit log.
        Audit = "tenantry:audit",
        /// Join and leave groups oneself, where the group allows it (people.md K47).
        JoinGroups = "tenantry:join_groups",
    }
}

/// What every permission of our own begins with; applications cannot define others of that kind.
pub const RESERVED: &str = "tenantry:";

impl Right {
    /// Is this one that opens `/admin`?
    pub const fn opens_administration(self) -> bool {
        !matches!(self, Self::JoinGroups)
    }
}

/// The proof that a person acts in the administration of one tenant. Only [`TenantScope::of`], [`TenantScope::of_support`]
/// and [`TenantScope::of_operator`] make one, from rows.
#[derive(Clone, Debug)]
pub struct TenantScope {
    tenant: TenantId,
    person: PersonId,
    membership: MembershipId,
    admin: bool,
    permissions: BTreeSet<String>,
    support: Option<SupportId>,
    operator: bool,
}

impl TenantScope {
    /// The scope of a membership with the permissions that its groups give; none unless both are active and something
    /// opens the administration.
    pub fn of(membership: &Membership, tenant: &Tenant, permissions: impl IntoIterator<Item = String>) -> Option<Self> {
        let active = membership.state == MembershipState::Active && tenant.state == TenantState::Active && membership.tenant == tenant.id;
        let scope = Self {
            tenant: tenant.id.clone(),
            person: membership.person.clone(),
            membership: membership.id.clone(),
            admin: membership.admin,
            permissions: permissions.into_iter().collect(),
            support: None,
            operator: false,
        };
        let opens = Right::ALL.iter().any(|right| right.opens_administration() && scope.may(*right));
        (active && opens).then_some(scope)
    }

    /// The scope of an operator whom the tenant let in: every right that opens a page, but not the administrator's flag.
    /// That nothing but people's standing is changed is the door's business.
    pub fn of_support(operator: &Person, tenant: &Tenant, grant: &SupportGrant, now: Timestamp) -> Option<Self> {
        let fits = operator.operator && grant.is_open(now) && grant.tenant == tenant.id && tenant.state == TenantState::Active;
        fits.then(|| Self {
            tenant: tenant.id.clone(),
            person: operator.id.clone(),
            membership: MembershipId::from_text(""),
            admin: false,
            permissions: Right::ALL.iter().filter(|right| right.opens_administration()).map(|right| right.as_str().to_owned()).collect(),
            support: Some(grant.id.clone()),
            operator: false,
        })
    }

    /// The scope of an operator who makes administrators of a tenant that is in use, or its locations where that is the
    /// operators' business. It holds everything, since that is what is given: `service::people::founding` and `locations`
    /// alone work with it, and it opens no door.
    pub fn of_operator(operator: &Person, tenant: &Tenant) -> Option<Self> {
        let fits = operator.operator && operator.state == PersonState::Active && tenant.state == TenantState::Active;
        fits.then(|| Self {
            tenant: tenant.id.clone(),
            person: operator.id.clone(),
            membership: MembershipId::from_text(""),
            admin: true,
            permissions: BTreeSet::new(),
            support: None,
            operator: true,
        })
    }

    /// Does an operator act, who belongs to the tenant in no way?
    pub const fn is_of_operator(&self) -> bool {
        self.operator
    }

    /// By which grant an operator acts; none for people of the tenant.
    pub const fn support(&self) -> Option<&SupportId> {
        self.support.as_ref()
    }

    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Who acts.
    pub const fn person(&self) -> &PersonId {
        &self.person
    }

    pub const fn membership(&self) -> &MembershipId {
        &self.membership
    }

    pub const fn is_admin(&self) -> bool {
        self.admin
    }

    /// What the groups give, beside the flag.
    pub fn permissions(&self) -> impl Iterator<Item = &String> {
        self.permissions.iter()
    }

    pub fn may(&self, right: Right) -> bool {
        self.admin || self.permissions.contains(right.as_str())
    }

    /// Nobody gives away what he does not hold (security.md I04, I08).
    pub fn may_grant<'a>(&self, permissions: impl IntoIterator<Item = &'a str>) -> bool {
        self.admin || permissions.into_iter().all(|permission| self.permissions.contains(permission))
    }

    /// Only an administrator makes or unmakes administrators, and touches one (security.md I10).
    pub const fn may_touch(&self, target: &Membership) -> bool {
        self.admin || !target.admin
    }

    /// Password, factors and links of a person are the business of the home tenant (people.md C28).
    pub fn may_touch_credentials(&self, target: &Membership, person: &Person) -> bool {
        self.is_home_of(target, person) && self.may_touch(target) && !self.is_self(&target.person)
    }

    /// Is the person at home here: made here, or come here by accepting? An invitation alone makes nobody a home's own
    /// (security.md I01), and operators belong to no tenant.
    pub fn is_home_of(&self, target: &Membership, person: &Person) -> bool {
        let never_signed_in = !person.has_password && person.last_login_at.is_none();
        let came = target.state == MembershipState::Active || never_signed_in;
        target.tenant == self.tenant && target.kind == MembershipKind::Home && came && !person.operator
    }

    /// Nobody arranges himself in the administration (people.md S4, C6).
    pub fn is_self(&self, person: &PersonId) -> bool {
        self.person == *person
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TenantPolicy;
    use crate::world::Timestamp;

    fn tenant(state: TenantState) -> Tenant {
        Tenant {
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
            state,
            policy: TenantPolicy::default(),
            created_at: Timestamp::from_micros(0),
        }
    }

    fn membership(person: &str, kind: MembershipKind, state: MembershipState, admin: bool) -> Membership {
        Membership {
            id: MembershipId::from_text(format!("mem_{person}")),
            person: PersonId::from_text(person),
            tenant: TenantId::from_text("ten_1"),
            kind,
            state,
            admin,
            api_access: false,
            limited_to_locations: false,
            last_used_at: None,
            woken_at: None,
            accepted: true,
            created_at: Timestamp::from_micros(0),
        }
    }

    fn scope(admin: bool, permissions: &[&str]) -> Option<TenantScope> {
        let membership = membership("per_1", MembershipKind::Home, MembershipState::Active, admin);
        TenantScope::of(&membership, &tenant(TenantState::Active), permissions.iter().map(|&name| name.to_owned()))
    }

    #[test]
    fn the_administration_opens_by_the_flag_or_by_a_right_alone() {
        assert!(scope(true, &[]).is_some());
        assert!(scope(false, &["tenantry:people"]).is_some());
        assert!(scope(false, &["tenantry:join_groups", "payments:read"]).is_none());
        assert!(scope(false, &[]).is_none());
    }

    #[test]
    fn nobody_acts_in_a_disabled_tenant_or_by_a_membership_that_is_not_active() {
        for state in [MembershipState::Invited, MembershipState::Disabled, MembershipState::Left] {
            let membership = membership("per_1", MembershipKind::Home, state, true);
            assert!(TenantScope::of(&membership, &tenant(TenantState::Active), []).is_none(), "{state}");
        }
        let active = membership("per_1", MembershipKind::Home, MembershipState::Active, true);
        assert!(TenantScope::of(&active, &tenant(TenantState::Disabled), []).is_none());
        assert!(
            TenantScope::of(&Membership { tenant: TenantId::from_text("ten_2"), ..active }, &tenant(TenantState::Active), []).is_none()
        );
    }

    #[test]
    fn i08_nobody_grants_what_he_does_not_hold() {
        let clerk = scope(false, &["tenantry:people", "payments:read"]).expect("opens");
        assert!(clerk.may_grant(["payments:read"]));
        assert!(!clerk.may_grant(["payments:read", "payments:write"]));
        assert!(!clerk.may(Right::Groups));
        let admin = scope(true, &[]).expect("opens");
        assert!(admin.may_grant(["payments:write"]) && admin.may(Right::Policies));
    }

    /// Somebody with a password.
    fn person(id: &str) -> Person {
        Person {
            id: PersonId::from_text(id),
            email: None,
            username: None,
            email_verified: false,
            first_name: "Bea".into(),
            last_name: "Berg".into(),
            locale: crate::model::Locale::En,
            profile: crate::model::Profile::default(),
            state: PersonState::Active,
            disabled_by_operator: false,
            operator: false,
            second_factor: crate::model::FactorKind::None,
            has_password: true,
            password_set_at: None,
            lockout: crate::model::Lockout::default(),
            last_login_at: None,
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
        }
    }

    #[test]
    fn only_an_active_operator_makes_administrators_and_only_where_somebody_can_enter() {
        let olga = Person { operator: true, ..person("per_9") };
        let scope = TenantScope::of_operator(&olga, &tenant(TenantState::Active)).expect("an operator");
        assert!(scope.is_admin() && scope.is_of_operator() && scope.is_self(&olga.id));
        assert!(TenantScope::of_operator(&person("per_9"), &tenant(TenantState::Active)).is_none());
        assert!(TenantScope::of_operator(&olga, &tenant(TenantState::Disabled)).is_none());
        let off = Person { state: PersonState::Deactivated, ..olga };
        assert!(TenantScope::of_operator(&off, &tenant(TenantState::Active)).is_none());
    }

    #[test]
    fn credentials_are_the_business_of_the_home_tenant_and_never_ones_own() {
        let admin = scope(true, &[]).expect("opens");
        let home = membership("per_2", MembershipKind::Home, MembershipState::Active, false);
        let guest = membership("per_2", MembershipKind::Guest, MembershipState::Active, false);
        let own = membership("per_1", MembershipKind::Home, MembershipState::Active, true);
        assert!(admin.may_touch_credentials(&home, &person("per_2")));
        assert!(!admin.may_touch_credentials(&guest, &person("per_2")));
        assert!(!admin.may_touch_credentials(&own, &person("per_1")));
        let clerk = scope(false, &["tenantry:people"]).expect("opens");
        assert!(!clerk.may_touch(&membership("per_3", MembershipKind::Home, MembershipState::Active, true)));
    }

    #[test]
    fn i01_an_invitation_alone_makes_nobody_the_business_of_a_tenant_and_operators_are_nobodys() {
        let admin = scope(true, &[]).expect("opens");
        let invited = membership("per_2", MembershipKind::Home, MembershipState::Invited, false);
        assert!(!admin.may_touch_credentials(&invited, &person("per_2")), "has an account already and accepted nothing");
        let made_here = Person { has_password: false, ..person("per_2") };
        assert!(admin.may_touch_credentials(&invited, &made_here));
        let home = membership("per_2", MembershipKind::Home, MembershipState::Active, false);
        assert!(!admin.may_touch_credentials(&home, &Person { operator: true, ..person("per_2") }));
    }
}
