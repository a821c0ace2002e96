//! Invitations by administrators: sent, sent again, handed over, withdrawn (people.md K31–K34, S19). A new link makes the
//! ones before it worthless (security.md H05).
use serde_json::json;

use super::super::letters::{self, Prepared};
use super::super::{Failure, audit};
use super::acting::{Acting, Deed, Held, Outcome, Refusal, allowed, is_waiting};
use super::{draft, invitation_link};
use crate::app::App;
use crate::model::{
    Email, Invitation, InvitationId, InvitationMethod, Locale, Membership, MembershipId, MembershipState, Person, PersonId, PersonState,
};
use crate::pages::letters::{Invitation as InvitationLetter, Joined};
use crate::policy::permission::{Right, TenantScope};
use crate::service::Network;
use crate::store::{Read, Seat, StoreError, Write};
use crate::world::{Invite, Secret, Timestamp, Token};

/// To whom a letter goes.
pub(super) struct Addressee {
    pub name: String,
    pub email: Option<Email>,
    pub locale: Locale,
}

/// An invitation that is ready to be stored, with its letter or its link.
pub(super) struct Written {
    pub invitation: Invitation,
    token: Token<Invite>,
    letter: Option<Prepared>,
    pub link: Option<Secret<String>>,
}

/// An invitation by letter.
pub(super) async fn letter(
    acting: &Acting<'_>,
    membership: &Membership,
    method: InvitationMethod,
    to: &Addressee,
) -> Result<Written, Failure> {
    let app = acting.app;
    let Some(email) = &to.email else { return Err(Failure::Stored("email")) };
    // An operator is nobody whom the invited person knows.
    let inviter = match acting.scope.is_of_operator() {
        true => None,
        false => app.store.read(async |r| r.person(acting.scope.person()).await).await?,
    };
    let good_for = app.config.sign_in.invitation_time();
    let (mut invitation, token) = draft(&acting.change(), membership, method, good_for);
    let page = InvitationLetter {
        product: app.config.product.name.clone(),
        name: to.name.clone(),
        inviter: inviter.map(|person| person.name()),
        tenant: acting.house()?.display_name().to_owned(),
        link: invitation_link(app.issuer(), &token),
        days: i64::try_from(good_for.as_secs().div_ceil(86_400)).unwrap_or(i64::MAX),
        microsoft: method == InvitationMethod::Microsoft,
    };
    let letter = letters::prepare_to(app, Some(&*acting.house()?), (email, &to.name, to.locale), &page, acting.now)?;
    invitation.created_by = Some(acting.scope.person().clone());
    invitation.letter = letter.id().cloned();
    Ok(Written { invitation, token, letter: Some(letter), link: None })
}

/// An invitation whose link the administrator hands over (people.md S19).
pub(super) fn link(acting: &Acting<'_>, membership: &Membership) -> Written {
    let good_for = acting.app.config.sign_in.invitation_time();
    let (mut invitation, token) = draft(&acting.change(), membership, InvitationMethod::Password, good_for);
    invitation.created_by = Some(acting.scope.person().clone());
    let link = Some(Secret::new(invitation_link(acting.app.issuer(), &token)));
    Written { invitation, token, letter: None, link }
}

/// Tells somebody who was linked without being asked (people.md C8).
pub(super) fn notice(acting: &Acting<'_>, person: &Person) -> Result<Prepared, Failure> {
    let page =
        Joined { product: acting.app.config.product.name.clone(), name: person.name(), tenant: acting.house()?.display_name().to_owned() };
    letters::prepare_from(acting.app, &*acting.house()?, person, &page, acting.now)
}

pub(super) async fn keep(acting: &Acting<'_>, w: &mut Write, written: &Written) -> Result<(), StoreError> {
    let invitation = &written.invitation;
    w.revoke_invitations(&invitation.membership, acting.now).await?;
    w.insert_invitation(invitation, &written.token.digest(), acting.now).await?;
    let deed = Deed { rights: &[Right::People], action: "person.invite", subject: invitation.person.as_str() };
    acting.done(w, deed, json!({ "invitation": invitation.id, "method": invitation.method })).await?;
    match &written.letter {
        Some(letter) => letters::queue(w, letter, acting.now).await,
        None => Ok(()),
    }
}

/// The way to sign in that was chosen when the person was made; it is never chosen anew (people.md K29).
pub async fn method_of(app: &App, person: &Person, membership: &MembershipId) -> Result<InvitationMethod, Failure> {
    if person.state == PersonState::Active {
        return Ok(InvitationMethod::Any);
    }
    let kept = app.store.read(async |r| r.invitation_method(membership).await).await?;
    Ok(kept.unwrap_or(InvitationMethod::Password))
}

