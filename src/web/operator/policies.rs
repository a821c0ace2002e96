//! `/operator/tenants/{id}/policies`: the rules of a tenant, set by support (people.md P17).
use axum::extract::Path;
use axum::response::Response;

use super::tenants::find;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, Operator, Query};
use crate::web::policies::{self, Desk};

pub async fn list(operator: Operator, Path(id): Path<String>, query: Query) -> Result<Response, WebError> {
    let tenant = find(&operator, &id).await?;
    policies::list(&Desk::of_operator(&operator, &tenant), &query)
}

pub async fn form(operator: Operator, Path((id, topic)): Path<(String, String)>) -> Result<Response, WebError> {
    let tenant = find(&operator, &id).await?;
    policies::form(&Desk::of_operator(&operator, &tenant), &topic)
}

pub async fn submit(
    Fresh(operator): Fresh<Operator>,
    Path((id, topic)): Path<(String, String)>,
    Checked(form): Checked,
) -> Result<Response, WebError> {
    let tenant = find(&operator, &id).await?;
    policies::submit(&Desk::of_operator(&operator, &tenant), &topic, &form).await
}

pub async fn preset(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, Checked(form): Checked) -> Result<Response, WebError> {
    let tenant = find(&operator, &id).await?;
    policies::preset(&Desk::of_operator(&operator, &tenant), &form).await
}
