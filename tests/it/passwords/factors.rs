//! Second factors under the rules of the three systems (people.md K17 to K25, P2, P12, P14, P16, S53 to S58).
use serde_json::json;
use tenantry::model::{FactorKind, MembershipKind, MfaReset, TenantPolicy};
use tenantry::policy::presets::Preset;

use super::{NEW, Scene, choose, minutes};
use crate::harness::browser::Browser;
use crate::harness::relying_party::Landed;
use crate::harness::world::{Authenticator, PASSWORD, Someone};
use crate::rights::doors::signed_in;

impl Scene {
    async fn factor(&self) -> FactorKind {
        self.t.app.store.read(async |r| r.person(&self.anna.id).await).await.unwrap().unwrap().second_factor
    }

    /// A browser in which Anna is signed in.
    async fn inside(&self) -> Browser {
        let mut browser = self.t.browser();
        browser.goto("/login/start").await;
        self.t.sign_in(&mut browser, &self.anna).await;
        browser
    }

    /// Anna with an app, in a browser where she signed in with it.
    async fn with_app(preset: Preset) -> (Self, Authenticator, Browser) {
        let s = Self::of(preset).await;
        let app = s.t.db_authenticator(&s.anna).await;
        let mut browser = s.t.browser();
        s.sign_in(&mut browser, PASSWORD).await;
        browser.fill("#code", &app.code(s.t.now())).submit("#code-submit").await;
        (s, app, browser)
    }
}

/// Opens the set-up page; gives the app that scanned it.
async fn scan(browser: &mut Browser) -> Authenticator {
    browser.goto("/account/security/app").await;
    Authenticator::typed(&browser.text("#totp-secret"))
}

/// A code that the app does not show.
fn other_than(code: &str) -> &'static str {
    if code == "123456" { "654321" } else { "123456" }
}

#[tokio::test(flavor = "multi_thread")]
async fn k17_k18_a_second_factor_is_recommended_and_turned_off_and_on_in_the_profile() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let mut browser = s.inside().await;
    browser.goto("/account/security").await;
    assert_eq!(browser.text(".options .badge-brand"), "Recommended");

    browser.submit("#security-off").await;
    assert_eq!(s.factor().await, FactorKind::None);
    assert!(browser.text("li.active").contains("Not recommended"), "{}", browser.text("li.active"));
    assert!(s.is_good(PASSWORD).await, "the e-mail address and the password are enough now");

    browser.submit("#security-email").await;
    assert_eq!(s.factor().await, FactorKind::Email);
    let mut next = s.t.browser();
    s.sign_in(&mut next, PASSWORD).await;
    assert_eq!(next.path(), "/login/code");
}

#[tokio::test(flavor = "multi_thread")]
async fn k18_people_turn_the_second_factor_off_and_on_where_the_rule_lets_them() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let mut browser = s.inside().await;
    browser.goto("/account/security").await;
    let off = browser.form("#security-off");
    browser.submit("#security-off").await;
    assert_eq!(s.factor().await, FactorKind::None);
    let mut next = s.t.browser();
    s.sign_in(&mut next, PASSWORD).await;
    assert_eq!(next.path(), "/", "no code is asked for");
    browser.submit("#security-email").await;
    assert_eq!(s.factor().await, FactorKind::Email);
    s.t.mailbox.everything().await;

    let policy = TenantPolicy { mfa_user_may_disable: false, ..s.tenant.policy.clone() };
    s.t.app.store.write(async |w| w.set_tenant_policy(&s.tenant.id, &policy).await).await.unwrap();
    s.t.app.refresh().await.unwrap();

    let mut browser = s.inside().await;
    browser.goto("/account/security").await;
    assert!(!browser.has("#security-off"));
    let csrf = browser.form("#sign-out").fields;
    browser.send(crate::harness::html::Form { fields: csrf, ..off }).await;
    assert_eq!((browser.page().status, s.factor().await), (403, FactorKind::Email));
}

