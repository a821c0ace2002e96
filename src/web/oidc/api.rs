//! The endpoints that programs call: JSON answers, their status codes and headers, CORS, one log line for a fault.
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;

use crate::app::{App, Registered};
use crate::model::ClientState;
use crate::protocol::dpop;
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::service::Failure;
use crate::service::client_auth::Denied;
use crate::service::possession;
use crate::web::{headers, view};
use crate::world::Timestamp;

/// Why a program does not get what it asked for.
#[derive(Clone, Debug)]
pub enum ApiError {
    /// RFC 6749 5.2.
    OAuth(StatusCode, OAuthError),
    /// RFC 6750 3: at a protected resource. None: the request named no token.
    Bearer(Option<OAuthError>),
    Paused {
        seconds: u64,
    },
    Failure(Arc<Failure>),
}

impl ApiError {
    pub fn with_status(status: StatusCode, error: OAuthError) -> Self {
        Self::OAuth(status, error)
    }

    pub fn bearer(error: OAuthError) -> Self {
        Self::Bearer(Some(error))
    }

    /// The answer of an endpoint for clients.
    pub fn of(denied: Denied, now: Timestamp) -> Self {
        match denied {
            Denied::Refused(error) => error.into(),
            Denied::Paused { until } => Self::Paused { seconds: until.since(now).as_secs().max(1) },
            Denied::Failed(failure) => Self::Failure(Arc::new(failure)),
        }
    }

    /// The answer of a protected resource.
    pub fn of_resource(denied: Denied, now: Timestamp) -> Self {
        match denied {
            Denied::Refused(error) => Self::bearer(error),
            other => Self::of(other, now),
        }
    }
}

impl From<OAuthError> for ApiError {
    /// RFC 6749 5.2: 401 for a client that could not prove itself, 400 for everything else.
    fn from(error: OAuthError) -> Self {
        let status = if error.code == ErrorCode::InvalidClient { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        Self::OAuth(status, error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::OAuth(status, error) => {
                tracing::info!(error = error.code.as_str(), reason = ?error.reason, "a client's request was refused");
                let mut response = (status, Json(error.body())).into_response();
                if status == StatusCode::UNAUTHORIZED {
                    response
                        .headers_mut()
                        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"clients\", charset=\"UTF-8\""));
                }
                offer_nonce(&error, &mut response);
                response
            }
            Self::Bearer(error) => bearer(error),
            Self::Paused { seconds } => {
                let body = json!({ "error": "temporarily_unavailable", "error_description": "Too many failed attempts" });
                let wait = [(header::RETRY_AFTER, seconds.to_string())];
                (StatusCode::TOO_MANY_REQUESTS, wait, Json(body)).into_response()
            }
            Self::Failure(failure) => fault(failure),
        }
    }
}

/// A fresh nonce is due with the answer; [`finish`] adds it.
#[derive(Clone)]
struct NonceDue;

/// RFC 9449 8: who is told to use a nonce is told which.
fn offer_nonce(error: &OAuthError, response: &mut Response) {
    if error.code == ErrorCode::UseDpopNonce {
        response.extensions_mut().insert(NonceDue);
    }
}

