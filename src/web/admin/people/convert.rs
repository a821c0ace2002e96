//! `/admin/{tenant}/people/{id}/convert`: an e-mail address for somebody who had none (people.md S24–S26).
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::common::{acting, find, told};
use super::person;
use crate::pages::console::{Flash, PersonConvert};
use crate::service::people::acting::Refusal;
use crate::service::people::convert::convert;
use crate::store::Listed;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, TenantAdmin, rights};

pub async fn show(admin: TenantAdmin<rights::People>, Path((_, id)): Path<(String, String)>) -> Result<Response, WebError> {
    let listed = find(&admin, &id).await?;
    if listed.person.email.is_some() {
        return Ok(admin.go(&format!("people/{id}"), None));
    }
    page(&admin, &listed, "", None)
}

pub async fn submit(
    Fresh(admin): Fresh<TenantAdmin<rights::People>>,
    Path((_, id)): Path<(String, String)>,
    Checked(fields): Checked,
) -> Result<Response, WebError> {
    let listed = find(&admin, &id).await?;
    let email = fields.get("email");
    match convert(&acting(&admin), &listed.person.id, email).await? {
        Ok(()) => Ok(admin.go(&format!("people/{id}"), Some(Flash::Invited))),
        Err(Refusal::Invalid(..)) => page(&admin, &listed, email, Some("email")),
        Err(Refusal::Taken(_)) => page(&admin, &listed, email, Some("taken_email")),
        Err(refusal) => {
            let (key, status) = told(refusal, Some(&listed.membership)).ok_or_else(WebError::not_found)?;
            person::refused(&admin, listed, key, status).await
        }
    }
}

fn page(admin: &TenantAdmin<rights::People>, listed: &Listed, email: &str, fault: Option<&'static str>) -> Result<Response, WebError> {
    let content = PersonConvert {
        id: listed.person.id.to_string(),
        name: listed.person.name(),
        username: listed.person.handle().to_owned(),
        email: email.to_owned(),
        fault,
    };
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let above = admin.path(&format!("people/{}", listed.person.id));
    admin.page("people").under("people").crumb(listed.person.name(), above).show_with(status, &content)
}
