//! `/bootstrap`: the first operator makes an account with the link that the program printed.
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::invitation::{LEAST, told};
use super::link;
use crate::app::App;
use crate::pages::{Bootstrap, BootstrapError, Done, DoneKind, PasswordError, ProblemKind};
use crate::service::Failure;
use crate::service::bootstrap::{Founded, Operator, found, is_open};
use crate::web::cookies::Cookie;
use crate::web::error::WebError;
use crate::web::extract::form::Fields;
use crate::web::extract::{Checked, Guest};
use crate::web::view;
use crate::world::Secret;

/// The link itself; as with invitations, nothing is used up and the address is clean afterwards.
pub async fn link(State(app): State<Arc<App>>, guest: Guest, Path(token): Path<String>) -> Result<Response, WebError> {
    Ok(link::keep(&app, &guest, Cookie::Bootstrap, &token, "/bootstrap", over))
}

fn over() -> WebError {
    WebError::Problem(StatusCode::GONE, ProblemKind::LinkOver)
}

pub async fn show(State(app): State<Arc<App>>, guest: Guest, headers: HeaderMap) -> Result<Response, WebError> {
    let token = Cookie::Bootstrap.read(&headers, &app.config).ok_or_else(over)?;
    if !is_open(&app, token.expose(), app.now()).await? {
        return Err(over());
    }
    render(&app, &guest, &Fields::default(), None)
}

pub async fn submit(State(app): State<Arc<App>>, guest: Guest, headers: HeaderMap, Checked(form): Checked) -> Result<Response, WebError> {
    let token = Cookie::Bootstrap.read(&headers, &app.config).ok_or_else(over)?;
    if form.get("password") != form.get("password_repeat") {
        return render(&app, &guest, &form, Some(PasswordError::Mismatch.into()));
    }
    let operator = Operator {
        email: form.get("email"),
        first_name: form.get("first_name"),
        last_name: form.get("last_name"),
        password: Secret::from(form.get("password")),
    };
    let error = match found(&app, token.expose(), operator, guest.visitor.locale, &guest.visitor, app.now()).await {
        Ok(Founded::Yes) => {
            let page = Done { kind: DoneKind::OperatorReady, href: "/login/start".to_owned() };
            let done = view::page(&app, &guest, &view::chrome(&app, &guest), &page)?;
            return Ok(view::with_cookie(done, Cookie::Bootstrap.clear(&app.config)));
        }
        Ok(Founded::Over) => return Err(over()),
        Ok(Founded::Email) => BootstrapError::Email,
        Ok(Founded::Name) => BootstrapError::Name,
        Ok(Founded::Fault(fault)) => told(fault).into(),
        Err(Failure::Busy) => BootstrapError::Busy,
        Err(failure) => return Err(failure.into()),
    };
    render(&app, &guest, &form, Some(error))
}

fn render(app: &App, guest: &Guest, form: &Fields, error: Option<BootstrapError>) -> Result<Response, WebError> {
    let status = match error {
        None => StatusCode::OK,
        Some(BootstrapError::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let typed = |name: &str| form.get(name).chars().take(254).collect::<String>();
    let page =
        Bootstrap { email: typed("email"), first_name: typed("first_name"), last_name: typed("last_name"), password_least: LEAST, error };
    let mut chrome = view::chrome(app, guest);
    chrome.lang_links = view::languages("/bootstrap");
    view::page_with(status, app, guest, &chrome, &page)
}
