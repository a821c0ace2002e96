//! People: registering them, everything that administrators do about them, and the one-time link of the first operator.
//!
//! The administration's use cases take an [`acting::Acting`] and give a [`acting::Refusal`] as a value.
pub mod acting;
pub mod admins;
pub mod api;
pub mod convert;
pub mod create;
pub mod export;
pub mod factors;
pub mod founding;
pub mod groups;
pub mod import;
pub mod inviting;
pub mod leaving;
pub mod locations;
pub mod names;
pub mod portrait;
pub mod standing;
pub mod stranger;
pub mod table;

use std::time::Duration;

use serde_json::json;

use super::change::Change;
use crate::model::{
    Email, FactorKind, Invitation, InvitationId, InvitationMethod, Locale, Membership, PersonId, PersonKind, PersonState, Profile,
    TenantId, Username, display_name,
};
use crate::store::{Inserted, NewPerson, StoreError, Write};
use crate::world::{Bootstrap, Invite, Secret, Token};

/// How long the link of the first operator is good.
pub const BOOTSTRAP_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// A person as it is asked for; nothing is checked yet.
#[derive(Clone, Debug)]
pub struct Newcomer {
    /// None for people without an e-mail address, who need a user name (people.md S19).
    pub email: Option<String>,
    pub email_verified: bool,
    pub username: Option<NewUsername>,
    pub first_name: String,
    pub last_name: String,
    pub locale: Locale,
    pub operator: bool,
    pub second_factor: FactorKind,
    /// PHC string. Without one the person is invited and chooses a password by link.
    pub password_hash: Option<Secret<String>>,
}

/// A user name in a tenant (people.md P13).
#[derive(Clone, Debug)]
pub struct NewUsername {
    pub tenant: TenantId,
    /// None for one that the system makes up.
    pub name: Option<String>,
}

/// What became of [`add`].
#[derive(Debug)]
pub enum PersonAdded {
    Added(PersonId),
    EmailTaken,
    /// Somebody in the tenant has this user name.
    UsernameTaken,
    /// Field and what it must look like.
    Invalid(&'static str, &'static str),
}

/// Registers a person. Active with a password, invited without.
pub async fn add(change: &Change<'_>, new: Newcomer) -> Result<PersonAdded, StoreError> {
    let username = new.username.clone();
    let person = match checked(change, new) {
        Ok(person) => person,
        Err((field, demand)) => return Ok(PersonAdded::Invalid(field, demand)),
    };
    let username = match username.map(|wanted| username_of(change, wanted)).transpose() {
        Ok(username) => username,
        Err((field, demand)) => return Ok(PersonAdded::Invalid(field, demand)),
    };
    let written = change
        .store
        .write_or_undo(async |w| {
            if w.insert_person(&person, change.now).await? == Inserted::EmailTaken {
                return Ok(Err(PersonAdded::EmailTaken));
            }
            if let Some((tenant, name)) = &username
                && !w.insert_username(&person.id, tenant, name, change.now).await?
            {
                return Ok(Err(PersonAdded::UsernameTaken));
            }
            let detail = json!({ "operator": person.operator, "state": person.state, "kind": kind(&person) });
            change.record(w, "person.add", person.id.as_str(), (None, None), detail).await?;
            Ok(Ok(person.id))
        })
        .await?;
    Ok(written.map_or_else(|refused| refused, PersonAdded::Added))
}

fn kind(person: &NewPerson) -> PersonKind {
    if person.email.is_some() { PersonKind::Verified } else { PersonKind::Unverified }
}

fn username_of(change: &Change<'_>, wanted: NewUsername) -> Result<(TenantId, Username), (&'static str, &'static str)> {
    const NAME: &str = "2 to 40 of a-z, 0-9 and . _ -, beginning with a letter or digit, unlike the names that the system makes up";
    let name = match &wanted.name {
        Some(name) => Username::chosen(name).ok_or(("user name", NAME))?,
        None => Username::generate(change.entropy),
    };
    Ok((wanted.tenant, name))
}

/// What became of [`set_profile`].
#[derive(Debug, PartialEq, Eq)]
pub enum ProfileSet {
    Done,
    NoSuchPerson,
    /// Member and what it must look like.
    Invalid(&'static str, &'static str),
}

/// Replaces what a person tells beside name and address. The audit line names no value of it.
pub async fn set_profile(change: &Change<'_>, person: &PersonId, profile: &Profile) -> Result<ProfileSet, StoreError> {
    if let Some((member, demand)) = profile.fault() {
        return Ok(ProfileSet::Invalid(member, demand));
    }
    change
        .store
        .write(async |w| {
            if !w.set_profile(person, profile, change.now).await? {
                return Ok(ProfileSet::NoSuchPerson);
            }
            change.record(w, "person.profile", person.as_str(), (None, None), json!({})).await?;
            Ok(ProfileSet::Done)
        })
        .await
}

