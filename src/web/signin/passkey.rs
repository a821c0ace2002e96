//! `/login/passkey`: a passkey instead of name and password, or as the second factor. The script of the page asks for the
//! question at `/options` first.
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Open, code, go, login, open, question};
use crate::app::App;
use crate::pages::PasskeyError;
use crate::protocol::flow::Ask;
use crate::service::passkeys::{self, Given, Purpose};
use crate::service::password::SignIn;
use crate::service::second_factor::{Factor, debtor};
use crate::web::error::WebError;
use crate::web::extract::form::Fields;
use crate::web::extract::{Checked, Guest};
use crate::world::Timestamp;

/// What the script of a page is told: a question for the browser, or what is in the way.
pub fn offer(guest: &Guest, offer: Option<Value>) -> Response {
    match offer {
        Some(offer) => guest.leave(axum::Json(offer).into_response(), None),
        None => problem(guest, "unsupported"),
    }
}

/// Something is in the way; the page says it once the form comes.
pub fn problem(guest: &Guest, what: &'static str) -> Response {
    guest.leave((StatusCode::UNPROCESSABLE_ENTITY, axum::Json(json!({ "problem": what }))).into_response(), None)
}

/// What a form brings: an answer, or what kept the browser from one.
pub fn given(form: &Fields) -> Result<Given<'_>, PasskeyError> {
    let given = Given { challenge: form.get("challenge"), answer: form.get("answer") };
    if given.answer.is_empty() { Err(PasskeyError::told(form.get("problem"))) } else { Ok(given) }
}

/// Both questions of a flow that a passkey answers.
fn fits(ask: &Ask) -> bool {
    matches!(ask, Ask::SignIn | Ask::SecondFactor(_))
}

pub async fn options(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, form.get("flow"), now).await?;
    let Ok(ask) = question(&app, &guest, &open, fits, now).await? else { return Ok(problem(&guest, "refused")) };
    let (flow, visitor) = (&open.flow, &guest.visitor);
    let told = match (ask, debtor(flow, visitor)) {
        (Ask::SignIn, _) => passkeys::ask_to_sign_in(&app, flow, visitor, now).await?,
        (_, Some(person)) => passkeys::ask_for(&app, &person, Purpose::Factor(&flow.id), visitor, now).await?,
        (_, None) => None,
    };
    Ok(offer(&guest, told))
}

pub async fn submit(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, form.get("flow"), now).await?;
    let ask = match question(&app, &guest, &open, fits, now).await? {
        Err(elsewhere) => return Ok(elsewhere),
        Ok(ask) => ask,
    };
    match given(&form) {
        Err(error) => again(&app, &guest, &open, &ask, error, now).await,
        Ok(given) if ask == Ask::SignIn => match passkeys::sign_in(&app, open.flow.clone(), given, &guest.visitor, now).await? {
            SignIn::Accepted(step) => go(&app, &guest, step),
            SignIn::Wrong => again(&app, &guest, &open, &ask, PasskeyError::Refused, now).await,
            SignIn::Paused { until } => login::paused(&app, &guest, &open, until, now).await,
        },
        Ok(given) => match passkeys::factor(&app, open.flow.clone(), given, &guest.visitor, now).await? {
            Factor::Accepted(step) => go(&app, &guest, step),
            Factor::Wrong | Factor::Expired => again(&app, &guest, &open, &ask, PasskeyError::Refused, now).await,
            Factor::Paused { until } => code::paused(&app, &guest, &open, &ask, until, now).await,
        },
    }
}

/// The page of the question once more.
async fn again(app: &App, guest: &Guest, open: &Open, ask: &Ask, error: PasskeyError, now: Timestamp) -> Result<Response, WebError> {
    match ask {
        Ask::SignIn => login::with_passkey(app, guest, open, error).await,
        _ => code::with_passkey(app, guest, open, ask, error, now).await,
    }
}
