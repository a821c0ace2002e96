//! A forgotten password: asked for on the sign-in page, answered by letter, used up once (people.md S28 to S33, S56).
//!
//! The sign-in page only puts what was typed on a pile. Who that is, and whether a letter leaves, is found out later by a
//! job, so that the answer looks and takes the same for every name (security.md F07, H16).
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::audit::{Event, record, record_from};
use super::new_password::{Judge, Occasion, Refused};
use super::second_factor::{self, totp_context};
use super::{Failure, Network, Visitor, letters, rules};
use crate::app::App;
use crate::credentials::{recovery as codes, totp};
use crate::model::{
    Email, FactorKind, Membership, MethodChange, Person, PersonState, Recovery, RecoveryId, RecoveryKind, RecoveryLink, RecoveryRequest,
};
use crate::pages::letters::{NewPassword as NewPasswordLetter, PasswordChanged};
use crate::policy::rules::joined;
use crate::store::{Attempt, StoreError, Write, person_attempts};
use crate::world::{Digest, NewPassword, Secret, Timestamp, Token};

pub(super) const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);
/// Requests of one network in a quarter of an hour; beyond, nothing is put on the pile.
const PER_NETWORK: i64 = 30;
const BATCH: i64 = 16;

/// What was typed, as it waits.
#[derive(Serialize, Deserialize)]
struct Asked {
    typed: String,
    network: String,
}

