//! A signed-in person's second factor: setting an app up, switching back to e-mail, turning it off, recovery codes.
use std::time::Duration;

use super::audit::{Event, record};
use super::password::{self, SignIn};
use super::second_factor::{self, totp_context};
use super::session::{self, Established};
use super::{Failure, Visitor, letters, passkeys, rules};
use crate::app::App;
use crate::credentials::{qr, recovery, totp};
use crate::model::{
    Amr, FactorId, FactorKind, FederationMfa, Membership, MfaMode, MfaReset, Person, PersonId, Proof, Session, Tenant, TotpFactor,
};
use crate::pages::letters::{FactorChange, FactorChanged};
use crate::policy::rules::joined;
use crate::store::{Attempt, StoreError, Write};
use crate::world::{Digest, Secret, Timestamp};

/// How long a secret that was shown waits for its confirmation.
const PENDING: Duration = Duration::from_secs(15 * 60);
/// Sensitive changes want a sign-in that is at most this old (ASVS 7.5.1).
pub(super) const FRESH: Duration = Duration::from_secs(10 * 60);

/// Did the person prove everything a short while ago?
pub fn is_fresh(session: &Session, now: Timestamp) -> bool {
    session.proof.signed_in_at.is_some_and(|at| now.since(at) <= FRESH)
}

/// What the set-up page shows. The secret is shown here and never again (security.md G17).
pub struct Enrolment {
    pub qr_svg: String,
    pub secret_groups: Secret<String>,
    pub issuer: String,
    factor: TotpFactor,
    secret: Secret<Vec<u8>>,
}

/// Begins to set an app up, or goes on with what was begun a few minutes ago. Nothing changes until it is confirmed.
pub async fn enrolment(app: &App, person: &Person, now: Timestamp) -> Result<Enrolment, Failure> {
    let pending = app.store.read(async |r| r.pending_totp(&person.id).await).await?;
    let (factor, secret) = match pending.filter(|factor| now.since(factor.created_at) < PENDING) {
        Some(factor) => {
            let secret = app.sealer.open(&totp_context(&factor.id), &factor.sealed_secret)?;
            (factor, secret)
        }
        None => begin(app, person, now).await?,
    };
    let issuer = app.config.product.name.clone();
    let uri = totp::uri(secret.expose(), &issuer, person.handle()).map_err(|_| Failure::Stored("otpauth"))?;
    Ok(Enrolment { qr_svg: qr::qr_svg(uri.expose()), secret_groups: totp::manual(secret.expose()), issuer, factor, secret })
}

async fn begin(app: &App, person: &Person, now: Timestamp) -> Result<(TotpFactor, Secret<Vec<u8>>), Failure> {
    let secret = totp::new_secret(&*app.entropy);
    let id = FactorId::generate(now, &*app.entropy);
    let factor = TotpFactor {
        sealed_secret: app.sealer.seal(&totp_context(&id), secret.expose(), &*app.entropy),
        id,
        person: person.id.clone(),
        confirmed_at: None,
        last_step: 0,
        created_at: now,
    };
    app.store.write(async |w| w.insert_totp(&factor).await).await?;
    Ok((factor, secret))
}

/// Why an app is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The tenant to be entered demands one (people.md P17): it was given in this sign-in.
    Demanded,
    /// In the account. A factor that the session made itself proves nothing in it; from now on its next code is asked for.
    Own,
}

/// What became of a confirmation.
pub enum Confirmed {
    /// The app is active. The codes are shown once; `session` has a new cookie.
    Yes {
        recovery: Vec<Secret<String>>,
        session: Box<Established>,
    },
    WrongCode,
    WrongPassword,
    Paused {
        until: Timestamp,
    },
    /// No tenant of the person takes apps, or the session has ended meanwhile.
    NotOffered,
}

