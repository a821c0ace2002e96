//! A forgotten password.
use tenantry::model::{FactorKind, MembershipKind, MembershipState, PersonState};
use tenantry::policy::permission::TenantScope;
use tenantry::policy::presets::Preset;
use tenantry::service::Network;
use tenantry::service::reset_links::{self, Reset};

use super::{NEW, NEWER, Scene, choose, days, minutes};
use crate::harness::par::par;
use crate::harness::world::PASSWORD;

#[tokio::test]
async fn s28_a_forgotten_password_is_renewed_by_the_link_of_a_letter() {
    let s = Scene::of(Preset::Saferpay).await;
    let mut browser = s.at_link().await;

    choose(&mut browser, NEW).await;

    assert!(browser.has("#done-continue"), "{}", browser.page());
    let told = s.t.mailbox.letter(&s.anna.email).await;
    assert!(told.subject.contains("password"), "h08: a letter says that the password changed");
    assert!(!s.is_good(PASSWORD).await && s.is_good(NEW).await);
    browser.goto("/account/security").await;
    assert_eq!(browser.path(), "/login", "h08: nobody is signed in by it");
}

#[tokio::test]
async fn h07_the_token_leaves_the_address_and_looking_uses_nothing_up() {
    let s = Scene::of(Preset::Saferpay).await;
    s.ask(&s.anna.email).await;
    let link = s.t.mailbox.link(&s.anna.email).await;
    for _ in 0..3 {
        s.t.browser().goto(link.as_str()).await;
    }

    let mut browser = s.t.browser();
    browser.goto(link.as_str()).await;

    assert_eq!((browser.path(), browser.page().status), ("/recovery/new", 200));
    let token = link.path().rsplit('/').next().unwrap();
    assert!(!browser.page().body.contains(token));
    assert_eq!(browser.page().header("referrer-policy"), "no-referrer");
    choose(&mut browser, NEW).await;
    assert!(browser.has("#done-continue"));
}

#[tokio::test]
async fn h16_f07_unknown_unverified_and_inactive_people_get_nothing_and_the_same_answer() {
    let s = Scene::of(Preset::Saferpay).await;
    let unproved = s.t.person_with("uma@acme.example", |new| new.email_verified = false).await;
    let gone = s.t.member(&s.tenant, "greta@acme.example").await;
    let elsewhere = s.t.person_with("mia@acme.example", |new| new.password_hash = None).await;
    s.t.app.store.write(async |w| w.set_person_state(&gone.id, PersonState::Deactivated, s.t.now()).await).await.unwrap();
    let mut answers = Vec::new();

    for name in ["nobody@acme.example", &unproved.email, &gone.email, &elsewhere.email, &s.anna.email] {
        let before = costs(&s);
        let page = s.ask(name).await.page().clone();
        let after = costs(&s);
        answers.push((page.status, page.text("main"), [after[0] - before[0], after[1] - before[1]]));
    }

    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    let letters = s.t.mailbox.everything().await;
    assert_eq!(letters.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), [s.anna.email.as_str()]);
}

/// What the answers cost so far: hashes and statements.
fn costs(s: &Scene) -> [usize; 2] {
    ["a password is to be hashed", "a statement ran"].map(|line| s.t.log.lines_with(line).len())
}

#[tokio::test]
async fn h01_h02_the_link_names_the_configured_host_and_goes_to_one_stored_address() {
    let s = Scene::of(Preset::Saferpay).await;
    let mut browser = s.t.browser();
    browser.extra = vec![("x-forwarded-host", "evil.test".into()), ("forwarded", "host=evil.test".into())];
    browser.goto("/recovery").await;
    browser.fill("#email", &s.anna.email).submit("#recover-submit").await;
    assert!(s.t.mailbox.link(&s.anna.email).await.as_str().starts_with(&s.t.origin));

    for typed in ["anna@acme.example,evil@evil.test", "anna@acme.example;evil@evil.test", "\"anna@acme.example\"@evil.test"] {
        let mut browser = s.t.browser();
        browser.goto("/recovery").await;
        browser.fill("#email", typed).submit("#recover-submit").await;
        assert_eq!(browser.page().status, 422, "{typed}");
    }
    let mut twice = s.t.browser();
    twice.goto("/recovery").await;
    let mut form = twice.fill("#email", &s.anna.email).form("#recover-submit");
    form.fields.push(("email".into(), "evil@evil.test".into()));
    assert_eq!(twice.send(form).await.page().status, 400);
    assert_eq!(s.t.mailbox.everything().await, []);
}

