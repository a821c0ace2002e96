//! `/admin/{tenant}/policies`: the tenant's own rules (people.md P17), as far as the operator leaves them to it.
use axum::extract::Path;
use axum::response::Response;

use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, Query, TenantAdmin, rights};
use crate::web::policies::{self, Desk};

type Admin = TenantAdmin<rights::Policies>;

pub async fn list(admin: Admin, query: Query) -> Result<Response, WebError> {
    policies::list(&Desk::of_admin(&admin), &query)
}

pub async fn form(admin: Admin, Path((_, topic)): Path<(String, String)>) -> Result<Response, WebError> {
    policies::form(&Desk::of_admin(&admin), &topic)
}

pub async fn submit(
    Fresh(admin): Fresh<Admin>,
    Path((_, topic)): Path<(String, String)>,
    Checked(form): Checked,
) -> Result<Response, WebError> {
    policies::submit(&Desk::of_admin(&admin), &topic, &form).await
}

pub async fn preset(Fresh(admin): Fresh<Admin>, Checked(form): Checked) -> Result<Response, WebError> {
    policies::preset(&Desk::of_admin(&admin), &form).await
}
