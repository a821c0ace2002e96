//! The way there and back: state, browser, connection, what travels along (microsoft.md 2.6, 4.4; security.md J05, E10).
use std::time::Duration;

use serde_json::json;
use tenantry::model::{ConnectionState, InvitationMethod};
use url::Url;

use super::{Stage, connect, refusal};
use crate::harness::html::Form;
use crate::harness::issuer::{Account, OTHER_DIRECTORY};
use crate::harness::par::par;

const ANNA: &str = "anna@contoso.example";

fn start_again() -> (u16, String) {
    (400, "upstream_start_again".to_owned())
}

/// The address with another value of one parameter; none takes it away.
fn tampered(url: &Url, name: &str, value: Option<&str>) -> Url {
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().filter(|(n, _)| n != name).collect();
    let mut changed = url.clone();
    changed.query_pairs_mut().clear().extend_pairs(pairs).extend_pairs(value.map(|value| (name, value)));
    changed
}

#[tokio::test]
async fn j05_an_answer_with_a_foreign_missing_or_used_state_is_refused() {
    let stage = Stage::set().await;
    stage.invited(ANNA, InvitationMethod::Microsoft).await;
    let (mut browser, _) = stage.at_login(&[]).await;
    let away = stage.depart(&mut browser, &stage.connection).await;
    let back = stage.issuer.sign_in(&away, &Account::member(1, ANNA));

    for state in [None, Some(""), Some("tnu_unknown"), Some("\u{e9}")] {
        browser.goto(tampered(&back, "state", state)).await;
        assert_eq!(refusal(&browser), start_again(), "{state:?}");
    }
    assert_eq!(stage.issuer.redeemed(), 0, "the code was not sent anywhere");

    browser.goto(&back).await;
    assert_eq!(browser.path(), "/login/code", "the right one still works");
    browser.goto(&back).await;
    assert_eq!(refusal(&browser), start_again(), "and does so once");
    assert_eq!(stage.issuer.redeemed(), 1);
}

#[tokio::test]
async fn j05_e10_an_answer_in_another_browser_is_refused_and_uses_nothing_up() {
    let stage = Stage::set().await;
    stage.invited(ANNA, InvitationMethod::Microsoft).await;
    let (mut mine, _) = stage.at_login(&[]).await;
    let (mut with_a_flow_of_its_own, _) = stage.at_login(&[]).await;
    let away = stage.depart(&mut mine, &stage.connection).await;
    let back = stage.issuer.sign_in(&away, &Account::member(1, ANNA));

    for mut foreign in [stage.t.browser(), with_a_flow_of_its_own.clone()] {
        foreign.goto(&back).await;
        assert_eq!(refusal(&foreign), start_again());
    }
    with_a_flow_of_its_own.goto(&back).await;

    mine.goto(&back).await;
    assert_eq!(mine.path(), "/login/code");
}

#[tokio::test]
async fn j05_parallel_answers_have_one_winner() {
    let stage = Stage::set().await;
    stage.invited(ANNA, InvitationMethod::Microsoft).await;
    let (mut browser, _) = stage.at_login(&[]).await;
    let away = stage.depart(&mut browser, &stage.connection).await;
    let back = stage.issuer.sign_in(&away, &Account::member(1, ANNA));

    let paths = par(8, |_| {
        let (mut browser, back) = (browser.clone(), back.clone());
        async move {
            browser.goto(back).await;
            browser.path().to_owned()
        }
    })
    .await;

    assert_eq!(paths.iter().filter(|path| *path == "/login/code").count(), 1, "{paths:?}");
    assert_eq!(stage.issuer.redeemed(), 1);
}

#[tokio::test]
async fn j05_the_callback_takes_each_parameter_once_and_by_get_only() {
    let stage = Stage::set().await;
    let (mut browser, _) = stage.at_login(&[]).await;
    let away = stage.depart(&mut browser, &stage.connection).await;
    let back = stage.issuer.sign_in(&away, &Account::member(1, ANNA));

    browser.goto(format!("{back}&state=x")).await;
    assert_eq!(browser.page().status, 400);
    let form = Form { action: tampered(&back, "x", None), is_post: true, fields: Vec::new() };
    browser.goto("/").await;
    browser.send(form).await;
    assert_eq!(browser.page().status, 405);
    browser.goto(&back).await;
    assert_eq!(refusal(&browser).1, "upstream_not_connected", "nothing was used up so far");
}

