//! A new password by somebody who knows the present one: in the account (people.md K26), or because it has to be renewed
//! before a sign-in goes on (S17).
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::audit::{Event, record};
use super::authorize::Step;
use super::new_password::{Judge, Occasion, Refused};
use super::password::{self, SignIn, continue_flow};
use super::recovery::{changed, end_everything};
use super::second_factor::{self, debtor, totp_context};
use super::session::{self, Established};
use super::{Failure, Visitor, confirmation, letters, rules};
use crate::app::App;
use crate::credentials::totp;
use crate::model::{ChallengeId, FactorKind, Flow, Person, Reauth, Session};
use crate::pages::letters::Confirmation;
use crate::store::{Attempt, StoreError, Write};
use crate::world::{Secret, Timestamp};

/// How long a new password that was typed waits for its code.
const PENDING: Duration = Duration::from_secs(15 * 60);

/// What became of a renewal.
pub enum Renewed {
    Yes(Box<Step>),
    Refused(Refused),
}

/// Characters of the shortest password for the person who renews one in this flow.
pub async fn least(app: &App, flow: &Flow, visitor: &Visitor, now: Timestamp) -> Result<u32, Failure> {
    Ok(Judge::of(app, &owner(app, flow, visitor).await?, None, now).await?.least())
}

async fn owner(app: &App, flow: &Flow, visitor: &Visitor) -> Result<Person, Failure> {
    let id = debtor(flow, visitor).ok_or(Failure::Stored("flow without a person"))?;
    app.store.read(async |r| r.person(&id).await).await?.ok_or(Failure::Stored("flow of nobody"))
}

/// Renews the password of whoever signed in with the present one in this flow, and goes on.
///
/// # Errors
/// [`Failure::Busy`] when too many passwords wait already.
pub async fn renew(app: &App, flow: Flow, password: &Secret<String>, visitor: &Visitor, now: Timestamp) -> Result<Renewed, Failure> {
    let person = owner(app, &flow, visitor).await?;
    let judge = Judge::of(app, &person, None, now).await?;
    let hash = match judge.judge(app, &person, password, Occasion::Overdue, now).await? {
        Ok(hash) => hash,
        Err(refused) => return Ok(Renewed::Refused(refused)),
    };
    let letter = changed(app, &person, now)?;
    let since = judge.present_since();
    // The new password is what this flow was given from here on.
    let mut flow = flow;
    flow.progress.proof.signed_in_at = Some(now);
    flow.progress.password_set_at = Some(now);
    let written = app
        .store
        .write_or_undo(async |w| {
            let Some(since) = since else { return Ok(Err(())) };
            if !w.update_flow(&flow.id, flow.version, &flow.progress).await?
                || !w.renew_password(&person.id, since, hash.expose(), now).await?
            {
                return Ok(Err(()));
            }
            end_everything(w, &person, now).await?;
            letters::queue(w, &letter, now).await?;
            record(app, w, Event::of_person("password.change", &person.id, "overdue").at(&flow.client), visitor, now).await?;
            Ok(Ok(()))
        })
        .await?;
    Ok(Renewed::Yes(Box::new(continue_flow(app, flow, written.is_ok(), visitor, now).await?)))
}

/// A new password that waits for its code; sealed between the two forms.
#[derive(Serialize, Deserialize)]
struct Pending {
    hash: String,
    /// When the present one was set, in microseconds: it must still be it.
    since: i64,
    challenge: Option<ChallengeId>,
    until: Timestamp,
}

/// What became of the first form.
pub enum Asked {
    /// Nothing more is wanted: the password is changed.
    Changed(Box<Established>),
    /// A code was sent; the text goes back into the form.
    EmailCode(String),
    /// The app's code is wanted.
    AppCode(String),
    WrongPassword,
    Paused {
        until: Timestamp,
    },
    Refused(Refused),
}

