//! Who may go into which console, decided anew at every request from rows: nothing of it is kept in a cookie.
use std::sync::Arc;
use std::time::Duration;

use super::Failure;
use super::authorize::own_client;
use crate::app::{App, Registered};
use crate::model::{
    Acr, ClientId, Membership, MembershipState, MfaMode, Permission, Person, PictureId, Session, SessionId, Tenant, TenantId, Verdict,
};
use crate::policy::entry::{Entry, decide};
use crate::policy::permission::{RESERVED, TenantScope};
use crate::world::Timestamp;

/// How often the use of an administration counts as use of the membership (people.md C23).
const TOUCH_EVERY: Duration = Duration::from_secs(24 * 3600);

/// A person's place in a tenant.
pub struct Place {
    pub tenant: Arc<Tenant>,
    pub membership: Membership,
    /// May this person arrange anything there?
    pub administers: bool,
}

/// What the frame of every console says about a person.
pub struct Surroundings {
    /// Active memberships, the last used first.
    pub places: Vec<Place>,
    /// The tenant that this session opened last.
    pub chosen: Option<TenantId>,
    /// Invitations that wait for the person's word (people.md K41).
    pub open_invitations: usize,
    pub picture: Option<PictureId>,
}

impl Surroundings {
    /// The place that the pages of the own account stand for (people.md S49, S50): the chosen one, else the last used.
    pub fn at_hand(&self) -> Option<&Place> {
        let chosen = self.places.iter().find(|place| Some(&place.tenant.id) == self.chosen.as_ref());
        chosen.or_else(|| self.places.first())
    }
}

/// Loads a person's places and open invitations.
pub async fn surroundings(app: &App, person: &Person, session: &SessionId, now: Timestamp) -> Result<Surroundings, Failure> {
    let (memberships, chosen, invitations, picture) = app
        .store
        .read(async |r| {
            let memberships = r.memberships_with_permissions(&person.id, RESERVED).await?;
            let chosen = r.remembered_tenant(session, &ClientId::from_text("")).await?;
            Ok((memberships, chosen, r.open_invitations(&person.id, now).await?, r.picture_of(&person.id).await?))
        })
        .await?;
    let registered = app.registered();
    let place = |(membership, permissions): (Membership, Vec<String>)| {
        let tenant = Arc::clone(registered.tenants.get(&membership.tenant)?);
        let administers = TenantScope::of(&membership, &tenant, permissions).is_some();
        Some(Place { tenant, membership, administers })
    };
    let active = memberships.into_iter().filter(|(membership, _)| membership.state == MembershipState::Active);
    Ok(Surroundings { places: active.filter_map(place).collect(), chosen, open_invitations: invitations.len(), picture })
}

/// May somebody into the administration of a tenant?
pub enum Admission {
    In(Box<Admitted>),
    /// The tenant wants a stronger proof of this session first.
    NeedsFactor(Acr, TenantId),
    /// For this person there is no such tenant: unknown and foreign ones look alike.
    NotThere,
    /// The person belongs there but has nothing to arrange, or may not enter now.
    Refused,
}

pub struct Admitted {
    pub tenant: Tenant,
    pub scope: TenantScope,
    /// Until when an operator may be there.
    pub support_until: Option<Timestamp>,
}

/// Decides whether a signed-in person may into the administration of the tenant that an address names.
///
/// In: the tenant's id or slug as it stands in the path. The rules of entering the tenant hold here too.
pub async fn admit(app: &App, person: &Person, session: &Session, handle: &str, now: Timestamp) -> Result<Admission, Failure> {
    let Some(id) = called(&app.registered(), handle) else { return Ok(Admission::NotThere) };
    let (tenant, membership, details) = app
        .store
        .read(async |r| {
            let tenant = r.tenant(&id).await?;
            let membership = r.membership(&person.id, &id).await?;
            let details = match &membership {
                Some(membership) => r.membership_details(&membership.id).await?,
                None => crate::model::MembershipDetails::default(),
            };
            Ok((tenant, membership, details))
        })
        .await?;
    let Some(tenant) = tenant else { return Ok(Admission::NotThere) };
    let here = |membership: &Membership| !matches!(membership.state, MembershipState::Invited | MembershipState::Left);
    let Some(membership) = membership.filter(here) else { return by_support(app, person, session, tenant, now).await };
    // As in tokens (people.md S55): some permissions count only in a session with a strong second factor.
    let policy = &tenant.policy;
    let strong = session.proof.acr() >= policy.step_up_needs();
    let counts = |permission: &Permission| strong || !policy.wants_step_up(permission);
    let permissions = details.permissions.into_iter().filter(counts).map(|permission| permission.name);
    let Some(scope) = TenantScope::of(&membership, &tenant, permissions) else { return Ok(Admission::Refused) };
    let client = own_client();
    let entry = Entry {
        person_state: person.state,
        second_factor: person.second_factor,
        membership: Some(&membership),
        tenant: Some(&tenant),
        client: &client,
        proof: &session.proof,
    };
    match decide(&entry, now) {
        Verdict::Denied(_) => return Ok(Admission::Refused),
        Verdict::NeedsFactor(acr) => return Ok(Admission::NeedsFactor(acr, tenant.id)),
        Verdict::Enter => {}
    }
    if membership.last_used_at.is_none_or(|at| now.since(at) >= TOUCH_EVERY) {
        app.store.write(async |w| w.enter_membership(&membership.id, now).await).await?;
    }
    Ok(Admission::In(Box::new(Admitted { tenant, scope, support_until: None })))
}

/// Operators get in while the tenant lets them, with their own second factor and with what the tenant demands of everybody.
async fn by_support(app: &App, person: &Person, session: &Session, tenant: Tenant, now: Timestamp) -> Result<Admission, Failure> {
    if !person.operator {
        return Ok(Admission::NotThere);
    }
    let Some(grant) = app.store.read(async |r| r.open_support(&tenant.id, now).await).await? else { return Ok(Admission::NotThere) };
    let Some(scope) = TenantScope::of_support(person, &tenant, &grant, now) else { return Ok(Admission::NotThere) };
    let demanded = (tenant.policy.mfa_mode == MfaMode::Required)
        .then(|| if tenant.policy.email_is_enough() { Acr::Email } else { Acr::Mfa })
        .max(person.second_factor.reaches());
    Ok(match demanded.filter(|acr| session.proof.acr() < *acr) {
        Some(acr) => Admission::NeedsFactor(acr, tenant.id),
        None => Admission::In(Box::new(Admitted { tenant, scope, support_until: Some(grant.expires_at) })),
    })
}

/// The tenant that a path names: by its id, else by its slug. Numbers do not count, since one may equal another's slug.
fn called(registered: &Registered, handle: &str) -> Option<TenantId> {
    let id = TenantId::from_text(handle);
    if registered.tenants.contains_key(&id) {
        return Some(id);
    }
    registered.tenants.values().find(|tenant| tenant.slug == handle).map(|tenant| tenant.id.clone())
}

/// The rung that an operator's session must have reached: that of the own factor, where there is one (security.md E08).
pub fn owed_by_operator(person: &Person, session: &Session) -> Option<Acr> {
    person.second_factor.demands().filter(|acr| session.proof.acr() < *acr)
}