#[tokio::test]
async fn an_answer_after_ten_minutes_is_too_late() {
    let stage = Stage::set().await;
    let (mut browser, _) = stage.at_login(&[]).await;
    let away = stage.depart(&mut browser, &stage.connection).await;
    let back = stage.issuer.sign_in(&away, &Account::member(1, ANNA));

    stage.t.later(Duration::from_secs(600));
    browser.goto(&back).await;

    assert_eq!(refusal(&browser), start_again());
}

#[tokio::test]
async fn e10_another_site_cannot_send_anybody_to_microsoft() {
    let stage = Stage::set().await;
    let (mut browser, _) = stage.at_login(&[]).await;
    let form = browser.form(&format!("#upstream-{}", stage.connection.id));

    browser.send_from("https://evil.example", form.clone()).await;
    assert_eq!(refusal(&browser), (400, "expired".to_owned()));

    let without_token = Form { fields: form.fields.iter().filter(|(name, _)| name != "csrf").cloned().collect(), ..form };
    browser.goto("/").await;
    browser.send(without_token).await;
    assert_eq!(refusal(&browser), (400, "expired".to_owned()));
}

#[tokio::test]
async fn j07_b29_a_connection_that_was_disabled_meanwhile_takes_no_answer() {
    let stage = Stage::set().await;
    let anna = stage.invited(ANNA, InvitationMethod::Microsoft).await;
    let (mut browser, request) = stage.at_login(&[]).await;
    let away = stage.depart(&mut browser, &stage.connection).await;
    let back = stage.issuer.sign_in(&away, &Account::member(1, ANNA));
    let button = format!("#upstream-{}", stage.connection.id);
    let (mut late, _) = stage.at_login(&[]).await;

    stage.db_connection_state(ConnectionState::Disabled).await;

    let mut browser = browser.tolerating_errors();
    browser.goto(&back).await;
    assert_eq!(refusal(&browser), (503, "upstream_unavailable".to_owned()));
    assert_eq!(stage.issuer.redeemed(), 0);
    stage.assert_still_invited(&anna).await;
    browser.goto(request.url.as_str()).await;
    assert!(!browser.has(&button), "its button is gone");
    let mut late = {
        late.goto(late.page().url.clone().as_str()).await;
        late
    }
    .tolerating_errors();
    assert!(!late.has(&button));
    late.goto("/").await;
}

#[tokio::test]
async fn j11_an_answer_at_the_address_of_another_connection_is_refused() {
    let stage = Stage::set().await;
    let other = connect(&stage.t, &stage.issuer, OTHER_DIRECTORY, None, false).await;
    let anna = stage.invited(ANNA, InvitationMethod::Microsoft).await;
    let (mut browser, _) = stage.at_login(&[]).await;
    let away = stage.depart(&mut browser, &stage.connection).await;
    let back = stage.issuer.sign_in(&away, &Account::member(1, ANNA));

    let mixed = back.as_str().replace(stage.connection.id.as_str(), other.id.as_str());
    browser.goto(&mixed).await;

    assert_eq!(refusal(&browser), start_again());
    assert_eq!(stage.issuer.redeemed(), 0, "the code went to nobody");
    stage.assert_still_invited(&anna).await;
}

#[tokio::test]
async fn j11_an_issuer_parameter_must_be_the_connections_own() {
    let stage = Stage::set().await;
    stage.invited(ANNA, InvitationMethod::Microsoft).await;
    let right = format!("{}/{}/v2.0", stage.issuer.host, stage.connection.tid);
    let wrong = format!("{}/{OTHER_DIRECTORY}/v2.0", stage.issuer.host);

    for (iss, path) in [(wrong, None), (right, Some("/login/code"))] {
        let (mut browser, _) = stage.at_login(&[]).await;
        let away = stage.depart(&mut browser, &stage.connection).await;
        let back = stage.issuer.sign_in(&away, &Account::member(1, ANNA));
        browser.goto(tampered(&back, "iss", Some(&iss))).await;
        match path {
            Some(path) => assert_eq!(browser.path(), path),
            None => assert_eq!(refusal(&browser), start_again()),
        }
    }
}

#[tokio::test]
async fn what_the_application_wants_travels_along() {
    let stage = Stage::set().await;
    let parameter = |url: &Url, name: &str| url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
    let wishes = [("prompt", "login"), ("login_hint", ANNA), ("max_age", "600"), ("ui_locales", "de en")];

    let (mut browser, _) = stage.at_login(&wishes).await;
    let away = stage.depart(&mut browser, &stage.connection).await;
    for (name, value) in wishes {
        assert_eq!(parameter(&away, name).as_deref(), Some(value), "{name}");
    }
    let (mut browser, _) = stage.at_login(&[("prompt", "select_account"), ("login_hint", ANNA)]).await;
    let away = stage.depart(&mut browser, &stage.connection).await;
    assert_eq!(parameter(&away, "prompt").as_deref(), Some("select_account"));
    assert_eq!(parameter(&away, "login_hint"), None);
    let (mut browser, _) = stage.at_login(&[("prompt", "consent")]).await;
    let away = stage.depart(&mut browser, &stage.connection).await;
    assert_eq!(parameter(&away, "prompt"), None, "consent concerns ours");
}

