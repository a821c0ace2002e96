//! `/login`: identifier and password, or a button to an upstream provider.
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Open, go, minutes, open, question};
use crate::app::{App, Registered};
use crate::model::{ConnectionState, IdentifierMode, Tenant, TenantState};
use crate::pages::{Button, CompanyField, Login, LoginError, PasskeyError};
use crate::protocol::flow::Ask;
use crate::service::Failure;
use crate::service::identifier::Typed;
use crate::service::passkeys;
use crate::service::password::{SignIn, sign_in};
use crate::web::error::WebError;
use crate::web::extract::form::Fields;
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
    let said = Said { identifier, company: String::new(), asks: query.get("company") == "1" };
    render(&app, &guest, &open, said, error.into()).await
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
        let said = Said { identifier: identifier.chars().take(100).collect(), ..said(&form) };
        return render(&app, &guest, &open, said, Some(LoginError::WrongOrUnknown).into()).await;
    }
    // people.md P11, C7: the company is typed, or the application has named it.
    let company = Some(form.get("company").trim())
        .filter(|typed| !typed.is_empty() && typed.len() <= MAX_IDENTIFIER)
        .or(open.request.tenant_hint.as_deref());
    let typed = Typed { identifier, company };
    let outcome = sign_in(&app, open.flow.clone(), typed, Secret::from(password), &guest.visitor, now).await;
    let error = match outcome {
        Ok(SignIn::Accepted(step)) => return go(&app, &guest, step),
        Ok(SignIn::Wrong) => LoginError::WrongOrUnknown,
        Ok(SignIn::Paused { until }) => LoginError::Paused { minutes: minutes(until, now) },
        Err(Failure::Busy) => LoginError::Busy,
        Err(failure) => return Err(failure.into()),
    };
    render(&app, &guest, &open, said(&form), Some(error).into()).await
}

/// The page once more, with what became of a passkey.
pub(super) async fn with_passkey(app: &App, guest: &Guest, open: &Open, error: PasskeyError) -> Result<Response, WebError> {
    let identifier = open.request.login_hint.clone().unwrap_or_default().chars().take(100).collect();
    let wrong = Wrong { typed: None, passkey: Some(error) };
    render(app, guest, open, Said { identifier, company: String::new(), asks: false }, wrong).await
}

/// The page once more, while the account pauses.
pub(super) async fn paused(app: &App, guest: &Guest, open: &Open, until: Timestamp, now: Timestamp) -> Result<Response, WebError> {
    let error = LoginError::Paused { minutes: minutes(until, now) };
    let said = Said { identifier: String::new(), company: String::new(), asks: false };
    render(app, guest, open, said, Some(error).into()).await
}

/// What went wrong: with what was typed, or with a passkey.
struct Wrong {
    typed: Option<LoginError>,
    passkey: Option<PasskeyError>,
}

impl From<Option<LoginError>> for Wrong {
    fn from(typed: Option<LoginError>) -> Self {
        Self { typed, passkey: None }
    }
}

/// What stays in the form when it is shown again.
struct Said {
    identifier: String,
    company: String,
    /// The field for the company was there, or was asked for.
    asks: bool,
}

fn said(form: &Fields) -> Said {
    let company: String = form.get("company").trim().chars().take(100).collect();
    Said { identifier: form.get("identifier").trim().to_owned(), asks: form.get("with_company") == "yes" || !company.is_empty(), company }
}

/// What people are called here, and whether their company is asked for: only where the application, or the tenant that it
/// named, says so (people.md P11, C7). Nothing of this depends on who the person is.
fn naming(registered: &Registered, open: &Open, said: &Said, named: Option<&Tenant>) -> (IdentifierMode, CompanyField) {
    if let Some(tenant) = named {
        return (tenant.policy.identifier_mode, CompanyField::Absent);
    }
    let served = registered.tenants.values().filter(|tenant| tenant.state == TenantState::Active && open.client.serves(&tenant.id));
    let (mut by_email, mut by_name, mut by_both) = (false, false, false);
    for tenant in served {
        match tenant.policy.identifier_mode {
            IdentifierMode::Email => by_email = true,
            IdentifierMode::Username => by_name = true,
            IdentifierMode::Both => by_both = true,
        }
        if by_email && by_name && by_both {
            break;
        }
    }
    let typed = || said.company.clone();
    match (by_email, by_name, by_both) {
        (_, false, false) => (IdentifierMode::Email, CompanyField::Absent),
        (false, true, false) => (IdentifierMode::Username, CompanyField::Asked { typed: typed(), needed: true }),
        (false, _, true) => (IdentifierMode::Both, CompanyField::Asked { typed: typed(), needed: false }),
        (true, ..) if said.asks => (IdentifierMode::Username, CompanyField::Asked { typed: typed(), needed: false }),
        (true, ..) => (IdentifierMode::Both, CompanyField::Offered { href: format!("/login?flow={}&company=1", open.flow.id) }),
    }
}

async fn render(app: &App, guest: &Guest, open: &Open, said: Said, wrong: Wrong) -> Result<Response, WebError> {
    let Wrong { typed: error, passkey: passkey_error } = wrong;
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
        Some(LoginError::WrongOrUnknown | LoginError::WrongName) => StatusCode::UNAUTHORIZED,
        None if passkey_error == Some(PasskeyError::Refused) => StatusCode::UNAUTHORIZED,
        _ => StatusCode::OK,
    };
    let hinted = open.request.tenant_hint.as_deref();
    let tenant = hinted.and_then(|hint| registered.tenants.values().find(|tenant| tenant.is_called(hint)));
    let (names, company) = naming(&registered, open, &said, tenant.map(Arc::as_ref));
    let error = match error {
        Some(LoginError::WrongOrUnknown) if names != IdentifierMode::Email => Some(LoginError::WrongName),
        error => error,
    };
    let mut chrome = view::branded(app, guest, tenant.map(Arc::as_ref));
    chrome.lang_links = match &company {
        CompanyField::Asked { .. } if said.asks => view::languages(&format!("/login?flow={}&company=1", open.flow.id)),
        _ => super::languages("/login", &open.flow.id),
    };
    let content = Login {
        flow: open.flow.id.to_string(),
        names,
        company,
        identifier: said.identifier,
        error,
        connections,
        client_name: open.client_name(),
        identifier_fixed: false,
        passkey: passkeys::offered_at_sign_in(app, tenant.map(Arc::as_ref)),
        passkey_error,
    };
    let mut response = view::page_with(status, app, guest, &chrome, &content)?;
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(axum::http::header::RETRY_AFTER, axum::http::HeaderValue::from_static("5"));
    }
    Ok(response)
}
