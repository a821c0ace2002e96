//! Erasing a tenant: ordered by an operator, after it was disabled. Its number and short name are free at once, and whoever
//! registers them again gets another tenant (security.md I07). Everybody's membership ends; people who belong nowhere else
//! are erased after the days for which this tenant keeps accounts, all others stay where else they belong.
use std::time::Duration;

use serde_json::json;

use super::Failure;
use super::Network;
use super::audit::{Event, record_from};
use super::change::Change;
use super::recovery::end_everything;
use crate::app::App;
use crate::model::{Departure, DepartureKind, Membership, PersonState, TenantId, TenantState};
use crate::store::{EndingTenant, StoreError, Write};
use crate::world::Timestamp;

const BATCH: i64 = 50;
const DAY: u64 = 86_400;

/// What became of [`order`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordered {
    Done,
    Unknown,
    /// It is disabled first, so that nobody is in it.
    StillActive,
}

/// Orders the erasure. Nobody takes it back.
pub async fn order(change: &Change<'_>, tenant: &TenantId) -> Result<Ordered, StoreError> {
    change
        .store
        .write(async |w| {
            w.hold_tenant(tenant).await?;
            let Some(found) = w.tenant(tenant).await? else { return Ok(Ordered::Unknown) };
            if found.state == TenantState::Active {
                return Ok(Ordered::StillActive);
            }
            let retention_days = found.policy.user_retention_days;
            let ending = EndingTenant { tenant: tenant.clone(), ordered_by: change.actor.to_owned(), retention_days };
            if !w.begin_tenant_ending(&ending, change.now).await? {
                return Ok(Ordered::Unknown);
            }
            w.end_grants_of_tenant(tenant, change.now).await?;
            let detail = json!({ "number": found.number, "slug": found.slug, "retention_days": retention_days });
            change.record(w, "tenant.erase_order", tenant.as_str(), (Some(tenant), None), detail).await?;
            Ok(Ordered::Done)
        })
        .await
}

/// Works off what was ordered, a few people at a time. Every node may help.
pub async fn carry_out(app: &App) -> Result<(), Failure> {
    for ending in app.store.read(async |r| r.ending_tenants(10).await).await? {
        loop {
            let now = app.now();
            let left = app.store.write(async |w| some_leave(app, w, &ending, now).await).await?;
            if left == 0 {
                break;
            }
        }
        let now = app.now();
        app.store
            .write(async |w| {
                if w.finish_tenant_ending(&ending.tenant, now).await? {
                    note(app, w, Event { tenant: Some(&ending.tenant), subject: ending.tenant.as_str(), ..event("tenant.erase") }, now)
                        .await?;
                }
                Ok(())
            })
            .await?;
        app.refresh().await?;
        app.logouts.bell.notify_one();
    }
    Ok(())
}

fn event(action: &'static str) -> Event<'static> {
    Event { actor: "system", ..Event::of_nobody(action, "done") }
}

async fn note(app: &App, w: &mut Write, event: Event<'_>, now: Timestamp) -> Result<(), StoreError> {
    record_from(app, w, event, &Network::from_stored(String::new()), now).await
}

async fn some_leave(app: &App, w: &mut Write, ending: &EndingTenant, now: Timestamp) -> Result<usize, StoreError> {
    w.hold_tenant(&ending.tenant).await?;
    let members = w.members_left(&ending.tenant, BATCH).await?;
    for membership in &members {
        leave(app, w, ending, membership, now).await?;
    }
    Ok(members.len())
}

/// The membership ends, and with it the account of somebody who belongs nowhere else.
async fn leave(app: &App, w: &mut Write, ending: &EndingTenant, membership: &Membership, now: Timestamp) -> Result<(), StoreError> {
    let person = &membership.person;
    w.hold_person(person).await?;
    w.end_membership(membership, now).await?;
    let event = |action| Event { subject: person.as_str(), tenant: Some(&ending.tenant), ..event(action) };
    note(app, w, event("member.remove").with(json!({ "membership": membership.id, "why": "tenant erased" })), now).await?;
    let Some(found) = w.person(person).await? else { return Ok(()) };
    if found.operator || w.belongs_somewhere(person).await? {
        return Ok(());
    }
    let due_at = now.plus(Duration::from_secs(u64::from(ending.retention_days) * DAY));
    let departure = Departure {
        person: person.clone(),
        kind: DepartureKind::Erase,
        into: None,
        was_off: found.state == PersonState::Deactivated,
        was_off_by_operator: found.disabled_by_operator,
        ordered_by: ending.ordered_by.clone(),
        ordered_at: now,
        due_at,
        done_at: None,
    };
    if w.insert_departure(&departure).await? {
        w.disable_person(person, true, now).await?;
        end_everything(w, &found, now).await?;
        note(app, w, event("person.erase_order").with(json!({ "due": due_at.seconds() })), now).await?;
    }
    Ok(())
}
