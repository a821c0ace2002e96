//! Erasing people (GDPR Art. 17, people.md C12 `erase_person`): ordered by an operator, done after the days for which the
//! person's tenants keep accounts, and until then taken back.
//!
//! What remains is an empty row under an id that is nobody's any more, and an audit trail in which the person is only that
//! id; its chain still verifies (docs/decisions/0006-audit-chain.md). Whoever comes again with the same address is a new
//! person (security.md I07).
use std::time::Duration;

use serde_json::json;

use super::super::audit::{Event, record_from};
use super::super::audit_chain;
use super::super::people::acting::allowed;
use super::super::recovery::end_everything;
use super::super::{Failure, Network, letters};
use super::{Barred, Operating, Outcome, spares_admins};
use crate::app::App;
use crate::model::{Departure, DepartureKind, Membership, MembershipState, Person, PersonId, PersonState};
use crate::pages::letters::Erasure;
use crate::store::{StoreError, Write};
use crate::world::Timestamp;

const BATCH: i64 = 20;
const DAY: u64 = 86_400;

/// The days for which an account is kept: the longest of the person's tenants.
pub fn retention_days(app: &App, memberships: &[Membership]) -> u32 {
    let registered = app.registered();
    let tenants = memberships.iter().filter(|m| m.state != MembershipState::Left).filter_map(|m| registered.tenants.get(&m.tenant));
    tenants.map(|tenant| tenant.policy.user_retention_days).max().unwrap_or(0)
}

/// Orders the erasure. The account is out of use at once: nobody signs in, everything that was granted ends. Gives the
/// moment from which on nothing brings it back.
pub async fn order(operating: &Operating<'_>, person: &PersonId) -> Outcome<Timestamp> {
    let (app, now) = (operating.app, operating.now);
    let read = app.store.read(async |r| Ok((r.person(person).await?, r.memberships_of(person).await?))).await?;
    let (Some(found), memberships) = read else { return Ok(Err(Barred::NotFound)) };
    let due_at = now.plus(Duration::from_secs(u64::from(retention_days(app, &memberships)) * DAY));
    let letter = letter(app, &found, Some(due_at).filter(|due| *due > now), now)?;
    let outcome = operating
        .attempt("person.erase_order", person, async |w, subject| {
            if subject.person.operator {
                return Ok(Err(Barred::OfAnOperator));
            }
            allowed!(spares_admins(w, &subject).await?);
            let ordered_by = operating.operator.to_string();
            let departure = Departure {
                person: person.clone(),
                kind: DepartureKind::Erase,
                into: None,
                was_off: subject.person.state == PersonState::Deactivated,
                was_off_by_operator: subject.person.disabled_by_operator,
                ordered_by,
                ordered_at: now,
                due_at,
                done_at: None,
            };
            if !w.insert_departure(&departure).await? {
                return Ok(Err(Barred::Leaving));
            }
            w.disable_person(person, true, now).await?;
            end_everything(w, &subject.person, now).await?;
            if subject.person.email == found.email {
                letters::queue(w, &letter, now).await?;
            }
            operating.done(w, "person.erase_order", &subject, json!({ "due": due_at.seconds() })).await?;
            if due_at <= now {
                finish(app, w, person, operating.operator.as_str(), operating.network, now).await?;
            }
            Ok(Ok(due_at))
        })
        .await?;
    app.logouts.bell.notify_one();
    Ok(outcome)
}

/// Takes the order back before its day: the account stands as it stood before.
pub async fn take_back(operating: &Operating<'_>, person: &PersonId) -> Outcome<()> {
    operating
        .attempt("person.erase_take_back", person, async |w, subject| {
            let order = w.departure(person).await?;
            if !w.cancel_departure(person, operating.now).await? {
                return Ok(Err(Barred::NotNow));
            }
            w.enable_person(person, true, operating.now).await?;
            if let Some(order) = order.filter(|order| order.was_off) {
                w.disable_person(person, order.was_off_by_operator, operating.now).await?;
            }
            operating.done(w, "person.erase_take_back", &subject, json!({})).await?;
            Ok(Ok(()))
        })
        .await
}

fn letter(app: &App, person: &Person, due: Option<Timestamp>, now: Timestamp) -> Result<letters::Prepared, Failure> {
    let day = due.map(|due| crate::pages::console::Moment::of(due).text.chars().take(10).collect());
    letters::prepare(app, person, &Erasure { product: app.config.product.name.clone(), name: person.first_name.clone(), day }, now)
}

/// Erases whoever's day has come, and takes what describes them out of the audit trail once it is sealed. Every node may
/// help: each step is one conditional update.
pub async fn carry_out(app: &App) -> Result<(), Failure> {
    loop {
        let now = app.now();
        let due = app.store.read(async |r| r.departures_due(now, BATCH).await).await?;
        for departure in &due {
            finish_one(app, &departure.person, now).await?;
        }
        if due.is_empty() {
            break;
        }
        audit_chain::seal(app).await?;
    }
    forget(app).await
}

async fn finish_one(app: &App, person: &PersonId, now: Timestamp) -> Result<(), Failure> {
    let Some(found) = app.store.read(async |r| r.person(person).await).await? else { return Ok(()) };
    let (goodbye, nowhere) = (letter(app, &found, None, now)?, Network::from_stored(String::new()));
    app.store
        .write(async |w| {
            w.hold_person(person).await?;
            if finish(app, w, person, "system", &nowhere, now).await? {
                letters::queue(w, &goodbye, now).await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// Empties the row and everything that hangs on it. False, and nothing happens, where it was done or
/// taken back meanwhile.
async fn finish(app: &App, w: &mut Write, person: &PersonId, actor: &str, network: &Network, now: Timestamp) -> Result<bool, StoreError> {
    if !w.finish_departure(person, now).await? {
        return Ok(false);
    }
    for membership in w.memberships_of(person).await? {
        w.end_membership(&membership, now).await?;
    }
    if let Some(row) = w.person(person).await? {
        end_everything(w, &row, now).await?;
    }
    w.empty_person(person, now).await?;
    record_from(app, w, Event { actor, ..Event::of_person("person.erase", person, "done") }, network, now).await?;
    Ok(true)
}

/// Takes network and detail out of the sealed events about erased people, and about the accounts that were merged into
/// theirs.
async fn forget(app: &App) -> Result<(), Failure> {
    let now = app.now();
    for person in app.store.read(async |r| r.departed_in_trail(BATCH).await).await? {
        app.store
            .write(async |w| {
                for account in w.merged_into(&person).await?.iter().chain([&person]) {
                    w.pseudonymise_audit(account).await?;
                }
                w.note_pseudonymised(&person, now).await
            })
            .await?;
    }
    Ok(())
}
