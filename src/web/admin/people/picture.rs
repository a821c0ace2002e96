//! `/admin/{tenant}/people/{id}/picture`: somebody's picture, where the tenant's rules let administrators change it
//! (people.md C5, security.md L04).
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::common::{acting, find};
use super::person::{finish, without_picture};
use crate::model::ProfileField;
use crate::pages::console::{Flash, PersonPortrait, PictureError};
use crate::pictures::{LARGEST_FILE, PictureFault};
use crate::service::Failure;
use crate::service::people::portrait;
use crate::store::Listed;
use crate::web::account::picture::served;
use crate::web::error::WebError;
use crate::web::extract::{Checked, TenantAdmin, Upload, rights};

type Admin = TenantAdmin<rights::People>;

/// Is the form there? Sending it is judged anew.
fn is_open(admin: &Admin, listed: &Listed) -> bool {
    let rule = admin.tenant.policy.profile_admin_editable.contains(&ProfileField::Picture);
    let at_home = admin.scope.may_touch_credentials(&listed.membership, &listed.person);
    rule && at_home && !listed.stranger && admin.scope.support().is_none()
}

/// The picture on the person's page, where it can be changed.
pub async fn portrait_of(admin: &Admin, listed: &Listed) -> Result<Option<PersonPortrait>, WebError> {
    if !is_open(admin, listed) {
        return Ok(None);
    }
    let id = &listed.person.id;
    let found = admin.app.store.read(async |r| r.picture_of(id).await).await?;
    Ok(Some(PersonPortrait {
        href: found.map(|picture| format!("/admin/{}/people/{id}/picture?v={picture}", admin.tenant.slug)),
        error: None,
        megabytes: i64::try_from(LARGEST_FILE / (1024 * 1024)).unwrap_or(i64::MAX),
    }))
}

/// The picture itself, for those who see the form: also of people who have not come yet.
pub async fn show(admin: Admin, Path((_, id)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, WebError> {
    let listed = find(&admin, &id).await?;
    if !is_open(&admin, &listed) {
        return Err(WebError::not_found());
    }
    let found = admin.app.store.read(async |r| r.picture(&listed.person.id).await).await?;
    Ok(served(found.ok_or_else(WebError::not_found)?, &headers))
}

/// A new picture: whatever was uploaded is drawn anew. Whether it may be comes before what was wrong with the file.
pub async fn submit(admin: Admin, Path((_, id)): Path<(String, String)>, upload: Result<Upload, WebError>) -> Result<Response, WebError> {
    let listed = find(&admin, &id).await?;
    let drawn = match upload {
        Ok(Upload::Here(_, file)) if file.is_empty() => Err(PictureError::None),
        Ok(Upload::Here(place, file)) => place.portrait(file).await.map_err(|fault| match fault {
            PictureFault::Kind => PictureError::Kind,
            PictureFault::Broken => PictureError::Broken,
            PictureFault::TooLarge => PictureError::TooLarge,
        }),
        Ok(Upload::TooLarge) => Err(PictureError::TooLarge),
        Err(WebError::Failure(failure)) if matches!(*failure, Failure::Busy) => Err(PictureError::Busy),
        Err(error) => return Err(error),
    };
    let (png, error) = match drawn {
        Ok(png) => (Some(png), None),
        Err(error) => (None, Some(error)),
    };
    let outcome = portrait::hang(&acting(&admin), &listed.person.id, png).await?;
    let Some(error) = error.filter(|_| outcome.is_ok()) else { return finish(&admin, listed, Ok(outcome), Flash::Saved).await };
    let status = match error {
        PictureError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        PictureError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        PictureError::None | PictureError::Kind | PictureError::Broken => StatusCode::UNPROCESSABLE_ENTITY,
    };
    without_picture(&admin, &listed, error, status).await
}

pub async fn remove(admin: Admin, Path((_, id)): Path<(String, String)>, Checked(form): Checked) -> Result<Response, WebError> {
    if !form.has_only(&[]) {
        return Err(WebError::unknown_field());
    }
    let listed = find(&admin, &id).await?;
    let outcome = portrait::take_down(&acting(&admin), &listed.person.id).await;
    finish(&admin, listed, outcome, Flash::Removed).await
}