/// RFC 6750 3 and 3.1: the challenge names the error, unless the request came without a token. RFC 9449 7.1: so does the
/// one for bound tokens, which is the only one where the proof is to blame.
fn bearer(error: Option<OAuthError>) -> Response {
    let Some(error) = error else {
        return challenged(StatusCode::UNAUTHORIZED.into_response(), "realm=\"userinfo\"", &["Bearer", "DPoP"]);
    };
    tracing::info!(error = error.code.as_str(), reason = ?error.reason, "an access token was refused");
    let status = match error.code {
        ErrorCode::InvalidRequest => StatusCode::BAD_REQUEST,
        ErrorCode::InsufficientScope => StatusCode::FORBIDDEN,
        _ => StatusCode::UNAUTHORIZED,
    };
    let of_proof = matches!(error.code, ErrorCode::InvalidDpopProof | ErrorCode::UseDpopNonce) || error.reason == Reason::TokenBound;
    let schemes: &[&str] = if of_proof { &["DPoP"] } else { &["Bearer", "DPoP"] };
    let mut fields = format!("realm=\"userinfo\", error=\"{}\", error_description=\"{}\"", error.code.as_str(), error.description);
    // RFC 9470 3.
    if let Some(acr) = error.needs {
        fields = format!("{fields}, acr_values=\"{}\"", acr.as_str());
    }
    if let Some(seconds) = error.needs_age {
        fields = format!("{fields}, max_age=\"{seconds}\"");
    }
    let mut response = challenged((status, Json(error.body())).into_response(), &fields, schemes);
    offer_nonce(&error, &mut response);
    response
}

/// One challenge per scheme (RFC 9110 11.6.1); the one of DPoP names the algorithms (RFC 9449 7.1).
fn challenged(mut response: Response, fields: &str, schemes: &[&str]) -> Response {
    let algorithms: Vec<&str> = dpop::ALGORITHMS.iter().map(|alg| alg.as_str()).collect();
    for scheme in schemes {
        let more = if *scheme == "DPoP" { format!(", algs=\"{}\"", algorithms.join(" ")) } else { String::new() };
        if let Ok(value) = HeaderValue::from_str(&format!("{scheme} {fields}{more}")) {
            response.headers_mut().append(header::WWW_AUTHENTICATE, value);
        }
    }
    response
}

/// Never a success (security.md B11). The cause travels to [`finish`], which logs it once.
fn fault(failure: Arc<Failure>) -> Response {
    let (status, error) = if failure.is_temporary() {
        (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
    } else {
        (StatusCode::INTERNAL_SERVER_ERROR, "server_error")
    };
    let mut response = (status, Json(json!({ "error": error }))).into_response();
    if failure.is_temporary() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response.extensions_mut().insert(failure);
    response
}

/// A handler panicked: the node goes on, the program gets JSON.
pub fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("an endpoint for programs panicked");
    (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": "server_error" }))).into_response()
}

/// Around every endpoint for programs: a request id, `no-store`, security headers, one log line for a fault.
pub async fn finish(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let id = view::request_id(&app);
    let renew = app.config.server.require_dpop_nonces && request.headers().contains_key("dpop");
    let mut response = next.run(request).await;
    if response.extensions_mut().remove::<NonceDue>().is_some() || renew {
        // RFC 9449 8.2: the next proof finds a fresh one ready.
        let nonce = HeaderValue::from_str(&possession::nonce(&app, app.now())).expect("base64url fits into a header");
        response.headers_mut().insert(HeaderName::from_static("dpop-nonce"), nonce);
    }
    if let Some(cause) = response.extensions_mut().remove::<Arc<Failure>>() {
        tracing::error!(request.id = id, request.path = path, cause = %cause, "a request failed");
    }
    headers::secure(response.headers_mut(), !app.config.server.is_plain_http());
    if response.headers().get(header::CACHE_CONTROL).is_some_and(|value| value == "no-store") {
        // RFC 6749 5.1.
        response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// Lets scripts of registered origins read the answers, without credentials (security.md B19). Only around routes that
/// are meant for scripts.
pub async fn cors(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let allowed = origin.filter(|origin| is_registered(&app.registered(), origin));
    let mut response = if request.method() == Method::OPTIONS { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = allowed {
        allow(headers, origin);
    }
    response
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let fixed = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, dpop"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "www-authenticate, dpop-nonce, x-request-id, retry-after"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn is_registered(registered: &Registered, origin: &HeaderValue) -> bool {
    let mut clients = registered.clients.values().filter(|client| client.state == ClientState::Active);
    clients.any(|client| client.metadata.allowed_origins.iter().any(|known| known.as_bytes() == origin.as_bytes()))
}