/// Takes the present password and a new one (people.md K26). What else is asked for is the strictest that the person's
/// tenants want (C25).
///
/// # Errors
/// [`Failure::Busy`] when too many passwords wait already.
pub async fn ask(
    app: &App,
    (person, session): (&Person, &Session),
    present: Secret<String>,
    new: &Secret<String>,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Asked, Failure> {
    match password::prove_again(app, person, present, visitor, now).await? {
        None => {}
        Some(SignIn::Paused { until }) => return Ok(Asked::Paused { until }),
        Some(_) => return Ok(Asked::WrongPassword),
    }
    let judge = Judge::of(app, person, None, now).await?;
    let hash = match judge.judge(app, person, new, Occasion::Wish, now).await? {
        Ok(hash) => hash,
        Err(refused) => return Ok(Asked::Refused(refused)),
    };
    let Some(since) = judge.present_since() else { return Ok(Asked::WrongPassword) };
    let memberships = app.store.read(async |r| r.memberships_of(&person.id).await).await?;
    let mut pending = Pending { hash: hash.expose().clone(), since: since.micros(), challenge: None, until: now.plus(PENDING) };
    match (rules::of(app, &memberships).reauth.value, person.second_factor) {
        // The passkey was shown a moment ago: nothing that could be typed is stronger.
        (Reauth::Factor, FactorKind::Passkey) if passkey_here(session, now) => {
            let letter = changed(app, person, now)?;
            let established = app.store.write(async |w| set(app, w, (person, session), &pending, &letter, visitor, now).await).await?;
            Ok(established.map_or(Asked::WrongPassword, |established| Asked::Changed(Box::new(established))))
        }
        (Reauth::Factor, FactorKind::Totp) => Ok(Asked::AppCode(seal(app, person, &pending)?)),
        (Reauth::Factor | Reauth::EmailCode, _) if confirmation::is_possible(person) => {
            pending.challenge = Some(confirmation::send(app, person, Confirmation::Password, now).await?);
            Ok(Asked::EmailCode(seal(app, person, &pending)?))
        }
        _ => {
            let letter = changed(app, person, now)?;
            let established = app.store.write(async |w| set(app, w, (person, session), &pending, &letter, visitor, now).await).await?;
            // Session or password changed while this waited: whoever asked knows the present one no more.
            Ok(established.map_or(Asked::WrongPassword, |established| Asked::Changed(Box::new(established))))
        }
    }
}

/// Was a passkey shown in this session a short while ago?
fn passkey_here(session: &Session, now: Timestamp) -> bool {
    session.proof.has_passkey() && session.proof.factor_at.is_some_and(|at| now.since(at) <= super::security::FRESH)
}

fn context(person: &Person) -> String {
    format!("pending-password:{}", person.id)
}

fn seal(app: &App, person: &Person, pending: &Pending) -> Result<String, Failure> {
    let plain = serde_json::to_vec(pending).map_err(|_| Failure::Stored("pending password"))?;
    Ok(app.sealer.seal(&context(person), &plain, &*app.entropy))
}

/// What became of the code.
pub enum Confirmed {
    Changed(Box<Established>),
    Wrong,
    Paused {
        until: Timestamp,
    },
    /// The code, or what it confirms, is over: begin again.
    Over,
}

/// The kind of code that a sealed text waits for, and nothing when it is none of this person's.
pub fn waits_for_email(app: &App, person: &Person, sealed: &str, now: Timestamp) -> Option<bool> {
    Some(open(app, person, sealed, now)?.challenge.is_some())
}

fn open(app: &App, person: &Person, sealed: &str, now: Timestamp) -> Option<Pending> {
    let plain = app.sealer.open(&context(person), sealed).ok()?;
    serde_json::from_slice::<Pending>(plain.expose()).ok().filter(|pending| pending.until > now)
}

/// Confirms a new password with the code that was sent, or with the app's. Until then the old one is good.
pub async fn confirm(
    app: &App,
    (person, session): (&Person, &Session),
    sealed: &str,
    typed: &str,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Confirmed, Failure> {
    let Some(pending) = open(app, person, sealed, now) else { return Ok(Confirmed::Over) };
    let step = app_step(app, person, typed, &pending, now).await?;
    let letter = changed(app, person, now)?;
    let outcome = app
        .store
        .write(async |w| {
            if let Attempt::Paused { until } = second_factor::claim(app, w, &person.id, visitor, now).await? {
                return Ok(Confirmed::Paused { until });
            }
            let right = match (&pending.challenge, &step) {
                (Some(challenge), _) => confirmation::redeem(app, w, person, challenge, typed, now).await?,
                (None, Some((factor, step))) => w.accept_totp_step(factor, *step).await?,
                (None, None) => false,
            };
            if !right {
                record(app, w, Event::of_person("password.confirm", &person.id, "wrong"), visitor, now).await?;
                let left = match &pending.challenge {
                    Some(challenge) => confirmation::is_open(app, w, challenge, now).await?,
                    None => true,
                };
                return Ok(if left { Confirmed::Wrong } else { Confirmed::Over });
            }
            w.clear_attempts(&second_factor::counter(&person.id)).await?;
            let established = set(app, w, (person, session), &pending, &letter, visitor, now).await?;
            Ok(established.map_or(Confirmed::Over, |established| Confirmed::Changed(Box::new(established))))
        })
        .await?;
    Ok(outcome)
}

async fn app_step(
    app: &App,
    person: &Person,
    typed: &str,
    pending: &Pending,
    now: Timestamp,
) -> Result<Option<(crate::model::FactorId, i64)>, Failure> {
    if pending.challenge.is_some() {
        return Ok(None);
    }
    let Some(factor) = app.store.read(async |r| r.totp_factor(&person.id).await).await? else { return Ok(None) };
    let secret = app.sealer.open(&totp_context(&factor.id), &factor.sealed_secret)?;
    Ok(totp::check(secret.expose(), typed, now, factor.last_step).map(|step| (factor.id, step)))
}

/// Writes the new password and ends everything else; this browser goes on with a session of its own. None when the
/// session has ended or the password changed meanwhile: then nothing is written but the end of this session.
async fn set(
    app: &App,
    w: &mut Write,
    (person, session): (&Person, &Session),
    pending: &Pending,
    letter: &letters::Prepared,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Option<Established>, StoreError> {
    let since = Timestamp::from_micros(pending.since);
    if !w.end_session(&session.id, now).await? || !w.renew_password(&person.id, since, &pending.hash, now).await? {
        return Ok(None);
    }
    end_everything(w, person, now).await?;
    letters::queue(w, letter, now).await?;
    record(app, w, Event::of_person("password.change", &person.id, "account"), visitor, now).await?;
    // The session that it was done in has ended with the others: this makes a new one with the same proof.
    session::begin_anew(app, w, visitor, &person.id, session.proof.clone(), now).await.map(Some)
}
