//! Loads what the steps of a sign-in are decided by.
use std::collections::BTreeMap;

use super::{Failure, Visitor};
use crate::app::{App, Registered};
use crate::model::{Client, ConsentMode, Flow, Membership, Person, PersonId, PersonState, Proof, Session, Tenant};
use crate::policy::entry::{Entry, decide};
use crate::protocol::flow::{Facts, PersonFacts, Seat};
use crate::protocol::scope::Scopes;
use crate::world::Timestamp;

/// The facts and the rows that they were made of.
pub struct Loaded {
    pub facts: Facts,
    pub person: Option<Person>,
    /// Beside each seat of the facts, its membership.
    pub memberships: Vec<Membership>,
}

/// Loads the facts of one flow: one snapshot of the database, everything registered from memory.
pub async fn load(
    app: &App,
    registered: &Registered,
    client: &Client,
    flow: &Flow,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Loaded, Failure> {
    let who = who(flow, visitor);
    let (person, memberships, remembered, consents) = app
        .store
        .read(async |r| {
            let Some((person_id, _)) = &who else { return Ok((None, Vec::new(), None, Vec::new())) };
            let remembered = match session_of(person_id, visitor) {
                Some(session) => r.remembered_tenant(&session.id, &client.id).await?,
                None => None,
            };
            Ok((r.person(person_id).await?, r.memberships_of(person_id).await?, remembered, r.consents_of(person_id, &client.id).await?))
        })
        .await?;
    // A person who was deactivated meanwhile is nobody here: the sign-in page is due again.
    let person = person.filter(|person| person.state == PersonState::Active);
    let proof = who.filter(|_| person.is_some()).map(|(_, proof)| proof).unwrap_or_default();
    let seats = person.as_ref().map_or(Vec::new(), |person| seats(registered, client, person, &memberships, &proof, now));
    // What was answered on the pages of this flow counts for the session in which it was answered.
    let same_session = flow.progress.session.as_ref() == visitor.session.as_ref().map(|session| &session.id);
    let facts = Facts {
        started_at: flow.created_at,
        person: person.as_ref().map(|person| PersonFacts { id: person.id.clone(), second_factor: person.second_factor }),
        proof,
        seats,
        chosen: flow.progress.tenant.clone().filter(|_| same_session),
        remembered,
        consents: consents.into_iter().map(|(tenant, scope)| (tenant, Scopes::parse(&scope))).collect::<BTreeMap<_, _>>(),
        consented_here: flow.progress.consented && same_session,
        account_confirmed: flow.progress.account_confirmed && same_session,
        consent_implicit: client.metadata.consent == ConsentMode::Implicit,
    };
    Ok(Loaded { facts, person, memberships })
}

/// The session, if it belongs to this person.
pub fn session_of<'a>(person: &PersonId, visitor: &'a Visitor) -> Option<&'a Session> {
    visitor.session.as_ref().filter(|session| session.person == *person)
}

/// Who this is and what was proved: the factors given in this flow, on top of the session of the same person.
fn who(flow: &Flow, visitor: &Visitor) -> Option<(PersonId, Proof)> {
    let pending = &flow.progress;
    match (&pending.person, &visitor.session) {
        (Some(person), Some(session)) if session.person == *person => Some((person.clone(), merge(&session.proof, &pending.proof))),
        (Some(person), _) => Some((person.clone(), pending.proof.clone())),
        // Asked to be somebody else: the session does not count until somebody signed in here.
        (None, _) if pending.other_account => None,
        (None, Some(session)) => Some((session.person.clone(), merge(&session.proof, &pending.proof))),
        (None, None) => None,
    }
}

/// Newer proofs beside older ones of the same person.
pub fn merge(older: &Proof, newer: &Proof) -> Proof {
    Proof {
        amr: older.amr.union(&newer.amr).copied().collect(),
        signed_in_at: newer.signed_in_at.or(older.signed_in_at),
        factor_at: newer.factor_at.or(older.factor_at),
        upstream_tid: newer.upstream_tid.clone().or_else(|| older.upstream_tid.clone()),
    }
}

fn seats(
    registered: &Registered,
    client: &Client,
    person: &Person,
    memberships: &[Membership],
    proof: &Proof,
    now: Timestamp,
) -> Vec<Seat> {
    let seat = |membership: &Membership| {
        let tenant: &Tenant = registered.tenants.get(&membership.tenant)?;
        let verdict = decide(
            &Entry {
                person_state: person.state,
                second_factor: person.second_factor,
                membership: Some(membership),
                tenant: Some(tenant),
                client,
                proof,
            },
            now,
        );
        Some(Seat { tenant: tenant.id.clone(), number: tenant.number.clone(), slug: tenant.slug.clone(), verdict })
    };
    memberships.iter().filter_map(seat).collect()
}
