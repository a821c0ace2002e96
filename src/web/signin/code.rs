//! `/login/code`: the second factor.
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Open, go, minutes, open, question};
use crate::app::App;
use crate::model::{FactorKind, Person};
use crate::pages::{CodeError, CodeKind, LoginCode, PasskeyError};
use crate::protocol::flow::Ask;
use crate::service::passkeys;
use crate::service::second_factor::{self, Factor};
use crate::web::error::WebError;
use crate::web::extract::{Checked, Guest, Query};
use crate::web::view;
use crate::world::Timestamp;

/// What the page shows beside the question itself.
#[derive(Default)]
struct Shown {
    error: Option<CodeError>,
    resent: bool,
    recovery: bool,
    passkey: Option<PasskeyError>,
}

pub async fn show(State(app): State<Arc<App>>, guest: Guest, Query(query): Query) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, query.get("flow"), now).await?;
    match question(&app, &guest, &open, is_factor, now).await? {
        Err(elsewhere) => Ok(elsewhere),
        Ok(ask) => {
            let state = Shown { recovery: query.get("recovery") == "1", resent: query.get("sent") == "1", ..Shown::default() };
            render(&app, &guest, &open, kind(&ask), state, now).await
        }
    }
}

pub async fn submit(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, form.get("flow"), now).await?;
    let ask = match question(&app, &guest, &open, is_factor, now).await? {
        Err(elsewhere) => return Ok(elsewhere),
        Ok(ask) => ask,
    };
    let (flow, typed, visitor) = (open.flow.clone(), form.get("code"), &guest.visitor);
    let recovery = form.get("recovery") == "1" && kind(&ask).is_on_a_device();
    let outcome = match kind(&ask) {
        _ if typed.len() > 64 => Factor::Wrong,
        _ if recovery => second_factor::recovery_code(&app, flow, typed, visitor, now).await?,
        FactorKind::Totp => second_factor::app_code(&app, flow, typed, visitor, now).await?,
        FactorKind::Email => second_factor::email(&app, flow, typed, visitor, now).await?,
        FactorKind::Passkey | FactorKind::None => Factor::Wrong,
    };
    let error = match outcome {
        Factor::Accepted(step) => return go(&app, &guest, step),
        Factor::Wrong => CodeError::Wrong,
        Factor::Expired => CodeError::Expired,
        Factor::Paused { until } => CodeError::Paused { minutes: minutes(until, now) },
    };
    render(&app, &guest, &open, kind(&ask), Shown { error: Some(error), recovery, ..Shown::default() }, now).await
}

/// The page once more, with what became of a passkey.
pub(super) async fn with_passkey(
    app: &App,
    guest: &Guest,
    open: &Open,
    ask: &Ask,
    error: PasskeyError,
    now: Timestamp,
) -> Result<Response, WebError> {
    render(app, guest, open, kind(ask), Shown { passkey: Some(error), ..Shown::default() }, now).await
}

/// The page once more, while the account pauses.
pub(super) async fn paused(
    app: &App,
    guest: &Guest,
    open: &Open,
    ask: &Ask,
    until: Timestamp,
    now: Timestamp,
) -> Result<Response, WebError> {
    let error = CodeError::Paused { minutes: minutes(until, now) };
    render(app, guest, open, kind(ask), Shown { error: Some(error), ..Shown::default() }, now).await
}

pub async fn resend(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, form.get("flow"), now).await?;
    let ask = match question(&app, &guest, &open, is_factor, now).await? {
        Err(elsewhere) => return Ok(elsewhere),
        Ok(ask) => ask,
    };
    if kind(&ask) == FactorKind::Email
        && let Some(person) = debtor(&app, &guest, &open).await?
    {
        let name = open.client_name().unwrap_or_default();
        second_factor::resend(&app, open.flow.clone(), &person, &name, now).await?;
    }
    Ok(guest.leave(view::see_other(&format!("/login/code?flow={}&sent=1", open.flow.id)), None))
}

/// Forgets who was about to sign in and asks again.
pub async fn restart(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, form.get("flow"), now).await?;
    let step = crate::service::steps::restart(&app, open.flow, &guest.visitor, now).await?;
    go(&app, &guest, step)
}

fn is_factor(ask: &Ask) -> bool {
    matches!(ask, Ask::SecondFactor(_))
}

fn kind(ask: &Ask) -> FactorKind {
    match ask {
        Ask::SecondFactor(kind) => *kind,
        _ => FactorKind::None,
    }
}

async fn debtor(app: &App, guest: &Guest, open: &Open) -> Result<Option<Person>, WebError> {
    let Some(id) = second_factor::debtor(&open.flow, &guest.visitor) else { return Ok(None) };
    Ok(app.store.read(async |r| r.person(&id).await).await?)
}

async fn render(app: &App, guest: &Guest, open: &Open, kind: FactorKind, state: Shown, _now: Timestamp) -> Result<Response, WebError> {
    let Some(person) = debtor(app, guest, open).await? else { return Err(WebError::expired()) };
    let left = app.store.read(async |r| r.recovery_codes_left(&person.id).await).await?;
    let passkey = passkeys::possible(app, &person).await?;
    // A passkey that is asked for beside an app is one that an application wants: a recovery code would not do.
    let by_code = kind.is_on_a_device() && !(kind == FactorKind::Passkey && person.second_factor == FactorKind::Totp);
    let kind = match kind {
        FactorKind::Totp => CodeKind::Totp,
        FactorKind::Passkey => CodeKind::Passkey,
        _ => CodeKind::Email { masked: person.masked_email() },
    };
    let status = match state.error {
        None if state.passkey == Some(PasskeyError::Refused) => StatusCode::UNAUTHORIZED,
        None => StatusCode::OK,
        Some(CodeError::Paused { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNAUTHORIZED,
    };
    let mut chrome = view::chrome(app, guest);
    chrome.lang_links = super::languages("/login/code", &open.flow.id);
    let content = LoginCode {
        flow: open.flow.id.to_string(),
        recovery_possible: by_code && left > 0,
        kind,
        error: state.error,
        resent: state.resent,
        recovery: state.recovery && by_code,
        restart: open.flow.progress.person.is_some(),
        passkey,
        passkey_error: state.passkey,
    };
    view::page_with(status, app, guest, &chrome, &content)
}
