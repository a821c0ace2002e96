//! E: sessions and cookies.
use std::sync::Arc;

use tenantry::model::{FactorKind, MfaMode, TenantPolicy};

use super::{ALL, SESSION, Scene, Shot, answered, guess, is_alive, minutes, session};
use crate::harness::browser::Browser;
use crate::harness::cookies::Cookie;
use crate::harness::net;
use crate::harness::par::par;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::PASSWORD;

#[tokio::test]
async fn e01_a_planted_cookie_never_becomes_a_session() {
    let s = Scene::set().await;
    let (_, tokens) = s.signed_in().await;
    let (mut browser, _) = s.at_login().await;
    let planted = format!("tnw_{}", "A".repeat(43));
    let cookie = Cookie { origin: s.t.origin.clone(), name: SESSION.to_owned(), value: planted.clone(), same_site: "lax".to_owned() };
    browser.jar.plant(cookie);

    guess(&mut browser, &s.anna.email, PASSWORD).await;
    let code = s.t.mailbox.code(&s.anna.email).await;
    browser.fill("#code", &code).submit("#code-submit").await;

    let own = session(&browser).unwrap();
    assert_ne!(own, planted);
    assert!(is_alive(&s.t, &own).await && !is_alive(&s.t, &planted).await);
    assert!(!own.contains(tokens.claims["sub"].as_str().unwrap()), "a cookie says nothing about its owner");
}

#[tokio::test]
async fn e01_every_new_proof_changes_the_cookie_and_kills_the_old_one() {
    let t = Tenantry::start().await;
    let lax = t.tenant_with("lax", |policy| policy.mfa_mode = MfaMode::Off).await;
    let anna = t.member(&lax, "anna@lax.example").await;
    let app = t.db_authenticator(&anna).await;
    let party = t.party().await;
    let mut browser = t.browser();

    t.log_in(&mut browser, &party, &anna, &["openid"]).await;
    let by_password = session(&browser).unwrap();
    assert!(is_alive(&t, &by_password).await);

    let step_up = party.authorize(&["openid"], &[("acr_values", "urn:tenantry:acr:mfa")]);
    browser.goto(step_up.url.as_str()).await;
    assert_eq!(session(&browser).as_deref(), Some(by_password.as_str()), "nothing was proved yet");
    browser.fill("#code", &app.code(t.now())).submit("#code-submit").await;
    let by_app = session(&browser).unwrap();
    assert_ne!(by_password, by_app);
    assert!(!is_alive(&t, &by_password).await && is_alive(&t, &by_app).await);

    t.later(minutes(1));
    browser.goto(party.authorize(&["openid"], &[("prompt", "login")]).url.as_str()).await;
    guess(&mut browser, &anna.email, PASSWORD).await;
    if browser.left().is_none() {
        browser.fill("#code", &app.code(t.now())).submit("#code-submit").await;
    }
    let again = session(&browser).unwrap();
    assert!(![&by_password, &by_app].contains(&&again));
    assert!(!is_alive(&t, &by_app).await && is_alive(&t, &again).await);
}

#[tokio::test]
async fn e01_a_new_password_changes_the_cookie_and_kills_the_old_one() {
    let s = Scene::set().await;
    let (mut browser, _) = s.signed_in().await;
    let before = session(&browser).unwrap();
    let new = "lantern orbit walnut 42";
    browser.goto("/account/password").await;
    browser.fill("#present", PASSWORD).fill("#password", new).fill("#password-repeat", new).submit("#change-submit").await;
    if browser.has("#change-confirm") {
        let code = s.t.mailbox.code(&s.anna.email).await;
        browser.fill("#code", &code).submit("#change-confirm").await;
    }

    let after = session(&browser).unwrap();

    assert_ne!(before, after);
    assert!(!is_alive(&s.t, &before).await && is_alive(&s.t, &after).await);
}

#[tokio::test]
async fn e01_another_person_in_the_same_browser_ends_the_session_before() {
    let s = Scene::set().await;
    let ben = s.t.member(&s.acme, "ben@acme.example").await;
    let (mut browser, _) = s.signed_in().await;
    let annas = session(&browser).unwrap();

    s.t.later(minutes(1));
    browser.goto(s.party.authorize(ALL, &[("prompt", "login")]).url.as_str()).await;
    s.t.sign_in(&mut browser, &ben).await;

    assert!(!is_alive(&s.t, &annas).await);
    assert!(is_alive(&s.t, &session(&browser).unwrap()).await);
}

