//! Letters: rendered and queued in the transaction of their cause, delivered by a job.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Failure;
use crate::app::App;
use crate::mail::{MailFault, Trouble};
use crate::model::{Email, Letter, LetterId, LetterState, Locale, Person, PictureId, QueuedLetter, Tenant, TenantId};
use crate::pages::{House, LetterPage, button_colors};
use crate::store::{StoreError, Write};
use crate::world::Timestamp;

/// Waits between attempts: one minute to six hours, then the letter is given up after about two days.
const BACKOFF: &[u64] = &[60, 120, 300, 600, 1800, 3600, 7200, 21600, 21600, 21600, 21600, 21600, 21600, 21600];
/// How long a node may hold a letter that it is delivering.
const LEASE: Duration = Duration::from_secs(120);
const BATCH: i64 = 16;

/// The sealed form of a letter.
#[derive(Serialize, Deserialize)]
struct Sealed {
    to: String,
    to_name: String,
    subject: String,
    text: String,
    html: String,
    /// Whose name stands before the address that it comes from, and whose logo travels with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<TenantId>,
}

/// A letter made ready outside the transaction that will queue it; nothing for people without an e-mail address.
pub struct Prepared(Option<QueuedLetter>);

impl Prepared {
    /// The letter's id, if there will be one.
    pub const fn id(&self) -> Option<&LetterId> {
        match &self.0 {
            Some(letter) => Some(&letter.id),
            None => None,
        }
    }
}

/// Renders a letter to a person in that person's language and seals it. To a person without an e-mail address nothing
/// is ever sent (people.md S19).
pub fn prepare<L: LetterPage>(app: &App, person: &Person, page: &L, now: Timestamp) -> Result<Prepared, Failure> {
    match &person.email {
        Some(email) => prepare_to(app, None, (email, &person.name(), person.locale), page, now),
        None => Ok(Prepared(None)),
    }
}

/// As [`prepare`], in the name of a tenant: with its sender, its colour, its logo and whom people can ask.
pub fn prepare_from<L: LetterPage>(app: &App, tenant: &Tenant, person: &Person, page: &L, now: Timestamp) -> Result<Prepared, Failure> {
    match &person.email {
        Some(email) => prepare_to(app, Some(tenant), (email, &person.name(), person.locale), page, now),
        None => Ok(Prepared(None)),
    }
}

fn house(tenant: &Tenant) -> House {
    House {
        name: tenant.display_name().to_owned(),
        contact: tenant.contact.clone(),
        button: tenant.color.as_deref().and_then(button_colors),
        logo: has_own_logo(tenant),
    }
}

/// Logos of the program are drawings, which mail programs do not show.
fn has_own_logo(tenant: &Tenant) -> bool {
    tenant.logo.as_deref().is_some_and(|logo| logo.starts_with(PictureId::PREFIX))
}

/// As [`prepare`] and [`prepare_from`], for somebody who is not stored yet.
pub fn prepare_to<L: LetterPage>(
    app: &App,
    tenant: Option<&Tenant>,
    (to, name, locale): (&Email, &str, Locale),
    page: &L,
    now: Timestamp,
) -> Result<Prepared, Failure> {
    let rendered = app.pages.letter(locale, &tenant.map_or_else(House::plain, house), page)?;
    let id = LetterId::generate(now, &*app.entropy);
    let sealed = Sealed {
        to: to.as_str().to_owned(),
        to_name: name.to_owned(),
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        tenant: tenant.map(|tenant| tenant.id.clone()),
    };
    let json = serde_json::to_vec(&sealed).map_err(|_| Failure::Stored("letter"))?;
    let sealed = app.sealer.seal(&context(&id), &json, &*app.entropy);
    Ok(Prepared(Some(QueuedLetter { id, sealed, attempts: 0, created_at: now })))
}

fn context(id: &LetterId) -> String {
    format!("letter:{id}")
}

/// Queues a prepared letter in the caller's transaction: no letter without a fact, no fact without a letter.
pub async fn queue(w: &mut Write, letter: &Prepared, now: Timestamp) -> Result<(), StoreError> {
    match &letter.0 {
        Some(letter) => w.queue_letter(letter, now).await,
        None => Ok(()),
    }
}

/// Delivers what is due. Returns how many letters were tried.
pub async fn deliver_due(app: &App, now: Timestamp) -> Result<usize, Failure> {
    let leased = app.store.write(async |w| w.lease_letters(now, now.plus(LEASE), BATCH).await).await?;
    let count = leased.len();
    for queued in leased {
        deliver(app, &queued, now).await?;
    }
    Ok(count)
}

async fn deliver(app: &App, queued: &QueuedLetter, now: Timestamp) -> Result<(), Failure> {
    let outcome = match open(app, queued).await? {
        Some(letter) => app.mailer.deliver(&queued.id, &letter, &app.sender, now).await,
        None => Err(MailFault::Permanent(Trouble::Message)),
    };
    match outcome {
        Ok(()) => app.store.write(async |w| w.letter_sent(&queued.id, now).await).await?,
        Err(fault) => {
            let (class, state) = match fault {
                MailFault::Temporary(class) if wait(queued.attempts).is_some() => (class, LetterState::Queued),
                MailFault::Temporary(class) | MailFault::Permanent(class) => (class, LetterState::Dead),
            };
            tracing::warn!(letter.id = %queued.id, attempts = queued.attempts, class = %class, state = %state, "a letter was not delivered");
            let due = now.plus(wait(queued.attempts).unwrap_or_default());
            app.store.write(async |w| w.letter_failed(&queued.id, &class.to_string(), due, state).await).await?;
        }
    }
    Ok(())
}

/// How long to wait after the n-th attempt; none when it was the last.
fn wait(attempts: i64) -> Option<Duration> {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(0);
    BACKOFF.get(index).copied().map(Duration::from_secs)
}

/// The letter as it is sent: sender and logo as they are now.
async fn open(app: &App, queued: &QueuedLetter) -> Result<Option<Letter>, Failure> {
    let Ok(plain) = app.sealer.open(&context(&queued.id), &queued.sealed) else { return Ok(None) };
    let Ok(sealed) = serde_json::from_slice::<Sealed>(plain.expose()) else { return Ok(None) };
    let Some(to) = Email::parse(&sealed.to) else { return Ok(None) };
    let tenant = sealed.tenant.as_ref().and_then(|id| app.registered().tenants.get(id).cloned());
    let logo = match &tenant {
        Some(tenant) if has_own_logo(tenant) => app.store.read(async |r| r.logo(&tenant.id).await).await?.map(|picture| picture.png),
        _ => None,
    };
    Ok(Some(Letter {
        to,
        to_name: sealed.to_name,
        from_name: tenant.and_then(|tenant| tenant.sender_name.clone()),
        subject: sealed.subject,
        text: sealed.text,
        html: sealed.html,
        logo,
    }))
}
