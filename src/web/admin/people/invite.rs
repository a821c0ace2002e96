//! `/admin/{tenant}/people/{id}/invite`: now or later, first or again (people.md K31–K33), and the link for people
//! without e-mail (S19).
use axum::extract::Path;
use axum::response::Response;

use super::common::{acting, find, told};
use super::{person, sheet};
use crate::model::InvitationMethod;
use crate::pages::console::{Flash, PersonInvite};
use crate::service::people::acting::is_waiting;
use crate::service::people::inviting;
use crate::store::Listed;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, Query, TenantAdmin, rights};

pub async fn show(admin: TenantAdmin<rights::People>, Path((_, id)): Path<(String, String)>, query: Query) -> Result<Response, WebError> {
    let listed = find(&admin, &id).await?;
    if !is_waiting(&listed.person, &listed.membership) {
        return Ok(admin.go(&format!("people/{id}"), None));
    }
    let content = PersonInvite {
        id,
        name: listed.person.name(),
        email: listed.person.email.as_ref().map(|email| email.as_str().to_owned()),
        created: query.0.get("new") == "1",
        again: listed.invited,
        microsoft: method(&admin, &listed).await? == InvitationMethod::Microsoft,
        days: i64::try_from(admin.app.config.sign_in.invitation_time().as_secs().div_ceil(86_400)).unwrap_or(i64::MAX),
    };
    admin.page("people").under("people").show(&content)
}

pub async fn submit(
    Fresh(admin): Fresh<TenantAdmin<rights::People>>,
    Path((_, id)): Path<(String, String)>,
    _: Checked,
) -> Result<Response, WebError> {
    let listed = find(&admin, &id).await?;
    let acting = acting(&admin);
    let refused = if listed.person.email.is_some() {
        match inviting::send(&acting, &listed.person.id, method(&admin, &listed).await?).await? {
            Ok(_) => return Ok(admin.go(&format!("people/{id}"), Some(Flash::Invited))),
            Err(refusal) => refusal,
        }
    } else {
        match inviting::hand_over(&acting, &listed.person.id).await? {
            Ok(link) => return sheet::show(&admin, &id, link.expose(), "invitation").await,
            Err(refusal) => refusal,
        }
    };
    let (key, status) = told(refused, Some(&listed.membership)).ok_or_else(WebError::not_found)?;
    person::refused(&admin, listed, key, status).await
}

async fn method(admin: &TenantAdmin<rights::People>, listed: &Listed) -> Result<InvitationMethod, WebError> {
    Ok(inviting::method_of(&admin.app, &listed.person, &listed.membership.id).await?)
}
