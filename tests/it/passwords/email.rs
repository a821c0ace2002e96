//! A new e-mail address.
use tenantry::model::{Email, FactorKind};
use tenantry::policy::presets::Preset;

use super::Scene;
use crate::harness::browser::Browser;

const NEW: &str = "anna@new.example";

async fn at_dialog(s: &Scene) -> (Browser, String) {
    let mut browser = s.t.browser();
    browser.goto("/login/start").await;
    s.t.sign_in(&mut browser, &s.anna).await;
    browser.goto("/account/security").await;
    browser.follow("#security-address").await;
    let code = s.t.mailbox.code(&s.anna.email).await;
    (browser, code)
}

async fn fill<'b>(browser: &'b mut Browser, email: &str, code: &str) -> &'b mut Browser {
    browser.fill("#email", email).fill("#code", code).submit("#email-submit").await
}

async fn address(s: &Scene) -> bool {
    let new = Email::parse(NEW).unwrap();
    s.t.app.store.read(async |r| r.person_by_email(&new).await).await.unwrap().is_some()
}

#[tokio::test]
async fn k11_k12_the_address_changes_by_a_code_to_the_present_and_a_link_to_the_new_one() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let (mut browser, code) = at_dialog(&s).await;
    let wrong = if code == "000000" { "111111" } else { "000000" };
    fill(&mut browser, NEW, wrong).await;
    assert_eq!(browser.page().attr("#error", "data-kind"), "wrong_code");
    assert_eq!(browser.page().attr("#email", "value"), NEW, "what was typed stays");

    fill(&mut browser, NEW, &code).await;

    assert!(browser.has("#email-sent") && !address(&s).await, "it counts once the new one is proved");
    let link = s.t.mailbox.link(NEW).await;
    browser.goto(link.as_str()).await;
    assert!(!address(&s).await, "looking changes nothing");
    browser.submit("#email-confirm").await;
    assert!(address(&s).await && browser.has("#done-continue"));
    assert!(s.t.mailbox.letter(&s.anna.email).await.text.contains("a…@new.example"), "the old address hears of it");
    assert_eq!(s.t.browser().goto(link.as_str()).await.page().status, 410, "g10: a link works once");
}

#[tokio::test]
async fn k12_the_dialog_beside_ones_details_takes_address_and_code_together_and_the_code_is_on_its_way() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let mut browser = s.t.browser();
    browser.goto("/login/start").await;
    s.t.sign_in(&mut browser, &s.anna).await;
    browser.goto("/account/details").await;

    browser.follow(".toolbar #details-address").await;

    assert_eq!(browser.path(), "/account/email");
    let code = s.t.mailbox.code(&s.anna.email).await;
    let button = "form[action='/account/email'] button";
    let sent: Vec<String> = browser.form(button).fields.into_iter().map(|(name, _)| name).collect();
    assert!(["email", "code"].iter().all(|name| sent.contains(&(*name).to_owned())), "one button for both: {sent:?}");
    browser.fill("#code", &code).submit(button).await;
    assert_eq!(browser.page().status, 422, "a code without an address");
    fill(&mut browser, NEW, &code).await;
    assert!(browser.has("#email-sent"), "{}", browser.page());
}

#[tokio::test]
async fn h11_whoever_owns_the_new_mailbox_gives_it_to_nobody_elses_account() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let vic = s.t.member(&s.tenant, "vic@acme.example").await;
    let (mut browser, code) = at_dialog(&s).await;
    fill(&mut browser, NEW, &code).await;
    let link = s.t.mailbox.link(NEW).await;

    let mut stranger = s.t.browser();
    assert_eq!(stranger.goto(link.as_str()).await.path(), "/login", "the owner of the account is asked for");
    let mut other = s.t.browser();
    other.goto("/login/start").await;
    s.t.sign_in(&mut other, &vic).await;
    assert_eq!(other.goto(link.as_str()).await.page().status, 410);

    assert!(!address(&s).await);
}

