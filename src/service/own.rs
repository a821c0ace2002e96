//! What a person ends or chooses in the own account: sessions, applications, the tenant that applications open.
use serde_json::json;

use super::audit::{Event, record};
use super::{Failure, Visitor, session};
use crate::app::App;
use crate::model::{ClientId, MembershipState, Session, SessionId, TenantId};
use crate::world::Timestamp;

/// The person's live sessions, the last used first (security.md E04: nobody else's).
pub async fn sessions(app: &App, own: &Session, now: Timestamp) -> Result<Vec<Session>, Failure> {
    let (sessions, memberships) =
        app.store.read(async |r| Ok((r.sessions_of(&own.person, now).await?, r.memberships_of(&own.person).await?))).await?;
    Ok(sessions.into_iter().filter(|each| session::is_live(app, each, &memberships, now)).collect())
}

/// Ends one of the person's sessions. False when it is over, or not the person's.
pub async fn end_session(app: &App, own: &Session, id: &SessionId, visitor: &Visitor, now: Timestamp) -> Result<bool, Failure> {
    let ended = app
        .store
        .write(async |w| {
            let theirs = w.session(id).await?.is_some_and(|found| found.person == own.person);
            if !theirs || !session::end_in(w, id, now).await? {
                return Ok(false);
            }
            record(app, w, Event::of_person("session.end", &own.person, "ok").with(json!({ "session": id })), visitor, now).await?;
            Ok(true)
        })
        .await?;
    Ok(ended)
}

/// Ends every session of the person but this one (ASVS 7.4.3, 7.5.2). Gives their number.
pub async fn end_other_sessions(app: &App, own: &Session, visitor: &Visitor, now: Timestamp) -> Result<usize, Failure> {
    let ended = app
        .store
        .write(async |w| {
            let others: Vec<Session> = w.sessions_of(&own.person, now).await?.into_iter().filter(|each| each.id != own.id).collect();
            for other in &others {
                session::end_in(w, &other.id, now).await?;
            }
            let detail = json!({ "sessions": others.len() });
            record(app, w, Event::of_person("session.end_others", &own.person, "ok").with(detail), visitor, now).await?;
            Ok(others.len())
        })
        .await?;
    Ok(ended)
}

/// Lets the applications of this session open a tenant without asking (people.md K44). False when the person is no
/// active member there.
pub async fn choose_tenant(app: &App, own: &Session, tenant: &TenantId, visitor: &Visitor, now: Timestamp) -> Result<bool, Failure> {
    let chosen = app
        .store
        .write(async |w| {
            let member = w.membership(&own.person, tenant).await?.is_some_and(|found| found.state == MembershipState::Active);
            if member {
                w.choose_session_tenant(&own.id, tenant, now).await?;
                record(app, w, Event::of_person("tenant.choose", &own.person, "ok").in_tenant(tenant), visitor, now).await?;
            }
            Ok(member)
        })
        .await?;
    Ok(chosen)
}

/// Takes back what an application may do for the person in a tenant. False when it could do nothing.
pub async fn revoke_application(
    app: &App,
    own: &Session,
    (tenant, client): (&TenantId, &ClientId),
    visitor: &Visitor,
    now: Timestamp,
) -> Result<bool, Failure> {
    let revoked = app
        .store
        .write(async |w| {
            let revoked = w.revoke_application(&own.person, tenant, client, now).await?;
            if revoked {
                let event = Event::of_person("consent.revoke", &own.person, "ok").in_tenant(tenant).at(client);
                record(app, w, event, visitor, now).await?;
            }
            Ok(revoked)
        })
        .await?;
    Ok(revoked)
}
