//! `POST /introspect` (RFC 7662 2.1).
use std::sync::Arc;

use axum::extract::State;
use axum::response::Json;
use serde_json::Value;

use super::api::ApiError;
use crate::app::App;
use crate::service::introspection::introspect;
use crate::web::extract::ClientRequest;

pub async fn post(State(app): State<Arc<App>>, request: ClientRequest) -> Result<Json<Value>, ApiError> {
    let now = app.now();
    let answer = introspect(&app, &request.caller, &request.params, now).await;
    answer.map(Json).map_err(|denied| ApiError::of(denied, now))
}
