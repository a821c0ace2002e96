//! `POST /revoke` (RFC 7009 2.1).
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::api::ApiError;
use crate::app::App;
use crate::service::revocation::revoke;
use crate::web::extract::ClientRequest;

pub async fn post(State(app): State<Arc<App>>, request: ClientRequest) -> Result<StatusCode, ApiError> {
    let now = app.now();
    let done = revoke(&app, &request.caller, &request.params, now).await;
    done.map(|()| StatusCode::OK).map_err(|denied| ApiError::of(denied, now))
}
