//! A passkey in a real browser: added, used alone, used after the password, and removed. Chromium plays the device itself.
use serde_json::json;

use super::stage::{Scene, Stage};
use crate::harness::tenantry::named;
use crate::harness::world::PASSWORD;

const PHR: &str = "urn:tenantry:acr:phr";

async fn adds(s: &mut Stage) {
    s.browser.goto(s.t.url("/account/security")).await;
    s.sign_in().await;
    s.browser.click("#security-passkey").await;
    s.browser.look("add").await;
    s.browser.fill("#name", "Laptop").await;
    s.browser.fill("#password", "not the password").await;
    s.browser.press("#passkey-submit").await;
    s.browser.see("#error[data-kind=wrong_password]").await;
    s.browser.fill("#password", PASSWORD).await;
    s.browser.press("#passkey-submit").await;
    s.browser.see("#recovery-codes").await;
    s.browser.look("recovery-codes").await;
    s.browser.click("#recovery-done").await;
    s.browser.look("new-passkey-asked-for").await;
    s.browser.press("#login-passkey").await;
    s.browser.see("section[aria-labelledby=passkeys]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_added_opens_the_account_alone_and_goes_again() {
    let Some(mut s) = (Scene { config: named, ..Scene::of("passkey") }).set().await else { return };
    s.browser.authenticator().await;

    adds(&mut s).await;
    s.browser.look("security").await;
    s.browser.goto(s.t.url("/account")).await;
    s.browser.click("#sign-out").await;

    let request = s.begin(&[]).await;
    s.browser.look("login").await;
    s.browser.press("#login-passkey").await;
    let alone = s.arrives(&request).await;
    s.sign_out().await;

    let request = s.begin(&[]).await;
    s.password().await;
    s.browser.look("second-factor").await;
    s.browser.press("#login-passkey").await;
    let after_password = s.arrives(&request).await;

    s.browser.goto(s.t.url("/account/security")).await;
    s.browser.click("a[href^='/account/security/passkey/pky']").await;
    s.browser.look("one").await;
    s.browser.click("#passkey-remove").await;
    s.browser.see(".note-good").await;
    assert!(s.t.app.store.read(async |r| r.passkeys_of(&s.anna.id).await).await.unwrap().is_empty());
    assert_eq!((&alone.claims["acr"], &after_password.claims["acr"]), (&json!(PHR), &json!(PHR)));
    s.browser.close().await;
}
