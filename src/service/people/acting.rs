//! Who acts in the administration of a tenant, and how what he may not do ends: as a value, and in the audit trail.
use serde_json::{Value, json};

use super::super::audit::{Event, record_from};
use super::super::change::Change;
use super::super::support::marked;
use super::super::{Failure, Network};
use crate::app::App;
use crate::model::{Group, Location, LocationId, Membership, MembershipState, Person, PersonId, PersonState, Tenant, TenantId};
use crate::policy::permission::{Right, TenantScope};
use crate::store::{Read, Seat, StoreError, Write};
use crate::world::Timestamp;

/// An administrator at work. The scope is the proof that he may be there; each use case asks it for the right.
#[derive(Clone, Copy)]
pub struct Acting<'a> {
    pub app: &'a App,
    pub scope: &'a TenantScope,
    pub network: &'a Network,
    pub now: Timestamp,
}

/// Why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such row in this tenant: unknown and foreign ones look alike.
    NotFound,
    /// The one who asks lacks this right.
    Right(Right),
    /// Nobody arranges himself (people.md S4).
    Oneself,
    /// Only an administrator touches, makes and unmakes administrators (security.md I10).
    OfAnAdmin,
    /// More would be given or taken than the one who asks holds (security.md I04, I08).
    NotHeld,
    /// The tenant would be without an administrator (security.md I10).
    LastAdmin,
    /// The business of the person's home tenant (people.md C28).
    OtherHome,
    /// An operator deactivated the person.
    ByOperator,
    /// The tenant's rules do not allow it.
    Rules,
    /// Somebody else changed it since the form was shown.
    Meanwhile,
    /// The state that it is in does not allow it; told to the person as it stands.
    NotNow,
    /// There is no address to write to (people.md S19).
    NoEmail,
    /// The person is in this tenant already.
    AlreadyHere,
    /// Somebody or something has this already: which field.
    Taken(&'static str),
    /// Field, and what it must look like.
    Invalid(&'static str, &'static str),
}

impl Refusal {
    /// Is it a matter of who asks, not of what was typed? Those are written down (security.md 2).
    pub const fn is_of_rights(self) -> bool {
        !matches!(self, Self::Invalid(..) | Self::Taken(_) | Self::AlreadyHere | Self::Meanwhile | Self::NotNow | Self::NoEmail)
    }

    const fn outcome(self) -> &'static str {
        match self {
            Self::NotFound => "refused: not found",
            Self::Right(_) => "refused: right",
            Self::Oneself => "refused: oneself",
            Self::OfAnAdmin => "refused: administrator",
            Self::NotHeld => "refused: not held",
            Self::LastAdmin => "refused: last administrator",
            Self::OtherHome => "refused: other home",
            Self::ByOperator => "refused: operator",
            Self::Rules => "refused: rules",
            _ => "refused",
        }
    }
}

/// What a use case gives: done, or why not; failures are what nobody expected.
pub type Outcome<T> = Result<Result<T, Refusal>, Failure>;
/// The same inside a transaction.
pub type Held<T> = Result<Result<T, Refusal>, StoreError>;

/// The value, or the refusal as the answer of the whole closure.
macro_rules! allowed {
    ($outcome:expr) => {
        match $outcome {
            Ok(value) => value,
            Err(refusal) => return Ok(Err(refusal)),
        }
    };
}
pub(in crate::service) use allowed;

/// What is being tried: for the audit trail.
#[derive(Clone, Copy)]
pub struct Deed<'a> {
    /// Any of these rights is enough.
    pub rights: &'a [Right],
    pub action: &'static str,
    /// To whom or what.
    pub subject: &'a str,
}

