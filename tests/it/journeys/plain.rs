//! Without scripts, with the back button, with two tabs, with another account: browsers as people use them.
use super::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn form_post_sends_itself_where_scripts_run() {
    let Some(s) = Stage::set("form-post").await else { return };

    let request = s.begin(&[("response_mode", "form_post")]).await;
    s.sign_in().await;
    let tokens = s.arrives(&request).await;

    assert_eq!(tokens.claims["sub"], s.anna.id.as_str());
    assert_eq!(s.browser.url().await.query(), None);
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_needs_scripts() {
    let Some(mut s) = Stage::set("no-scripts").await else { return };
    s.browser.without_scripts().await;

    let request = s.begin(&[("response_mode", "form_post")]).await;
    s.browser.picture("login").await;
    let buttons = s.browser.script("return document.querySelector('[data-reveal]').offsetParent !== null").await;
    s.sign_in().await;
    s.browser.picture("form-post").await;
    s.browser.click("main button.primary").await;
    let tokens = s.arrives(&request).await;

    assert_eq!(buttons, false, "what needs scripts is not shown");
    assert_eq!(tokens.claims["sub"], s.anna.id.as_str());
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_back_button_loses_nothing() {
    let Some(mut s) = Stage::set("back").await else { return };

    let request = s.begin(&[]).await;
    s.password().await;
    let code = s.mailed().await;
    s.browser.back().await;
    s.browser.see("#login-submit").await;
    s.password().await;
    s.browser.see("#code-submit").await;
    s.code(&code).await;
    let tokens = s.arrives(&request).await;
    s.browser.back().await;
    s.browser.see("#error-code").await;
    s.browser.look("back-from-the-application").await;
    let told = s.browser.text("#error-code").await;

    assert_eq!(tokens.claims["sub"], s.anna.id.as_str());
    assert_eq!(told, "already_done");
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_need_one_sign_in() {
    let Some(s) = Stage::set("two-tabs").await else { return };

    let first = s.begin(&[]).await;
    let tab = s.browser.new_tab().await;
    let second = s.begin(&[]).await;
    s.sign_in().await;
    let there = s.arrives(&second).await;
    s.browser.turn_to(tab).await;
    s.password().await;
    let here = s.arrives(&first).await;

    assert_eq!(there.claims["sid"], here.claims["sid"]);
    assert!(s.t.mailbox.take(&s.anna.email).await.is_empty(), "the second tab asks for no code");
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_at_the_same_desk_uses_another_account() {
    let Some(mut s) = Stage::set("accounts").await else { return };
    let ben = s.t.member(&s.acme, "ben@acme.example").await;

    let request = s.begin(&[]).await;
    s.sign_in().await;
    s.arrives(&request).await;
    let request = s.begin(&[("prompt", "select_account")]).await;
    s.browser.look("question").await;
    s.browser.click("#account-continue").await;
    let same = s.arrives(&request).await;
    let request = s.begin(&[("prompt", "select_account")]).await;
    s.browser.click("#account-other").await;
    s.anna = ben.clone();
    s.sign_in().await;
    let other = s.arrives(&request).await;

    assert_ne!(same.claims["sub"], other.claims["sub"]);
    assert_eq!(other.claims["sub"], ben.id.as_str());
    s.browser.close().await;
}
