//! Back from Microsoft to a sign-in that waits.
use super::arrive::Returned;
use super::{Arrived, Back, Stopped, Trouble, note_refusal, resend};
use crate::app::{App, Registered};
use crate::model::{
    Amr, BoundVia, Email, FederatedIdentity, Flow, FlowId, IdentityId, Invitation, Person, PersonId, Progress, Proof, UpstreamIntent,
};
use crate::policy::binding::{self, Arrived as Identity, Binding, Candidate, Demand, Freshness, Refusal, freshness};
use crate::protocol::authorize::AuthorizeRequest;
use crate::protocol::flow::Ask;
use crate::service::audit::{Event, record};
use crate::service::authorize::{advance, open_question};
use crate::service::password::continue_flow;
use crate::service::{Failure, FlowLookup, Visitor, find_flow, invitations};
use crate::store::{Read, StoreError, Write};
use crate::world::Timestamp;

/// Decides who this is and goes on with the flow.
pub(super) async fn go_on(
    app: &App,
    registered: &Registered,
    returned: &Returned<'_>,
    flow: &FlowId,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Arrived, Failure> {
    let back = Back::Flow(flow.clone());
    let FlowLookup::Open(flow) = find_flow(app, flow.as_str(), visitor, now).await? else {
        return Ok(Arrived::Stopped(Stopped::new(Trouble::Expired, Back::Start)));
    };
    // Another tab may have signed somebody in meanwhile: then this answer is one too many.
    if open_question(app, &flow, visitor, now).await? != Some(Ask::SignIn) {
        return Ok(Arrived::Step(advance(app, *flow, visitor, now).await?));
    }
    let fresh = demanded(&flow, returned, now)?;
    if fresh == Freshness::Stale {
        note_refusal(app, &returned.connection.id, None, "auth_time", visitor, now).await?;
        return Ok(Arrived::Stopped(Stopped::new(Trouble::StartAgain, back)));
    }
    let identity = Identity { claims: &returned.claims, connection: returned.connection, pins: &registered.pins };
    let (known, candidates) = app.store.read(async |r| look_up(r, &identity, now).await).await?;
    let who = match binding::sign_in(&identity, known.as_ref().map(|(identity, person)| (identity, person)), &candidates) {
        Binding::Known { person, identity } => Who { person, identity, invitation: None },
        Binding::Bind { person, invitation } => {
            Who { person, identity: IdentityId::generate(now, &*app.entropy), invitation: Some(*invitation) }
        }
        Binding::Refused(refusal) => return refuse(app, returned, *flow, refusal, visitor, now).await,
    };
    sign_in(app, returned, *flow, who, fresh, visitor, now).await
}

/// Who signs in; with an invitation that is completed by it (case B).
struct Who {
    person: PersonId,
    identity: IdentityId,
    invitation: Option<Invitation>,
}

fn demanded(flow: &Flow, returned: &Returned<'_>, now: Timestamp) -> Result<Freshness, Failure> {
    let request: AuthorizeRequest = serde_json::from_str(&flow.request).map_err(|_| Failure::Stored("flow"))?;
    let demand = Demand { again: request.prompt.login, max_age: request.max_age, since: returned.left_at };
    Ok(freshness(&demand, returned.claims.auth_time, now))
}

type Known = Option<(FederatedIdentity, Person)>;

async fn look_up(r: &mut Read, arrived: &Identity<'_>, now: Timestamp) -> Result<(Known, Vec<Candidate>), StoreError> {
    let claims = arrived.claims;
    let known = match r.identity(&claims.cloud_host, &claims.tid, &claims.oid).await? {
        Some(identity) => r.person(&identity.person).await?.map(|person| (identity, person)),
        None => None,
    };
    let mut candidates = Vec::new();
    for email in arrived.addresses() {
        if let Some(person) = r.person_by_email(&email).await? {
            candidates.push(candidate(r, person, now).await?);
        }
    }
    Ok((known, candidates))
}

/// A person with what decides about binding.
pub(super) async fn candidate(r: &mut Read, person: Person, now: Timestamp) -> Result<Candidate, StoreError> {
    let invitations = r.open_invitations(&person.id, now).await?;
    let identities = r.identities_of(&person.id).await?;
    Ok(Candidate { person, invitations, identities })
}

/// Records the first factor, and the binding where there is one: all in one write.
async fn sign_in(
    app: &App,
    returned: &Returned<'_>,
    mut flow: Flow,
    who: Who,
    fresh: Freshness,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Arrived, Failure> {
    let mut amr = [Amr::Fed].into_iter().collect::<std::collections::BTreeSet<_>>();
    // microsoft.md 4.5: the directory's admin vouches for MFA, but not for one that may have been long ago (4.4).
    if returned.connection.mfa_asserted && fresh == Freshness::Fresh {
        amr.insert(Amr::Mfa);
    }
    let proof = Proof { amr, signed_in_at: Some(now), upstream_tid: Some(returned.claims.tid.clone()), ..Proof::default() };
    flow.progress = Progress {
        person: Some(who.person.clone()),
        proof,
        signed_in_here: true,
        session: flow.progress.session.take(),
        ..Progress::default()
    };
    let written = app
        .store
        .write_or_undo(async |w| {
            if let Some(invitation) = &who.invitation {
                let identity = identity(returned, &who.identity, &who.person, BoundVia::PinnedDomain, now);
                if !bind(app, w, invitation, &identity, visitor, now).await? {
                    return Ok(Err(()));
                }
            }
            w.touch_identity(&who.identity, now).await?;
            w.record_login(&who.person, now).await?;
            let event = Event::of_person("sign_in.microsoft", &who.person, "ok").at(&flow.client);
            let detail = serde_json::json!({ "connection": returned.connection.id, "identity": who.identity });
            record(app, w, event.with(detail), visitor, now).await?;
            Ok(Ok(w.update_flow(&flow.id, flow.version, &flow.progress).await?))
        })
        .await?;
    match written {
        Ok(current) => Ok(Arrived::Step(continue_flow(app, flow, current, visitor, now).await?)),
        // Somebody accepted the same invitation in this moment.
        Err(()) => Ok(Arrived::Stopped(Stopped::new(Trouble::StartAgain, Back::Flow(flow.id)))),
    }
}

/// The row of a new binding.
pub(super) fn identity(
    returned: &Returned<'_>,
    id: &IdentityId,
    person: &PersonId,
    bound_via: BoundVia,
    now: Timestamp,
) -> FederatedIdentity {
    FederatedIdentity {
        id: id.clone(),
        person: person.clone(),
        cloud_host: returned.claims.cloud_host.clone(),
        tid: returned.claims.tid.clone(),
        oid: returned.claims.oid.clone(),
        connection: returned.connection.id.clone(),
        bound_via,
        bound_at: now,
        last_login_at: None,
    }
}

/// Completes an invitation with an identity. False when any of it is not open any more: then undo everything.
pub(super) async fn bind(
    app: &App,
    w: &mut Write,
    invitation: &Invitation,
    identity: &FederatedIdentity,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !invitations::complete(app, w, invitation, now).await? || !w.bind_identity(identity).await? {
        return Ok(false);
    }
    let event = Event::of_person("identity.bind", &identity.person, "ok").in_tenant(&invitation.tenant);
    let detail = serde_json::json!({
        "identity": identity.id, "connection": identity.connection, "tid": identity.tid, "oid": identity.oid,
        "via": identity.bound_via, "invitation": invitation.id,
    });
    record(app, w, event.with(detail), visitor, now).await?;
    Ok(true)
}

/// Nobody is signed in. Unknown, not invited and not active look alike (case D), and each may ask for a letter.
async fn refuse(
    app: &App,
    returned: &Returned<'_>,
    flow: Flow,
    refusal: Refusal,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Arrived, Failure> {
    note_refusal(app, &returned.connection.id, None, refusal.as_str(), visitor, now).await?;
    let intent = UpstreamIntent::Login { flow: flow.id.clone() };
    ask_for_other_account(app, &intent, visitor, now).await?;
    let trouble = Trouble::from(refusal);
    let resend = match trouble {
        Trouble::NotConnected => {
            let arrived = Identity { claims: &returned.claims, connection: returned.connection, pins: &[] };
            let addresses: Vec<Email> = arrived.addresses();
            Some(resend::offer(app, &returned.connection.id, &addresses, visitor, now).await?)
        }
        _ => None,
    };
    Ok(Arrived::Stopped(Stopped { trouble, back: Back::Flow(flow.id), resend }))
}

/// Next time Microsoft asks which account to use: else its single sign-on would bring the same one again.
pub(super) async fn ask_for_other_account(app: &App, intent: &UpstreamIntent, visitor: &Visitor, now: Timestamp) -> Result<(), Failure> {
    let UpstreamIntent::Login { flow } = intent else { return Ok(()) };
    if let FlowLookup::Open(mut flow) = find_flow(app, flow.as_str(), visitor, now).await? {
        flow.progress.other_upstream_account = true;
        app.store.write(async |w| w.update_flow(&flow.id, flow.version, &flow.progress).await).await?;
    }
    Ok(())
}
