//! F: odd passwords, odd forms, doors that do not exist.
use reqwest::Method;

use super::{Scene, Shot, answered, at_login, guess, once, post, session};
use crate::harness::net;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::PASSWORD;
use tenantry::model::FactorKind;
use tenantry::world::Secret;

/// Somebody with this password and no second factor, who comes in by it.
async fn enters(t: &Tenantry, number: usize, stored: &str, typed: &str) -> (u16, String) {
    let hash = t.app.passwords.hash(Secret::from(stored), &*t.app.entropy).await.unwrap();
    let person = t
        .person_with(&format!("p{number}@acme.example"), |new| (new.password_hash, new.second_factor) = (Some(hash), FactorKind::None))
        .await;
    let mut browser = t.browser();
    browser.goto("/login/start").await;
    guess(&mut browser, &person.email, typed).await;
    (browser.page().status, browser.path().to_owned())
}

#[tokio::test]
async fn f10_long_passwords_count_to_their_last_byte() {
    let t = Tenantry::start().await;
    let long = |n: usize| "abcdefgh".chars().cycle().take(n).collect::<String>();
    let inside = (200, "/".to_owned());
    let outside = (401, "/login".to_owned());

    for (number, length) in [64, 72, 73, 128, 129, 512, 1024].into_iter().enumerate() {
        assert_eq!(enters(&t, number, &long(length), &long(length)).await, inside, "{length}");
        assert_eq!(enters(&t, 100 + number, &long(length), &long(length - 1)).await, outside, "{length} less one");
    }
    assert_eq!(enters(&t, 200, &long(100), &long(72)).await, outside, "72 bytes of 100");
    assert_eq!(enters(&t, 201, &"ä".repeat(512), &"ä".repeat(512)).await, inside, "1024 bytes of umlauts");
    assert_eq!(enters(&t, 202, "correct horse battery", "Correct horse battery").await, outside);
    assert_eq!(enters(&t, 203, "correct horse battery ", "correct horse battery").await, outside, "white space counts");
}

#[tokio::test]
async fn f10_what_is_longer_than_any_password_is_refused_before_any_work() {
    let s = Scene::set().await;
    let (mut browser, _) = s.at_login().await;
    let form = browser.fill("#identifier", &s.anna.email).fill("#password", "x").form("#login-submit");
    let shot = Shot::of(&browser, &form);
    let full: Vec<_> = std::iter::from_fn(|| s.t.app.passwords.enter().ok()).collect();

    // No place is free: an answer other than 503 means that nothing was to be hashed.
    assert_eq!(shot.clone().with("password", &"x".repeat(1025)).fire(s.t.address).await.status, 401);
    assert_eq!(shot.clone().with("identifier", &"x".repeat(321)).fire(s.t.address).await.status, 401);
    assert_eq!(shot.clone().with("password", &"x".repeat(1 << 20)).fire(s.t.address).await.status, 413);
    assert_eq!(shot.clone().with("password", "a\0b").fire(s.t.address).await.status, 400);
    assert_eq!(shot.with("password", "x").fire(s.t.address).await.status, 503);
    drop(full);
}

