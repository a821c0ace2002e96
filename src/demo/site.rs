//! What every page of the demo shares: the frame around it, languages, headers, static files.
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::middleware::{Next, from_fn};
use axum::response::{Html as Body, IntoResponse, Redirect, Response};
use axum::routing::get;

use super::html::{El, Html, el};
use super::world::World;
use crate::app::App;
use crate::keys::Sealer;
use crate::model::Locale;
use crate::upstream::Http;
use crate::web::extract::guest::accepted;
use crate::world::{Clock, Entropy, Timestamp};

const LANGUAGE_COOKIE: &str = "demo-language";

/// What the pages of the demo may use. The database is not among it: the applications know Tenantry by HTTP alone.
#[derive(Clone)]
pub struct Site(Arc<Shared>);

/// The parts of a [`Site`].
pub struct Shared {
    pub http: Http,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub sealer: Sealer,
    pub world: Arc<World>,
    pub mail_folder: PathBuf,
}

impl std::ops::Deref for Site {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Site {
    pub fn new(app: &App, world: &Arc<World>) -> Self {
        Self(Arc::new(Shared {
            http: app.upstreams.http().clone(),
            clock: Arc::clone(&app.clock),
            entropy: Arc::clone(&app.entropy),
            sealer: app.sealer.clone(),
            world: Arc::clone(world),
            mail_folder: app.config.mail.folder.clone(),
        }))
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The languages that the demo itself speaks; Tenantry speaks more.
const SPOKEN: [(Locale, &str); 2] = [(Locale::En, "English"), (Locale::De, "Deutsch")];

fn spoken(locale: &Locale) -> bool {
    SPOKEN.iter().any(|(known, _)| known == locale)
}

/// The language in which a page is shown.
#[derive(Clone, Copy)]
pub struct Tongue(pub Locale);

impl Tongue {
    /// The text in this language.
    pub const fn say<'a>(self, english: &'a str, german: &'a str) -> &'a str {
        match self.0 {
            Locale::De => german,
            _ => english,
        }
    }

    pub const fn of(self, texts: (&'static str, &'static str)) -> &'static str {
        self.say(texts.0, texts.1)
    }
}

impl<S: Sync> FromRequestParts<S> for Tongue {
    type Rejection = std::convert::Infallible;

    /// `?lang=`, else what was chosen before, else the browser's wish, else English.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let chosen = || Locale::parse(&cookie(&parts.headers, LANGUAGE_COOKIE)?);
        let wish = asked(parts.uri.query()).or_else(chosen).or_else(|| accepted(&parts.headers));
        Ok(Self(wish.filter(spoken).unwrap_or(Locale::En)))
    }
}

fn asked(query: Option<&str>) -> Option<Locale> {
    query?.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Locale::parse)
}

/// A cookie of the demo, if the browser sent it once.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut found = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('=')).filter(|(key, _)| *key == name);
    let (_, value) = found.next()?;
    (found.next().is_none() && !value.is_empty() && value.len() <= 128).then(|| value.to_owned())
}

/// `Set-Cookie` for this browser session. Ports of one host share cookies, so every name begins with `demo-`.
pub fn set_cookie(response: &mut Response, name: &str, value: &str) {
    if let Ok(line) = HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax")) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
}

/// Sends the browser on with 303.
pub fn see_other(to: &str) -> Response {
    Redirect::to(to).into_response()
}

/// A page of the demo.
pub struct Page {
    pub tongue: Tongue,
    pub title: String,
    /// Seconds after which the page is asked for again.
    pub refresh: Option<i64>,
    pub status: StatusCode,
    /// Path of a script of this origin.
    pub script: Option<&'static str>,
    /// The same address in the other language shows the same page.
    pub translatable: bool,
    /// Name of the application that the page belongs to, when it is one of the three.
    pub app: &'static str,
}

impl Page {
    pub fn new(tongue: Tongue, app: &'static str, title: &str) -> Self {
        Self { tongue, title: title.to_owned(), refresh: None, status: StatusCode::OK, script: None, translatable: true, app }
    }

