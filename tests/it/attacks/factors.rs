//! G: codes of the second factor.
use std::sync::Arc;

use serde_json::{Value, json};
use tenantry::model::{EmailSatisfies, FactorKind, MfaMode, TenantPolicy};

use super::{ALL, Scene, Shot, at_login, guess, minutes, post, session};
use crate::harness::browser::Browser;
use crate::harness::mailbox::code_in;
use crate::harness::par::par;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};

/// Types a code where one is asked for.
async fn type_in(browser: &mut Browser, code: &str) -> u16 {
    browser.fill("#code", code).submit("#code-submit").await;
    if browser.left().is_some() { 303 } else { browser.page().status }
}

/// Browsers that wait for the second factor of the same person, filled with the same code.
async fn waiting(s: &Scene, count: usize, fill: impl AsyncFn(&mut Browser)) -> Vec<Shot> {
    let mut shots = Vec::with_capacity(count);
    for _ in 0..count {
        let (mut browser, _) = s.half_way().await;
        fill(&mut browser).await;
        let form = browser.form("#code-submit");
        shots.push(Shot::of(&browser, &form));
    }
    shots
}

/// Fires all at once; gives how many came in.
async fn winners(s: &Scene, shots: Vec<Shot>) -> usize {
    let (shots, address) = (Arc::new(shots), s.t.address);
    let statuses = par(shots.len(), |n| {
        let shot = shots[n].clone();
        async move { shot.fire(address).await.status }
    })
    .await;
    assert!(statuses.iter().all(|status| [303, 401, 429].contains(status)), "{statuses:?}");
    statuses.iter().filter(|status| **status == 303).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn g01_one_code_of_an_app_opens_one_sign_in() {
    let s = Scene::set().await;
    let app = s.t.db_authenticator(&s.anna).await;
    let code = app.code(s.t.now());
    let shots = waiting(&s, 32, async |browser| {
        browser.fill("#code", &code);
    })
    .await;

    assert_eq!(winners(&s, shots).await, 1);
}

#[tokio::test]
async fn g01_an_older_step_is_refused_after_a_newer_one() {
    let s = Scene::set().await;
    let app = s.t.db_authenticator(&s.anna).await;
    let (now, next) = (app.code(s.t.now()), app.code(s.t.now().plus(minutes(1) / 2)));

    assert_eq!(type_in(&mut s.half_way().await.0, &next).await, 303);
    let (mut browser, _) = s.half_way().await;
    assert_eq!(type_in(&mut browser, &now).await, 401);
    assert_eq!(type_in(&mut browser, &next).await, 401);
    s.t.later(minutes(1));
    assert_eq!(type_in(&mut browser, &app.code(s.t.now())).await, 303);
}

#[tokio::test]
async fn g02_only_the_neighbouring_steps_are_accepted() {
    let s = Scene::set().await;
    let half = minutes(1) / 2;
    let now = s.t.now();
    let cases = [
        (now.minus(half * 4), 401),
        (now.minus(half * 3), 401),
        (now.minus(half * 2), 401),
        (now.minus(half), 303),
        (now, 303),
        (now.plus(half), 303),
        (now.plus(half * 2), 401),
        (now.plus(half * 3), 401),
    ];

    for (number, (at, expected)) in cases.into_iter().enumerate() {
        let person = s.t.member(&s.acme, &format!("person{number}@acme.example")).await;
        let app = s.t.db_authenticator(&person).await;
        let (mut browser, _) = s.at_login().await;
        guess(&mut browser, &person.email, PASSWORD).await;
        assert_eq!(type_in(&mut browser, &app.code(at)).await, expected, "case {number}");
    }
}

/// Signs in for the application; gives `acr` and `amr` of the ID token.
async fn levels(t: &Tenantry, scene: &Scene, person: &Someone, code: Option<(&str, bool)>) -> (Value, Value) {
    let (mut browser, request) = at_login(t, &scene.party).await;
    guess(&mut browser, &person.email, PASSWORD).await;
    assert_eq!(browser.path(), "/login/code", "a second factor is asked for");
    let (typed, recovery) = match code {
        Some((typed, recovery)) => (typed.to_owned(), recovery),
        None => (t.mailbox.code(&person.email).await, false),
    };
    if recovery {
        browser.follow("#code-recovery").await;
    }
    assert_eq!(type_in(&mut browser, &typed).await, 303);
    let code = scene.party.landed(&request, browser.landing()).code();
    let claims = scene.party.exchange(&request, &code).await.unwrap().claims;
    (claims["acr"].clone(), claims["amr"].clone())
}

async fn demand(s: &Scene, email_is_enough: bool) {
    let policy = TenantPolicy {
        mfa_mode: MfaMode::Required,
        mfa_email_satisfies: if email_is_enough { EmailSatisfies::Login } else { EmailSatisfies::Nothing },
        ..TenantPolicy::default()
    };
    s.t.app.store.write(async |w| w.set_tenant_policy(&s.acme.id, &policy).await).await.unwrap();
    s.t.app.refresh().await.unwrap();
}

#[tokio::test]
async fn g05_every_way_in_is_asked_for_a_second_factor_and_told_as_it_was() {
    let s = Scene::set().await;
    demand(&s, true).await;
    let ben = s.t.member(&s.acme, "ben@acme.example").await;
    let app = s.t.db_authenticator(&ben).await;
    let carl = s.t.person_with("carl@acme.example", |new| new.second_factor = FactorKind::None).await;
    s.t.join(&carl, &s.acme, tenantry::model::MembershipKind::Home).await;
    let (email, mfa) = (json!("urn:tenantry:acr:email"), json!("urn:tenantry:acr:mfa"));

    assert_eq!(levels(&s.t, &s, &s.anna, None).await, (email.clone(), json!(["email", "pwd"])));
    assert_eq!(levels(&s.t, &s, &carl, None).await, (email, json!(["email", "pwd"])), "who turned it off is asked all the same");
    assert_eq!(levels(&s.t, &s, &ben, Some((&app.code(s.t.now()), false))).await, (mfa.clone(), json!(["mfa", "otp", "pwd"])));
    let codes = super::enrolment::enrol(&s, &s.anna).await.1;
    assert_eq!(levels(&s.t, &s, &s.anna, Some((&codes[0], true))).await, (mfa, json!(["mfa", "otp", "pwd"])));
}

#[tokio::test]
async fn g05_neither_a_new_password_nor_an_invitation_spares_the_second_factor() {
    let s = Scene::set().await;
    demand(&s, true).await;
    let chief = s.t.admin(&s.acme, "chief@acme.example").await;
    let mut office = crate::rights::doors::signed_in(&s.t, &chief).await;
    office.goto("/admin/acme/people/new").await;
    office.fill("#email", "bo@acme.example").fill("#first-name", "Bo").fill("#last-name", "Berg").submit("#person-create").await;
    office.submit("#invite-send").await;
    let mut asking = s.t.browser();
    asking.goto("/recovery").await;
    asking.fill("#email", &s.anna.email).submit("#recover-submit").await;
    let new = "lantern orbit walnut 42";

    for (email, button, done) in
        [(s.anna.email.as_str(), "#recover-new-submit", "#done-continue"), ("bo@acme.example", "#invitation-submit", "#done-continue")]
    {
        let mut browser = s.t.browser();
        browser.goto(s.t.mailbox.link(email).await).await;
        browser.fill("#password", new).fill("#password-repeat", new).submit(button).await;
        browser.follow(done).await;
        assert_eq!(browser.path(), "/login", "{email}: nobody is signed in by it");
        s.t.mailbox.take(email).await;
        guess(&mut browser, email, new).await;
        assert_eq!(browser.path(), "/login/code", "{email}");
        let code = s.t.mailbox.code(email).await;
        assert_eq!(browser.clone().goto("/account").await.path(), "/login", "{email}: not before the code");
        type_in(&mut browser, &code).await;
        assert_eq!(browser.goto("/account").await.path(), "/account", "{email}");
    }
}

#[tokio::test]
async fn g05_a_session_of_a_lax_tenant_does_not_open_a_strict_one() {
    let s = Scene::set().await;
    let lax = s.t.tenant_with("lax", |policy| policy.mfa_mode = MfaMode::Off).await;
    demand(&s, false).await;
    s.t.guest(&lax, &s.anna).await;
    let mut browser = s.t.browser();

    let request = s.party.authorize(ALL, &[("tenant", "lax")]);
    browser.goto(request.url.as_str()).await;
    guess(&mut browser, &s.anna.email, PASSWORD).await;
    s.party.landed(&request, browser.landing()).code();

    browser.goto(s.party.authorize(ALL, &[("tenant", "acme")]).url.as_str()).await;
    assert_eq!(browser.path(), "/login/code");
    let silent = s.party.authorize(ALL, &[("tenant", "acme"), ("prompt", "none")]);
    assert_eq!(s.party.landed(&silent, browser.clone().goto(silent.url.as_str()).await.landing()).error(), "login_required");
    let code = s.t.mailbox.code(&s.anna.email).await;
    browser.fill("#code", &code).submit("#code-submit").await;
    assert_eq!(browser.path(), "/account/security/app", "a letter is not enough for this tenant");
    let silent = s.party.authorize(ALL, &[("tenant", "acme"), ("prompt", "none")]);
    assert_eq!(s.party.landed(&silent, browser.goto(silent.url.as_str()).await.landing()).error(), "interaction_required");
}

#[tokio::test]
async fn g10_codes_that_are_over_used_or_replaced_are_refused() {
    let s = Scene::set().await;
    let (mut browser, _) = s.half_way().await;
    let first = s.t.mailbox.code(&s.anna.email).await;
    browser.submit("#code-resend").await;
    let second = s.t.mailbox.code(&s.anna.email).await;
    assert_eq!(type_in(&mut browser, &first).await, 401, "replaced");
    let used = browser.clone();
    assert_eq!(type_in(&mut browser, &second).await, 303);
    let mut used = used;
    let form = used.fill("#code", &second).form("#code-submit");
    assert_ne!(post(&mut used, &form).await.status, 303, "used");

    let (mut browser, _) = s.half_way().await;
    assert_eq!(type_in(&mut browser, &second).await, 401, "of another sign-in");
    let third = s.t.mailbox.code(&s.anna.email).await;
    s.t.later(minutes(10));
    assert_eq!(type_in(&mut browser, &third).await, 401, "ten minutes old");
    assert_eq!(session(&browser), None);
}

#[tokio::test]
async fn g13_a_hundred_requests_send_five_letters_and_look_alike() {
    let s = Scene::set().await;
    let (mut browser, _) = s.half_way().await;
    let mut pages = Vec::new();
    for _ in 0..100 {
        browser.submit("#code-resend").await;
        pages.push(browser.page().body.clone());
    }
    assert_eq!(s.t.mailbox.take(&s.anna.email).await.len(), 5);
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]), "nobody sees that no letter left");

    for _ in 0..5 {
        s.half_way().await;
    }
    assert_eq!(s.t.mailbox.take(&s.anna.email).await.len(), 0, "another sign-in does not start the count anew");
    s.t.later(minutes(15));
    s.t.later(minutes(1));
    s.half_way().await;
    assert_eq!(s.t.mailbox.take(&s.anna.email).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn g13_requests_at_the_same_moment_send_no_more() {
    let s = Scene::with(|config| config.password.queue = 1000).await;
    let mut logins = Vec::new();
    for _ in 0..30 {
        let (mut browser, _) = s.at_login().await;
        let form = browser.fill("#identifier", &s.anna.email).fill("#password", PASSWORD).form("#login-submit");
        logins.push(Shot::of(&browser, &form));
    }
    let (logins, second) = (Arc::new(logins), s.t.beside_with(|config| config.password.queue = 1000).await);
    let nodes = [s.t.address, second.address];

    let statuses = par(logins.len(), |n| {
        let shot = logins[n].clone();
        async move { shot.fire(nodes[n % 2]).await.status }
    })
    .await;

    let entered = statuses.iter().filter(|status| **status == 303).count();
    assert!(entered >= 5, "{statuses:?}");
    let letters = [s.t.mailbox.take(&s.anna.email).await, second.mailbox.take(&s.anna.email).await].concat();
    assert_eq!(letters.len(), 5);

    s.t.later(minutes(31));
    let (browser, _) = s.half_way().await;
    let resend = Shot::of(&browser, &browser.form("#code-resend"));
    par(30, |n| {
        let shot = resend.clone();
        async move { assert_eq!(shot.fire(nodes[n % 2]).await.status, 303) }
    })
    .await;
    let letters = [s.t.mailbox.take(&s.anna.email).await, second.mailbox.take(&s.anna.email).await].concat();
    assert!((2..=5).contains(&letters.len()), "{}", letters.len());
    let mut opened = 0;
    for letter in &letters {
        opened += usize::from(type_in(&mut browser.clone(), &code_in(&letter.text)).await == 303);
    }
    assert_eq!(opened, 1, "of all the letters the last one counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn g14_a_recovery_code_opens_one_sign_in_and_none_after_new_ones() {
    let s = Scene::set().await;
    let (mut browser, codes, _) = super::enrolment::enrol(&s, &s.anna).await;
    assert!(codes.len() >= 10);
    for code in &codes {
        let symbols = code.chars().filter(char::is_ascii_alphanumeric).count();
        assert!(symbols * 5 >= 64, "{code} is too short");
    }
    let one = codes[0].clone();
    let shots = waiting(&s, 32, async |browser| {
        browser.follow("#code-recovery").await;
        browser.fill("#code", &one);
    })
    .await;

    assert_eq!(winners(&s, shots).await, 1);
    s.t.later(minutes(31));
    let recover = async |code: &str| {
        let (mut browser, _) = s.half_way().await;
        browser.follow("#code-recovery").await;
        type_in(&mut browser, code).await
    };
    assert_eq!(recover(&one).await, 401);
    assert_eq!(recover(&codes[1]).await, 303);

    browser.submit("#security-recovery").await;
    if browser.path() == "/login" {
        guess(&mut browser, &s.anna.email, PASSWORD).await;
        browser.follow("#code-recovery").await;
        assert_eq!(type_in(&mut browser, &codes[2]).await, 200);
        browser.submit("#security-recovery").await;
    }
    let fresh = browser.page().texts("#recovery-codes li");
    assert_eq!(fresh.len(), codes.len());
    assert_eq!(recover(&codes[3]).await, 401);
    assert_eq!(recover(&fresh[0]).await, 303);
}
