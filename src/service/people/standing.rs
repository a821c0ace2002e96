//! Disabling and enabling people, ending locks (people.md S9, S15, S31–S35, C28).
use serde_json::json;

use super::super::attempts;
use super::super::recovery::end_everything;
use super::acting::{Acting, Deed, Held, Outcome, Refusal, allowed};
use super::admins::is_spared;
use crate::model::{Membership, MembershipState, PersonId, TenantId};
use crate::policy::permission::Right;
use crate::store::{Read, Seat, StoreError, Write};

/// Nobody signs in any more: at home the person altogether, elsewhere as a guest of this tenant alone. Sessions, tokens
/// and what applications keep end in the same moment (security.md C04, I25).
pub async fn disable(acting: &Acting<'_>, person: &PersonId) -> Outcome<()> {
    let deed = Deed { rights: &[Right::People], action: "person.disable", subject: person.as_str() };
    let mut tenants = acting.app.store.read(async |r| administered(r, person).await).await?;
    tenants.push(acting.tenant().clone());
    tenants.sort();
    tenants.dedup();
    let outcome = acting
        .attempt_across(deed, &tenants, async |w| {
            let seat = allowed!(acting.other(w, person).await?);
            allowed!(leaves_an_admin(acting, w, &seat).await?);
            let changed = if acting.scope.is_home_of(&seat.membership, &seat.person) {
                allowed!(leaves_admins_everywhere(w, person, &tenants).await?);
                let changed = w.disable_person(person, false, acting.now).await?;
                end_everything(w, &seat.person, acting.now).await?;
                changed
            } else {
                let changed = w.disable_membership(&seat.membership.id).await?;
                w.end_grants_of_membership(person, acting.tenant(), acting.now).await?;
                changed
            };
            if !changed {
                return Ok(Err(Refusal::NotNow));
            }
            acting.done(w, deed, json!({ "membership": seat.membership.id, "kind": seat.membership.kind })).await?;
            Ok(Ok(()))
        })
        .await?;
    acting.app.logouts.bell.notify_one();
    Ok(outcome)
}

/// Takes [`disable`] back. Nobody is signed in by it, and an invitation that was open is sent anew by hand.
pub async fn enable(acting: &Acting<'_>, person: &PersonId) -> Outcome<()> {
    let deed = Deed { rights: &[Right::People], action: "person.enable", subject: person.as_str() };
    acting
        .attempt(deed, async |w| {
            let seat = allowed!(acting.other(w, person).await?);
            let state = if acting.scope.is_home_of(&seat.membership, &seat.person) {
                if seat.person.disabled_by_operator {
                    return Ok(Err(Refusal::ByOperator));
                }
                w.enable_person(person, false, acting.now).await?.map(|state| state.as_str())
            } else {
                w.enable_membership(&seat.membership.id).await?.map(|state| state.as_str())
            };
            let Some(state) = state else { return Ok(Err(Refusal::NotNow)) };
            acting.done(w, deed, json!({ "membership": seat.membership.id, "state": state })).await?;
            Ok(Ok(()))
        })
        .await
}

/// Ends a pause for failures before its time (people.md S34). At home alone: the pause holds everywhere.
pub async fn unlock(acting: &Acting<'_>, person: &PersonId) -> Outcome<()> {
    let deed = Deed { rights: &[Right::People], action: "person.unlock", subject: person.as_str() };
    acting
        .attempt(deed, async |w| {
            allowed!(acting.own(w, person).await?);
            for counter in attempts::counters(person) {
                w.clear_attempts(&counter).await?;
            }
            acting.done(w, deed, json!({ "lock": "failures" })).await?;
            Ok(Ok(()))
        })
        .await
}

/// Forgives that somebody was not here for too long (people.md S35): in this tenant alone, since it is counted here.
pub async fn wake(acting: &Acting<'_>, person: &PersonId) -> Outcome<()> {
    let deed = Deed { rights: &[Right::People], action: "member.wake", subject: person.as_str() };
    acting
        .attempt(deed, async |w| {
            let seat = allowed!(acting.other(w, person).await?);
            w.wake_membership(&seat.membership.id, acting.now).await?;
            acting.done(w, deed, json!({ "lock": "inactive" })).await?;
            Ok(Ok(()))
        })
        .await
}

/// The tenants that somebody administers.
async fn administered(r: &mut Read, person: &PersonId) -> Result<Vec<TenantId>, StoreError> {
    let all = r.memberships_of(person).await?;
    let administers = |membership: &Membership| membership.admin && membership.state == MembershipState::Active;
    Ok(all.into_iter().filter(administers).map(|membership| membership.tenant).collect())
}

/// A home deactivates its people everywhere: no other tenant may lose its last administrator by that (security.md I10).
/// `held` are the tenants that nobody else changes at this moment; whoever makes the person an administrator elsewhere
/// waits for the person's row.
async fn leaves_admins_everywhere(w: &mut Write, person: &PersonId, held: &[TenantId]) -> Held<()> {
    w.hold_person(person).await?;
    for membership in w.memberships_of(person).await? {
        if !membership.admin || membership.state != MembershipState::Active {
            continue;
        }
        // Became one a moment ago: asked again, all is known.
        if !held.contains(&membership.tenant) {
            return Ok(Err(Refusal::Meanwhile));
        }
        if !is_spared(w, &membership.tenant, &membership.id).await? {
            return Ok(Err(Refusal::LastAdmin));
        }
    }
    Ok(Ok(()))
}

/// Would the tenant still have an administrator who can sign in, without this one?
pub(super) async fn leaves_an_admin(acting: &Acting<'_>, w: &mut Write, seat: &Seat) -> Held<()> {
    let counts = seat.membership.admin;
    let remains = !counts || is_spared(w, acting.tenant(), &seat.membership.id).await?;
    Ok(if remains { Ok(()) } else { Err(Refusal::LastAdmin) })
}
