//! Changing a registered application: what is registered about it, whom it serves, whether it works at all.
use serde_json::json;

use super::change::Change;
use super::clients::{metadata_fault, needs_secret};
use crate::model::{ClientId, ClientMetadata, ClientState, TenantId};
use crate::store::StoreError;

/// What became of [`edit`].
#[derive(Debug, PartialEq, Eq)]
pub enum ClientEdited {
    Done,
    Unknown,
    /// Field, value where one is to blame, and what it must be.
    Invalid(&'static str, String),
}

/// Registers other metadata and other tenants for a client. How it proves itself stays.
///
/// # Errors
/// Those of the store.
pub async fn edit(change: &Change<'_>, id: &ClientId, metadata: &ClientMetadata, tenants: &[TenantId]) -> Result<ClientEdited, StoreError> {
    if let Some((field, fault)) = metadata_fault(metadata) {
        return Ok(ClientEdited::Invalid(field, fault));
    }
    change
        .store
        .write(async |w| {
            let Some(before) = w.client(id).await? else { return Ok(ClientEdited::Unknown) };
            // Its secrets are made and retired elsewhere: a client must not lose or gain the need for one here.
            if needs_secret(&before.metadata) != needs_secret(metadata) {
                return Ok(ClientEdited::Invalid("token_endpoint_auth_method", "stays as it was registered".to_owned()));
            }
            w.set_client_metadata(id, metadata).await?;
            w.set_client_tenants(id, tenants).await?;
            let detail = json!({ "changed": changed(&before.metadata, metadata), "tenants": tenants.len() });
            change.record(w, "client.edit", id.as_str(), (None, Some(id)), detail).await?;
            Ok(ClientEdited::Done)
        })
        .await
}

/// The members in which two registrations differ.
fn changed(before: &ClientMetadata, after: &ClientMetadata) -> Vec<String> {
    let members = |metadata: &ClientMetadata| match serde_json::to_value(metadata) {
        Ok(serde_json::Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    let (before, after) = (members(before), members(after));
    after.into_iter().filter(|(name, value)| before.get(name) != Some(value)).map(|(name, _)| name).collect()
}

/// Lets an application work, or not: then everything that was granted to it ends. False when there is none.
///
/// # Errors
/// Those of the store.
pub async fn set_state(change: &Change<'_>, id: &ClientId, state: ClientState) -> Result<bool, StoreError> {
    change
        .store
        .write(async |w| {
            let Some(client) = w.client(id).await? else { return Ok(false) };
            if client.state == state {
                return Ok(true);
            }
            w.set_client_state(id, state).await?;
            let ended = if state == ClientState::Disabled { w.end_grants_of_client(id, change.now).await? } else { 0 };
            let detail = json!({ "state": state, "grants_ended": ended });
            change.record(w, "client.state", id.as_str(), (None, Some(id)), detail).await?;
            Ok(true)
        })
        .await
}
