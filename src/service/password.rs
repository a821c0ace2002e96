//! The first factor: identifier and password.
use super::attempts::{Guess, Standing};
use super::audit::{Event, record};
use super::authorize::{self, Step};
use super::identifier::{Named, Typed};
use super::{Failure, Visitor, facts};
use crate::app::App;
use crate::credentials::Verdict;
use crate::model::{Amr, Flow, Person, PersonId, PersonState, Progress, Proof};
use crate::world::{Secret, Timestamp};

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

/// Checks what was typed and the password for a flow.
///
/// While an account is paused the password is not evaluated. Every attempt is counted before it is checked, so that
/// parallel guesses never exceed the limit (security.md F01). Unknown identifiers take the same path and the same time.
///
/// # Errors
/// [`Failure::Busy`] when too many passwords wait already.
pub async fn sign_in(
    app: &App,
    flow: Flow,
    typed: Typed<'_>,
    password: Secret<String>,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<SignIn, Failure> {
    let named = Named::of(app, typed);
    let (record_of, memberships) = match &named {
        Named::Nobody => (None, Vec::new()),
        named => {
            app.store
                .read(async |r| {
                    let found = named.record(r).await?;
                    // Nobody's memberships are looked for as well: the same work for every name (security.md F07).
                    let nobody = PersonId::from_text("");
                    let memberships = r.memberships_of(found.as_ref().map_or(&nobody, |found| &found.person.id)).await?;
                    Ok((found, memberships))
                })
                .await?
        }
    };
    let person = record_of.as_ref().map(|found| &found.person.id);
    let guess = Guess::at(app, person, &memberships, &named.counter(typed), &password, visitor);
    // A place first: whoever is sent away because too many wait has not used up an attempt (security.md F11).
    let place = app.passwords.enter()?;
    let standing = guess.claim(now).await?;
    if let Standing::Paused { until } = standing {
        return Ok(SignIn::Paused { until });
    }
    let untold = matches!(standing, Standing::PausedUntold);
    // While an account pauses its password is not looked at (people.md C18); the work is the same.
    let hash = record_of.as_ref().and_then(|r| r.hash.clone()).filter(|_| !untold);
    let rehash_password = password.clone();
    let verdict = app.passwords.verify_at(place, password, hash.as_ref()).await?;
    match (verdict, &record_of) {
        (Verdict::Right { rehash }, Some(found)) if found.person.state == PersonState::Active => {
            // Too busy to hash anew is no reason to turn somebody away: the next sign-in does it.
            let fresh = if rehash { app.passwords.hash(rehash_password, &*app.entropy).await.ok() } else { None };
            let renewed = fresh.as_ref().map(|f| f.expose().as_str()).zip(hash.as_ref().map(|h| h.expose().as_str()));
            accept(app, flow, &found.person, &guess, renewed, visitor, now).await
        }
        _ => {
            guess.failed(&flow.client, if untold { "paused" } else { "wrong" }, now).await?;
            Ok(SignIn::Wrong)
        }
    }
}

async fn accept(
    app: &App,
    mut flow: Flow,
    person: &Person,
    guess: &Guess<'_>,
    renewed: Option<(&str, &str)>,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<SignIn, Failure> {
    let proof = Proof { amr: [Amr::Pwd].into(), signed_in_at: Some(now), ..Proof::default() };
    flow.progress = Progress {
        person: Some(person.id.clone()),
        proof,
        signed_in_here: true,
        password_set_at: person.password_set_at,
        session: flow.progress.session.take(),
        ..Progress::default()
    };
    let current = app
        .store
        .write(async |w| {
            guess.clear(w).await?;
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
    let (hash, memberships) =
        app.store.read(async |r| Ok((r.password_hash(&person.id).await?, r.memberships_of(&person.id).await?))).await?;
    let guess = Guess::at(app, Some(&person.id), &memberships, "", &password, visitor);
    let place = app.passwords.enter()?;
    match guess.claim(now).await? {
        Standing::Free => {}
        Standing::Paused { until } => return Ok(Some(SignIn::Paused { until })),
        Standing::PausedUntold => return Ok(Some(SignIn::Paused { until: guess.kept_until(now).await? })),
    }
    match app.passwords.verify_at(place, password, hash.as_ref()).await? {
        Verdict::Right { .. } => {
            app.store.write(async |w| guess.clear(w).await).await?;
            Ok(None)
        }
        Verdict::Wrong => Ok(Some(SignIn::Wrong)),
    }
}