#[tokio::test]
async fn f07_own_data_say_the_same_of_free_and_taken_addresses() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let ben = s.t.member(&s.tenant, "ben@acme.example").await;
    for email in [NEW, &ben.email] {
        let (mut browser, code) = at_dialog(&s).await;
        fill(&mut browser, email, &code).await;
        assert!(browser.has("#email-sent"));
        s.t.later(super::minutes(16));
    }

    let since = s.t.now().minus(std::time::Duration::from_secs(3600));
    let events = s.t.app.store.read(async |r| r.audit_since(since, 1000).await).await.unwrap();
    let told: Vec<_> = events.iter().filter(|event| event.action == "email.ask").map(|event| event.outcome.as_str()).collect();
    assert_eq!(told, ["sent", "sent"]);
}

#[tokio::test]
async fn k11_without_the_code_nothing_is_sent_anywhere() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let (mut browser, _) = at_dialog(&s).await;

    for typed in ["", "123", "abcdef"] {
        let mut form = browser.fill("#email", NEW).form("#email-submit");
        form.fields.iter_mut().filter(|(name, _)| name == "code").for_each(|(_, value)| *value = typed.to_owned());
        browser.send(form).await;
        assert_eq!(browser.page().status, 422, "{typed:?}");
    }

    assert_eq!(s.t.mailbox.take(NEW).await.len(), 0);
    assert!(!address(&s).await);
}

#[tokio::test]
async fn k10_the_code_of_one_person_changes_nobody_elses_address() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let (browser, code) = at_dialog(&s).await;
    let challenge = browser.page().attr("input[name=challenge]", "value");
    let ben = s.t.member(&s.tenant, "ben@acme.example").await;
    let mut other = s.t.browser();
    other.goto("/login/start").await;
    s.t.sign_in(&mut other, &ben).await;
    other.goto("/account/email").await;

    let mut form = other.fill("#email", NEW).fill("#code", &code).form("#email-submit");
    form.fields.iter_mut().filter(|(name, _)| name == "challenge").for_each(|(_, value)| value.clone_from(&challenge));
    other.send(form).await;

    assert_eq!(other.page().status, 422);
    assert_eq!(s.t.mailbox.take(NEW).await.len(), 0);
}

#[tokio::test]
async fn h11_an_address_that_somebody_has_is_not_told_and_gets_no_letter() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let ben = s.t.member(&s.tenant, "ben@acme.example").await;
    let (mut browser, code) = at_dialog(&s).await;

    fill(&mut browser, &ben.email, &code).await;

    assert!(browser.has("#email-sent"));
    assert_eq!(s.t.mailbox.take(&ben.email).await.len(), 0);
}

#[tokio::test]
async fn h05_the_next_wish_ends_the_link_of_the_one_before() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let (mut browser, code) = at_dialog(&s).await;
    fill(&mut browser, "first@new.example", &code).await;
    let first = s.t.mailbox.link("first@new.example").await;
    browser.goto("/account/email").await;
    let code = s.t.mailbox.code(&s.anna.email).await;
    fill(&mut browser, NEW, &code).await;

    assert_eq!(s.t.browser().goto(first.as_str()).await.page().status, 410);
    assert_eq!(browser.goto(s.t.mailbox.link(NEW).await.as_str()).await.page().status, 200);
}

#[tokio::test]
async fn e10_g13_another_site_that_leads_to_the_dialog_makes_nobody_send_a_letter() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let mut browser = s.t.browser();
    browser.goto("/login/start").await;
    s.t.sign_in(&mut browser, &s.anna).await;
    s.t.mailbox.take(&s.anna.email).await;

    for site in ["cross-site", "same-site"] {
        browser.extra = vec![("sec-fetch-site", site.to_owned())];
        browser.goto("/account/email").await;
        assert!(browser.has("#email-send") && !browser.has("#email-submit"), "{site}: {}", browser.page());
        assert!(s.t.mailbox.take(&s.anna.email).await.is_empty(), "{site}");
    }
    browser.extra.clear();
    browser.submit("#email-send").await;

    let code = s.t.mailbox.code(&s.anna.email).await;
    fill(&mut browser, NEW, &code).await;
    assert!(browser.has("#email-sent"), "who really wants it asks for it");
}
