//! Invitations: written with their letter, opened by a link, accepted once (people.md K28 to K34, S22).
//!
//! Opening notes the time and changes nothing else, since mail scanners open links too; only a POST from our own page accepts.
use std::sync::Arc;
use std::time::Duration;

use super::audit::{Event, record};
use super::change::Change;
use super::new_password::{Judge, Occasion, Refused};
use super::second_factor::totp_context;
use super::{Failure, Visitor, letters, people};
use crate::app::App;
use crate::credentials::{qr, recovery, totp};
use crate::model::{
    Connection, ConnectionState, FactorId, FactorKind, Invitation, InvitationMethod, Membership, MembershipState, MfaMode, Person,
    PersonState, Tenant, TenantState, TotpFactor,
};
use crate::pages::letters::Invitation as InvitationLetter;
use crate::policy::binding::may_serve;
use crate::store::{StoreError, Write};
use crate::world::{Digest, Invite, Secret, Timestamp};

/// Whom to invite, and how.
pub struct Invited<'a> {
    pub membership: &'a Membership,
    pub method: InvitationMethod,
    pub good_for: Duration,
    /// Who invites, for the letter.
    pub inviter: Option<&'a str>,
}

/// Makes an invitation and queues its letter, both in one transaction. Earlier open links of the membership are
/// worthless from then on (security.md H05). Also used to send it again (people.md K33).
///
/// `actor` and `network` are for the audit trail.
pub async fn invite(app: &App, invited: &Invited<'_>, actor: &str, network: &str, now: Timestamp) -> Result<Invitation, Failure> {
    let change = Change { store: &app.store, entropy: &*app.entropy, now, actor, network };
    let (person, tenant) =
        app.store.read(async |r| Ok((r.person(&invited.membership.person).await?, r.tenant(&invited.membership.tenant).await?))).await?;
    let (Some(person), Some(tenant)) = (person, tenant) else { return Err(Failure::Stored("membership")) };
    let (invitation, token) = people::draft(&change, invited.membership, invited.method, invited.good_for);
    let letter = InvitationLetter {
        product: app.config.product.name.clone(),
        name: person.name(),
        inviter: invited.inviter.map(str::to_owned),
        tenant: tenant.display_name().to_owned(),
        link: people::invitation_link(app.issuer(), &token),
        days: i64::try_from(invited.good_for.as_secs().div_ceil(86_400)).unwrap_or(i64::MAX),
        microsoft: invited.method == InvitationMethod::Microsoft,
    };
    let letter = letters::prepare_from(app, &tenant, &person, &letter, now)?;
    app.store
        .write(async |w| {
            people::keep_invitation(&change, w, &invitation, &token).await?;
            letters::queue(w, &letter, now).await
        })
        .await?;
    Ok(invitation)
}

/// An invitation whose link was opened and that can still be accepted.
pub struct Opened {
    pub invitation: Invitation,
    pub person: Person,
    pub tenant: Arc<Tenant>,
}

/// Can it still be accepted, as far as the invitation itself says?
pub fn is_open(invitation: &Invitation, now: Timestamp) -> bool {
    invitation.accepted_at.is_none() && invitation.declined_at.is_none() && invitation.revoked_at.is_none() && invitation.expires_at > now
}

/// The open invitation of a link. Unknown, used, withdrawn and expired ones look alike: none.
pub async fn open(app: &App, token: &str, now: Timestamp) -> Result<Option<Opened>, Failure> {
    let digest = Digest::of::<Invite>(token);
    let found = app
        .store
        .read(async |r| {
            let Some(invitation) = r.invitation_by_digest(&digest).await? else { return Ok(None) };
            let person = r.person(&invitation.person).await?;
            let membership = r.membership_by_id(&invitation.membership).await?;
            Ok(person.zip(membership).map(|(person, membership)| (invitation, person, membership)))
        })
        .await?;
    let Some((invitation, person, membership)) = found else { return Ok(None) };
    let Some(tenant) = app.registered().tenants.get(&invitation.tenant).cloned() else { return Ok(None) };
    let joinable = matches!(membership.state, MembershipState::Invited | MembershipState::Active);
    let still = app.store.read(async |r| people::inviting::still_grants(app, r, &invitation).await).await?;
    let good =
        still && is_open(&invitation, now) && joinable && tenant.state == TenantState::Active && person.state != PersonState::Deactivated;
    if good && invitation.opened_at.is_none() {
        app.store.write(async |w| w.open_invitation(&invitation.id, now).await).await?;
    }
    Ok(good.then_some(Opened { invitation, person, tenant }))
}

