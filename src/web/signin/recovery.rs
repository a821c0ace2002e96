//! `/recovery`: a forgotten password. Looking at a link changes nothing; only a POST uses it up.
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::invitation::refusal;
use super::passkey::{given, offer};
use super::{link, minutes};
use crate::app::App;
use crate::model::{Email, FactorKind};
use crate::pages::{CodeError, Done, DoneKind, PasskeyError, PasswordError, ProblemKind, RecoveryAsk, RecoveryFactor, RecoveryNew};
use crate::service::Failure;
use crate::service::new_password::Judge;
use crate::service::passkeys::{self, Purpose};
use crate::service::recovery::{self, Finished, Opened, Proved};
use crate::web::cookies::Cookie;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Guest};
use crate::web::view;
use crate::world::{Secret, Timestamp};

pub async fn show(State(app): State<Arc<App>>, guest: Guest) -> Result<Response, WebError> {
    asking(&app, &guest, RecoveryAsk { email: String::new(), wrong: false, sent: false })
}

/// Takes note of the request. One address, or none (security.md H02); the same answer for each.
pub async fn submit(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let typed = form.get("email").trim();
    if Email::parse(typed).is_none() {
        return asking(&app, &guest, RecoveryAsk { email: typed.chars().take(254).collect(), wrong: true, sent: false });
    }
    recovery::ask(&app, typed, &guest.visitor, app.now()).await?;
    asking(&app, &guest, RecoveryAsk { email: String::new(), wrong: false, sent: true })
}

fn asking(app: &App, guest: &Guest, page: RecoveryAsk) -> Result<Response, WebError> {
    let status = if page.wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut chrome = view::chrome(app, guest);
    chrome.lang_links = view::languages("/recovery");
    view::page_with(status, app, guest, &chrome, &page)
}

/// The link itself; as with invitations, nothing is used up and the address is clean afterwards (security.md H07).
pub async fn link(State(app): State<Arc<App>>, guest: Guest, Path(token): Path<String>) -> Result<Response, WebError> {
    Ok(link::keep(&app, &guest, Cookie::Recovery, &token, "/recovery/new", over))
}

fn over() -> WebError {
    WebError::Problem(StatusCode::GONE, ProblemKind::LinkOver)
}

async fn opened(app: &App, guest: &Guest, headers: &HeaderMap, now: Timestamp) -> Result<Opened, WebError> {
    let token = Cookie::Recovery.read(headers, &app.config).ok_or_else(over)?;
    recovery::open(app, token.expose(), &guest.visitor, now).await?.ok_or_else(over)
}

pub async fn choose(State(app): State<Arc<App>>, guest: Guest, headers: HeaderMap) -> Result<Response, WebError> {
    let now = app.now();
    let opened = opened(&app, &guest, &headers, now).await?;
    render(&app, &guest, &opened, None, now).await
}

/// The code of the person's app, before a new password is taken (people.md S56).
pub async fn factor(State(app): State<Arc<App>>, guest: Guest, headers: HeaderMap, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let opened = opened(&app, &guest, &headers, now).await?;
    let typed = form.get("code");
    if !opened.needs_factor {
        return Ok(guest.leave(view::see_other("/recovery/new"), None));
    }
    let proved = if typed.len() > 64 { Proved::Wrong } else { recovery::prove(&app, &opened, typed, &guest.visitor, now).await? };
    match proved {
        Proved::Yes => Ok(guest.leave(view::see_other("/recovery/new"), None)),
        Proved::Wrong => asked(&app, &guest, &opened, Some(CodeError::Wrong), None).await,
        Proved::Paused { until } => asked(&app, &guest, &opened, Some(CodeError::Paused { minutes: minutes(until, now) }), None).await,
        Proved::Over => Err(over()),
    }
}

