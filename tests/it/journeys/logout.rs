//! Signing out: asked for by the application, with and without saying who is meant.
use super::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn without_a_hint_the_person_is_asked() {
    let Some(mut s) = Stage::set("logout").await else { return };

    let request = s.begin(&[]).await;
    s.sign_in().await;
    s.arrives(&request).await;
    s.browser.goto(s.t.url("/end-session")).await;
    s.browser.look("question").await;
    s.browser.click("main a.secondary").await;
    let request = s.begin(&[]).await;
    s.arrives(&request).await;
    s.sign_out().await;
    s.browser.look("signed-out").await;
    s.begin(&[]).await;

    s.browser.see("#login-submit").await;
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_hint_the_browser_goes_back_to_the_application() {
    let Some(s) = Stage::set("logout-hint").await else { return };
    let bye = format!("{}/bye", s.landing.origin);

    let request = s.begin(&[]).await;
    s.sign_in().await;
    let tokens = s.arrives(&request).await;
    s.browser.goto(s.party.logout_url(&tokens.id_token, Some(&bye), Some("until then"))).await;
    s.browser.see("#arrived").await;
    let landed = s.browser.url().await;
    s.begin(&[]).await;

    s.browser.see("#login-submit").await;
    assert_eq!(landed.as_str(), format!("{bye}?state=until%20then"));
    s.browser.close().await;
}
