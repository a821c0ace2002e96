//! Two tenants, each with an administrator, and an application: the place where the administration's use cases are tried.
use std::time::Duration;

use tenantry::model::{
    FactorKind, InvitationMethod, Locale, Membership, MembershipKind, MembershipState, Person, PersonId, Tenant, TenantPolicy,
};
use tenantry::policy::permission::TenantScope;
use tenantry::service::Network;
use tenantry::service::people::acting::{Acting, Refusal};
use tenantry::service::people::create::{Created, Handing, NewMember, Reach, create};

use crate::harness::relying_party::RelyingParty;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::Someone;

pub struct Desk {
    pub t: Tenantry,
    pub acme: Tenant,
    pub globex: Tenant,
    pub marie: Someone,
    pub gil: Someone,
    pub party: RelyingParty,
    network: Network,
}

impl Desk {
    pub async fn set() -> Self {
        Self::with(|_| {}).await
    }

    /// Acme has other rules.
    pub async fn with(policy: impl FnOnce(&mut TenantPolicy)) -> Self {
        let t = Tenantry::start().await;
        let (acme, globex) = (t.tenant_with("acme", policy).await, t.tenant("globex").await);
        let (marie, gil) = (t.member(&acme, "marie@acme.example").await, t.member(&globex, "gil@globex.example").await);
        let party = t.party().await;
        let desk = Self { t, acme, globex, marie, gil, party, network: Network::local() };
        desk.db_admin(&desk.marie.id, &desk.acme).await;
        desk.db_admin(&desk.gil.id, &desk.globex).await;
        desk
    }

    pub async fn db_admin(&self, person: &PersonId, tenant: &Tenant) {
        let membership = self.membership(person, tenant).await;
        self.t.app.store.write(async |w| w.set_admin(&membership.id, true).await).await.unwrap();
    }

    /// A member of Acme whose one group permits these.
    pub async fn clerk(&self, name: &str, permissions: &[&str]) -> Someone {
        let clerk = self.t.member(&self.acme, &format!("{name}@acme.example")).await;
        let permissions: Vec<(&str, bool)> = permissions.iter().map(|permission| (*permission, false)).collect();
        let group = self.t.group(&self.acme, &format!("Group of {name}"), &permissions).await;
        self.t.put_into(&group, &clerk).await;
        clerk
    }

    pub async fn membership(&self, person: &PersonId, tenant: &Tenant) -> Membership {
        let found = self.t.app.store.read(async |r| r.membership(person, &tenant.id).await).await.unwrap();
        found.expect("the person is in the tenant")
    }

    pub async fn person(&self, id: &PersonId) -> Person {
        self.t.app.store.read(async |r| r.person(id).await).await.unwrap().unwrap()
    }

    /// The proof that somebody acts in a tenant, made of rows as the consoles make it.
    pub async fn scope(&self, person: &PersonId, tenant: &Tenant) -> TenantScope {
        let membership = self.membership(person, tenant).await;
        let details = self.t.app.store.read(async |r| r.membership_details(&membership.id).await).await.unwrap();
        TenantScope::of(&membership, tenant, details.permissions.into_iter().map(|permission| permission.name)).expect("a right")
    }

    pub fn acting<'a>(&'a self, scope: &'a TenantScope) -> Acting<'a> {
        Acting { app: &self.t.app, scope, network: &self.network, now: self.t.now() }
    }

    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// Marie creates somebody.
    pub async fn create(&self, new: NewMember) -> Result<Created, Refusal> {
        let scope = self.scope(&self.marie.id, &self.acme).await;
        create(&self.acting(&scope), new).await.unwrap()
    }

    /// How often the audit trail says this.
    pub async fn noted(&self, action: &str, outcome: &str) -> usize {
        let since = self.t.now().minus(Duration::from_secs(3600));
        let events = self.t.app.store.read(async |r| r.audit_since(since, 10_000).await).await.unwrap();
        events.iter().filter(|event| event.action == action && event.outcome == outcome).count()
    }
}

/// Somebody with an address, in no group, told by letter.
pub fn verified(email: &str) -> NewMember {
    NewMember {
        reach: Reach::Email(email.to_owned()),
        first_name: "Nora".to_owned(),
        last_name: "Newman".to_owned(),
        locale: Locale::En,
        groups: Vec::new(),
        locations: None,
        api_access: false,
        admin: false,
        method: InvitationMethod::Password,
        handing: Handing::Letter,
    }
}

/// Somebody without one, whose link is handed over.
pub fn nameless() -> NewMember {
    NewMember { reach: Reach::Username(None), handing: Handing::Link, ..verified("") }
}

/// What a list says of a membership: kind and state.
pub const fn stand(membership: &Membership) -> (MembershipKind, MembershipState) {
    (membership.kind, membership.state)
}

/// Nobody can be sent a code without an address.
pub const FACTORS: (FactorKind, FactorKind) = (FactorKind::Email, FactorKind::None);
