//! security.md G11: every way in which an answer can be wrong, as first and as second factor, and while a passkey is made.
use std::time::Duration;

use serde_json::Value;

use super::{Scene, add, make};
use crate::harness::browser::Browser;
use crate::harness::par::par;
use crate::harness::soft_key::{SoftKey, answer, question, show};
use crate::harness::world::PASSWORD;

/// What is wrong, and how the device is bent for it.
type Bend = (&'static str, fn(&mut SoftKey));

const BENDS: [Bend; 13] = [
    ("another origin", |key| key.origin = "http://evil.example".to_owned()),
    ("an origin that ends like ours", |key| key.origin = key.origin.replace("localhost", "badlocalhost")),
    ("a subdomain of ours", |key| key.origin = key.origin.replace("localhost", "sub.localhost")),
    ("another port", |key| key.origin = "http://localhost:1".to_owned()),
    ("the origin with a slash", |key| key.origin.push('/')),
    ("another scheme", |key| key.origin = key.origin.replace("http://", "https://")),
    ("inside a page of others", |key| key.cross_origin = true),
    ("another relying party", |key| key.rp_id = "evil.example".to_owned()),
    ("one whose name ends like ours", |key| key.rp_id = "badlocalhost".to_owned()),
    ("nobody verified", |key| key.verified = false),
    ("nobody there", |key| key.present = false),
    ("another challenge", |key| key.challenge = Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned())),
    ("another kind of answer", |key| key.kind = "webauthn.unknown"),
];

/// More that only a signature can have.
const MORE: [Bend; 4] = [
    ("the counter went back", |key| key.counter = 1),
    ("another person's handle", |key| key.handle = Some("AAAAAAAAAAAAAAAAAAAAAA".to_owned())),
    ("another key", |key| {
        let mut other = SoftKey::at(&key.origin);
        (other.id, other.handle, other.counter) = (key.id.clone(), key.handle.clone(), key.counter);
        *key = other;
    }),
    ("it is copyable all at once", |key| key.synced = true),
];

/// Anna with a passkey that was used a few times.
async fn scene() -> (Scene, SoftKey) {
    let (s, _, mut key) = Scene::with_key().await;
    key.counter = 5;
    let (mut browser, _) = s.comes(&[]).await;
    assert_eq!(show(&mut browser, "#login-passkey", &mut key).await, 303);
    (s, key)
}