#[tokio::test(flavor = "multi_thread")]
async fn k23_apps_that_fit_are_listed_where_one_is_chosen_and_where_it_is_set_up() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let mut browser = s.inside().await;

    browser.goto("/account/security").await;
    let beside = browser.text("#security-apps");
    browser.follow("#security-app").await;

    let apps = browser.page().texts(".apps li");
    assert!(apps.len() >= 3, "{apps:?}");
    for app in &apps {
        assert!(beside.contains(app.as_str()), "{app}: {beside}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k24_the_active_type_is_shown_and_people_change_between_app_and_email_themselves() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let mut browser = s.inside().await;
    browser.goto("/account").await;
    browser.follow(".rail a[href='/account/security']").await;
    assert_eq!(browser.page().texts("li.active h3"), ["Codes by e-mail Active"]);

    let app = scan(&mut browser).await;
    browser.fill("#code", &app.code(s.t.now())).fill("#password", PASSWORD).submit("#totp-submit").await;
    s.t.later(minutes(1));
    browser.goto("/account/security").await;
    browser.fill("#code", &app.code(s.t.now())).submit("#code-submit").await;
    assert_eq!(browser.page().texts("li.active h3"), ["Authenticator app Active"]);
    let mut by_app = s.t.browser();
    s.sign_in(&mut by_app, PASSWORD).await;
    assert!(by_app.path() == "/login/code" && !by_app.has("#code-resend"), "the app is asked for");

    browser.submit("#security-email").await;

    assert_eq!(browser.page().texts("li.active h3"), ["Codes by e-mail Active"]);
    s.t.mailbox.everything().await;
    let mut by_letter = s.t.browser();
    s.sign_in(&mut by_letter, PASSWORD).await;
    let code = s.t.mailbox.code(&s.anna.email).await;
    by_letter.fill("#code", &code).submit("#code-submit").await;
    assert_eq!(by_letter.goto("/account").await.path(), "/account", "and by letter from now on");
}

#[tokio::test(flavor = "multi_thread")]
async fn k22_without_a_right_code_nothing_changes() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let mut browser = s.inside().await;
    let app = scan(&mut browser).await;
    assert!(browser.has(".qr svg"), "the code to scan is shown by the product");
    let code = app.code(s.t.now());

    browser.fill("#code", other_than(&code)).fill("#password", PASSWORD).submit("#totp-submit").await;
    assert_eq!((browser.page().status, s.factor().await), (422, FactorKind::Email), "the old method stays active");

    browser.fill("#code", &code).fill("#password", PASSWORD).submit("#totp-submit").await;
    assert_eq!((browser.page().status, s.factor().await), (200, FactorKind::Totp));
}

#[tokio::test(flavor = "multi_thread")]
async fn k25_an_app_that_was_given_up_must_be_set_up_anew() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let mut browser = s.inside().await;
    let first = scan(&mut browser).await;
    browser.fill("#code", &first.code(s.t.now())).fill("#password", PASSWORD).submit("#totp-submit").await;
    s.t.later(minutes(1));
    browser.goto("/account/security").await;
    browser.fill("#code", &first.code(s.t.now())).submit("#code-submit").await;
    browser.submit("#security-email").await;
    assert_eq!(s.factor().await, FactorKind::Email);

    let second = scan(&mut browser).await;
    s.t.later(minutes(1));
    let (old, new) = (first.code(s.t.now()), second.code(s.t.now()));
    assert_ne!(old, new, "a new secret");
    browser.fill("#code", &old).fill("#password", PASSWORD).submit("#totp-submit").await;
    assert_eq!((browser.page().status, s.factor().await), (422, FactorKind::Email), "the old app is dead");
    browser.fill("#code", &new).fill("#password", PASSWORD).submit("#totp-submit").await;
    assert_eq!(s.factor().await, FactorKind::Totp);
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_whoever_is_signed_in_activates_the_factor_on_the_security_page() {
    let s = Scene::of(Preset::Promio).await;
    let mut browser = s.inside().await;
    browser.goto("/account").await;
    assert!(browser.has("a[href='/account/security']"), "reachable from the menu");
    browser.goto("/account/security").await;
    assert!(!browser.has("#security-email"), "promio knows the app alone");

    browser.follow("#security-app").await;
    let app = Authenticator::typed(&browser.text("#totp-secret"));
    browser.fill("#code", &app.code(s.t.now())).fill("#password", PASSWORD).submit("#totp-submit").await;

    assert_eq!(s.factor().await, FactorKind::Totp);
}

