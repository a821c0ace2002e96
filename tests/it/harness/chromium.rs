//! Chromium by WebDriver: one chromedriver for all tests of this process, one browser with an empty profile each.
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, LoggingPrefsLogLevel};
use tokio::sync::{Mutex, OnceCell};
use tokio::time::Instant;

use super::database::{Engine, TempFolder};
use super::net::{self, PATIENCE};
use super::pictures::{self, Kind};
use super::process::Process;

const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
];

/// Rules that a page must keep: WCAG 2.0 to 2.2, A and AA, and axe's best practices.
const RULES: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/// The rules of axe that look at colours.
const COLOURS: [&str; 2] = ["color-contrast", "link-in-text-block"];

pub struct Chromium {
    driver: WebDriver,
    journey: String,
    shots: usize,
    _profile: TempFolder,
}

/// Is there a browser to drive? Panics when there is none but one is demanded.
pub fn is_there() -> bool {
    let there = Command::new("chromedriver").arg("--version").output().is_ok_and(|o| o.status.success());
    let demanded = std::env::var_os("TENANTRY_REQUIRE_BROWSER").is_some();
    assert!(there || !demanded, "chromedriver is missing; `bash tests/run` installs it");
    there
}

/// The address of this process's chromedriver.
async fn driver_address() -> String {
    static DRIVER: OnceCell<(Mutex<Process>, String)> = OnceCell::const_new();
    let start = || async {
        // A static is never dropped: the shell ends chromedriver when our end of its standard input closes.
        let mut command = Command::new("sh");
        command.args(["-c", "chromedriver --port=0 --log-level=WARNING & driver=$!; read -r end; kill $driver"]);
        let mut process = Process::start(command);
        let line = process.line("started successfully on port").await;
        let port: String = line.rsplit("port ").next().unwrap().chars().take_while(char::is_ascii_digit).collect();
        (Mutex::new(process), format!("http://127.0.0.1:{port}"))
    };
    DRIVER.get_or_init(start).await.1.clone()
}

impl Chromium {
    /// A new browser; `journey` names the folder of its screenshots.
    pub async fn open(journey: &str) -> Self {
        Self::speaking("en", journey).await
    }

    /// A new browser of a person who reads `language`.
    pub async fn speaking(language: &str, journey: &str) -> Self {
        let profile = TempFolder::new();
        let mut capabilities = DesiredCapabilities::chrome();
        for flag in FLAGS {
            capabilities.add_arg(flag).unwrap();
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
        capabilities.add_arg(&format!("--lang={language}")).unwrap();
        capabilities.add_experimental_option("prefs", json!({ "intl.accept_languages": language })).unwrap();
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
        let address = driver_address().await;
        let driver = WebDriver::builder(address, capabilities).client(net::client()).connect().await.unwrap();
        let chromium = Self { driver, journey: journey.to_owned(), shots: 0, _profile: profile };
        chromium.size(1280, 900, false).await;
        chromium
    }

    pub async fn goto(&self, url: impl AsRef<str>) {
        self.driver.goto(url.as_ref()).await.unwrap();
    }

    pub async fn url(&self) -> url::Url {
        self.driver.current_url().await.unwrap()
    }

    /// Waits until the element is there.
    pub async fn see(&self, css: &str) -> WebElement {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Ok(found) = self.driver.find(By::Css(css)).await {
                return found;
            }
            if Instant::now() >= until {
                panic!("{css} does not appear at {}:\n{}", self.url().await, self.driver.source().await.unwrap_or_default());
            }
        }
    }

    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.see(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Clicks the element and waits until the page that it was on is gone.
    pub async fn click(&self, css: &str) {
        let before = self.see("html").await;
        self.see(css).await.click().await.unwrap();
        let until = Instant::now() + PATIENCE;
        while before.is_present().await.unwrap_or(false) {
            assert!(Instant::now() < until, "nothing follows the click on {css}");
        }
    }

    /// Clicks where no new page follows.
    pub async fn press(&self, css: &str) {
        self.see(css).await.click().await.unwrap();
    }

    pub async fn text(&self, css: &str) -> String {
        self.see(css).await.text().await.unwrap()
    }

    pub async fn back(&self) {
        self.driver.back().await.unwrap();
    }

    /// Waits until the element has the focus.
    pub async fn focused(&self, css: &str) {
        let found = self.see(css).await;
        let until = Instant::now() + PATIENCE;
        while self.driver.active_element().await.unwrap() != found {
            assert!(Instant::now() < until, "{css} does not get the focus at {}", self.url().await);
        }
    }

    /// Opens another tab and goes on there. Gives the one before.
    pub async fn new_tab(&self) -> WindowHandle {
        let before = self.driver.window().await.unwrap();
        let tab = self.driver.new_tab().await.unwrap();
        self.turn_to(tab).await;
        before
    }

    pub async fn turn_to(&self, tab: WindowHandle) {
        self.driver.switch_to_window(tab).await.unwrap();
    }

    /// Types keys into whatever has the focus.
    pub async fn keys(&self, keys: impl AsRef<str>) {
        self.driver.action_chain().send_keys(keys.as_ref()).perform().await.unwrap();
    }

    pub async fn script(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    async fn tool(&self, method: &str, params: Value) {
        self.driver.cdp().send_raw(method, params).await.unwrap();
    }

    pub async fn size(&self, width: u32, height: u32, mobile: bool) {
        self.scaled((width, height.into()), 1.0, mobile).await;
    }

    async fn scaled(&self, (width, height): (u32, u64), scale: f64, mobile: bool) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile });
        self.tool("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    pub async fn dark(&self, on: bool) {
        let value = if on { "dark" } else { "light" };
        let feature = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.tool("Emulation.setEmulatedMedia", feature).await;
    }

