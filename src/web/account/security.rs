//! `/account/security`: which second factor is active, and changing it.
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::model;
use crate::pages::{FactorKind, ProblemKind, RecoveryCodes, Security, SecurityNotice};
use crate::service::security;
use crate::web::error::WebError;
use crate::web::extract::who::{Age, signed_in};
use crate::web::extract::{Checked, Guest, Query};
use crate::web::view;

pub const PATH: &str = "/account/security";

pub async fn show(State(app): State<Arc<App>>, guest: Guest, Query(query): Query) -> Result<Response, WebError> {
    let now = app.now();
    // After an app was set up its next code is asked for first; the notice is for afterwards.
    let path = if query.get("done") == "app" { &format!("{PATH}?done=app") } else { PATH };
    let who = match signed_in(&app, &guest, path, Age::Any, now).await? {
        Ok(who) => who,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let person = &who.person;
    let recovery_left = app.store.read(async |r| r.recovery_codes_left(&person.id).await).await?;
    let mut chrome = view::chrome(&app, &guest);
    chrome.lang_links = view::languages(PATH);
    chrome.signed_in = Some(person.name());
    let content = Security {
        name: person.name(),
        email: person.handle().to_owned(),
        factor: shown(person.second_factor),
        recovery_left,
        may_disable: security::may_disable(&app, person).await?,
        notice: match query.get("done") {
            "app" => Some(SecurityNotice::AppOn),
            "email" => Some(SecurityNotice::EmailOn),
            "off" => Some(SecurityNotice::Off),
            _ => None,
        },
    };
    view::page(&app, &guest, &chrome, &content)
}

fn shown(kind: model::FactorKind) -> FactorKind {
    match kind {
        model::FactorKind::None => FactorKind::None,
        model::FactorKind::Email => FactorKind::Email,
        model::FactorKind::Totp => FactorKind::App,
    }
}

pub async fn email(state: State<Arc<App>>, guest: Guest, form: Checked) -> Result<Response, WebError> {
    switch(state, guest, form, model::FactorKind::Email, "email").await
}

pub async fn off(state: State<Arc<App>>, guest: Guest, form: Checked) -> Result<Response, WebError> {
    switch(state, guest, form, model::FactorKind::None, "off").await
}

async fn switch(
    State(app): State<Arc<App>>,
    guest: Guest,
    Checked(_): Checked,
    to: model::FactorKind,
    done: &str,
) -> Result<Response, WebError> {
    let now = app.now();
    let who = match signed_in(&app, &guest, PATH, Age::Fresh, now).await? {
        Ok(who) => who,
        Err(elsewhere) => return Ok(elsewhere),
    };
    match security::switch(&app, &who.person, to, &guest.visitor, now).await? {
        Some(established) => Ok(guest.leave(view::see_other(&format!("{PATH}?done={done}")), Some(&established.cookie))),
        None => Ok(WebError::Problem(StatusCode::FORBIDDEN, ProblemKind::AccessDenied).into_response()),
    }
}

pub async fn recovery(State(app): State<Arc<App>>, guest: Guest, Checked(_): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let who = match signed_in(&app, &guest, PATH, Age::Fresh, now).await? {
        Ok(who) => who,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let Some(codes) = security::new_recovery_codes(&app, &who.person, &guest.visitor, now).await? else {
        return Ok(view::see_other(PATH));
    };
    let mut chrome = view::chrome(&app, &guest);
    chrome.signed_in = Some(who.person.name());
    let codes = codes.iter().map(|code| code.expose().clone()).collect();
    view::page(&app, &guest, &chrome, &RecoveryCodes { codes, just_made: false, href: PATH.to_owned() })
}
