//! "Send me a new link" (microsoft.md 2.3 D).
use tenantry::model::InvitationMethod;

use super::Stage;
use crate::harness::browser::Browser;
use crate::harness::issuer::Account;

const ANNA: &str = "anna@contoso.example";

/// The page as everybody gets it: without what differs from request to request.
fn shown(browser: &Browser) -> String {
    let csrf: Vec<&str> = browser.page().body.lines().filter(|line| !line.contains("csrf")).collect();
    csrf.join("\n")
}

#[tokio::test]
async fn h05_a_new_letter_goes_to_the_invited_mailbox_and_the_old_link_dies() {
    let stage = Stage::set().await;
    stage.invited(ANNA, InvitationMethod::Any).await;
    let first = stage.t.mailbox.link(ANNA).await;
    let (mut browser, _) = stage.sign_in(&Account::member(3, "mallory@contoso.example").with("email", ANNA)).await;

    browser.submit("#problem-resend").await;

    let second = stage.t.mailbox.link(ANNA).await;
    assert_ne!(first, second);
    assert_eq!(stage.t.browser().goto(&first).await.page().status, 410);
    assert_eq!(stage.t.browser().goto(&second).await.page().status, 200);
}

#[tokio::test]
async fn nobody_learns_whether_there_is_an_invitation() {
    let stage = Stage::set().await;
    stage.invited(ANNA, InvitationMethod::Password).await;
    stage.t.member(&stage.contoso, "bert@contoso.example").await;
    stage.t.mailbox.everything().await;

    let mut pages = Vec::new();
    for address in [ANNA, "bert@contoso.example", "nobody@contoso.example"] {
        let (mut browser, _) = stage.sign_in(&Account::member(4, address)).await;
        let refused = browser.page().body.matches("upstream_not_connected").count();
        browser.submit("#problem-resend").await;
        pages.push((refused, browser.page().status, shown(&browser)));
    }

    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[0], pages[2]);
    let letters = stage.t.mailbox.everything().await;
    assert_eq!(letters.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), [ANNA]);
}

#[tokio::test]
async fn an_offer_is_good_for_one_letter_in_one_browser() {
    let stage = Stage::set().await;
    stage.invited(ANNA, InvitationMethod::Password).await;
    stage.t.mailbox.everything().await;
    let (mut browser, _) = stage.sign_in(&Account::member(4, ANNA)).await;
    let form = browser.form("#problem-resend");

    browser.send(form.clone()).await;
    browser.send(form).await;

    assert_eq!(stage.t.mailbox.everything().await.len(), 1);
}

#[tokio::test]
async fn a_mailbox_is_not_filled_by_asking_again_and_again() {
    let stage = Stage::set().await;
    stage.invited(ANNA, InvitationMethod::Password).await;
    stage.t.mailbox.everything().await;

    for _ in 0..6 {
        let (mut browser, _) = stage.sign_in(&Account::member(4, ANNA)).await;
        browser.submit("#problem-resend").await;
        assert_eq!(browser.page().status, 200);
    }

    assert_eq!(stage.t.mailbox.everything().await.len(), 3);
}

#[tokio::test]
async fn h01_the_link_is_made_of_the_configured_address() {
    let stage = Stage::set().await;
    stage.invited(ANNA, InvitationMethod::Password).await;
    stage.t.mailbox.everything().await;
    let (mut browser, _) = stage.sign_in(&Account::member(4, ANNA)).await;
    browser.extra = ["x-forwarded-host", "x-forwarded-proto", "forwarded"].map(|name| (name, "evil.example".to_owned())).to_vec();
    browser.extra.push(("host", "evil.example".to_owned()));

    browser.submit("#problem-resend").await;

    let letter = stage.t.mailbox.letter(ANNA).await;
    assert!(!format!("{}{}", letter.text, letter.html).contains("evil.example"));
    assert!(letter.text.contains(&stage.t.url("/invitation/tni_")));
}
