//! A: where pages of ours lead: return addresses, status codes, logout, links in letters.
use std::time::Duration;

use tenantry::model::{InvitationMethod, MembershipKind, MembershipState};
use tenantry::service::change::Change;
use tenantry::service::invitations::{Invited, invite};
use tenantry::service::tenants::{self, MemberAdded, NewMembership};
use url::Url;

use super::{Scene, changed, get, guess, is_alive, post, session};
use crate::harness::browser::Browser;
use crate::harness::html::Form;
use crate::harness::world::PASSWORD;

const AWAY: &[&str] = &[
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "/%5cevil.example",
    "/..//evil.example",
    "/;@evil.example",
    "javascript:alert('evil')",
];
const NEW: &str = "violet umbrella 77 tango";
const NAMES: &[&str] = &["next", "return_to", "continue", "redirect", "redirect_uri", "target", "path", "lang", "flow", "done"];

#[tokio::test]
async fn a08_no_parameter_of_our_pages_chooses_where_they_lead() {
    let s = Scene::set().await;
    let (mut browser, _) = s.signed_in().await;
    let pages = ["/", "/login/start", "/account/security", "/account/security/app"];

    for path in pages {
        for (name, away) in NAMES.iter().flat_map(|name| AWAY.iter().map(move |away| (*name, *away))) {
            let url = changed(&s.t.url(path).parse().unwrap(), name, Some(away));
            let page = get(&mut browser, url.as_str()).await;
            if path == "/login/start" {
                assert_eq!((page.status, page.header("location")), (303, "/"), "{url}");
            } else {
                assert_eq!(page.status, 200, "{url}");
                assert!(!page.has("a[href*=evil], form[action*=evil], input[value*=evil]"), "{url}: {page}");
                assert!(!page.has("a[href^='//'], a[href^='http'], a[href^='javascript']"), "{url}: {page}");
            }
        }
    }
}

#[tokio::test]
async fn a08_a_sign_in_of_our_own_ends_where_it_was_asked_for() {
    let s = Scene::set().await;
    let mut browser = s.t.browser();

    browser.goto("/login/start?next=//evil.example&return_to=https://evil.example").await;
    let mut form = browser.fill("#identifier", &s.anna.email).fill("#password", PASSWORD).form("#login-submit");
    form.fields.extend(["next", "return_to", "path"].map(|name| (name.to_owned(), "//evil.example".to_owned())));
    browser.send(form).await;
    let code = s.t.mailbox.code(&s.anna.email).await;
    browser.fill("#code", &code).submit("#code-submit").await;

    assert_eq!(browser.page().url.as_str(), s.t.url("/"));
    assert!(browser.has("#home-logout"));
}

#[tokio::test]
async fn a14_every_form_is_answered_with_303() {
    let s = Scene::set().await;
    let globex = s.t.tenant("globex").await;
    s.t.guest(&globex, &s.anna).await;
    let party = s.t.party_with(|_| {}).await;
    let request = party.authorize(&["openid", "tenant"], &[]);
    let mut browser = s.t.browser();
    let start = Form { action: s.t.url("/authorize").parse().unwrap(), is_post: true, fields: pairs(&request.url) };

    let start = post(&mut browser, &start).await;
    follow(&mut browser, start.status, start.header("location")).await;
    let login = browser.fill("#identifier", &s.anna.email).fill("#password", PASSWORD).form("#login-submit");
    advance(&mut browser, &login).await;
    s.t.mailbox.letter(&s.anna.email).await;
    let again = browser.form("#code-resend");
    advance(&mut browser, &again).await;
    let code = s.t.mailbox.code(&s.anna.email).await;
    let code = browser.fill("#code", &code).form("#code-submit");
    advance(&mut browser, &code).await;
    let tenant = browser.form("#tenant-globex");
    advance(&mut browser, &tenant).await;
    let consent = browser.form("#consent-allow");
    let last = post(&mut browser, &consent).await;
    assert_eq!(last.status, 303);
    party.landed(&request, &last.header("location").parse().unwrap()).code();

    browser.goto("/end-session").await;
    let logout = browser.form("#logout-confirm");
    assert_eq!(post(&mut browser, &logout).await.status, 200, "a page, since nowhere else was asked for");
    let end = Form { action: s.t.url("/end-session").parse().unwrap(), is_post: true, fields: Vec::new() };
    assert_eq!(post(&mut browser, &end).await.status, 303);
}

