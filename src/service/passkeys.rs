//! Passkeys in a sign-in: instead of name and password, as the second factor, and in front of a new password.
//!
//! Every question to a browser is a row that its first answer deletes (security.md G11): good for a few minutes, in the
//! browser and for the flow or link that it was made for. Pauses hold as for passwords and codes.
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::attempts::{Guess, Standing};
use super::audit::{Event, record};
use super::password::{SignIn, continue_flow};
use super::recovery::{Opened, Proved as LinkProved};
use super::second_factor::{self, Claimed, Factor, claim, debtor};
use super::{Failure, Visitor, security};
use crate::app::App;
use crate::credentials::passkey::{Answer, Begun, Fault, Kept, Proved, Relying};
use crate::model::{
    Amr, ChallengeId, FactorKind, Flow, FlowId, Membership, Passkey, PasskeyChallenge, Person, PersonId, PersonState, Progress, Proof,
    RecoveryId, SessionId,
};
use crate::store::Attempt;
use crate::world::{Secret, Timestamp};

/// How long a browser may take to answer.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// What a question to a browser is for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    SignIn(&'a FlowId),
    Factor(&'a FlowId),
    Link(&'a RecoveryId),
    /// A new passkey, in this session.
    Enrol(&'a SessionId),
}

impl Purpose<'_> {
    fn text(self) -> String {
        match self {
            Self::SignIn(flow) => format!("sign-in:{flow}"),
            Self::Factor(flow) => format!("factor:{flow}"),
            Self::Link(link) => format!("link:{link}"),
            Self::Enrol(session) => format!("enrol:{session}"),
        }
    }
}

/// What a browser answered: which question, and the JSON text of the answer.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    pub challenge: &'a str,
    pub answer: &'a str,
}

/// Keeps a question and gives what the browser is told: `{ challenge, publicKey }`.
pub(super) async fn keep(app: &App, begun: Begun, purpose: Purpose<'_>, visitor: &Visitor, now: Timestamp) -> Result<Value, Failure> {
    let challenge = PasskeyChallenge {
        id: ChallengeId::generate(now, &*app.entropy),
        purpose: purpose.text(),
        browser: visitor.browser.clone(),
        state: begun.state,
        created_at: now,
        expires_at: now.plus(PATIENCE),
    };
    app.store.write(async |w| w.insert_passkey_challenge(&challenge).await).await?;
    Ok(json!({ "challenge": challenge.id, "publicKey": begun.options }))
}

/// The state of a question, once.
pub(super) async fn take(
    app: &App,
    given: Given<'_>,
    purpose: Purpose<'_>,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Option<String>, Failure> {
    let (id, purpose) = (ChallengeId::from_text(given.challenge), purpose.text());
    Ok(app.store.write(async |w| w.take_passkey_challenge(&id, &purpose, &visitor.browser, now).await).await?)
}

pub(super) fn fault(_: Fault) -> Failure {
    Failure::Stored("passkey")
}

/// May a sign-in at an address of this tenant begin with a passkey? Without a tenant: if any takes passkeys (people.md C1).
pub fn offered_at_sign_in(app: &App, tenant: Option<&crate::model::Tenant>) -> bool {
    let takes = |tenant: &crate::model::Tenant| tenant.policy.offers(FactorKind::Passkey);
    app.relying.is_some()
        && match tenant {
            Some(tenant) => takes(tenant),
            None => {
                let registered = app.registered();
                registered.tenants.is_empty() || registered.tenants.values().any(|tenant| takes(tenant))
            }
        }
}

/// Asks for whichever passkey the browser has. None where passkeys are not possible.
pub async fn ask_to_sign_in(app: &App, flow: &Flow, visitor: &Visitor, now: Timestamp) -> Result<Option<Value>, Failure> {
    let Some(relying) = &app.relying else { return Ok(None) };
    let begun = relying.ask(&[]).map_err(fault)?;
    keep(app, begun, Purpose::SignIn(&flow.id), visitor, now).await.map(Some)
}

/// Asks for one of a person's passkeys. None when there is none.
pub async fn ask_for(
    app: &App,
    person: &PersonId,
    purpose: Purpose<'_>,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Option<Value>, Failure> {
    let Some(relying) = &app.relying else { return Ok(None) };
    let known: Vec<String> =
        app.store.read(async |r| r.passkeys_of(person).await).await?.into_iter().map(|passkey| passkey.credential).collect();
    if known.is_empty() {
        return Ok(None);
    }
    keep(app, relying.ask(&known).map_err(fault)?, purpose, visitor, now).await.map(Some)
}

