//! `/account/picture` takes a person's own picture, `/picture/{person}` shows one to those who may see it
//! (people.md K14, security.md L04).
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::details::without_picture;
use crate::app::App;
use crate::model::{PersonId, PictureId};
use crate::pages::console::{Flash, PictureError};
use crate::pictures::PictureFault;
use crate::service::{Failure, pictures};
use crate::store::Picture;
use crate::web::error::WebError;
use crate::web::extract::{Account, Checked, Guest, Upload};
use crate::web::headers::Policy;

/// Where a picture is shown; a new upload has a new address.
pub fn href(person: &PersonId, picture: &PictureId) -> String {
    format!("/picture/{person}?v={picture}")
}

/// The address of the form, after a sign-in.
pub async fn above(account: Account) -> Response {
    account.go("details", None)
}

pub async fn submit(account: Account, upload: Result<Upload, WebError>) -> Result<Response, WebError> {
    let (place, file) = match upload {
        Ok(Upload::Here(_, file)) if file.is_empty() => return without_picture(&account, PictureError::None),
        Ok(Upload::Here(place, file)) => (place, file),
        Ok(Upload::TooLarge) => return without_picture(&account, PictureError::TooLarge),
        Err(WebError::Failure(failure)) if matches!(*failure, Failure::Busy) => return without_picture(&account, PictureError::Busy),
        Err(error) => return Err(error),
    };
    match pictures::keep(&account.app, &account.person, (place, file), &account.guest.visitor, account.now).await? {
        Ok(()) => Ok(account.go("details", Some(Flash::Saved))),
        Err(PictureFault::Kind) => without_picture(&account, PictureError::Kind),
        Err(PictureFault::Broken) => without_picture(&account, PictureError::Broken),
        Err(PictureFault::TooLarge) => without_picture(&account, PictureError::TooLarge),
    }
}

pub async fn remove(account: Account, Checked(form): Checked) -> Result<Response, WebError> {
    if !form.has_only(&[]) {
        return Err(WebError::unknown_field());
    }
    pictures::remove(&account.app, &account.person, &account.guest.visitor, account.now).await?;
    Ok(account.go("details", Some(Flash::Removed)))
}

/// A picture, for those who share a tenant with its person; for everybody else there is none. Asked for anew each time,
/// since that can end; a browser that has it hears so.
pub async fn show(State(app): State<Arc<App>>, guest: Guest, Path(person): Path<String>, headers: HeaderMap) -> Result<Response, WebError> {
    let person = PersonId::from_text(person);
    let picture = pictures::seen(&app, &guest.visitor, &person).await?.ok_or_else(WebError::not_found)?;
    Ok(served(picture, &headers))
}

/// A picture as the answer to a browser, which keeps it and asks each time whether it still stands.
pub fn served(picture: Picture, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", picture.id);
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|sent| sent.as_bytes() == tag.as_bytes());
    let (status, body) = if known { (StatusCode::NOT_MODIFIED, Body::empty()) } else { (StatusCode::OK, Body::from(picture.png)) };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"picture.png\""));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response.extensions_mut().insert(Policy::Inert);
    response
}
