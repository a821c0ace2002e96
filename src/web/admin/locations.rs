//! `/admin/{tenant}/locations`: places that people can be limited to (people.md S37, S39, S43).
use axum::extract::Path;
use axum::response::Response;

use super::people::common::acting;
use crate::model::{Location, LocationId, LocationsBy};
use crate::pages::console::{Discard, Flash, LocationLine, LocationList, LocationPage};
use crate::service::people::acting::Refusal;
use crate::service::people::locations;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, Query, TenantAdmin, rights};

type Admin = TenantAdmin<rights::Locations>;

/// So many are shown; more are found by searching.
const SHOWN: usize = 100;

pub async fn list(admin: Admin, query: Query) -> Result<Response, WebError> {
    enabled(&admin)?;
    let search = query.0.get("q");
    let mut found = locations::all(&acting(&admin), search).await?;
    let more = found.len() > SHOWN;
    found.truncate(SHOWN);
    let line = |place: Location| LocationLine { id: place.id.to_string(), name: place.name, website: place.website.unwrap_or_default() };
    let content =
        LocationList { query: search.to_owned(), locations: found.into_iter().map(line).collect(), more, editable: editable(&admin) };
    admin.page("locations").done(&query).show(&content)
}

pub async fn blank(admin: Admin) -> Result<Response, WebError> {
    arranges(&admin)?;
    admin.page("locations").under("locations").show(&form(None, "", "", None))
}

pub async fn create(admin: Admin, Checked(fields): Checked) -> Result<Response, WebError> {
    enabled(&admin)?;
    let (name, website) = (fields.get("name"), fields.get("website"));
    match locations::create(&acting(&admin), name, Some(website)).await? {
        Ok(_) => Ok(admin.go("locations", Some(Flash::Created))),
        Err(refusal) => refused(&admin, refusal, form(None, name, website, None)),
    }
}

pub async fn show(admin: Admin, Path((_, id)): Path<(String, String)>) -> Result<Response, WebError> {
    arranges(&admin)?;
    let place = find(&admin, &id).await?;
    let content = form(Some(id), &place.name, place.website.as_deref().unwrap_or(""), None);
    admin.page("locations").under("locations").show(&content)
}

pub async fn save(admin: Admin, Path((_, id)): Path<(String, String)>, Checked(fields): Checked) -> Result<Response, WebError> {
    enabled(&admin)?;
    let place = find(&admin, &id).await?;
    let (name, website) = (fields.get("name"), fields.get("website"));
    match locations::change(&acting(&admin), &place.id, name, Some(website)).await? {
        Ok(()) => Ok(admin.go("locations", Some(Flash::Saved))),
        Err(refusal) => refused(&admin, refusal, form(Some(id), name, website, None)),
    }
}

pub async fn ask_delete(admin: Admin, Path((_, id)): Path<(String, String)>) -> Result<Response, WebError> {
    arranges(&admin)?;
    let place = find(&admin, &id).await?;
    admin.page("locations").under("locations").show(&Discard { what: "location", id, name: place.name })
}

pub async fn delete(Fresh(admin): Fresh<Admin>, Path((_, id)): Path<(String, String)>, _: Checked) -> Result<Response, WebError> {
    enabled(&admin)?;
    let place = find(&admin, &id).await?;
    match locations::delete(&acting(&admin), &place.id).await? {
        Ok(()) => Ok(admin.go("locations", Some(Flash::Removed))),
        Err(refusal) => refused(&admin, refusal, form(Some(id), &place.name, "", None)),
    }
}

fn refused(admin: &Admin, refusal: Refusal, typed: LocationPage) -> Result<Response, WebError> {
    let fault = match refusal {
        Refusal::Invalid("website", _) => "website",
        Refusal::Invalid(..) => "name",
        Refusal::NotFound => return Err(WebError::not_found()),
        _ => return Err(WebError::forbidden()),
    };
    admin.page("locations").under("locations").refuse(&LocationPage { fault: Some(fault), ..typed })
}

fn form(id: Option<String>, name: &str, website: &str, fault: Option<&'static str>) -> LocationPage {
    LocationPage { id, name: name.to_owned(), website: website.to_owned(), fault }
}

/// Where there are no locations there is no page about them.
fn enabled(admin: &Admin) -> Result<(), WebError> {
    if admin.tenant.policy.locations_enabled { Ok(()) } else { Err(WebError::not_found()) }
}

fn editable(admin: &Admin) -> bool {
    admin.tenant.policy.locations_managed_by == LocationsBy::TenantAdmin
}

/// people.md S43: the operator's business in some tenants.
fn arranges(admin: &Admin) -> Result<(), WebError> {
    enabled(admin)?;
    if editable(admin) { Ok(()) } else { Err(WebError::forbidden()) }
}

async fn find(admin: &Admin, id: &str) -> Result<Location, WebError> {
    let all = admin.app.store.read(async |r| r.locations_of(&admin.tenant.id).await).await?;
    let id = LocationId::from_text(id);
    all.into_iter().find(|place| place.id == id).ok_or_else(WebError::not_found)
}
