//! H and L: letters that a page causes, to one stored address and with links to the house alone; and what of them is logged.
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Scene, guess};
use crate::harness::browser::Browser;
use crate::harness::cookies::Site;
use crate::harness::net;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{Authenticator, PASSWORD};
use crate::rights::doors::signed_in;

const NEW: &str = "lantern orbit walnut 42";
const EVIL: &str = "evil@evil.test";
const TWO: [&str; 7] = [
    "anna@acme.example,evil@evil.test",
    "anna@acme.example;evil@evil.test",
    "anna@acme.example evil@evil.test",
    "anna@acme.example\r\nCc: evil@evil.test",
    "anna@acme.example%0aCc:evil@evil.test",
    "\"anna@acme.example\"@evil.test",
    "[\"anna@acme.example\",\"evil@evil.test\"]",
];

/// Headers by which somebody might choose the host of a link.
fn forged() -> Vec<(&'static str, String)> {
    let said = [
        ("host", "evil.test"),
        ("x-forwarded-host", "evil.test"),
        ("x-forwarded-proto", "gopher"),
        ("x-forwarded-server", "evil.test"),
        ("forwarded", "host=evil.test;proto=gopher"),
    ];
    said.map(|(name, value)| (name, value.to_owned())).to_vec()
}

/// Every letter to the address so far: nothing of it leads elsewhere. Gives how many there were.
async fn judge(t: &Tenantry, address: &str) -> usize {
    let letters = t.mailbox.take(address).await;
    for letter in &letters {
        let said = format!("{}{}", letter.text, letter.html);
        assert!(!said.contains("evil") && !said.contains("gopher"), "{said}");
        for link in letter.text.split_whitespace().filter(|word| word.contains("://")) {
            assert!(link.starts_with(&t.origin), "{link}");
        }
    }
    letters.len()
}

#[tokio::test]
async fn h01_no_page_sends_a_letter_that_names_the_host_of_a_header() {
    let s = Scene::set().await;
    let chief = s.t.admin(&s.acme, "chief@acme.example").await;
    let (mut office, mut own, mut anyone) = (signed_in(&s.t, &chief).await, signed_in(&s.t, &s.anna).await, s.t.browser());
    for browser in [&mut office, &mut own, &mut anyone] {
        browser.extra = forged();
    }

    anyone.goto("/recovery").await;
    anyone.fill("#email", &s.anna.email).submit("#recover-submit").await;
    assert_eq!(judge(&s.t, &s.anna.email).await, 1, "forgotten password");
    office.goto(format!("/admin/acme/people/{}/reset", s.anna.id)).await;
    office.submit("#confirm").await;
    assert_eq!(judge(&s.t, &s.anna.email).await, 1, "the administrator's link");
    office.goto("/admin/acme/people/new").await;
    office.fill("#email", "bo@acme.example").fill("#first-name", "Bo").fill("#last-name", "Berg").submit("#person-create").await;
    office.submit("#invite-send").await;
    assert_eq!(judge(&s.t, "bo@acme.example").await, 1, "invitation");
    own.goto("/account/email").await;
    let code = s.t.mailbox.code(&s.anna.email).await;
    own.fill("#email", "anna@new.example").fill("#code", &code).submit("#email-submit").await;
    assert_eq!(judge(&s.t, "anna@new.example").await, 1, "a new address");
    anyone.goto("/login/start").await;
    guess(&mut anyone, &s.anna.email, PASSWORD).await;
    assert_eq!(judge(&s.t, &s.anna.email).await, 1, "code of a sign-in");
}

#[tokio::test]
async fn h01_an_address_in_absolute_form_chooses_no_host_either() {
    let s = Scene::set().await;
    let mut browser = s.t.browser();
    browser.goto("/recovery").await;
    let form = browser.fill("#email", &s.anna.email).form("#recover-submit");
    let cookies = browser.jar.header(&form.action, Site::SameOrigin, true).unwrap();
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form.fields).finish();
    let head = format!(
        "POST http://evil.test/recovery HTTP/1.1\r\nhost: evil.test\r\ncookie: {cookies}\r\norigin: {}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        s.t.origin,
        body.len()
    );

    let mut stream = TcpStream::connect(s.t.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(net::PATIENCE, stream.read_to_string(&mut answer)).await.expect("an answer").unwrap();

    assert!(!answer.contains("evil.test"), "{answer}");
    assert!(judge(&s.t, &s.anna.email).await <= 1);
}

/// Sends the form of a button with these addresses; gives the status.
async fn send(browser: &mut Browser, (page, button): (&str, &str), name: &str, addresses: &[&str]) -> u16 {
    browser.goto(page).await;
    let mut form = browser.form(button);
    form.fields.retain(|(field, _)| !["email", "first_name", "last_name"].contains(&field.as_str()));
    form.fields.extend([("first_name", "Bo"), ("last_name", "Berg")].map(|(name, value)| (name.to_owned(), value.to_owned())));
    form.fields.extend(addresses.iter().map(|address| (name.to_owned(), (*address).to_owned())));
    browser.send(form).await;
    browser.page().status
}

