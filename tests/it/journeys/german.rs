//! Everything in German.
use super::stage::{Scene, Stage};

impl Stage {
    async fn spoken(&self) -> String {
        self.browser.see("html").await.attr("lang").await.unwrap().unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_german_browser_is_spoken_to_in_german() {
    let scene = Scene { language: "de", metadata: |metadata| metadata.consent = tenantry::model::ConsentMode::Ask, ..Scene::of("german") };
    let Some(mut s) = scene.set().await else { return };
    let globex = s.t.tenant("globex").await;
    s.t.guest(&globex, &s.anna).await;

    let request = s.begin(&[]).await;
    let spoken = s.spoken().await;
    s.browser.look("login").await;
    s.password_is("falsch").await;
    s.browser.look("login-wrong").await;
    s.password().await;
    s.browser.look("code").await;
    let code = s.mailed().await;
    s.code(&code).await;
    s.browser.look("tenant").await;
    s.browser.click("#tenant-globex").await;
    s.browser.look("consent").await;
    s.browser.click("#consent-allow").await;
    s.arrives(&request).await;
    s.browser.goto(s.t.url("/account/security")).await;
    s.browser.look("security").await;
    s.browser.click("#security-app").await;
    s.browser.look("set-up").await;
    s.browser.goto(s.t.url("/end-session")).await;
    s.browser.look("logout").await;
    s.browser.click("#logout-confirm").await;
    s.browser.look("signed-out").await;

    assert_eq!(spoken, "de");
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_application_may_wish_for_a_language_and_the_person_decides() {
    let Some(s) = Stage::set("german-wished").await else { return };

    s.begin(&[("ui_locales", "de-AT en")]).await;
    let wished = s.spoken().await;
    s.password().await;
    let kept = s.spoken().await;
    s.browser.click(".langs a[hreflang=en]").await;
    let chosen = s.spoken().await;
    s.begin(&[("ui_locales", "de"), ("prompt", "login")]).await;
    let still = s.spoken().await;

    assert_eq!([wished, kept, chosen, still], ["de", "de", "en", "en"]);
    s.browser.close().await;
}
