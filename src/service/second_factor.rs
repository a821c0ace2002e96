//! The second factor of a sign-in: a code by e-mail, an authenticator app, or a recovery code; passkeys are in
//! [`super::passkeys`].
use std::time::Duration;

use super::attempts::{DECAY, PAUSE, rule_of};
use super::audit::{Event, record};
use super::authorize::Step;
use super::password::continue_flow;
use super::security::notice;
use super::{Failure, Visitor, facts, letters};
use crate::app::App;
use crate::credentials::{email_code, recovery, totp};
use crate::model::{Amr, ChallengeId, Client, EmailChallenge, FactorKind, Flow, Person, PersonId};
use crate::pages::letters::{EmailCode as EmailCodeLetter, FactorChange};
use crate::protocol::flow::Ask;
use crate::store::{Attempt, StoreError, Write};
use crate::world::{Timestamp, decimal_code};

const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);

/// What became of a code.
pub enum Factor {
    Accepted(Step),
    Wrong,
    /// The code is over, or too many wrong ones were tried: a new one must be sent.
    Expired,
    Paused {
        until: Timestamp,
    },
}

/// A challenge and its letter, made before the transaction that stores both.
pub struct PreparedCode {
    challenge: EmailChallenge,
    letter: letters::Prepared,
    /// Letters that may leave in a quarter of an hour.
    limit: i64,
}

/// Makes a code ready if the question is for one and none is under way in this flow.
pub async fn prepare_code(
    app: &App,
    flow: &Flow,
    ask: &Ask,
    person: Option<&Person>,
    client: &Client,
    now: Timestamp,
) -> Result<Option<PreparedCode>, Failure> {
    let (Ask::SecondFactor(FactorKind::Email), Some(person), None) = (ask, person, &flow.progress.email_challenge) else {
        return Ok(None);
    };
    make_code(app, person, &client.metadata.client_name, now).map(Some)
}

fn make_code(app: &App, person: &Person, client_name: &str, now: Timestamp) -> Result<PreparedCode, Failure> {
    let limits = &app.config.sign_in;
    let id = ChallengeId::generate(now, &*app.entropy);
    let code = decimal_code(&*app.entropy, 6);
    let challenge = EmailChallenge {
        digest: email_code::digest(&id, &code),
        id,
        person: person.id.clone(),
        attempts: 0,
        created_at: now,
        expires_at: now.plus(limits.email_code_time()),
    };
    let page = EmailCodeLetter {
        name: person.first_name.clone(),
        code,
        minutes: i64::from(limits.email_code_minutes),
        tenant: None,
        client_name: Some(client_name.to_owned()).filter(|name| !name.is_empty()),
        product: app.config.product.name.clone(),
    };
    Ok(PreparedCode {
        challenge,
        letter: letters::prepare(app, person, &page, now)?,
        limit: i64::from(limits.email_codes_per_quarter_hour),
    })
}

/// Stores a code and its letter, and makes it the one that the flow waits for. Beyond the limit per person the challenge
/// exists but no letter leaves: the page looks the same. Counted inside the transaction, one after the other, so that
/// many requests at once send no more than the limit (security.md G13).
pub async fn queue_code(w: &mut Write, flow: &mut Flow, code: &PreparedCode, now: Timestamp) -> Result<(), StoreError> {
    if let Some(older) = &flow.progress.email_challenge {
        w.void_email_challenge(older, now).await?;
    }
    w.insert_email_challenge(&code.challenge).await?;
    let recent = w.email_challenges_since(&code.challenge.person, now.minus(QUARTER_HOUR)).await?;
    if recent <= code.limit {
        letters::queue(w, &code.letter, now).await?;
    }
    flow.progress.email_challenge = Some(code.challenge.id.clone());
    Ok(())
}

/// Sends another code; the one before is void. Says nothing about whether a letter really left. Of several requests for
/// the same page at once the first sends.
pub async fn resend(app: &App, mut flow: Flow, person: &Person, client_name: &str, now: Timestamp) -> Result<(), Failure> {
    let code = make_code(app, person, client_name, now)?;
    let sent = app
        .store
        .write_or_undo(async |w| {
            queue_code(w, &mut flow, &code, now).await?;
            Ok(if w.update_flow(&flow.id, flow.version, &flow.progress).await? { Ok(()) } else { Err(Overtaken) })
        })
        .await?;
    if sent.is_err() {
        tracing::info!("another request moved the sign-in on before this one could send a code");
    }
    Ok(())
}

/// Another request changed the flow first.
struct Overtaken;

/// Who owes the second factor in this flow.
pub fn debtor(flow: &Flow, visitor: &Visitor) -> Option<PersonId> {
    flow.progress.person.clone().or_else(|| visitor.session.as_ref().map(|session| session.person.clone()))
}

/// Counts an attempt at the second factor of an account (security.md F01), by the strictest rule of its tenants: the
/// password before it told already that the person exists.
pub(super) async fn claim(app: &App, w: &mut Write, person: &PersonId, visitor: &Visitor, now: Timestamp) -> Result<Attempt, StoreError> {
    let rule = rule_of(app, &w.memberships_of(person).await?);
    let attempt = w.claim_attempt(&counter(person), rule.threshold, rule.pause, DECAY, now).await?;
    if matches!(attempt, Attempt::Allowed { failures } if failures >= rule.threshold) {
        record(app, w, Event::of_person(PAUSE, person, "factor"), visitor, now).await?;
    }
    Ok(attempt)
}

pub(super) fn counter(person: &PersonId) -> String {
    format!("factor:{person}")
}

