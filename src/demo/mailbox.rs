//! The mailbox: every letter that Tenantry sent, as it lies in the folder.
use std::path::Path;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{Html as Body, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::html::{El, el};
use super::site::{Page, Site, Tongue, card};
use crate::world::Timestamp;

/// Letters on the page; older ones stay in the folder.
const SHOWN: usize = 50;
const LARGEST: u64 = 256 * 1024;

/// A letter in the words of `mail::folder`.
#[derive(Deserialize)]
struct Letter {
    id: String,
    to: String,
    to_name: String,
    subject: String,
    text: String,
    html: String,
    sent_at: i64,
}

impl Letter {
    /// A code that stands alone in a line.
    fn code(&self) -> Option<&str> {
        self.text.lines().map(str::trim).find(|line| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit()))
    }
}

/// Adds the mailbox to the start page's routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/mail", get(list)).route("/mail/{id}", get(show)).route("/mail/{id}/html", get(html))
}

async fn list(State(site): State<Site>, tongue: Tongue) -> Response {
    let letters = letters(&site.mail_folder).await;
    let page = Page { refresh: Some(4), ..Page::new(tongue, "Demo", tongue.say("Mailbox", "Postfach")) };
    let lead = tongue.say(
        "Everything that Tenantry sends ends here, whoever it is for. The page looks for new letters by itself.",
        "Alles, was Tenantry verschickt, landet hier, an wen es auch geht. Die Seite sieht selbst nach neuen Briefen.",
    );
    let head = el("div").class("head").add(el("h1").text(&page.title)).add(el("p").class("lead").text(lead));
    let now = site.now();
    let rows = letters.iter().map(|letter| row(letter, tongue, now));
    let none = letters.is_empty().then(|| el("p").class("hint").text(tongue.say("No letter yet.", "Noch kein Brief.")));
    page.show(&site, [head, el("ul").class("choices").id("letters").each(rows), el("div").add(none)])
}

fn row(letter: &Letter, tongue: Tongue, now: Timestamp) -> El {
    let sub = el("span")
        .class("choice-sub")
        .add(el("bdi").text(&letter.to))
        .add(el("span").text(&age(now.seconds() - letter.sent_at, tongue)))
        .add(letter.code().map(|code| el("code").class("badge badge-brand").text(code)));
    let text = el("span").class("choice-text").add(el("bdi").class("choice-name").text(&letter.subject)).add(sub);
    el("li").add(el("a").class("choice").attr("href", &format!("/mail/{}", letter.id)).add(text))
}

fn age(seconds: i64, tongue: Tongue) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match (seconds, tongue.say("en", "de")) {
        (..60, "en") => "just now".to_owned(),
        (..60, _) => "gerade eben".to_owned(),
        (60..3600, "en") => format!("{minutes} min ago"),
        (60..3600, _) => format!("vor {minutes} Min."),
        (_, "en") => format!("{hours} h ago"),
        (_, _) => format!("vor {hours} Std."),
    }
}

async fn show(State(site): State<Site>, tongue: Tongue, UrlPath(id): UrlPath<String>) -> Response {
    let Some(letter) = letter(&site.mail_folder, &id).await else { return missing() };
    let page = Page::new(tongue, "Demo", &letter.subject);
    let to = format!("{} {} <{}>", tongue.say("To", "An"), letter.to_name, letter.to);
    let head = el("div").class("head").add(el("h1").text(&letter.subject)).add(el("p").class("lead").text(&to));
    let lines = letter.text.lines().map(line);
    let text = card(tongue.say("As text", "Als Text")).add(el("div").class("letter-text").id("letter-text").each(lines));
    let frame = el("iframe")
        .attr("src", &format!("/mail/{}/html", letter.id))
        .attr("sandbox", "allow-popups allow-popups-to-escape-sandbox")
        .attr("title", tongue.say("The letter as mail programs show it", "Der Brief, wie Mailprogramme ihn zeigen"));
    page.show(&site, [head, text, card("HTML").add(frame)])
}

/// A line of the letter; an address by itself becomes a link.
fn line(text: &str) -> El {
    let trimmed = text.trim();
    if trimmed.starts_with("http://") || trimmed.starts_with("https://") {
        return el("p").add(el("a").class("letter-link").attr("href", trimmed).text(trimmed));
    }
    el("p").text(text)
}

/// The letter's own HTML, for the frame: no script, nothing from elsewhere, links open beside it.
async fn html(State(site): State<Site>, UrlPath(id): UrlPath<String>) -> Response {
    let Some(letter) = letter(&site.mail_folder, &id).await else { return missing() };
    let csp = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'self'; frame-ancestors 'self'";
    let html = letter.html.replacen("<head>", "<head><base target=\"_blank\">", 1);
    ([(header::CONTENT_SECURITY_POLICY, csp)], Body(html)).into_response()
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, "There is no such letter.\n").into_response()
}

/// The newest letters first. A file that cannot be read is not one of ours and left out.
async fn letters(folder: &Path) -> Vec<Letter> {
    let mut found = Vec::new();
    let Ok(mut entries) = tokio::fs::read_dir(folder).await else { return found };
    let mut names = Vec::new();
    while let Ok(Some(entry)) = entries.next_entry().await {
        names.extend(entry.file_name().to_str().and_then(|name| name.strip_suffix(".json")).map(str::to_owned));
    }
    // Ids begin with the time at which they were made.
    names.sort_unstable_by(|a, b| b.cmp(a));
    for name in names.iter().take(SHOWN) {
        found.extend(letter(folder, name).await);
    }
    found
}

async fn letter(folder: &Path, id: &str) -> Option<Letter> {
    if !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return None;
    }
    let file = folder.join(format!("{id}.json"));
    let small = tokio::fs::metadata(&file).await.is_ok_and(|facts| facts.len() <= LARGEST);
    if !small {
        return None;
    }
    serde_json::from_slice(&tokio::fs::read(&file).await.ok()?).ok()
}
