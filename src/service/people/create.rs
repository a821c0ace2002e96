//! Creating people in a tenant (people.md K6–K8, K15, K38, S5, S18–S21), and making guests of those who exist (S48, C8).
use serde_json::json;

use super::super::letters::{self, Prepared};
use super::acting::{Acting, Deed, Held, Outcome, Refusal, allowed, told};
use super::inviting::{self, Written};
use crate::model::{
    Email, ExistingPerson, GroupId, IdentifierMode, InvitationMethod, Locale, LocationId, Membership, MembershipId, MembershipKind,
    MembershipState, MultiTenant, Person, PersonId, PersonKind, PersonState, TenantPolicy, Username, display_name,
};
use crate::policy::permission::Right;
use crate::store::{Inserted, NewPerson, Read, Write};
use crate::world::Secret;

/// How somebody is reached: people.md S18 and S19.
#[derive(Clone, Debug)]
pub enum Reach {
    Email(String),
    /// By an address, and called by a user name beside the company ID (people.md P11, C7). Whoever exists already keeps
    /// the names that he has.
    Named(String, String),
    /// Through the administrator alone; without a name the system makes one up.
    Username(Option<String>),
}

/// What happens with the invitation (people.md C9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handing {
    /// The person is created and nobody is told (K32).
    Later,
    /// By letter.
    Letter,
    /// The link is given back, once, for people without an address (S19).
    Link,
}

/// A person as it is asked for; nothing is checked yet.
#[derive(Clone, Debug)]
pub struct NewMember {
    pub reach: Reach,
    pub first_name: String,
    pub last_name: String,
    pub locale: Locale,
    pub groups: Vec<GroupId>,
    /// None for all of them (S41).
    pub locations: Option<Vec<LocationId>>,
    pub api_access: bool,
    pub admin: bool,
    pub method: InvitationMethod,
    pub handing: Handing,
}

/// Who was created, or became a guest.
#[derive(Debug)]
pub struct Created {
    pub person: PersonId,
    pub membership: MembershipId,
    /// Somebody with this address existed: names and API access of the form were not used.
    pub existed: bool,
    pub kind: MembershipKind,
    pub state: MembershipState,
    /// With [`Handing::Link`]: shown once, kept nowhere.
    pub link: Option<Secret<String>>,
}

/// Everything that is made before the transaction.
pub(super) struct Plan {
    /// None when the person exists.
    fresh: Option<(NewPerson, Option<Username>)>,
    membership: Membership,
    groups: Vec<GroupId>,
    locations: Option<Vec<LocationId>>,
    invitation: Option<Written>,
    method: InvitationMethod,
    /// Tells somebody who was linked without being asked.
    notice: Option<Prepared>,
}

/// Creates a person whose home is this tenant, or invites somebody who exists to be its guest. One transaction.
pub async fn create(acting: &Acting<'_>, new: NewMember) -> Outcome<Created> {
    let deed = Deed { rights: &[Right::People], action: "person.create", subject: "-" };
    let planned = match faults(acting, &new)? {
        Some(refusal) => Err(refusal),
        None => plan(acting, &new).await?,
    };
    let outcome = acting
        .attempt(deed, async |w| {
            let plan = allowed!(planned);
            write(acting, w, plan).await
        })
        .await?;
    Ok(outcome)
}

/// What would become of somebody: for a dry run. None: would be created, or become a guest. Nothing is written.
pub(super) async fn foresee(acting: &Acting<'_>, r: &mut Read, new: &NewMember) -> Result<Option<Refusal>, super::super::Failure> {
    if let Some(refusal) = faults(acting, new)? {
        return Ok(Some(refusal));
    }
    let (Reach::Email(text) | Reach::Named(text, _)) = &new.reach else { return Ok(None) };
    let Some(email) = Email::parse(text) else { return Ok(Some(BAD_EMAIL)) };
    // Wherever somebody with this address is, the line must be a good one: what it says tells nothing about that.
    if let Err(refusal) = called(new) {
        return Ok(Some(refusal));
    }
    let Some(person) = r.person_by_email(&email).await? else { return Ok(None) };
    let memberships = r.memberships_of(&person.id).await?;
    Ok(guest_fault(acting, &acting.house()?.policy, new, (&person, &memberships)))
}

const BAD_EMAIL: Refusal = Refusal::Invalid("email", "one plain address like anna@example.com");

/// First and last name as they can be kept.
fn called(new: &NewMember) -> Result<(String, String), Refusal> {
    const NAME: &str = "1 to 80 characters, none of them invisible";
    let first = display_name(&new.first_name, 80).ok_or(Refusal::Invalid("first_name", NAME))?;
    Ok((first, display_name(&new.last_name, 80).ok_or(Refusal::Invalid("last_name", NAME))?))
}

