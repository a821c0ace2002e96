//! Signing in with a password and a code by e-mail; what goes wrong on the way.
use std::time::Duration;

use super::stage::{Scene, Stage};
use crate::harness::world::PASSWORD;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_two_tenants_signs_in_by_email_code() {
    let scene = Scene { metadata: |metadata| metadata.consent = tenantry::model::ConsentMode::Ask, ..Scene::of("login-email-code") };
    let Some(mut s) = scene.set().await else { return };
    let globex = s.t.tenant("globex").await;
    s.t.guest(&globex, &s.anna).await;

    let request = s.begin(&[]).await;
    s.browser.look("login").await;
    s.password().await;
    s.browser.look("code").await;
    s.mailed().await;
    s.browser.click("#code-resend").await;
    s.browser.look("code-resent").await;
    let code = s.mailed().await;
    s.code(&code).await;
    s.browser.look("tenant").await;
    s.browser.click("#tenant-globex").await;
    s.browser.look("consent").await;
    s.browser.click("#consent-allow").await;
    let tokens = s.arrives(&request).await;

    assert_eq!(tokens.claims["tenant"], "globex");
    assert_eq!(tokens.claims["sub"], s.anna.id.as_str());
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_lead_to_a_pause_that_ends() {
    let scene = Scene { config: |config| config.sign_in.lock_threshold = 2, ..Scene::of("login-wrong") };
    let Some(mut s) = scene.set().await else { return };

    s.begin(&[]).await;
    s.password_is("not the password").await;
    s.browser.see("#error[data-kind=wrong_or_unknown]").await;
    s.browser.look("wrong").await;
    let kept = s.browser.script("return document.querySelector('#identifier').value + document.querySelector('#password').value").await;
    s.password_is("nor this one").await;
    s.password().await;
    s.browser.see("#error[data-kind=paused]").await;
    s.browser.look("paused").await;
    let told = s.browser.text("#error").await;
    s.t.later(Duration::from_secs(31 * 60));
    let request = s.begin(&[]).await;
    s.sign_in().await;
    let tokens = s.arrives(&request).await;

    assert_eq!(kept, "anna@acme.example", "the address stays, the password does not");
    assert!(told.contains("30 minutes"), "{told}");
    assert_eq!(tokens.claims["sub"], s.anna.id.as_str());
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_can_be_corrected() {
    let Some(mut s) = Stage::set("login-wrong-code").await else { return };

    let request = s.begin(&[]).await;
    s.password().await;
    let code = s.mailed().await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    s.code(wrong).await;
    s.browser.see("#error[data-kind=wrong]").await;
    s.browser.look("wrong").await;
    s.code(&code).await;

    assert_eq!(s.arrives(&request).await.claims["sub"], s.anna.id.as_str());
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_lead_nowhere_say_so_calmly() {
    let Some(mut s) = Stage::set("login-errors").await else { return };

    s.begin(&[]).await;
    s.t.later(s.t.app.config.sign_in.flow_time() + Duration::from_secs(1));
    s.password().await;
    let expired = s.browser.text("#error-code").await;
    s.browser.look("expired").await;

    let request = s.party.authorize(&["openid"], &[]);
    let elsewhere = request.url.as_str().replace("callback", "elsewhere");
    s.browser.goto(&elsewhere).await;
    let unregistered = s.browser.text("#error-code").await;
    s.browser.look("wrong-redirect-uri").await;
    let stayed = s.browser.url().await.origin().ascii_serialization();

    s.browser.goto(s.t.url("/nowhere")).await;
    s.browser.look("not-found").await;
    s.browser.goto(s.t.url("/")).await;
    s.browser.look("start").await;
    s.browser.click("#home-login").await;
    s.sign_in().await;
    s.browser.look("signed-in").await;

    assert_eq!((expired.as_str(), unregistered.as_str()), ("expired", "invalid_request"));
    assert_eq!(stayed, s.t.origin);
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_needs_a_mouse() {
    const TAB: &str = "\u{e004}";
    const ENTER: &str = "\u{e007}";
    let scene = Scene { metadata: |metadata| metadata.consent = tenantry::model::ConsentMode::Ask, ..Scene::of("login-keyboard") };
    let Some(mut s) = scene.set().await else { return };

    let request = s.begin(&[]).await;
    s.browser.focused("#identifier").await;
    s.browser.keys(format!("{}{TAB}", s.anna.email)).await;
    s.browser.focused("#password").await;
    s.browser.keys(format!("{PASSWORD}{TAB}")).await;
    s.browser.focused("[data-reveal=password]").await;
    s.browser.keys(TAB).await;
    s.browser.focused("#login-submit").await;
    s.browser.picture("focus").await;
    s.browser.keys(ENTER).await;
    s.browser.focused("#code").await;
    let code = s.mailed().await;
    s.browser.keys(format!("{code}{ENTER}")).await;
    s.browser.see("#consent-allow").await;
    s.browser.keys(TAB).await;
    s.browser.focused("#consent-allow").await;
    s.browser.keys(ENTER).await;

    assert_eq!(s.arrives(&request).await.claims["sub"], s.anna.id.as_str());
    s.browser.close().await;
}
