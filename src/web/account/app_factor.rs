//! `/account/security/app`: setting an authenticator app up, from the account or in the middle of a sign-in that
//! demands one (people.md K22, P17).
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::security::PATH;
use crate::app::App;
use crate::model::{FactorKind, Person};
use crate::pages::{EnrolError, MadeWith, RecoveryCodes, TotpEnrol};
use crate::protocol::flow::Ask;
use crate::service::authorize::open_question;
use crate::service::security::{self, Confirmed, Wish, confirm, enrolment};
use crate::service::{FlowLookup, find_flow};
use crate::web::error::WebError;
use crate::web::extract::who::{Age, signed_in};
use crate::web::extract::{Checked, Guest, Query};
use crate::web::{signin, view};
use crate::world::{Secret, Timestamp};

/// Where the page stands: in the account, or in a flow that waits for it.
fn path(flow: &str) -> String {
    if flow.is_empty() { format!("{PATH}/app") } else { format!("{PATH}/app?flow={flow}") }
}

/// Is the flow really waiting for a new factor? Only then does it count there, and does the way lead back to it.
pub(super) async fn wish(app: &App, guest: &Guest, flow: &str, now: Timestamp) -> Result<Wish, WebError> {
    let asks = match find_flow(app, flow, &guest.visitor, now).await? {
        FlowLookup::Open(flow) => open_question(app, &flow, &guest.visitor, now).await?,
        _ => None,
    };
    Ok(if asks == Some(Ask::Enrol) { Wish::Demanded } else { Wish::Own })
}

pub async fn show(State(app): State<Arc<App>>, guest: Guest, Query(query): Query) -> Result<Response, WebError> {
    let now = app.now();
    let flow = clean(query.get("flow"));
    match signed_in(&app, &guest, &path(flow), Age::Fresh, now).await? {
        // A sign-in leads here for any factor; where apps are not taken, it is a passkey (people.md C1).
        Ok(who) if !flow.is_empty() && passkeys_alone(&app, &who.person).await? => {
            Ok(guest.leave(view::see_other(&format!("{PATH}/passkey?flow={flow}")), None))
        }
        // Where no tenant takes apps there is nothing to set up (people.md C1, P1); a sign-in leads here only if one does.
        Ok(who) if flow.is_empty() && !security::offers(&app, &who.person, FactorKind::Totp).await? => Err(WebError::not_found()),
        Ok(who) => render(&app, &guest, &who.person, flow, None, now).await,
        Err(elsewhere) => Ok(elsewhere),
    }
}

async fn passkeys_alone(app: &App, person: &Person) -> Result<bool, WebError> {
    Ok(app.relying.is_some()
        && !security::offers(app, person, FactorKind::Totp).await?
        && security::offers(app, person, FactorKind::Passkey).await?)
}

/// A flow id has letters, digits and an underscore; anything else is none.
pub(super) fn clean(flow: &str) -> &str {
    let plain = flow.len() <= 64 && flow.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain { flow } else { "" }
}

pub async fn submit(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let flow = clean(form.get("flow"));
    let who = match signed_in(&app, &guest, &path(flow), Age::Fresh, now).await? {
        Ok(who) => who,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let password = who.person.has_password.then(|| Secret::from(form.get("password")));
    if form.get("password").len() > 1024 || form.get("code").len() > 64 {
        return Err(WebError::bad_form());
    }
    let wish = wish(&app, &guest, flow, now).await?;
    let error = match confirm(&app, &who.person, form.get("code"), password, wish, &guest.visitor, now).await? {
        Confirmed::Yes { recovery, session } => {
            let href = if wish == Wish::Demanded { format!("/login?flow={flow}") } else { format!("{PATH}?done=app") };
            let codes = recovery.iter().map(|code| code.expose().clone()).collect();
            let mut chrome = view::chrome(&app, &guest);
            chrome.signed_in = Some(who.person.name());
            let response = view::page(&app, &guest, &chrome, &RecoveryCodes { codes, made_with: Some(MadeWith::App), href })?;
            return Ok(guest.leave(response, Some(&session.cookie)));
        }
        Confirmed::NotOffered => return Err(WebError::not_found()),
        Confirmed::WrongCode => EnrolError::WrongCode,
        Confirmed::WrongPassword => EnrolError::WrongPassword,
        Confirmed::Paused { until } => EnrolError::Paused { minutes: signin::minutes(until, now) },
    };
    render(&app, &guest, &who.person, flow, Some(error), now).await
}

async fn render(
    app: &App,
    guest: &Guest,
    person: &Person,
    flow: &str,
    error: Option<EnrolError>,
    now: Timestamp,
) -> Result<Response, WebError> {
    let begun = enrolment(app, person, now).await?;
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut chrome = view::chrome(app, guest);
    chrome.lang_links = view::languages(&path(flow));
    chrome.signed_in = Some(person.name());
    let content = TotpEnrol {
        qr_svg: begun.qr_svg,
        secret_groups: begun.secret_groups.expose().clone(),
        issuer: begun.issuer,
        ask_password: person.has_password,
        flow: Some(flow.to_owned()).filter(|flow| !flow.is_empty()),
        offers_passkey: app.relying.is_some() && security::offers(app, person, FactorKind::Passkey).await?,
        error,
    };
    view::page_with(status, app, guest, &chrome, &content)
}
