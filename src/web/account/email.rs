//! `/account/email`: a new e-mail address (people.md K12), and `/email/{token}`, where the link to the new address leads.
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::app::App;
use crate::model::{ChallengeId, Email};
use crate::pages::{Done, DoneKind, EmailChange, EmailConfirm, EmailError, ProblemKind};
use crate::service::confirmation::address;
use crate::service::email_change::{Asked, Opened, ask, begin, confirm, open};
use crate::web::cookies::Cookie;
use crate::web::error::WebError;
use crate::web::extract::form::of_ones_own;
use crate::web::extract::who::{Age, SignedIn, signed_in};
use crate::web::extract::{Checked, Guest};
use crate::web::signin::{self, link};
use crate::web::view;
use crate::world::Timestamp;

const PATH: &str = "/account/email";

/// What the dialog shows beside the present address.
#[derive(Default)]
struct Shown {
    new: String,
    challenge: String,
    error: Option<EmailError>,
    sent: bool,
}

/// Opens the dialog: a code goes to the present address by itself (people.md K12). Only its owner gets here (K10). Whom
/// another site may have led here is asked first (security.md E10).
pub async fn show(State(app): State<Arc<App>>, guest: Guest, headers: HeaderMap) -> Result<Response, WebError> {
    let now = app.now();
    let who = match signed_in(&app, &guest, PATH, Age::Fresh, now).await? {
        Ok(who) => who,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if address(&who.person).is_none() {
        return Err(WebError::not_found());
    }
    let shown = if of_ones_own(&headers) { sent(&app, &who, now).await? } else { Shown::default() };
    render(&app, &guest, &who, shown)
}

/// Sends the code that the dialog waits for.
async fn sent(app: &App, who: &SignedIn, now: Timestamp) -> Result<Shown, WebError> {
    let challenge = begin(app, &who.person, now).await?.to_string();
    Ok(Shown { challenge, ..Shown::default() })
}

pub async fn submit(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let who = match signed_in(&app, &guest, PATH, Age::Fresh, now).await? {
        Ok(who) => who,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if form.get("send") == "yes" && address(&who.person).is_some() {
        let shown = sent(&app, &who, now).await?;
        return render(&app, &guest, &who, shown);
    }
    let (new, code, challenge) = (form.get("email").trim(), form.get("code"), form.get("challenge"));
    if code.len() > 64 || challenge.len() > 64 {
        return Err(WebError::bad_form());
    }
    let id = ChallengeId::from_text(challenge);
    let error = match ask(&app, &who.person, &id, (new, code), &guest.visitor, now).await? {
        Asked::Sent => return render(&app, &guest, &who, Shown { sent: true, ..Shown::default() }),
        Asked::NoAddress => EmailError::Email,
        Asked::WrongCode => EmailError::WrongCode,
        Asked::Over => EmailError::Expired,
        Asked::Paused { until } => EmailError::Paused { minutes: signin::minutes(until, now) },
    };
    let shown = Shown { new: new.chars().take(254).collect(), challenge: challenge.to_owned(), error: Some(error), sent: false };
    render(&app, &guest, &who, shown)
}

fn render(app: &App, guest: &Guest, who: &SignedIn, shown: Shown) -> Result<Response, WebError> {
    let status = match shown.error {
        None => StatusCode::OK,
        Some(EmailError::Paused { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut chrome = view::chrome(app, guest);
    chrome.signed_in = Some(who.person.name());
    let email = address(&who.person).map_or("", Email::as_str).to_owned();
    let page = EmailChange { email, new: shown.new, challenge: shown.challenge, error: shown.error, sent: shown.sent };
    view::page_with(status, app, guest, &chrome, &page)
}

/// The link itself; nothing is used up and the address is clean afterwards (security.md H07).
pub async fn link(State(app): State<Arc<App>>, guest: Guest, Path(token): Path<String>) -> Result<Response, WebError> {
    Ok(link::keep(&app, &guest, Cookie::EmailProof, &token, "/email/confirm", over))
}

fn over() -> WebError {
    WebError::Problem(StatusCode::GONE, ProblemKind::LinkOver)
}

async fn opened(app: &App, headers: &HeaderMap, now: Timestamp) -> Result<Opened, WebError> {
    let token = Cookie::EmailProof.read(headers, &app.config).ok_or_else(over)?;
    open(app, token.expose(), now).await?.ok_or_else(over)
}

/// The change, if it is of whoever is signed in here; else the way to sign in. Without that, a stranger's click could give
/// his address to the account of somebody who only typed it (security.md H11).
async fn own(app: &App, guest: &Guest, headers: &HeaderMap, now: Timestamp) -> Result<Result<Opened, Response>, WebError> {
    let opened = opened(app, headers, now).await?;
    Ok(match signed_in(app, guest, "/email/confirm", Age::Any, now).await? {
        Ok(who) if who.person.id == opened.change.person => Ok(opened),
        Ok(_) => return Err(over()),
        Err(elsewhere) => Err(elsewhere),
    })
}

pub async fn question(State(app): State<Arc<App>>, guest: Guest, headers: HeaderMap) -> Result<Response, WebError> {
    let opened = match own(&app, &guest, &headers, app.now()).await? {
        Ok(opened) => opened,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let mut chrome = view::chrome(&app, &guest);
    chrome.lang_links = view::languages("/email/confirm");
    let page = EmailConfirm { name: opened.person.name(), email: opened.change.email.as_str().to_owned() };
    view::page(&app, &guest, &chrome, &page)
}

pub async fn decide(State(app): State<Arc<App>>, guest: Guest, headers: HeaderMap, Checked(_): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let opened = match own(&app, &guest, &headers, now).await? {
        Ok(opened) => opened,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if !confirm(&app, &opened, &guest.visitor, now).await? {
        return Err(over());
    }
    let page = Done { kind: DoneKind::EmailChanged, href: "/".to_owned() };
    let done = view::page(&app, &guest, &view::chrome(&app, &guest), &page)?;
    Ok(view::with_cookie(done, Cookie::EmailProof.clear(&app.config)))
}
