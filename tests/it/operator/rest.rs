//! APIs, keys, letters, registration tokens.
use tenantry::model::{KeyState, LetterState};

use super::{actions, at_work};
use crate::harness::tenantry::Tenantry;

#[tokio::test(flavor = "multi_thread")]
async fn an_api_is_registered_and_changed() {
    let t = Tenantry::start().await;
    let mut browser = at_work(&t).await;
    browser.goto("/operator/apis").await;
    browser.follow("#api-add").await;
    browser.fill("#name", "Payments").fill("#identifier", "https://pay.example").fill("#scopes", "pay:read\n pay:write ");
    browser.tick("#requires-api-access").submit("#api-save").await;
    assert!(browser.has("#done"), "{}", browser.page());
    let api = t.app.registered().apis["https://pay.example"].clone();
    assert_eq!((api.settings.scopes.join(" ").as_str(), api.settings.requires_api_access), ("pay:read pay:write", true));

    browser.goto(format!("/operator/apis/{}", api.id)).await;
    browser.fill("#minutes", "10").fill("#format", "opaque").submit("#api-save").await;

    let api = t.app.registered().apis["https://pay.example"].clone();
    assert_eq!((api.settings.access_token_minutes, api.settings.scopes.len()), (Some(10), 2));
    let cases = [
        ("#identifier", "pay.example", "identifier"),
        ("#identifier", "https://pay.example", "taken"),
        ("#scopes", "openid", "scopes"),
        ("#minutes", "0", "minutes"),
        ("#name", "\u{202E}", "name"),
    ];
    for (field, value, fault) in cases {
        browser.goto("/operator/apis/new").await;
        browser.fill("#name", "Other").fill("#identifier", "https://other.example").fill(field, value).submit("#api-save").await;
        assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, fault), "{value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_keys_are_replaced_at_once_or_in_good_time() {
    let t = Tenantry::start().await;
    let states = async |state: KeyState| {
        let keys = t.app.store.read(async |r| r.signing_keys().await).await.unwrap();
        keys.into_iter().filter(|key| key.state == state).map(|key| key.kid).collect::<Vec<_>>()
    };
    let before = states(KeyState::Active).await;
    let mut browser = at_work(&t).await;
    browser.goto("/operator/keys").await;
    browser.follow("#keys-rotate").await;
    browser.submit("#confirm").await;
    assert!(browser.has("#done"));
    assert_eq!((states(KeyState::Active).await, states(KeyState::Next).await.is_empty()), (before.clone(), false));

    browser.follow("#keys-replace").await;
    browser.submit("#confirm").await;

    let after = states(KeyState::Active).await;
    assert!(after.iter().all(|kid| !before.contains(kid)) && after.len() == before.len());
    assert_eq!(states(KeyState::Retired).await.len(), before.len(), "what they signed is still accepted");
    let keys = t.app.store.read(async |r| r.signing_keys().await).await.unwrap();
    browser.goto("/operator/keys").await;
    assert!(keys.iter().all(|key| browser.page().body.contains(&key.kid) && !browser.page().body.contains(&key.sealed_private)));
    assert!(actions(&t).await.contains(&"key.activate".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn h17_the_outbox_shows_states_and_never_a_text() {
    let t = Tenantry::start().await;
    let mut browser = at_work(&t).await;
    browser.goto("/operator/mail").await;
    browser.submit("#mail-test").await;
    assert!(browser.text("#done").contains("o…@ops.example"));
    assert!(!browser.page().body.contains("olga@ops.example"));
    assert!(!browser.page().texts("tbody tr").is_empty());
    let queued = Some(LetterState::Queued);
    let waiting = t.app.store.read(async |r| r.letter_fates(queued, None, 1).await).await.unwrap();
    browser.submit(&format!("#retry-{}", waiting[0].id)).await;
    assert!(browser.has("#done"));

    let letter = t.mailbox.letter("olga@ops.example").await;

    assert!(letter.subject.contains("Test"), "{}", letter.subject);
    browser.goto("/operator/mail?state=sent").await;
    let body = browser.page().body.clone();
    assert!(!body.contains(&letter.subject) && !body.contains("asked for this letter") && !body.contains("let_nobody"));
    let trail = actions(&t).await;
    assert!(trail.contains(&"letter.test".to_owned()) && trail.contains(&"letter.retry".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_token_is_made_shown_once_and_ended() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let mut browser = at_work(&t).await;
    browser.goto("/operator/registration").await;
    browser.fill("#uses", "2").fill("#days", "3").fill("#tenant", "acme").submit("#token-add").await;
    let secret = browser.text("#once-secret");

    let made = t.app.store.read(async |r| r.registration_tokens().await).await.unwrap().remove(0);

    assert_eq!((made.uses_left, made.tenant), (2, Some(acme.id)));
    browser.follow("#once-done").await;
    assert!(!browser.page().body.contains(&secret));
    for (field, value, fault) in [("#uses", "0", "uses"), ("#days", "1000", "days"), ("#tenant", "nowhere", "tenant")] {
        browser.goto("/operator/registration").await;
        browser.fill(field, value).submit("#token-add").await;
        assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, fault));
    }
    browser.goto("/operator/registration").await;
    browser.follow(&format!("#end-{}", made.id)).await;
    browser.submit("#confirm").await;
    assert!(t.app.store.read(async |r| r.registration_tokens().await).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_waits_for_long_is_one_click_from_the_overview() {
    let t = Tenantry::start().await;
    let mut browser = at_work(&t).await;
    browser.goto("/operator/mail").await;
    browser.submit("#mail-test").await;
    t.later(std::time::Duration::from_secs(16 * 60));

    browser.goto("/operator").await;
    browser.follow(".attentions a").await;

    assert_eq!(browser.path(), "/operator/mail");
    assert!(browser.has("[id^=retry-]"), "{}", browser.page());
}
