//! G: setting up, replacing and removing second factors.
use tenantry::model::{FactorKind, MfaMode, TenantPolicy};

use super::{ALL, Scene, guess, is_alive, minutes, post, session};
use crate::harness::browser::Browser;
use crate::harness::html::Form;
use crate::harness::relying_party::Landed;
use crate::harness::world::{Authenticator, PASSWORD, Someone};

/// Opens the set-up page in a browser where the person is signed in; gives the app that scanned it.
async fn scan(browser: &mut Browser) -> Authenticator {
    browser.goto("/account/security/app").await;
    Authenticator::typed(&browser.text("#totp-secret"))
}

async fn confirm(browser: &mut Browser, code: &str, password: &str) -> u16 {
    browser.fill("#code", code).fill("#password", password).submit("#totp-submit").await;
    browser.page().status
}

/// Sets an app up for a person with e-mail codes, as the person does. Gives the browser at the account, the recovery
/// codes, the app.
pub async fn enrol(s: &Scene, person: &Someone) -> (Browser, Vec<String>, Authenticator) {
    let mut browser = s.t.browser();
    s.t.log_in(&mut browser, &s.party, person, ALL).await;
    let app = scan(&mut browser).await;
    assert_eq!(confirm(&mut browser, &app.code(s.t.now()), PASSWORD).await, 200);
    let codes = browser.page().texts("#recovery-codes li");
    s.t.mailbox.letter(&person.email).await;
    s.t.later(minutes(1));
    browser.goto("/account/security").await;
    browser.fill("#code", &app.code(s.t.now())).submit("#code-submit").await;
    assert_eq!(browser.path(), "/account/security");
    (browser, codes, app)
}

async fn factor(s: &Scene) -> FactorKind {
    s.t.app.store.read(async |r| r.person(&s.anna.id).await).await.unwrap().unwrap().second_factor
}

/// Does the session reach the level of an app without any further question?
async fn is_strong(s: &Scene, browser: &mut Browser) -> bool {
    let strong = r#"{"id_token":{"acr":{"essential":true,"value":"urn:tenantry:acr:mfa"}}}"#;
    let silent = s.party.authorize(ALL, &[("prompt", "none"), ("claims", strong)]);
    browser.goto(silent.url.as_str()).await;
    matches!(s.party.landed(&silent, browser.landing()), Landed::Code(_))
}

#[tokio::test]
async fn e01_g07_a_new_app_renews_the_cookie_and_its_first_code_is_used_up() {
    let s = Scene::set().await;
    let (mut browser, _) = s.signed_in().await;
    let before = session(&browser).unwrap();
    let app = scan(&mut browser).await;
    let code = app.code(s.t.now());

    assert_eq!(confirm(&mut browser, &code, PASSWORD).await, 200);

    assert!(!is_alive(&s.t, &before).await && is_alive(&s.t, &session(&browser).unwrap()).await);
    assert!(!is_strong(&s, &mut browser).await);
    let (mut other, _) = s.half_way().await;
    other.fill("#code", &code).submit("#code-submit").await;
    assert_eq!(other.page().status, 401);
}

#[tokio::test]
async fn g07_an_app_that_a_session_set_up_itself_proves_nothing_in_it() {
    let s = Scene::set().await;
    let (mut browser, _) = s.signed_in().await;
    let app = scan(&mut browser).await;
    let code = app.code(s.t.now());
    assert_eq!(confirm(&mut browser, &code, PASSWORD).await, 200);
    assert!(!is_strong(&s, &mut browser).await, "step-up needs a factor from before");

    for path in ["/account/security", "/account/security/app"] {
        assert_eq!(browser.goto(path).await.path(), "/login/code", "what is sensitive asks for the app from now on");
        browser.fill("#code", &code).submit("#code-submit").await;
        assert_eq!(browser.page().status, 401, "the code of the set-up is used up");
    }
    assert!(!is_strong(&s, &mut browser).await);

    s.t.later(minutes(1) / 2);
    browser.goto("/account/security").await;
    browser.fill("#code", &app.code(s.t.now())).submit("#code-submit").await;
    assert_eq!(browser.path(), "/account/security");
    assert!(is_strong(&s, &mut browser).await);
}

