//! `/admin/{tenant}/locations`: places that people can be limited to (people.md S37, S39, S43).
use axum::extract::Path;
use axum::response::Response;

use super::people::common::acting;
use crate::pages::console::Flash;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, Query, TenantAdmin, rights};
use crate::web::locations::{Desk, Filled};

type Admin = TenantAdmin<rights::Locations>;

fn desk(admin: &Admin) -> Desk<'_> {
    Desk { acting: acting(admin), tenant: &admin.tenant, list: admin.path("locations") }
}

pub async fn list(admin: Admin, query: Query) -> Result<Response, WebError> {
    let content = desk(&admin).list(query.0.get("q")).await?;
    admin.page("locations").done(&query).show(&content)
}

pub async fn blank(admin: Admin) -> Result<Response, WebError> {
    let content = desk(&admin).blank()?;
    admin.page("locations").under("locations").show(&content)
}

pub async fn create(admin: Admin, Checked(fields): Checked) -> Result<Response, WebError> {
    let filled = desk(&admin).create(&fields).await?;
    answered(&admin, filled, Flash::Created)
}

pub async fn show(admin: Admin, Path((_, id)): Path<(String, String)>) -> Result<Response, WebError> {
    let content = desk(&admin).show(&id).await?;
    admin.page("locations").under("locations").show(&content)
}

pub async fn save(admin: Admin, Path((_, id)): Path<(String, String)>, Checked(fields): Checked) -> Result<Response, WebError> {
    let filled = desk(&admin).save(&id, &fields).await?;
    answered(&admin, filled, Flash::Saved)
}

pub async fn ask_delete(admin: Admin, Path((_, id)): Path<(String, String)>) -> Result<Response, WebError> {
    let content = desk(&admin).ask(&id).await?;
    admin.page("locations").under("locations").show(&content)
}

pub async fn delete(Fresh(admin): Fresh<Admin>, Path((_, id)): Path<(String, String)>, _: Checked) -> Result<Response, WebError> {
    let filled = desk(&admin).delete(&id).await?;
    answered(&admin, filled, Flash::Removed)
}

fn answered(admin: &Admin, filled: Filled, done: Flash) -> Result<Response, WebError> {
    match filled {
        Filled::Done => Ok(admin.go("locations", Some(done))),
        Filled::Again(content) => admin.page("locations").under("locations").refuse(&*content),
    }
}