#[tokio::test]
async fn e02_a_cookie_that_comes_twice_counts_as_none() {
    let s = Scene::set().await;
    let (browser, _) = s.signed_in().await;
    let good = format!("{SESSION}={}", session(&browser).unwrap());
    let asked = |lines: Vec<String>| {
        let request = net::client().get(s.t.url("/"));
        lines.into_iter().fold(request, |request, line| request.header("cookie", line))
    };

    assert!(answered(asked(vec![good.clone()])).await.has("#home-logout"));
    for lines in [vec![format!("{good}; {good}")], vec![format!("{good}; {SESSION}=tnw_x")], vec![good.clone(), format!("{SESSION}=")]] {
        assert!(!answered(asked(lines.clone())).await.has("#home-logout"), "{lines:?}");
    }
}

#[tokio::test]
async fn e02_cookies_of_a_public_address_belong_to_their_host_alone() {
    let t = Tenantry::start_with(|config| config.server.issuer = "https://id.example".to_owned()).await;

    let page = answered(net::client().get(format!("http://{}/login/start?lang=de", t.address))).await;

    let lines: Vec<&str> = page.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        assert!(line.starts_with("__Host-tenantry-") && line.contains("; Secure") && line.contains("; HttpOnly"), "{line}");
        assert!(line.contains("; Path=/;") && line.contains("; SameSite=Lax") && !line.to_lowercase().contains("domain"), "{line}");
    }
    let tossed =
        net::client().get(format!("http://{}/login/start", t.address)).header("cookie", format!("tenantry-browser=tnb_{}", "A".repeat(43)));
    assert!(answered(tossed).await.header("set-cookie").starts_with("__Host-tenantry-browser="), "a cookie without the prefix is not read");
}

#[tokio::test]
async fn e05_a_session_that_ended_on_one_node_is_dead_on_the_other() {
    let s = Scene::set().await;
    let second = s.t.beside().await;
    let (mut browser, _) = s.signed_in().await;
    let by_logout = session(&browser).unwrap();
    let (other, _) = s.signed_in().await;
    let by_admin = session(&other).unwrap();
    assert!(is_alive(&second, &by_logout).await && is_alive(&second, &by_admin).await);

    browser.goto("/end-session").await;
    browser.submit("#logout-confirm").await;
    assert!(!is_alive(&second, &by_logout).await && !is_alive(&s.t, &by_logout).await);
    assert!(is_alive(&second, &by_admin).await, "only the browser's own session ends");

    second.app.store.write(async |w| w.end_sessions_of(&s.anna.id, second.now()).await).await.unwrap();
    assert!(!is_alive(&s.t, &by_admin).await);
}

#[tokio::test]
async fn e07_shorter_lifetimes_bind_the_sessions_that_exist() {
    let s = Scene::set().await;
    let (browser, _) = s.signed_in().await;
    let cookie = session(&browser).unwrap();
    let short_idle = s.t.beside_with(|config| config.sign_in.session_idle_minutes = 10).await;
    let short_life = s.t.beside_with(|config| config.sign_in.session_absolute_hours = 1).await;

    s.t.later(minutes(15));
    assert!(!is_alive(&short_idle, &cookie).await);
    assert!(is_alive(&short_life, &cookie).await);
    s.t.later(minutes(50));
    assert!(!is_alive(&short_life, &cookie).await);
    assert!(is_alive(&s.t, &cookie).await, "where nothing was shortened it still counts");

    let strict = TenantPolicy { session_idle_minutes: 5, ..TenantPolicy::default() };
    s.t.app.store.write(async |w| w.set_tenant_policy(&s.acme.id, &strict).await).await.unwrap();
    s.t.app.refresh().await.unwrap();
    assert!(is_alive(&s.t, &cookie).await);
    s.t.later(minutes(6));
    assert!(!is_alive(&s.t, &cookie).await, "a tenant may demand fewer minutes");
}

#[tokio::test(flavor = "multi_thread")]
async fn e13_a_hundred_people_at_once_are_each_themselves() {
    const PEOPLE: usize = 100;
    let s = Scene::with(|config| config.password.queue = 1000).await;
    let mut browsers: Vec<(Browser, crate::harness::relying_party::Request)> = Vec::new();
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(s.t.member(&s.acme, &format!("person{number}@acme.example")).await);
        browsers.push(s.at_login().await);
    }
    let (s, people) = (Arc::new(s), Arc::new(people));

    let browsers = Arc::new(browsers);
    let after_password = par(PEOPLE, |n| {
        let (people, browsers) = (Arc::clone(&people), Arc::clone(&browsers));
        async move {
            let mut browser = browsers[n].0.clone();
            guess(&mut browser, &people[n].email, PASSWORD).await;
            assert_eq!(browser.path(), "/login/code");
            browser
        }
    })
    .await;
    let mut ready = Vec::new();
    for (mut browser, person) in after_password.into_iter().zip(people.iter()) {
        let code = s.t.mailbox.code(&person.email).await;
        browser.fill("#code", &code);
        ready.push(browser);
    }
    let ready = Arc::new(ready);
    let subjects = par(PEOPLE, |n| {
        let (s, ready, browsers) = (Arc::clone(&s), Arc::clone(&ready), Arc::clone(&browsers));
        async move {
            let mut browser = ready[n].clone();
            browser.submit("#code-submit").await;
            let code = s.party.landed(&browsers[n].1, browser.landing()).code();
            let tokens = s.party.exchange(&browsers[n].1, &code).await.unwrap();
            browser.goto("/").await;
            (tokens.claims["sub"].as_str().unwrap().to_owned(), browser.page().body.clone())
        }
    })
    .await;

    for (person, (subject, home)) in people.iter().zip(subjects) {
        assert_eq!(person.id.as_str(), subject);
        assert!(home.contains(&person.email) && home.matches("@acme.example").count() == 1, "{home}");
    }
}

