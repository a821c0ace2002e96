//! Turning pages into responses, and the one layer around all page routes.
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::error::{WebError, code_of};
use super::extract::{Guest, guest};
use super::headers;
use crate::app::App;
use crate::model::{Announcement, AnnouncementKind, Locale, Tenant};
use crate::pages::{Announced, Brand, Chrome, FormPost, Locked, Page, Problem, ProblemKind};
use crate::protocol::response::Answer;
use crate::service::announcements;

/// What surrounds a page for this browser, with what is announced to everybody.
pub fn chrome(app: &App, guest: &Guest) -> Chrome {
    branded(app, guest, None)
}

/// The same, in the colours of a tenant and with what is announced to its people.
pub fn branded(app: &App, guest: &Guest, tenant: Option<&Tenant>) -> Chrome {
    let registered = app.registered();
    let here = announcements::on_sign_in(&registered, tenant.map(|tenant| &tenant.id), app.now());
    Chrome {
        brand: tenant.map(brand),
        csrf: guest.csrf.clone(),
        announced: here.into_iter().map(|one| announced(one, guest.visitor.locale)).collect(),
        ..Chrome::plain(guest.visitor.locale, &app.config.product.name)
    }
}

/// An announcement in the reader's language.
pub fn announced(announcement: &Announcement, locale: Locale) -> Announced {
    let (lang, text) = announcement.notice.said(locale);
    let warning = announcement.notice.kind == AnnouncementKind::Warning;
    Announced { lang, text: text.to_owned(), warning, dismiss: None }
}

fn brand(tenant: &Tenant) -> Brand {
    Brand {
        tenant_id: tenant.id.to_string(),
        name: tenant.display_name().to_owned(),
        logo: tenant.logo.as_ref().map(|_| format!("/brand/{}/logo", tenant.id)),
        contact: tenant.contact.clone(),
        greeting: tenant.greeting.clone(),
    }
}

/// Links that show the same page in each language.
pub fn languages(path_and_query: &str) -> Vec<(Locale, String)> {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let rest: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang=")).collect();
    let link = |locale: &Locale| {
        let mut pairs = rest.clone();
        let lang = format!("lang={locale}");
        pairs.push(&lang);
        (*locale, format!("{path}?{}", pairs.join("&")))
    };
    Locale::ALL.iter().map(link).collect()
}

/// Renders a page.
pub fn page<P: Page>(app: &App, guest: &Guest, chrome: &Chrome, content: &P) -> Result<Response, WebError> {
    page_with(StatusCode::OK, app, guest, chrome, content)
}

/// Renders a page with a status of its own.
pub fn page_with<P: Page>(status: StatusCode, app: &App, guest: &Guest, chrome: &Chrome, content: &P) -> Result<Response, WebError> {
    let html = app.pages.render(chrome, content).map_err(crate::service::Failure::from)?;
    Ok(guest.leave((status, Html(html)).into_response(), None))
}

/// A refusal that a person can do something about: with a way to try again, and perhaps to ask for a new link.
pub fn trouble(
    status: StatusCode,
    app: &App,
    guest: &Guest,
    kind: ProblemKind,
    retry: Option<String>,
    resend: bool,
) -> Result<Response, WebError> {
    let content = Problem { code: code_of(&kind), kind, detail: None, request_id: None, retry, resend };
    page_with(status, app, guest, &chrome(app, guest), &content)
}

/// Adds a `Set-Cookie` line to a response.
pub fn with_cookie(mut response: Response, line: HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, line);
    response
}

/// Sends the browser on with 303, which never repeats a form (security.md A14).
pub fn see_other(to: &str) -> Response {
    Redirect::to(to).into_response()
}

/// Sends an answer of the authorization endpoint to the client.
pub fn answer(app: &App, guest: &Guest, answer: Answer, client_name: Option<String>) -> Result<Response, WebError> {
    match answer {
        Answer::Redirect(url) => Ok(see_other(&url)),
        Answer::FormPost { action, fields } => {
            let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            // This page goes on by itself: nothing is announced there.
            let chrome = Chrome { announced: Vec::new(), ..chrome(app, guest) };
            let html = app.pages.render(&chrome, &FormPost { action, client_name, fields });
            Ok(Html(html.map_err(crate::service::Failure::from)?).into_response())
        }
    }
}

/// Tells somebody that the access is locked; the answer to the client waits behind a button.
pub fn locked(app: &App, guest: &Guest, answer: Answer, client: String) -> Result<Response, WebError> {
    let (action, fields) = match answer {
        Answer::Redirect(url) => (url, Vec::new()),
        Answer::FormPost { action, fields } => (action, fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
    };
    let content = Locked { client_name: Some(client).filter(|name| !name.is_empty()), action, fields };
    page_with(StatusCode::FORBIDDEN, app, guest, &chrome(app, guest), &content)
}

/// Around every page route: a request id, security headers, errors rendered in the person's language and logged once.
pub async fn finish(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let locale = guest::locale(&parts, &app);
    // The route and not the path, which may hold the token of a link (security.md H07).
    let path = parts.extensions.get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let above = page_above(&parts.method, parts.uri.path());
    let id = request_id(&app);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(error) = response.extensions_mut().remove::<WebError>() {
        response = problem(&app, &error, locale, &id, &path, response);
    } else if let Some(above) = above.filter(|_| response.status() == StatusCode::METHOD_NOT_ALLOWED) {
        response = see_other(&above);
    } else if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let error = WebError::Problem(StatusCode::METHOD_NOT_ALLOWED, ProblemKind::BadRequest);
        response = problem(&app, &error, locale, &id, &path, response);
    }
    headers::secure(response.headers_mut(), !app.config.server.is_plain_http());
    if let Some(policy) = response.extensions_mut().remove::<headers::Policy>() {
        headers::loosen(response.headers_mut(), &policy);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// The page above an address in a console: whoever had to sign in before a form comes back to its address by GET, and
/// not every form has a page of its own.
fn page_above(method: &Method, path: &str) -> Option<String> {
    let inside = ["/account/", "/admin/", "/operator/"].iter().any(|console| path.starts_with(console));
    let (above, _) = path.rsplit_once('/').filter(|_| inside && method == Method::GET)?;
    Some(above.to_owned())
}

/// Names one request in answers and log lines.
pub fn request_id(app: &App) -> String {
    let mut bytes = [0u8; 8];
    app.entropy.fill(&mut bytes);
    format!("{:016x}", u64::from_be_bytes(bytes))
}

/// The page of an error. Cookies and headers that the handler set stay.
fn problem(app: &App, error: &WebError, locale: Locale, id: &str, path: &str, before: Response) -> Response {
    if let WebError::Failure(cause) = error {
        tracing::error!(request.id = id, request.route = path, cause = %cause, "a request failed");
    }
    let (code, kind, detail) = error.shown();
    let content = Problem { code, kind, detail, request_id: Some(id.to_owned()), retry: None, resend: false };
    let html = app.pages.render(&Chrome::plain(locale, &app.config.product.name), &content);
    let html = html.unwrap_or_else(|error| {
        tracing::error!(request.id = id, cause = %error, "the error page does not render");
        String::from("<!doctype html><title>Error</title><p>Something went wrong.</p>")
    });
    let mut response = (error.status(), Html(html)).into_response();
    for (name, value) in before.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    if error.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}
