//! What operators do about people of all tenants: their standing, their factors, the end of accounts.
//!
//! Each use case takes an [`Operating`] and gives a [`Barred`] as a value. It looks at operator and person again inside its
//! transaction, and never leaves a tenant without an administrator (security.md I10).
pub mod erasing;
pub mod factor;
pub mod merging;
pub mod standing;

use std::collections::BTreeSet;

use serde_json::Value;

use super::audit::{Event, record_from};
use super::people::admins::is_spared;
use super::{Failure, Network};
use crate::app::App;
use crate::model::{Membership, MembershipKind, MembershipState, Person, PersonId, PersonState, TenantId};
use crate::store::{StoreError, Write};
use crate::world::Timestamp;

/// An operator at work.
#[derive(Clone, Copy)]
pub struct Operating<'a> {
    pub app: &'a App,
    pub operator: &'a PersonId,
    pub network: &'a Network,
    pub now: Timestamp,
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Barred {
    NotFound,
    /// Nobody arranges himself here.
    Oneself,
    /// The one who asks runs the instance no longer.
    NoOperator,
    /// Accounts of operators are not erased or merged: they are made ordinary ones first, on the machine itself.
    OfAnOperator,
    /// This tenant would be without an administrator.
    LastAdmin(TenantId),
    /// The state that the person is in does not allow it.
    NotNow,
    /// The account is about to be erased: that is taken back first.
    Leaving,
    NoPassword,
    NoEmail,
    /// Nothing to reset.
    NoFactor,
    /// None of the person's tenants leaves this to the operator (people.md S58).
    Rules,
    /// What was typed names nobody, or several people.
    NoOther,
    /// Both accounts must be active, the one that remains with a proved address.
    NotActive,
    /// Both belong to this tenant in different ways, and none was chosen.
    Unresolved(TenantId),
    /// Somebody with several tenants cannot be limited to locations in this one (people.md S45).
    Limited(TenantId),
}

impl Barred {
    const fn outcome(&self) -> &'static str {
        match self {
            Self::NotFound | Self::NoOther => "refused: not found",
            Self::Oneself => "refused: oneself",
            Self::NoOperator => "refused: right",
            Self::OfAnOperator => "refused: operator",
            Self::LastAdmin(_) => "refused: last administrator",
            Self::Rules => "refused: rules",
            _ => "refused",
        }
    }
}

/// What a use case gives: done, or why not; failures are what nobody expected.
pub type Outcome<T> = Result<Result<T, Barred>, Failure>;
/// The same inside a transaction.
pub(super) type Held<T> = Result<Result<T, Barred>, StoreError>;

/// Somebody whom an operator arranges, as the rows are inside the transaction.
pub(super) struct Subject {
    pub person: Person,
    pub memberships: Vec<Membership>,
}

impl Subject {
    /// The tenant in whose log a line about the person stands.
    pub fn home(&self) -> Option<&TenantId> {
        let home = |m: &&Membership| m.kind == MembershipKind::Home && m.state != MembershipState::Left;
        self.memberships.iter().find(home).map(|m| &m.tenant)
    }
}

impl Operating<'_> {
    /// Does one thing about one person in one transaction. Rows are locked in one order: the person's tenants, then
    /// operator and people by their ids. A refusal undoes everything and is written down.
    pub(super) async fn attempt<T>(
        &self,
        action: &'static str,
        person: &PersonId,
        work: impl AsyncFnOnce(&mut Write, Subject) -> Held<T>,
    ) -> Outcome<T> {
        let outcome = self
            .app
            .store
            .write_or_undo(async |w| {
                if let Err(barred) = self.hold(w, &[person]).await? {
                    return Ok(Err(barred));
                }
                match self.subject(w, person).await? {
                    Ok(subject) => work(w, subject).await,
                    Err(barred) => Ok(Err(barred)),
                }
            })
            .await?;
        if let Err(barred) = &outcome {
            self.note(action, person, barred).await?;
        }
        Ok(outcome)
    }

    pub(super) async fn note(&self, action: &'static str, person: &PersonId, barred: &Barred) -> Result<(), Failure> {
        let event = self.event(action, person, barred.outcome());
        Ok(self.app.store.write(async |w| record_from(self.app, w, event, self.network, self.now).await).await?)
    }

    /// Locks what a change looks at, and looks whether the one who asks still runs the instance.
    pub(super) async fn hold(&self, w: &mut Write, people: &[&PersonId]) -> Held<()> {
        let tenants = tenants_of(w, people).await?;
        for tenant in &tenants {
            w.hold_tenant(tenant).await?;
        }
        let mut rows: Vec<&PersonId> = people.iter().copied().chain([self.operator]).collect();
        rows.sort();
        rows.dedup();
        for row in rows {
            w.hold_person(row).await?;
        }
        // Nobody gets a membership while the row is held. Who got one before that in a tenant which is not, is asked about
        // again: taking that lock now could make two wait for each other.
        if !tenants_of(w, people).await?.is_subset(&tenants) {
            return Ok(Err(Barred::NotNow));
        }
        let operator = w.person(self.operator).await?;
        let still = operator.is_some_and(|operator| operator.operator && operator.state == PersonState::Active);
        Ok(if still { Ok(()) } else { Err(Barred::NoOperator) })
    }

    /// A person who is there and somebody else.
    pub(super) async fn subject(&self, w: &mut Write, person: &PersonId) -> Held<Subject> {
        if person == self.operator {
            return Ok(Err(Barred::Oneself));
        }
        let gone = w.departure(person).await?.is_some_and(|departure| departure.done_at.is_some());
        let Some(found) = w.person(person).await?.filter(|_| !gone) else { return Ok(Err(Barred::NotFound)) };
        Ok(Ok(Subject { person: found, memberships: w.memberships_of(person).await? }))
    }

    pub(super) fn event<'e>(&'e self, action: &'static str, person: &'e PersonId, outcome: &'static str) -> Event<'e> {
        Event { actor: self.operator.as_str(), ..Event::of_person(action, person, outcome) }
    }

    /// Writes down what was done, in the log of the person's home too.
    pub(super) async fn done(&self, w: &mut Write, action: &'static str, subject: &Subject, detail: Value) -> Result<(), StoreError> {
        let event = Event { tenant: subject.home(), ..self.event(action, &subject.person.id, "done").with(detail) };
        record_from(self.app, w, event, self.network, self.now).await
    }
}

/// The tenants to which people belong or belonged.
async fn tenants_of(w: &mut Write, people: &[&PersonId]) -> Result<BTreeSet<TenantId>, StoreError> {
    let mut tenants = BTreeSet::new();
    for person in people {
        tenants.extend(w.memberships_of(person).await?.into_iter().map(|membership| membership.tenant));
    }
    Ok(tenants)
}

/// Would every tenant still have an administrator who can sign in, without this person? Disabled tenants need none.
pub(super) async fn spares_admins(w: &mut Write, subject: &Subject) -> Held<()> {
    if subject.person.state != PersonState::Active {
        return Ok(Ok(()));
    }
    for membership in subject.memberships.iter().filter(|m| m.admin && m.state == MembershipState::Active) {
        if !is_spared(w, &membership.tenant, &membership.id).await? {
            return Ok(Err(Barred::LastAdmin(membership.tenant.clone())));
        }
    }
    Ok(Ok(()))
}
