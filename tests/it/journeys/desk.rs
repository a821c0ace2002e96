//! What the journeys of the three presets share: people of several tenants, each at a browser of their own.
use std::time::Duration;

use crate::harness::chromium::Chromium;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::PASSWORD;

/// What people choose for themselves.
pub const CHOSEN: &str = "seven quiet boats at dawn";

/// Chooses a line of a list.
pub async fn choose(browser: &Chromium, css: &str, value: &str) {
    browser.see(css).await;
    browser.script(&format!("document.querySelector('{css}').value = '{value}'")).await;
}

/// Answers the login page, and the page for the code if one follows.
pub async fn sign_in(t: &Tenantry, browser: &Chromium, email: &str, password: &str) {
    t.later(Duration::from_secs(1));
    browser.fill("#identifier", email).await;
    browser.fill("#password", password).await;
    browser.click("#login-submit").await;
    if browser.url().await.path() == "/login/code" {
        let code = t.mailbox.code(email).await;
        browser.fill("#code", &code).await;
        browser.click("#code-submit").await;
    }
}

/// Opens the link of an invitation and chooses a password.
pub async fn move_in(browser: &mut Chromium, link: &str, look: &str) {
    browser.goto(link).await;
    browser.see("#invitation-submit").await;
    browser.look(look).await;
    browser.fill("#password", CHOSEN).await;
    browser.fill("#password-repeat", CHOSEN).await;
    browser.click("#invitation-submit").await;
    browser.see("#done-continue").await;
}

/// A browser of somebody with the usual password, at a page of a console.
pub async fn at(t: &Tenantry, journey: &str, email: &str, path: &str) -> Chromium {
    let browser = Chromium::open(journey).await;
    browser.goto(t.url(path)).await;
    sign_in(t, &browser, email, PASSWORD).await;
    browser
}
