//! `/admin/{tenant}/people/{id}/{deed}`: says what will happen, then does it (people.md K33, S3, S9, S15, S34, S35).
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::common::{acting, find};
use super::person::{finish, refused};
use super::sheet;
use crate::pages::console::{DEEDS, Flash, PersonConfirm};
use crate::service::people::{admins, api, factors, inviting, leaving, standing};
use crate::service::reset_links::{self, Reset};
use crate::store::Listed;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, TenantAdmin, rights};

/// What would happen.
pub async fn ask(admin: TenantAdmin<rights::People>, Path((_, id, deed)): Path<(String, String, String)>) -> Result<Response, WebError> {
    let Some((deed, grave)) = DEEDS.into_iter().find(|(key, _)| *key == deed) else { return Err(WebError::not_found()) };
    let listed = find(&admin, &id).await?;
    let above = admin.path(&format!("people/{}", listed.person.id));
    let content = PersonConfirm { id, name: listed.person.name(), deed, grave };
    admin.page("people").under("people").crumb(listed.person.name(), above).show(&content)
}

pub async fn act(
    Fresh(admin): Fresh<TenantAdmin<rights::People>>,
    Path((_, id, deed)): Path<(String, String, String)>,
    _: Checked,
) -> Result<Response, WebError> {
    let listed = find(&admin, &id).await?;
    let (acting, person) = (acting(&admin), &listed.person.id);
    let outcome = match deed.as_str() {
        "disable" => standing::disable(&acting, person).await,
        "enable" => standing::enable(&acting, person).await,
        "unlock" => standing::unlock(&acting, person).await,
        "wake" => standing::wake(&acting, person).await,
        "withdraw" => inviting::withdraw(&acting, person).await,
        "api-on" => api::set_api_access(&acting, person, true).await,
        "api-off" => api::set_api_access(&acting, person, false).await,
        "admin" => admins::set_admin(&acting, person, true).await,
        "unadmin" => admins::set_admin(&acting, person, false).await,
        "factor" => factors::reset(&acting, person).await,
        "reset" => return reset(&admin, listed).await,
        "remove" => {
            return match leaving::remove(&acting, person).await? {
                Ok(()) => Ok(admin.go("people", Some(Flash::Removed))),
                refused => finish(&admin, listed, Ok(refused), Flash::Removed).await,
            };
        }
        _ => return Err(WebError::not_found()),
    };
    finish(&admin, listed, outcome, Flash::Saved).await
}

/// A link to a new password: to the person's own mailbox, or handed over where there is none (people.md S28, S29, S35).
async fn reset(admin: &TenantAdmin<rights::People>, listed: Listed) -> Result<Response, WebError> {
    let network = &admin.guest.visitor.network;
    let made = if listed.person.email.is_some() {
        reset_links::send(&admin.app, &admin.scope, &listed.membership, network, admin.now).await?
    } else {
        reset_links::hand_over(&admin.app, &admin.scope, &listed.membership, network, admin.now).await?
    };
    let (key, status) = match made {
        Reset::Sent => return Ok(admin.go(&format!("people/{}", listed.person.id), Some(Flash::LinkSent))),
        Reset::Made(link) => return sheet::show(admin, listed.person.id.as_str(), link.expose(), "reset").await,
        Reset::NotAllowed => ("other_home", StatusCode::FORBIDDEN),
        Reset::NotActive | Reset::HasAddress => ("not_now", StatusCode::UNPROCESSABLE_ENTITY),
        Reset::NoPassword => ("no_password", StatusCode::UNPROCESSABLE_ENTITY),
        Reset::NoAddress => ("no_email", StatusCode::UNPROCESSABLE_ENTITY),
    };
    refused(admin, listed, key, status).await
}
