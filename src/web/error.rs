//! Refusals and faults on their way out: a handler returns a [`WebError`], one layer turns it into a page and one log line.
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::pages::ProblemKind;
use crate::protocol::error::ErrorCode;
use crate::protocol::{OAuthError, Reason};
use crate::service::Failure;

/// Why a page cannot be shown.
#[derive(Clone, Debug)]
pub enum WebError {
    /// A refusal that a person should read.
    Problem(StatusCode, ProblemKind),
    /// A refusal in the words of the protocol (RFC 6749 4.1.2.1: shown here, never redirected).
    OAuth(OAuthError),
    /// Unexpected: logged once with the request id; the page shows only that id.
    Failure(Arc<Failure>),
}

impl WebError {
    pub fn not_found() -> Self {
        Self::Problem(StatusCode::NOT_FOUND, ProblemKind::NotFound)
    }

    /// Signed in, but not allowed.
    pub fn forbidden() -> Self {
        Self::Problem(StatusCode::FORBIDDEN, ProblemKind::AccessDenied)
    }

    pub fn bad_form() -> Self {
        Self::Problem(StatusCode::BAD_REQUEST, ProblemKind::BadRequest)
    }

    /// More was sent than the form has (security.md I13).
    pub fn unknown_field() -> Self {
        Self::Problem(StatusCode::UNPROCESSABLE_ENTITY, ProblemKind::BadRequest)
    }

    /// The flow is over, of another browser, or the form's token does not fit.
    pub fn expired() -> Self {
        Self::Problem(StatusCode::BAD_REQUEST, ProblemKind::Expired)
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::Problem(status, _) => *status,
            Self::OAuth(error) if error.code == ErrorCode::AccessDenied => StatusCode::FORBIDDEN,
            Self::OAuth(_) => StatusCode::BAD_REQUEST,
            Self::Failure(failure) if failure.is_temporary() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failure(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable machine code in `#error-code`, and what the person is told.
    pub fn shown(&self) -> (String, ProblemKind, Option<String>) {
        match self {
            Self::Problem(_, kind) => (code_of(kind), kind.clone(), None),
            Self::OAuth(error) => (error.code.as_str().to_owned(), kind_of(error), Some(error.description.clone().into_owned())),
            Self::Failure(failure) if failure.is_temporary() => ("temporarily_unavailable".into(), ProblemKind::ServerBusy, None),
            Self::Failure(_) => ("server_error".into(), ProblemKind::ServerFault, None),
        }
    }
}

fn kind_of(error: &OAuthError) -> ProblemKind {
    match (error.code, error.reason) {
        (ErrorCode::AccessDenied, Reason::TenantNotMember | Reason::ClientNotEntitled | Reason::ApiAccessMissing) => ProblemKind::NoTenant,
        (ErrorCode::AccessDenied, _) => ProblemKind::AccessDenied,
        _ => ProblemKind::BadRequest,
    }
}

/// The variant's own name, as it is serialised.
pub fn code_of(kind: &ProblemKind) -> String {
    let value = serde_json::to_value(kind).unwrap_or_default();
    value.get("kind").and_then(|k| k.as_str()).unwrap_or("error").to_owned()
}

impl From<Failure> for WebError {
    fn from(failure: Failure) -> Self {
        Self::Failure(Arc::new(failure))
    }
}

impl From<crate::store::StoreError> for WebError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::from(Failure::from(error))
    }
}

impl IntoResponse for WebError {
    /// Carries the error to the layer [`super::view::finish`], which renders it in the person's language.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
