//! Making and unmaking administrators of a tenant (people.md S3, security.md I10).
use serde_json::json;

use super::acting::{Acting, Deed, Outcome, Refusal, allowed};
use super::standing::leaves_an_admin;
use crate::model::{MembershipState, PersonId};
use crate::policy::permission::Right;

/// Gives or takes the administrator's flag. Only an administrator does, never for himself, and one always remains.
pub async fn set_admin(acting: &Acting<'_>, person: &PersonId, admin: bool) -> Outcome<()> {
    let action = if admin { "member.make_admin" } else { "member.unmake_admin" };
    let deed = Deed { rights: &[Right::People], action, subject: person.as_str() };
    let limited_allowed = acting.house()?.policy.locations_admin_limited;
    acting
        .attempt(deed, async |w| {
            let seat = allowed!(acting.other(w, person).await?);
            if !acting.scope.is_admin() {
                return Ok(Err(Refusal::NotHeld));
            }
            if seat.membership.admin == admin {
                return Ok(Err(Refusal::NotNow));
            }
            if admin {
                // people.md S44: an administrator is not limited to locations.
                if seat.membership.limited_to_locations && !limited_allowed {
                    return Ok(Err(Refusal::Invalid("locations", "none: an administrator is not limited to locations")));
                }
                if !matches!(seat.membership.state, MembershipState::Active | MembershipState::Invited) {
                    return Ok(Err(Refusal::NotNow));
                }
            } else {
                allowed!(leaves_an_admin(acting, w, &seat).await?);
            }
            w.set_admin(&seat.membership.id, admin).await?;
            acting.done(w, deed, json!({ "membership": seat.membership.id })).await?;
            Ok(Ok(()))
        })
        .await
}
