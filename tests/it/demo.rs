//! The demo as a person gets it: one command, a world, three applications, a stand-in for Microsoft.
use std::net::TcpListener;

use scraper::Selector;
use tokio::time::Instant;

use crate::harness::browser::Browser;
use crate::harness::database::TempFolder;
use crate::harness::net::PATIENCE;
use crate::harness::process::Process;

const PASSWORD: &str = "coffee and cake";

/// A running demo; the pages have the ports of the block in the order of `demo::ports`.
struct Demo {
    process: Process,
    first_port: u16,
}

impl Demo {
    /// Starts the program; `folder` is where its world is or will be.
    async fn start(folder: &TempFolder, first_port: u16) -> Self {
        let data = folder.path().join("world");
        let port = first_port.to_string();
        let mut process = Process::tenantry(&["demo", "--data", data.to_str().unwrap(), "--port", &port], &[]);
        let start = process.address("Open ").await;
        assert_eq!(start, format!("http://localhost:{}", first_port + 4));
        Self { process, first_port }
    }

    fn at(&self, offset: u16, path: &str) -> String {
        format!("http://localhost:{}{path}", self.first_port + offset)
    }

    fn browser(&self) -> Browser {
        Browser::new(&self.at(0, ""))
    }

    /// Begins a sign-in in the web application; rests at the provider's login page.
    async fn to_login(&self) -> Browser {
        let mut browser = self.browser();
        browser.goto(self.at(1, "/login?fresh=1")).await;
        assert_eq!(browser.path(), "/login");
        browser
    }

    /// Waits for the letter with a code to somebody and reads the code.
    async fn code_for(&self, email: &str) -> String {
        let mut reader = self.browser();
        let until = Instant::now() + PATIENCE;
        loop {
            reader.goto(self.at(4, "/mail")).await;
            let rows = reader.page().texts("#letters li");
            let code = rows.iter().find(|row| row.contains(email)).and_then(|row| row.split(' ').find(|word| is_code(word)));
            if let Some(code) = code {
                return code.to_owned();
            }
            assert!(Instant::now() < until, "no letter with a code to {email}: {rows:?}");
        }
    }

    /// From the login page to the stand-in and, as this account, back to where Tenantry leads.
    async fn with_microsoft(&self, directory: &str, account: &str) -> Browser {
        let mut browser = self.to_login().await;
        let button = microsoft_button(&browser, directory);
        browser.submit(&button).await;
        let stand_in = browser.landing().to_string();
        assert!(stand_in.starts_with(&self.at(5, "/")), "{stand_in}");
        browser.goto(&stand_in).await.submit(account).await;
        browser
    }
}

fn is_code(word: &str) -> bool {
    word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())
}

fn microsoft_button(browser: &Browser, directory: &str) -> String {
    let document = browser.page().document();
    let all = Selector::parse("button.microsoft").unwrap();
    let named = document.select(&all).find(|button| button.text().any(|text| text.contains(directory)));
    format!("#{}", named.unwrap_or_else(|| panic!("no button for {directory}: {}", browser.page())).attr("id").unwrap())
}

/// Six free ports in a row, below those that the system hands out by itself.
fn free_block() -> u16 {
    let begin = 10_000 + u16::try_from(std::process::id() % 2000).unwrap() * 10;
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let mut blocks = (begin..32_000).step_by(6).chain((10_000..begin).step_by(6));
    blocks.find(|first| (*first..first + 6).all(is_free)).expect("six free ports in a row")
}

/// Allows what the application asks for, where it asks, and goes on to the application.
async fn into_the_application(browser: &mut Browser) {
    if browser.left().is_none() && browser.has("#consent-allow") {
        browser.submit("#consent-allow").await;
    }
    let callback = browser.landing().to_string();
    browser.goto(&callback).await;
}

