//! The secrets of a client: two may be in force at once, so that it can change from one to the other without an outage
//! (protocol.md §2).
use serde_json::json;

use super::change::Change;
use crate::model::{AuthMethod, ClientId, SecretId, StoredSecret};
use crate::store::StoreError;
use crate::world::{ClientSecret, Timestamp, Token};

/// Secrets in force at once.
const MOST: i64 = 2;

/// What became of [`add`].
pub enum SecretAdded {
    /// In clear here and nowhere else.
    Added(SecretId, Token<ClientSecret>),
    /// Two are in force: retire one first.
    TooMany,
    /// The client proves itself in another way.
    OtherMethod,
    UnknownClient,
}

/// What became of [`retire`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretRetired {
    Retired,
    /// No other is in force: without it the client could not prove itself.
    Last,
    Unknown,
}

/// Gives a client one more secret.
///
/// # Errors
/// Those of the store.
pub async fn add(change: &Change<'_>, client: &ClientId) -> Result<SecretAdded, StoreError> {
    let Some(found) = change.store.read(async |r| r.client(client).await).await? else { return Ok(SecretAdded::UnknownClient) };
    if !matches!(found.metadata.token_endpoint_auth_method, AuthMethod::Basic | AuthMethod::Post) {
        return Ok(SecretAdded::OtherMethod);
    }
    let token = Token::<ClientSecret>::generate(change.entropy);
    let secret = StoredSecret { id: SecretId::generate(change.now, change.entropy), digest: token.digest(), expires_at: None };
    let added = change
        .store
        .write(async |w| {
            let added = w.add_client_secret_below(client, &secret, MOST, change.now).await?;
            if added {
                let detail = json!({ "secret": secret.id });
                change.record(w, "client.secret.add", client.as_str(), (None, Some(client)), detail).await?;
            }
            Ok(added)
        })
        .await?;
    Ok(if added { SecretAdded::Added(secret.id, token) } else { SecretAdded::TooMany })
}

/// Ends a secret at once.
///
/// # Errors
/// Those of the store.
pub async fn retire(change: &Change<'_>, client: &ClientId, secret: &SecretId) -> Result<SecretRetired, StoreError> {
    change
        .store
        .write(async |w| {
            // Two that retire at once must not leave none: every change of a registered thing waits for this row.
            w.raise_generation().await?;
            let secrets = w.client(client).await?.map(|client| client.secrets).unwrap_or_default();
            if !secrets.iter().any(|known| known.id == *secret) {
                return Ok(SecretRetired::Unknown);
            }
            let in_force = |known: &&StoredSecret| known.id != *secret && known.expires_at.is_none_or(|end| end > change.now);
            if !secrets.iter().any(|known| in_force(&known)) {
                return Ok(SecretRetired::Last);
            }
            w.drop_client_secret(secret).await?;
            let detail = json!({ "secret": secret });
            change.record(w, "client.secret.retire", client.as_str(), (None, Some(client)), detail).await?;
            Ok(SecretRetired::Retired)
        })
        .await
}

/// Lets a secret end at a moment to come, so that the application has time to change to another one.
///
/// # Errors
/// Those of the store.
pub async fn expire(change: &Change<'_>, client: &ClientId, secret: &SecretId, at: Timestamp) -> Result<SecretRetired, StoreError> {
    change
        .store
        .write(async |w| {
            w.raise_generation().await?;
            let secrets = w.client(client).await?.map(|client| client.secrets).unwrap_or_default();
            if !secrets.iter().any(|known| known.id == *secret && known.expires_at.is_none_or(|end| end > at)) {
                return Ok(SecretRetired::Unknown);
            }
            let stays = |known: &StoredSecret| known.id != *secret && known.expires_at.is_none_or(|end| end > at);
            if !secrets.iter().any(stays) {
                return Ok(SecretRetired::Last);
            }
            w.expire_client_secret(secret, at).await?;
            change.record(w, "client.secret.expire", client.as_str(), (None, Some(client)), json!({ "secret": secret, "at": at })).await?;
            Ok(SecretRetired::Retired)
        })
        .await
}