fn pairs(url: &Url) -> Vec<(String, String)> {
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

async fn advance(browser: &mut Browser, form: &Form) {
    let answer = post(browser, form).await;
    follow(browser, answer.status, answer.header("location")).await;
}

async fn follow(browser: &mut Browser, status: u16, location: &str) {
    assert_eq!(status, 303, "to {location:?}");
    assert!(location.starts_with('/') && !location.starts_with("//"), "{location}");
    browser.goto(location).await;
}

#[tokio::test]
async fn a16_only_the_person_or_her_own_application_ends_the_session() {
    let s = Scene::set().await;
    let ben = s.t.member(&s.acme, "ben@acme.example").await;
    let (_, bens) = s.t.log_in(&mut s.t.browser(), &s.party, &ben, &["openid"]).await;
    let (mut browser, annas) = s.signed_in().await;
    let cookie = session(&browser).unwrap();
    let registered = "https://app.example/bye";
    let bye = Some(registered);
    let tampered = format!("{}x", annas.id_token);

    let mut with_tampered = Url::parse(&s.t.url("/end-session")).unwrap();
    with_tampered.query_pairs_mut().append_pair("id_token_hint", &tampered).append_pair("post_logout_redirect_uri", registered);
    let asked = [
        Url::parse(&s.t.url("/end-session")).unwrap(),
        s.party.logout_url(&bens.id_token, bye, None),
        s.party.logout_url(&annas.id_token, Some("https://evil.example/bye"), None),
        s.party.logout_url(&annas.id_token, Some("https://app.example/bye/"), None),
        with_tampered,
    ];
    for url in asked {
        let page = get(&mut browser, url.as_str()).await;
        assert_eq!((page.status, page.header("location")), (200, ""), "{url}");
        assert!(page.has("#logout-confirm"), "{url}: {page}");
        assert!(is_alive(&s.t, &cookie).await, "{url}");
    }

    assert_eq!(get(&mut browser, &s.t.url("/logout")).await.status, 405);
    browser.goto("/end-session").await;
    let form = browser.form("#logout-confirm");
    browser.send_from("https://evil.example", form).await;
    assert_eq!(browser.page().status, 400);
    assert!(is_alive(&s.t, &cookie).await);
}

#[tokio::test]
async fn a16_an_expired_hint_of_the_same_person_is_good_and_foreign_targets_are_not_followed() {
    let s = Scene::set().await;
    let (mut browser, tokens) = s.signed_in().await;
    let cookie = session(&browser).unwrap();
    s.t.later(super::minutes(60));

    browser.goto(s.party.logout_url(&tokens.id_token, Some("https://evil.example/bye"), None).as_str()).await;
    browser.submit("#logout-confirm").await;
    assert!(browser.left().is_none(), "the target is not registered");
    assert!(!is_alive(&s.t, &cookie).await);

    let (mut browser, tokens) = s.signed_in().await;
    s.t.later(super::minutes(60));
    browser.goto(s.party.logout_url(&tokens.id_token, Some("https://app.example/bye"), Some("s")).as_str()).await;
    assert_eq!(browser.landing().as_str(), "https://app.example/bye?state=s");
    assert_eq!(session(&browser), None);
}

#[tokio::test]
async fn a17_links_of_letters_take_no_directions() {
    let s = Scene::set().await;
    let vera = s.t.person_with("vera@acme.example", |new| (new.password_hash, new.email_verified) = (None, false)).await;
    let (store, entropy) = (&s.t.app.store, &*s.t.app.entropy);
    let change = Change { store, entropy, now: s.t.now(), actor: "test", network: "local" };
    let new = NewMembership {
        person: vera.id.clone(),
        tenant: s.acme.id.clone(),
        kind: MembershipKind::Home,
        state: MembershipState::Invited,
        admin: false,
        api_access: false,
    };
    let MemberAdded::Added(membership) = tenants::add_member(&change, new).await.unwrap() else { panic!("no member") };
    let good_for = Duration::from_secs(86_400);
    let invited = Invited { membership: &membership, method: InvitationMethod::Password, good_for, inviter: None };
    invite(&s.t.app, &invited, "test", "local", s.t.now()).await.unwrap();
    let link = s.t.mailbox.link(&vera.email).await;
    let token = link.path_segments().unwrap().next_back().unwrap().to_owned();

    for name in NAMES {
        let mut browser = s.t.browser();
        let opened = get(&mut browser, changed(&link, name, Some("https://evil.example")).as_str()).await;
        assert_eq!((opened.status, opened.header("location")), (303, "/invitation"), "{name}");
        let page = get(&mut browser, &s.t.url(&format!("/invitation?{name}=https://evil.example"))).await;
        assert!(!page.body.contains(&token) && !page.has("[href*='//evil'], [action*='//evil']"), "{name}: {page}");
    }

    let mut browser = s.t.browser();
    browser.goto(changed(&link, "redirect", Some("https://evil.example")).as_str()).await;
    let mut form = browser.fill("#password", NEW).fill("#password-repeat", NEW).form("#invitation-submit");
    form.fields.push(("redirect".to_owned(), "https://evil.example".to_owned()));
    browser.send(form).await;
    assert!(browser.left().is_none() && !browser.page().body.contains("//evil"), "{}", browser.page());
    browser.goto("/login/start").await;
    guess(&mut browser, &vera.email, NEW).await;
    assert_eq!(browser.path(), "/login/code", "the invitation was accepted");
}