/// Sends the letter of an invitation, for the first time or again (K33).
pub async fn send(acting: &Acting<'_>, person: &PersonId, method: InvitationMethod) -> Outcome<InvitationId> {
    let deed = Deed { rights: &[Right::People], action: "person.invite", subject: person.as_str() };
    let seat = acting.app.store.read(async |r| r.seat(person, acting.tenant()).await).await?;
    let written = match &seat {
        Some(seat) if seat.person.email.is_some() => {
            let to = Addressee { name: seat.person.name(), email: seat.person.email.clone(), locale: seat.person.locale };
            Some(letter(acting, &seat.membership, method, &to).await?)
        }
        _ => None,
    };
    acting
        .attempt(deed, async |w| {
            let seat = allowed!(acting.other(w, person).await?);
            allowed!(may_invite(acting, w, &seat).await?);
            let Some(written) = &written else { return Ok(Err(Refusal::NoEmail)) };
            keep(acting, w, written).await?;
            Ok(Ok(written.invitation.id.clone()))
        })
        .await
}

/// Makes a link for somebody without an address, to be handed over; it is given back once and kept nowhere. Nobody gets
/// such a link for a person with an address, whose account it would open (people.md C28).
pub async fn hand_over(acting: &Acting<'_>, person: &PersonId) -> Outcome<Secret<String>> {
    let deed = Deed { rights: &[Right::People], action: "person.link", subject: person.as_str() };
    acting
        .attempt(deed, async |w| {
            let seat = allowed!(acting.own(w, person).await?);
            if seat.person.email.is_some() {
                return Ok(Err(Refusal::Rules));
            }
            allowed!(may_invite(acting, w, &seat).await?);
            let written = link(acting, &seat.membership);
            keep(acting, w, &written).await?;
            acting.done(w, deed, json!({ "invitation": written.invitation.id })).await?;
            Ok(written.link.ok_or(Refusal::NotNow))
        })
        .await
}

/// Makes the open links of a person worthless. The person stays as created, and may be invited again.
pub async fn withdraw(acting: &Acting<'_>, person: &PersonId) -> Outcome<()> {
    let deed = Deed { rights: &[Right::People], action: "invitation.revoke", subject: person.as_str() };
    acting
        .attempt(deed, async |w| {
            let seat = allowed!(acting.other(w, person).await?);
            if w.revoke_invitations(&seat.membership.id, acting.now).await? == 0 {
                return Ok(Err(Refusal::NotNow));
            }
            acting.done(w, deed, json!({ "membership": seat.membership.id })).await?;
            Ok(Ok(()))
        })
        .await
}

/// Is there something to accept, and does the one who invites hold what the membership gives (security.md I04)?
async fn may_invite(acting: &Acting<'_>, w: &mut Write, seat: &Seat) -> Held<()> {
    if !is_waiting(&seat.person, &seat.membership) {
        return Ok(Err(Refusal::NotNow));
    }
    acting.outranks(w, &seat.membership).await
}

/// Does whoever invited still hold what would be given now (security.md I04)? Links that commands made count, and those of
/// people who run the instance still.
pub(in crate::service) async fn still_grants(app: &App, r: &mut Read, invitation: &Invitation) -> Result<bool, StoreError> {
    let Some(inviter) = &invitation.created_by else { return Ok(true) };
    let Some(membership) = r.membership_by_id(&invitation.membership).await? else { return Ok(false) };
    let groups = r.groups_of_membership(&membership.id).await?;
    let given: Vec<&str> = groups.iter().flat_map(|group| &group.permissions).map(|permission| permission.name.as_str()).collect();
    if given.is_empty() && !membership.admin && !membership.api_access {
        return Ok(true);
    }
    let Some(tenant) = app.registered().tenants.get(&invitation.tenant).cloned() else { return Ok(false) };
    if r.person(inviter).await?.is_some_and(|inviter| TenantScope::of_operator(&inviter, &tenant).is_some()) {
        return Ok(true);
    }
    let Some(own) = r.membership(inviter, &invitation.tenant).await? else { return Ok(false) };
    let held = r.membership_details(&own.id).await?.permissions.into_iter().map(|permission| permission.name);
    Ok(TenantScope::of(&own, &tenant, held)
        .is_some_and(|scope| scope.may_grant(given) && (scope.is_admin() || !(membership.admin || membership.api_access))))
}

/// The person says no to an invitation (people.md K40): it is over, and so is the membership that was offered.
pub async fn decline(
    app: &App,
    person: &PersonId,
    invitation: &InvitationId,
    network: &Network,
    now: Timestamp,
) -> Result<Result<(), Refusal>, Failure> {
    let outcome = app
        .store
        .write_or_undo(async |w| {
            let found = w.invitation(invitation).await?.filter(|found| found.person == *person);
            let Some(found) = found else { return Ok(Err(Refusal::NotFound)) };
            if !w.decline_invitation(invitation, now).await? {
                return Ok(Err(Refusal::NotNow));
            }
            let membership = w.membership_by_id(&found.membership).await?;
            if let Some(membership) = membership.filter(|membership| membership.state == MembershipState::Invited) {
                w.end_membership(&membership, now).await?;
            }
            let event = audit::Event::of_person("invitation.decline", person, "done").in_tenant(&found.tenant);
            audit::record_from(app, w, event.with(json!({ "invitation": invitation })), network, now).await?;
            Ok(Ok(()))
        })
        .await?;
    Ok(outcome)
}
