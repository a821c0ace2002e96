//! Every page in Chromium: judged by axe in both themes, at 320 pixels, under the content security policy, and the
//! few conveniences of `app.js` with and without scripts.
use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawForm, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use http::{StatusCode, header};
use serde_json::json;

use super::hostile::skeleton;
use super::tag::tags;
use super::{all_pages, bare};
use crate::harness::chromium::{self, Chromium};
use tenantry::model::Locale;
use tenantry::pages::{FormPost, Pages, asset, brand_css, gallery};

/// The strictest policy that pages must live with (security.md E11); the server's own may only be as strict.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

type Shown = Arc<Vec<(String, String)>>;

fn sealed(kind: &'static str, body: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, CSP)], body).into_response()
}

async fn page(State(shown): State<Shown>, Path(name): Path<String>) -> Response {
    let found = shown.iter().find(|(what, _)| *what == name);
    found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |(_, html)| sealed("text/html; charset=utf-8", html.clone()))
}

async fn file(Path(path): Path<String>) -> Response {
    asset(&path).map_or_else(|| StatusCode::NOT_FOUND.into_response(), |a| sealed(a.content_type, a.bytes.into_owned()))
}

/// Serves the pages on loopback and answers the address.
async fn exhibition(shown: Vec<(String, String)>) -> (String, tokio::task::JoinHandle<()>) {
    let echo = async |RawForm(body): RawForm| Html(format!("<title>x</title><p id=\"sent\">{}</p>", String::from_utf8_lossy(&body)));
    let router = Router::new()
        .route("/page/{name}", get(page))
        .route("/assets/{*path}", get(file))
        .route("/brand/{file}", get(async || sealed("text/css; charset=utf-8", brand_css("#f2b705"))))
        .route("/sent", post(echo))
        .fallback(async || StatusCode::NO_CONTENT)
        .with_state(Arc::new(shown));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    (origin, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

/// Does a person get to see pages of this name, and stay? A form that posts itself is left at once, and the page behind
/// `check_session_iframe` lives in a hidden frame.
fn stands(name: &str) -> bool {
    !name.contains("form_post") && !name.contains("check_session")
}

/// What makes a page go on by itself or load pages of others, and what stands in its place here.
const OUTWARD: [(&str, &str); 3] =
    [("http-equiv=\"refresh\"", "name=\"refresh\""), ("data-next=", "data-was-next="), ("<iframe src=", "<iframe data-src=")];

/// All pages that stand, without what makes them go on by themselves.
fn standing() -> Vec<(String, String)> {
    let staying = |html: &str| OUTWARD.iter().fold(html.to_owned(), |html, (from, to)| html.replace(from, to));
    all_pages().iter().filter(|page| stands(&page.what)).map(|page| (page.what.clone(), staying(&page.html))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_page() {
    if !chromium::is_there() {
        return;
    }
    let shown = standing();
    let (origin, _server) = exhibition(shown.clone()).await;
    let chromium = Chromium::open("pages").await;
    // Pages that differ in their words only are judged once; `look` judges the dark theme, contrasts are tested in `brand`.
    let mut kinds = BTreeSet::new();
    let kind = |html: &str| (skeleton(html), tags(html).iter().filter_map(|t| t.get("data-kind").map(str::to_owned)).collect::<Vec<_>>());
    for (what, _) in shown.iter().filter(|(what, html)| what.ends_with("-en") && !what.ends_with("-tenant-en") && kinds.insert(kind(html)))
    {
        chromium.goto(format!("{origin}/page/{what}")).await;
        chromium.judge(what).await;
        chromium.complaints(what).await;
    }
    chromium.close().await;
}

/// What reaches beyond the window, but for a table that is scrolled within its frame (WCAG 2.2, 1.4.10 lets it).
const TOO_WIDE: &str = "return [...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > 321 && !e.parentElement.closest('.matrix'))
    .map(e => e.outerHTML.slice(0, 90))";

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_wider_than_320_pixels() {
    if !chromium::is_there() {
        return;
    }
    let shown = standing();
    let (origin, _server) = exhibition(shown.clone()).await;
    let chromium = Chromium::open("pages").await;
    chromium.size(320, 640, true).await;
    let mut wide = Vec::new();
    for (what, _) in shown.iter().filter(|(what, _)| what.ends_with("-tenant-de")) {
        chromium.goto(format!("{origin}/page/{what}")).await;
        let over = chromium.script(TOO_WIDE).await;
        if over != json!([]) {
            wide.push(format!("{what}: {over}"));
        }
    }
    chromium.close().await;
    assert!(wide.is_empty(), "too wide:\n{}", wide.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_each_page_is_kept_as_a_picture() {
    if !chromium::is_there() {
        return;
    }
    let (origin, _server) = exhibition(standing()).await;
    let mut chromium = Chromium::open("pages").await;
    let mut seen = BTreeSet::new();
    for specimen in gallery().iter().filter(|s| stands(s.template) && seen.insert(s.template)) {
        let file = specimen.template.trim_end_matches(".html").replace('/', "-");
        chromium.goto(format!("{origin}/page/{file}-{}-tenant-de", specimen.name)).await;
        chromium.look(&file).await;
    }
    chromium.close().await;
}

fn handing_over(origin: &str) -> Vec<(String, String)> {
    let fields = vec![("code".to_owned(), "c".to_owned()), ("state".to_owned(), "s".to_owned())];
    let page = FormPost { action: format!("{origin}/sent"), client_name: None, fields };
    vec![("leave".to_owned(), Pages::new().render(&bare(Locale::En), &page).unwrap())]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_post_page_sends_itself_and_has_a_button_for_those_without_scripts() {
    if !chromium::is_there() {
        return;
    }
    let (target, _target) = exhibition(Vec::new()).await;
    let (origin, _server) = exhibition(handing_over(&target)).await;
    let chromium = Chromium::open("pages").await;

    chromium.goto(format!("{origin}/page/leave")).await;
    assert_eq!(chromium.text("#sent").await, "code=c&state=s");
    chromium.without_scripts().await;
    chromium.goto(format!("{origin}/page/leave")).await;
    chromium.click("button").await;
    assert_eq!(chromium.text("#sent").await, "code=c&state=s");
    chromium.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_scripts_appears_only_with_them() {
    if !chromium::is_there() {
        return;
    }
    let (origin, _server) = exhibition(standing()).await;
    let chromium = Chromium::open("pages").await;
    let shown = async |css: &str| {
        let script = format!("return [...document.querySelectorAll('{css}')].filter(e => e.getClientRects().length).length");
        chromium.script(&script).await
    };

    chromium.goto(format!("{origin}/page/signin-tenant-many-en")).await;
    assert_eq!(shown("#tenants li").await, json!(12));
    chromium.fill("#tenant-search", "store KÖLN").await;
    assert_eq!(shown("#tenants li").await, json!(1));
    chromium.fill("#tenant-search", "nothing such").await;
    assert_eq!(chromium.text("[role=status]").await, "No organisation matches.");
    chromium.goto(format!("{origin}/page/signin-login-plain-en")).await;
    chromium.fill("#password", "x").await;
    chromium.press(".reveal").await;
    assert_eq!(chromium.script("return document.getElementById('password').type").await, json!("text"));
    assert_eq!(chromium.script("return document.activeElement.id").await, json!("password"));
    chromium.goto(format!("{origin}/page/account-recovery-asked-en")).await;
    chromium.script("window.printed = 0; window.print = () => { window.printed += 1 }").await;
    chromium.press("[data-print]").await;
    assert_eq!(chromium.script("return window.printed").await, json!(1), "one click prints once");

    chromium.without_scripts().await;
    for page in ["signin-tenant-many-en", "signin-login-plain-en", "account-totp-plain-en", "account-recovery-asked-en"] {
        chromium.goto(format!("{origin}/page/{page}")).await;
        assert_eq!(shown(".reveal, [data-filter], [data-copy], [data-print]").await, json!(0), "{page}");
    }
    chromium.close().await;
}
