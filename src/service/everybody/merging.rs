//! Making one account of two that one human has (people.md S47, S48). The operator picks the one that remains and sees what
//! would move. Memberships with their groups and locations move, and so do consents; passwords, factors, sessions, tokens
//! and links of the other account end. Its id stays nobody's.
use std::collections::BTreeMap;

use serde_json::json;

use super::super::audit::record_from;
use super::super::people::acting::allowed;
use super::super::people::admins::is_spared;
use super::super::recovery::end_everything;
use super::super::{Failure, letters};
use super::{Barred, Held, Operating, Outcome, Subject};
use crate::app::App;
use crate::model::{
    Departure, DepartureKind, Membership, MembershipKind, MembershipState, MultiTenant, Person, PersonId, PersonState, TenantId,
};
use crate::pages::letters::{MergeSide, Merged};
use crate::store::{Read, StoreError, Write};
use crate::world::Timestamp;

/// Which membership remains where both accounts belong to one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// That of the account that remains.
    Mine,
    Theirs,
}

/// A membership with what it gives.
#[derive(Clone, Debug)]
pub struct Place {
    pub membership: Membership,
    /// Names, sorted.
    pub groups: Vec<String>,
    pub locations: Vec<String>,
}

impl Place {
    /// Does it give the same in the same state?
    fn is_like(&self, other: &Self) -> bool {
        let (a, b) = (&self.membership, &other.membership);
        (a.state, a.admin, a.api_access, a.limited_to_locations) == (b.state, b.admin, b.api_access, b.limited_to_locations)
            && self.groups == other.groups
            && self.locations == other.locations
    }
}

/// What a merge would do.
pub struct Plan {
    pub survivor: Person,
    pub other: Person,
    /// Memberships that move, and whether API access gets lost on the way (people.md K37).
    pub moves: Vec<(Place, bool)>,
    /// Both belong there, differently: mine, theirs.
    pub conflicts: Vec<(Place, Place)>,
    /// Both belong there in the same way: the survivor's stays.
    pub same: Vec<TenantId>,
    /// Open invitations of the other account end.
    pub open: Vec<Membership>,
    /// Applications that the other account allowed something.
    pub consents: usize,
    /// Live sessions of the other account, which end.
    pub sessions: usize,
    home: Option<TenantId>,
    /// Rows of the survivor that ended, in whose place others come.
    left: Vec<Membership>,
}

/// What would happen. Nothing is changed.
pub async fn plan(operating: &Operating<'_>, survivor: &PersonId, other: &PersonId) -> Outcome<Plan> {
    let app = operating.app;
    Ok(app
        .store
        .read(async |r| {
            let mut rows = Vec::new();
            for id in [survivor, other] {
                let gone = r.departure(id).await?.is_some();
                let Some(person) = r.person(id).await?.filter(|_| !gone) else { return Ok(Err(Barred::NoOther)) };
                rows.push(Subject { person, memberships: r.memberships_of(id).await? });
            }
            let (Some(theirs), Some(mine)) = (rows.pop(), rows.pop()) else { return Ok(Err(Barred::NoOther)) };
            draw(app, r, mine, theirs, operating).await
        })
        .await?)
}

/// Whatever their tenants: may these two become one?
fn may_be_one(survivor: &Person, other: &Person, operator: &PersonId) -> Result<(), Barred> {
    if survivor.id == other.id {
        return Err(Barred::NoOther);
    }
    if [survivor, other].iter().any(|person| person.id == *operator) {
        return Err(Barred::Oneself);
    }
    if survivor.operator || other.operator {
        return Err(Barred::OfAnOperator);
    }
    // people.md C28: without a proved address somebody belongs to one tenant alone.
    let active = [survivor, other].iter().all(|person| person.state == PersonState::Active);
    if active && survivor.email.is_some() && survivor.email_verified { Ok(()) } else { Err(Barred::NotActive) }
}

