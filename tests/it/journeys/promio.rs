//! Under the preset promio, in German: company ID and user name, a letter that leaves by itself, an app by choice.
use std::time::Duration;

use tenantry::policy::presets::Preset;
use tenantry::service::people::NewUsername;

use super::desk::{CHOSEN, move_in};
use crate::harness::chromium::{self, Chromium};
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{Authenticator, PASSWORD};

async fn types(browser: &Chromium, company: &str, name: &str, password: &str) {
    browser.fill("#company", company).await;
    browser.fill("#identifier", name).await;
    browser.fill("#password", password).await;
    browser.click("#login-submit").await;
}

/// Marie administers Acme under the user name `marie`.
async fn world() -> Tenantry {
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| *policy = Preset::Promio.policy()).await;
    let username = NewUsername { tenant: acme.id.clone(), name: Some("marie".to_owned()) };
    let person = t
        .person_with("marie@acme.example", |new| {
            new.username = Some(username);
            new.second_factor = tenantry::model::FactorKind::None;
        })
        .await;
    t.join_with(&person, &acme, tenantry::model::MembershipKind::Home, |new| new.admin = true).await;
    t
}

#[tokio::test(flavor = "multi_thread")]
async fn p11_p12_promio_a_colleague_moves_in_by_a_letter_and_signs_in_with_company_id_and_app() {
    if !chromium::is_there() {
        return;
    }
    let t = world().await;
    let mut marie = Chromium::speaking("de", "promio-office").await;
    marie.goto(t.url("/admin/acme/people/new")).await;
    types(&marie, "nowhere", "marie", PASSWORD).await;
    marie.see("#error[data-kind=wrong_name]").await;
    marie.look("company-wrong").await;
    let kept = marie.see("#company").await.prop("value").await.unwrap();
    types(&marie, "N-acme", "marie", PASSWORD).await;
    marie.fill("#email", "bo@acme.example").await;
    marie.fill("#username", "bo").await;
    marie.fill("#first-name", "Bo").await;
    marie.fill("#last-name", "Berg").await;
    marie.look("new-person").await;
    marie.click("#person-create").await;
    marie.see(".status-invited").await;

    let mut bo = Chromium::speaking("de", "promio").await;
    let link = t.mailbox.link("bo@acme.example").await.to_string();
    move_in(&mut bo, &link, "password").await;
    bo.goto(t.url("/account/security")).await;
    bo.see("#company").await;
    bo.look("company").await;
    types(&bo, "N-acme", "bo", CHOSEN).await;
    bo.see("#security-app").await;
    bo.look("security").await;
    bo.click("#security-app").await;
    let app = Authenticator::typed(&bo.text("#totp-secret").await);
    bo.look("app").await;
    bo.fill("#code", &app.code(t.now())).await;
    bo.fill("#password", CHOSEN).await;
    bo.click("#totp-submit").await;
    bo.see("#recovery-done").await;
    bo.goto(t.url("/end-session")).await;
    bo.click("#logout-confirm").await;

    t.later(Duration::from_secs(60));
    bo.goto(t.url("/account")).await;
    types(&bo, "acme", "bo", CHOSEN).await;
    bo.see("#code").await;
    bo.look("second-page").await;
    bo.fill("#code", &app.code(t.now())).await;
    bo.click("#code-submit").await;
    let signed_in = bo.text("#my-account").await;

    assert_eq!(kept.as_deref(), Some("nowhere"), "what was typed stays");
    assert!(signed_in.contains("Bo Berg"), "{signed_in}");
    marie.close().await;
    bo.close().await;
}