/// May this person show a passkey as the second factor: is there one, and does a tenant take it?
pub async fn possible(app: &App, person: &Person) -> Result<bool, Failure> {
    if app.relying.is_none() {
        return Ok(false);
    }
    let there = !app.store.read(async |r| r.passkeys_of(&person.id).await).await?.is_empty();
    Ok(there && security::offers(app, person, FactorKind::Passkey).await?)
}

/// What a passkey proves: that it was there, and that its authenticator saw its owner (RFC 8176 2). One that may be copied
/// is a key in software.
pub(super) const fn methods(synced: bool) -> [Amr; 2] {
    if synced { [Amr::Swk, Amr::User] } else { [Amr::Hwk, Amr::User] }
}

/// A question with its answer, and the passkey that the answer claims to be of. Not checked yet.
struct Shown<'a> {
    relying: &'a Relying,
    state: String,
    answer: Answer,
    passkey: Option<Passkey>,
}

impl Shown<'_> {
    async fn open<'a>(
        app: &'a App,
        given: Given<'_>,
        purpose: Purpose<'_>,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Option<Shown<'a>>, Failure> {
        let (Some(relying), Ok(answer)) = (&app.relying, Answer::read(given.answer)) else { return Ok(None) };
        let Some(state) = take(app, given, purpose, visitor, now).await? else { return Ok(None) };
        let credential = answer.credential();
        let passkey = app.store.read(async |r| r.passkey(&credential).await).await?;
        Ok(Some(Shown { relying, state, answer, passkey }))
    }

    /// The passkey with what it proves, if it belongs to `owner` and the answer is good.
    fn check(&self, owner: Option<&PersonId>) -> Result<(&Passkey, Proved), &'static str> {
        let passkey = self.passkey.as_ref().filter(|passkey| owner.is_none_or(|owner| *owner == passkey.person)).ok_or("unknown")?;
        let kept = Kept { data: &passkey.data, handle: &passkey.handle };
        let proved = self.relying.proved(&self.state, &self.answer, kept).map_err(|fault| match fault {
            Fault::Counter => "counter",
            Fault::Origin => "origin",
            Fault::Handle => "handle",
            _ => "wrong",
        })?;
        Ok((passkey, proved))
    }
}

/// Signs in with a passkey alone. Nobody learns why one was refused: unknown, not active, signed by a copy, no tenant that
/// takes passkeys. Whoever signs in elsewhere and has no password here does not get around that (people.md K27).
pub async fn sign_in(app: &App, flow: Flow, given: Given<'_>, visitor: &Visitor, now: Timestamp) -> Result<SignIn, Failure> {
    let Some(shown) = Shown::open(app, given, Purpose::SignIn(&flow.id), visitor, now).await? else { return Ok(SignIn::Wrong) };
    let (person, memberships) = owner(app, &shown).await?;
    let credential = Secret::from(shown.answer.credential().as_str());
    let nobody = format!("passkey:{}", URL_SAFE_NO_PAD.encode(&app.sealer.mac("unknown-passkey", credential.expose().as_bytes())[..12]));
    let guess = Guess::at(app, person.as_ref().map(|person| &person.id), &memberships, &nobody, &credential, visitor).for_passkey();
    // Counted before it is looked at, and not looked at while the account pauses: as with passwords (security.md F01).
    match guess.claim(now).await? {
        Standing::Paused { until } => return Ok(SignIn::Paused { until }),
        Standing::PausedUntold => {
            guess.failed(&flow.client, "paused", now).await?;
            return Ok(SignIn::Wrong);
        }
        Standing::Free => {}
    }
    let checked = shown.check(None).and_then(|proved| match &person {
        Some(person) if person.state == PersonState::Active && person.has_password => {
            let takes = security::offered(app, person, &memberships, FactorKind::Passkey);
            if takes { Ok((person, proved)) } else { Err("not_offered") }
        }
        _ => Err("wrong"),
    });
    match checked {
        Ok((person, (passkey, proved))) => accept(app, flow, person, passkey, &proved, &guess, visitor, now).await,
        Err(outcome) => {
            guess.failed(&flow.client, outcome, now).await?;
            Ok(SignIn::Wrong)
        }
    }
}