#[tokio::test]
async fn h02_no_form_takes_two_recipients_in_one() {
    let s = Scene::set().await;
    let chief = s.t.admin(&s.acme, "chief@acme.example").await;
    let mut office = signed_in(&s.t, &chief).await;
    office.goto("/admin/acme/people/new?kind=unverified").await;
    office.fill("#first-name", "Uwe").fill("#last-name", "Uhr").submit("#person-create").await;
    office.submit("#invite-send").await;
    office.follow("#sheet-done").await;
    let convert = format!("{}/convert", office.path());
    let mut anyone = s.t.browser();

    for two in TWO {
        assert_eq!(send(&mut anyone, ("/recovery", "#recover-submit"), "email", &[two]).await, 422, "forgotten: {two}");
        assert_eq!(send(&mut office, ("/admin/acme/people/new", "#person-create"), "email", &[two]).await, 422, "new person: {two}");
        let status = send(&mut office, (&convert, "#convert"), "email", &[two]).await;
        assert!((400..500).contains(&status), "convert: {two}: {status}");
    }
    for (name, addresses) in [("email", [s.anna.email.as_str(), EVIL]), ("email[]", [s.anna.email.as_str(), EVIL])] {
        assert_eq!(send(&mut anyone, ("/recovery", "#recover-submit"), name, &addresses).await, 400, "forgotten: {name}");
        assert_eq!(send(&mut office, ("/admin/acme/people/new", "#person-create"), name, &addresses).await, 400, "new: {name}");
        assert_eq!(send(&mut office, (&convert, "#convert"), name, &addresses).await, 400, "convert: {name}");
    }
    let json = format!("{{\"email\":[\"{}\",\"{EVIL}\"]}}", s.anna.email);
    let sent = net::client().post(s.t.url("/recovery")).header("content-type", "application/json").body(json).send().await.unwrap();
    assert!(sent.status().is_client_error(), "{}", sent.status());
    assert_eq!(s.t.mailbox.everything().await, []);
}

#[tokio::test]
async fn h02_a_new_address_of_ones_own_is_one_address() {
    let s = Scene::set().await;
    let mut own = signed_in(&s.t, &s.anna).await;
    own.goto("/account/email").await;
    let code = s.t.mailbox.code(&s.anna.email).await;

    for two in TWO.map(|two| two.replace("anna@acme", "anna@new")) {
        let mut form = own.fill("#code", &code).form("#email-submit");
        form.fields.iter_mut().filter(|(name, _)| name == "email").for_each(|(_, value)| value.clone_from(&two));
        own.send(form).await;
        assert_eq!(own.page().status, 422, "{two}");
    }
    let mut form = own.fill("#email", "anna@new.example").fill("#code", &code).form("#email-submit");
    form.fields.push(("email".to_owned(), EVIL.to_owned()));
    own.send(form).await;

    assert_eq!(own.page().status, 400);
    assert_eq!(s.t.mailbox.everything().await, []);
}

#[tokio::test]
async fn l13_no_secret_of_letters_links_and_apps_reaches_the_log() {
    let s = Scene::set().await;
    let mut anyone = s.t.browser();
    anyone.goto("/recovery").await;
    anyone.fill("#email", &s.anna.email).submit("#recover-submit").await;
    let link = s.t.mailbox.link(&s.anna.email).await;
    anyone.goto(&link).await;
    anyone.fill("#password", NEW).fill("#password-repeat", NEW).submit("#recover-new-submit").await;
    s.t.mailbox.everything().await;
    let mut own = s.t.browser();
    own.goto("/login/start").await;
    guess(&mut own, &s.anna.email, NEW).await;
    let mailed = s.t.mailbox.code(&s.anna.email).await;
    own.fill("#code", &mailed).submit("#code-submit").await;
    own.goto("/account/email").await;
    let confirming = s.t.mailbox.code(&s.anna.email).await;
    own.fill("#email", "anna@new.example").fill("#code", &confirming).submit("#email-submit").await;
    let proof = s.t.mailbox.link("anna@new.example").await;
    own.goto("/account/security/app").await;
    let seed = own.text("#totp-secret");
    let shown = Authenticator::typed(&seed).code(s.t.now());
    own.fill("#code", &shown).fill("#password", NEW).submit("#totp-submit").await;
    let codes = own.page().texts("#recovery-codes li");
    assert!(codes.len() >= 10, "{}", own.page());

    let log = s.t.log.text();
    let token = |link: &url::Url| link.path_segments().unwrap().next_back().unwrap().to_owned();
    let compact: String = seed.split_whitespace().collect();
    let secrets = [NEW.to_owned(), mailed, confirming, token(&link), token(&proof), seed, compact, shown, "anna@new.example".to_owned()];
    let cookies = own.jar.cookies().iter().map(|cookie| cookie.value.clone());
    for secret in secrets.into_iter().chain(codes).chain(cookies) {
        assert!(secret.len() > 5 && !log.contains(&secret), "the log holds {secret}");
    }
}