/// Confirms an app with one of its codes and the password (people.md K22, S53). The app before, if any, is dead.
///
/// `password` is None for people who have none: they must have signed in a moment ago.
/// The session becomes stronger only where a sign-in demanded the new factor (security.md G07).
pub async fn confirm(
    app: &App,
    person: &Person,
    typed: &str,
    password: Option<Secret<String>>,
    wish: Wish,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Confirmed, Failure> {
    if let Some(password) = password {
        match password::prove_again(app, person, password, visitor, now).await? {
            None => {}
            Some(SignIn::Paused { until }) => return Ok(Confirmed::Paused { until }),
            Some(_) => return Ok(Confirmed::WrongPassword),
        }
    }
    if wish == Wish::Own && !offers(app, person, FactorKind::Totp).await? {
        return Ok(Confirmed::NotOffered);
    }
    let enrolment = enrolment(app, person, now).await?;
    let step = totp::check(enrolment.secret.expose(), typed, now, 0);
    let codes = recovery::generate(&*app.entropy);
    let digests: Vec<Digest> = codes.iter().map(recovery::digest).collect();
    let letter = notice(app, person, FactorChange::AppOn, now)?;
    let proof = match wish {
        Wish::Demanded => Proof { amr: [Amr::Otp].into(), factor_at: Some(now), ..Proof::default() },
        Wish::Own => Proof::default(),
    };
    let outcome = app
        .store
        .write_or_undo(async |w| {
            if let Attempt::Paused { until } = second_factor::claim(app, w, &person.id, visitor, now).await? {
                return Ok(Ok(Confirmed::Paused { until }));
            }
            let Some(step) = step else { return Ok(Ok(Confirmed::WrongCode)) };
            if !w.confirm_totp(&enrolment.factor.id, step, now).await? {
                return Ok(Ok(Confirmed::WrongCode));
            }
            w.clear_attempts(&second_factor::counter(&person.id)).await?;
            w.set_second_factor(&person.id, FactorKind::Totp, now).await?;
            w.replace_recovery_codes(&person.id, &digests, now).await?;
            letters::queue(w, &letter, now).await?;
            record(app, w, Event::of_person("factor.app", &person.id, "on"), visitor, now).await?;
            let Some(session) = session::renew_own(app, w, visitor, &person.id, proof, now).await? else { return Ok(Err(())) };
            Ok(Ok(Confirmed::Yes { recovery: codes, session: Box::new(session) }))
        })
        .await?;
    Ok(outcome.unwrap_or(Confirmed::NotOffered))
}

pub(super) fn notice(app: &App, person: &Person, what: FactorChange, now: Timestamp) -> Result<letters::Prepared, Failure> {
    let letter = FactorChanged { product: app.config.product.name.clone(), name: person.first_name.clone(), what };
    letters::prepare(app, person, &letter, now)
}

/// May the person set this kind of second factor up? Those that at least one tenant of theirs takes (people.md C1); the
/// stronger ones of a tenant that demands them are asked for when it is entered.
pub async fn offers(app: &App, person: &Person, kind: FactorKind) -> Result<bool, Failure> {
    let memberships = app.store.read(async |r| r.memberships_of(&person.id).await).await?;
    Ok(offered(app, person, &memberships, kind))
}

/// The same for somebody with these memberships. Whoever has no password here signs in elsewhere, and a tenant that leaves
/// second factors to that place altogether offers none (people.md P1).
pub(super) fn offered(app: &App, person: &Person, memberships: &[Membership], kind: FactorKind) -> bool {
    let registered = app.registered();
    let tenants = joined(memberships, |id| registered.tenants.get(id).map(AsRef::as_ref));
    let asks = |tenant: &Tenant| person.has_password || tenant.policy.federation_mfa != FederationMfa::None;
    tenants.is_empty() || tenants.iter().any(|tenant| tenant.policy.offers(kind) && asks(tenant))
}

/// May the person go back to codes by e-mail? Where a tenant takes them, and none that demands a second factor wants a
/// stronger one (people.md P17, security.md G08).
pub async fn may_return_to_email(app: &App, person: &Person) -> Result<bool, Failure> {
    let memberships = app.store.read(async |r| r.memberships_of(&person.id).await).await?;
    let registered = app.registered();
    let tenants = joined(&memberships, |id| registered.tenants.get(id).map(AsRef::as_ref));
    let enough = |tenant: &&Tenant| tenant.policy.mfa_mode != MfaMode::Required || tenant.policy.email_is_enough();
    // people.md S58: what only the operator takes away, nobody lays down.
    let lays_down = |tenant: &&Tenant| !only_by_operator(tenant) || !person.second_factor.is_on_a_device();
    Ok(person.email.is_some()
        && offered(app, person, &memberships, FactorKind::Email)
        && tenants.iter().all(enough)
        && tenants.iter().all(lays_down))
}

/// people.md S58, C4
fn only_by_operator(tenant: &Tenant) -> bool {
    tenant.policy.mfa_reset_by == [MfaReset::Operator].into()
}

/// May the person turn the second factor off? Only if no tenant of theirs forbids it: the strictest rule counts
/// (people.md C2, C19).
pub async fn may_disable(app: &App, person: &Person) -> Result<bool, Failure> {
    let memberships = app.store.read(async |r| r.memberships_of(&person.id).await).await?;
    Ok(!person.operator && rules::of(app, &memberships).may_disable.value)
}

/// Takes app, passkeys and recovery codes away.
pub(super) async fn disconnect(w: &mut Write, person: &PersonId, after: FactorKind, now: Timestamp) -> Result<(), StoreError> {
    w.set_second_factor(person, after, now).await?;
    w.delete_totp(person).await?;
    w.delete_passkeys(person).await?;
    w.replace_recovery_codes(person, &[], now).await
}

/// Goes back to codes by e-mail, on to passkeys alone, or turns the second factor off where that is allowed. The app is dead
/// from here on, and so are the recovery codes unless they stand in for passkeys (people.md K25); the browser's session gets
/// a new cookie.
///
/// Out: None when it is not allowed, or the session has ended meanwhile: then nothing is changed.
pub async fn switch(app: &App, person: &Person, to: FactorKind, visitor: &Visitor, now: Timestamp) -> Result<Option<Established>, Failure> {
    let (outcome, change) = match to {
        FactorKind::Totp => return Ok(None),
        FactorKind::Passkey if passkeys::possible(app, person).await? => ("passkey", FactorChange::PasskeyUsed),
        FactorKind::Passkey => return Ok(None),
        FactorKind::Email if may_return_to_email(app, person).await? => ("email", FactorChange::EmailOn),
        FactorKind::Email => return Ok(None),
        FactorKind::None if may_disable(app, person).await? => ("off", FactorChange::Off),
        FactorKind::None => return Ok(None),
    };
    let letter = notice(app, person, change, now)?;
    let established = app
        .store
        .write_or_undo(async |w| {
            w.set_second_factor(&person.id, to, now).await?;
            w.delete_totp(&person.id).await?;
            if to != FactorKind::Passkey {
                w.replace_recovery_codes(&person.id, &[], now).await?;
            }
            letters::queue(w, &letter, now).await?;
            record(app, w, Event::of_person("factor.switch", &person.id, outcome), visitor, now).await?;
            Ok(session::renew_own(app, w, visitor, &person.id, Proof::default(), now).await?.ok_or(()))
        })
        .await?;
    Ok(established.ok())
}

/// Makes new recovery codes; the ones before are dead. None for people whose second factor is not on a device, and once the
/// session has ended.
pub async fn new_recovery_codes(
    app: &App,
    person: &Person,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Option<Vec<Secret<String>>>, Failure> {
    if !person.second_factor.is_on_a_device() {
        return Ok(None);
    }
    let codes = recovery::generate(&*app.entropy);
    let digests: Vec<Digest> = codes.iter().map(recovery::digest).collect();
    let letter = notice(app, person, FactorChange::RecoveryMade, now)?;
    let goes_on = app
        .store
        .write(async |w| {
            if !session::goes_on(w, visitor).await? {
                return Ok(false);
            }
            w.replace_recovery_codes(&person.id, &digests, now).await?;
            letters::queue(w, &letter, now).await?;
            record(app, w, Event::of_person("factor.recovery", &person.id, "renewed"), visitor, now).await?;
            Ok(true)
        })
        .await?;
    Ok(goes_on.then_some(codes))
}
