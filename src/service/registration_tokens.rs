//! Initial access tokens: made by an operator for whoever may register applications (RFC 7591 3).
use std::time::Duration;

use serde_json::json;

use super::change::Change;
use crate::model::{RegistrationToken, RegistrationTokenId, TenantId};
use crate::store::StoreError;
use crate::world::{InitialAccess, Token};

const DAY: u64 = 24 * 60 * 60;

/// Makes a token for so many applications and days. The text is in clear here and nowhere else.
///
/// # Errors
/// Those of the store.
pub async fn add(
    change: &Change<'_>,
    tenant: Option<TenantId>,
    uses: u32,
    days: u32,
) -> Result<(RegistrationToken, Token<InitialAccess>), StoreError> {
    let token = Token::<InitialAccess>::generate(change.entropy);
    let row = RegistrationToken {
        id: RegistrationTokenId::generate(change.now, change.entropy),
        tenant,
        uses_left: i64::from(uses),
        expires_at: change.now.plus(Duration::from_secs(u64::from(days) * DAY)),
        created_at: change.now,
    };
    change
        .store
        .write(async |w| {
            w.insert_registration_token(&token.digest(), &row).await?;
            let detail = json!({ "uses": uses, "days": days });
            change.record(w, "client.registration_token.add", row.id.as_str(), (row.tenant.as_ref(), None), detail).await
        })
        .await?;
    Ok((row, token))
}

/// Ends a token; what was registered with it stays. False when there is none.
///
/// # Errors
/// Those of the store.
pub async fn retire(change: &Change<'_>, id: &RegistrationTokenId) -> Result<bool, StoreError> {
    change
        .store
        .write(async |w| {
            let retired = w.retire_registration_token(id).await?;
            if retired {
                change.record(w, "client.registration_token.retire", id.as_str(), (None, None), json!({})).await?;
            }
            Ok(retired)
        })
        .await
}
