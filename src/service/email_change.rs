//! A new e-mail address (people.md K10 to K12): a code goes to the present address, a link to the new one; only both
//! together change it, and only its owner does.
use super::audit::{Event, record};
use super::confirmation::{self, address};
use super::second_factor;
use super::{Failure, Visitor, letters};
use crate::app::App;
use crate::model::{ChallengeId, Email, EmailChange, EmailChangeId, Person, PersonState};
use crate::pages::letters::{Confirmation, EmailChanged, EmailProof};
use crate::store::{Attempt, Inserted};
use crate::world::{Digest, EmailProof as Proof, Timestamp, Token};

/// Sends a code to the present address; the dialog that was just opened waits for it (people.md K12).
pub async fn begin(app: &App, person: &Person, now: Timestamp) -> Result<ChallengeId, Failure> {
    confirmation::send(app, person, Confirmation::Email, now).await
}

/// What became of the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A link is on its way to the new address, unless somebody has it: that is not told.
    Sent,
    NoAddress,
    WrongCode,
    Paused {
        until: Timestamp,
    },
    /// The code is over: open the dialog again.
    Over,
}

/// What the write found.
enum Claim {
    Right,
    Wrong,
    Over,
    Paused(Timestamp),
}

/// Takes the new address and the code together (people.md K12). The address stays until the link was confirmed.
pub async fn ask(
    app: &App,
    person: &Person,
    challenge: &ChallengeId,
    (typed, code): (&str, &str),
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Asked, Failure> {
    let Some(email) = Email::parse(typed).filter(|email| address(person) != Some(email)) else { return Ok(Asked::NoAddress) };
    let taken = app.store.read(async |r| r.person_by_email(&email).await).await?.is_some();
    let token = Token::<Proof>::generate(&*app.entropy);
    let good_for = app.config.sign_in.recovery_time();
    let change = EmailChange {
        id: EmailChangeId::generate(now, &*app.entropy),
        person: person.id.clone(),
        email: email.clone(),
        created_at: now,
        expires_at: now.plus(good_for),
    };
    let page = EmailProof {
        product: app.config.product.name.clone(),
        name: person.first_name.clone(),
        // The base is the configured issuer, never a header (security.md H01).
        link: format!("{}/email/{}", app.issuer(), token.clear()),
        minutes: i64::try_from(good_for.as_secs() / 60).unwrap_or(i64::MAX),
    };
    let letter = letters::prepare_to(app, None, (&email, &person.name(), person.locale), &page, now)?;
    let claim = app
        .store
        .write(async |w| {
            if let Attempt::Paused { until } = second_factor::claim(app, w, &person.id, visitor, now).await? {
                return Ok(Claim::Paused(until));
            }
            if !confirmation::redeem(app, w, person, challenge, code, now).await? {
                record(app, w, Event::of_person("email.ask", &person.id, "wrong"), visitor, now).await?;
                return Ok(if confirmation::is_open(app, w, challenge, now).await? { Claim::Wrong } else { Claim::Over });
            }
            w.clear_attempts(&second_factor::counter(&person.id)).await?;
            if !taken {
                w.insert_email_change(&change, &token.digest()).await?;
                letters::queue(w, &letter, now).await?;
            }
            // The same for taken ones: the person reads these lines in the own data (security.md F07).
            record(app, w, Event::of_person("email.ask", &person.id, "sent"), visitor, now).await?;
            Ok(Claim::Right)
        })
        .await?;
    Ok(match claim {
        Claim::Right => Asked::Sent,
        Claim::Wrong => Asked::WrongCode,
        Claim::Over => Asked::Over,
        Claim::Paused(until) => Asked::Paused { until },
    })
}

/// A change whose link was opened.
pub struct Opened {
    pub change: EmailChange,
    pub person: Person,
}

/// The change of a link. Looking uses nothing up.
pub async fn open(app: &App, token: &str, now: Timestamp) -> Result<Option<Opened>, Failure> {
    let digest = Digest::of::<Proof>(token);
    let found = app
        .store
        .read(async |r| {
            let Some(change) = r.email_change(&digest, now).await? else { return Ok(None) };
            Ok(r.person(&change.person).await?.map(|person| Opened { change, person }))
        })
        .await?;
    Ok(found.filter(|opened| opened.person.state == PersonState::Active))
}

/// Makes the proved address the person's. False when the link is over, or somebody took the address meanwhile.
pub async fn confirm(app: &App, opened: &Opened, visitor: &Visitor, now: Timestamp) -> Result<bool, Failure> {
    let (change, person) = (&opened.change, &opened.person);
    let page = EmailChanged { product: app.config.product.name.clone(), name: person.first_name.clone(), masked: change.email.masked() };
    // To the address before: its owner hears of it.
    let letter = letters::prepare(app, person, &page, now)?;
    let written = app
        .store
        .write_or_undo(async |w| {
            if !w.use_email_change(&change.id, now).await? || w.change_email(&person.id, &change.email, now).await? != Inserted::Yes {
                return Ok(Err(()));
            }
            // Links that went to the address before are worthless from now on.
            w.revoke_recovery_links(&person.id, now).await?;
            w.void_email_challenges_of(&person.id, now).await?;
            letters::queue(w, &letter, now).await?;
            record(app, w, Event::of_person("email.change", &person.id, "ok"), visitor, now).await?;
            Ok(Ok(()))
        })
        .await?;
    Ok(written.is_ok())
}
