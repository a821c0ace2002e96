//! Changing a registered application: what is registered about it, whom it serves, whether it works at all.
use serde_json::json;

use super::change::Change;
use super::clients::{metadata_fault, needs_secret};
use super::seen::Seen;
use crate::model::{ClaimRule, Client, ClientId, ClientMetadata, ClientState, TenantId};
use crate::protocol::claims::table::fault;
use crate::store::StoreError;

/// What became of [`edit`].
#[derive(Debug, PartialEq, Eq)]
pub enum ClientEdited {
    Done,
    Unknown,
    /// Somebody else changed the application since the form was shown.
    Meanwhile,
    /// Field, value where one is to blame, and what it must be.
    Invalid(&'static str, String),
}

/// The mark of what a form about an application shows.
pub fn seen(client: &Client) -> Seen {
    Seen::of(&(&client.metadata, &client.tenants))
}

/// Registers other metadata and other tenants for a client, if it still is what the form showed. How it proves itself
/// stays.
///
/// # Errors
/// Those of the store.
pub async fn edit(
    change: &Change<'_>,
    id: &ClientId,
    shown: &Seen,
    (metadata, tenants): (&ClientMetadata, &[TenantId]),
) -> Result<ClientEdited, StoreError> {
    if let Some((field, fault)) = metadata_fault(metadata) {
        return Ok(ClientEdited::Invalid(field, fault));
    }
    change
        .store
        .write(async |w| {
            w.raise_generation().await?;
            let Some(before) = w.client(id).await? else { return Ok(ClientEdited::Unknown) };
            if seen(&before) != *shown {
                return Ok(ClientEdited::Meanwhile);
            }
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

/// One rule more or less in a claims table.
#[derive(Clone, Debug)]
pub enum ClaimStep {
    Add(ClaimRule),
    /// The rule at this place, if it still has this name.
    Remove(usize, String),
}

/// Takes one step in the claims table as it is now: rules that others add or take away at the same time stay so.
///
/// # Errors
/// Those of the store.
pub async fn change_claims(change: &Change<'_>, id: &ClientId, step: &ClaimStep) -> Result<ClientEdited, StoreError> {
    change
        .store
        .write(async |w| {
            // Every change of a registered thing waits for this row: the table that is read now stays as it is.
            w.raise_generation().await?;
            let Some(before) = w.client(id).await? else { return Ok(ClientEdited::Unknown) };
            let mut metadata = before.metadata.clone();
            match step {
                ClaimStep::Add(rule) => metadata.claims.push(rule.clone()),
                ClaimStep::Remove(at, name) if metadata.claims.get(*at).is_some_and(|rule| rule.name == *name) => {
                    metadata.claims.remove(*at);
                }
                ClaimStep::Remove(..) => return Ok(ClientEdited::Meanwhile),
            }
            if let Some((name, demand)) = fault(&metadata.claims) {
                return Ok(ClientEdited::Invalid("claims", format!("\"{name}\" {demand}")));
            }
            w.set_client_metadata(id, &metadata).await?;
            let detail = json!({ "changed": ["claims"] });
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