impl Opened {
    /// The person can sign in already: accepting takes that sign-in, not the link alone (security.md I01).
    pub fn has_account(&self) -> bool {
        self.person.state == PersonState::Active
    }

    pub fn takes_password(&self) -> bool {
        !self.has_account() && self.invitation.method != InvitationMethod::Microsoft
    }

    /// The connections through which it may be accepted, by name.
    pub fn connections(&self, app: &App) -> Vec<Arc<Connection>> {
        if self.has_account() || self.invitation.method == InvitationMethod::Password {
            return Vec::new();
        }
        let registered = app.registered();
        let fits = |c: &&Arc<Connection>| c.state == ConnectionState::Active && may_serve(c, &self.invitation, &registered.pins);
        let mut connections: Vec<_> = registered.connections.values().filter(fits).cloned().collect();
        connections.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        connections
    }
}

/// An app that may be set up on the page of the link itself (people.md P5). Nothing is stored before it is confirmed: the
/// secret travels sealed in the form.
pub struct AppOffer {
    pub qr_svg: String,
    pub secret_groups: Secret<String>,
    pub issuer: String,
    pub sealed: String,
}

/// Offers an app on the page of an invitation, where the tenant takes apps. `sealed`: the one that was offered before the
/// form came back with a fault.
pub fn offer_app(app: &App, opened: &Opened, sealed: &str) -> Result<Option<AppOffer>, Failure> {
    if !opened.takes_password() || !opened.tenant.policy.offers(FactorKind::Totp) || opened.tenant.policy.mfa_mode == MfaMode::Off {
        return Ok(None);
    }
    let context = app_context(&opened.invitation);
    let (secret, sealed) = match app.sealer.open(&context, sealed) {
        Ok(secret) => (secret, sealed.to_owned()),
        Err(_) => {
            let secret = totp::new_secret(&*app.entropy);
            let sealed = app.sealer.seal(&context, secret.expose(), &*app.entropy);
            (secret, sealed)
        }
    };
    let issuer = app.config.product.name.clone();
    let uri = totp::uri(secret.expose(), &issuer, opened.person.handle()).map_err(|_| Failure::Stored("otpauth"))?;
    Ok(Some(AppOffer { qr_svg: qr::qr_svg(uri.expose()), secret_groups: totp::manual(secret.expose()), issuer, sealed }))
}

fn app_context(invitation: &Invitation) -> String {
    format!("invitation-app:{}", invitation.id)
}

/// The app that was typed beside the password: which secret, and the code that it shows.
#[derive(Clone, Copy)]
pub struct WithApp<'a> {
    pub sealed: &'a str,
    pub code: &'a str,
}

/// An app that showed the right code, ready to be stored.
struct ProvedApp {
    factor: TotpFactor,
    step: i64,
    codes: Vec<Secret<String>>,
    digests: Vec<Digest>,
}

impl ProvedApp {
    /// None when the code is not right. The code of the time step before is still taken (people.md P10).
    fn prove(app: &App, opened: &Opened, with: WithApp<'_>, now: Timestamp) -> Option<Self> {
        let secret = app.sealer.open(&app_context(&opened.invitation), with.sealed).ok()?;
        let step = totp::check(secret.expose(), with.code, now, 0)?;
        let id = FactorId::generate(now, &*app.entropy);
        let factor = TotpFactor {
            sealed_secret: app.sealer.seal(&totp_context(&id), secret.expose(), &*app.entropy),
            id,
            person: opened.person.id.clone(),
            confirmed_at: None,
            last_step: 0,
            created_at: now,
        };
        let codes = recovery::generate(&*app.entropy);
        let digests = codes.iter().map(recovery::digest).collect();
        Some(Self { factor, step, codes, digests })
    }

    async fn store(&self, w: &mut Write, now: Timestamp) -> Result<(), StoreError> {
        w.insert_totp(&self.factor).await?;
        w.confirm_totp(&self.factor.id, self.step, now).await?;
        w.set_second_factor(&self.factor.person, FactorKind::Totp, now).await?;
        w.replace_recovery_codes(&self.factor.person, &self.digests, now).await
    }
}

