//! What the security page says (people.md K21, K23, K24, S52).
use tenantry::model::{FactorKind, MembershipKind};
use tenantry::policy::presets::Preset;

use super::{Scene, signed_in};

#[tokio::test(flavor = "multi_thread")]
async fn k21_k23_k24_the_app_is_recommended_the_apps_are_listed_and_the_active_factor_is_marked() {
    let mut s = Scene::new().await;

    s.browser.goto("/account/security").await;

    assert_eq!(s.browser.text(".options .badge-brand"), "Recommended");
    assert!(s.browser.text("#security-apps").contains("Microsoft Authenticator"));
    assert!(s.browser.text("li.active h3").contains("Codes by e-mail"));
    assert!(s.browser.has("#security-off") && !s.browser.has("#no-way-back"), "konfipay lets people turn it off");
}

#[tokio::test(flavor = "multi_thread")]
async fn s52_s58_the_page_explains_why_and_that_there_is_no_way_back() {
    let s = Scene::new().await;
    let shop = s.t.tenant_with("shop", |policy| *policy = Preset::Saferpay.policy()).await;
    let paula = s.t.person_with("paula@shop.example", |new| new.second_factor = FactorKind::None).await;
    s.t.join(&paula, &shop, MembershipKind::Home).await;
    let mut browser = signed_in(&s.t, &paula).await;

    browser.goto("/account/security").await;

    assert!(browser.text("li.active h3").contains("Password only"), "off until the person sets it up");
    assert!(browser.text("section[aria-labelledby=why]").contains("another device"));
    assert!(browser.has("#no-way-back") && !browser.has("#security-off"));
}
