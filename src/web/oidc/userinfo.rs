//! `GET` and `POST /userinfo` (OpenID Connect Core 5.3.1).
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Json, Response};

use super::api::ApiError;
use crate::app::App;
use crate::service::nested::UserInfo;
use crate::service::userinfo::userinfo;
use crate::web::extract::Bearer;

pub async fn show(State(app): State<Arc<App>>, bearer: Bearer) -> Result<Response, ApiError> {
    let now = app.now();
    let Some(sent) = bearer.0 else { return Err(ApiError::Bearer(None)) };
    let answer = userinfo(&app, &sent, now).await.map_err(|denied| ApiError::of_resource(denied, now))?;
    Ok(match answer {
        UserInfo::Json(claims) => Json(claims).into_response(),
        // OpenID Connect Core 5.3.2.
        UserInfo::Jwt(token) => ([(header::CONTENT_TYPE, "application/jwt")], token).into_response(),
    })
}
