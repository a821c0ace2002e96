//! The authenticator app as second factor: setting it up, signing in with it, and the day when the phone is lost.
use std::time::Duration;

use tenantry::model::MfaMode;

use super::stage::{Scene, Stage};
use crate::harness::world::{Authenticator, PASSWORD};

const MFA: &str = "urn:tenantry:acr:mfa";

impl Stage {
    /// Types the shown secret into an app.
    async fn enrols(&self) -> Authenticator {
        Authenticator::typed(&self.browser.text("#totp-secret").await)
    }

    async fn confirms(&self, code: &str, password: &str) {
        self.browser.fill("#code", code).await;
        self.browser.fill("#password", password).await;
        self.browser.click("#totp-submit").await;
    }

    async fn recovery_codes(&self) -> Vec<String> {
        self.browser.text("#recovery-codes").await.split_whitespace().map(str::to_owned).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_set_up_and_then_signs_in() {
    let Some(mut s) = Stage::set("app").await else { return };

    s.browser.goto(s.t.url("/account/security")).await;
    s.sign_in().await;
    s.browser.look("security-by-email").await;
    s.browser.click("#security-app").await;
    s.browser.look("set-up").await;
    let app = s.enrols().await;
    s.confirms(&app.code(s.t.now()), "not the password").await;
    s.browser.see("#error[data-kind=wrong_password]").await;
    let good = app.code(s.t.now());
    s.confirms(if good == "123456" { "654321" } else { "123456" }, PASSWORD).await;
    s.browser.see("#error[data-kind=wrong_code]").await;
    s.browser.look("set-up-wrong-code").await;
    s.confirms(&good, PASSWORD).await;
    s.browser.look("recovery-codes").await;
    let recovery = s.recovery_codes().await;
    s.browser.click("#recovery-done").await;
    s.browser.look("new-app-asked-for").await;
    s.code(&good).await;
    s.browser.see("#error[data-kind=wrong]").await;
    s.t.later(Duration::from_secs(30));
    s.code(&app.code(s.t.now())).await;
    s.browser.look("security-by-app").await;
    s.browser.click("#sign-out").await;
    s.browser.see("main .badge-icon-good").await;

    s.t.later(Duration::from_secs(30));
    let request = s.begin(&[]).await;
    s.password().await;
    s.browser.look("app-code").await;
    s.code(&app.code(s.t.now())).await;
    let by_app = s.arrives(&request).await;
    s.sign_out().await;

    let request = s.begin(&[]).await;
    s.password().await;
    s.browser.click("#code-recovery").await;
    s.browser.look("recovery-code").await;
    s.code(&recovery[0].to_uppercase()).await;
    let by_recovery = s.arrives(&request).await;
    s.sign_out().await;
    s.begin(&[]).await;
    s.password().await;
    s.browser.click("#code-recovery").await;
    s.code(&recovery[0]).await;
    s.browser.see("#error[data-kind=wrong]").await;

    assert_eq!((&by_app.claims["acr"], &by_recovery.claims["acr"]), (&MFA.into(), &MFA.into()));
    assert_eq!(s.t.mailbox.everything().await.len(), 2, "letters about the app and the used recovery code");
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_demands_an_app_leads_through_setting_it_up() {
    let policy = |policy: &mut tenantry::model::TenantPolicy| {
        policy.mfa_mode = MfaMode::Required;
        policy.mfa_email_satisfies = tenantry::model::EmailSatisfies::Nothing;
    };
    let Some(mut s) = (Scene { policy, ..Scene::of("app-demanded") }).set().await else { return };

    let request = s.begin(&[]).await;
    s.sign_in().await;
    s.browser.look("set-up").await;
    let app = s.enrols().await;
    s.confirms(&app.code(s.t.now()), PASSWORD).await;
    s.browser.see("#recovery-codes").await;
    s.browser.click("#recovery-done").await;
    let tokens = s.arrives(&request).await;

    assert_eq!(tokens.claims["acr"], MFA);
    assert_eq!(tokens.claims["tenant"], s.acme.slug);
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_are_renewed_and_the_app_is_given_up() {
    let scene = Scene { policy: |policy| policy.mfa_user_may_disable = true, ..Scene::of("app-given-up") };
    let Some(mut s) = scene.set().await else { return };
    let app = s.t.db_authenticator(&s.anna).await;
    s.t.later(Duration::from_secs(30));

    s.browser.goto(s.t.url("/account/security")).await;
    s.password().await;
    s.code(&app.code(s.t.now())).await;
    s.browser.click("#security-recovery").await;
    s.browser.look("new-recovery-codes").await;
    let codes = s.recovery_codes().await;
    s.browser.click("#recovery-done").await;
    s.browser.click("#security-email").await;
    s.browser.look("back-to-email").await;
    s.browser.click("#security-off").await;
    s.browser.look("turned-off").await;
    s.sign_out().await;
    let request = s.begin(&[]).await;
    s.password().await;

    assert!(codes.len() >= 8, "{codes:?}");
    assert_eq!(s.arrives(&request).await.claims["acr"], "urn:tenantry:acr:pwd");
    s.browser.close().await;
}
