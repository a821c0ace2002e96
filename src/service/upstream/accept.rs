//! Back from Microsoft to an invitation whose link was opened in this browser (microsoft.md 2.3 A).
use serde::{Deserialize, Serialize};

use super::arrive::Returned;
use super::depart::TRIP_TIME;
use super::login::{bind, candidate, identity};
use super::{Arrived, Back, Stopped, Trouble, active, note_refusal};
use crate::app::{App, Registered};
use crate::model::{BoundVia, IdentityId, Invitation, InvitationId, Person, UpstreamClaims, UpstreamFlow, UpstreamIntent};
use crate::policy::binding::{Acceptance, Arrived as Identity, Candidate, accept};
use crate::service::audit::{Event, record};
use crate::service::{Failure, Visitor, invitations};
use crate::world::{Digest, Timestamp, Token, UpstreamPending};

/// What the question "is this account meant?" shows.
pub struct Mismatch {
    pub microsoft_account: String,
    pub person: Person,
    pub tenant_name: String,
}

/// What came back, kept until the person has answered. Sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    cloud_host: String,
    tid: String,
    oid: String,
    sub: String,
    email: Option<String>,
    preferred_username: Option<String>,
    email_domain_verified: bool,
    guest: bool,
}

/// The invitation and its person with what decides, as of now.
struct Facts {
    invitation: Invitation,
    invited: Candidate,
    bound_to: Option<crate::model::PersonId>,
}

