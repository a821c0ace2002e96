//! The first operator's one-time link.
use std::time::Duration;

use tenantry::model::{FactorKind, PersonState};
use tenantry::service::people::{BOOTSTRAP_TIME, BootstrapLink, Renewal, bootstrap_link, bootstrap_url};

use super::{change, refusal};
use crate::harness::browser::Browser;
use crate::harness::par::par;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};

const OLGA: &str = "olga@example.com";

async fn link(t: &Tenantry) -> String {
    let BootstrapLink::Made(token) = bootstrap_link(&change(t), Renewal::Always).await.unwrap() else { panic!("no link") };
    bootstrap_url(&t.origin, &token)
}

async fn fill(browser: &mut Browser, email: &str, password: &str) {
    browser.fill("#email", email).fill("#first-name", "Olga").fill("#last-name", "Petrova");
    browser.fill("#password", password).fill("#password-repeat", password).submit("#bootstrap-submit").await;
}

fn over() -> (u16, String) {
    (410, "link_over".to_owned())
}

#[tokio::test]
async fn the_first_operator_makes_an_account_and_proves_the_mailbox_at_the_first_sign_in() {
    let t = Tenantry::start().await;
    let link = link(&t).await;
    let mut browser = t.browser();

    browser.goto(&link).await;
    assert_eq!((browser.path(), browser.page().url.query()), ("/bootstrap", None), "h07: the token left the address");
    fill(&mut browser, OLGA, PASSWORD).await;
    assert!(browser.has("#done-continue"), "{}", browser.page());
    let record = t.app.store.read(async |r| r.person_by_email(&tenantry::model::Email::parse(OLGA).unwrap()).await).await.unwrap();
    let olga = record.unwrap();
    browser.follow("#done-continue").await;
    t.sign_in(&mut browser, &Someone { id: olga.id.clone(), email: OLGA.to_owned() }).await;

    assert_eq!((browser.path(), browser.page().status), ("/", 200));
    assert!(browser.page().body.contains(OLGA));
    assert_eq!((olga.state, olga.operator, olga.email_verified, olga.second_factor), (PersonState::Active, true, false, FactorKind::Email));
    assert_eq!(refusal(t.browser().goto(&link).await), over(), "it works once");
}

#[tokio::test]
async fn h04_two_at_once_make_one_operator() {
    let t = Tenantry::start().await;
    let link = link(&t).await;
    let mut browsers = Vec::new();
    for _ in 0..6 {
        let mut browser = t.browser();
        browser.goto(&link).await;
        browsers.push(browser);
    }

    let statuses = par(6, |index| {
        let mut browser = browsers[index].clone();
        async move {
            fill(&mut browser, &format!("op{index}@example.com"), PASSWORD).await;
            browser.page().status
        }
    })
    .await;

    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 410).count(), 5, "{statuses:?}");
}

#[tokio::test]
async fn unknown_replaced_and_expired_links_look_alike() {
    let t = Tenantry::start().await;
    let (first, second) = (link(&t).await, link(&t).await);

    for dead in [first, t.url("/bootstrap/tno_unknown"), t.url("/bootstrap/%00"), t.url("/bootstrap")] {
        assert_eq!(refusal(t.browser().goto(&dead).await), over(), "{dead}");
    }
    let mut opened_in_time = t.browser();
    opened_in_time.goto(&second).await;
    t.later(BOOTSTRAP_TIME + Duration::from_secs(1));
    fill(&mut opened_in_time, OLGA, PASSWORD).await;
    assert_eq!(refusal(&opened_in_time), over());
}

#[tokio::test]
async fn a_link_is_worthless_once_there_is_an_operator() {
    let t = Tenantry::start().await;
    let link = link(&t).await;
    let mut browser = t.browser();
    browser.goto(&link).await;
    t.person_with("op@example.com", |new| new.operator = true).await;

    fill(&mut browser, OLGA, PASSWORD).await;

    assert_eq!(refusal(&browser), over());
}

#[tokio::test]
async fn what_cannot_be_used_is_explained_and_uses_nothing_up() {
    let t = Tenantry::start().await;
    t.person("taken@example.com").await;
    let link = link(&t).await;
    let mut browser = t.browser();
    browser.goto(&link).await;

    for (email, password, expected) in [
        ("olga at example", PASSWORD, "email"),
        ("a@b.example, c@d.example", PASSWORD, "email"),
        ("taken@example.com", PASSWORD, "email"),
        (OLGA, "short", "too_short"),
        (OLGA, "olgapetrova1", "context"),
    ] {
        fill(&mut browser, email, password).await;
        assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, expected), "{email}");
    }
    fill(&mut browser, OLGA, PASSWORD).await;
    assert!(browser.has("#done-continue"));
}

#[tokio::test]
async fn e10_another_site_cannot_make_the_operator() {
    let t = Tenantry::start().await;
    let mut browser = t.browser();
    browser.goto(link(&t).await).await;
    browser.fill("#email", "evil@example.com").fill("#first-name", "E").fill("#last-name", "V");
    let form = browser.fill("#password", PASSWORD).fill("#password-repeat", PASSWORD).form("#bootstrap-submit");

    browser.send_from("https://evil.example", form).await;

    assert_eq!(refusal(&browser), (400, "expired".to_owned()));
    assert!(!t.app.store.read(async |r| r.operator_exists().await).await.unwrap());
}
