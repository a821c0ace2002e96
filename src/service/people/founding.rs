//! Administrators of a tenant, made by operators: the first one, and another where the last is gone (people.md S3).
//!
//! The rules are those of the tenant's own administration: the same person is made, by the same letter, and whoever belongs
//! elsewhere becomes a guest. Each step stands in the tenant's audit log as one of an operator.
use super::acting::{Acting, Outcome, Refusal};
use super::create::{Created, Handing, NewMember, Reach, create};
use super::{admins, inviting};
use crate::app::App;
use crate::model::{
    Email, InvitationId, InvitationMethod, Locale, Membership, MembershipState, Person, PersonId, PersonState, Tenant, TenantId,
};
use crate::policy::permission::TenantScope;
use crate::service::Failure;
use crate::store::{Listed, Seat};

/// So many are listed.
const LISTED: i64 = 100;

/// Somebody who is to arrange a tenant; nothing is checked yet.
#[derive(Clone, Debug)]
pub struct NewAdmin {
    pub email: String,
    /// Beside the address, where people sign in by a company ID (people.md P11).
    pub username: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub locale: Locale,
}

/// What became of [`invite`].
#[derive(Debug)]
pub enum Founded {
    Invited(Created),
    /// Belongs here already, without arranging anything: [`promote`] makes an administrator of this person.
    Member(Box<Person>),
    /// Arranges the tenant already, or is invited to.
    AlreadyAdmin,
    Refused(Refusal),
}

/// The administrators of a tenant, invited and disabled ones too.
pub async fn all(app: &App, tenant: &TenantId) -> Result<Vec<Listed>, Failure> {
    Ok(app.store.read(async |r| r.administrators_of(tenant, LISTED).await).await?)
}

/// What an operator works with. None in a tenant that is disabled: nobody could enter it.
pub fn scope(operator: &Person, tenant: &Tenant) -> Option<TenantScope> {
    TenantScope::of_operator(operator, tenant)
}

/// Makes an administrator and sends the letter, in one transaction.
pub async fn invite(acting: &Acting<'_>, new: NewAdmin) -> Result<Founded, Failure> {
    let reach = match new.username {
        None => Reach::Email(new.email.clone()),
        Some(name) => Reach::Named(new.email.clone(), name),
    };
    let asked = NewMember {
        reach,
        first_name: new.first_name,
        last_name: new.last_name,
        locale: new.locale,
        groups: Vec::new(),
        locations: None,
        api_access: false,
        admin: true,
        method: InvitationMethod::Password,
        handing: Handing::Letter,
    };
    Ok(match create(acting, asked).await? {
        Ok(created) => Founded::Invited(created),
        Err(refusal @ (Refusal::AlreadyHere | Refusal::Taken("email"))) => {
            found(acting, &new.email).await?.unwrap_or(Founded::Refused(refusal))
        }
        Err(refusal) => Founded::Refused(refusal),
    })
}

/// Who it is that belongs here already; perhaps since a moment ago.
async fn found(acting: &Acting<'_>, email: &str) -> Result<Option<Founded>, Failure> {
    let Some(email) = Email::parse(email) else { return Ok(None) };
    let found = acting
        .app
        .store
        .read(async |r| {
            let Some(person) = r.person_by_email(&email).await? else { return Ok(None) };
            r.seat(&person.id, acting.tenant()).await
        })
        .await?;
    Ok(found.map(|Seat { person, membership, .. }| match () {
        () if acting.scope.is_self(&person.id) => Founded::Refused(Refusal::Oneself),
        () if membership.admin => Founded::AlreadyAdmin,
        () => Founded::Member(Box::new(person)),
    }))
}

/// Makes an administrator of somebody who belongs here.
pub async fn promote(acting: &Acting<'_>, person: &PersonId) -> Outcome<()> {
    admins::set_admin(acting, person, true).await
}

/// Sends the letter of an administrator's invitation again; the link before it is worthless then (security.md H05).
pub async fn resend(acting: &Acting<'_>, person: &PersonId) -> Outcome<InvitationId> {
    let Some(Seat { person, membership, .. }) = administrator(acting, person).await? else { return Ok(Err(Refusal::NotFound)) };
    let method = inviting::method_of(acting.app, &person, &membership.id).await?;
    inviting::send(acting, &person.id, method).await
}

/// Makes the open links of an administrator worthless.
pub async fn withdraw(acting: &Acting<'_>, person: &PersonId) -> Outcome<()> {
    match administrator(acting, person).await? {
        Some(_) => inviting::withdraw(acting, person).await,
        None => Ok(Err(Refusal::NotFound)),
    }
}

/// Of the tenant's people operators see and invite the administrators alone.
async fn administrator(acting: &Acting<'_>, person: &PersonId) -> Result<Option<Seat>, Failure> {
    let seat = acting.app.store.read(async |r| r.seat(person, acting.tenant()).await).await?;
    Ok(seat.filter(|seat| seat.membership.admin && seat.membership.state != MembershipState::Left))
}

/// Can this administrator sign in at all?
pub fn works(person: &Person, membership: &Membership) -> bool {
    membership.state == MembershipState::Active && person.state == PersonState::Active
}