/// The question for the browser, in front of a new password.
pub async fn passkey_options(
    State(app): State<Arc<App>>,
    guest: Guest,
    headers: HeaderMap,
    Checked(_): Checked,
) -> Result<Response, WebError> {
    let now = app.now();
    let opened = opened(&app, &guest, &headers, now).await?;
    let purpose = Purpose::Link(&opened.link.id);
    Ok(offer(&guest, passkeys::ask_for(&app, &opened.person.id, purpose, &guest.visitor, now).await?))
}

/// A passkey in place of a code.
pub async fn passkey(State(app): State<Arc<App>>, guest: Guest, headers: HeaderMap, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let opened = opened(&app, &guest, &headers, now).await?;
    if !opened.needs_factor {
        return Ok(guest.leave(view::see_other("/recovery/new"), None));
    }
    let given = match given(&form) {
        Ok(given) => given,
        Err(error) => return asked(&app, &guest, &opened, None, Some(error)).await,
    };
    match passkeys::prove(&app, &opened, given, &guest.visitor, now).await? {
        Proved::Yes => Ok(guest.leave(view::see_other("/recovery/new"), None)),
        Proved::Wrong => asked(&app, &guest, &opened, None, Some(PasskeyError::Refused)).await,
        Proved::Paused { until } => asked(&app, &guest, &opened, Some(CodeError::Paused { minutes: minutes(until, now) }), None).await,
        Proved::Over => Err(over()),
    }
}

pub async fn finish(State(app): State<Arc<App>>, guest: Guest, headers: HeaderMap, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let opened = opened(&app, &guest, &headers, now).await?;
    if opened.needs_factor {
        return asked(&app, &guest, &opened, None, None).await;
    }
    let (password, repeated) = (form.get("password"), form.get("password_repeat"));
    if password != repeated {
        return render(&app, &guest, &opened, Some(PasswordError::Mismatch), now).await;
    }
    let error = match recovery::finish(&app, &opened, &Secret::from(password), &guest.visitor, now).await {
        Ok(Finished::Yes) => {
            let page = Done { kind: DoneKind::PasswordChanged, href: "/login/start".to_owned() };
            let done = view::page(&app, &guest, &view::chrome(&app, &guest), &page)?;
            return Ok(view::with_cookie(done, Cookie::Recovery.clear(&app.config)));
        }
        Ok(Finished::Over) => return Err(over()),
        Ok(Finished::Refused(refused)) => refusal(refused, now),
        Err(Failure::Busy) => PasswordError::Busy,
        Err(failure) => return Err(failure.into()),
    };
    render(&app, &guest, &opened, Some(error), now).await
}

async fn asked(
    app: &App,
    guest: &Guest,
    opened: &Opened,
    error: Option<CodeError>,
    passkey_error: Option<PasskeyError>,
) -> Result<Response, WebError> {
    let status = match error {
        None if passkey_error == Some(PasskeyError::Refused) => StatusCode::UNAUTHORIZED,
        None => StatusCode::OK,
        Some(CodeError::Paused { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNAUTHORIZED,
    };
    let mut chrome = view::chrome(app, guest);
    chrome.lang_links = view::languages("/recovery/new");
    let content = RecoveryFactor {
        error,
        codes_alone: opened.person.second_factor == FactorKind::Passkey,
        passkey: passkeys::possible(app, &opened.person).await?,
        passkey_error,
    };
    view::page_with(status, app, guest, &chrome, &content)
}

async fn render(app: &App, guest: &Guest, opened: &Opened, error: Option<PasswordError>, now: Timestamp) -> Result<Response, WebError> {
    if opened.needs_factor {
        return asked(app, guest, opened, None, None).await;
    }
    let status = match error {
        None => StatusCode::OK,
        Some(PasswordError::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let judge = Judge::of(app, &opened.person, None, now).await?;
    let page = RecoveryNew { name: opened.person.name(), password_least: i64::from(judge.least()), error };
    let mut chrome = view::chrome(app, guest);
    chrome.lang_links = view::languages("/recovery/new");
    view::page_with(status, app, guest, &chrome, &page)
}
