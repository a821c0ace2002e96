//! Loads what the steps of a sign-in are decided by.
use std::collections::BTreeMap;

use super::{Failure, Visitor, rules, subject};
use crate::app::{App, Registered};
use crate::model::{
    Acr, Amr, Client, ConsentMode, Denial, FactorKind, Flow, Membership, Person, PersonId, PersonState, Progress, Proof, Session, Tenant,
    Verdict,
};
use crate::policy::api_access::admits;
use crate::policy::entry::{Entry, decide};
use crate::protocol::authorize::AuthorizeRequest;
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
    let request: AuthorizeRequest = serde_json::from_str(&flow.request).map_err(|_| Failure::Stored("flow"))?;
    let who = who(flow, visitor);
    let (person, memberships, remembered, consents) = app
        .store
        .read(async |r| {
            let Some((person_id, _)) = &who else { return Ok((None, Vec::new(), None, Vec::new())) };
            let remembered = match session_of(person_id, visitor) {
                Some(session) => r.remembered_tenant(&session.id, &client.id).await?,
                None => None,
            };
            // A passkey that was removed since opens nothing any more (security.md G11): its flow begins anew.
            let person = match &flow.progress.passkey {
                Some(id) if !r.passkeys_of(person_id).await?.iter().any(|passkey| passkey.id == *id) => None,
                _ => r.person(person_id).await?,
            };
            Ok((person, r.memberships_of(person_id).await?, remembered, r.consents_of(person_id, &client.id).await?))
        })
        .await?;
    // A person who was deactivated meanwhile is nobody here: the sign-in page is due again.
    let person = person.filter(|person| person.state == PersonState::Active && !is_outdated(flow, person));
    let proof = who.filter(|_| person.is_some()).map(|(_, proof)| proof).unwrap_or_default();
    let seats = person.as_ref().map_or(Vec::new(), |person| seats(registered, client, person, &memberships, &proof, &request, now));
    let wanted = request.acr_required == Some(Acr::Phr) || request.acr_values.contains(&Acr::Phr);
    let passkeys = match &person {
        Some(person) => has_passkeys(app, person, wanted).await?,
        None => false,
    };
    let same_session = same_session(flow, visitor);
    let proved_here = same_session || flow.progress.person.is_some();
    let facts = Facts {
        person: person.as_ref().map(|person| PersonFacts {
            id: person.id.clone(),
            sub: subject::sub(app, client, &person.id),
            second_factor: person.second_factor,
            passkeys,
            has_email: person.email.is_some(),
        }),
        proof,
        signed_in_here: flow.progress.signed_in_here && proved_here,
        factor_here: flow.progress.factor_here && proved_here,
        seats,
        chosen: flow.progress.tenant.clone().filter(|_| same_session),
        remembered,
        consents: consents.into_iter().map(|(tenant, scope)| (tenant, Scopes::parse(&scope))).collect::<BTreeMap<_, _>>(),
        consented_here: flow.progress.consented && same_session,
        account_confirmed: flow.progress.account_confirmed && same_session,
        password_overdue: is_overdue(app, flow, person.as_ref(), &memberships, now).await?,
        consent_implicit: client.metadata.consent == ConsentMode::Implicit,
    };
    Ok(Loaded { facts, person, memberships })
}

/// Can the person show a passkey? Looked up only where one is `wanted`; else it is told by the chosen factor.
pub async fn has_passkeys(app: &App, person: &Person, wanted: bool) -> Result<bool, Failure> {
    if wanted && app.relying.is_some() {
        return Ok(!app.store.read(async |r| r.passkeys_of(&person.id).await).await?.is_empty());
    }
    Ok(person.second_factor == FactorKind::Passkey)
}

/// Was the password that was given in this flow changed since? Then it proves nothing (security.md H08).
fn is_outdated(flow: &Flow, person: &Person) -> bool {
    let progress = &flow.progress;
    let by_password = progress.person.is_some() && progress.signed_in_here && progress.proof.amr.contains(&Amr::Pwd);
    by_password && progress.password_set_at != person.password_set_at
}

/// Does the password that was given in this flow have to be renewed (people.md S17)? Looked up only where a tenant of the
/// person lets passwords expire.
async fn is_overdue(app: &App, flow: &Flow, person: Option<&Person>, memberships: &[Membership], now: Timestamp) -> Result<bool, Failure> {
    let Some(person) = person.filter(|_| flow.progress.signed_in_here) else { return Ok(false) };
    let rules = rules::of(app, memberships);
    if rules.password_max_age_days.value == 0 {
        return Ok(false);
    }
    let present = app.store.read(async |r| r.present_password(&person.id).await).await?;
    Ok(present.is_some_and(|(_, set_at)| rules.is_overdue(set_at, now)))
}

/// What was answered on the pages of a flow counts for the session in which it was answered.
fn same_session(flow: &Flow, visitor: &Visitor) -> bool {
    flow.progress.session.as_ref() == visitor.session.as_ref().map(|session| &session.id)
}

/// Prepares a flow for an answer that is given in the session at hand: what was answered in another one (another tab
/// signed somebody in meanwhile) is forgotten. Before anybody is signed in, answers belong to the flow itself.
pub fn belong(flow: &mut Flow, visitor: &Visitor) {
    if flow.progress.person.is_none() && !same_session(flow, visitor) {
        let session = visitor.session.as_ref().map(|session| session.id.clone());
        flow.progress = Progress { session, email_challenge: flow.progress.email_challenge.take(), ..Progress::default() };
    }
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
        (None, Some(session)) if same_session(flow, visitor) => Some((session.person.clone(), merge(&session.proof, &pending.proof))),
        (None, Some(session)) => Some((session.person.clone(), session.proof.clone())),
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
    request: &AuthorizeRequest,
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
        let open = admits(&request.terms.resources, &registered.apis, Some(membership));
        let verdict = if open || matches!(verdict, Verdict::Denied(_)) { verdict } else { Verdict::Denied(Denial::ApiAccessMissing) };
        Some(Seat { tenant: tenant.id.clone(), number: tenant.number.clone(), slug: tenant.slug.clone(), verdict })
    };
    memberships.iter().filter_map(seat).collect()
}
