//! `/account/password`: a new password for whoever knows the present one; then a code confirms it (people.md K26).
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::security;
use crate::app::App;
use crate::pages::{ChangeError, ChangeStep, PasswordChange, PasswordError};
use crate::service::Failure;
use crate::service::new_password::Judge;
use crate::service::password_change::{Asked, Confirmed, ask, confirm, waits_for_email};
use crate::service::session::Established;
use crate::web::error::WebError;
use crate::web::extract::who::{Age, SignedIn, signed_in};
use crate::web::extract::{Checked, Guest};
use crate::web::signin::invitation::refusal;
use crate::web::{signin, view};
use crate::world::{Secret, Timestamp};

const PATH: &str = "/account/password";

pub async fn show(State(app): State<Arc<App>>, guest: Guest) -> Result<Response, WebError> {
    let now = app.now();
    match known(&app, &guest, now).await? {
        Ok(who) => render(&app, &guest, &who, ChangeStep::Passwords, None, now).await,
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// The signed-in person. Whoever signs in at Microsoft alone has no password here, and gets none (people.md K27).
async fn known(app: &App, guest: &Guest, now: Timestamp) -> Result<Result<SignedIn, Response>, WebError> {
    match signed_in(app, guest, PATH, Age::Any, now).await? {
        Ok(who) if !who.person.has_password => Err(WebError::not_found()),
        other => Ok(other),
    }
}

pub async fn submit(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let who = match known(&app, &guest, now).await? {
        Ok(who) => who,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let (present, new, repeated) = (form.get("present"), form.get("password"), form.get("password_repeat"));
    if present.len() > 1024 {
        return Err(WebError::bad_form());
    }
    if new != repeated {
        return render(&app, &guest, &who, ChangeStep::Passwords, Some(ChangeError::Mismatch), now).await;
    }
    let asked = ask(&app, (&who.person, &who.session), Secret::from(present), &Secret::from(new), &guest.visitor, now).await;
    let error = match asked {
        Ok(Asked::Changed(established)) => return Ok(done(&guest, &established)),
        Ok(Asked::EmailCode(pending)) => return render(&app, &guest, &who, email_step(&who, pending), None, now).await,
        Ok(Asked::AppCode(pending)) => return render(&app, &guest, &who, ChangeStep::AppCode { pending }, None, now).await,
        Ok(Asked::WrongPassword) => ChangeError::WrongPassword,
        Ok(Asked::Paused { until }) => ChangeError::Paused { minutes: signin::minutes(until, now) },
        Ok(Asked::Refused(refused)) => refusal(refused, now).into(),
        Err(Failure::Busy) => PasswordError::Busy.into(),
        Err(failure) => return Err(failure.into()),
    };
    render(&app, &guest, &who, ChangeStep::Passwords, Some(error), now).await
}

fn email_step(who: &SignedIn, pending: String) -> ChangeStep {
    ChangeStep::EmailCode { masked: who.person.masked_email(), pending }
}

pub async fn code(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let who = match known(&app, &guest, now).await? {
        Ok(who) => who,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let (pending, typed) = (form.get("pending").to_owned(), form.get("code"));
    if typed.len() > 64 || pending.len() > 4096 {
        return Err(WebError::bad_form());
    }
    let step = match waits_for_email(&app, &who.person, &pending, now) {
        Some(true) => email_step(&who, pending.clone()),
        Some(false) => ChangeStep::AppCode { pending: pending.clone() },
        None => return render(&app, &guest, &who, ChangeStep::Passwords, Some(ChangeError::Expired), now).await,
    };
    match confirm(&app, (&who.person, &who.session), &pending, typed, &guest.visitor, now).await? {
        Confirmed::Changed(established) => Ok(done(&guest, &established)),
        Confirmed::Wrong => render(&app, &guest, &who, step, Some(ChangeError::WrongCode), now).await,
        Confirmed::Paused { until } => {
            let error = ChangeError::Paused { minutes: signin::minutes(until, now) };
            render(&app, &guest, &who, step, Some(error), now).await
        }
        Confirmed::Over => render(&app, &guest, &who, ChangeStep::Passwords, Some(ChangeError::Expired), now).await,
    }
}

fn done(guest: &Guest, established: &Established) -> Response {
    guest.leave(view::see_other(&format!("{}?done=password", security::PATH)), Some(&established.cookie))
}

async fn render(
    app: &App,
    guest: &Guest,
    who: &SignedIn,
    step: ChangeStep,
    error: Option<ChangeError>,
    now: Timestamp,
) -> Result<Response, WebError> {
    let status = match error {
        None => StatusCode::OK,
        Some(ChangeError::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Some(ChangeError::Paused { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let least = Judge::of(app, &who.person, None, now).await?.least();
    let mut chrome = view::chrome(app, guest);
    if matches!(step, ChangeStep::Passwords) {
        chrome.lang_links = view::languages(PATH);
    }
    chrome.signed_in = Some(who.person.name());
    view::page_with(status, app, guest, &chrome, &PasswordChange { password_least: i64::from(least), step, error })
}