#[tokio::test]
async fn h05_g13_the_next_link_ends_the_one_before_and_letters_are_few() {
    let s = Scene::of(Preset::Saferpay).await;
    s.ask(&s.anna.email).await;
    let first = s.t.mailbox.link(&s.anna.email).await;
    s.ask(&s.anna.email.to_uppercase()).await;
    let second = s.t.mailbox.link(&s.anna.email).await;

    let mut browser = s.t.browser();
    assert_eq!(browser.goto(first.as_str()).await.page().status, 410);
    assert_eq!(browser.goto(second.as_str()).await.page().status, 200);

    for _ in 0..20 {
        s.ask(&s.anna.email).await;
    }
    let more = s.t.mailbox.take(&s.anna.email).await.len();
    assert!(more <= 3, "five in a quarter of an hour, not {}", more + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h04_of_two_passwords_sent_at_once_with_one_link_one_wins() {
    let s = Scene::of(Preset::Konfipay).await;
    let browser = s.at_link().await;

    let outcomes = par(8, |n| {
        let mut browser = browser.clone();
        async move {
            choose(&mut browser, &format!("{NEW} number {n}")).await;
            browser.page().status
        }
    })
    .await;

    let won: Vec<usize> = outcomes.iter().enumerate().filter(|(_, status)| **status == 200).map(|(n, _)| n).collect();
    assert_eq!(won.len(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|status| matches!(status, 200 | 410)), "{outcomes:?}");
    assert!(s.is_good(&format!("{NEW} number {}", won[0])).await);
}

#[tokio::test]
async fn h08_a_new_password_ends_sessions_and_tokens() {
    let s = Scene::of(Preset::Konfipay).await;
    let party = s.t.party().await;
    let mut signed_in = s.t.browser();
    let (_, tokens) = s.t.log_in(&mut signed_in, &party, &s.anna, &["openid", "offline_access"]).await;

    choose(&mut s.at_link().await, NEW).await;

    signed_in.goto("/account/security").await;
    assert_eq!(signed_in.path(), "/login");
    let refused = party.refresh(&tokens.refresh.unwrap()).await.unwrap_err();
    assert_eq!(refused.error, "invalid_grant");
}

#[tokio::test]
async fn h08_g04_a_half_done_sign_in_with_the_old_password_is_over_after_a_reset() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let mut half_way = s.t.browser();
    s.sign_in(&mut half_way, PASSWORD).await;
    assert_eq!(half_way.path(), "/login/code");
    let (here, code) = (half_way.page().url.clone(), s.t.mailbox.code(&s.anna.email).await);
    s.t.later(minutes(1));

    choose(&mut s.at_link().await, NEW).await;

    half_way.fill("#code", &code).submit("#code-submit").await;
    assert_eq!(half_way.path(), "/login", "a code that went out before proves nothing");
    half_way.goto(here.as_str()).await;
    assert_eq!(half_way.path(), "/login");
    half_way.goto("/account/security").await;
    assert_eq!(half_way.path(), "/login", "nobody is signed in");
}

#[tokio::test]
async fn f19_former_passwords_are_not_guessed_without_end() {
    let s = Scene::of(Preset::Saferpay).await;
    let mut browser = s.at_link().await.tolerating_errors();
    for _ in 0..10 {
        choose(&mut browser, PASSWORD).await;
        assert_eq!(browser.page().status, 422, "one that was used");
    }

    choose(&mut browser, PASSWORD).await;

    assert_eq!(browser.page().status, 503);
}

#[tokio::test]
async fn s33_s30_a_new_password_ends_the_pause_and_changes_no_state() {
    let s = Scene::of(Preset::Saferpay).await;
    for _ in 0..10 {
        s.is_good("wrong").await;
    }
    assert!(!s.is_good(PASSWORD).await);

    choose(&mut s.at_link().await, NEW).await;

    assert!(s.is_good(NEW).await);
    let person = s.t.app.store.read(async |r| r.person(&s.anna.id).await).await.unwrap().unwrap();
    assert_eq!((person.state, person.lockout.failures), (PersonState::Active, 0));
}

#[tokio::test]
async fn p15_where_the_tenant_denies_it_people_with_a_second_factor_get_no_link() {
    let s = Scene::of(Preset::Promio).await;
    s.ask(&s.anna.email).await;
    assert_eq!(s.t.mailbox.take(&s.anna.email).await.len(), 1, "without a second factor it works");
    s.t.db_authenticator(&s.anna).await;

    s.t.later(minutes(16));
    s.ask(&s.anna.email).await;

    assert_eq!(s.t.mailbox.take(&s.anna.email).await.len(), 0);
}

#[tokio::test]
async fn s56_with_an_app_its_code_is_asked_for_before_a_new_password() {
    let s = Scene::of(Preset::Saferpay).await;
    let app = s.t.db_authenticator(&s.anna).await;
    let mut browser = s.at_link().await;
    assert!(browser.has("#code") && !browser.has("#password"), "{}", browser.page());
    browser.fill("#code", "000000").submit("#recover-factor-submit").await;
    assert_eq!(browser.page().status, 401);
    let mut other = s.t.browser();

    let code = app.code(s.t.now());
    browser.fill("#code", &code).submit("#recover-factor-submit").await;

    assert!(browser.has("#password"), "{}", browser.page());
    // The code counts in the browser in which it was given, and once.
    s.ask("nobody@acme.example").await;
    other.jar = browser.jar.clone();
    choose(&mut browser, NEW).await;
    assert!(browser.has("#done-continue"), "{}", browser.page());
    assert!(s.is_good(NEW).await);
}

#[tokio::test]
async fn s56_a_link_in_another_browser_asks_for_the_app_again() {
    let s = Scene::of(Preset::Saferpay).await;
    let app = s.t.db_authenticator(&s.anna).await;
    s.ask(&s.anna.email).await;
    let link = s.t.mailbox.link(&s.anna.email).await;
    let mut hers = s.t.browser();
    hers.goto(link.as_str()).await;
    hers.fill("#code", &app.code(s.t.now())).submit("#recover-factor-submit").await;
    assert!(hers.has("#password"));

    let mut thief = s.t.browser();
    thief.goto(link.as_str()).await;

    assert!(thief.has("#code") && !thief.has("#password"));
}

#[tokio::test]
async fn c3_codes_by_email_are_no_second_factor_of_a_link_by_email() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;

    let browser = s.at_link().await;

    assert!(browser.has("#password"), "{}", browser.page());
}

