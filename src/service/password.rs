//! The first factor: identifier and password.
use std::time::Duration;

use super::audit::{Event, record};
use super::authorize::{self, Step};
use super::{Failure, Visitor, facts};
use crate::app::App;
use crate::credentials::Verdict;
use crate::model::{Amr, Email, Flow, PasswordRecord, Person, PersonId, PersonState, Progress, Proof};
use crate::store::Attempt;
use crate::world::{Secret, Timestamp, sha256};

/// Failures are forgotten after a day without one.
const DECAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The event with which a pause begins (security.md F13).
const PAUSE: &str = "sign_in.pause";

/// What became of a password.
pub enum SignIn {
    Accepted(Step),
    /// Wrong, unknown, not active: nobody learns which.
    Wrong,
    /// Paused after several failures. The same for names that nobody has (people.md C18).
    Paused {
        until: Timestamp,
    },
}

/// Checks identifier and password for a flow.
///
/// While an account is paused the password is not evaluated. Every attempt is counted before it is checked, so that
/// parallel guesses never exceed the limit (security.md F01). Unknown identifiers take the same path and the same time.
///
/// # Errors
/// [`Failure::Busy`] when too many passwords wait already.
pub async fn sign_in(
    app: &App,
    flow: Flow,
    identifier: &str,
    password: Secret<String>,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<SignIn, Failure> {
    let email = Email::parse(identifier);
    let record_of = match &email {
        Some(email) => app.store.read(async |r| r.password_record(email).await).await?,
        None => None,
    };
    let account = account_key(record_of.as_ref(), identifier);
    // A place first: whoever is sent away because too many wait has not used up an attempt (security.md F11).
    let place = app.passwords.enter()?;
    let person = record_of.as_ref().map(|found| &found.person.id);
    if let Some(until) = claim(app, &account, person, visitor, now).await? {
        return Ok(SignIn::Paused { until });
    }
    let hash = record_of.as_ref().and_then(|r| r.hash.clone());
    let rehash_password = password.clone();
    let verdict = app.passwords.verify_at(place, password, hash.as_ref()).await?;
    match (verdict, record_of) {
        (Verdict::Right { rehash }, Some(found)) if found.person.state == PersonState::Active => {
            // Too busy to hash anew is no reason to turn somebody away: the next sign-in does it.
            let fresh = if rehash { app.passwords.hash(rehash_password, &*app.entropy).await.ok() } else { None };
            let renewed = fresh.as_ref().map(|f| f.expose().as_str()).zip(hash.as_ref().map(|h| h.expose().as_str()));
            accept(app, flow, &found.person, &account, renewed, visitor, now).await
        }
        (_, found) => {
            refuse(app, &flow, found.as_ref().map(|f| &f.person), visitor, now).await?;
            Ok(SignIn::Wrong)
        }
    }
}

/// One counter per account, whatever spelling was typed (security.md F02); unknown names have counters too.
fn account_key(found: Option<&PasswordRecord>, identifier: &str) -> String {
    match found {
        Some(found) => format!("person:{}", found.person.id),
        None => {
            use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
            format!("nobody:{}", URL_SAFE_NO_PAD.encode(sha256(identifier.trim().to_lowercase().as_bytes())))
        }
    }
}

/// Counts this attempt; Some when account or network is paused.
async fn claim(
    app: &App,
    account: &str,
    person: Option<&PersonId>,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Option<Timestamp>, Failure> {
    let limits = &app.config.sign_in;
    let (threshold, pause) = (i64::from(limits.lock_threshold), limits.lock_time());
    let outcome = app
        .store
        .write(async |w| {
            if let Some(until) = w.pause(&network_key(visitor), now).await? {
                return Ok(Some(until));
            }
            Ok(match w.claim_attempt(account, threshold, pause, DECAY, now).await? {
                Attempt::Allowed { failures } => {
                    if failures >= threshold {
                        let event = person.map_or(Event::of_nobody(PAUSE, "account"), |id| Event::of_person(PAUSE, id, "account"));
                        record(app, w, Event { actor: "anonymous", ..event }, visitor, now).await?;
                    }
                    None
                }
                Attempt::Paused { until } => Some(until),
            })
        })
        .await?;
    Ok(outcome)
}

fn network_key(visitor: &Visitor) -> String {
    format!("net:{}", visitor.network.as_str())
}

async fn accept(
    app: &App,
    mut flow: Flow,
    person: &Person,
    account: &str,
    renewed: Option<(&str, &str)>,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<SignIn, Failure> {
    let proof = Proof { amr: [Amr::Pwd].into(), signed_in_at: Some(now), ..Proof::default() };
    flow.progress = Progress {
        person: Some(person.id.clone()),
        proof,
        signed_in_here: true,
        session: flow.progress.session.take(),
        ..Progress::default()
    };
    let current = app
        .store
        .write(async |w| {
            w.clear_attempts(account).await?;
            if let Some((fresh, old)) = renewed {
                w.replace_password_hash(&person.id, old, fresh).await?;
            }
            record(app, w, Event::of_person("sign_in.password", &person.id, "ok").at(&flow.client), visitor, now).await?;
            w.record_login(&person.id, now).await?;
            w.update_flow(&flow.id, flow.version, &flow.progress).await
        })
        .await?;
    Ok(SignIn::Accepted(continue_flow(app, flow, current, visitor, now).await?))
}

/// Goes on with a flow whose progress was just written; if another tab wrote first, with what that one wrote.
pub(super) async fn continue_flow(app: &App, mut flow: Flow, current: bool, visitor: &Visitor, now: Timestamp) -> Result<Step, Failure> {
    if current {
        flow.version += 1;
    } else if let Some(fresh) = app.store.read(async |r| r.flow(&flow.id).await).await? {
        flow = fresh;
    }
    authorize::advance(app, flow, visitor, now).await
}

async fn refuse(app: &App, flow: &Flow, person: Option<&Person>, visitor: &Visitor, now: Timestamp) -> Result<(), Failure> {
    let limits = &app.config.sign_in;
    let threshold = i64::from(limits.network_lock_threshold);
    app.store
        .write(async |w| {
            let counted = w.claim_attempt(&network_key(visitor), threshold, limits.lock_time(), DECAY, now).await?;
            if matches!(counted, Attempt::Allowed { failures } if failures >= threshold) {
                record(app, w, Event::of_nobody(PAUSE, "network"), visitor, now).await?;
            }
            let event = match person {
                Some(person) => Event { actor: "anonymous", ..Event::of_person("sign_in.password", &person.id, "wrong") },
                None => Event::of_nobody("sign_in.password", "wrong"),
            };
            record(app, w, event.at(&flow.client), visitor, now).await
        })
        .await?;
    Ok(())
}

/// Proves again, on a page of our own, that the one at the keyboard knows the password of the session's person.
///
/// Out: `Ok(None)` when it is right; the same outcomes as at sign-in otherwise.
pub async fn prove_again(
    app: &App,
    person: &Person,
    password: Secret<String>,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Option<SignIn>, Failure> {
    debug_assert!(facts::session_of(&person.id, visitor).is_some(), "only a signed-in person proves again");
    let account = format!("person:{}", person.id);
    let place = app.passwords.enter()?;
    if let Some(until) = claim(app, &account, Some(&person.id), visitor, now).await? {
        return Ok(Some(SignIn::Paused { until }));
    }
    let hash = app.store.read(async |r| r.password_hash(&person.id).await).await?;
    match app.passwords.verify_at(place, password, hash.as_ref()).await? {
        Verdict::Right { .. } => {
            app.store.write(async |w| w.clear_attempts(&account).await).await?;
            Ok(None)
        }
        Verdict::Wrong => Ok(Some(SignIn::Wrong)),
    }
}