#[tokio::test]
async fn e14_names_that_begin_alike_or_hold_delimiters_are_kept_apart() {
    let s = Scene::set().await;
    let stem = "a".repeat(52);
    let domain = "b".repeat(60);
    let pairs = [
        (format!("{stem}x@acme.example"), format!("{stem}y@acme.example")),
        (format!("{stem}@{domain}.{domain}.{domain}.one.example"), format!("{stem}@{domain}.{domain}.{domain}.two.example")),
        ("person|x@acme.example".to_owned(), "person@acme.example".to_owned()),
    ];
    for (one, two) in &pairs {
        let factorless = |new: &mut tenantry::service::people::Newcomer| new.second_factor = FactorKind::None;
        let other = s.t.app.passwords.hash(tenantry::world::Secret::from("another password of theirs"), &*s.t.app.entropy).await.unwrap();
        s.t.person_with(one, factorless).await;
        s.t.person_with(two, |new| (new.password_hash, new.second_factor) = (Some(other), FactorKind::None)).await;

        let (mut browser, _) = s.at_login().await;
        for _ in 0..10 {
            guess(&mut browser, two, PASSWORD).await;
            assert_eq!(browser.page().status, 401, "the password of the neighbour");
        }
        guess(&mut browser, two, "another password of theirs").await;
        assert_eq!(browser.page().status, 429);
        browser.goto("/login/start").await;
        guess(&mut browser, one, PASSWORD).await;
        assert_eq!(browser.path(), "/", "the neighbour is not paused");
    }
    let (mut browser, _) = s.at_login().await;
    for name in ["person:x", "net:127.0.0.1", "nobody:x", "a|b:c@acme.example", "factor:x", "client:x:127.0.0.1"] {
        for _ in 0..3 {
            assert_eq!(guess(&mut browser, name, "wrong").await.page().status, 401, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e16_twenty_sign_ins_at_once_leave_as_many_sessions_as_allowed() {
    let capped = |config: &mut tenantry::config::Config| {
        (config.password.queue, config.sign_in.lock_threshold, config.sign_in.sessions_per_person) = (1000, 100, 5);
    };
    let s = Scene::with(capped).await;
    let second = s.t.beside_with(capped).await;
    let free = |policy: &mut TenantPolicy| (policy.mfa_mode, policy.lock_threshold) = (tenantry::model::MfaMode::Off, 100);
    let lax = s.t.tenant_with("lax", free).await;
    let ben = s.t.member(&lax, "ben@lax.example").await;
    let mut logins = Vec::new();
    for _ in 0..20 {
        let (mut browser, _) = s.at_login().await;
        let form = browser.fill("#identifier", &ben.email).fill("#password", PASSWORD).form("#login-submit");
        logins.push(Shot::of(&browser, &form));
    }
    second.app.refresh().await.unwrap();
    let (logins, nodes) = (Arc::new(logins), [s.t.address, second.address]);

    let pages = par(20, |n| {
        let shot = logins[n].clone();
        async move { shot.fire(nodes[n % 2]).await }
    })
    .await;

    let mut alive = 0;
    for page in &pages {
        assert_eq!(page.status, 303, "{page}");
        let cookie = page.header("set-cookie").split([';', '=']).nth(1).unwrap().to_owned();
        alive += usize::from(is_alive(&second, &cookie).await);
    }
    assert_eq!(alive, 5);
}

#[tokio::test]
async fn e16_a_new_session_ends_the_one_that_was_unused_the_longest() {
    let s = Scene::with(|config| config.sign_in.sessions_per_person = 2).await;
    let mut cookies = Vec::new();
    for _ in 0..2 {
        let (browser, _) = s.signed_in().await;
        cookies.push(session(&browser).unwrap());
        s.t.later(minutes(5));
    }
    assert!(is_alive(&s.t, &cookies[0]).await, "the older one is used once more");
    s.t.later(minutes(5));
    let (browser, _) = s.signed_in().await;

    let alive = [is_alive(&s.t, &cookies[0]).await, is_alive(&s.t, &cookies[1]).await, is_alive(&s.t, &session(&browser).unwrap()).await];
    assert_eq!(alive, [true, false, true]);
}
