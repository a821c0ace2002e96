//! Tour Board, a single-page application without a secret: one static page and one script (RFC 9700 2.1.1, PKCE).
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::Response;
use axum::routing::get;

use super::super::html::el;
use super::super::site::{Page, Site, Tongue, finished};

const NAME: &str = "Tour Board";
const SCRIPT: &str = include_str!("../assets/spa.js");

pub fn router(site: &Site) -> Router {
    let provider = site.world.ports().provider();
    let csp = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src {provider}; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    );
    let script = async || ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT);
    finished(Router::new().route("/", get(show)).route("/spa.js", get(script)).with_state(site.clone()), Some(csp))
}

async fn show(State(site): State<Site>, tongue: Tongue) -> Response {
    let lead = tongue.say(
        "An application that lives in the browser alone. It keeps no secret; its script exchanges the code and verifies the tokens with WebCrypto.",
        "Eine Anwendung, die nur im Browser lebt. Sie hat kein Geheimnis; ihr Skript tauscht den Code und prüft die Token mit WebCrypto.",
    );
    let button =
        |id: &str, class: &str, text: &str| el("button").attr("type", "button").class(class).id(id).flag("hidden", true).text(text);
    let actions = el("div")
        .class("actions")
        .add(button("sign-in", "primary", tongue.say("Sign in with Tenantry", "Mit Tenantry anmelden")))
        .add(button("refresh", "primary", tongue.say("Renew tokens", "Token erneuern")))
        .add(button("userinfo", "secondary", tongue.say("Ask userinfo", "Userinfo fragen")))
        .add(button("logout", "secondary", tongue.say("Sign out", "Abmelden")));
    let note = el("div").class("note").id("news").attr("role", "status").flag("hidden", true);
    let noscript =
        el("noscript").add(el("p").text(tongue.say("This application needs its script.", "Diese Anwendung braucht ihr Skript.")));
    let head = el("div").class("head").add(el("h1").text(NAME)).add(el("p").class("lead").text(lead)).add(noscript).add(note);
    let main = el("div")
        .class("demo")
        .id("board")
        .attr("data-issuer", &site.world.ports().provider())
        .attr("data-client", &site.world.spa.client_id)
        .attr("data-here", &format!("{}/", site.world.ports().spa()))
        .attr("data-verified", tongue.say("verified", "geprüft"))
        .attr("data-refused", tongue.say("refused", "abgelehnt"))
        .attr("data-raw", tongue.say("As it came", "Wie es kam"))
        .add(actions)
        .add(el("div").class("demo").id("tokens"));
    Page { script: Some("/spa.js"), ..Page::new(tongue, NAME, tongue.say("Single-page application", "Einseitige Anwendung")) }
        .show(&site, [head, main])
}
