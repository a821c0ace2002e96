//! `/login/upstream` and `/federation/…`: to Microsoft and back (microsoft.md 2.6).
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::{go, open, question};
use crate::app::App;
use crate::model::ConnectionId;
use crate::pages::{Done, DoneKind, ProblemKind};
use crate::protocol::flow::Ask;
use crate::service::upstream::{Answer, Arrived, Back, Departed, Stopped, Trip, Trouble, finish, resend, start};
use crate::web::cookies::Cookie;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Guest, Query};
use crate::web::view;

/// Begins a sign-in at Microsoft.
pub async fn depart(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, form.get("flow"), now).await?;
    if let Err(elsewhere) = question(&app, &guest, &open, |ask| matches!(ask, Ask::SignIn), now).await? {
        return Ok(elsewhere);
    }
    let connection = ConnectionId::from_text(form.get("connection"));
    if !app.registered().connections.contains_key(&connection) {
        return Err(WebError::bad_form());
    }
    let departed = start(&app, Trip::Login(&open.flow), &connection, &guest.visitor, now).await?;
    leave_for(&app, &guest, departed)
}

/// Sends the browser to Microsoft, or says why not.
pub fn leave_for(app: &App, guest: &Guest, departed: Departed) -> Result<Response, WebError> {
    match departed {
        Departed::To(url) => Ok(guest.leave(view::see_other(url.as_str()), None)),
        Departed::Stopped(stopped) => stop(app, guest, stopped),
    }
}

/// Where Microsoft sends the browser back to. `response_mode=query`: a cross-site POST would lose our Lax cookies.
pub async fn callback(
    State(app): State<Arc<App>>,
    guest: Guest,
    Path(connection): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let answer = Answer {
        connection: &connection,
        state: query.get("state"),
        code: query.get("code"),
        error: query.get("error"),
        error_description: query.get("error_description"),
        error_subcode: query.get("error_subcode"),
        iss: query.get("iss"),
    };
    let arrived = finish(&app, &answer, &guest.visitor, app.now()).await?;
    arrive(&app, &guest, arrived)
}

/// Shows what came of the way back.
pub fn arrive(app: &App, guest: &Guest, arrived: Arrived) -> Result<Response, WebError> {
    match arrived {
        Arrived::Step(step) => go(app, guest, step),
        Arrived::Accepted => {
            let page = Done { kind: DoneKind::AccountReady, href: "/login/start".to_owned() };
            let done = view::page(app, guest, &view::chrome(app, guest), &page)?;
            Ok(view::with_cookie(done, Cookie::Invitation.clear(&app.config)))
        }
        Arrived::Confirm(token) => {
            let response = guest.leave(view::see_other("/invitation/confirm"), None);
            Ok(view::with_cookie(response, Cookie::Pending.set(token.clear(), &app.config)))
        }
        Arrived::Stopped(stopped) => stop(app, guest, stopped),
    }
}

fn stop(app: &App, guest: &Guest, stopped: Stopped) -> Result<Response, WebError> {
    let retry = match &stopped.back {
        Back::Start => "/login/start".to_owned(),
        Back::Flow(flow) => format!("/login?flow={flow}"),
        Back::Invitation => "/invitation".to_owned(),
    };
    let (status, kind) = shown(stopped.trouble);
    let response = view::trouble(status, app, guest, kind, Some(retry), stopped.resend.is_some())?;
    Ok(match stopped.resend {
        Some(token) => view::with_cookie(response, Cookie::Pending.set(token.clear(), &app.config)),
        None => response,
    })
}

/// The page of a trouble. Microsoft's own texts are never shown (microsoft.md 2.6).
fn shown(trouble: Trouble) -> (StatusCode, ProblemKind) {
    match trouble {
        Trouble::StartAgain => (StatusCode::BAD_REQUEST, ProblemKind::UpstreamStartAgain),
        Trouble::Expired => (StatusCode::BAD_REQUEST, ProblemKind::Expired),
        Trouble::Cancelled => (StatusCode::FORBIDDEN, ProblemKind::UpstreamCancelled),
        Trouble::NotEnabled { consent } => (StatusCode::FORBIDDEN, ProblemKind::UpstreamNotEnabled { consent }),
        Trouble::NotAssigned => (StatusCode::FORBIDDEN, ProblemKind::UpstreamAssign),
        Trouble::ForbiddenByPolicy => (StatusCode::FORBIDDEN, ProblemKind::UpstreamPolicy),
        Trouble::OtherAccount => (StatusCode::FORBIDDEN, ProblemKind::UpstreamOtherAccount),
        Trouble::WrongDirectory => (StatusCode::FORBIDDEN, ProblemKind::UpstreamWrongDirectory),
        Trouble::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, ProblemKind::UpstreamUnavailable),
        Trouble::NotConnected => (StatusCode::FORBIDDEN, ProblemKind::UpstreamNotConnected),
        Trouble::BoundElsewhere => (StatusCode::FORBIDDEN, ProblemKind::UpstreamBoundElsewhere),
        Trouble::InvitationOver => (StatusCode::GONE, ProblemKind::InvitationOver),
    }
}

/// A new invitation letter, if there is an invitation. The answer is the same either way.
pub async fn send_again(State(app): State<Arc<App>>, guest: Guest, headers: HeaderMap, Checked(_): Checked) -> Result<Response, WebError> {
    if let Some(token) = Cookie::Pending.read(&headers, &app.config) {
        resend(&app, token.expose(), &guest.visitor, app.now()).await?;
    }
    let page = Done { kind: DoneKind::LinkRequested, href: "/".to_owned() };
    let done = view::page(&app, &guest, &view::chrome(&app, &guest), &page)?;
    Ok(view::with_cookie(done, Cookie::Pending.clear(&app.config)))
}