#[tokio::test(flavor = "multi_thread")]
async fn p12_s54_the_second_page_asks_for_the_code_of_those_alone_who_have_a_factor() {
    for preset in [Preset::Promio, Preset::Saferpay] {
        let s = Scene::of(preset).await;
        let mut bare = s.t.browser();
        assert_eq!(s.sign_in(&mut bare, PASSWORD).await, 200);
        assert_ne!(bare.path(), "/login/code", "nobody without a factor sees it");

        let app = s.t.db_authenticator(&s.anna).await;
        let mut browser = s.t.browser();
        s.sign_in(&mut browser, PASSWORD).await;
        assert_eq!(browser.path(), "/login/code");
        browser.fill("#code", &app.code(s.t.now())).submit("#code-submit").await;
        assert_eq!(browser.page().status, 200);
        assert_ne!(browser.path(), "/login/code");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p14_the_code_of_the_last_sign_in_is_not_accepted_again() {
    let (s, app, _) = Scene::with_app(Preset::Promio).await;
    let used = app.code(s.t.now());
    let mut browser = s.t.browser();
    s.sign_in(&mut browser, PASSWORD).await;

    browser.fill("#code", &used).submit("#code-submit").await;
    assert_eq!((browser.page().status, browser.path()), (401, "/login/code"));

    s.t.later(minutes(1) / 2);
    let next = app.code(s.t.now());
    assert_ne!(used, next, "it changes at intervals");
    browser.fill("#code", &next).submit("#code-submit").await;
    assert_eq!(browser.page().status, 200);
}

/// The administrator of Anna's tenant at the screen.
async fn administrator(s: &Scene) -> (Someone, Browser) {
    let marie = s.t.admin(&s.tenant, "marie@acme.example").await;
    let browser = signed_in(&s.t, &marie).await;
    (marie, browser)
}

#[tokio::test(flavor = "multi_thread")]
async fn p16_the_colleague_resets_password_and_factor() {
    let (s, app, mut anna) = Scene::with_app(Preset::Promio).await;
    let (_, mut marie) = administrator(&s).await;
    marie.goto(format!("/admin/acme/people/{}", s.anna.id)).await;

    marie.follow("#deed-factor").await;
    marie.submit("#confirm").await;

    assert_eq!(marie.page().status, 200, "{}", marie.page());
    assert_eq!(s.factor().await, FactorKind::None, "as a new person of promio begins");
    assert!(s.t.mailbox.letter(&s.anna.email).await.text.contains("second factor was reset"));
    assert_eq!(anna.goto("/account").await.path(), "/login", "sessions ended");
    let left = s.t.app.store.read(async |r| Ok((r.totp_factor(&s.anna.id).await?.is_some(), r.recovery_codes_left(&s.anna.id).await?)));
    assert_eq!(left.await.unwrap(), (false, 0));
    assert!(!marie.has("#deed-factor"), "there is nothing left to take away");

    marie.follow("#deed-reset").await;
    marie.submit("#confirm").await;
    let link = s.t.mailbox.link(&s.anna.email).await;
    let mut fresh = s.t.browser();
    fresh.goto(link.as_str()).await;
    choose(&mut fresh, NEW).await;
    assert!(fresh.has("#done-continue"), "the lost app is not asked for");
    assert!(s.is_good(NEW).await && !s.is_good(PASSWORD).await);
    let trail = s.t.app.store.read(async |r| r.audit_about(&s.tenant.id, s.anna.id.as_str(), 100).await).await.unwrap();
    assert!(trail.iter().any(|row| row.action == "person.reset_factor" && row.outcome == "done"));
    drop(app);
}

#[tokio::test(flavor = "multi_thread")]
async fn s58_what_only_support_resets_neither_the_administrator_nor_the_person_gives_up() {
    let (s, _, mut anna) = Scene::with_app(Preset::Saferpay).await;
    let (_, mut marie) = administrator(&s).await;
    let address = format!("/admin/acme/people/{}", s.anna.id);
    marie.goto(&address).await;
    assert!(!marie.has("#deed-factor"));

    marie.goto(format!("{address}/factor")).await;
    marie.submit("#confirm").await;
    assert_eq!((marie.page().status, s.factor().await), (403, FactorKind::Totp));
    assert!(s.t.mailbox.take(&s.anna.email).await.is_empty());
    anna.goto("/account/security").await;
    for path in ["/account/security/off", "/account/security/email"] {
        let mut form = anna.form("#security-recovery");
        form.action.set_path(path);
        let mut tried = anna.clone();
        tried.send(form).await;
        assert_eq!((tried.page().status, s.factor().await), (403, FactorKind::Totp), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c28_the_administrator_of_a_guest_takes_no_factor_away_and_nobody_his_own() {
    let (s, _, _) = Scene::with_app(Preset::Promio).await;
    let policy = |policy: &mut TenantPolicy| policy.mfa_reset_by = [MfaReset::TenantAdmin].into();
    let globex = s.t.tenant_with("globex", policy).await;
    s.t.guest(&globex, &s.anna).await;
    let gil = s.t.admin(&globex, "gil@globex.example").await;
    let mut browser = signed_in(&s.t, &gil).await;

    browser.goto(format!("/admin/globex/people/{}", s.anna.id)).await;
    assert!(!browser.has("#deed-factor"));
    browser.goto(format!("/admin/globex/people/{}/factor", s.anna.id)).await;
    browser.submit("#confirm").await;
    assert_eq!((browser.page().status, s.factor().await), (403, FactorKind::Totp));

    let (marie, mut own) = administrator(&s).await;
    own.goto(format!("/admin/acme/people/{}/factor", marie.id)).await;
    own.submit("#confirm").await;
    assert_eq!(own.page().status, 403);
    own.goto(format!("/admin/acme/people/{}/factor", gil.id)).await;
    assert_eq!(own.page().status, 404, "foreign people are not there");
}

#[tokio::test(flavor = "multi_thread")]
async fn s53_the_set_up_takes_the_code_and_the_password_together() {
    let s = Scene::of(Preset::Saferpay).await;
    let mut browser = s.inside().await;
    let app = scan(&mut browser).await;
    let code = app.code(s.t.now());

    browser.fill("#code", &code).fill("#password", "not the password").submit("#totp-submit").await;
    assert_eq!((browser.page().status, s.factor().await), (422, FactorKind::None));
    assert!(browser.has("#error[data-kind=wrong_password]"));
    browser.fill("#code", other_than(&code)).fill("#password", PASSWORD).submit("#totp-submit").await;
    assert_eq!((browser.page().status, s.factor().await), (422, FactorKind::None));
    browser.fill("#code", &code).fill("#password", PASSWORD).submit("#totp-submit").await;
    assert_eq!((browser.page().status, s.factor().await), (200, FactorKind::Totp));
}

#[tokio::test(flavor = "multi_thread")]
async fn s55_a_function_that_wants_a_second_factor_gets_it_or_an_honest_no() {
    let s = Scene::of(Preset::Saferpay).await;
    let party = s.t.party().await;
    let mfa = "urn:tenantry:acr:mfa";
    let wanted = json!({ "id_token": { "acr": { "essential": true, "value": mfa } } }).to_string();
    let mut browser = s.inside().await;

    let request = party.authorize(&["openid"], &[("claims", &wanted), ("prompt", "none")]);
    browser.goto(request.url.as_str()).await;
    let Landed::Denied { error, .. } = party.landed(&request, browser.landing()) else { panic!("there is no second factor") };
    assert!(["interaction_required", "login_required", "unmet_authentication_requirements"].contains(&error.as_str()), "{error}");

    let app = s.t.db_authenticator(&s.anna).await;
    let request = party.authorize(&["openid"], &[("acr_values", mfa)]);
    browser.goto(request.url.as_str()).await;
    assert_eq!(browser.path(), "/login/code");
    browser.fill("#code", &app.code(s.t.now())).submit("#code-submit").await;
    let code = party.landed(&request, browser.landing()).code();
    let tokens = party.exchange(&request, &code).await.unwrap_or_else(|refused| panic!("{refused:?}"));
    assert_eq!(tokens.claims["acr"], json!(mfa));
}

#[tokio::test(flavor = "multi_thread")]
async fn s57_members_use_an_app_and_nothing_else() {
    let s = Scene::of(Preset::Saferpay).await;
    let mut browser = s.inside().await;
    browser.goto("/account/security").await;

    let apps = browser.text("#security-apps");
    assert!(apps.contains("Google Authenticator") && apps.contains("Microsoft Authenticator"), "{apps}");
    assert!(browser.has("#security-app") && !browser.has("#security-email") && !browser.has("#security-passkey"));
    let mut form = browser.form("#sign-out");
    form.action.set_path("/account/security/email");
    browser.send(form).await;
    assert_eq!((browser.page().status, s.factor().await), (403, FactorKind::None));
    assert!(s.t.browser().goto("/account/security/app").await.path() == "/login", "nobody who is no member sets one up");
}

#[tokio::test(flavor = "multi_thread")]
async fn c01_where_no_tenant_takes_apps_there_is_no_page_to_set_one_up() {
    let s = Scene::of(Preset::Konfipay).await;
    let policy = TenantPolicy { mfa_methods: [tenantry::model::MfaMethod::Email].into(), ..s.tenant.policy.clone() };
    s.t.app.store.write(async |w| w.set_tenant_policy(&s.tenant.id, &policy).await).await.unwrap();
    s.t.app.refresh().await.unwrap();
    let mut browser = s.inside().await;

    assert!(!browser.goto("/account/security").await.has("#security-app"));
    assert_eq!(browser.goto("/account/security/app").await.page().status, 404);
    let guest = s.t.person("gina@else.example").await;
    s.t.join(&guest, &s.tenant, MembershipKind::Guest).await;
    assert_eq!(signed_in(&s.t, &guest).await.goto("/account/security/app").await.page().status, 404);
}
