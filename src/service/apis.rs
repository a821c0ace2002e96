//! Registering APIs: the resource servers that access tokens are for (RFC 8707, RFC 9396, RFC 9068).
use serde_json::json;

use super::change::Change;
use super::seen::Seen;
use crate::model::{Api, ApiId, ApiSettings, display_name};
use crate::protocol::resources::is_identifier;
use crate::store::StoreError;

/// What became of [`add`].
pub enum ApiAdded {
    Added(Box<Api>),
    /// Another API has this identifier.
    Taken,
    /// Field, and what it must be.
    Invalid(&'static str, &'static str),
}

/// Registers an API.
pub async fn add(change: &Change<'_>, identifier: String, settings: ApiSettings) -> Result<ApiAdded, StoreError> {
    if let Some((field, demand)) = fault(&identifier, &settings) {
        return Ok(ApiAdded::Invalid(field, demand));
    }
    let api = Api { id: ApiId::generate(change.now, change.entropy), identifier, settings, created_at: change.now };
    let inserted = change
        .store
        .write(async |w| {
            let inserted = w.insert_api(&api).await?;
            if inserted {
                change.record(w, "api.add", api.id.as_str(), (None, None), json!({ "identifier": api.identifier })).await?;
            }
            Ok(inserted)
        })
        .await?;
    Ok(if inserted { ApiAdded::Added(Box::new(api)) } else { ApiAdded::Taken })
}

/// Names of types and scopes: they stand in tokens and in requests (RFC 6749 3.3).
fn is_name(text: &str) -> bool {
    (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}

/// The first thing that cannot be registered.
pub fn fault(identifier: &str, settings: &ApiSettings) -> Option<(&'static str, &'static str)> {
    if !is_identifier(identifier) {
        return Some(("identifier", "an absolute URI without fragment, like https://api.example.com"));
    }
    if display_name(&settings.name, 80).is_none() {
        return Some(("name", "1 to 80 characters, none of them invisible"));
    }
    if !settings.scopes.iter().all(|scope| is_name(scope)) {
        return Some(("scopes", "printable words without quotes"));
    }
    if settings.scopes.iter().any(|scope| crate::protocol::claims::is_about_person(scope)) {
        return Some(("scopes", "words of its own: this one speaks of a person everywhere"));
    }
    let types = &settings.authorization_details;
    let fine = |known: &crate::model::DetailsType| {
        is_name(&known.name) && display_name(&known.label, 80).is_some() && !known.members.contains_key("type")
    };
    if !types.iter().all(fine) {
        return Some(("authorization_details", "types with a name, a label and members beside `type`"));
    }
    if types.iter().enumerate().any(|(at, one)| types[..at].iter().any(|other| other.name == one.name)) {
        return Some(("authorization_details", "each type once"));
    }
    match settings.access_token_minutes {
        Some(minutes) if !(1..=24 * 60).contains(&minutes) => Some(("access_token_minutes", "1 minute to 24 hours")),
        _ => None,
    }
}

/// What became of [`edit`].
#[derive(Debug, PartialEq, Eq)]
pub enum ApiEdited {
    Done,
    Unknown,
    /// Somebody else changed the API since the form was shown.
    Meanwhile,
    /// Field, and what it must be.
    Invalid(&'static str, &'static str),
}

/// The mark of what a form about an API shows.
pub fn seen(api: &Api) -> Seen {
    Seen::of(&api.settings)
}

/// Changes an API's settings, if they still are what the form showed; its identifier stays, since tokens and applications
/// know it by that.
///
/// # Errors
/// Those of the store.
pub async fn edit(change: &Change<'_>, id: &ApiId, shown: &Seen, settings: &ApiSettings) -> Result<ApiEdited, StoreError> {
    change
        .store
        .write(async |w| {
            // Every change of a registered thing waits for this row: what is read now stays so.
            w.raise_generation().await?;
            let Some(api) = w.apis().await?.into_iter().find(|api| api.id == *id) else { return Ok(ApiEdited::Unknown) };
            if let Some((field, demand)) = fault(&api.identifier, settings) {
                return Ok(ApiEdited::Invalid(field, demand));
            }
            if seen(&api) != *shown {
                return Ok(ApiEdited::Meanwhile);
            }
            if !w.set_api_settings(id, settings).await? {
                return Ok(ApiEdited::Unknown);
            }
            change.record(w, "api.edit", id.as_str(), (None, None), json!({ "identifier": api.identifier })).await?;
            Ok(ApiEdited::Done)
        })
        .await
}