#[tokio::test]
async fn after_an_account_that_did_not_fit_microsoft_asks_which_one() {
    let stage = Stage::set().await;
    let anna = stage.invited(ANNA, InvitationMethod::Microsoft).await;
    let (mut browser, _) = stage.sign_in(&Account::member(9, "nobody@contoso.example")).await;

    browser.follow("#problem-retry").await;
    let away = stage.depart(&mut browser, &stage.connection).await;
    assert!(away.query().unwrap().contains("prompt=select_account"), "{away}");
    browser.goto(stage.issuer.sign_in(&away, &Account::member(1, ANNA))).await;

    assert_eq!(browser.path(), "/login/code");
    assert_eq!(stage.identities(&anna).await.len(), 1);
}

#[tokio::test]
async fn a_sign_in_at_microsoft_that_is_older_than_wanted_is_refused() {
    let stage = Stage::set().await;
    stage.invited(ANNA, InvitationMethod::Microsoft).await;
    let long_ago = stage.t.now().seconds() - 3600;

    for (wish, expected) in [(("prompt", "login"), "upstream_start_again"), (("max_age", "60"), "upstream_start_again")] {
        let (mut browser, _) = stage.at_login(&[wish]).await;
        stage.through(&mut browser, &Account::member(1, ANNA).with("auth_time", long_ago)).await;
        assert_eq!(refusal(&browser).1, expected, "{wish:?}");
    }
    let (mut browser, _) = stage.at_login(&[("max_age", "7200")]).await;
    stage.through(&mut browser, &Account::member(1, ANNA).with("auth_time", long_ago)).await;
    assert_eq!(browser.path(), "/login/code");
}

#[tokio::test]
async fn a_finished_page_in_another_tab_is_not_overwritten_by_a_late_answer() {
    let stage = Stage::set().await;
    let bert = stage.t.member(&stage.contoso, "bert@contoso.example").await;
    stage.invited(ANNA, InvitationMethod::Microsoft).await;
    let (mut browser, request) = stage.at_login(&[]).await;
    let login = browser.page().url.clone();
    let away = stage.depart(&mut browser, &stage.connection).await;
    let back = stage.issuer.sign_in(&away, &Account::member(1, ANNA));
    browser.goto(&login).await;
    stage.t.mailbox.everything().await;
    browser.fill("#identifier", &bert.email).fill("#password", crate::harness::world::PASSWORD).submit("#login-submit").await;

    browser.goto(&back).await;
    stage.code(&mut browser, &bert.email).await;
    let code = stage.party.landed(&request, browser.landing()).code();
    let tokens = stage.party.exchange(&request, &code).await.unwrap();

    assert_eq!(tokens.claims["sub"], json!(bert.id));
}

#[tokio::test]
async fn nothing_secret_and_no_address_is_logged_or_audited() {
    let stage = Stage::set().await;
    let anna = stage.invited(ANNA, InvitationMethod::Microsoft).await;
    let invitation = stage.t.mailbox.link(ANNA).await;
    let (mut browser, _) = stage.at_login(&[]).await;
    let away = stage.depart(&mut browser, &stage.connection).await;
    let back = stage.issuer.sign_in(&away, &Account::member(1, ANNA));
    browser.goto(&invitation).await;
    browser.goto(&back).await;
    browser.goto(&back).await;
    stage.sign_in(&Account::member(2, ANNA)).await;

    let rows = stage.t.app.store.read(async |r| r.audit_since(tenantry::world::Timestamp::from_micros(0), 1000).await).await.unwrap();
    let text = format!("{} {rows:?}", stage.t.log.text());
    let secrets: Vec<String> =
        back.query_pairs().filter(|(name, _)| name != "session_state").map(|(_, value)| value.into_owned()).collect();
    let token = invitation.path_segments().unwrap().next_back().unwrap().to_owned();
    for secret in secrets.iter().chain([&token, &ANNA.to_owned()]) {
        assert!(!text.contains(secret.as_str()), "{secret}");
    }
    assert!(text.contains(anna.id.as_str()));
}