/// What became of an acceptance.
#[derive(Clone, Debug)]
pub enum Accepted {
    Yes,
    /// With an app: its recovery codes are shown once.
    WithApp(Vec<Secret<String>>),
    /// The app shows another code. Nothing changed.
    WrongCode,
    /// The password cannot be used.
    Refused(Refused),
    /// Used, withdrawn or expired meanwhile.
    Over,
}

/// Accepts with a new password, and with an app if one was set up beside it (people.md P5); the person is active from then on, and signed in nowhere (people.md S22, P9).
///
/// # Errors
/// [`Failure::Busy`] when too many passwords wait already.
pub async fn accept_with_password(
    app: &App,
    opened: &Opened,
    password: Secret<String>,
    with: Option<WithApp<'_>>,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Accepted, Failure> {
    if !opened.takes_password() {
        return Ok(Accepted::Over);
    }
    let proved = match with {
        None => None,
        Some(_) if offer_app(app, opened, "")?.is_none() => return Ok(Accepted::WrongCode),
        Some(with) => match ProvedApp::prove(app, opened, with, now) {
            Some(proved) => Some(proved),
            None => return Ok(Accepted::WrongCode),
        },
    };
    let person = &opened.person;
    let judge = Judge::of(app, person, Some(&opened.tenant.id), now).await?;
    let hash = match judge.judge(app, person, &password, Occasion::Invitation, now).await? {
        Ok(hash) => hash,
        Err(refused) => return Ok(Accepted::Refused(refused)),
    };
    let written = app
        .store
        .write_or_undo(async |w| {
            if !complete(app, w, &opened.invitation, now).await? {
                return Ok(Err(()));
            }
            w.set_password(&person.id, hash.expose(), now).await?;
            record(app, w, accepted(opened, "password"), visitor, now).await?;
            if let Some(proved) = &proved {
                proved.store(w, now).await?;
                record(app, w, Event::of_person("factor.app", &person.id, "on").in_tenant(&opened.tenant.id), visitor, now).await?;
            }
            Ok(Ok(()))
        })
        .await?;
    Ok(match (written, proved) {
        (Err(()), _) => Accepted::Over,
        (Ok(()), Some(proved)) => Accepted::WithApp(proved.codes),
        (Ok(()), None) => Accepted::Yes,
    })
}

/// Accepts for the signed-in person, who must be the invited one (security.md I01).
pub async fn accept_signed_in(app: &App, opened: &Opened, visitor: &Visitor, now: Timestamp) -> Result<Accepted, Failure> {
    let is_the_invited = visitor.session.as_ref().is_some_and(|session| session.person == opened.person.id);
    if !is_the_invited || !opened.has_account() {
        return Ok(Accepted::Over);
    }
    let written = app
        .store
        .write_or_undo(async |w| {
            let invitation = &opened.invitation;
            if !people::inviting::still_grants(app, w, invitation).await? {
                return Ok(Err(()));
            }
            if !w.accept_invitation(&invitation.id, now).await? || !w.activate_membership(&invitation.membership, now).await? {
                return Ok(Err(()));
            }
            record(app, w, accepted(opened, "account"), visitor, now).await?;
            Ok(Ok(()))
        })
        .await?;
    Ok(if written.is_ok() { Accepted::Yes } else { Accepted::Over })
}

fn accepted<'a>(opened: &'a Opened, with: &str) -> Event<'a> {
    let event = Event::of_person("invitation.accept", &opened.person.id, "ok").in_tenant(&opened.tenant.id);
    event.with(serde_json::json!({ "invitation": opened.invitation.id, "with": with }))
}

/// Uses an invitation up and makes person and membership active. False when any of the three is not waiting any more;
/// the caller then undoes its whole transaction.
pub(super) async fn complete(app: &App, w: &mut Write, invitation: &Invitation, now: Timestamp) -> Result<bool, StoreError> {
    Ok(people::inviting::still_grants(app, w, invitation).await?
        && w.accept_invitation(&invitation.id, now).await?
        && w.activate_person(&invitation.person, now).await?
        && w.activate_membership(&invitation.membership, now).await?)
}