/// Takes note of a request for a new password. The same for every name; nothing says whether a letter will leave.
pub async fn ask(app: &App, typed: &str, visitor: &Visitor, now: Timestamp) -> Result<(), Failure> {
    let typed: String = typed.trim().chars().take(320).collect();
    let id = RecoveryId::generate(now, &*app.entropy);
    let name = app.sealer.mac("asked-for-password", typed.to_lowercase().as_bytes());
    let asked = Asked { typed, network: visitor.network.as_str().to_owned() };
    let plain = serde_json::to_vec(&asked).map_err(|_| Failure::Stored("request"))?;
    let sealed = app.sealer.seal(&context(&id), &plain, &*app.entropy);
    let request = RecoveryRequest { id, sealed, created_at: now };
    let (network, name) = (format!("recover-net:{}", visitor.network.as_str()), format!("recover:{}", hex(&name[..12])));
    let each = i64::from(app.config.sign_in.email_codes_per_quarter_hour);
    app.store
        .write(async |w| {
            // security.md G13: at most so many, and silence after that.
            let from_here = w.count_attempt(&network, PER_NETWORK, QUARTER_HOUR, QUARTER_HOUR, now).await?;
            let for_name = w.count_attempt(&name, each, QUARTER_HOUR, QUARTER_HOUR, now).await?;
            if from_here.is_some() && for_name.is_some() {
                w.insert_recovery_request(&request).await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

fn context(id: &RecoveryId) -> String {
    format!("recovery-request:{id}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Looks at what waits on the pile. Returns how many requests were looked at.
pub async fn work_off(app: &App, now: Timestamp) -> Result<usize, Failure> {
    let requests = app.store.read(async |r| r.recovery_requests(BATCH).await).await?;
    let count = requests.len();
    for request in requests {
        answer(app, &request, now).await?;
    }
    Ok(count)
}

async fn answer(app: &App, request: &RecoveryRequest, now: Timestamp) -> Result<(), Failure> {
    let plain = app.sealer.open(&context(&request.id), &request.sealed).ok();
    let asked: Option<Asked> = plain.and_then(|plain| serde_json::from_slice(plain.expose()).ok());
    let email = asked.as_ref().and_then(|asked| Email::parse(&asked.typed));
    let person = match &email {
        Some(email) => app.store.read(async |r| r.person_by_email(email).await).await?,
        None => None,
    };
    let network = Network::from_stored(asked.map(|asked| asked.network).unwrap_or_default());
    let late = now.since(request.created_at) > app.config.sign_in.recovery_time();
    let Some(person) = person.filter(|_| !late) else {
        return close(app, request, Event::of_nobody("recovery.ask", "nobody"), &network, now).await;
    };
    if let Some(reason) = denied(app, &person).await? {
        return close(app, request, Event { actor: "anonymous", ..Event::of_person("recovery.ask", &person.id, reason) }, &network, now)
            .await;
    }
    let made = make(app, &person, RecoveryKind::Asked, None, now)?;
    let limit = i64::from(app.config.sign_in.email_codes_per_quarter_hour);
    app.store
        .write(async |w| {
            if !w.take_recovery_request(&request.id).await? {
                return Ok(());
            }
            let event = |outcome| Event { actor: "anonymous", ..Event::of_person("recovery.ask", &person.id, outcome) };
            if w.recovery_links_since(&person.id, now.minus(QUARTER_HOUR)).await? >= limit {
                return record_from(app, w, event("limited"), &network, now).await;
            }
            if !still_reached(w, &person).await? {
                return record_from(app, w, event("changed"), &network, now).await;
            }
            w.insert_recovery_link(&made.link, &made.token.digest()).await?;
            letters::queue(w, &made.letter, now).await?;
            record_from(app, w, event("sent"), &network, now).await
        })
        .await?;
    Ok(())
}

async fn close(app: &App, request: &RecoveryRequest, event: Event<'_>, network: &Network, now: Timestamp) -> Result<(), Failure> {
    let taken = app
        .store
        .write(async |w| {
            if w.take_recovery_request(&request.id).await? {
                record_from(app, w, event, network, now).await?;
            }
            Ok(())
        })
        .await;
    Ok(taken?)
}

/// Why this person gets no link from the sign-in page, if so.
async fn denied(app: &App, person: &Person) -> Result<Option<&'static str>, Failure> {
    if person.state != PersonState::Active || !person.email_verified {
        return Ok(Some("not_active"));
    }
    let memberships = app.store.read(async |r| r.memberships_of(&person.id).await).await?;
    // Whoever signs in at Microsoft alone gets a password by asking for one only where every tenant lets people change how
    // they sign in (people.md K27, C11).
    if !person.has_password && !may_change_method(app, &memberships) {
        return Ok(Some("no_password"));
    }
    let deny = rules::of(app, &memberships).recovery.value == Recovery::Deny;
    // people.md P15, C3
    Ok((deny && person.second_factor != FactorKind::None).then_some("second_factor"))
}

fn may_change_method(app: &App, memberships: &[Membership]) -> bool {
    let registered = app.registered();
    let tenants = joined(memberships, |id| registered.tenants.get(id).map(AsRef::as_ref));
    !tenants.is_empty() && tenants.iter().all(|tenant| tenant.policy.auth_method_change == MethodChange::User)
}

/// A link with its letter, not stored yet.
pub(super) struct Made {
    pub link: RecoveryLink,
    pub token: Token<NewPassword>,
    pub letter: letters::Prepared,
}

/// Makes a link to a new password. `by`: the tenant in whose name an administrator makes it.
pub(super) fn make(
    app: &App,
    person: &Person,
    kind: RecoveryKind,
    by: Option<&crate::model::Tenant>,
    now: Timestamp,
) -> Result<Made, Failure> {
    let limits = &app.config.sign_in;
    let good_for = if kind == RecoveryKind::Asked { limits.recovery_time() } else { limits.handed_link_time() };
    let token = Token::<NewPassword>::generate(&*app.entropy);
    let link = RecoveryLink {
        id: RecoveryId::generate(now, &*app.entropy),
        person: person.id.clone(),
        tenant: by.map(|tenant| tenant.id.clone()),
        kind,
        factor_browser: None,
        created_at: now,
        expires_at: now.plus(good_for),
    };
    let page = NewPasswordLetter {
        product: app.config.product.name.clone(),
        name: person.first_name.clone(),
        link: link_of(app, &token),
        minutes: i64::try_from(good_for.as_secs() / 60).unwrap_or(i64::MAX),
        tenant: by.map(|tenant| tenant.display_name().to_owned()),
    };
    let letter = match by {
        Some(tenant) => letters::prepare_from(app, tenant, person, &page, now)?,
        None => letters::prepare(app, person, &page, now)?,
    };
    Ok(Made { link, token, letter })
}

/// Does the address to which a letter was written still belong to the person? It may have changed while this waited.
pub(super) async fn still_reached(w: &mut Write, person: &Person) -> Result<bool, StoreError> {
    w.hold_person(&person.id).await?;
    Ok(w.person(&person.id).await?.is_some_and(|now| now.email == person.email && now.state == PersonState::Active))
}

/// Where a link is opened. The base is the configured issuer, never a header (security.md H01).
pub(super) fn link_of(app: &App, token: &Token<NewPassword>) -> String {
    format!("{}/recovery/{}", app.issuer(), token.clear())
}

/// A good link in a browser.
pub struct Opened {
    pub link: RecoveryLink,
    pub person: Person,
    /// The person's app or passkey has to be asked first (people.md S56). A code by e-mail proves nothing here: it goes to the same
    /// mailbox as the link (C3).
    pub needs_factor: bool,
}

/// The link of a token. Unknown, used, replaced and expired ones look alike: none. Looking uses nothing up.
pub async fn open(app: &App, token: &str, visitor: &Visitor, now: Timestamp) -> Result<Option<Opened>, Failure> {
    let digest = Digest::of::<NewPassword>(token);
    let found = app
        .store
        .read(async |r| {
            let Some(link) = r.recovery_link(&digest, now).await? else { return Ok(None) };
            Ok(r.person(&link.person).await?.map(|person| (link, person)))
        })
        .await?;
    let Some((link, person)) = found.filter(|(_, person)| person.state == PersonState::Active) else { return Ok(None) };
    // What was allowed when the letter left may be denied by now.
    if link.kind == RecoveryKind::Asked && denied(app, &person).await?.is_some() {
        return Ok(None);
    }
    // A link in an administrator's hands opens no account whose owner can be written to (people.md C27).
    if link.kind == RecoveryKind::Handed && person.email.is_some() {
        return Ok(None);
    }
    let given = link.factor_browser.as_ref() == Some(&visitor.browser);
    let needs_factor = person.second_factor.is_on_a_device() && !given;
    Ok(Some(Opened { link, person, needs_factor }))
}

/// What became of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proved {
    Yes,
    Wrong,
    Paused { until: Timestamp },
    Over,
}

/// Checks the code of the person's app, or a recovery code in its place, and remembers it for this link in this browser.
pub async fn prove(app: &App, opened: &Opened, typed: &str, visitor: &Visitor, now: Timestamp) -> Result<Proved, Failure> {
    let (person, link) = (&opened.person, &opened.link);
    let factor = app.store.read(async |r| r.totp_factor(&person.id).await).await?;
    let step = match &factor {
        Some(factor) => {
            let secret = app.sealer.open(&totp_context(&factor.id), &factor.sealed_secret)?;
            totp::check(secret.expose(), typed, now, factor.last_step).map(|step| (&factor.id, step))
        }
        None => None,
    };
    let code = codes::normalise(typed).map(|code| codes::digest(&code));
    let proved = app
        .store
        .write(async |w| {
            if let Attempt::Paused { until } = second_factor::claim(app, w, &person.id, visitor, now).await? {
                return Ok(Proved::Paused { until });
            }
            let right = match (step, &code) {
                (Some((factor, step)), _) => w.accept_totp_step(factor, step).await?,
                (None, Some(code)) => w.redeem_recovery_code(&person.id, code, now).await?,
                (None, None) => false,
            };
            let outcome = if right { "ok" } else { "wrong" };
            let event = Event { actor: "anonymous", ..Event::of_person("recovery.factor", &person.id, outcome) };
            record(app, w, event, visitor, now).await?;
            if !right {
                return Ok(Proved::Wrong);
            }
            w.clear_attempts(&second_factor::counter(&person.id)).await?;
            let remembered = w.prove_recovery_link(&link.id, &visitor.browser, now).await?;
            Ok(if remembered { Proved::Yes } else { Proved::Over })
        })
        .await?;
    Ok(proved)
}

/// What became of a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    Yes,
    Refused(Refused),
    /// Used, replaced or expired meanwhile; or the second factor is missing.
    Over,
}

/// Sets the new password and uses the link up. Everything that the old password let in is over: sessions, tokens, other
/// links, pauses (security.md H08, people.md C16). Nobody is signed in by it, and the state stays (S30).
///
/// # Errors
/// [`Failure::Busy`] when too many passwords wait already.
pub async fn finish(app: &App, opened: &Opened, password: &Secret<String>, visitor: &Visitor, now: Timestamp) -> Result<Finished, Failure> {
    let (person, link) = (&opened.person, &opened.link);
    if opened.needs_factor {
        return Ok(Finished::Over);
    }
    let judge = Judge::of(app, person, None, now).await?;
    let hash = match judge.judge(app, person, password, Occasion::Forgotten, now).await? {
        Ok(hash) => hash,
        Err(refused) => return Ok(Finished::Refused(refused)),
    };
    let letter = changed(app, person, now)?;
    let written = app
        .store
        .write_or_undo(async |w| {
            if !w.use_recovery_link(&link.id, now).await? {
                return Ok(Err(()));
            }
            w.set_password(&person.id, hash.expose(), now).await?;
            forgive(w, link, now).await?;
            end_everything(w, person, now).await?;
            letters::queue(w, &letter, now).await?;
            let event = Event::of_person("password.change", &person.id, "link").with(json!({ "link": link.id, "kind": link.kind }));
            record(app, w, event, visitor, now).await?;
            Ok(Ok(()))
        })
        .await?;
    Ok(if written.is_ok() { Finished::Yes } else { Finished::Over })
}

/// Ends the pauses after failures; a lock for not having come for long only where an administrator sent the link
/// (people.md S33, S35, C16).
async fn forgive(w: &mut Write, link: &RecoveryLink, now: Timestamp) -> Result<(), StoreError> {
    let account = person_attempts(&link.person);
    w.clear_attempts(&format!("told:{account}")).await?;
    w.clear_attempts(&account).await?;
    if let Some(tenant) = &link.tenant
        && let Some(membership) = w.membership(&link.person, tenant).await?
    {
        w.touch_membership(&membership.id, now).await?;
    }
    Ok(())
}

/// Ends all that somebody with the old password may hold.
pub(super) async fn end_everything(w: &mut Write, person: &Person, now: Timestamp) -> Result<(), StoreError> {
    w.end_sessions_of(&person.id, now).await?;
    w.end_grants_of_person(&person.id, now).await?;
    w.revoke_recovery_links(&person.id, now).await?;
    w.revoke_email_changes(&person.id, now).await?;
    w.void_email_challenges_of(&person.id, now).await?;
    Ok(())
}

/// The letter that says that the password changed.
pub(super) fn changed(app: &App, person: &Person, now: Timestamp) -> Result<letters::Prepared, Failure> {
    let page = PasswordChanged { product: app.config.product.name.clone(), name: person.first_name.clone() };
    letters::prepare(app, person, &page, now)
}
