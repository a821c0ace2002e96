//! Browser sessions: begun after sign-in, renewed at every new proof, ended by logout, time or an admin.
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::audit::{Event, record, record_from};
use super::{Failure, Network, Visitor, facts, rules};
use crate::app::App;
use crate::model::{Membership, Person, PersonId, Proof, Session, SessionId, TenantId};
use crate::store::{StoreError, Write};
use crate::world::{Digest, SessionCookie, Timestamp, Token};

/// How often the last use of a session is written down.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// Finds the live session of a cookie: not ended, not past its absolute end, not idle too long.
pub async fn find(app: &App, cookie: &str, now: Timestamp) -> Result<Option<Session>, Failure> {
    let digest = Digest::of::<SessionCookie>(cookie);
    let found = app
        .store
        .read(async |r| {
            let Some(session) = r.session_by_cookie(&digest).await? else { return Ok(None) };
            let memberships = r.memberships_of(&session.person).await?;
            Ok(Some((session, memberships)))
        })
        .await?;
    let Some((session, memberships)) = found else { return Ok(None) };
    if !is_live(app, &session, &memberships, now) {
        return Ok(None);
    }
    if now.since(session.last_seen_at) >= TOUCH_EVERY {
        app.store.write(async |w| w.touch_session(&session.id, now).await).await?;
    }
    Ok(Some(session))
}

/// Is a session still good? The limits in force now count, not those of its beginning (security.md E07), and of the
/// person's tenants the strictest one.
pub(super) fn is_live(app: &App, session: &Session, memberships: &[Membership], now: Timestamp) -> bool {
    let rules = rules::of(app, memberships);
    let minutes = |minutes: u32| Duration::from_secs(u64::from(minutes) * 60);
    let (idle, absolute) = (minutes(rules.session_idle_minutes.value), minutes(rules.session_absolute_hours.value) * 60);
    session.ended_at.is_none()
        && now < session.expires_at
        && now.since(session.created_at) < absolute
        && now.since(session.last_seen_at) < idle
}

/// A session after a proof, and its new cookie.
pub struct Established {
    pub session: Session,
    pub cookie: Token<SessionCookie>,
}

/// A session as a proof will make it; nothing of it is written yet.
pub struct Planned {
    pub session: Session,
    cookie: Token<SessionCookie>,
    /// The person's own session goes on instead of a new one beginning.
    renews: bool,
}

/// What a proof makes of the browser's session: the person's own one is renewed, with what it had proved before.
pub fn plan(app: &App, visitor: &Visitor, person: &PersonId, proof: Proof, now: Timestamp) -> Planned {
    match facts::session_of(person, visitor) {
        Some(own) => {
            let session = Session { proof: facts::merge(&own.proof, &proof), last_seen_at: now, origin: visitor.origin(), ..own.clone() };
            Planned { session, cookie: Token::generate(&*app.entropy), renews: true }
        }
        None => plan_new(app, visitor, person, proof, now),
    }
}

fn plan_new(app: &App, visitor: &Visitor, person: &PersonId, proof: Proof, now: Timestamp) -> Planned {
    let session = Session {
        id: SessionId::generate(now, &*app.entropy),
        person: person.clone(),
        proof,
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus(app.config.sign_in.session_absolute()),
        ended_at: None,
        origin: visitor.origin(),
    };
    Planned { session, cookie: Token::generate(&*app.entropy), renews: false }
}

/// Begins a session, or renews the person's own one: in both cases with a new cookie value (security.md E01).
/// Another person's session in this browser ends.
///
/// `person`: the row on which the sign-in was decided. None when it is not the same any more, or when the session that a
/// mere step-up was to strengthen has ended: a new password or an end by somebody else is never survived (H08, C04).
pub async fn establish(
    app: &App,
    w: &mut Write,
    visitor: &Visitor,
    person: &Person,
    proof: Proof,
    now: Timestamp,
) -> Result<Option<Established>, StoreError> {
    let planned = plan(app, visitor, &person.id, proof.clone(), now);
    let established = establish_planned(app, w, visitor, person, planned, now).await?;
    if established.is_some() || proof.signed_in_at.is_none() {
        return Ok(established);
    }
    // A whole sign-in does not hang on the session that was there before.
    let planned = plan_new(app, visitor, &person.id, proof, now);
    establish_planned(app, w, visitor, person, planned, now).await
}

/// The same for a session whose id was told already. None also when the session that was to go on has ended meanwhile.
pub async fn establish_planned(
    app: &App,
    w: &mut Write,
    visitor: &Visitor,
    person: &Person,
    planned: Planned,
    now: Timestamp,
) -> Result<Option<Established>, StoreError> {
    if planned.renews {
        return renew(w, planned, now).await;
    }
    if !w.hold_unchanged(person).await? {
        return Ok(None);
    }
    if let Some(other) = &visitor.session {
        end_in(w, &other.id, now).await?;
    }
    begin(app, w, visitor, planned, now).await.map(Some)
}

