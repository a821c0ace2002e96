//! `/end-session`, GET and POST (OpenID Connect RP-Initiated Logout 1.0), and `/logout`, the answer to its question.
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use url::Url;

use super::authorize::{MAX_REQUEST, read};
use crate::app::App;
use crate::model::Locale;
use crate::pages::{CheckSession, Chrome, LoggedOut, LogoutConfirm};
use crate::protocol::logout::LogoutPlan;
use crate::protocol::params::Params;
use crate::service::Failure;
use crate::service::logout::{Logout, end, plan};
use crate::web::cookies::Cookie;
use crate::web::error::WebError;
use crate::web::extract::form::pairs;
use crate::web::extract::{Checked, Guest};
use crate::web::headers::Policy;
use crate::web::view;
use crate::world::Timestamp;

/// What the page carries along to `/logout`, where everything is checked again.
const CARRIED: [&str; 4] = ["client_id", "id_token_hint", "post_logout_redirect_uri", "state"];

pub async fn get(State(app): State<Arc<App>>, mut guest: Guest, uri: Uri) -> Result<Response, WebError> {
    let query = uri.query().unwrap_or("");
    let decoded = pairs(query).filter(|_| query.len() <= MAX_REQUEST).ok_or_else(WebError::bad_form)?;
    let params = Params::collect(decoded.into_iter()).map_err(WebError::OAuth)?;
    // RP-Initiated Logout 2: ui_locales; `logout_hint` is taken and needs no answer, for nobody else can be signed out here.
    if let Some(wish) = params.get("ui_locales").and_then(|tags| Locale::pick(tags.split(' '))) {
        guest.prefer(wish);
    }
    let now = app.now();
    let Logout { plan, client_name } = plan(&app, &params, &guest.visitor, now);
    match plan {
        LogoutPlan::End { redirect } => finish(&app, &guest, redirect, now).await,
        // Nobody is signed in: there is nothing to ask.
        LogoutPlan::Confirm { .. } if guest.visitor.session.is_none() => finish(&app, &guest, None, now).await,
        LogoutPlan::Confirm { .. } => ask(&app, &guest, &params, client_name).await,
    }
}

/// A cross-site POST arrives without our cookies: asked again as a GET, with them.
pub async fn post(State(app): State<Arc<App>>, request: Request) -> Result<Response, WebError> {
    let (parts, body) = request.into_parts();
    let query = read(&parts.headers, body, &app).await?;
    Ok(view::see_other(&format!("/end-session?{query}")))
}

/// The person said yes.
pub async fn confirm(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let carried = CARRIED.iter().map(|name| ((*name).to_owned(), form.get(name).to_owned()));
    let params = Params::collect(carried).map_err(WebError::OAuth)?;
    let now = app.now();
    let redirect = match plan(&app, &params, &guest.visitor, now).plan {
        LogoutPlan::End { redirect } | LogoutPlan::Confirm { redirect } => redirect,
    };
    finish(&app, &guest, redirect, now).await
}

async fn ask(app: &App, guest: &Guest, params: &Params, client_name: Option<String>) -> Result<Response, WebError> {
    let session = guest.visitor.session.as_ref().ok_or_else(WebError::expired)?;
    let person = app.store.read(async |r| r.person(&session.person).await).await?;
    let hidden = CARRIED.iter().filter_map(|name| Some(((*name).to_owned(), params.get(name)?.to_owned()))).collect();
    let name = person.map(|person| person.name()).unwrap_or_default();
    view::page(app, guest, &view::chrome(app, guest), &LogoutConfirm { client_name, name, hidden })
}

fn origin(uri: &str) -> Option<String> {
    Url::parse(uri).ok().map(|url| url.origin().ascii_serialization())
}

/// `check_session_iframe` (Session Management 3.2): a page without content that applications keep in a hidden frame.
pub async fn check_session(State(app): State<Arc<App>>) -> Result<Response, WebError> {
    let content = CheckSession { cookie: Cookie::State.name(&app.config) };
    let html = app.pages.render(&Chrome::plain(Locale::En, &app.config.product.name), &content).map_err(Failure::from)?;
    let mut response = Html(html).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response.extensions_mut().insert(Policy::Framed);
    Ok(response)
}

/// Ends the session before the browser leaves (protocol.md §4), then follows a registered target or shows a page.
async fn finish(app: &App, guest: &Guest, redirect: Option<String>, now: Timestamp) -> Result<Response, WebError> {
    let frames = end(app, &guest.visitor, now).await?;
    let mut response = match redirect {
        Some(url) if frames.is_empty() => view::see_other(&url),
        next => {
            let policy = Policy::Frames(frames.iter().filter_map(|frame| origin(frame)).collect());
            let page = LoggedOut { back: next.is_none().then(|| "/".into()), frames, next };
            let mut response = view::page(app, guest, &view::chrome(app, guest), &page)?;
            response.extensions_mut().insert(policy);
            response
        }
    };
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, Cookie::Session.clear(&app.config));
    headers.append(header::SET_COOKIE, Cookie::State.clear(&app.config));
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}
