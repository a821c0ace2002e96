//! A person's own passkeys: adding, renaming, removing.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::audit::{Event, record};
use super::passkeys::{Given, Purpose, fault, keep, methods, take};
use super::password::{self, SignIn};
use super::security::{Wish, may_disable, may_return_to_email, notice, offers};
use super::session::{self, Established};
use super::{Failure, Visitor, letters};
use crate::app::App;
use crate::credentials::recovery;
use crate::model::{FactorKind, Passkey, PasskeyId, Person, Proof, Session, invisible};
use crate::pages::letters::FactorChange;
use crate::world::{Digest, Secret, Timestamp};

/// Passkeys that one person may have.
const MOST: i64 = 20;
const LONGEST_NAME: usize = 60;

/// What became of the wish for another passkey.
pub enum Offer {
    /// What the browser is told.
    Ask(Value),
    WrongPassword,
    Paused {
        until: Timestamp,
    },
    /// No tenant of the person takes passkeys, or there are too many already.
    NotOffered,
}

/// A name that a person gave a passkey; none when nothing readable is in it.
pub fn name(typed: &str) -> Option<String> {
    let name: String = typed.trim().chars().filter(|c| !c.is_control() && !invisible(*c)).take(LONGEST_NAME).collect();
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Asks the browser for a new passkey, once the password was right (people.md C25: as for the app). `password` is None for
/// people who have none: they must have signed in a moment ago.
pub async fn begin(
    app: &App,
    (person, session): (&Person, &Session),
    password: Option<Secret<String>>,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Offer, Failure> {
    let Some(relying) = app.relying.as_ref() else { return Ok(Offer::NotOffered) };
    if !offers(app, person, FactorKind::Passkey).await? {
        return Ok(Offer::NotOffered);
    }
    if let Some(password) = password {
        match password::prove_again(app, person, password, visitor, now).await? {
            None => {}
            Some(SignIn::Paused { until }) => return Ok(Offer::Paused { until }),
            Some(_) => return Ok(Offer::WrongPassword),
        }
    }
    let known: Vec<String> =
        app.store.read(async |r| r.passkeys_of(&person.id).await).await?.into_iter().map(|passkey| passkey.credential).collect();
    if i64::try_from(known.len()).is_ok_and(|known| known >= MOST) {
        return Ok(Offer::NotOffered);
    }
    let begun = relying.begin(handle(app, person), person.handle(), &person.name(), &known).map_err(fault)?;
    keep(app, begun, Purpose::Enrol(&session.id), visitor, now).await.map(Offer::Ask)
}

/// What authenticators know the person by: nothing that means anything elsewhere (WebAuthn 14.6.1).
fn handle(app: &App, person: &Person) -> [u8; 16] {
    let mac = app.sealer.mac("passkey-handle", person.id.as_str().as_bytes());
    let mut handle = [0u8; 16];
    handle.copy_from_slice(&mac[..16]);
    handle
}

/// What became of a new passkey.
pub enum Added {
    /// It is there. The recovery codes are new and shown once, if there were none; `session` has a new cookie.
    Yes { recovery: Vec<Secret<String>>, session: Box<Established> },
    /// The answer is not good, too late, or of a passkey that somebody has.
    Refused,
}

/// Keeps the passkey that the browser made. From now on it is the second factor, unless the person has an app already.
/// The session becomes stronger only where a sign-in demanded the new factor (security.md G07).
pub async fn finish(
    app: &App,
    (person, session): (&Person, &Session),
    (name, given): (String, Given<'_>),
    wish: Wish,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Added, Failure> {
    let Some(relying) = app.relying.as_ref() else { return Ok(Added::Refused) };
    let Some(state) = take(app, given, Purpose::Enrol(&session.id), visitor, now).await? else { return Ok(Added::Refused) };
    let Ok(made) = relying.made(&state, given.answer) else { return Ok(Added::Refused) };
    let passkey = Passkey {
        id: PasskeyId::generate(now, &*app.entropy),
        person: person.id.clone(),
        name,
        credential: made.credential,
        handle: URL_SAFE_NO_PAD.encode(handle(app, person)),
        data: made.data,
        counter: made.counter,
        synced: made.synced,
        created_at: now,
        last_used_at: None,
    };
    let codes = recovery::generate(&*app.entropy);
    let digests: Vec<Digest> = codes.iter().map(recovery::digest).collect();
    let letter = notice(app, person, FactorChange::PasskeyAdded, now)?;
    let proof = match wish {
        Wish::Demanded => Proof { amr: methods(passkey.synced).into(), factor_at: Some(now), ..Proof::default() },
        Wish::Own => Proof::default(),
    };
    let written = app
        .store
        .write_or_undo(async |w| {
            if !w.insert_passkey(&passkey, MOST).await? {
                return Ok(Err(()));
            }
            let present = w.person(&person.id).await?.map_or(person.second_factor, |present| present.second_factor);
            if present != FactorKind::Totp {
                w.set_second_factor(&person.id, FactorKind::Passkey, now).await?;
            }
            // Codes that there are stay good: they stand in for whichever device is lost.
            let fresh = w.recovery_codes_left(&person.id).await? == 0;
            if fresh {
                w.replace_recovery_codes(&person.id, &digests, now).await?;
            }
            letters::queue(w, &letter, now).await?;
            let event = Event::of_person("factor.passkey", &person.id, "added").with(json!({ "passkey": passkey.id }));
            record(app, w, event, visitor, now).await?;
            let session = session::renew_own(app, w, visitor, &person.id, proof, now).await?;
            Ok(session.map(|session| (fresh, session)).ok_or(()))
        })
        .await?;
    Ok(match written {
        Ok((fresh, session)) => Added::Yes { recovery: if fresh { codes } else { Vec::new() }, session: Box::new(session) },
        Err(()) => Added::Refused,
    })
}

/// Gives a passkey another name. False when it is none of this person's.
pub async fn rename(app: &App, person: &Person, id: &PasskeyId, name: &str, visitor: &Visitor, now: Timestamp) -> Result<bool, Failure> {
    let renamed = app
        .store
        .write(async |w| {
            let renamed = w.rename_passkey(&person.id, id, name).await?;
            if renamed {
                let event = Event::of_person("factor.passkey", &person.id, "renamed").with(json!({ "passkey": id }));
                record(app, w, event, visitor, now).await?;
            }
            Ok(renamed)
        })
        .await?;
    Ok(renamed)
}

/// What became of a removal.
pub enum Removed {
    Yes(Box<Established>),
    NotThere,
    /// It is the only second factor, and a rule demands one.
    Last,
}

/// Removes a passkey. With the last one that is the second factor goes back to codes by e-mail or to none, where the
/// person's tenants allow that (security.md G08).
pub async fn remove(app: &App, person: &Person, id: &PasskeyId, visitor: &Visitor, now: Timestamp) -> Result<Removed, Failure> {
    let after = if may_return_to_email(app, person).await? {
        Some(FactorKind::Email)
    } else if may_disable(app, person).await? {
        Some(FactorKind::None)
    } else {
        None
    };
    let letter = notice(app, person, FactorChange::PasskeyRemoved, now)?;
    let written = app
        .store
        .write_or_undo(async |w| {
            let Some(left) = w.remove_passkey(&person.id, id).await? else { return Ok(Err(Removed::NotThere)) };
            let present = w.person(&person.id).await?.map(|present| present.second_factor);
            if left == 0 && present == Some(FactorKind::Passkey) {
                let Some(after) = after else { return Ok(Err(Removed::Last)) };
                w.set_second_factor(&person.id, after, now).await?;
                w.replace_recovery_codes(&person.id, &[], now).await?;
            }
            letters::queue(w, &letter, now).await?;
            let event = Event::of_person("factor.passkey", &person.id, "removed").with(json!({ "passkey": id }));
            record(app, w, event, visitor, now).await?;
            let session = session::renew_own(app, w, visitor, &person.id, Proof::default(), now).await?;
            Ok(session.map(|session| Removed::Yes(Box::new(session))).ok_or(Removed::NotThere))
        })
        .await?;
    Ok(match written {
        Ok(outcome) | Err(outcome) => outcome,
    })
}
