//! `/login/password`: a password that has to be renewed, in the middle of a sign-in (people.md S17).
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::invitation::refusal;
use super::{Open, go, open, question};
use crate::app::App;
use crate::pages::{PasswordError, Renewal};
use crate::protocol::flow::Ask;
use crate::service::Failure;
use crate::service::password_change::{Renewed, least, renew};
use crate::web::error::WebError;
use crate::web::extract::{Checked, Guest, Query};
use crate::web::view;
use crate::world::{Secret, Timestamp};

pub async fn show(State(app): State<Arc<App>>, guest: Guest, Query(query): Query) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, query.get("flow"), now).await?;
    match question(&app, &guest, &open, is_ours, now).await? {
        Err(elsewhere) => Ok(elsewhere),
        Ok(_) => render(&app, &guest, &open, None, now).await,
    }
}

pub async fn submit(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, form.get("flow"), now).await?;
    if let Err(elsewhere) = question(&app, &guest, &open, is_ours, now).await? {
        return Ok(elsewhere);
    }
    let (password, repeated) = (form.get("password"), form.get("password_repeat"));
    if password != repeated {
        return render(&app, &guest, &open, Some(PasswordError::Mismatch), now).await;
    }
    let error = match renew(&app, open.flow.clone(), &Secret::from(password), &guest.visitor, now).await {
        Ok(Renewed::Yes(step)) => return go(&app, &guest, *step),
        Ok(Renewed::Refused(refused)) => refusal(refused, now),
        Err(Failure::Busy) => PasswordError::Busy,
        Err(failure) => return Err(failure.into()),
    };
    render(&app, &guest, &open, Some(error), now).await
}

fn is_ours(ask: &Ask) -> bool {
    matches!(ask, Ask::NewPassword)
}

async fn render(app: &App, guest: &Guest, open: &Open, error: Option<PasswordError>, now: Timestamp) -> Result<Response, WebError> {
    let status = match error {
        None => StatusCode::OK,
        Some(PasswordError::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let least = least(app, &open.flow, &guest.visitor, now).await?;
    let mut chrome = view::chrome(app, guest);
    chrome.lang_links = super::languages("/login/password", &open.flow.id);
    let page = Renewal { flow: open.flow.id.to_string(), password_least: i64::from(least), error };
    view::page_with(status, app, guest, &chrome, &page)
}
