//! `POST /token` (RFC 6749 3.2).
use std::sync::Arc;

use axum::extract::State;
use axum::response::Json;

use super::api::ApiError;
use crate::app::App;
use crate::service::token::{TokenAnswer, exchange};
use crate::web::extract::ClientRequest;

pub async fn post(State(app): State<Arc<App>>, request: ClientRequest) -> Result<Json<TokenAnswer>, ApiError> {
    let now = app.now();
    let answer = exchange(&app, &request.caller, &request.params, now).await;
    answer.map(Json).map_err(|denied| ApiError::of(denied, now))
}