/// Why somebody who exists cannot become a member here.
fn guest_fault(
    acting: &Acting<'_>,
    policy: &TenantPolicy,
    new: &NewMember,
    (person, memberships): (&Person, &[Membership]),
) -> Option<Refusal> {
    let mut living = memberships.iter().filter(|membership| membership.state != MembershipState::Left).peekable();
    let several = living.peek().is_some();
    if living.any(|membership| membership.tenant == *acting.tenant()) {
        return Some(Refusal::AlreadyHere);
    }
    if acting.scope.is_self(&person.id) {
        return Some(Refusal::Oneself);
    }
    // people.md S45.
    let limited = new.locations.is_some() && policy.locations_multi_tenant == MultiTenant::Deny && several;
    limited.then_some(Refusal::Invalid("locations", "none: the person belongs to several tenants"))
}

/// What can be said about the form without looking anybody up.
fn faults(acting: &Acting<'_>, new: &NewMember) -> Result<Option<Refusal>, super::super::Failure> {
    let policy = &acting.house()?.policy;
    let limited = new.locations.is_some();
    Ok(match () {
        // people.md K36: API access opens everything, so that only who holds everything gives it (security.md I08).
        () if (new.admin || new.api_access) && !acting.scope.is_admin() => Some(Refusal::NotHeld),
        () if limited && !policy.locations_enabled => Some(Refusal::Rules),
        // people.md S44.
        () if limited && new.admin && !policy.locations_admin_limited => {
            Some(Refusal::Invalid("locations", "none: an administrator is not limited to locations"))
        }
        // people.md C7: user names beside an address belong to tenants that sign in by them.
        () if matches!(new.reach, Reach::Named(..)) && policy.identifier_mode == IdentifierMode::Email => Some(Refusal::Rules),
        () if new.handing == Handing::Letter && matches!(new.reach, Reach::Username(_)) => Some(Refusal::NoEmail),
        // An administrator never holds a link that opens somebody's own account (people.md C28).
        () if new.handing == Handing::Link && !matches!(new.reach, Reach::Username(_)) => Some(Refusal::Rules),
        () => None,
    })
}

pub(super) async fn plan(acting: &Acting<'_>, new: &NewMember) -> Result<Result<Plan, Refusal>, super::super::Failure> {
    let email = match &new.reach {
        Reach::Username(_) => None,
        Reach::Email(text) | Reach::Named(text, _) => match Email::parse(text) {
            Some(email) => Some(email),
            None => return Ok(Err(BAD_EMAIL)),
        },
    };
    let found = match &email {
        Some(email) => {
            acting
                .app
                .store
                .read(async |r| {
                    let Some(person) = r.person_by_email(email).await? else { return Ok(None) };
                    let memberships = r.memberships_of(&person.id).await?;
                    Ok(Some((person, memberships)))
                })
                .await?
        }
        None => None,
    };
    match found {
        Some((person, memberships)) => guest(acting, new, &person, &memberships).await,
        None => newcomer(acting, new, email).await,
    }
}

