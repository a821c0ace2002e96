//! Ending memberships: by an administrator (people.md C12), or by the person (K45). Sessions go on for other tenants;
//! everything that was granted for this one ends in the same moment (security.md I25).
use serde_json::json;

use super::super::audit::{Event, record_from};
use super::super::{Failure, Network};
use super::acting::{Acting, Deed, Outcome, Refusal, allowed, told};
use super::admins::is_spared;
use super::standing::leaves_an_admin;
use crate::app::App;
use crate::model::{MembershipKind, MembershipState, PersonId, Removal, TenantId};
use crate::policy::permission::Right;
use crate::world::Timestamp;

/// Takes a person out of the tenant. The account stays, and so do its other memberships.
pub async fn remove(acting: &Acting<'_>, person: &PersonId) -> Outcome<()> {
    let deed = Deed { rights: &[Right::People], action: "member.remove", subject: person.as_str() };
    let removal = acting.house()?.policy.user_removal;
    let outcome = acting
        .attempt(deed, async |w| {
            let seat = allowed!(acting.other(w, person).await?);
            // people.md S9: where people are only ever disabled, a guest may still be sent home.
            if removal == Removal::Disable && seat.membership.kind == MembershipKind::Home {
                return Ok(Err(Refusal::Rules));
            }
            allowed!(acting.outranks(w, &seat.membership).await?);
            allowed!(leaves_an_admin(acting, w, &seat).await?);
            if acting.scope.is_home_of(&seat.membership, &seat.person) {
                w.revoke_recovery_links(person, acting.now).await?;
            }
            w.end_membership(&seat.membership, acting.now).await?;
            acting.done(w, deed, told(&seat.membership)).await?;
            Ok(Ok(()))
        })
        .await?;
    acting.app.logouts.bell.notify_one();
    Ok(outcome)
}

/// The person leaves a tenant. Not the home, since everybody has one (K38), and not as its last administrator.
pub async fn leave(
    app: &App,
    person: &PersonId,
    tenant: &TenantId,
    network: &Network,
    now: Timestamp,
) -> Result<Result<(), Refusal>, Failure> {
    let outcome = app
        .store
        .write_or_undo(async |w| {
            w.hold_tenant(tenant).await?;
            let Some(membership) = w.membership(person, tenant).await? else { return Ok(Err(Refusal::NotFound)) };
            match (membership.state, membership.kind) {
                (MembershipState::Left, _) => return Ok(Err(Refusal::NotFound)),
                (_, MembershipKind::Home) => return Ok(Err(Refusal::Rules)),
                _ => {}
            }
            if membership.admin && !is_spared(w, tenant, &membership.id).await? {
                return Ok(Err(Refusal::LastAdmin));
            }
            w.end_membership(&membership, now).await?;
            let event = Event::of_person("member.leave", person, "done").in_tenant(tenant).with(json!({ "membership": membership.id }));
            record_from(app, w, event, network, now).await?;
            Ok(Ok(()))
        })
        .await?;
    app.logouts.bell.notify_one();
    Ok(outcome)
}
