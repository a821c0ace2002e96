//! The harness itself must be able to fail: its parts are tried on servers of a few lines.
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::RawForm;
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::get;
use http::header::SET_COOKIE;

use super::browser::Browser;
use super::chromium::{self, Chromium};
use super::cookies::{Jar, Site};
use super::database::{Database, Engine};
use super::landing::Landing;
use super::par::par;
use super::process::Process;
use super::smtp::{SmtpServer, Temper};

const PAGE: &str = r#"<!doctype html><html lang="en"><title>Form</title><link rel="icon" href="data:,"><main><h1>A form</h1>
    <form method="post" action="/go?x=1"><input type="hidden" name="csrf" value="t"><label>Name <input id="name" name="name"></label>
    <label><input type="checkbox" id="stay" name="stay" value="yes"> Stay</label><input name="off" disabled value="x" aria-label="off">
    <label>Kind <select id="kind" name="kind"><option value="a">A<option value="b" selected>B</select></label>
    <button id="one" name="press" value="1">One</button><button id="two" name="press" value="2">Two</button></form></main>"#;

async fn site() -> (String, tokio::task::JoinHandle<()>) {
    let echo = async |RawForm(body): RawForm| String::from_utf8(body.to_vec()).unwrap();
    let sealed = [(SET_COOKIE, "a=1; Path=/; HttpOnly; SameSite=Lax")];
    let router = Router::new()
        .route("/form", get(async || Html(PAGE)))
        .route("/go", axum::routing::post(echo))
        .route("/start", get(async move || (sealed, Redirect::to("/form")).into_response()))
        .route("/leave", get(async || Redirect::to("http://127.0.0.1:1/callback?code=c")))
        .route("/fails", get(async || http::StatusCode::INTERNAL_SERVER_ERROR));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    (origin, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

#[tokio::test]
async fn the_browser_fills_forms_as_a_browser_does() {
    let (origin, _server) = site().await;
    let mut browser = Browser::new(&origin);

    browser.goto("/start").await.fill("#name", "Änne & Co").tick("#stay").submit("#two").await;

    assert_eq!(browser.page().body, "csrf=t&name=%C3%84nne+%26+Co&stay=yes&kind=b&press=2");
    assert_eq!(browser.page().url.query(), Some("x=1"));
    assert_eq!(browser.jar.cookies().len(), 1);
}

#[tokio::test]
async fn the_browser_stops_where_it_leaves_home() {
    let (origin, _server) = site().await;
    let mut browser = Browser::new(&origin);

    browser.goto("/leave").await;

    assert_eq!(browser.landing().as_str(), "http://127.0.0.1:1/callback?code=c");
}

#[tokio::test]
#[should_panic(expected = "#nowhere is missing")]
async fn the_browser_fails_loudly_for_a_missing_field() {
    let (origin, _server) = site().await;

    Browser::new(&origin).goto("/form").await.fill("#nowhere", "x");
}

#[tokio::test]
#[should_panic(expected = "the server failed")]
async fn the_browser_fails_loudly_when_the_server_fails() {
    let (origin, _server) = site().await;

    Browser::new(&origin).goto("/fails").await;
}

fn taken(header: &str) -> Jar {
    let mut jar = Jar::default();
    let headers = [(SET_COOKIE, header.parse().unwrap())].into_iter().collect();
    jar.take(&"http://127.0.0.1:9/x".parse().unwrap(), &headers, true);
    jar
}

#[test]
fn the_jar_holds_back_cookies_across_sites() {
    let url = "http://127.0.0.1:9/".parse().unwrap();
    let lax = taken("a=1; Path=/; HttpOnly; SameSite=Lax");
    let strict = taken("a=1; Path=/; HttpOnly; SameSite=Strict");

    assert_eq!(lax.header(&url, Site::Cross, false).as_deref(), Some("a=1"));
    assert_eq!(lax.header(&url, Site::Cross, true), None);
    assert_eq!(strict.header(&url, Site::Cross, false), None);
    assert_eq!(strict.header(&url, Site::None, false).as_deref(), Some("a=1"));
}

#[test]
#[should_panic(expected = "open to scripts")]
fn the_jar_refuses_a_cookie_that_scripts_can_read() {
    taken("a=1; Path=/; SameSite=Lax");
}

#[test]
#[should_panic(expected = "not bound to its host")]
fn the_jar_refuses_a_host_cookie_that_is_not_secure() {
    taken("__Host-a=1; Path=/; HttpOnly; SameSite=Lax");
}

#[tokio::test]
async fn those_who_start_together_all_finish() {
    static DONE: AtomicUsize = AtomicUsize::new(0);

    let order = par(64, |index| async move { (index, DONE.fetch_add(1, Ordering::SeqCst)) }).await;

    assert_eq!(order.iter().map(|(index, _)| *index).collect::<Vec<_>>(), (0..64).collect::<Vec<_>>());
    assert_eq!(DONE.load(Ordering::SeqCst), 64);
}

#[tokio::test]
async fn the_mail_server_takes_letters_and_refuses_on_demand() {
    use lettre::message::MultiPart;
    use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
    let server = SmtpServer::start().await;
    let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1").port(server.port).build();
    let long = "ä line that is long enough to be folded by the encoding of letters, so that soft breaks appear in it ".repeat(3);
    let body = MultiPart::alternative_plain_html(format!(".dot\n{long}"), "<p>Hällo</p>".to_owned());
    let letter =
        Message::builder().from("a@x.example".parse().unwrap()).to("b@x.example".parse().unwrap()).subject("Grüße").multipart(body);
    let letter = letter.unwrap();

    transport.send(letter.clone()).await.unwrap();
    let received = server.letter().await;
    server.become_(Temper::Busy);
    let refused = transport.send(letter.clone()).await.unwrap_err();
    let meanwhile = server.arrived().await;
    server.become_(Temper::Willing);
    transport.send(letter).await.unwrap();

    assert_eq!((received.from.as_str(), received.to.as_slice()), ("a@x.example", ["b@x.example".to_owned()].as_slice()));
    assert_eq!(received.text().trim_end(), format!(".dot\n{}", long.trim_end()));
    assert_eq!(received.part("text/html").trim_end(), "<p>Hällo</p>");
    assert!(refused.is_transient());
    assert!(meanwhile.is_empty());
    assert_eq!(server.letter().await.header("From"), received.header("From"));
}

#[tokio::test]
async fn every_database_is_migrated_and_alone() {
    for engine in Engine::all() {
        let (one, two) = (Database::create(engine).await, Database::create(engine).await);
        let (first, second) =
            (tenantry::store::Store::open(&one.url).await.unwrap(), tenantry::store::Store::open(&two.url).await.unwrap());

        first.write(async |w| w.raise_generation().await).await.unwrap();

        assert_eq!(first.read(async |r| r.generation().await).await.unwrap(), 1);
        assert_eq!(second.read(async |r| r.generation().await).await.unwrap(), 0);
        assert_eq!(first.schema_state().await.unwrap(), tenantry::store::SchemaState::Current);
        first.close().await;
        second.close().await;
    }
}

#[tokio::test]
async fn a_process_is_heard_and_ended() {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "echo listening on http://127.0.0.1:5/; trap 'echo bye >&2; exit 3' TERM; echo ready; read -r end"]);
    let mut process = Process::start(command);

    let address = process.address("listening").await;
    process.line("ready").await;
    process.ask_to_stop();
    let status = process.ended().await;

    assert_eq!(address, "http://127.0.0.1:5");
    assert_eq!(status.code(), Some(3));
    assert!(process.output().contains("bye"));
}