fn claims(browser: &Browser, token: &str) -> serde_json::Value {
    serde_json::from_str(&browser.text(&format!("[data-token={token}] .claims"))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_whole_and_starts_again_on_its_folder() {
    let folder = TempFolder::new();
    let mut demo = Demo::start(&folder, free_block()).await;

    the_start_page_says_what_to_try(&demo).await;
    a_guest_signs_in_to_the_web_application(&demo).await;
    an_authenticator_code_is_shown_and_works(&demo).await;
    a_page_asks_for_the_second_factor_that_it_needs(&demo).await;
    the_other_applications_answer(&demo).await;
    a_colleague_signs_in_with_microsoft(&demo).await;
    hostile_directories_are_refused(&demo).await;

    demo.process.ask_to_stop();
    assert!(demo.process.ended().await.success());
    let again = Demo::start(&folder, demo.first_port).await;
    the_start_page_says_what_to_try(&again).await;
    the_other_applications_answer(&again).await;
}

async fn the_start_page_says_what_to_try(demo: &Demo) {
    let mut browser = demo.browser();
    browser.goto(demo.at(4, "/")).await;

    assert_eq!(browser.text("#password"), PASSWORD);
    let people = browser.page().texts("#people li");
    for email in ["hanna@alpenglow.example", "gina@alpenglow.example", "tina@kestrel.example", "mika@alpenglow.example"] {
        assert!(people.iter().any(|person| person.contains(email)), "{email}: {people:?}");
    }
    let mut german = demo.browser().speaking("de");
    german.goto(demo.at(4, "/")).await;
    assert_eq!(german.text("h1"), "Tenantry ausprobieren");
}

async fn a_guest_signs_in_to_the_web_application(demo: &Demo) {
    let mut browser = demo.browser();
    browser.goto(demo.at(1, "/login?fresh=1&hint=gina@alpenglow.example")).await;
    browser.fill("#password", PASSWORD).submit("#login-submit").await;
    let code = demo.code_for("gina@alpenglow.example").await;
    browser.fill("#code", &code).submit("#code-submit").await.submit("#tenant-kestrel").await;
    into_the_application(&mut browser).await;

    assert_eq!(browser.text("#news"), "Signed in.");
    assert_eq!(claims(&browser, "id_token")["tenant"], "kestrel");
    assert_eq!(claims(&browser, "id_token")["guest"], true);
    assert_eq!(claims(&browser, "access_token")["groups"], serde_json::json!(["Dispatch"]));
    assert_eq!(claims(&browser, "userinfo")["email"], "gina@alpenglow.example");
    assert!(browser.page().texts(".checks .badge-bad").is_empty());

    browser.submit("#refresh").await;
    assert_eq!(browser.text("#news"), "The tokens were renewed.");

    browser.follow("#switch").await.submit("#tenant-alpenglow").await;
    into_the_application(&mut browser).await;
    assert_eq!(claims(&browser, "id_token")["tenant"], "alpenglow");

    browser.submit("#logout").await;
    assert_eq!(browser.text("#news"), "Signed out.");
    browser.goto(demo.at(1, "/login?silent=1")).await;
    assert!(browser.text("#news").starts_with("login_required"), "the session is over at the provider, too");
}

async fn an_authenticator_code_is_shown_and_works(demo: &Demo) {
    let mut reader = demo.browser();
    let mut browser = demo.to_login().await;
    browser.fill("#identifier", "tina@kestrel.example").fill("#password", PASSWORD).submit("#login-submit").await;
    reader.goto(demo.at(4, "/")).await;
    browser.fill("#code", &reader.text("#totp")).submit("#code-submit").await;
    into_the_application(&mut browser).await;

    assert_eq!(claims(&browser, "id_token")["acr"], "urn:tenantry:acr:mfa");
    let permissions = claims(&browser, "id_token")["permissions"].to_string();
    assert!(permissions.contains("invoices:pay"), "a strong factor brings the guarded permission: {permissions}");

    browser.follow("#vault").await;
    assert_eq!(browser.text("#vault-acr"), "urn:tenantry:acr:mfa");
}

/// Hanna's password and mailbox do not open the page: the provider leads her to set up an app, and a page asked for while
/// nobody is signed in stays closed, too.
async fn a_page_asks_for_the_second_factor_that_it_needs(demo: &Demo) {
    let mut start = demo.browser();
    start.goto(demo.at(4, "/")).await;
    assert!(start.page().texts("a.choice").iter().any(|text| text.contains("needs a second factor")));
    let mut browser = demo.browser();
    browser.goto(demo.at(1, "/login?fresh=1&hint=hanna@alpenglow.example")).await;
    browser.fill("#password", PASSWORD).submit("#login-submit").await;
    let code = demo.code_for("hanna@alpenglow.example").await;
    browser.fill("#code", &code).submit("#code-submit").await;
    into_the_application(&mut browser).await;
    assert_eq!(claims(&browser, "id_token")["acr"], "urn:tenantry:acr:email");

    browser.follow("#vault").await;
    assert!(!browser.has("#vault-open"), "{}", browser.page());
    assert_eq!(browser.path(), "/account/security/app", "the provider leads to a stronger factor");
    browser.goto(demo.at(1, "/vault")).await;
    assert!(!browser.has("#vault-open"), "{}", browser.page());

    let mut other = demo.browser();
    other.goto(demo.at(1, "/vault")).await;
    assert_eq!(other.path(), "/login", "who is not signed in is asked for both factors");
}

async fn the_other_applications_answer(demo: &Demo) {
    let mut browser = demo.browser();
    browser.goto(demo.at(2, "/")).await;
    assert_eq!(browser.page().attr("#board", "data-issuer"), demo.at(0, ""));
    let csp = browser.page().header("content-security-policy").to_owned();
    assert!(csp.contains(&format!("connect-src {};", demo.at(0, ""))) && !csp.contains("unsafe"), "{csp}");

    browser.goto(demo.at(3, "/")).await.submit("#run").await;
    assert_eq!(claims(&browser, "access_token")["aud"], demo.at(3, ""));
    assert_eq!(claims(&browser, "introspection")["active"], true);
}

async fn a_colleague_signs_in_with_microsoft(demo: &Demo) {
    let mut browser = demo.with_microsoft("Alpenglow", "#account-0").await;
    into_the_application(&mut browser).await;

    assert_eq!(claims(&browser, "userinfo")["email"], "mika@alpenglow.example");
    assert!(claims(&browser, "id_token")["amr"].to_string().contains("fed"));
}

async fn hostile_directories_are_refused(demo: &Demo) {
    for (directory, account) in [("Mallory", "#account-0"), ("Mallory", "#account-1"), ("Kestrel", "#account-0")] {
        let browser = demo.with_microsoft(directory, account).await;

        assert_eq!(browser.left(), None, "{directory} {account} gets nothing to an application");
        assert!(browser.has("#error-code"), "{directory} {account}: {}", browser.page());
        assert!(!browser.jar.cookies().iter().any(|cookie| cookie.name.contains("tenantry-session")), "nobody is signed in");
    }
}

#[tokio::test]
async fn a_taken_port_is_named_with_a_way_out() {
    let folder = TempFolder::new();
    let first = free_block() + 600;
    let _taken = TcpListener::bind(("127.0.0.1", first + 3)).unwrap();
    let data = folder.path().join("world");
    let mut process = Process::tenantry(&["demo", "--data", data.to_str().unwrap(), "--port", &first.to_string()], &[]);

    assert!(!process.ended().await.success());

    let output = process.output();
    assert!(output.contains(&format!("port {}", first + 3)) && output.contains("--port 9080"), "{output}");
    assert!(!data.exists(), "nothing is made before the ports are had");
}
