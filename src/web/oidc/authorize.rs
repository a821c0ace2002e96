//! `/authorize`, GET and POST (RFC 6749 3.1, OpenID Connect Core 3.1.2.1).
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;

use crate::app::App;
use crate::model::Locale;
use crate::pages::ProblemKind;
use crate::protocol::params::Params;
use crate::service::asked::resolve;
use crate::service::authorize::begin;
use crate::web::error::WebError;
use crate::web::extract::Guest;
use crate::web::extract::form::pairs;
use crate::web::{signin, view};

/// A request that came by POST travels on as a URL; longer ones are refused.
pub(super) const MAX_REQUEST: usize = 16 * 1024;

pub async fn get(State(app): State<Arc<App>>, mut guest: Guest, uri: Uri) -> Result<Response, WebError> {
    let now = app.now();
    let query = uri.query().unwrap_or("");
    if query.len() > MAX_REQUEST {
        return Err(WebError::Problem(StatusCode::URI_TOO_LONG, ProblemKind::TooLarge));
    }
    let decoded = pairs(query).ok_or_else(WebError::bad_form)?;
    let params = Params::collect(decoded.into_iter()).map_err(WebError::OAuth)?;
    let asked = resolve(&app, params, now).await?;
    if let Some(wish) = asked.params.get("ui_locales").and_then(|tags| Locale::pick(tags.split(' '))) {
        guest.prefer(wish);
    }
    let step = begin(&app, asked, &guest.visitor, now).await?;
    signin::go(&app, &guest, step)
}

/// A cross-site POST arrives without our `SameSite=Lax` cookies: the same request is asked again as a GET, with them.
pub async fn post(State(app): State<Arc<App>>, request: Request) -> Result<Response, WebError> {
    let (parts, body) = request.into_parts();
    let query = read(&parts.headers, body, &app).await?;
    Ok(view::see_other(&format!("/authorize?{query}")))
}

/// Reads a form that will travel on as a query: encoded already, and not too long for a URL.
pub(super) async fn read(headers: &HeaderMap, body: Body, app: &App) -> Result<String, WebError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !kind.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(WebError::Problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, ProblemKind::BadRequest));
    }
    let too_large = || WebError::Problem(StatusCode::PAYLOAD_TOO_LARGE, ProblemKind::TooLarge);
    let bytes = to_bytes(body, app.config.server.request_body_limit()).await.map_err(|_| too_large())?;
    if bytes.len() > MAX_REQUEST {
        return Err(too_large());
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| WebError::bad_form())?;
    // Only what is already encoded as a form may become part of a URL.
    let encoded = text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&b));
    if !encoded || pairs(text).is_none() {
        return Err(WebError::bad_form());
    }
    Ok(text.to_owned())
}