    /// The response with `main` as the page's content.
    pub fn show(self, site: &Site, main: impl IntoIterator<Item = El>) -> Response {
        let head = el("head")
            .add(el("meta").attr("charset", "utf-8"))
            .add(el("meta").attr("name", "viewport").attr("content", "width=device-width, initial-scale=1"))
            .add(el("meta").attr("name", "color-scheme").attr("content", "light dark"))
            .add(self.refresh.map(reload))
            .add(el("title").text(&format!("{} – {}", self.title, self.app)))
            .add(el("link").attr("rel", "icon").attr("href", "/assets/icon.svg").attr("type", "image/svg+xml"))
            .add(el("link").attr("rel", "stylesheet").attr("href", "/assets/app.css"))
            .add(el("link").attr("rel", "stylesheet").attr("href", "/demo.css"))
            .add(self.script.map(|path| el("script").attr("src", path).flag("defer", true)))
            .add(self.refresh.map(|_| el("script").attr("src", "/refresh.js").flag("defer", true)));
        let content = el("main").class("demo").attr("data-refresh", &self.refresh.unwrap_or(0).to_string()).each(main);
        let top = el("header").class("top").add(el("span").class("brand-name").text("Tenantry Demo")).add(navigation(site, self.tongue));
        let page = el("div").class("page wide").add(top).add(content).add(footer(self.tongue, self.translatable));
        let html = el("html").attr("lang", self.tongue.0.as_str()).add(head).add(el("body").add(page));
        (self.status, Body(Html::from(html).document())).into_response()
    }
}

/// Where no script runs, the browser itself loads the page again.
fn reload(seconds: i64) -> El {
    el("noscript").add(el("meta").attr("http-equiv", "refresh").attr("content", &seconds.to_string()))
}

fn navigation(site: &Site, tongue: Tongue) -> El {
    let ports = site.world.ports();
    let links = [
        (format!("{}/", ports.start()), tongue.say("Start", "Start")),
        (format!("{}/mail", ports.start()), tongue.say("Mailbox", "Postfach")),
        (format!("{}/", ports.web()), "Order Desk"),
        (format!("{}/", ports.spa()), "Tour Board"),
        (format!("{}/", ports.machine()), "Nightly Report"),
    ];
    let link = |(url, name): (String, &str)| el("a").attr("href", &url).text(name);
    el("nav").class("demo-nav").attr("aria-label", tongue.say("Demo", "Demo")).each(links.map(link))
}

fn footer(tongue: Tongue, translatable: bool) -> El {
    let link = |(locale, name): &(Locale, &str)| {
        let link = el("a").attr("href", &format!("?lang={locale}")).attr("lang", locale.as_str()).text(name);
        if *locale == tongue.0 { link.attr("aria-current", "true") } else { link }
    };
    let nav = el("nav").class("langs").attr("aria-label", tongue.say("Language", "Sprache")).each(SPOKEN.iter().map(link));
    el("footer").class("foot").add(translatable.then_some(nav)).add(el("p").class("by").text("Tenantry"))
}

/// A form of one button that posts to a path of this origin.
pub fn button(action: &str, id: &str, class: &str, text: &str) -> El {
    let button = el("button").class(class).attr("type", "submit").id(id).text(text);
    el("form").attr("method", "post").attr("action", action).add(button)
}

/// A framed part that shows JSON; `name` tells what.
pub fn json_card(name: &str, value: &serde_json::Value) -> El {
    el("section").class("card token").attr("data-token", name).add(el("h2").text(name)).add(json(value).class("claims"))
}

/// JSON, laid out.
pub fn json(value: &serde_json::Value) -> El {
    el("pre").attr("tabindex", "0").text(&serde_json::to_string_pretty(value).unwrap_or_default())
}

/// A framed part of a page.
pub fn card(title: &str) -> El {
    el("section").class("card").add(el("h2").text(title))
}

/// Adds static files, headers and the check of where forms come from. `csp` goes beyond the house's own policy.
pub fn finished(router: Router, csp: Option<String>) -> Router {
    router
        .route("/demo.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("assets/demo.css"))))
        .route("/assets/{*path}", get(crate::web::assets::file))
        .fallback(async || (StatusCode::NOT_FOUND, "Not found\n"))
        .layer(from_fn(move |request: Request, next: Next| around(request, next, csp.clone())))
}

async fn around(request: Request, next: Next, csp: Option<String>) -> Response {
    // Ports of one host are one site to cookies; Fetch Metadata tells them apart.
    let foreign = request.headers().get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    if request.method() == axum::http::Method::POST && foreign {
        return (StatusCode::FORBIDDEN, "This form was sent from elsewhere.\n").into_response();
    }
    let chosen = asked(request.uri().query());
    let mut response = next.run(request).await;
    if let Some(locale) = chosen {
        set_cookie(&mut response, LANGUAGE_COOKIE, locale.as_str());
    }
    let own = response.headers().get(header::CONTENT_SECURITY_POLICY).cloned();
    crate::web::headers::secure(response.headers_mut(), false);
    let csp = own.or_else(|| HeaderValue::from_str(&csp?).ok());
    if let Some(csp) = csp {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, csp);
        // A frame of the mailbox shows a letter; its own policy says who may.
        response.headers_mut().remove(header::X_FRAME_OPTIONS);
    }
    response
}
