//! Making and unmaking administrators of a tenant (people.md S3, security.md I10).
use serde_json::json;

use super::acting::{Acting, Deed, Outcome, Refusal, allowed};
use super::standing::leaves_an_admin;
use crate::model::{MembershipId, MembershipState, PersonId, TenantId, TenantState};
use crate::policy::permission::Right;
use crate::store::{StoreError, Write};

/// Would the tenant still have an administrator who can sign in, without this membership? A disabled tenant needs none:
/// nobody enters it. Ask it while the tenant is held.
pub(in crate::service) async fn is_spared(w: &mut Write, tenant: &TenantId, besides: &MembershipId) -> Result<bool, StoreError> {
    if w.has_other_admin(tenant, besides).await? {
        return Ok(true);
    }
    Ok(w.tenant(tenant).await?.is_none_or(|tenant| tenant.state != TenantState::Active))
}

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