fn bent(key: &SoftKey, bend: fn(&mut SoftKey)) -> SoftKey {
    let mut bent = key.clone();
    bend(&mut bent);
    bent
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_a_wrong_answer_signs_nobody_in() {
    let (s, mut key) = scene().await;
    for (what, bend) in BENDS.into_iter().chain(MORE) {
        s.t.later(Duration::from_secs(31 * 60));
        let (mut browser, _) = s.comes(&[]).await;
        assert_eq!(show(&mut browser, "#login-passkey", &mut bent(&key, bend)).await, 401, "{what}");
        assert!(browser.has("#error[data-kind=refused]"), "{what}");
        assert_eq!(browser.goto("/account").await.path(), "/login", "{what}");
        // Nothing wrong adds up with the next: the account is let in between.
        let (mut again, _) = s.comes(&[]).await;
        assert_eq!(show(&mut again, "#login-passkey", &mut key).await, 303, "{what}");
    }
    let outcomes: Vec<String> = s.audit().await.into_iter().filter(|(action, _)| action == "sign_in.passkey").map(|(_, o)| o).collect();
    assert!(outcomes.contains(&"ok".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_a_wrong_answer_is_no_second_factor() {
    let (s, mut key) = scene().await;
    for (what, bend) in BENDS.into_iter().chain(MORE) {
        let (mut browser, _) = s.half_way().await;
        assert_eq!(show(&mut browser, "#login-passkey", &mut bent(&key, bend)).await, 401, "{what}");
        assert_eq!(browser.goto("/account").await.path(), "/login", "{what}");
        let (mut again, _) = s.half_way().await;
        assert_eq!(show(&mut again, "#login-passkey", &mut key).await, 303, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_a_wrong_answer_adds_nothing() {
    for (what, bend) in BENDS {
        let s = Scene::set().await;
        let mut browser = s.t.browser();
        browser.goto("/login/start").await;
        s.t.sign_in(&mut browser, &s.anna).await;
        let mut key = s.device();
        bend(&mut key);
        assert_eq!(add(&mut browser, &mut key, "Phone", PASSWORD).await, 422, "{what}");
        let kept = s.t.app.store.read(async |r| r.passkeys_of(&s.anna.id).await).await.unwrap();
        assert!(kept.is_empty(), "{what}");
    }
}

/// A question on the login page of a new browser, with a good answer to it.
async fn asked(s: &Scene, key: &mut SoftKey) -> (Browser, crate::harness::html::Form, Value, Value) {
    let (mut browser, _) = s.comes(&[]).await;
    let (form, offer) = question(&mut browser, "#login-passkey").await;
    let signed = key.sign(&offer["publicKey"]);
    (browser, form, offer, signed)
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_a_question_is_answered_once() {
    let (s, mut key) = scene().await;
    let (mut browser, form, offer, signed) = asked(&s, &mut key).await;
    assert_eq!(answer(&mut browser, form.clone(), &offer, &signed).await, 303);

    let (mut second, other, _, _) = asked(&s, &mut key).await;
    assert_eq!(answer(&mut second, other.clone(), &offer, &signed).await, 401, "in another browser and flow");
    let fresh = key.sign(&offer["publicKey"]);
    assert_eq!(answer(&mut second, other, &offer, &fresh).await, 401, "signed anew, for the question that was answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_of_many_answers_to_one_question_one_wins() {
    let (s, mut key) = scene().await;
    let (browser, form, offer, signed) = asked(&s, &mut key).await;

    let outcomes = par(8, |_| {
        let (mut browser, form, offer, signed) = (browser.clone().tolerating_errors(), form.clone(), offer.clone(), signed.clone());
        async move { answer(&mut browser, form, &offer, &signed).await }
    })
    .await;

    let used = s.audit().await.into_iter().filter(|event| *event == ("sign_in.passkey".to_owned(), "ok".to_owned())).count();
    assert_eq!(used, 2, "once before, once now: {outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_a_question_belongs_to_its_flow_its_browser_and_its_purpose() {
    let (s, mut key) = scene().await;
    let (_, form, offer, signed) = asked(&s, &mut key).await;
    let (mut thief, thiefs_form, _, _) = asked(&s, &mut key).await;
    assert_eq!(answer(&mut thief, thiefs_form, &offer, &signed).await, 401, "another browser with a flow of its own");
    let (mut thief, _, _, _) = asked(&s, &mut key).await;
    assert!(answer(&mut thief, form, &offer, &signed).await >= 400, "another browser with the flow of the first");

    let (_, _, offer, signed) = asked(&s, &mut key).await;
    let (mut half, _) = s.half_way().await;
    let form = half.form("#login-passkey");
    assert_eq!(answer(&mut half, form, &offer, &signed).await, 401, "a question of the sign-in is none of the second factor");
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_a_question_is_over_after_minutes_and_with_the_next_one() {
    let (s, mut key) = scene().await;
    let (mut browser, form, offer, signed) = asked(&s, &mut key).await;
    s.t.later(Duration::from_secs(5 * 60));
    assert_eq!(answer(&mut browser, form, &offer, &signed).await, 401);

    let form = browser.form("#login-passkey");
    let (_, first) = question(&mut browser, "#login-passkey").await;
    browser.goto(format!("/login?flow={}", field(&form, "flow"))).await;
    let (form, _) = question(&mut browser, "#login-passkey").await;
    let late = key.sign(&first["publicKey"]);
    assert_eq!(answer(&mut browser, form, &first, &late).await, 401);
}

fn field(form: &crate::harness::html::Form, name: &str) -> String {
    form.fields.iter().find(|(field, _)| field == name).unwrap().1.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_a_passkey_of_somebody_else_cannot_be_taken_over() {
    let (s, mut key) = scene().await;
    let ben = s.t.member(&s.acme, "ben@acme.example").await;
    let mut browser = s.t.browser();
    browser.goto("/login/start").await;
    s.t.sign_in(&mut browser, &ben).await;

    assert_eq!(add(&mut browser, &mut key.clone(), "Mine", PASSWORD).await, 422, "the same credential id");

    let (mut anna, _) = s.comes(&[]).await;
    assert_eq!(show(&mut anna, "#login-passkey", &mut key).await, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_a_passkey_that_was_taken_away_carries_no_flow_that_waits() {
    let (s, mut key) = scene().await;
    let (mut browser, _) = s.comes(&[("prompt", "consent")]).await;
    assert_eq!(show(&mut browser, "#login-passkey", &mut key).await, 200);
    assert_eq!(browser.path(), "/consent");
    s.t.app.store.write(async |w| w.delete_passkeys(&s.anna.id).await).await.unwrap();

    browser.submit("#consent-allow").await;

    assert_eq!(browser.path(), "/login", "who it is has to be shown anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn f14_answers_that_are_none_are_refused_quietly() {
    let (s, mut key) = scene().await;
    for text in ["{}", "[]", "null", "\"\"", "{\"id\":1}", "not json", &"[".repeat(10_000), &"a".repeat(20_000)] {
        let (mut browser, mut form, offer, _) = asked(&s, &mut key).await;
        crate::harness::soft_key::set(&mut form, "challenge", offer["challenge"].as_str().unwrap());
        crate::harness::soft_key::set(&mut form, "answer", text);
        browser.send(form).await;
        assert_eq!(browser.page().status, 401, "{}", &text[..text.len().min(20)]);
    }
    let mut browser = s.t.browser();
    browser.goto("/login/start").await;
    show(&mut browser, "#login-passkey", &mut key).await;
    browser.goto("/account/security/passkey").await;
    browser.fill("#name", "x").fill("#password", PASSWORD);
    let mut garbled = s.device();
    garbled.id = Vec::new();
    assert_eq!(make(&mut browser, &mut garbled).await, 422);
}
