//! Own sessions with the device and the address from which they were begun (issue 4, security.md E04).
use tenantry::model::{FactorKind, MembershipKind, MfaMode, Origin, Proof, Session, SessionId};
use tenantry::world::{SessionCookie, Token};

use super::signed_in;
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::Someone;

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1";

/// A server behind a proxy on this machine, and two people.
async fn scene() -> (Tenantry, Someone, Someone) {
    let t = Tenantry::start_with(|config| config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await;
    let acme = t.tenant_with("acme", |policy| policy.mfa_mode = MfaMode::Off).await;
    let person = async |email: &str| {
        let person = t.person_with(email, |new| new.second_factor = FactorKind::None).await;
        t.join(&person, &acme, MembershipKind::Home).await;
        person
    };
    let (anna, ben) = (person("anna@acme.example").await, person("ben@acme.example").await);
    (t, anna, ben)
}

/// Signs somebody in from this address with a browser that says this of itself.
async fn from(t: &Tenantry, person: &Someone, address: &str, agent: &str) -> Browser {
    let mut browser = t.browser();
    browser.extra = vec![("x-forwarded-for", address.to_owned()), ("user-agent", agent.to_owned())];
    browser.goto("/login/start").await;
    t.sign_in(&mut browser, person).await;
    browser
}

/// Device and address of every line of the list.
async fn listed(browser: &mut Browser) -> Vec<(String, String)> {
    browser.goto("/account/sessions").await;
    assert_eq!(browser.page().status, 200);
    browser.page().texts(".session-device").into_iter().zip(browser.page().texts(".session-network")).collect()
}

fn line(device: &str, network: &str) -> (String, String) {
    (device.to_owned(), network.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn e04_own_sessions_alone_are_listed_with_their_device_and_address() {
    let (t, anna, ben) = scene().await;
    from(&t, &ben, "192.0.2.99", FIREFOX).await;
    let phone = from(&t, &anna, "2001:db8:1:2:3:4:5:6", IPHONE).await;
    let mut browser = from(&t, &anna, "198.51.100.7", FIREFOX).await;

    let lines = listed(&mut browser).await;

    assert_eq!(lines, [line("Firefox on Windows", "198.51.100.7"), line("Safari on iPhone", "2001:db8:1:2::/64")]);
    assert!(!browser.page().body.contains("Gecko") && !browser.page().body.contains("192.0.2.99"));
    let mut german = browser.clone().speaking("de");
    assert_eq!(listed(&mut german).await[1].0, "Safari auf iPhone");
    assert_eq!(browser.page().texts("tbody .badge-good"), ["This browser"]);
    drop(phone);
}

#[tokio::test(flavor = "multi_thread")]
async fn e04_sessions_without_a_device_and_hostile_headers_do_no_harm() {
    let (t, anna, _) = scene().await;
    let old = Session {
        id: SessionId::from_text("ses_of_before"),
        person: anna.id.clone(),
        proof: Proof::default(),
        created_at: t.now(),
        last_seen_at: t.now(),
        expires_at: t.now().plus(std::time::Duration::from_secs(3600)),
        ended_at: None,
        origin: Origin::default(),
    };
    let cookie = Token::<SessionCookie>::generate(&*t.app.entropy).digest();
    t.app.store.write(async |w| w.insert_session(&old, &cookie).await).await.unwrap();
    let long = format!("{} Firefox/140.0", "x".repeat(5000));
    for agent in ["<b onclick=alert(1)>Firefox/1 Windows</b>", "\u{202E}xoferiF \u{fc}", "'; drop table sessions --", long.as_str(), ""] {
        from(&t, &anna, "192.0.2.1", agent).await;
    }
    let mut browser = from(&t, &anna, "192.0.2.2", FIREFOX).await;

    let mut lines = listed(&mut browser).await;

    assert_eq!(lines.remove(0), line("Firefox on Windows", "192.0.2.2"));
    lines.sort();
    let unknown = line("Unknown device", "192.0.2.1");
    let mut expected = vec![line("Firefox on Windows", "192.0.2.1"), line("Unknown device", "–")];
    expected.extend(std::iter::repeat_n(unknown, 4));
    expected.sort();
    assert_eq!(lines, expected);
    assert!(!browser.has("b[onclick]") && !browser.page().body.contains("drop table"));
    browser.submit("#end-ses_of_before").await;
    assert!(browser.has("#done"), "it ends like any other");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_session_was_begun_is_in_the_persons_own_data_and_goes_with_the_person() {
    let (t, anna, _) = scene().await;
    let mut browser = from(&t, &anna, "192.0.2.2", FIREFOX).await;

    browser.goto("/account/data").await;
    browser.follow("#data-file").await;

    let data: serde_json::Value = serde_json::from_str(&browser.page().body).unwrap();
    let session = &data["sessions"][0];
    assert_eq!((&session["browser"], &session["system"], &session["network"]), (&"firefox".into(), &"windows".into(), &"192.0.2.2".into()));
    t.app.store.write(async |w| w.empty_person(&anna.id, t.now()).await).await.unwrap();
    let left = t.app.store.read(async |r| r.own_sessions(&anna.id, 10).await).await.unwrap();
    assert!(!left.is_empty() && left.iter().all(|session| session.origin == Origin::default()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_proof_in_the_same_browser_tells_from_where_it_was_given() {
    let (t, anna, _) = scene().await;
    let mut browser = from(&t, &anna, "192.0.2.2", FIREFOX).await;
    browser.extra = vec![("x-forwarded-for", "203.0.113.9".to_owned()), ("user-agent", FIREFOX.to_owned())];
    assert_eq!(listed(&mut browser).await, [line("Firefox on Windows", "192.0.2.2")], "looking changes nothing");
    let party = t.party().await;
    browser.goto(party.authorize(&["openid"], &[("prompt", "login")]).url.as_str()).await;
    t.sign_in(&mut browser, &anna).await;

    let mut again = browser.clone();

    assert_eq!(listed(&mut again).await, [line("Firefox on Windows", "203.0.113.9")]);
    let mut other = signed_in(&t, &anna).await;
    assert_eq!(listed(&mut other).await.len(), 2);
}
