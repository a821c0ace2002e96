//! `/account/data`: everything that is kept about the person, as a file.
use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::pages::console::OwnData;
use crate::service::own_data::collect;
use crate::web::error::WebError;
use crate::web::extract::{Account, Fresh};

pub async fn show(account: Account) -> Result<Response, WebError> {
    account.page("data").show(&OwnData {})
}

/// For whoever signed in a moment ago: an unwatched screen must not be enough.
pub async fn file(Fresh(account): Fresh<Account>) -> Result<Response, WebError> {
    let data = collect(&account.app, &account.person, account.now).await?;
    let mut response = Json(data).into_response();
    response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"my-data.json\""));
    Ok(account.guest.leave(response, None))
}
