//! A whole Tenantry for one test: the real router behind the real connection loop, a database of its own, a clock that
//! stands still, reproducible randomness, cheap password hashes, letters in memory.
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tenantry::app::{App, Parts};
use tenantry::config::Config;
use tenantry::keys::{MasterKey, Sealer, new_row};
use tenantry::mail::{Mailer, Sender};
use tenantry::model::{KeyState, SigningAlg, SigningKeyRow};
use tenantry::server::{self, Limits, Stopped};
use tenantry::store::Store;
use tenantry::upstream::{Http, HttpOptions};
use tenantry::web;
use tenantry::world::{Clock, Entropy, Seeded, TestClock, Timestamp};
use time::macros::datetime;
use tokio::net::TcpListener;
use tokio::sync::{OnceCell, oneshot};
use tokio::task::JoinHandle;
use tracing::subscriber::DefaultGuard;

use super::browser::Browser;
use super::database::{Database, Engine};
use super::log::Log;
use super::mailbox::Mailbox;

/// The moment at which every test begins: 2026-11-22, 8 o'clock.
pub const MORNING: Timestamp = Timestamp::from_seconds(datetime!(2026-11-22 8:00 UTC).unix_timestamp());

pub struct Tenantry {
    pub app: Arc<App>,
    pub origin: String,
    pub address: SocketAddr,
    pub clock: Arc<TestClock>,
    pub mailbox: Mailbox,
    pub log: Log,
    errors_expected: AtomicBool,
    server: Running,
    _heard: Option<DefaultGuard>,
    pub database: Arc<Database>,
}

/// Calls the server `localhost` instead of by its address.
pub fn named(config: &mut Config) {
    config.server.issuer = config.server.issuer.replace("127.0.0.1", "localhost");
}

struct Running {
    stop: Option<oneshot::Sender<()>>,
    ended: Option<JoinHandle<Stopped>>,
}

impl Tenantry {
    /// A server on the engine of this run.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same with another configuration.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let database = Database::create(Engine::of_this_run()).await;
        Self::open(Arc::new(database), Arc::new(TestClock::at(MORNING)), None, change).await
    }

    /// A server that is called `localhost`: passkeys belong to names, never to bare addresses.
    pub async fn start_named() -> Self {
        Self::start_with(named).await
    }

    /// A second node on the same database, with the same clock and the same public address.
    pub async fn beside(&self) -> Self {
        self.beside_with(|_| {}).await
    }

    /// The same with another configuration.
    pub async fn beside_with(&self, change: impl FnOnce(&mut Config)) -> Self {
        Self::open(Arc::clone(&self.database), Arc::clone(&self.clock), Some(&self.origin), change).await
    }

    /// A second node on the same database whose clock runs behind.
    pub async fn beside_behind(&self, span: Duration) -> Self {
        let clock = Arc::new(TestClock::at(self.now().minus(span)));
        Self::open(Arc::clone(&self.database), clock, Some(&self.origin), |_| {}).await
    }

    async fn open(database: Arc<Database>, clock: Arc<TestClock>, issuer: Option<&str>, change: impl FnOnce(&mut Config)) -> Self {
        let log = Log::default();
        let heard = log.listen();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let origin = issuer.map_or_else(|| format!("http://{address}"), str::to_owned);
        let mut config = Config::for_tests(&origin, &database.url);
        change(&mut config);
        let origin = if config.server.issuer.starts_with("http://localhost:") { config.server.issuer.clone() } else { origin };
        let mailer = Mailer::memory();
        let app = assemble(config, &database, &clock, mailer.clone()).await;
        let server = Running::start(&app, listener);
        let mailbox = Mailbox::new(Arc::clone(&app), &mailer);
        Self { app, origin, address, clock, mailbox, log, errors_expected: AtomicBool::new(false), server, _heard: heard, database }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock.
    pub fn later(&self, span: Duration) {
        self.clock.advance(span);
    }

    pub fn browser(&self) -> Browser {
        Browser::new(&self.origin)
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Errors in the log no longer end the test.
    pub fn expect_errors(&self) {
        self.errors_expected.store(true, Ordering::SeqCst);
    }

    /// Stops as the program does when it is asked to: requests under way are answered.
    pub async fn stop(mut self) -> Stopped {
        let stopped = self.server.stop().await;
        self.app.store.close().await;
        stopped
    }
}

impl Drop for Tenantry {
    fn drop(&mut self) {
        if let Some(ended) = self.server.ended.take() {
            ended.abort();
        }
        if !std::thread::panicking() && !self.errors_expected.load(Ordering::SeqCst) {
            let errors = self.log.lines_with(" ERROR ");
            assert!(errors.is_empty(), "the server logged errors:\n{}", errors.join("\n"));
        }
    }
}

impl Running {
    fn start(app: &Arc<App>, listener: TcpListener) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let router = web::router(Arc::clone(app));
        let limits = Limits::from(&app.config.server);
        let shutdown = async move {
            let _ = stopped.await;
        };
        let ended = tokio::spawn(async move { server::run(listener, router, limits, None, shutdown).await.unwrap() });
        Self { stop: Some(stop), ended: Some(ended) }
    }

    async fn stop(&mut self) -> Stopped {
        let _ = self.stop.take().unwrap().send(());
        self.ended.take().unwrap().await.unwrap()
    }
}

async fn assemble(config: Config, database: &Database, clock: &Arc<TestClock>, mailer: Mailer) -> Arc<App> {
    let store = Store::open(&database.url).await.unwrap();
    let sealer = sealer();
    for row in signing_keys().await {
        store.write(async |w| w.insert_signing_key(row).await).await.unwrap();
    }
    let sender = Sender::new(&config.product.name, "no-reply@id.example").unwrap();
    let entropy: Arc<dyn Entropy> = Arc::new(Seeded::new(seed()));
    let clock: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
    let options = HttpOptions { allow_plain_http_loopback: config.upstream.allow_plain_http_loopback };
    let http = Http::new(options).unwrap();
    let outbound = Http::guarded(options, config.outbound.allowed_networks.clone()).unwrap();
    App::new(Parts { store, sealer, mailer, sender, http, outbound, clock, entropy, config: Arc::new(config) }).await.unwrap()
}

/// A different stream for each server, the same in each run of one test alone.
fn seed() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::SeqCst)
}

/// Opens what the master key of the test configuration sealed.
pub fn sealer() -> Sealer {
    let key = Config::for_tests("http://localhost", "sqlite:x").keys.master_key.unwrap();
    Sealer::new(MasterKey::from_text(key.expose()).unwrap())
}

/// One active key per algorithm, made once for all tests: an RSA key takes a while.
async fn signing_keys() -> &'static [SigningKeyRow] {
    static ROWS: OnceCell<Vec<SigningKeyRow>> = OnceCell::const_new();
    let make = || async {
        let born = MORNING.minus(Duration::from_secs(24 * 60 * 60));
        let row = move |alg: &SigningAlg| new_row(*alg, &sealer(), &Seeded::new(0), born, KeyState::Active, born).unwrap();
        tokio::task::spawn_blocking(move || SigningAlg::ALL.iter().map(row).collect()).await.unwrap()
    };
    ROWS.get_or_init(make).await
}