#[tokio::test]
async fn s27_a_link_leads_to_none_of_the_last_five_passwords() {
    let s = Scene::of(Preset::Saferpay).await;
    let mut browser = s.at_link().await;
    choose(&mut browser, PASSWORD).await;
    assert_eq!((browser.page().status, browser.text("#error").contains("before")), (422, true));
    choose(&mut browser, NEW).await;
    s.t.later(minutes(16));
    s.t.mailbox.everything().await;

    let mut again = s.at_link().await;
    choose(&mut again, PASSWORD).await;

    assert_eq!(again.page().status, 422, "a former one neither");
    choose(&mut again, NEWER).await;
    assert!(again.has("#done-continue"));
}

/// The scope of an administrator of the tenant.
async fn administrator(s: &Scene) -> TenantScope {
    let boss = s.t.member(&s.tenant, "boss@acme.example").await;
    let membership = s.t.app.store.read(async |r| r.membership(&boss.id, &s.tenant.id).await).await.unwrap().unwrap();
    let membership = tenantry::model::Membership { admin: true, ..membership };
    TenantScope::of(&membership, &s.tenant, []).unwrap()
}

#[tokio::test]
async fn s28_s35_a_link_that_an_administrator_sends_ends_the_lock_for_inactivity() {
    let s = Scene::of(Preset::Saferpay).await;
    let scope = administrator(&s).await;
    s.t.later(days(91));
    let party = s.t.party().await;
    let request = party.authorize(&["openid"], &[]);
    let target = async || s.t.app.store.read(async |r| r.membership(&s.anna.id, &s.tenant.id).await).await.unwrap().unwrap();
    choose(&mut s.at_link().await, NEW).await;
    s.t.mailbox.everything().await;
    let before = target().await.last_used_at;

    let sent = reset_links::send(&s.t.app, &scope, &target().await, &Network::local(), s.t.now()).await.unwrap();
    assert!(matches!(sent, Reset::Sent));
    let link = s.t.mailbox.link(&s.anna.email).await;
    let mut browser = s.t.browser();
    browser.goto(link.as_str()).await;
    choose(&mut browser, NEWER).await;

    assert!(browser.has("#done-continue"), "{}", browser.page());
    assert_eq!(before, None, "her own link did not end it");
    let mut enters = s.t.browser();
    enters.goto(request.url.as_str()).await;
    enters.fill("#identifier", &s.anna.email).fill("#password", NEWER).submit("#login-submit").await;
    party.landed(&request, enters.landing()).code();
}

