//! `/invitation`: what the link of an invitation letter leads to. Looking changes nothing; only a POST accepts.
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::upstream::{arrive, leave_for};
use super::{go, link, minutes};
use crate::app::App;
use crate::credentials::PasswordFault;
use crate::model::ConnectionId;
use crate::pages::{
    Button, Done, DoneKind, Invitation, InvitationApp, InvitationMismatch, MadeWith, PasswordError, ProblemKind, RecoveryCodes,
};
use crate::protocol::authorize::Prompt;
use crate::service::authorize::begin_own;
use crate::service::invitations::{self, Accepted, Opened, WithApp};
use crate::service::new_password::{Judge, Refused};
use crate::service::upstream::{self, Trip};
use crate::service::{Failure, facts};
use crate::web::cookies::Cookie;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Guest};
use crate::web::view;
use crate::world::{Secret, Timestamp};

/// The shortest password that is accepted, in characters.
pub const LEAST: i64 = 12;

/// The link itself: the token goes into a cookie and out of the address, so that no page, history or `Referer` holds
/// it (security.md H07). Nothing is used up: mail scanners come here too.
pub async fn link(State(app): State<Arc<App>>, guest: Guest, Path(token): Path<String>) -> Result<Response, WebError> {
    Ok(link::keep(&app, &guest, Cookie::Invitation, &token, "/invitation", over))
}

fn over() -> WebError {
    WebError::Problem(StatusCode::GONE, ProblemKind::InvitationOver)
}

/// The open invitation of this browser's cookie.
async fn opened(app: &App, headers: &HeaderMap, now: Timestamp) -> Result<Opened, WebError> {
    let token = Cookie::Invitation.read(headers, &app.config).ok_or_else(over)?;
    invitations::open(app, token.expose(), now).await?.ok_or_else(over)
}

pub async fn show(State(app): State<Arc<App>>, guest: Guest, headers: HeaderMap) -> Result<Response, WebError> {
    let opened = opened(&app, &headers, app.now()).await?;
    render(&app, &guest, &opened, Faults::default()).await
}

/// What is wrong with the form, and the app that it was about.
#[derive(Default)]
struct Faults<'a> {
    password: Option<PasswordError>,
    wrong_code: bool,
    sealed: &'a str,
}

/// Accepts: with a new password, or as the person who is signed in; whoever has an account signs in first.
pub async fn submit(State(app): State<Arc<App>>, guest: Guest, headers: HeaderMap, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let opened = opened(&app, &headers, now).await?;
    let visitor = &guest.visitor;
    if opened.has_account() {
        if facts::session_of(&opened.person.id, visitor).is_none() {
            let prompt = Prompt { login: visitor.session.is_some(), ..Prompt::default() };
            let step = begin_own(&app, "/invitation", prompt, visitor, now).await?;
            return go(&app, &guest, step);
        }
        return match invitations::accept_signed_in(&app, &opened, visitor, now).await? {
            Accepted::Yes => done(&app, &guest, DoneKind::InvitationAccepted),
            _ => Err(over()),
        };
    }
    let (password, repeated, sealed) = (form.get("password"), form.get("password_repeat"), form.get("app"));
    let wrong = |error| Faults { password: Some(error), wrong_code: false, sealed };
    if password != repeated {
        return render(&app, &guest, &opened, wrong(PasswordError::Mismatch)).await;
    }
    let code = form.get("code").trim();
    let with = (!code.is_empty()).then_some(WithApp { sealed, code });
    match invitations::accept_with_password(&app, &opened, Secret::from(password), with, visitor, now).await {
        Ok(Accepted::Yes) => done(&app, &guest, DoneKind::AccountReady),
        Ok(Accepted::WithApp(codes)) => {
            let codes = codes.iter().map(|code| code.expose().clone()).collect();
            let content = RecoveryCodes { codes, made_with: Some(MadeWith::App), href: "/login/start".to_owned() };
            let page = view::page(&app, &guest, &view::branded(&app, &guest, Some(&opened.tenant)), &content)?;
            Ok(view::with_cookie(page, Cookie::Invitation.clear(&app.config)))
        }
        Ok(Accepted::WrongCode) => render(&app, &guest, &opened, Faults { password: None, wrong_code: true, sealed }).await,
        Ok(Accepted::Over) => Err(over()),
        Ok(Accepted::Refused(refused)) => render(&app, &guest, &opened, wrong(refusal(refused, now))).await,
        Err(Failure::Busy) => render(&app, &guest, &opened, wrong(PasswordError::Busy)).await,
        Err(failure) => Err(failure.into()),
    }
}