async fn owner(app: &App, shown: &Shown<'_>) -> Result<(Option<Person>, Vec<Membership>), Failure> {
    let nobody = PersonId::from_text("");
    let id = shown.passkey.as_ref().map_or(&nobody, |passkey| &passkey.person);
    Ok(app.store.read(async |r| Ok((r.person(id).await?, r.memberships_of(id).await?))).await?)
}

#[expect(clippy::too_many_arguments, reason = "everything that one accepted sign-in consists of")]
async fn accept(
    app: &App,
    mut flow: Flow,
    person: &Person,
    passkey: &Passkey,
    proved: &Proved,
    guess: &Guess<'_>,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<SignIn, Failure> {
    let proof = Proof { amr: methods(proved.synced).into(), signed_in_at: Some(now), factor_at: Some(now), ..Proof::default() };
    flow.progress = Progress {
        person: Some(person.id.clone()),
        proof,
        passkey: Some(passkey.id.clone()),
        signed_in_here: true,
        factor_here: true,
        session: flow.progress.session.take(),
        ..Progress::default()
    };
    let current = app
        .store
        .write(async |w| {
            if !w.use_passkey(&passkey.id, &proved.data, proved.counter, now).await? {
                return Ok(None);
            }
            guess.clear(w).await?;
            let event = Event::of_person("sign_in.passkey", &person.id, "ok").at(&flow.client).with(json!({ "passkey": passkey.id }));
            record(app, w, event, visitor, now).await?;
            w.record_login(&person.id, now).await?;
            w.update_flow(&flow.id, flow.version, &flow.progress).await.map(Some)
        })
        .await?;
    let Some(current) = current else {
        guess.failed(&flow.client, "counter", now).await?;
        return Ok(SignIn::Wrong);
    };
    Ok(SignIn::Accepted(continue_flow(app, flow, current, visitor, now).await?))
}

/// Takes a passkey as the second factor of a flow.
pub async fn factor(app: &App, mut flow: Flow, given: Given<'_>, visitor: &Visitor, now: Timestamp) -> Result<Factor, Failure> {
    let Some(person) = debtor(&flow, visitor) else { return Ok(Factor::Expired) };
    let Some(shown) = Shown::open(app, given, Purpose::Factor(&flow.id), visitor, now).await? else { return Ok(Factor::Expired) };
    let checked = shown.check(Some(&person));
    let claimed = app
        .store
        .write(async |w| {
            if let Attempt::Paused { until } = claim(app, w, &person, visitor, now).await? {
                return Ok(Claimed::Paused(until));
            }
            if let Ok((passkey, proved)) = &checked
                && w.use_passkey(&passkey.id, &proved.data, proved.counter, now).await?
            {
                return second_factor::win(app, w, &mut flow, &person, &methods(proved.synced), visitor, now).await;
            }
            second_factor::lose(app, w, &flow, &person, visitor, now).await?;
            Ok(Claimed::Wrong)
        })
        .await?;
    second_factor::finish(app, flow, claimed, visitor, now).await
}

/// Takes a passkey in front of a new password, for this link in this browser (people.md S56, C3).
pub async fn prove(app: &App, opened: &Opened, given: Given<'_>, visitor: &Visitor, now: Timestamp) -> Result<LinkProved, Failure> {
    let (person, link) = (&opened.person.id, &opened.link);
    let Some(shown) = Shown::open(app, given, Purpose::Link(&link.id), visitor, now).await? else { return Ok(LinkProved::Wrong) };
    let checked = shown.check(Some(person));
    let proved = app
        .store
        .write(async |w| {
            if let Attempt::Paused { until } = claim(app, w, person, visitor, now).await? {
                return Ok(LinkProved::Paused { until });
            }
            let right = match &checked {
                Ok((passkey, proved)) => w.use_passkey(&passkey.id, &proved.data, proved.counter, now).await?,
                Err(_) => false,
            };
            let outcome = if right { "ok" } else { "wrong" };
            let event = Event { actor: "anonymous", ..Event::of_person("recovery.factor", person, outcome) };
            record(app, w, event, visitor, now).await?;
            if !right {
                return Ok(LinkProved::Wrong);
            }
            w.clear_attempts(&second_factor::counter(person)).await?;
            let remembered = w.prove_recovery_link(&link.id, &visitor.browser, now).await?;
            Ok(if remembered { LinkProved::Yes } else { LinkProved::Over })
        })
        .await?;
    Ok(proved)
}