async fn draw(app: &App, r: &mut Read, mine: Subject, theirs: Subject, operating: &Operating<'_>) -> Held<Plan> {
    let other = &theirs.person;
    if let Err(barred) = may_be_one(&mine.person, other, operating.operator) {
        return Ok(Err(barred));
    }
    let home = mine.home().or_else(|| theirs.home()).cloned();
    let consents = r.own_consents(&other.id, 1000).await?.len();
    let sessions = r.sessions_of(&other.id, operating.now).await?.len();
    let mut plan = Plan {
        moves: Vec::new(),
        conflicts: Vec::new(),
        same: Vec::new(),
        open: Vec::new(),
        consents,
        sessions,
        home,
        left: Vec::new(),
        survivor: mine.person,
        other: theirs.person,
    };
    let mut own: BTreeMap<TenantId, Membership> = mine.memberships.into_iter().map(|m| (m.tenant.clone(), m)).collect();
    let (mut places, mut limited) = (own.values().filter(|m| is_live(m)).count(), Vec::new());
    for membership in theirs.memberships {
        match membership.state {
            MembershipState::Left => continue,
            MembershipState::Invited => {
                plan.open.push(membership);
                continue;
            }
            MembershipState::Active | MembershipState::Disabled => {}
        }
        let place = place(r, membership).await?;
        let tenant = place.membership.tenant.clone();
        match own.remove(&tenant) {
            Some(mine) if is_live(&mine) => {
                let mine = self::place(r, mine).await?;
                limited.extend([&mine.membership, &place.membership].into_iter().filter(|m| m.limited_to_locations).cloned());
                if mine.is_like(&place) { plan.same.push(tenant) } else { plan.conflicts.push((mine, place)) }
            }
            left => {
                plan.left.extend(left);
                places += 1;
                limited.extend(Some(&place.membership).filter(|m| m.limited_to_locations).cloned());
                let loses = place.membership.api_access && plan.home.as_ref() != Some(&tenant);
                plan.moves.push((place, loses));
            }
        }
    }
    limited.extend(own.into_values().filter(|m| m.limited_to_locations && is_live(m)));
    let registered = app.registered();
    let denied = |m: &Membership| registered.tenants.get(&m.tenant).is_some_and(|t| t.policy.locations_multi_tenant == MultiTenant::Deny);
    Ok(match limited.iter().find(|membership| places > 1 && denied(membership)) {
        Some(membership) => Err(Barred::Limited(membership.tenant.clone())),
        None => Ok(plan),
    })
}

/// Does the survivor belong there? Invitations that wait count: they are not overwritten.
fn is_live(membership: &Membership) -> bool {
    membership.state != MembershipState::Left
}

async fn place(r: &mut Read, membership: Membership) -> Result<Place, StoreError> {
    let details = r.membership_details(&membership.id).await?;
    Ok(Place { membership, groups: details.groups, locations: details.locations })
}

/// Does it. `choices`: which membership remains in each tenant in which both belong differently.
pub async fn merge(operating: &Operating<'_>, survivor: &PersonId, other: &PersonId, choices: &BTreeMap<TenantId, Keep>) -> Outcome<()> {
    let (app, now) = (operating.app, operating.now);
    let before = match plan(operating, survivor, other).await? {
        Ok(plan) => plan,
        Err(barred) => {
            operating.note("person.merge", survivor, &barred).await?;
            return Ok(Err(barred));
        }
    };
    let told = [
        letter(app, &before.survivor, &before.other, MergeSide::Remains, now)?,
        letter(app, &before.other, &before.survivor, MergeSide::Ends, now)?,
    ];
    let outcome = app
        .store
        .write_or_undo(async |w| {
            allowed!(operating.hold(w, &[survivor, other]).await?);
            let mine = allowed!(operating.subject(w, survivor).await?);
            let theirs = allowed!(operating.subject(w, other).await?);
            if w.departure(survivor).await?.is_some() || w.departure(other).await?.is_some() {
                return Ok(Err(Barred::Leaving));
            }
            let plan = allowed!(draw(app, w, mine, theirs, operating).await?);
            allowed!(carry_out(operating, w, &plan, choices).await?);
            for (letter, (person, written)) in told.iter().zip([(&plan.survivor, &before.survivor), (&plan.other, &before.other)]) {
                if person.email == written.email {
                    letters::queue(w, letter, now).await?;
                }
            }
            Ok(Ok(()))
        })
        .await?;
    if let Err(barred) = &outcome {
        operating.note("person.merge", survivor, barred).await?;
    }
    app.logouts.bell.notify_one();
    Ok(outcome)
}

