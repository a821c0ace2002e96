//! `/operator/tenants/{id}/locations`: where a tenant's rules leave its locations to the operators (people.md S43).
use axum::extract::Path;
use axum::response::Response;

use super::administrators::acting;
use super::tenants::find;
use crate::model::Tenant;
use crate::pages::console::Flash;
use crate::policy::permission::TenantScope;
use crate::web::console::Console;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, Operator, Query};
use crate::web::locations::{Desk, Filled};

/// The tenant, and what an operator may there. Nothing is arranged for a tenant that is disabled.
async fn enter(operator: &Operator, id: &str) -> Result<(Tenant, TenantScope), WebError> {
    let tenant = find(operator, id).await?;
    let scope = TenantScope::of_operator(&operator.person, &tenant).ok_or_else(WebError::not_found)?;
    Ok((tenant, scope))
}

fn path(tenant: &Tenant) -> String {
    format!("tenants/{}/locations", tenant.id)
}

fn desk<'a>(operator: &'a Operator, (tenant, scope): &'a (Tenant, TenantScope)) -> Desk<'a> {
    Desk { acting: acting(operator, scope), tenant, list: operator.path(&path(tenant)) }
}

fn page<'a>(operator: &'a Operator, tenant: &Tenant) -> Console<'a> {
    operator.page("tenants").crumb(tenant.display_name(), operator.path(&format!("tenants/{}", tenant.id)))
}

pub async fn list(operator: Operator, Path(id): Path<String>, query: Query) -> Result<Response, WebError> {
    let place = enter(&operator, &id).await?;
    let content = desk(&operator, &place).list(query.0.get("q")).await?;
    page(&operator, &place.0).done(&query).show(&content)
}

pub async fn blank(operator: Operator, Path(id): Path<String>) -> Result<Response, WebError> {
    let place = enter(&operator, &id).await?;
    let content = desk(&operator, &place).blank()?;
    page(&operator, &place.0).show(&content)
}

pub async fn create(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, Checked(fields): Checked) -> Result<Response, WebError> {
    let place = enter(&operator, &id).await?;
    let filled = desk(&operator, &place).create(&fields).await?;
    answered(&operator, &place.0, filled, Flash::Created)
}

pub async fn show(operator: Operator, Path((id, location)): Path<(String, String)>) -> Result<Response, WebError> {
    let place = enter(&operator, &id).await?;
    let content = desk(&operator, &place).show(&location).await?;
    page(&operator, &place.0).show(&content)
}

pub async fn save(
    Fresh(operator): Fresh<Operator>,
    Path((id, location)): Path<(String, String)>,
    Checked(fields): Checked,
) -> Result<Response, WebError> {
    let place = enter(&operator, &id).await?;
    let filled = desk(&operator, &place).save(&location, &fields).await?;
    answered(&operator, &place.0, filled, Flash::Saved)
}

pub async fn ask_delete(operator: Operator, Path((id, location)): Path<(String, String)>) -> Result<Response, WebError> {
    let place = enter(&operator, &id).await?;
    let content = desk(&operator, &place).ask(&location).await?;
    page(&operator, &place.0).show(&content)
}

pub async fn delete(
    Fresh(operator): Fresh<Operator>,
    Path((id, location)): Path<(String, String)>,
    _: Checked,
) -> Result<Response, WebError> {
    let place = enter(&operator, &id).await?;
    let filled = desk(&operator, &place).delete(&location).await?;
    answered(&operator, &place.0, filled, Flash::Removed)
}

fn answered(operator: &Operator, tenant: &Tenant, filled: Filled, done: Flash) -> Result<Response, WebError> {
    match filled {
        Filled::Done => Ok(operator.go(&path(tenant), Some(done))),
        Filled::Again(content) => page(operator, tenant).refuse(&*content),
    }
}
