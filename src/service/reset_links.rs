//! Links to a new password that an administrator has sent, or hands over to people without an e-mail address
//! (people.md S28, S29, S35, C27, C28). Nobody ever types or sees somebody else's password.
use serde_json::json;

use super::audit::{Event, record_from};
use super::confirmation::address;
use super::recovery::{QUARTER_HOUR, link_of, make, still_reached};
use super::{Failure, Network, letters};
use crate::app::App;
use crate::model::{Membership, MembershipState, MethodChange, Person, PersonState, RecoveryKind, Tenant};
use crate::policy::permission::{Right, TenantScope};
use crate::world::{Secret, Timestamp};

/// What became of a wish for a link.
pub enum Reset {
    /// The letter is on its way to the person's own mailbox.
    Sent,
    /// The link in clear: shown once, to be handed over.
    Made(Secret<String>),
    /// Not the business of whoever asked.
    NotAllowed,
    /// The person is not active, or has not activated the account yet: the invitation is the way then.
    NotActive,
    /// Signs in elsewhere, and has no password to renew (people.md K27).
    NoPassword,
    /// There is no mailbox to send to: make a link instead.
    NoAddress,
    /// There is a mailbox: send the link there instead. A link in an administrator's hands would be a way into an account
    /// of somebody who can be written to (people.md C27).
    HasAddress,
}

/// Sends the standard link to the person's own mailbox. An administrator of a tenant in which the person is a guest may do
/// this too (people.md C28). It ends a lock for inactivity in that tenant (S35).
pub async fn send(app: &App, scope: &TenantScope, target: &Membership, network: &Network, now: Timestamp) -> Result<Reset, Failure> {
    let allowed = scope.may(Right::People) && target.tenant == *scope.tenant() && scope.may_touch(target) && !scope.is_self(&target.person);
    let Some((person, tenant)) = load(app, target).await?.filter(|_| allowed) else { return Ok(Reset::NotAllowed) };
    // Giving somebody who signs in elsewhere a password is no mere reset: the home tenant alone may (people.md C11, C28).
    let may_change = scope.may_touch_credentials(target, &person) && may_change_method(&tenant);
    if let Some(refused) = refused(&person, target, may_change) {
        return Ok(refused);
    }
    if !is_reachable(&person) {
        return Ok(Reset::NoAddress);
    }
    let made = make(app, &person, RecoveryKind::Sent, Some(&tenant), now)?;
    let limit = i64::from(app.config.sign_in.email_codes_per_quarter_hour);
    app.store
        .write(async |w| {
            // security.md G13: silence beyond so many, and the person's own link stays good then.
            if w.recovery_links_since(&person.id, now.minus(QUARTER_HOUR)).await? >= limit || !still_reached(w, &person).await? {
                return record_from(app, w, event(scope, &person, &tenant, "limited", &made.link), network, now).await;
            }
            w.insert_recovery_link(&made.link, &made.token.digest()).await?;
            letters::queue(w, &made.letter, now).await?;
            record_from(app, w, event(scope, &person, &tenant, "sent", &made.link), network, now).await
        })
        .await?;
    Ok(Reset::Sent)
}

/// Makes a link for somebody without an e-mail address. Only the home tenant may, and the link is given out once.
pub async fn hand_over(app: &App, scope: &TenantScope, target: &Membership, network: &Network, now: Timestamp) -> Result<Reset, Failure> {
    let Some((person, tenant)) = load(app, target).await? else { return Ok(Reset::NotAllowed) };
    let groups = app.store.read(async |r| r.groups_of_membership(&target.id).await).await?;
    // Whoever holds the link can be that person: it must give nothing that the one who asks does not hold (I08).
    let given = groups.iter().flat_map(|group| &group.permissions).map(|permission| permission.name.as_str());
    let held = scope.is_admin() || !target.api_access && scope.may_grant(given);
    if !(held && scope.may(Right::People) && scope.may_touch_credentials(target, &person)) {
        return Ok(Reset::NotAllowed);
    }
    if let Some(refused) = refused(&person, target, may_change_method(&tenant)) {
        return Ok(refused);
    }
    if is_reachable(&person) {
        return Ok(Reset::HasAddress);
    }
    let made = make(app, &person, RecoveryKind::Handed, Some(&tenant), now)?;
    app.store
        .write(async |w| {
            w.insert_recovery_link(&made.link, &made.token.digest()).await?;
            record_from(app, w, event(scope, &person, &tenant, "handed", &made.link), network, now).await
        })
        .await?;
    Ok(Reset::Made(Secret::new(link_of(app, &made.token))))
}

async fn load(app: &App, target: &Membership) -> Result<Option<(Person, Tenant)>, Failure> {
    Ok(app.store.read(async |r| Ok(r.person(&target.person).await?.zip(r.tenant(&target.tenant).await?))).await?)
}

/// May an administrator let somebody who signs in elsewhere have a password here (people.md K27, C11)?
fn may_change_method(tenant: &Tenant) -> bool {
    tenant.policy.auth_method_change != MethodChange::Never
}

fn refused(person: &Person, target: &Membership, may_change: bool) -> Option<Reset> {
    let active = person.state == PersonState::Active && target.state == MembershipState::Active;
    match (active, person.has_password || may_change) {
        (false, _) => Some(Reset::NotActive),
        (true, false) => Some(Reset::NoPassword),
        (true, true) => None,
    }
}

fn is_reachable(person: &Person) -> bool {
    address(person).is_some()
}

fn event<'a>(
    scope: &'a TenantScope,
    person: &'a Person,
    tenant: &'a Tenant,
    outcome: &'static str,
    link: &crate::model::RecoveryLink,
) -> Event<'a> {
    Event { actor: scope.person().as_str(), ..Event::of_person("recovery.link", &person.id, outcome) }
        .in_tenant(&tenant.id)
        .with(json!({ "link": link.id, "kind": link.kind }))
}
