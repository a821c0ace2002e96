//! `POST /introspect` (RFC 7662 2.1; as a signed JWT: RFC 9701 4).
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Json, Response};

use super::api::ApiError;
use crate::app::App;
use crate::service::introspection::introspect;
use crate::web::extract::ClientRequest;

const SIGNED: &str = "application/token-introspection+jwt";

pub async fn post(State(app): State<Arc<App>>, headers: HeaderMap, request: ClientRequest) -> Result<Response, ApiError> {
    let now = app.now();
    let answer = introspect(&app, &request.caller, &request.params, now).await.map_err(|denied| ApiError::of(denied, now))?;
    if !wants_signed(&headers) {
        return Ok(Json(answer.said).into_response());
    }
    let token = answer.signed(&app, now).await.map_err(|failure| ApiError::of(failure.into(), now))?;
    Ok(([(header::CONTENT_TYPE, SIGNED)], token).into_response())
}

/// RFC 9701 4: the resource server names the media type.
fn wants_signed(headers: &HeaderMap) -> bool {
    let texts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = texts.flat_map(|text| text.split(',')).filter_map(|kind| kind.split(';').next());
    kinds.any(|kind| kind.trim().eq_ignore_ascii_case(SIGNED))
}
