//! A form of ours with a file in it (RFC 7578): bounded, from our own page, each field once.
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};

use super::super::error::WebError;
use super::form::{Fields, ours};
use crate::app::App;
use crate::pages::ProblemKind;
use crate::pictures::{LARGEST_FILE, Place};
use crate::service::people::table::LARGEST_TABLE;
use crate::service::pictures::enter;

/// The fields and boundaries around the file.
const AROUND: usize = 16 * 1024;
/// So much of a body that is too large is read and thrown away, so that the browser hears the answer.
const PATIENCE: usize = 4 * LARGEST_FILE;
/// The longest text beside the file.
const LONGEST_TEXT: usize = 1024;

/// What was uploaded on a page of ours, by the browser that the page was shown to.
pub enum Upload {
    /// The file may be empty: the button was pressed without choosing one.
    Here(Place, Vec<u8>),
    TooLarge,
}

impl FromRequest<Arc<App>> for Upload {
    type Rejection = WebError;

    /// In: a multipart form with `csrf` and `file`. The route must turn axum's own limit off; the bounds here hold.
    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, WebError> {
        of_a_form(&request)?;
        let place = enter(app)?;
        Ok(file_of(request, app, LARGEST_FILE).await?.map_or(Self::TooLarge, |file| Self::Here(place, file)))
    }
}

/// A table of people, uploaded in the same way.
pub enum Table {
    /// May be empty: the button was pressed without choosing a file.
    Here(Vec<u8>),
    TooLarge,
}

impl FromRequest<Arc<App>> for Table {
    type Rejection = WebError;

    /// As [`Upload`], for a file of text.
    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, WebError> {
        of_a_form(&request)?;
        Ok(file_of(request, app, LARGEST_TABLE).await?.map_or(Self::TooLarge, Self::Here))
    }
}

fn of_a_form(request: &Request) -> Result<(), WebError> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        return Ok(());
    }
    Err(WebError::Problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, ProblemKind::BadRequest))
}

/// The file of a form of ours; none when it is too large.
async fn file_of(request: Request, app: &Arc<App>, largest: usize) -> Result<Option<Vec<u8>>, WebError> {
    let (parts, body) = request.into_parts();
    let Some(body) = gather(body, largest).await? else { return Ok(None) };
    let headers = parts.headers.clone();
    let request = Request::from_parts(parts, Body::from(body));
    let form = Multipart::from_request(request, app).await.map_err(|_| WebError::bad_form())?;
    let (fields, file) = read(form).await?;
    ours(&headers, &fields, app)?;
    Ok(Some(file.ok_or_else(WebError::bad_form)?).filter(|file| file.len() <= largest))
}

/// The whole body; none when it is too large.
async fn gather(mut body: Body, largest: usize) -> Result<Option<Vec<u8>>, WebError> {
    let (mut bytes, mut total) = (Vec::new(), 0usize);
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| WebError::bad_form())?.into_data() else { continue };
        total = total.saturating_add(data.len());
        if total <= largest + AROUND {
            bytes.extend_from_slice(&data);
        } else if total <= PATIENCE {
            bytes = Vec::new();
        } else {
            return Ok(None);
        }
    }
    Ok((total <= largest + AROUND).then_some(bytes))
}

async fn read(mut form: Multipart) -> Result<(Fields, Option<Vec<u8>>), WebError> {
    let (mut texts, mut file) = (Vec::new(), None);
    while let Some(field) = form.next_field().await.map_err(|_| WebError::bad_form())? {
        let name = field.name().unwrap_or("").to_owned();
        let bytes = field.bytes().await.map_err(|_| WebError::bad_form())?;
        if name == "file" {
            if file.replace(bytes.to_vec()).is_some() {
                return Err(WebError::bad_form());
            }
        } else {
            let text = std::str::from_utf8(&bytes).ok().filter(|text| text.len() <= LONGEST_TEXT).ok_or_else(WebError::bad_form)?;
            texts.push((name, text.to_owned()));
        }
    }
    let fields = Fields::of(texts).filter(|fields| fields.has_only(&[])).ok_or_else(WebError::bad_form)?;
    Ok((fields, file))
}
