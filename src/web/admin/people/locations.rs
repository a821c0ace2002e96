//! `/admin/{tenant}/people/{id}/locations`: which places somebody is limited to (people.md S38–S41, S44, S45).
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::common::{acting, find, told};
use crate::model::{Location, LocationId};
use crate::pages::console::{Choice, PersonLocations};
use crate::service::people::locations::{self, Limit};
use crate::store::Listed;
use crate::web::error::WebError;
use crate::web::extract::form::Fields;
use crate::web::extract::{Checked, Query, TenantAdmin, rights};

/// So many of those that fit are shown.
const FOUND: usize = 20;

pub async fn show(admin: TenantAdmin<rights::People>, Path((_, id)): Path<(String, String)>, query: Query) -> Result<Response, WebError> {
    let listed = find(&admin, &id).await?;
    page(&admin, &listed, &query.0, None).await
}

/// Adds a place, takes one away, or lifts the limit. Without any place left the person sees all again (S41).
pub async fn submit(
    admin: TenantAdmin<rights::People>,
    Path((_, id)): Path<(String, String)>,
    Checked(fields): Checked,
) -> Result<Response, WebError> {
    let listed = find(&admin, &id).await?;
    let place = |name: &str| LocationId::from_text(fields.get(name));
    // Each form says which step it is: whoever lost the last place otherwise sees none, and never all.
    let step = match (fields.get("add").is_empty(), fields.get("remove").is_empty(), fields.get("lift").is_empty()) {
        (false, true, true) => Limit::To(place("add")),
        (true, false, true) => Limit::NotTo(place("remove")),
        (true, true, false) => Limit::Lift(place("lift")),
        _ => return Err(WebError::bad_form()),
    };
    match locations::limit(&acting(&admin), &listed.person.id, &step).await? {
        Ok(()) => {
            let mut back = url::form_urlencoded::Serializer::new(String::new());
            for name in ["q", "new"] {
                back.append_pair(name, fields.get(name));
            }
            Ok(admin.go(&format!("people/{id}/locations?{}", back.finish()), None))
        }
        Err(refusal) => {
            let refused = told(refusal, Some(&listed.membership)).ok_or_else(WebError::not_found)?;
            page(&admin, &listed, &fields, Some(refused)).await
        }
    }
}

async fn page(
    admin: &TenantAdmin<rights::People>,
    listed: &Listed,
    fields: &Fields,
    refused: Option<(&'static str, StatusCode)>,
) -> Result<Response, WebError> {
    if !admin.tenant.policy.locations_enabled {
        return Err(WebError::not_found());
    }
    let query = fields.get("q");
    let chosen = admin.app.store.read(async |r| r.locations_of_membership(&listed.membership.id).await).await?;
    let mut found = locations::all(&acting(admin), query).await?;
    found.retain(|place| !chosen.iter().any(|own| own.id == place.id));
    let more = found.len() > FOUND;
    found.truncate(FOUND);
    let choice = |place: Location| Choice { value: place.id.to_string(), text: place.name };
    let person = format!("people/{}", listed.person.id);
    let content = PersonLocations {
        id: listed.person.id.to_string(),
        name: listed.person.name(),
        query: query.to_owned(),
        chosen: chosen.into_iter().map(choice).collect(),
        found: found.into_iter().map(choice).collect(),
        more,
        onward: fields.get("new").to_owned(),
        next: match fields.get("new") {
            "invite" => Some(admin.path(&format!("{person}/invite?new=1"))),
            _ => Some(admin.path(&person)),
        },
        refused: refused.map(|(key, _)| key),
    };
    let status = refused.map_or(StatusCode::OK, |(_, status)| status);
    let above = admin.path(&person);
    admin.page("people").under("people").crumb(listed.person.name(), above).show_with(status, &content)
}