    /// Plugs an authenticator in that knows its owner and keeps passkeys (WebAuthn 11.2: virtual authenticators).
    pub async fn authenticator(&self) {
        self.tool("WebAuthn.enable", json!({ "enableUI": false })).await;
        let options = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserVerified": true, "automaticPresenceSimulation": true,
        });
        self.tool("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await;
    }

    /// Scripts of pages stop running; WebDriver's own still do.
    pub async fn without_scripts(&self) {
        self.tool("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    /// Looks at the page as people do: judged by axe in light and dark, nothing wider than the window, and kept as
    /// `target/screenshots/<journey>/<nn>-<name>[-dark|-narrow].png`. On SQLite only: pages look the same on PostgreSQL.
    pub async fn look(&mut self, name: &str) {
        if Engine::of_this_run() == Engine::Postgres {
            return self.complaints(name).await;
        }
        self.shots += 1;
        for (suffix, width, height, dark) in [("", 1280, 900, false), ("-dark", 1280, 900, true), ("-narrow", 360, 740, false)] {
            self.size(width, height, width < 500).await;
            self.dark(dark).await;
            self.still().await;
            self.shoot(&format!("{name}{suffix}")).await;
            // The dark theme changes colours and nothing else.
            let rules = if dark { json!(COLOURS) } else { json!(RULES) };
            self.judged(&format!("{name}{suffix}"), rules).await;
        }
        self.size(320, 640, true).await;
        let overflow = self.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth").await;
        assert_eq!(overflow, json!(0), "{name} is wider than 320 pixels");
        self.illustrate(name).await;
        self.size(1280, 900, false).await;
        self.complaints(name).await;
    }

    /// Takes the pictures of the guides that are made of this look, each as high as the page, if somebody asked for them.
    async fn illustrate(&self, name: &str) {
        for picture in pictures::wanted(&self.journey, name) {
            self.tool("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
            let (width, most) = picture.kind.window();
            self.dark(picture.kind == Kind::Dark).await;
            // Twice: what stands above a card grows with the window.
            let mut height = 300;
            for _ in 0..2 {
                self.scaled((width, height), picture.kind.scale(), false).await;
                height = self.script("return document.documentElement.scrollHeight").await.as_u64().unwrap().min(most.into());
                // A whole number of pixels at either scale.
                height = height.next_multiple_of(32);
            }
            self.scaled((width, height), picture.kind.scale(), false).await;
            self.still().await;
            picture.keep(&self.driver.screenshot_as_png().await.unwrap());
            self.tool("Emulation.setScrollbarsHidden", json!({ "hidden": false })).await;
        }
        self.dark(false).await;
    }

    /// Chooses a file on this machine.
    pub async fn upload(&self, css: &str, path: &std::path::Path) {
        self.see(css).await.send_keys(path.display().to_string()).await.unwrap();
    }

    /// Waits until nothing moves: a change of colours may take its time.
    async fn still(&self) {
        let script = "const done = arguments[0]; requestAnimationFrame(() =>
            Promise.allSettled(document.getAnimations().map(a => a.finished)).then(() => done(true)))";
        self.driver.execute_async(script, Vec::new()).await.unwrap();
    }

    /// Keeps a picture and nothing else: for pages whose scripts may not run, and so neither may axe.
    pub async fn picture(&mut self, name: &str) {
        self.shots += 1;
        self.shoot(name).await;
    }

    async fn shoot(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/screenshots").join(&self.journey);
        std::fs::create_dir_all(&folder).unwrap();
        self.driver.screenshot(&folder.join(format!("{:02}-{name}.png", self.shots))).await.unwrap();
    }

    /// Runs axe-core in the page and panics for each violation.
    pub async fn judge(&self, name: &str) {
        self.judged(name, json!(RULES)).await;
    }

    /// `rules`: tags or names of rules.
    async fn judged(&self, name: &str, rules: serde_json::Value) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("axe-core is missing: npm ci --prefix tests/foreign"));
        self.driver.execute(axe, Vec::new()).await.unwrap();
        let script = "const [rules, done] = arguments; axe.run(document, { runOnly: rules, resultTypes: ['violations'] }).then(
            r => done(r.violations.map(v => `${v.id}: ${v.help}: ${v.nodes.map(n => n.html).join(' | ')}`)), e => done([String(e)]))";
        let found = self.driver.execute_async(script, vec![rules]).await.unwrap();
        assert_eq!(found.json(), &json!([]), "axe finds violations on {name} at {}", self.url().await);
    }

    /// Panics when the browser noted an error, a refused resource or a breach of the content security policy. That a
    /// page itself came with a status like 401 is no complaint, and other people's pages may be as they are.
    pub async fn complaints(&self, name: &str) {
        let log = self.driver.browser_log().await.unwrap();
        let here = self.url().await.origin().ascii_serialization();
        let foreign = |message: &str| message.starts_with("http") && !message.starts_with(&here);
        let refusal = |message: &str| {
            let resource = message.contains("/assets/") || message.contains("/brand/") || message.contains("favicon");
            message.contains("the server responded with a status of 4") && !resource
        };
        let excused = |message: &str| foreign(message) || refusal(message);
        let bad = |level: &str, message: &str| level == "SEVERE" && !excused(message) || message.contains("Content Security Policy");
        let found: Vec<String> = log.into_iter().filter(|e| bad(&e.level, &e.message)).map(|e| e.message).collect();
        assert!(found.is_empty(), "the browser complains about {name}: {found:#?}");
    }

    /// Ends the browser. Call it at the end of the journey: a session that is dropped instead ends later.
    pub async fn close(self) {
        self.driver.quit().await.unwrap();
    }
}
