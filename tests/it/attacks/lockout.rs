//! F: guessing: counted once per account and network, on every node, and never told apart.
use std::sync::Arc;

use tenantry::model::{Membership, MembershipId, MembershipKind};

use super::{Scene, Shot, answered, at_login, get, guess, minutes, session};
use crate::harness::browser::Browser;
use crate::harness::html::Page;
use crate::harness::net;
use crate::harness::par::par;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::PASSWORD;

/// How often the audit trail says this.
async fn noted(t: &Tenantry, action: &str, outcome: &str) -> usize {
    let events = t.app.store.read(async |r| r.audit_since(t.now().minus(minutes(60)), 10_000).await).await.unwrap();
    events.iter().filter(|event| event.action == action && event.outcome == outcome).count()
}

async fn wrong(browser: &mut Browser, identifier: &str, times: usize) {
    for _ in 0..times {
        assert_eq!(guess(browser, identifier, "wrong").await.page().status, 401, "{identifier}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_two_hundred_guesses_at_once_on_two_nodes_count_as_two_hundred() {
    let s = Scene::with(|config| (config.password.queue, config.sign_in.lock_threshold) = (1000, 5)).await;
    let second = s.t.beside_with(|config| (config.password.queue, config.sign_in.lock_threshold) = (1000, 5)).await;
    let (mut browser, _) = s.at_login().await;
    let form = browser.fill("#identifier", &s.anna.email).fill("#password", PASSWORD).form("#login-submit");
    let right = Shot::of(&browser, &form);
    let nodes = [s.t.address, second.address];

    let statuses = par(200, |n| {
        let shot = right.clone().with("password", &format!("wrong {n}"));
        async move { shot.fire(nodes[n % 2]).await.status }
    })
    .await;

    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 195, "{statuses:?}");
    assert_eq!(noted(&s.t, "sign_in.password", "wrong").await, 5);
    for node in nodes {
        assert_eq!(right.clone().fire(node).await.status, 429, "while it is paused the right one is refused as well");
    }
    s.t.later(minutes(30));
    assert_eq!(right.fire(second.address).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_guessing_the_second_factor_is_counted_the_same_way() {
    let s = Arc::new(Scene::set().await);
    let second = s.t.beside().await;
    let (mut browser, _) = s.half_way().await;
    let code = s.t.mailbox.code(&s.anna.email).await;
    let form = browser.fill("#code", &code).form("#code-submit");
    let right = Shot::of(&browser, &form);
    let nodes = [s.t.address, second.address];
    let guesses: Vec<String> = (0..60).map(|n| format!("{n:06}")).filter(|guess| *guess != code).collect();

    let statuses = par(guesses.len(), |n| {
        let shot = right.clone().with("code", &guesses[n]);
        async move { shot.fire(nodes[n % 2]).await.status }
    })
    .await;

    assert!(statuses.iter().all(|status| [401, 429].contains(status)), "{statuses:?}");
    assert!(noted(&s.t, "sign_in.factor", "wrong").await <= 10);
    assert_ne!(right.clone().fire(second.address).await.status, 303, "the right code is worth nothing after that");
    s.t.later(minutes(30));
    assert_ne!(right.fire(s.t.address).await.status, 303);
}

#[tokio::test]
async fn f02_every_spelling_of_a_name_counts_for_the_same_account() {
    let s = Scene::set().await;
    let (mut browser, _) = s.at_login().await;
    let spellings = ["anna@acme.example", "ANNA@ACME.EXAMPLE", "  anna@acme.example\t", "Anna@Acme.example", "anna@ACME.example "];

    for spelling in spellings {
        wrong(&mut browser, spelling, 2).await;
    }
    for spelling in spellings {
        assert_eq!(guess(&mut browser, spelling, PASSWORD).await.page().status, 429, "{spelling}");
    }
    for neighbour in ["anna+x@acme.example", "an.na@acme.example", "\u{ff41}nna@acme.example", "anna@acme.example.example"] {
        assert_eq!(guess(&mut browser, neighbour, PASSWORD).await.page().status, 401, "{neighbour} is another name");
    }
}

#[tokio::test]
async fn f04_a_whole_ipv6_network_is_one_guesser() {
    let s = Scene::with(|config| {
        config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        config.sign_in.network_lock_threshold = 5;
    })
    .await;
    let (mut browser, _) = s.at_login().await;

    for host in 0..5 {
        browser.extra = vec![("x-forwarded-for", format!("2001:db8:1:2:{host:x}::1"))];
        wrong(&mut browser, &format!("nobody{host}@acme.example"), 1).await;
    }
    browser.extra = vec![("x-forwarded-for", "2001:db8:1:2:ffff::9".to_owned())];
    assert_eq!(guess(&mut browser, &s.anna.email, PASSWORD).await.page().status, 429);
    browser.extra = vec![("x-forwarded-for", "2001:db8:1:3::1".to_owned())];
    assert_eq!(guess(&mut browser, &s.anna.email, PASSWORD).await.path(), "/login/code", "the network beside it is free");
}

#[tokio::test]
async fn f04_other_spellings_of_a_path_are_no_way_around_the_count() {
    let s = Scene::set().await;
    let (mut browser, _) = s.at_login().await;
    let form = browser.fill("#identifier", &s.anna.email).fill("#password", PASSWORD).form("#login-submit");
    let good = Shot::of(&browser, &form);

    for path in ["//login", "/login/", "/LOGIN", "/%2flogin", "/%6cogin/", "/./login;x=1", "/login;x=1", "/x/../login%00"] {
        let page = Shot { path: path.to_owned(), ..good.clone() }.fire(s.t.address).await;
        assert!([400, 404].contains(&page.status), "{path}: {page}");
    }
    assert_eq!(noted(&s.t, "sign_in.password", "ok").await, 0);
    wrong(&mut browser, &s.anna.email, 10).await;
    for path in ["/login", "/%6cogin"] {
        let page = Shot { path: path.to_owned(), ..good.clone() }.fire(s.t.address).await;
        assert!([404, 429].contains(&page.status), "{path}: {page}");
    }
}

#[tokio::test]
async fn f05_an_address_that_anybody_can_claim_is_not_believed() {
    let s = Scene::with(|config| config.sign_in.network_lock_threshold = 5).await;
    let (mut browser, _) = s.at_login().await;
    let long = (0..1000).map(|n| format!("10.0.{}.{}", n / 250, n % 250)).collect::<Vec<_>>().join(", ");

    for (n, claim) in ["10.1.1.1", "a", "fe80::1%eth0", long.as_str(), "unknown, 10.2.2.2"].into_iter().enumerate() {
        browser.extra = vec![("x-forwarded-for", claim.to_owned())];
        wrong(&mut browser, &format!("nobody{n}@acme.example"), 1).await;
    }
    browser.extra = vec![("x-forwarded-for", "10.9.9.9".to_owned())];
    assert_eq!(guess(&mut browser, &s.anna.email, PASSWORD).await.page().status, 429);
}

#[tokio::test]
async fn f05_what_a_proxy_sends_garbled_counts_for_the_proxy_and_skips_nothing() {
    let s = Scene::with(|config| {
        config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        config.sign_in.network_lock_threshold = 5;
    })
    .await;
    let (mut browser, _) = s.at_login().await;
    let garbled = ["a", "10.1.1.1, a", "fe80::1%eth0", "10.1.1.1:1234", "10.1.1.1,"];

    for (n, claim) in garbled.into_iter().enumerate() {
        browser.extra = vec![("x-forwarded-for", claim.to_owned())];
        wrong(&mut browser, &format!("nobody{n}@acme.example"), 1).await;
    }
    browser.extra = vec![("x-forwarded-for", "b".to_owned())];
    assert_eq!(guess(&mut browser, &s.anna.email, PASSWORD).await.page().status, 429);
    browser.extra = vec![("x-forwarded-for", "1.1.1.1, 2.2.2.2, 10.3.3.3".to_owned())];
    assert_eq!(guess(&mut browser, &s.anna.email, PASSWORD).await.path(), "/login/code", "the nearest address is the client's");
}

/// The page without what differs from request to request.
fn neutral(page: &Page, identifier: &str) -> String {
    let strip = |text: String, css: &str| text.replace(&page.attr(css, "value"), "…");
    let text = page.body.replace(identifier, "NAME");
    strip(strip(text, "form[action='/login'] input[name=csrf]"), "form[action='/login'] input[name=flow]")
}

#[tokio::test]
async fn f07_f08_a_name_that_nobody_has_is_answered_and_paused_like_any_other() {
    let s = Scene::set().await;
    let invited = s.t.person_with("vera@acme.example", |new| new.password_hash = None).await;
    let names = [s.anna.email.as_str(), "nobody@acme.example", invited.email.as_str(), "not an address"];
    let mut answers = Vec::new();

    for name in names {
        let (mut browser, _) = s.at_login().await;
        let mut seen = Vec::new();
        for _ in 0..12 {
            let page = guess(&mut browser, name, "wrong").await.page().clone();
            seen.push((page.status, page.header("retry-after").to_owned(), neutral(&page, name)));
        }
        s.t.later(minutes(29));
        assert_eq!(guess(&mut browser, name, "wrong").await.page().status, 429, "{name}");
        s.t.later(minutes(2));
        assert_eq!(guess(&mut browser, name, "wrong").await.page().status, 401, "{name}");
        answers.push(seen);
    }

    assert_eq!(answers[0].iter().map(|(status, ..)| *status).collect::<Vec<_>>(), [[401; 10].as_slice(), &[429; 2]].concat());
    for (name, answer) in names.iter().zip(&answers) {
        assert_eq!(answer, &answers[0], "{name}");
    }
    assert!(answers[0][11].2.contains("30"), "the pause is told in minutes: {}", answers[0][11].2);
}

#[tokio::test]
async fn f07_an_unknown_name_costs_a_hash_like_a_known_one() {
    let s = Scene::set().await;
    let full: Vec<_> = std::iter::from_fn(|| s.t.app.passwords.enter().ok()).collect();

    for name in [s.anna.email.as_str(), "nobody@acme.example", "not an address"] {
        let (mut browser, _) = s.at_login().await;
        let mut browser = std::mem::replace(&mut browser, s.t.browser()).tolerating_errors();
        assert_eq!(guess(&mut browser, name, PASSWORD).await.page().status, 503, "{name} queues like everybody");
    }
    drop(full);
}

#[tokio::test]
async fn f11_a_full_queue_sends_away_politely_and_disturbs_nobody_else() {
    let s = Scene::set().await;
    let (_, tokens) = s.signed_in().await;
    let (browser, _) = s.at_login().await;
    let mut browser = browser.tolerating_errors();
    let full: Vec<_> = std::iter::from_fn(|| s.t.app.passwords.enter().ok()).collect();

    for _ in 0..20 {
        let page = guess(&mut browser, &s.anna.email, PASSWORD).await.page();
        assert_eq!((page.status, page.header("retry-after")), (503, "5"));
    }
    assert_eq!(answered(net::client().get(s.t.url("/jwks"))).await.status, 200);
    assert!(s.party.refresh(tokens.refresh.as_deref().unwrap()).await.is_ok(), "tokens do not wait behind passwords");
    drop(full);
    assert_eq!(guess(&mut browser, &s.anna.email, PASSWORD).await.path(), "/login/code", "being sent away was not counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_a_storm_of_logins_gets_answers_and_no_errors() {
    let s = Scene::with(|config| (config.password.threads, config.password.queue) = (1, 4)).await;
    let (mut browser, _) = s.at_login().await;
    let form = browser.fill("#identifier", &s.anna.email).fill("#password", "wrong").form("#login-submit");
    let shot = Shot::of(&browser, &form);
    let address = s.t.address;

    let pages = par(200, |n| {
        let shot = shot.clone().with("identifier", &format!("nobody{n}@acme.example"));
        async move { shot.fire(address).await }
    })
    .await;

    for page in &pages {
        assert!([401, 429, 503].contains(&page.status), "{page}");
        assert_eq!(page.status == 503, page.header("retry-after") == "5", "{page}");
    }
    assert!(pages.iter().any(|page| page.status == 401));
}

#[tokio::test]
async fn f13_one_try_for_each_of_many_names_pauses_the_network_and_is_noted() {
    let s = Scene::with(|config| config.sign_in.network_lock_threshold = 20).await;
    let (mut browser, _) = at_login(&s.t, &s.party).await;

    for n in 0..20 {
        wrong(&mut browser, &format!("nobody{n}@acme.example"), 1).await;
    }
    for n in 20..25 {
        assert_eq!(guess(&mut browser, &format!("nobody{n}@acme.example"), "wrong").await.page().status, 429);
    }
    assert_eq!(guess(&mut browser, &s.anna.email, PASSWORD).await.page().status, 429);
    assert_eq!(noted(&s.t, "sign_in.pause", "network").await, 1);
    assert_eq!(session(&browser), None);

    s.t.later(minutes(31));
    wrong(&mut browser, &s.anna.email, 10).await;
    assert_eq!(noted(&s.t, "sign_in.pause", "account").await, 1);
    assert_eq!(get(&mut browser, &s.t.url("/")).await.status, 200);
}

#[tokio::test]
async fn f13_one_password_for_many_names_from_many_networks_is_paused_and_noted() {
    let s = Scene::with(|config| {
        config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        config.sign_in.password_lock_threshold = 20;
    })
    .await;
    let (mut browser, _) = s.at_login().await;
    let from = |n: usize| vec![("x-forwarded-for", format!("10.{}.{}.7", n / 250, n % 250))];

    for n in 0..20 {
        browser.extra = from(n);
        assert_eq!(guess(&mut browser, &format!("nobody{n}@acme.example"), PASSWORD).await.page().status, 401, "{n}");
    }
    for (n, name) in [(20, "nobody20@acme.example"), (21, s.anna.email.as_str()), (1, "nobody1@acme.example")] {
        browser.extra = from(n);
        assert_eq!(guess(&mut browser, name, PASSWORD).await.page().status, 429, "{name}");
    }
    assert_eq!(noted(&s.t, "sign_in.pause", "password").await, 1);
    assert_eq!(session(&browser), None, "the sprayed password opens nothing, though it is Anna's");
    wrong(&mut browser, &s.anna.email, 1).await;

    s.t.later(minutes(31));
    assert_eq!(guess(&mut browser, &s.anna.email, PASSWORD).await.path(), "/login/code");
}

#[tokio::test]
async fn f13_one_person_who_repeats_a_wrong_password_pauses_it_for_nobody_else() {
    let s = Scene::with(|config| (config.sign_in.password_lock_threshold, config.sign_in.lock_threshold) = (5, 50)).await;
    let (mut browser, _) = s.at_login().await;
    for name in ["nobody1@acme.example", "nobody2@acme.example", "nobody3@acme.example", "nobody4@acme.example"] {
        wrong(&mut browser, name, 3).await;
    }
    assert_eq!(guess(&mut browser, &s.anna.email, "wrong").await.page().status, 401);
    assert_eq!(guess(&mut browser, &s.anna.email, "wrong").await.page().status, 429, "the fifth name");
    assert_eq!(guess(&mut browser, &s.anna.email, PASSWORD).await.path(), "/login/code", "other passwords are free");
}

/// What the sign-in page says to each of the passwords, and after the pauses.
async fn told(s: &Scene, name: &str, tries: usize) -> Vec<(u16, String)> {
    let mut seen = Vec::new();
    for (n, pause) in std::iter::repeat_n(0, tries).chain([29, 2, 20, 10]).enumerate() {
        s.t.later(minutes(pause));
        let (mut browser, _) = s.at_login().await;
        let page = guess(&mut browser, name, &format!("wrong {n}")).await.page();
        seen.push((page.status, neutral(page, name)));
    }
    seen
}

#[tokio::test]
async fn c22_f08_a_tenants_stricter_rule_binds_and_tells_nobody_who_exists() {
    let s = Scene::set().await;
    let strict = s.t.tenant_with("bank", |policy| (policy.lock_threshold, policy.lock_duration_minutes) = (4, 60)).await;
    let ben = s.t.member(&strict, "ben@bank.example").await;
    let carl = s.t.member(&s.acme, "carl@acme.example").await;
    s.t.guest(&strict, &carl).await;

    let nobody = told(&s, "nobody@bank.example", 12).await;
    assert_eq!(nobody.iter().map(|(status, _)| *status).collect::<Vec<_>>()[..13], [[401; 10].as_slice(), &[429; 3]].concat());
    for known in [&ben.email, &carl.email, &s.anna.email] {
        assert_eq!(told(&s, known, 12).await, nobody, "{known}");
    }
}

#[tokio::test]
async fn c22_the_right_password_is_not_looked_at_while_a_tenants_rule_pauses() {
    let s = Scene::set().await;
    let strict = s.t.tenant_with("bank", |policy| (policy.lock_threshold, policy.lock_duration_minutes) = (4, 60)).await;
    let ben = s.t.member(&strict, "ben@bank.example").await;
    let (mut browser, _) = s.at_login().await;

    wrong(&mut browser, &ben.email, 4).await;
    assert_eq!(guess(&mut browser, &ben.email, PASSWORD).await.page().status, 401, "as for any wrong password");
    assert_eq!(noted(&s.t, "sign_in.pause", "account").await, 1);
    assert_eq!(noted(&s.t, "sign_in.password", "paused").await, 1);
    s.t.later(minutes(55));
    assert_eq!(guess(&mut browser, &ben.email, PASSWORD).await.page().status, 401);
    s.t.later(minutes(6));
    let (mut later, _) = s.at_login().await;
    assert_eq!(guess(&mut later, &ben.email, PASSWORD).await.path(), "/login/code");
}

#[tokio::test]
async fn c19_a_tenant_that_only_invited_somebody_imposes_no_rule() {
    let s = Scene::set().await;
    let hostile = s.t.tenant_with("hostile", |policy| (policy.lock_threshold, policy.lock_duration_minutes) = (3, 1440)).await;
    let new = tenantry::service::tenants::NewMembership {
        person: s.anna.id.clone(),
        tenant: hostile.id.clone(),
        kind: tenantry::model::MembershipKind::Guest,
        state: tenantry::model::MembershipState::Invited,
        admin: false,
        api_access: false,
    };
    tenantry::service::tenants::add_member(&s.t.change(), new).await.unwrap();
    let (mut browser, _) = s.at_login().await;

    wrong(&mut browser, &s.anna.email, 5).await;
    assert_eq!(guess(&mut browser, &s.anna.email, PASSWORD).await.path(), "/login/code");
}

#[tokio::test]
async fn c19_a_tenant_that_linked_somebody_unasked_imposes_no_rule_before_it_is_entered() {
    let s = Scene::set().await;
    let hostile = s.t.tenant_with("hostile", |policy| (policy.lock_threshold, policy.lock_duration_minutes) = (4, 60)).await;
    let home = s.t.app.store.read(async |r| r.membership(&s.anna.id, &s.acme.id).await).await.unwrap().unwrap();
    let linked = Membership {
        id: MembershipId::from_text("mem_linked"),
        tenant: hostile.id.clone(),
        kind: MembershipKind::Guest,
        accepted: false,
        ..home
    };
    s.t.app.store.write(async |w| w.insert_membership(&linked).await).await.unwrap();
    let (mut browser, _) = s.at_login().await;
    let known = async || s.t.app.store.read(async |r| r.is_known_in(&hostile.id, &s.anna.id).await).await.unwrap();

    wrong(&mut browser, &s.anna.email, 5).await;
    assert_eq!(guess(&mut browser, &s.anna.email, PASSWORD).await.path(), "/login/code");
    assert!(!known().await, "i11: nor does it know the name");
    let code = s.t.mailbox.code(&s.anna.email).await;
    browser.fill("#code", &code).submit("#code-submit").await;
    browser.submit("#tenant-hostile").await;
    assert!(browser.left().is_some(), "{}", browser.page());

    assert!(known().await);
    let (mut browser, _) = s.at_login().await;
    wrong(&mut browser, &s.anna.email, 4).await;
    assert_eq!(guess(&mut browser, &s.anna.email, PASSWORD).await.page().status, 401, "whoever enters is under its rules");
}

#[tokio::test]
async fn c22_the_second_factor_pauses_by_the_strictest_rule_and_is_noted() {
    let s = Scene::set().await;
    let strict = s.t.tenant_with("bank", |policy| policy.lock_threshold = 4).await;
    let ben = s.t.member(&strict, "ben@bank.example").await;
    let app = s.t.db_authenticator(&ben).await;
    let (mut browser, _) = s.at_login().await;
    guess(&mut browser, &ben.email, PASSWORD).await;
    let bad = if app.code(s.t.now()) == "000000" { "111111" } else { "000000" };

    for _ in 0..4 {
        assert_eq!(browser.fill("#code", bad).submit("#code-submit").await.page().status, 401);
    }
    assert_eq!(browser.fill("#code", &app.code(s.t.now())).submit("#code-submit").await.page().status, 429);
    assert_eq!(noted(&s.t, "sign_in.pause", "factor").await, 1);
}