#[tokio::test]
async fn g07_a_set_up_counts_only_in_the_sign_in_that_demanded_it() {
    let s = Scene::set().await;
    let strict = TenantPolicy {
        mfa_mode: MfaMode::Required,
        mfa_email_satisfies: tenantry::model::EmailSatisfies::Nothing,
        ..TenantPolicy::default()
    };
    let bank = s.t.tenant_with("bank", |policy| *policy = strict).await;
    let ben = s.t.member(&bank, "ben@bank.example").await;
    let mut foreign = s.t.browser();
    let request = s.party.authorize(ALL, &[]);
    foreign.goto(request.url.as_str()).await;
    s.t.sign_in(&mut foreign, &ben).await;
    assert_eq!(foreign.path(), "/account/security/app", "this sign-in demands an app");
    let waiting = foreign.page().attr("form[action='/account/security/app'] input[name=flow]", "value");

    for (number, flow) in ["at the login page", waiting.as_str(), "flw_nobody", ""].into_iter().enumerate() {
        let person = s.t.member(&s.acme, &format!("person{number}@acme.example")).await;
        let mut browser = s.t.browser();
        s.t.log_in(&mut browser, &s.party, &person, ALL).await;
        browser.goto(s.party.authorize(ALL, &[("prompt", "login")]).url.as_str()).await;
        let at_login = browser.page().attr("form[action='/login'] input[name=flow]", "value");
        browser.goto(format!("/account/security/app?flow={}", if number == 0 { &at_login } else { flow })).await;
        let app = Authenticator::typed(&browser.text("#totp-secret"));
        assert_eq!(confirm(&mut browser, &app.code(s.t.now()), PASSWORD).await, 200, "{flow}");
        assert!(!is_strong(&s, &mut browser).await, "{flow}");
    }

    foreign.goto(format!("/account/security/app?flow={waiting}")).await;
    let app = Authenticator::typed(&foreign.text("#totp-secret"));
    assert_eq!(confirm(&mut foreign, &app.code(s.t.now()), PASSWORD).await, 200);
    foreign.follow("#recovery-done").await;
    let code = s.party.landed(&request, foreign.landing()).code();
    assert_eq!(s.party.exchange(&request, &code).await.unwrap().claims["acr"], "urn:tenantry:acr:mfa");
}

#[tokio::test]
async fn g07_nobody_makes_a_stolen_session_stronger_with_an_app_of_his_own() {
    let s = Scene::set().await;
    let (mut browser, _) = s.signed_in().await;
    let mine = scan(&mut browser).await;

    for password in ["wrong", " ", "correct horse battery stapl"] {
        assert_eq!(confirm(&mut browser, &mine.code(s.t.now()), password).await, 422);
    }
    assert!(!is_strong(&s, &mut browser).await, "the cookie without the password");
    assert_eq!(factor(&s).await, FactorKind::Email);

    browser.goto("/account/security/app").await;
    let form = browser.fill("#code", &mine.code(s.t.now())).fill("#password", PASSWORD).form("#totp-submit");
    s.t.later(minutes(11));
    let page = post(&mut browser, &form).await;
    assert!(page.header("location").starts_with("/login?flow="), "the password long after the sign-in: {page}");
    assert!(!is_strong(&s, &mut browser).await);
    assert_eq!(factor(&s).await, FactorKind::Email);
}