async fn newcomer(acting: &Acting<'_>, new: &NewMember, email: Option<Email>) -> Result<Result<Plan, Refusal>, super::super::Failure> {
    let (first_name, last_name) = match called(new) {
        Ok(names) => names,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let username = match &new.reach {
        Reach::Email(_) => None,
        Reach::Username(None) => Some(Username::generate(&*acting.app.entropy)),
        Reach::Username(Some(text)) | Reach::Named(_, text) => match Username::chosen(text) {
            Some(name) => Some(name),
            None => return Ok(Err(Refusal::Invalid("username", "2 to 40 of a-z, 0-9 and . _ -, beginning with a letter or digit"))),
        },
    };
    let rules = &acting.house()?.policy;
    let fresh = NewPerson {
        id: PersonId::generate(acting.now, &*acting.app.entropy),
        // people.md K19: everybody starts with what the tenant says; codes need an address.
        second_factor: rules.first_factor(email.is_some()),
        email,
        email_verified: false,
        first_name,
        last_name,
        locale: new.locale,
        state: PersonState::Invited,
        operator: false,
        password_hash: None,
    };
    let membership = membership(acting, new, &fresh.id, MembershipKind::Home, MembershipState::Invited);
    let addressee =
        inviting::Addressee { name: format!("{} {}", fresh.first_name, fresh.last_name), email: fresh.email.clone(), locale: fresh.locale };
    let invitation = match new.handing {
        Handing::Later => None,
        Handing::Letter => Some(inviting::letter(acting, &membership, new.method, &addressee).await?),
        Handing::Link => Some(inviting::link(acting, &membership)),
    };
    let (groups, locations) = (new.groups.clone(), new.locations.clone());
    Ok(Ok(Plan { fresh: Some((fresh, username)), membership, groups, locations, invitation, method: new.method, notice: None }))
}

async fn guest(
    acting: &Acting<'_>,
    new: &NewMember,
    person: &Person,
    memberships: &[Membership],
) -> Result<Result<Plan, Refusal>, super::super::Failure> {
    let policy = &acting.house()?.policy;
    if let Some(refusal) = guest_fault(acting, policy, new, (person, memberships)) {
        return Ok(Err(refusal));
    }
    let at_home = memberships.iter().any(|m| m.state != MembershipState::Left && m.kind == MembershipKind::Home);
    let kind = if at_home { MembershipKind::Guest } else { MembershipKind::Home };
    // people.md C8: without asking only who proved the address, and who is told and may leave.
    let linked = policy.membership_existing_person == ExistingPerson::AutoLink
        && person.email_verified
        && person.state == PersonState::Active
        && at_home;
    let state = if linked { MembershipState::Active } else { MembershipState::Invited };
    let membership = membership(acting, new, &person.id, kind, state);
    let addressee = inviting::Addressee { name: person.name(), email: person.email.clone(), locale: person.locale };
    let invitation = match new.handing {
        _ if linked => None,
        Handing::Later => None,
        Handing::Letter | Handing::Link => Some(inviting::letter(acting, &membership, new.method, &addressee).await?),
    };
    let notice = if linked { Some(inviting::notice(acting, person)?) } else { None };
    Ok(Ok(Plan {
        fresh: None,
        membership,
        groups: new.groups.clone(),
        locations: new.locations.clone(),
        invitation,
        method: new.method,
        notice,
    }))
}

fn membership(acting: &Acting<'_>, new: &NewMember, person: &PersonId, kind: MembershipKind, state: MembershipState) -> Membership {
    Membership {
        id: MembershipId::generate(acting.now, &*acting.app.entropy),
        person: person.clone(),
        tenant: acting.tenant().clone(),
        kind,
        state,
        admin: new.admin,
        // people.md K37: only at home.
        api_access: new.api_access && kind == MembershipKind::Home,
        limited_to_locations: new.locations.is_some(),
        last_used_at: None,
        woken_at: None,
        // Whoever is linked without being asked says yes by entering.
        accepted: false,
        created_at: acting.now,
    }
}

pub(super) async fn write(acting: &Acting<'_>, w: &mut Write, mut plan: Plan) -> Held<Created> {
    let existed = plan.fresh.is_none();
    if let Some((person, username)) = &plan.fresh {
        if w.insert_person(person, acting.now).await? == Inserted::EmailTaken {
            return Ok(Err(Refusal::Taken("email")));
        }
        if let Some(name) = username
            && !w.insert_username(&person.id, acting.tenant(), name, acting.now).await?
        {
            return Ok(Err(Refusal::Taken("username")));
        }
    }
    match w.revive_membership(&plan.membership).await? {
        Some(id) => plan.renamed(id),
        None if w.insert_membership(&plan.membership).await? => {}
        None => return Ok(Err(Refusal::AlreadyHere)),
    }
    let membership = &plan.membership;
    w.set_invitation_method(&membership.id, plan.method).await?;
    for group in &plan.groups {
        let Some(group) = w.group(acting.tenant(), group).await? else { return Ok(Err(Refusal::NotFound)) };
        if !acting.holds(&group) {
            return Ok(Err(Refusal::NotHeld));
        }
        w.add_group_member(&group.id, &membership.id).await?;
    }
    allowed!(narrowed(acting, w, &mut plan).await?);
    let membership = &plan.membership;
    for location in plan.locations.iter().flatten() {
        if !w.limit_to_location(&membership.id, location).await? {
            return Ok(Err(Refusal::NotFound));
        }
    }
    let kind =
        if plan.fresh.as_ref().is_some_and(|(person, _)| person.email.is_none()) { PersonKind::Unverified } else { PersonKind::Verified };
    let deed = Deed { rights: &[], action: "person.create", subject: membership.person.as_str() };
    let mut detail = told(membership);
    detail["existed"] = json!(existed);
    detail["person_kind"] = json!(kind);
    detail["groups"] = json!(plan.groups);
    acting.done(w, deed, detail).await?;
    if let Some(invitation) = &plan.invitation {
        inviting::keep(acting, w, invitation).await?;
    }
    if let Some(notice) = &plan.notice {
        letters::queue(w, notice, acting.now).await?;
    }
    let link = plan.invitation.and_then(|written| written.link);
    let Membership { id, person, kind, state, .. } = plan.membership;
    Ok(Ok(Created { person, membership: id, existed, kind, state, link }))
}

/// Whoever is limited to locations makes nobody who sees more (people.md S37, security.md I08): without a choice the
/// new person gets the same ones.
async fn narrowed(acting: &Acting<'_>, w: &mut Write, plan: &mut Plan) -> Held<()> {
    let Some(own) = acting.reach(w).await? else { return Ok(Ok(())) };
    let Some(tenant) = w.tenant(acting.tenant()).await? else { return Ok(Err(Refusal::NotFound)) };
    let several = w.memberships_of(&plan.membership.person).await?.len() > 1;
    if several && tenant.policy.locations_multi_tenant == MultiTenant::Deny {
        return Ok(Err(Refusal::Invalid("locations", "none: the person belongs to several tenants")));
    }
    let wanted = plan.locations.get_or_insert_with(|| own.clone());
    if wanted.is_empty() || !wanted.iter().all(|place| own.contains(place)) {
        return Ok(Err(Refusal::NotHeld));
    }
    Ok(Ok(()))
}

impl Plan {
    /// The row of somebody who was here before is taken up again.
    fn renamed(&mut self, id: MembershipId) {
        if let Some(written) = &mut self.invitation {
            written.invitation.membership = id.clone();
        }
        self.membership.id = id;
    }
}