/// Accepts the invitation with the account that came back, or asks first.
pub(super) async fn go_on(
    app: &App,
    registered: &Registered,
    returned: &Returned<'_>,
    invitation: &InvitationId,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Arrived, Failure> {
    let Some(facts) = load(app, &returned.claims, invitation, now).await? else { return Ok(over()) };
    let arrived = Identity { claims: &returned.claims, connection: returned.connection, pins: &registered.pins };
    match accept(&arrived, &facts.invitation, &facts.invited, facts.bound_to.as_ref()) {
        Acceptance::Bind => complete(app, returned, &facts.invitation, visitor, now).await,
        Acceptance::Confirm => Ok(Arrived::Confirm(keep(app, returned, &facts.invitation, visitor, now).await?)),
        Acceptance::Refused(refusal) => {
            let tenant = Some(&facts.invitation.tenant);
            note_refusal(app, &returned.connection.id, tenant, refusal.as_str(), visitor, now).await?;
            Ok(Arrived::Stopped(Stopped::new(refusal.into(), Back::Invitation)))
        }
    }
}

fn over() -> Arrived {
    Arrived::Stopped(Stopped::new(Trouble::InvitationOver, Back::Start))
}

async fn load(app: &App, claims: &UpstreamClaims, invitation: &InvitationId, now: Timestamp) -> Result<Option<Facts>, Failure> {
    let loaded = app
        .store
        .read(async |r| {
            let Some(invitation) = r.invitation(invitation).await? else { return Ok(None) };
            let Some(person) = r.person(&invitation.person).await? else { return Ok(None) };
            let bound_to = r.identity(&claims.cloud_host, &claims.tid, &claims.oid).await?.map(|identity| identity.person);
            let invited = candidate(r, person, now).await?;
            Ok(Some(Facts { invitation, invited, bound_to }))
        })
        .await?;
    Ok(loaded.filter(|facts| invitations::is_open(&facts.invitation, now)))
}

async fn complete(
    app: &App,
    returned: &Returned<'_>,
    invitation: &Invitation,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Arrived, Failure> {
    let id = IdentityId::generate(now, &*app.entropy);
    let identity = identity(returned, &id, &invitation.person, BoundVia::Invite, now);
    let bound = app
        .store
        .write_or_undo(async |w| Ok(if bind(app, w, invitation, &identity, visitor, now).await? { Ok(()) } else { Err(()) }))
        .await?;
    Ok(if bound.is_ok() { Arrived::Accepted } else { over() })
}

/// Keeps what came back until the person has answered, and writes both down.
async fn keep(
    app: &App,
    returned: &Returned<'_>,
    invitation: &Invitation,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Token<UpstreamPending>, Failure> {
    let token = Token::<UpstreamPending>::generate(&*app.entropy);
    let plain = serde_json::to_vec(&Kept::from(&returned.claims)).map_err(|_| Failure::Stored("upstream claims"))?;
    let row = UpstreamFlow {
        connection: returned.connection.id.clone(),
        browser: visitor.browser.clone(),
        intent: UpstreamIntent::Confirm { invitation: invitation.id.clone() },
        sealed: app.sealer.seal(token.digest().as_str(), &plain, &*app.entropy),
        redirect_uri: String::new(),
        expires_at: now.plus(TRIP_TIME),
        state: token.digest(),
    };
    app.store
        .write(async |w| {
            w.insert_upstream_flow(&row).await?;
            record(app, w, mismatch_event(&row, &returned.claims, invitation, "asked"), visitor, now).await
        })
        .await?;
    Ok(token)
}

/// Names the account by its key; the addresses themselves stay out of the trail.
fn mismatch_event<'a>(row: &'a UpstreamFlow, claims: &UpstreamClaims, invitation: &'a Invitation, outcome: &'static str) -> Event<'a> {
    let event = Event { actor: "anonymous", ..Event::of_person("invitation.mismatch", &invitation.person, outcome) };
    let detail = serde_json::json!({ "invitation": invitation.id, "connection": row.connection, "tid": claims.tid, "oid": claims.oid });
    event.in_tenant(&invitation.tenant).with(detail)
}

impl From<&UpstreamClaims> for Kept {
    fn from(claims: &UpstreamClaims) -> Self {
        Self {
            cloud_host: claims.cloud_host.clone(),
            tid: claims.tid.clone(),
            oid: claims.oid.clone(),
            sub: claims.sub.clone(),
            email: claims.email.clone(),
            preferred_username: claims.preferred_username.clone(),
            email_domain_verified: claims.email_domain_verified,
            guest: claims.guest,
        }
    }
}

impl From<Kept> for UpstreamClaims {
    fn from(kept: Kept) -> Self {
        Self {
            cloud_host: kept.cloud_host,
            tid: kept.tid,
            oid: kept.oid,
            sub: kept.sub,
            email: kept.email,
            preferred_username: kept.preferred_username,
            email_domain_verified: kept.email_domain_verified,
            guest: kept.guest,
            name: None,
            auth_time: None,
        }
    }
}

fn claims_of(app: &App, row: &UpstreamFlow) -> Result<UpstreamClaims, Failure> {
    let plain = app.sealer.open(row.state.as_str(), &row.sealed)?;
    let kept: Kept = serde_json::from_slice(plain.expose()).map_err(|_| Failure::Stored("upstream claims"))?;
    Ok(kept.into())
}

fn invitation_in(row: &UpstreamFlow) -> Option<&InvitationId> {
    match &row.intent {
        UpstreamIntent::Confirm { invitation } => Some(invitation),
        _ => None,
    }
}

/// What the question shows; none when it is over or was asked in another browser. Looking changes nothing.
pub async fn mismatch(app: &App, token: &str, visitor: &Visitor, now: Timestamp) -> Result<Option<Mismatch>, Failure> {
    let digest = Digest::of::<UpstreamPending>(token);
    let row = app.store.read(async |r| r.pending_upstream_flow(&digest, &visitor.browser, now).await).await?;
    let Some((row, invitation)) = row.as_ref().and_then(|row| Some((row, invitation_in(row)?))) else { return Ok(None) };
    let claims = claims_of(app, row)?;
    let Some(facts) = load(app, &claims, invitation, now).await? else { return Ok(None) };
    let registered = app.registered();
    let Some(tenant) = registered.tenants.get(&facts.invitation.tenant) else { return Ok(None) };
    let named = claims.preferred_username.or(claims.email).unwrap_or_else(|| claims.oid.clone());
    Ok(Some(Mismatch {
        microsoft_account: named.chars().take(254).collect(),
        person: facts.invited.person,
        tenant_name: tenant.display_name().to_owned(),
    }))
}

/// The person said that this account is meant. Exactly the identity that came back is bound, and no other (J04).
pub async fn confirm(app: &App, token: &str, visitor: &Visitor, now: Timestamp) -> Result<Arrived, Failure> {
    let digest = Digest::of::<UpstreamPending>(token);
    let row = app.store.write(async |w| w.redeem_upstream_flow(&digest, &visitor.browser, now).await).await?;
    let Some((row, id)) = row.as_ref().and_then(|row| Some((row, invitation_in(row)?))) else { return Ok(over()) };
    let registered = app.registered();
    let Some(connection) = active(&registered, &row.connection) else {
        return Ok(Arrived::Stopped(Stopped::new(Trouble::Unavailable, Back::Invitation)));
    };
    let claims = claims_of(app, row)?;
    let Some(facts) = load(app, &claims, id, now).await? else { return Ok(over()) };
    let returned = Returned { trip: row.clone(), connection, claims, left_at: now };
    let arrived = Identity { claims: &returned.claims, connection, pins: &registered.pins };
    if let Acceptance::Refused(refusal) = accept(&arrived, &facts.invitation, &facts.invited, facts.bound_to.as_ref()) {
        note_refusal(app, &connection.id, Some(&facts.invitation.tenant), refusal.as_str(), visitor, now).await?;
        return Ok(Arrived::Stopped(Stopped::new(refusal.into(), Back::Invitation)));
    }
    let event = mismatch_event(row, &returned.claims, &facts.invitation, "confirmed");
    app.store.write(async |w| record(app, w, event, visitor, now).await).await?;
    complete(app, &returned, &facts.invitation, visitor, now).await
}

/// The person said no: what came back is forgotten, the invitation stays open.
pub async fn deny(app: &App, token: &str, visitor: &Visitor, now: Timestamp) -> Result<(), Failure> {
    let digest = Digest::of::<UpstreamPending>(token);
    let row = app.store.write(async |w| w.redeem_upstream_flow(&digest, &visitor.browser, now).await).await?;
    let Some((row, id)) = row.as_ref().and_then(|row| Some((row, invitation_in(row)?))) else { return Ok(()) };
    let claims = claims_of(app, row)?;
    if let Some(facts) = load(app, &claims, id, now).await? {
        let event = mismatch_event(row, &claims, &facts.invitation, "denied");
        app.store.write(async |w| record(app, w, event, visitor, now).await).await?;
    }
    Ok(())
}
