//! Forms and queries as checked fields: decoded strictly, each at most once, bounded, and from our own page.
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, StatusCode, header, request::Parts};

use super::super::cookies::Cookie;
use super::super::error::WebError;
use super::guest;
use crate::app::App;
use crate::pages::ProblemKind;

/// Fields of one form or query, at most 32, none twice.
#[derive(Debug, Default)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Decodes `application/x-www-form-urlencoded` text: percent signs must be valid, bytes must be UTF-8, no NUL.
    pub fn parse(text: &str) -> Option<Self> {
        Self::of(pairs(text)?)
    }

    /// The same for pairs that were decoded already.
    pub fn of(pairs: Vec<(String, String)>) -> Option<Self> {
        let mut fields = BTreeMap::new();
        for (name, value) in pairs {
            if value.contains('\0') || fields.len() >= 32 || fields.insert(name, value).is_some() {
                return None;
            }
        }
        Some(Self(fields))
    }

    /// Is there nothing beside these fields and the form's token? Whoever sends more did not use our page, and what
    /// cannot be changed must not look as if it had been (security.md I13).
    pub fn has_only(&self, names: &[&str]) -> bool {
        self.0.keys().all(|name| name == "csrf" || names.contains(&name.as_str()))
    }

    /// The field's text, empty when it was not sent.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

/// Decodes form text into pairs, in order, repeated names included. None when a percent sign is wrong or a text is
/// not UTF-8.
pub fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    crate::protocol::form::decode(text.as_bytes()).ok()
}

/// The query of a page of ours.
pub struct Query(pub Fields);

impl FromRequestParts<Arc<App>> for Query {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, WebError> {
        Fields::parse(parts.uri.query().unwrap_or("")).map(Self).ok_or_else(WebError::bad_form)
    }
}

/// A form of ours, posted from our own page by the browser that it was shown to. Its fields cannot be reached
/// without the CSRF check.
pub struct Checked(pub Fields);

impl FromRequest<Arc<App>> for Checked {
    type Rejection = WebError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, WebError> {
        let (parts, body) = request.into_parts();
        let fields = read(&parts.headers, body, app).await?;
        ours(&parts.headers, &fields, app)?;
        Ok(Self(fields))
    }
}

/// Were these fields posted from our own page, by the browser that it was shown to?
pub fn ours(headers: &HeaderMap, fields: &Fields, app: &App) -> Result<(), WebError> {
    let browser = Cookie::Browser.read(headers, &app.config).ok_or_else(WebError::expired)?;
    let expected = guest::csrf(app, browser.expose());
    if foreign(headers, app) || !crate::world::same(expected.as_bytes(), fields.get("csrf").as_bytes()) {
        return Err(WebError::expired());
    }
    Ok(())
}

/// Reads a form body: the right content type, within the limit.
pub async fn read(headers: &HeaderMap, body: Body, app: &App) -> Result<Fields, WebError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(WebError::Problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, ProblemKind::BadRequest));
    }
    let too_large = |_| WebError::Problem(StatusCode::PAYLOAD_TOO_LARGE, ProblemKind::TooLarge);
    let bytes = to_bytes(body, app.config.server.request_body_limit()).await.map_err(too_large)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| WebError::bad_form())?;
    Fields::parse(text).ok_or_else(WebError::bad_form)
}

/// Does the browser itself say that one of our pages led here, or the person's own hand? What sends letters without being
/// asked twice wants that: another site could lead here (Fetch Metadata).
pub fn of_ones_own(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map_or(&b""[..], |site| site.as_bytes());
    site == b"same-origin" || site == b"none"
}

/// Does the browser itself say that another site sent this? (Fetch Metadata; Origin, RFC 6454 7)
fn foreign(headers: &HeaderMap, app: &App) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    // `null` comes with our own `no-referrer` policy and says nothing.
    let origin = text("origin").is_some_and(|origin| origin != "null" && origin != app.issuer());
    site || origin
}
