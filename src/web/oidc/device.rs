//! `POST /device_authorization` (RFC 8628 3.1).
use std::sync::Arc;

use axum::extract::State;
use axum::response::Json;

use super::api::ApiError;
use crate::app::App;
use crate::service::device::{DeviceAnswer, authorize};
use crate::web::extract::ClientRequest;

pub async fn post(State(app): State<Arc<App>>, request: ClientRequest) -> Result<Json<DeviceAnswer>, ApiError> {
    let now = app.now();
    let answer = authorize(&app, &request.caller, &request.params, now).await;
    answer.map(Json).map_err(|denied| ApiError::of(denied, now))
}