#[tokio::test]
async fn f14_odd_forms_are_refused_with_a_4xx() {
    let s = Scene::set().await;
    let (mut browser, _) = s.at_login().await;
    let form = browser.fill("#identifier", &s.anna.email).fill("#password", PASSWORD).form("#login-submit");
    let cookies = Shot::of(&browser, &form).cookies;
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
    let without = |name: &str| {
        let rest = form.fields.iter().filter(|(known, _)| known != name);
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(rest).finish()
    };
    let urlencoded = "application/x-www-form-urlencoded";
    let many = (0..40).map(|n| format!("&f{n}=x")).collect::<String>();
    let cases = [
        (urlencoded, format!("{}&password[]=x", without("password")), 401),
        (urlencoded, format!("{}&password=", without("password")), 401),
        (urlencoded, without("password"), 401),
        (urlencoded, without("identifier"), 401),
        (urlencoded, without("flow"), 400),
        (urlencoded, without("csrf"), 400),
        (urlencoded, format!("{text}&password=x"), 400),
        (urlencoded, format!("{text}&csrf=x"), 400),
        (urlencoded, format!("{text}&flow=x"), 400),
        (urlencoded, format!("{text}&x=%zz"), 400),
        (urlencoded, format!("{text}&x=%ff"), 400),
        (urlencoded, format!("{text}&x=%00"), 400),
        (urlencoded, format!("{text}{many}"), 400),
        (urlencoded, String::new(), 400),
        (urlencoded, "&&&===".to_owned(), 400),
        ("application/json", "{\"password\":null}".to_owned(), 415),
        ("application/json", text.clone(), 415),
        ("multipart/form-data; boundary=x", text.clone(), 415),
        ("text/plain", text.clone(), 415),
        ("", text.clone(), 415),
    ];

    for (kind, body, expected) in cases {
        let request = net::client().post(s.t.url("/login")).header("cookie", &cookies).header("content-type", kind).body(body.clone());
        let page = answered(request).await;
        assert_eq!(page.status, expected, "{kind}: {body}: {page}");
        assert!(page.header("location").is_empty() && page.headers.get("set-cookie").is_none(), "{kind}: {body}");
    }
    assert_eq!(post(&mut browser, &form).await.status, 303, "the good form is still good");
    assert_eq!(session(&browser), None);
}

#[tokio::test]
async fn f17_doors_that_are_not_there_are_404_for_every_verb() {
    let s = Scene::set().await;
    let (mut browser, _) = s.signed_in().await;
    let paths = [
        "/register",
        "/signup",
        "/login/register",
        "/password/reset",
        "/reset",
        "/login/reset",
        "/request",
        "/ciba",
        "/clients",
        "/connect/register",
        "/api",
        "/scim/v2/Users",
        "/demo",
        "/mailbox",
        "/metrics",
        "/.git/config",
        "/config/tenantry.toml",
        "/federation/con_x",
    ];

    for path in paths {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let page = once(&mut browser, method.clone(), &s.t.url(path).parse().unwrap(), None).await;
            assert_eq!(page.status, 404, "{method} {path}");
        }
    }
    let document = answered(net::client().get(s.t.url("/.well-known/openid-configuration"))).await.body;
    for word in ["registration_endpoint", "\"password\""] {
        assert!(!document.contains(word), "{word} is advertised");
    }
}

#[tokio::test]
async fn f17_verbs_that_a_door_does_not_know_are_405() {
    let s = Scene::set().await;
    let (mut browser, _) = s.signed_in().await;

    for path in ["/", "/login", "/login/code", "/consent", "/select-tenant", "/account/security", "/account/security/app", "/authorize"] {
        for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE] {
            let page = once(&mut browser, method.clone(), &s.t.url(path).parse().unwrap(), None).await;
            assert_eq!(page.status, 405, "{method} {path}");
        }
    }
    for path in ["/logout", "/login/code/resend"] {
        assert_eq!(super::get(&mut browser, &s.t.url(path)).await.status, 405, "{path} changes something and is no link");
    }
    // In the consoles such an address leads to the page above, since a sign-in may lead back to it; nothing changes.
    for path in ["/account/security/off", "/account/security/email", "/account/security/recovery"] {
        let page = super::get(&mut browser, &s.t.url(path)).await;
        assert_eq!((page.status, page.header("location")), (303, "/account/security"), "{path} changes something and is no link");
    }
}

#[tokio::test]
async fn f17_a_connection_that_does_not_exist_starts_nothing() {
    let s = Scene::set().await;
    let (mut browser, _) = at_login(&s.t, &s.party).await;
    let mut form = browser.form("#login-submit");
    form.action = s.t.url("/login/upstream").parse().unwrap();
    form.fields.push(("connection".to_owned(), "con_x".to_owned()));

    let page = post(&mut browser, &form).await;

    assert!((400..500).contains(&page.status) && page.header("location").is_empty(), "{page}");
}

/// Nothing of a person is kept by which somebody else could answer in that person's place.
#[test]
fn f20_neither_hints_nor_questions_are_stored() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    assert!(files.len() > 5, "the migrations are where they were");
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n").to_lowercase();
        for word in ["hint", "question", "answer", "password_plain"] {
            assert!(!code.contains(word), "{path:?} stores a {word}");
        }
    }
}