/// The sentence about a password that cannot be used.
pub fn told(fault: PasswordFault) -> PasswordError {
    match fault {
        PasswordFault::TooShort => PasswordError::TooShort { least: LEAST },
        PasswordFault::TooLong => PasswordError::TooLong,
        PasswordFault::Common | PasswordFault::Simple => PasswordError::TooCommon,
        PasswordFault::Personal => PasswordError::Context,
    }
}

/// The sentence about a new password that the person's rules refuse.
pub fn refusal(refused: Refused, now: Timestamp) -> PasswordError {
    match refused {
        Refused::Short { least } => PasswordError::TooShort { least: i64::from(least) },
        Refused::Fault(fault) => told(fault),
        Refused::Used => PasswordError::Used,
        Refused::Early { until } => PasswordError::Early { hours: (minutes(until, now) + 59) / 60 },
    }
}

/// Accepts with a Microsoft account (microsoft.md 2.3 A).
pub async fn depart(State(app): State<Arc<App>>, guest: Guest, headers: HeaderMap, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let opened = opened(&app, &headers, now).await?;
    let asked = ConnectionId::from_text(form.get("connection"));
    if !opened.connections(&app).iter().any(|connection| connection.id == asked) {
        return Err(WebError::bad_form());
    }
    let departed = upstream::start(&app, Trip::Invitation(&opened.invitation), &asked, &guest.visitor, now).await?;
    leave_for(&app, &guest, departed)
}

/// Asks whether an account with another address is meant.
pub async fn question(State(app): State<Arc<App>>, guest: Guest, headers: HeaderMap) -> Result<Response, WebError> {
    let token = Cookie::Pending.read(&headers, &app.config).ok_or_else(over)?;
    let found = upstream::mismatch(&app, token.expose(), &guest.visitor, app.now()).await?.ok_or_else(over)?;
    let page = InvitationMismatch {
        microsoft_account: found.microsoft_account,
        invited_email_masked: found.person.masked_email(),
        tenant_name: found.tenant_name,
    };
    let mut chrome = view::chrome(&app, &guest);
    chrome.lang_links = view::languages("/invitation/confirm");
    view::page(&app, &guest, &chrome, &page)
}

pub async fn decide(State(app): State<Arc<App>>, guest: Guest, headers: HeaderMap, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let token = Cookie::Pending.read(&headers, &app.config).ok_or_else(over)?;
    let response = match form.get("decision") {
        "confirm" => {
            let arrived = upstream::confirm(&app, token.expose(), &guest.visitor, now).await?;
            arrive(&app, &guest, arrived)?
        }
        "deny" => {
            upstream::deny(&app, token.expose(), &guest.visitor, now).await?;
            let page = Done { kind: DoneKind::InvitationDeclined, href: "/invitation".to_owned() };
            view::page(&app, &guest, &view::chrome(&app, &guest), &page)?
        }
        _ => return Err(WebError::bad_form()),
    };
    Ok(view::with_cookie(response, Cookie::Pending.clear(&app.config)))
}

fn done(app: &App, guest: &Guest, kind: DoneKind) -> Result<Response, WebError> {
    let href = if kind == DoneKind::InvitationAccepted { "/" } else { "/login/start" };
    let page = view::page(app, guest, &view::chrome(app, guest), &Done { kind, href: href.to_owned() })?;
    Ok(view::with_cookie(page, Cookie::Invitation.clear(&app.config)))
}

async fn render(app: &App, guest: &Guest, opened: &Opened, faults: Faults<'_>) -> Result<Response, WebError> {
    let Faults { password: error, wrong_code, sealed } = faults;
    let status = match error {
        None if wrong_code => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
        Some(PasswordError::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let button = |connection: &Arc<crate::model::Connection>| Button { id: connection.id.to_string(), name: connection.name.clone() };
    let judge = Judge::of(app, &opened.person, Some(&opened.tenant.id), app.now()).await?;
    let page = Invitation {
        tenant_name: opened.tenant.display_name().to_owned(),
        person_name: opened.person.name(),
        email_masked: opened.person.masked_email(),
        method_password: opened.takes_password(),
        has_account: opened.has_account(),
        connections: opened.connections(app).iter().map(button).collect(),
        password_least: i64::from(judge.least()),
        app: invitations::offer_app(app, opened, sealed)?.map(|offer| InvitationApp {
            qr_svg: offer.qr_svg,
            secret_groups: offer.secret_groups.expose().clone(),
            issuer: offer.issuer,
            sealed: offer.sealed,
            wrong: wrong_code,
        }),
        error,
    };
    let mut chrome = view::branded(app, guest, Some(&opened.tenant));
    chrome.lang_links = view::languages("/invitation");
    view::page_with(status, app, guest, &chrome, &page)
}