fn checked(change: &Change<'_>, new: Newcomer) -> Result<NewPerson, (&'static str, &'static str)> {
    const NAME: &str = "1 to 80 characters, none of them invisible";
    let email = match &new.email {
        Some(email) => Some(Email::parse(email).ok_or(("email", "one plain address like anna@example.com"))?),
        None if new.username.is_none() => return Err(("email", "an address, or else a user name")),
        None => None,
    };
    Ok(NewPerson {
        id: PersonId::generate(change.now, change.entropy),
        email_verified: new.email_verified && email.is_some(),
        first_name: display_name(&new.first_name, 80).ok_or(("first name", NAME))?,
        last_name: display_name(&new.last_name, 80).ok_or(("last name", NAME))?,
        locale: new.locale,
        state: if new.password_hash.is_some() { PersonState::Active } else { PersonState::Invited },
        operator: new.operator,
        // Nobody sends codes to an address that does not exist.
        second_factor: if email.is_none() && new.second_factor == FactorKind::Email { FactorKind::None } else { new.second_factor },
        email,
        password_hash: new.password_hash,
    })
}

/// Makes an invitation link for a membership; earlier open ones of it are worthless from now on.
/// The token is returned in clear once: for a letter, or for whoever hands the link over.
pub async fn invite(
    change: &Change<'_>,
    membership: &Membership,
    method: InvitationMethod,
    good_for: Duration,
) -> Result<(Invitation, Token<Invite>), StoreError> {
    let (invitation, token) = draft(change, membership, method, good_for);
    change.store.write(async |w| keep_invitation(change, w, &invitation, &token).await).await?;
    Ok((invitation, token))
}

/// An invitation that is not stored yet.
pub(super) fn draft(
    change: &Change<'_>,
    membership: &Membership,
    method: InvitationMethod,
    good_for: Duration,
) -> (Invitation, Token<Invite>) {
    let invitation = Invitation {
        id: InvitationId::generate(change.now, change.entropy),
        tenant: membership.tenant.clone(),
        person: membership.person.clone(),
        membership: membership.id.clone(),
        method,
        created_by: None,
        letter: None,
        created_at: change.now,
        expires_at: change.now.plus(good_for),
        opened_at: None,
        accepted_at: None,
        declined_at: None,
        revoked_at: None,
    };
    (invitation, Token::generate(change.entropy))
}

/// Stores an invitation in place of the membership's earlier ones.
pub(super) async fn keep_invitation(
    change: &Change<'_>,
    w: &mut Write,
    invitation: &Invitation,
    token: &Token<Invite>,
) -> Result<(), StoreError> {
    w.revoke_invitations(&invitation.membership, change.now).await?;
    w.insert_invitation(invitation, &token.digest(), change.now).await?;
    let detail = json!({ "invitation": invitation.id, "method": invitation.method });
    change.record(w, "person.invite", invitation.person.as_str(), (Some(&invitation.tenant), None), detail).await
}

/// Where an invitation is opened. The base is the configured issuer, never a header (security.md H01).
pub fn invitation_link(issuer: &str, token: &Token<Invite>) -> String {
    format!("{issuer}/invitation/{}", token.clear())
}

/// Where the first operator makes an account.
pub fn bootstrap_url(issuer: &str, token: &Token<Bootstrap>) -> String {
    format!("{issuer}/bootstrap/{}", token.clear())
}

/// When a link for the first operator is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Unless one that was made before is still good.
    IfNoneIsOpen,
    /// In any case; every earlier unused link is worthless from then on.
    Always,
}

/// What became of [`bootstrap_link`].
pub enum BootstrapLink {
    /// The token is in clear here and nowhere else.
    Made(Token<Bootstrap>),
    /// An earlier link is still good; its token is not kept.
    StillOpen,
    OperatorExists,
}

/// A one-time link for the first operator, good for [`BOOTSTRAP_TIME`].
pub async fn bootstrap_link(change: &Change<'_>, renewal: Renewal) -> Result<BootstrapLink, StoreError> {
    let token = Token::<Bootstrap>::generate(change.entropy);
    change
        .store
        .write(async |w| {
            if w.operator_exists().await? {
                return Ok(BootstrapLink::OperatorExists);
            }
            if renewal == Renewal::IfNoneIsOpen && w.any_bootstrap_link_is_open(change.now).await? {
                return Ok(BootstrapLink::StillOpen);
            }
            w.insert_bootstrap_link(&token.digest(), change.now, change.now.plus(BOOTSTRAP_TIME)).await?;
            change.record(w, "operator.bootstrap_link", "-", (None, None), json!({})).await?;
            Ok(BootstrapLink::Made(token))
        })
        .await
}