#[tokio::test]
async fn c27_c28_nobody_gets_a_link_into_the_account_of_somebody_who_can_be_written_to() {
    let s = Scene::of(Preset::Saferpay).await;
    let scope = administrator(&s).await;
    let scene = &s;
    let membership = |person: tenantry::model::PersonId| async move {
        scene.t.app.store.read(async |r| r.membership(&person, &scene.tenant.id).await).await.unwrap().unwrap()
    };
    let guest = s.t.person("gina@globex.example").await;
    s.t.join(&guest, &s.tenant, MembershipKind::Guest).await;
    let (at_home, as_guest) = (membership(s.anna.id.clone()).await, membership(guest.id.clone()).await);
    let own = membership(scope.person().clone()).await;
    let left = tenantry::model::Membership { state: MembershipState::Left, ..at_home.clone() };
    let (app, here, now) = (&s.t.app, Network::local(), s.t.now());

    assert!(matches!(reset_links::hand_over(app, &scope, &at_home, &here, now).await.unwrap(), Reset::HasAddress));
    assert!(matches!(reset_links::hand_over(app, &scope, &as_guest, &here, now).await.unwrap(), Reset::NotAllowed));
    assert!(matches!(reset_links::send(app, &scope, &as_guest, &here, now).await.unwrap(), Reset::Sent));
    assert!(matches!(reset_links::send(app, &scope, &own, &here, now).await.unwrap(), Reset::NotAllowed));
    assert!(matches!(reset_links::send(app, &scope, &left, &here, now).await.unwrap(), Reset::NotActive));
    let audit = s.t.app.store.read(async |r| r.audit_since(now, 100).await).await.unwrap();
    assert!(
        audit.iter().any(|row| row.action == "recovery.link" && row.subject == guest.id.as_str() && row.actor == scope.person().as_str())
    );
}

#[tokio::test]
async fn s29_s35_for_people_without_an_address_the_administrator_hands_a_link_over() {
    let s = Scene::of(Preset::Saferpay).await;
    let scope = administrator(&s).await;
    let name = tenantry::service::people::NewUsername { tenant: s.tenant.id.clone(), name: None };
    let nora = s.t.person_with("nobody@acme.example", |new| (new.email, new.username) = (None, Some(name))).await;
    s.t.join(&nora, &s.tenant, MembershipKind::Home).await;
    let (person, target) =
        s.t.app
            .store
            .read(async |r| Ok((r.person(&nora.id).await?.unwrap(), r.membership(&nora.id, &s.tenant.id).await?.unwrap())))
            .await
            .unwrap();
    let (app, here, now) = (&s.t.app, Network::local(), s.t.now());

    assert!(matches!(reset_links::send(app, &scope, &target, &here, now).await.unwrap(), Reset::NoAddress));
    let Reset::Made(link) = reset_links::hand_over(app, &scope, &target, &here, now).await.unwrap() else { panic!("no link") };
    let mut browser = s.t.browser();
    browser.goto(link.expose()).await;
    choose(&mut browser, NEW).await;

    assert!(browser.has("#done-continue"), "{}", browser.page());
    assert_eq!(s.t.mailbox.everything().await, [], "nobody can be written to");
    let mut enters = s.t.browser();
    enters.goto("/login/start").await;
    enters.fill("#identifier", person.handle()).fill("#password", NEW).submit("#login-submit").await;
    assert_eq!(enters.path(), "/", "{}", enters.page());
    assert_eq!(s.t.browser().goto(link.expose()).await.page().status, 410, "it works once");
}
