//! Access to the interfaces (people.md K35–K37): given and taken by administrators, at home alone.
use serde_json::json;

use super::acting::{Acting, Deed, Outcome, Refusal, allowed};
use crate::model::PersonId;
use crate::policy::permission::Right;

/// Gives or takes API access. It opens everything of the tenant (K36), so that only who holds everything gives it.
pub async fn set_api_access(acting: &Acting<'_>, person: &PersonId, api_access: bool) -> Outcome<()> {
    let action = if api_access { "member.api_access" } else { "member.no_api_access" };
    let deed = Deed { rights: &[Right::People], action, subject: person.as_str() };
    acting
        .attempt(deed, async |w| {
            let seat = allowed!(acting.own(w, person).await?);
            if !acting.scope.is_admin() {
                return Ok(Err(Refusal::NotHeld));
            }
            if seat.membership.api_access == api_access || !w.set_api_access(&seat.membership.id, api_access).await? {
                return Ok(Err(Refusal::NotNow));
            }
            acting.done(w, deed, json!({ "membership": seat.membership.id })).await?;
            Ok(Ok(()))
        })
        .await
}