fn letter(app: &App, to: &Person, about: &Person, side: MergeSide, now: Timestamp) -> Result<letters::Prepared, Failure> {
    let account = if about.email.is_some() { about.masked_email() } else { about.handle().to_owned() };
    let page = Merged { product: app.config.product.name.clone(), name: to.first_name.clone(), account, side };
    letters::prepare(app, to, &page, now)
}

async fn carry_out(operating: &Operating<'_>, w: &mut Write, plan: &Plan, choices: &BTreeMap<TenantId, Keep>) -> Held<()> {
    let (survivor, other, now) = (&plan.survivor.id, &plan.other.id, operating.now);
    let administered = administered(w, plan).await?;
    end_everything(w, &plan.other, now).await?;
    for membership in &plan.left {
        w.drop_membership(membership).await?;
    }
    for (mine, theirs) in &plan.conflicts {
        let tenant = &mine.membership.tenant;
        match choices.get(tenant) {
            None => return Ok(Err(Barred::Unresolved(tenant.clone()))),
            Some(Keep::Mine) => {}
            Some(Keep::Theirs) => {
                w.end_membership(&mine.membership, now).await?;
                w.drop_membership(&mine.membership).await?;
                give(operating, w, plan, &theirs.membership).await?;
            }
        }
    }
    for (place, _) in &plan.moves {
        give(operating, w, plan, &place.membership).await?;
    }
    for tenant in plan.conflicts.iter().map(|(mine, _)| &mine.membership.tenant).chain(&plan.same) {
        w.give_consents(other, survivor, tenant).await?;
    }
    for membership in w.memberships_of(other).await? {
        w.end_membership(&membership, now).await?;
    }
    let departure = Departure {
        person: other.clone(),
        kind: DepartureKind::Merge,
        into: Some(survivor.clone()),
        was_off: false,
        was_off_by_operator: false,
        ordered_by: operating.operator.to_string(),
        ordered_at: now,
        due_at: now,
        done_at: Some(now),
    };
    if !w.insert_departure(&departure).await? {
        return Ok(Err(Barred::Leaving));
    }
    w.empty_person(other, now).await?;
    for tenant in &administered {
        let nobody = crate::model::MembershipId::from_text("");
        if !is_spared(w, tenant, &nobody).await? {
            return Ok(Err(Barred::LastAdmin(tenant.clone())));
        }
    }
    for (person, detail) in [(survivor, json!({ "from": other })), (other, json!({ "into": survivor }))] {
        let event = operating.event("person.merge", person, "done").with(detail);
        record_from(operating.app, w, event, operating.network, now).await?;
    }
    Ok(Ok(()))
}

/// Tenants that one of the two administers now.
async fn administered(w: &mut Write, plan: &Plan) -> Result<Vec<TenantId>, StoreError> {
    let mut out = Vec::new();
    for person in [&plan.survivor.id, &plan.other.id] {
        let admin = |m: &Membership| m.admin && m.state == MembershipState::Active;
        out.extend(w.memberships_of(person).await?.into_iter().filter(admin).map(|membership| membership.tenant));
    }
    out.sort();
    out.dedup();
    Ok(out)
}

/// A membership of the other account becomes the survivor's, with what was allowed to applications there.
async fn give(operating: &Operating<'_>, w: &mut Write, plan: &Plan, membership: &Membership) -> Result<(), StoreError> {
    let (survivor, other, tenant) = (&plan.survivor.id, &plan.other.id, &membership.tenant);
    let kind = if plan.home.as_ref() == Some(tenant) { MembershipKind::Home } else { MembershipKind::Guest };
    w.revoke_invitations(&membership.id, operating.now).await?;
    w.give_membership(&membership.id, survivor, kind).await?;
    w.give_consents(other, survivor, tenant).await?;
    let event = operating.event("member.merge", survivor, "done").in_tenant(tenant);
    let event = event.with(json!({ "membership": membership.id, "kind": kind, "from": other }));
    record_from(operating.app, w, event, operating.network, operating.now).await
}