#[tokio::test]
async fn chromium_sees_forms_judges_pages_and_comes_back() {
    if !chromium::is_there() {
        return;
    }
    let (origin, _server) = site().await;
    let landing = Landing::start().await;
    let mut chromium = Chromium::open("harness").await;

    chromium.goto(format!("{origin}/form")).await;
    chromium.look("form").await;
    chromium.fill("#name", "Anna").await;
    chromium.click("#one").await;
    let sent = chromium.text("body").await;
    chromium.goto(format!("{}?code=c", landing.callback())).await;
    chromium.see("#arrived").await;

    assert_eq!(sent, "csrf=t&name=Anna&kind=b&press=1");
    assert_eq!(landing.arrival().await.query, "code=c");
    chromium.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "axe finds violations on picture")]
async fn axe_finds_a_picture_without_text() {
    assert!(chromium::is_there(), "axe finds violations on picture: not tried without a browser");
    let chromium = Chromium::open("harness").await;

    chromium.goto("data:text/html,<!doctype html><html lang=en><title>P</title><main><h1>P</h1><img src='data:,x'></main>").await;
    chromium.judge("picture").await;
}

#[tokio::test]
async fn a_whole_server_starts_with_a_database_of_its_own() {
    let t = super::tenantry::Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;

    let page = super::net::client().get(t.url("/assets/app.css")).send().await.unwrap();
    let stored = t.app.store.read(async |r| r.person(&anna.id).await).await.unwrap();

    assert!(page.status().as_u16() < 500);
    assert_eq!(stored.unwrap().handle(), "anna@acme.example");
    assert_eq!(t.stop().await, tenantry::server::Stopped::Drained);
}