/// What a claim on a code did, decided inside the transaction.
pub(super) enum Claimed {
    Won { current: bool },
    Wrong,
    Expired,
    Paused(Timestamp),
}

/// Redeems the code of an e-mail. One conditional UPDATE decides (security.md finding 4).
pub async fn email(app: &App, mut flow: Flow, typed: &str, visitor: &Visitor, now: Timestamp) -> Result<Factor, Failure> {
    let (Some(person), Some(challenge)) = (debtor(&flow, visitor), flow.progress.email_challenge.clone()) else {
        return Ok(Factor::Expired);
    };
    let digest = email_code::digest(&challenge, &email_code::normalise(typed).unwrap_or_default());
    let tries = i64::from(app.config.sign_in.email_code_attempts);
    let claimed = app
        .store
        .write(async |w| {
            if let Attempt::Paused { until } = claim(app, w, &person, visitor, now).await? {
                return Ok(Claimed::Paused(until));
            }
            if w.redeem_email_challenge(&challenge, &digest, tries, now).await? {
                return win(app, w, &mut flow, &person, &[Amr::Email], visitor, now).await;
            }
            let left = w.email_challenge(&challenge).await?.filter(|c| c.expires_at > now && c.attempts < tries);
            lose(app, w, &flow, &person, visitor, now).await?;
            Ok(if left.is_some() { Claimed::Wrong } else { Claimed::Expired })
        })
        .await?;
    finish(app, flow, claimed, visitor, now).await
}

/// Checks a code of the authenticator app; its time step counts once (RFC 6238 5.2).
pub async fn app_code(app: &App, mut flow: Flow, typed: &str, visitor: &Visitor, now: Timestamp) -> Result<Factor, Failure> {
    let Some(person) = debtor(&flow, visitor) else { return Ok(Factor::Expired) };
    let Some(factor) = app.store.read(async |r| r.totp_factor(&person).await).await? else { return Ok(Factor::Wrong) };
    let secret = app.sealer.open(&totp_context(&factor.id), &factor.sealed_secret)?;
    let step = totp::check(secret.expose(), typed, now, factor.last_step);
    let claimed = app
        .store
        .write(async |w| {
            if let Attempt::Paused { until } = claim(app, w, &person, visitor, now).await? {
                return Ok(Claimed::Paused(until));
            }
            match step {
                Some(step) if w.accept_totp_step(&factor.id, step).await? => {
                    win(app, w, &mut flow, &person, &[Amr::Otp], visitor, now).await
                }
                _ => {
                    lose(app, w, &flow, &person, visitor, now).await?;
                    Ok(Claimed::Wrong)
                }
            }
        })
        .await?;
    finish(app, flow, claimed, visitor, now).await
}

/// The context that a TOTP secret is sealed with.
pub fn totp_context(factor: &crate::model::FactorId) -> String {
    format!("totp:{factor}")
}

/// Redeems a recovery code in place of the app.
pub async fn recovery_code(app: &App, mut flow: Flow, typed: &str, visitor: &Visitor, now: Timestamp) -> Result<Factor, Failure> {
    let Some(person) = debtor(&flow, visitor) else { return Ok(Factor::Expired) };
    let Some(owner) = app.store.read(async |r| r.person(&person).await).await? else { return Ok(Factor::Expired) };
    // security.md G08: the owner hears of it, in case somebody else found the sheet.
    let letter = notice(app, &owner, FactorChange::RecoveryUsed, now)?;
    let digest = recovery::normalise(typed).map(|code| recovery::digest(&code));
    let claimed = app
        .store
        .write(async |w| {
            if let Attempt::Paused { until } = claim(app, w, &person, visitor, now).await? {
                return Ok(Claimed::Paused(until));
            }
            let won = match &digest {
                Some(digest) => w.redeem_recovery_code(&person, digest, now).await?,
                None => false,
            };
            if won {
                letters::queue(w, &letter, now).await?;
                return win(app, w, &mut flow, &person, &[Amr::Otp], visitor, now).await;
            }
            lose(app, w, &flow, &person, visitor, now).await?;
            Ok(Claimed::Wrong)
        })
        .await?;
    finish(app, flow, claimed, visitor, now).await
}

/// Records the factor in the flow.
pub(super) async fn win(
    app: &App,
    w: &mut Write,
    flow: &mut Flow,
    person: &PersonId,
    methods: &[Amr],
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Claimed, StoreError> {
    w.clear_attempts(&counter(person)).await?;
    facts::belong(flow, visitor);
    flow.progress.factor_here = true;
    flow.progress.proof.amr.extend(methods);
    flow.progress.proof.factor_at = Some(now);
    flow.progress.email_challenge = None;
    let current = w.update_flow(&flow.id, flow.version, &flow.progress).await?;
    let event = Event::of_person("sign_in.factor", person, "ok").at(&flow.client).with(serde_json::json!({ "method": methods.first() }));
    record(app, w, event, visitor, now).await?;
    Ok(Claimed::Won { current })
}

pub(super) async fn lose(
    app: &App,
    w: &mut Write,
    flow: &Flow,
    person: &PersonId,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<(), StoreError> {
    record(app, w, Event::of_person("sign_in.factor", person, "wrong").at(&flow.client), visitor, now).await
}

pub(super) async fn finish(app: &App, flow: Flow, claimed: Claimed, visitor: &Visitor, now: Timestamp) -> Result<Factor, Failure> {
    Ok(match claimed {
        Claimed::Won { current } => Factor::Accepted(continue_flow(app, flow, current, visitor, now).await?),
        Claimed::Wrong => Factor::Wrong,
        Claimed::Expired => Factor::Expired,
        Claimed::Paused(until) => Factor::Paused { until },
    })
}
