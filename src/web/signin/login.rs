//! `/login`: identifier and password, or a button to an upstream provider.
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Open, go, minutes, open, question};
use crate::app::App;
use crate::model::ConnectionState;
use crate::pages::{Button, Login, LoginError};
use crate::protocol::flow::Ask;
use crate::service::Failure;
use crate::service::identifier::Typed;
use crate::service::password::{SignIn, sign_in};
use crate::web::error::WebError;
use crate::web::extract::{Checked, Guest, Query};
use crate::web::view;
use crate::world::{Secret, Timestamp};

/// Identifiers and passwords longer than this are refused before anything is computed (security.md F10).
const MAX_IDENTIFIER: usize = 320;
const MAX_PASSWORD: usize = 1024;

pub async fn show(State(app): State<Arc<App>>, guest: Guest, Query(query): Query) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, query.get("flow"), now).await?;
    if let Err(elsewhere) = question(&app, &guest, &open, |ask| matches!(ask, Ask::SignIn), now).await? {
        return Ok(elsewhere);
    }
    let error = match query.get("error") {
        "cancelled" => Some(LoginError::Cancelled),
        "start-again" => Some(LoginError::StartAgain),
        _ => None,
    };
    let identifier = open.request.login_hint.clone().filter(|hint| hint.len() <= MAX_IDENTIFIER).unwrap_or_default();
    render(&app, &guest, &open, identifier, error, now).await
}

pub async fn submit(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, form.get("flow"), now).await?;
    if let Err(elsewhere) = question(&app, &guest, &open, |ask| matches!(ask, Ask::SignIn), now).await? {
        return Ok(elsewhere);
    }
    let (identifier, password) = (form.get("identifier").trim(), form.get("password"));
    let absent = identifier.is_empty() || password.is_empty();
    if absent || identifier.len() > MAX_IDENTIFIER || password.len() > MAX_PASSWORD {
        return render(&app, &guest, &open, identifier.chars().take(100).collect(), Some(LoginError::WrongOrUnknown), now).await;
    }
    // people.md P11, C7: the company is typed, or the application has named it.
    let company = Some(form.get("company")).filter(|typed| !typed.is_empty()).or(open.request.tenant_hint.as_deref());
    let typed = Typed { identifier, company };
    let outcome = sign_in(&app, open.flow.clone(), typed, Secret::from(password), &guest.visitor, now).await;
    let error = match outcome {
        Ok(SignIn::Accepted(step)) => return go(&app, &guest, step),
        Ok(SignIn::Wrong) => LoginError::WrongOrUnknown,
        Ok(SignIn::Paused { until }) => LoginError::Paused { minutes: minutes(until, now) },
        Err(Failure::Busy) => LoginError::Busy,
        Err(failure) => return Err(failure.into()),
    };
    render(&app, &guest, &open, identifier.to_owned(), Some(error), now).await
}

async fn render(
    app: &App,
    guest: &Guest,
    open: &Open,
    identifier: String,
    error: Option<LoginError>,
    _now: Timestamp,
) -> Result<Response, WebError> {
    let registered = app.registered();
    let mut connections: Vec<Button> = registered
        .connections
        .values()
        .filter(|c| c.state == ConnectionState::Active)
        .map(|c| Button { id: c.id.to_string(), name: c.name.clone() })
        .collect();
    connections.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    let status = match error {
        Some(LoginError::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Some(LoginError::Paused { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(LoginError::WrongOrUnknown) => StatusCode::UNAUTHORIZED,
        _ => StatusCode::OK,
    };
    let hinted = open.request.tenant_hint.as_deref();
    let tenant = hinted.and_then(|hint| registered.tenants.values().find(|t| t.slug == hint || t.number == hint || t.id.as_str() == hint));
    let mut chrome = view::branded(app, guest, tenant.map(Arc::as_ref));
    chrome.lang_links = super::languages("/login", &open.flow.id);
    let content =
        Login { flow: open.flow.id.to_string(), identifier, error, connections, client_name: open.client_name(), identifier_fixed: false };
    let mut response = view::page_with(status, app, guest, &chrome, &content)?;
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(axum::http::header::RETRY_AFTER, axum::http::HeaderValue::from_static("5"));
    }
    Ok(response)
}