#[tokio::test]
async fn g07_an_app_is_replaced_only_by_whoever_has_it() {
    let s = Scene::set().await;
    let lax = s.t.tenant_with("lax", |policy| policy.mfa_mode = MfaMode::Off).await;
    let ben = s.t.member(&lax, "ben@lax.example").await;
    let app = s.t.db_authenticator(&ben).await;
    let mut browser = s.t.browser();
    s.t.log_in(&mut browser, &s.party, &ben, ALL).await;

    assert_eq!(browser.goto("/account/security/app").await.path(), "/login/code", "the session knows the password alone");
    let flow = browser.page().attr("form[action='/login/code'] input[name=flow]", "value");
    assert_eq!(browser.goto(format!("/account/security/app?flow={flow}")).await.path(), "/login/code");
    let csrf = browser.page().attr("form[action='/login/code'] input[name=csrf]", "value");
    let fields =
        [("csrf", csrf.as_str()), ("code", "000000"), ("password", PASSWORD)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let form = Form { action: s.t.url("/account/security/app").parse().unwrap(), is_post: true, fields: fields.to_vec() };
    assert!(post(&mut browser, &form).await.header("location").starts_with("/login/code?flow="));
    assert!(!is_strong(&s, &mut browser).await);

    browser.goto("/account/security/app").await;
    browser.fill("#code", &app.code(s.t.now())).submit("#code-submit").await;
    assert!(browser.has("#totp-secret"));
}

#[tokio::test]
async fn g08_a_factor_is_not_removed_without_a_recent_sign_in() {
    let s = Scene::set().await;
    let (mut browser, codes, _) = enrol(&s, &s.anna).await;
    let forms = ["#security-off", "#security-email", "#security-recovery"].map(|button| browser.form(button));
    s.t.later(minutes(11));

    for form in &forms {
        let page = post(&mut browser, form).await;
        assert!(page.header("location").starts_with("/login?flow="), "{page}");
        assert_eq!(factor(&s).await, FactorKind::Totp);
    }
    browser.goto("/account/security/app").await;
    assert_eq!(browser.path(), "/login", "another app is not set up either");
    assert!(s.t.mailbox.take(&s.anna.email).await.is_empty());

    guess(&mut browser, &s.anna.email, PASSWORD).await;
    assert_eq!(browser.path(), "/login/code", "the password alone removes no app");
    browser.follow("#code-recovery").await;
    browser.fill("#code", &codes[0]).submit("#code-submit").await;
    let before = session(&browser).unwrap();
    browser.goto("/account/security").await;
    browser.submit("#security-email").await;
    assert_eq!(factor(&s).await, FactorKind::Email);
    assert!(!is_alive(&s.t, &before).await, "e01: a new cookie");
    assert_eq!(s.t.mailbox.take(&s.anna.email).await.len(), 2, "the owner hears of the recovery code and of the change");
}

#[tokio::test]
async fn g08_the_last_factor_stays_where_a_tenant_demands_one() {
    let s = Scene::set().await;
    let (mut browser, _) = s.signed_in().await;
    browser.goto("/account/security").await;
    let off = browser.form("#security-off");
    let policy = TenantPolicy { mfa_mode: MfaMode::Required, ..TenantPolicy::default() };
    s.t.app.store.write(async |w| w.set_tenant_policy(&s.acme.id, &policy).await).await.unwrap();
    s.t.app.refresh().await.unwrap();

    assert_eq!(post(&mut browser, &off).await.status, 403);
    assert!(!browser.goto("/account/security").await.has("#security-off"), "the button is gone as well");
    assert_eq!(factor(&s).await, FactorKind::Email);
}

#[tokio::test]
async fn g08_a_form_changes_its_own_person_and_nobody_else() {
    let s = Scene::set().await;
    let ben = s.t.member(&s.acme, "ben@acme.example").await;
    let mut browser = s.t.browser();
    s.t.log_in(&mut browser, &s.party, &ben, ALL).await;
    browser.goto("/account/security").await;
    assert!(!browser.page().body.contains(&s.anna.email), "e04");
    let mut off = browser.form("#security-off");
    off.fields.extend(["person", "id", "user", "user_id", "sub"].map(|name| (name.to_owned(), s.anna.id.to_string())));

    let page = post(&mut browser, &off).await;

    assert_eq!(page.status, 303);
    assert_eq!(factor(&s).await, FactorKind::Email, "Anna's factor is untouched");
    assert!(s.t.mailbox.take(&s.anna.email).await.is_empty());
    assert_eq!(s.t.mailbox.take(&ben.email).await.len(), 1);
}

#[tokio::test]
async fn g10_a_secret_that_was_shown_long_ago_confirms_nothing() {
    let s = Scene::set().await;
    let (mut browser, _) = s.signed_in().await;
    let first = scan(&mut browser).await;
    let form: Form = browser.fill("#code", "000000").fill("#password", PASSWORD).form("#totp-submit");
    s.t.later(minutes(16));
    browser.goto("/account/security/app").await;
    s.t.sign_in(&mut browser, &s.anna).await;
    let second = Authenticator::typed(&browser.text("#totp-secret"));

    assert_ne!(first.code(s.t.now()), second.code(s.t.now()));
    assert_eq!(confirm(&mut browser, &first.code(s.t.now()), PASSWORD).await, 422, "replaced");
    assert_eq!(confirm(&mut browser, &second.code(s.t.now()), "wrong").await, 422, "without the password");
    assert_eq!(confirm(&mut browser, &second.code(s.t.now().minus(minutes(2))), PASSWORD).await, 422, "too old");
    assert_eq!(factor(&s).await, FactorKind::Email);
    assert_eq!(confirm(&mut browser, &second.code(s.t.now()), PASSWORD).await, 200);

    let mut again = form;
    again.fields.iter_mut().filter(|(name, _)| name == "code").for_each(|(_, value)| *value = second.code(s.t.now()));
    let page = post(&mut browser, &again).await;
    assert!(page.header("location").starts_with("/login/code?flow="), "from now on the app is asked for: {page}");
    s.t.later(minutes(1) / 2);
    browser.goto("/account/security").await;
    browser.fill("#code", &second.code(s.t.now())).submit("#code-submit").await;
    s.t.later(minutes(1) / 2);
    again.fields.iter_mut().filter(|(name, _)| name == "code").for_each(|(_, value)| *value = second.code(s.t.now()));
    let page = post(&mut browser, &again).await;
    assert_eq!(page.status, 422, "what is confirmed is not confirmed again: {page}");
}

#[tokio::test]
async fn g17_a_secret_is_shown_before_it_counts_and_never_after() {
    let s = Scene::set().await;
    let (mut browser, _) = s.signed_in().await;
    browser.goto("/account/security/app").await;
    let shown = browser.text("#totp-secret");
    let compact: String = shown.split_whitespace().collect();
    let app = Authenticator::typed(&shown);
    assert_eq!(confirm(&mut browser, &app.code(s.t.now()), PASSWORD).await, 200);
    let codes = browser.page().texts("#recovery-codes li");

    let done = browser.page().body.clone();
    let mut pages = Vec::new();
    for path in ["/account/security", "/account/security/app", "/", "/account/security/app"] {
        s.t.later(minutes(1));
        browser.goto(path).await;
        if browser.path() == "/login/code" {
            browser.fill("#code", &app.code(s.t.now())).submit("#code-submit").await;
        }
        pages.push(browser.page().body.clone());
    }
    for body in pages.iter().chain([&done]) {
        assert!(!body.contains(&shown) && !body.contains(&compact), "{body}");
    }
    for body in &pages {
        assert!(codes.iter().all(|code| !body.contains(code)), "recovery codes are shown once: {body}");
    }
    let log = s.t.log.text();
    assert!(!log.contains(&compact) && codes.iter().all(|code| !log.contains(code)));

    let newer = Authenticator::typed(&browser.text("#totp-secret"));
    let replace = confirm(&mut browser, &newer.code(s.t.now()), PASSWORD).await;
    assert_eq!(replace, 200);
    s.t.later(minutes(1));
    let (mut stranger, _) = s.half_way().await;
    stranger.fill("#code", &app.code(s.t.now())).submit("#code-submit").await;
    assert_eq!(stranger.page().status, 401, "the app that was replaced is dead at once");
    stranger.fill("#code", &newer.code(s.t.now())).submit("#code-submit").await;
    assert!(stranger.left().is_some());
}