async fn renew(w: &mut Write, planned: Planned, now: Timestamp) -> Result<Option<Established>, StoreError> {
    let Planned { session, cookie, .. } = planned;
    let renewed = w.renew_session(&session, &cookie.digest(), now).await?;
    Ok(renewed.then_some(Established { session, cookie }))
}

/// The browser's own session goes on with a new cookie and what was proved in addition. None when it has ended: what was
/// done in it must not happen then.
pub async fn renew_own(
    app: &App,
    w: &mut Write,
    visitor: &Visitor,
    person: &PersonId,
    proof: Proof,
    now: Timestamp,
) -> Result<Option<Established>, StoreError> {
    let planned = plan(app, visitor, person, proof, now);
    if planned.renews { renew(w, planned, now).await } else { Ok(None) }
}

/// Does the browser's session go on? It is held then: whoever ends it finds what the caller writes.
pub async fn goes_on(w: &mut Write, visitor: &Visitor) -> Result<bool, StoreError> {
    match &visitor.session {
        Some(session) => w.hold_session(&session.id).await,
        None => Ok(false),
    }
}

/// A new session in place of those that the caller has just ended, in the transaction in which it holds the person.
pub async fn begin_anew(
    app: &App,
    w: &mut Write,
    visitor: &Visitor,
    person: &PersonId,
    proof: Proof,
    now: Timestamp,
) -> Result<Established, StoreError> {
    begin(app, w, visitor, plan_new(app, visitor, person, proof, now), now).await
}

async fn begin(app: &App, w: &mut Write, visitor: &Visitor, planned: Planned, now: Timestamp) -> Result<Established, StoreError> {
    let Planned { session, cookie, .. } = planned;
    let person = &session.person;
    w.insert_session(&session, &cookie.digest()).await?;
    for surplus in w.sessions_beyond(person, &session.id, app.config.sign_in.sessions_per_person, now).await? {
        end_in(w, &surplus, now).await?;
        record(app, w, Event::of_person("session.end", person, "too_many"), visitor, now).await?;
    }
    Ok(Established { session, cookie })
}

/// A text that changes whenever the browser's session does, and tells nothing about it (Session Management 4.2).
pub fn browser_state(app: &App, cookie: &Digest) -> String {
    let mac = app.sealer.mac("browser-state", cookie.as_str().as_bytes());
    URL_SAFE_NO_PAD.encode(&mac[..16])
}

/// How many sessions one transaction ends.
const BATCH: i64 = 100;
/// Sessions that ran out longer ago are not looked for: a node is not away for so long.
const LOOK_BACK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Ends the sessions whose absolute end has come, with what was issued under them, and so tells their applications
/// (Back-Channel Logout 1.0). A session that only rests stays as it is: that a browser was not here for a while says
/// nothing about the applications that are in use in it. Gives the number of sessions.
///
/// # Errors
/// The store's.
pub async fn end_overdue(app: &App, now: Timestamp) -> Result<usize, Failure> {
    let mut ended = end_all(app, None, now.minus(LOOK_BACK), now).await?;
    // security.md E07: the limits in force now, of the strictest tenant.
    let tenants: Vec<_> = app.registered().tenants.values().cloned().collect();
    for tenant in tenants {
        let absolute = Duration::from_secs(u64::from(tenant.policy.session_absolute_hours) * 60 * 60);
        if absolute < app.config.sign_in.session_absolute() {
            ended += end_all(app, Some(&tenant.id), now.minus(absolute), now).await?;
        }
    }
    if ended > 0 {
        app.logouts.bell.notify_one();
    }
    Ok(ended)
}

/// Ends those that ran out since `then`; for a tenant, those of its members that began before.
async fn end_all(app: &App, tenant: Option<&TenantId>, then: Timestamp, now: Timestamp) -> Result<usize, Failure> {
    let mut ended = 0;
    loop {
        let found = app
            .store
            .read(async |r| match tenant {
                None => r.sessions_run_out(then, now, BATCH).await,
                Some(tenant) => r.sessions_begun_before(tenant, then, BATCH).await,
            })
            .await?;
        if found.is_empty() {
            return Ok(ended);
        }
        app.store
            .write(async |w| {
                for session in &found {
                    end_in(w, &session.id, now).await?;
                    record_from(app, w, Event::of_person("session.end", &session.person, "ran_out"), &Network::local(), now).await?;
                }
                Ok(())
            })
            .await?;
        ended += found.len();
    }
}

/// Ends a session and what was issued under it; tokens with `offline_access` outlive it (OpenID Connect Core 11).
pub async fn end_in(w: &mut Write, session: &SessionId, now: Timestamp) -> Result<bool, StoreError> {
    let ended = w.end_session(session, now).await?;
    w.end_online_grants_of_session(session, now).await?;
    Ok(ended)
}
