//! `GET` and `POST /userinfo` (OpenID Connect Core 5.3.1).
use std::sync::Arc;

use axum::extract::State;
use axum::response::Json;

use super::api::ApiError;
use crate::app::App;
use crate::protocol::claims::Claims;
use crate::service::userinfo::userinfo;
use crate::web::extract::Bearer;

pub async fn show(State(app): State<Arc<App>>, bearer: Bearer) -> Result<Json<Claims>, ApiError> {
    let now = app.now();
    let Some(sent) = bearer.0 else { return Err(ApiError::Bearer(None)) };
    let claims = userinfo(&app, &sent, now).await;
    claims.map(Json).map_err(|denied| ApiError::of_resource(denied, now))
}
