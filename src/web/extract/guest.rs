//! The browser behind a request: its binding cookie (made if missing), its session, network and language.
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, header, request::Parts};
use axum::response::Response;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::super::cookies::Cookie;
use super::super::{error::WebError, peer};
use crate::app::App;
use crate::model::{Agent, Locale};
use crate::service::announcements::MARK;
use crate::service::{Visitor, session};
use crate::world::{BrowserCookie, Digest, Secret, SessionCookie, Token};

/// So many marks fit into a cookie ([`Cookie::read`] takes 128 characters).
const MARKS: usize = 128 / MARK;

/// The browser and what goes with it. Hand each response through [`Guest::leave`].
pub struct Guest {
    pub visitor: Visitor,
    /// Proves that a form was ours (the CSRF field).
    pub csrf: String,
    /// Announcements that were put away in this browser (`service::announcements::mark`), one behind the other.
    pub dismissed: String,
    /// A browser cookie that must be set because the request had none.
    fresh: Option<Token<BrowserCookie>>,
    /// A language was chosen with this request.
    chosen: Option<Locale>,
    /// A language was chosen earlier.
    language_kept: bool,
    /// The request named a session that is over.
    stale_session: bool,
    app: Arc<App>,
}

impl FromRequestParts<Arc<App>> for Guest {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, WebError> {
        let sent = Cookie::Browser.read(&parts.headers, &app.config);
        let (clear, fresh) = match sent {
            Some(sent) => (sent, None),
            None => {
                let token = Token::<BrowserCookie>::generate(&*app.entropy);
                (Secret::from(token.clear()), Some(token))
            }
        };
        let cookie = Cookie::Session.read(&parts.headers, &app.config);
        let session = match &cookie {
            Some(cookie) => session::find(app, cookie.expose(), app.now()).await?,
            None => None,
        };
        Ok(Self {
            csrf: csrf(app, clear.expose()),
            fresh,
            chosen: asked(parts),
            language_kept: Cookie::Language.read(&parts.headers, &app.config).is_some(),
            dismissed: Cookie::Dismissed.read(&parts.headers, &app.config).map_or_else(String::new, |kept| kept.expose().clone()),
            stale_session: cookie.is_some() && session.is_none(),
            visitor: Visitor {
                browser: Digest::of::<BrowserCookie>(clear.expose()),
                browser_state: cookie
                    .filter(|_| session.is_some())
                    .map(|cookie| session::browser_state(app, &Digest::of::<SessionCookie>(cookie.expose()))),
                session,
                network: peer::network(parts, &app.config),
                locale: locale(parts, app),
                agent: parts.headers.get(header::USER_AGENT).map(|line| Agent::of(line.as_bytes())).unwrap_or_default(),
            },
            app: Arc::clone(app),
        })
    }
}

impl Guest {
    /// Shows pages in this language from now on, unless one was chosen already.
    pub fn prefer(&mut self, locale: Locale) {
        if !self.language_kept && self.chosen.is_none() {
            self.chosen = Some(locale);
            self.visitor.locale = locale;
        }
    }

    /// Was this wording of an announcement put away in this browser?
    pub fn has_dismissed(&self, mark: &str) -> bool {
        marks(&self.dismissed).any(|kept| kept == mark)
    }

    /// What the browser remembers once this one is put away, too. Kept of the others: what is announced still, the newest.
    pub fn dismissing(&self, mark: &str, known: &[String]) -> String {
        let others = marks(&self.dismissed).filter(|kept| *kept != mark && known.iter().any(|one| one == kept));
        std::iter::once(mark).chain(others).take(MARKS).collect()
    }

    /// Adds the cookies that belong to this browser to a response.
    pub fn leave(&self, mut response: Response, session: Option<&Token<SessionCookie>>) -> Response {
        let config = &self.app.config;
        let headers = response.headers_mut();
        if let Some(fresh) = &self.fresh {
            headers.append(header::SET_COOKIE, Cookie::Browser.set(fresh.clear(), config));
        }
        if let Some(chosen) = self.chosen {
            headers.append(header::SET_COOKIE, Cookie::Language.set(chosen.as_str(), config));
        }
        match session {
            Some(session) => {
                headers.append(header::SET_COOKIE, Cookie::Session.set(session.clear(), config));
                let state = session::browser_state(&self.app, &session.digest());
                headers.append(header::SET_COOKIE, Cookie::State.set(&state, config));
            }
            None if self.stale_session => {
                headers.append(header::SET_COOKIE, Cookie::Session.clear(config));
                headers.append(header::SET_COOKIE, Cookie::State.clear(config));
            }
            None => {}
        }
        response
    }
}

/// The marks in the value of the cookie.
fn marks(kept: &str) -> impl Iterator<Item = &str> {
    kept.as_bytes().chunks_exact(MARK).filter_map(|mark| std::str::from_utf8(mark).ok())
}

/// The CSRF field of forms shown to the owner of this cookie.
pub fn csrf(app: &App, browser: &str) -> String {
    URL_SAFE_NO_PAD.encode(app.sealer.mac("csrf", browser.as_bytes()))
}

/// `?lang=`, else what was chosen before, else the browser's wish (RFC 9110 12.5.4, by order), else English.
pub fn locale(parts: &Parts, app: &App) -> Locale {
    let kept = || Cookie::Language.read(&parts.headers, &app.config).and_then(|kept| Locale::parse(kept.expose()));
    asked(parts).or_else(kept).or_else(|| accepted(&parts.headers)).unwrap_or(Locale::En)
}

fn asked(parts: &Parts) -> Option<Locale> {
    let query = parts.uri.query().unwrap_or("");
    query.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Locale::parse)
}

/// The best language of `Accept-Language` that exists here.
pub fn accepted(headers: &HeaderMap) -> Option<Locale> {
    let line = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    Locale::pick(line.split(',').take(20).map(|part| part.split(';').next().unwrap_or("").trim()))
}