impl Acting<'_> {
    /// What the use cases of commands take.
    pub(in crate::service) fn change(&self) -> Change<'_> {
        let (actor, network) = (self.scope.person().as_str(), self.network.as_str());
        Change { store: &self.app.store, entropy: &*self.app.entropy, now: self.now, actor, network }
    }

    pub const fn tenant(&self) -> &TenantId {
        self.scope.tenant()
    }

    /// The tenant with its rules, from memory.
    pub(in crate::service) fn house(&self) -> Result<std::sync::Arc<Tenant>, Failure> {
        self.app.registered().tenants.get(self.tenant()).cloned().ok_or(Failure::Stored("tenant"))
    }

    /// Does one thing in one transaction, if one of the rights is there. Other changes of this tenant's people wait, and
    /// what the one who asks may is looked at again, so that two who unmake each other at once do not both succeed.
    /// A refusal undoes everything and is written down.
    pub(in crate::service) async fn attempt<T>(&self, deed: Deed<'_>, work: impl AsyncFnOnce(&mut Write) -> Held<T>) -> Outcome<T> {
        self.attempt_across(deed, std::slice::from_ref(self.tenant()), work).await
    }

    /// As [`Acting::attempt`], for what concerns other tenants, too: `tenants` are all of them, sorted, so that two who
    /// hold the same ones never wait for each other in a circle.
    pub(in crate::service) async fn attempt_across<T>(
        &self,
        deed: Deed<'_>,
        tenants: &[TenantId],
        work: impl AsyncFnOnce(&mut Write) -> Held<T>,
    ) -> Outcome<T> {
        let lacking = deed.rights.iter().all(|right| !self.scope.may(*right)).then(|| deed.rights[0]);
        let outcome = match lacking {
            Some(right) => Err(Refusal::Right(right)),
            None => {
                self.app
                    .store
                    .write_or_undo(async |w| {
                        for tenant in tenants {
                            w.hold_tenant(tenant).await?;
                        }
                        if !self.still_acts(w).await? {
                            return Ok(Err(Refusal::Right(deed.rights[0])));
                        }
                        work(w).await
                    })
                    .await?
            }
        };
        if let Err(refusal) = outcome
            && refusal.is_of_rights()
        {
            let event = self.event(deed.action, deed.subject, refusal.outcome(), Value::Null);
            self.app.store.write(async |w| record_from(self.app, w, event, self.network, self.now).await).await?;
        }
        Ok(outcome)
    }

    /// The scope was made of rows that may be a moment old.
    async fn still_acts(&self, w: &mut Write) -> Result<bool, StoreError> {
        if self.scope.is_of_operator() {
            let operator = w.person(self.scope.person()).await?;
            let tenant = w.tenant(self.tenant()).await?;
            let fits = |(operator, tenant): (Person, Tenant)| TenantScope::of_operator(&operator, &tenant).is_some();
            return Ok(operator.zip(tenant).is_some_and(fits) && !w.tenant_has_ended(self.tenant()).await?);
        }
        if let Some(grant) = self.scope.support() {
            let open = w.open_support(self.tenant(), self.now).await?.is_some_and(|open| open.id == *grant);
            let operator = w.person(self.scope.person()).await?;
            return Ok(open && operator.is_some_and(|person| person.operator && person.state == PersonState::Active));
        }
        let Some(seat) = w.seat(self.scope.person(), self.tenant()).await? else { return Ok(false) };
        if seat.person.state != PersonState::Active || seat.membership.state != MembershipState::Active {
            return Ok(false);
        }
        if self.scope.is_admin() {
            return Ok(seat.membership.admin);
        }
        let held = w.membership_details(&seat.membership.id).await?.permissions;
        Ok(self.scope.permissions().all(|name| held.iter().any(|permission| permission.name == *name)))
    }

    /// A person of this tenant whom one may arrange.
    pub(in crate::service) async fn other(&self, r: &mut Read, person: &PersonId) -> Held<Seat> {
        let Some(seat) = r.seat(person, self.tenant()).await? else { return Ok(Err(Refusal::NotFound)) };
        if seat.membership.state == MembershipState::Left {
            return Ok(Err(Refusal::NotFound));
        }
        if self.scope.is_self(person) {
            return Ok(Err(Refusal::Oneself));
        }
        Ok(if self.scope.may_touch(&seat.membership) { Ok(seat) } else { Err(Refusal::OfAnAdmin) })
    }

    /// As [`Acting::other`], if the person's home is here.
    pub(in crate::service) async fn own(&self, r: &mut Read, person: &PersonId) -> Held<Seat> {
        let seat = allowed!(self.other(r, person).await?);
        Ok(if self.scope.may_touch_credentials(&seat.membership, &seat.person) { Ok(seat) } else { Err(Refusal::OtherHome) })
    }

    /// Does the one who asks hold all that this membership gives? Otherwise its link would give it to him (security.md
    /// I04, I08), or he would take away what he cannot give (I10).
    pub(in crate::service) async fn outranks(&self, r: &mut Read, membership: &Membership) -> Held<()> {
        if self.scope.is_admin() {
            return Ok(Ok(()));
        }
        let groups = r.groups_of_membership(&membership.id).await?;
        let held = !membership.api_access && groups.iter().all(|group| self.holds(group));
        let reaches = match self.reach(r).await? {
            None => true,
            Some(own) => membership.limited_to_locations && within(&own, &r.locations_of_membership(&membership.id).await?),
        };
        Ok(if held && reaches { Ok(()) } else { Err(Refusal::NotHeld) })
    }

    /// The locations that the one who asks is limited to; none for all of them. Whoever is limited gives and takes no
    /// others (people.md S37, security.md I08).
    pub(in crate::service) async fn reach(&self, r: &mut Read) -> Result<Option<Vec<LocationId>>, StoreError> {
        if self.scope.is_of_operator() {
            return Ok(None);
        }
        let own = r.membership_by_id(self.scope.membership()).await?;
        if own.is_some_and(|own| !own.limited_to_locations) {
            return Ok(None);
        }
        let places = r.locations_of_membership(self.scope.membership()).await?;
        Ok(Some(places.into_iter().map(|place| place.id).collect()))
    }

    /// May all of what this group permits be given and taken?
    pub(in crate::service) fn holds(&self, group: &Group) -> bool {
        self.scope.may_grant(group.permissions.iter().map(|permission| permission.name.as_str()))
    }

    pub(in crate::service) fn event<'e>(
        &'e self,
        action: &'static str,
        subject: &'e str,
        outcome: &'static str,
        detail: Value,
    ) -> Event<'e> {
        let detail = marked(self.scope, detail);
        Event { action, actor: self.scope.person().as_str(), subject, tenant: Some(self.tenant()), client: None, outcome, detail }
    }

    /// Writes down what was done, in its transaction.
    pub(in crate::service) async fn done(&self, w: &mut Write, deed: Deed<'_>, detail: Value) -> Result<(), StoreError> {
        record_from(self.app, w, self.event(deed.action, deed.subject, "done", detail), self.network, self.now).await
    }
}

/// Are all of these among one's own?
fn within(own: &[LocationId], places: &[Location]) -> bool {
    places.iter().all(|place| own.contains(&place.id))
}

/// What the audit trail says of a membership.
pub(in crate::service) fn told(membership: &Membership) -> Value {
    json!({ "membership": membership.id, "kind": membership.kind, "admin": membership.admin })
}

/// Is there something to accept for this person here?
pub fn is_waiting(person: &Person, membership: &Membership) -> bool {
    let invited = membership.state == MembershipState::Invited;
    invited && person.state != PersonState::Deactivated
        || membership.state == MembershipState::Active && person.state == PersonState::Invited
}
