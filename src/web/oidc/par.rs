//! `POST /par` (RFC 9126 2).
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Json;

use super::api::ApiError;
use crate::app::App;
use crate::service::par::{Pushed, push};
use crate::web::extract::ClientRequest;

pub async fn post(State(app): State<Arc<App>>, request: ClientRequest) -> Result<(StatusCode, Json<Pushed>), ApiError> {
    let now = app.now();
    let pushed = push(&app, &request.caller, &request.params, now).await;
    pushed.map(|pushed| (StatusCode::CREATED, Json(pushed))).map_err(|denied| ApiError::of(denied, now))
}
