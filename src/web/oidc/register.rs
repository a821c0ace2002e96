//! `/register` (RFC 7591 3) and `/register/{client_id}` (RFC 7592 2). The routes exist only where registration is enabled.
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value};

use super::api::ApiError;
use crate::app::App;
use crate::model::ClientId;
use crate::protocol::discovery::path;
use crate::protocol::error::{ErrorCode, Reason};
use crate::service::client_auth::Denied;
use crate::service::registration::{self, Asked};
use crate::web::peer;
use crate::world::{Timestamp, strict};

/// Largest registration.
const LARGEST: usize = 64 << 10;

pub fn router() -> Router<Arc<App>> {
    let own = get(show).put(replace).delete(remove);
    Router::new().route(path::REGISTER, post(register)).route(&format!("{}/{{client}}", path::REGISTER), own)
}

/// The bearer token and the JSON of a request. What is malformed is missing; what that means is not decided here.
pub struct RegistrationRequest(Asked);

impl FromRequest<Arc<App>> for RegistrationRequest {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let network = peer::network(&parts, &app.config);
        let token = bearer(&parts.headers);
        let body = object(&parts.headers, body).await;
        Ok(Self(Asked { token, body, network }))
    }
}

/// RFC 6750 2.1, and no other way.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(only), None) = (all.next(), all.next()) else { return None };
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

async fn object(headers: &HeaderMap, body: Body) -> Option<Map<String, Value>> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    if !kind.split(';').next()?.trim().eq_ignore_ascii_case("application/json") {
        return None;
    }
    strict::object(&to_bytes(body, LARGEST).await.ok()?)
}

async fn register(State(app): State<Arc<App>>, RegistrationRequest(asked): RegistrationRequest) -> Response {
    let now = app.now();
    match registration::register(&app, &asked, now).await {
        Ok(registered) => (StatusCode::CREATED, Json(registered)).into_response(),
        Err(denied) => refused(denied, now),
    }
}

async fn show(State(app): State<Arc<App>>, Path(client): Path<String>, RegistrationRequest(asked): RegistrationRequest) -> Response {
    let now = app.now();
    told(registration::read(&app, &ClientId::from_text(client), &asked, now).await, now)
}

async fn replace(State(app): State<Arc<App>>, Path(client): Path<String>, RegistrationRequest(asked): RegistrationRequest) -> Response {
    let now = app.now();
    told(registration::replace(&app, &ClientId::from_text(client), &asked, now).await, now)
}

async fn remove(State(app): State<Arc<App>>, Path(client): Path<String>, RegistrationRequest(asked): RegistrationRequest) -> Response {
    let now = app.now();
    match registration::remove(&app, &ClientId::from_text(client), &asked, now).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(denied) => refused(denied, now),
    }
}

fn told(outcome: Result<Value, Denied>, now: Timestamp) -> Response {
    match outcome {
        Ok(registered) => Json(registered).into_response(),
        Err(denied) => refused(denied, now),
    }
}

/// RFC 7591 3.2.2; RFC 6750 3 for a token that is good for nothing.
fn refused(denied: Denied, now: Timestamp) -> Response {
    match denied {
        Denied::Refused(error) if error.code == ErrorCode::InvalidToken => {
            tracing::info!(reason = ?error.reason, "a registration was refused");
            let challenge = HeaderValue::from_static("Bearer realm=\"registration\", error=\"invalid_token\"");
            (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)], Json(error.body())).into_response()
        }
        // RFC 9110 15.5.10.
        Denied::Refused(error) if error.reason == Reason::RegistrationOvertaken => {
            ApiError::with_status(StatusCode::CONFLICT, error).into_response()
        }
        other => ApiError::of(other, now).into_response(),
    }
}
