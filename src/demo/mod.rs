//! Floor 8. The demo world: two tenants with people, three relying applications, a mailbox, a stand-in for Microsoft.
//!
//! Owns: the world and its pages, each on a port of its own. Never does: anything for `serve`; only `cli::demo` comes here.
//! The applications and the stand-in run in this process but speak to Tenantry over HTTP alone, as foreign ones would.
//!
//! ```text
//! tenantry demo              http://localhost:8084/ says what to try
//! tenantry demo --port 9080  the same on ports 9080 to 9085, with a data folder of its own
//! ```
mod html;
mod mailbox;
mod make;
mod microsoft;
mod people;
mod ports;
mod relying;
mod site;
mod start;
mod world;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::{App, AppError};
use crate::config::{Config, Faults};
use crate::keys::{KeyError, Sealer};
use crate::server::node::{Ingredients, NodeError, assemble, serve};
use crate::server::{Limits, run};
use crate::service::Failure;
use crate::store::{Store, StoreError};
use crate::world::{Os, SystemClock};

pub use ports::{Listeners, Ports, USUAL};
use site::Site;
use world::World;

/// Connections that one demo page holds at most.
const CONNECTIONS: usize = 64;

/// Why the demo cannot be made or served. Nothing secret is in it.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("port {port} cannot be used: {cause}")]
    PortTaken { port: u16, cause: std::io::Error },
    #[error("the demo world in {folder} was made for the ports {made} to {}", made + 5)]
    OtherPorts { folder: String, made: u16 },
    #[error("the demo world in {folder} is incomplete: {what}")]
    Incomplete { folder: String, what: String },
    #[error("the demo world cannot be made: {0}")]
    Making(String),
    #[error(transparent)]
    Configuration(#[from] Faults),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Node(#[from] NodeError),
}

impl From<AppError> for DemoError {
    fn from(error: AppError) -> Self {
        Self::Node(error.into())
    }
}

impl From<KeyError> for DemoError {
    fn from(error: KeyError) -> Self {
        Self::Making(error.to_string())
    }
}

impl From<Failure> for DemoError {
    fn from(error: Failure) -> Self {
        Self::Making(error.to_string())
    }
}

/// Where a demo lives and listens. Everything is settled before anything is opened.
pub struct Plan {
    folder: PathBuf,
    ports: Ports,
    /// The world of the folder, if there is one.
    world: Option<World>,
}

impl Plan {
    /// The folder and ports that were asked for; else those of the folder's world; else the usual ones.
    ///
    /// # Errors
    /// [`DemoError::OtherPorts`] when the folder's world was made for others: its applications are registered there.
    pub fn new(folder: Option<PathBuf>, port: Option<Ports>) -> Result<Self, DemoError> {
        let usual = Ports::beginning_with(USUAL).expect("the usual block is a block");
        let folder = folder.unwrap_or_else(|| match port {
            Some(port) if port != usual => PathBuf::from(format!("tenantry-demo-data-{}", port.first())),
            _ => PathBuf::from("tenantry-demo-data"),
        });
        let world = World::read(&folder)?;
        match (world.as_ref().map(World::ports), port) {
            (Some(made), Some(port)) if made != port => {
                Err(DemoError::OtherPorts { folder: folder.display().to_string(), made: made.first() })
            }
            (made, port) => Ok(Self { ports: made.or(port).unwrap_or(usual), folder, world }),
        }
    }

    /// Takes the ports, before anything is written.
    ///
    /// # Errors
    /// [`DemoError::PortTaken`].
    pub async fn listen(&self) -> Result<Listeners, DemoError> {
        self.ports.listen().await
    }

    /// The whole configuration; neither a file nor the environment has a say.
    ///
    /// # Errors
    /// The folder's name cannot be part of a configuration.
    pub fn configuration(&self) -> Result<Config, Faults> {
        let file = |name: &str| self.folder.join(name).display().to_string();
        let settings = [
            ("server.issuer", self.ports.provider()),
            ("server.listen", format!("127.0.0.1:{}", self.ports.first())),
            ("server.max_connections", "256".to_owned()),
            ("server.shutdown_seconds", "2".to_owned()),
            ("database.url", format!("sqlite:{}", file(world::DATABASE))),
            ("mail.mode", "folder".to_owned()),
            ("mail.folder", file("mail")),
            ("mail.from", "no-reply@tenantry.example".to_owned()),
            // One person at a time signs in here.
            ("password.threads", "1".to_owned()),
            ("log.level", "warn".to_owned()),
            ("product.name", "Tenantry".to_owned()),
            ("upstream.allow_plain_http_loopback", "true".to_owned()),
        ];
        Config::load(None, std::iter::empty(), settings.map(|(key, value)| (key.to_owned(), value)).into())
    }
}

/// A demo that listens and is ready to answer.
pub struct Demo {
    app: Arc<App>,
    world: Arc<World>,
    listeners: Listeners,
}

impl Demo {
    /// Puts the demo together; the first time in a folder, its world is made, which takes some seconds.
    /// `store` is the migrated database of the plan, `sealer` its own.
    ///
    /// # Errors
    /// [`DemoError`].
    pub async fn prepare(plan: Plan, listeners: Listeners, config: Config, store: Store, sealer: Sealer) -> Result<Self, DemoError> {
        let ingredients =
            Ingredients { config: Arc::new(config), store, sealer, clock: Arc::new(SystemClock), entropy: Arc::new(Os), mailer: None };
        let app = assemble(ingredients).await?;
        let world = match plan.world {
            Some(world) => world,
            None => make::make(&app, &plan.folder, plan.ports).await?,
        };
        Ok(Self { app, world: Arc::new(world), listeners })
    }

    /// The page to open first.
    pub fn start_page(&self) -> String {
        format!("{}/", self.world.ports().start())
    }

    /// Serves everything until `shutdown`.
    ///
    /// # Errors
    /// [`DemoError::Making`] when the stand-in's key cannot be opened.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), DemoError> {
        let Self { app, world, listeners } = self;
        let site = Site::new(&app, &world);
        let stand_in = microsoft::StandIn::new(&site)?;
        let (stop, stopping) = watch::channel(false);
        let pages = [
            (listeners.web, relying::web_app::router(&site)),
            (listeners.spa, relying::spa::router(&site)),
            (listeners.machine, relying::machine::router(&site)),
            (listeners.start, start::router(&site)),
            (listeners.microsoft, microsoft::router(&stand_in)),
        ];
        for (listener, router) in pages {
            tokio::spawn(serve_page(listener, router, stopping.clone()));
        }
        let outcome = serve(Arc::clone(&app), crate::web::router(app), listeners.provider, shutdown).await;
        let _ = stop.send(true);
        outcome?;
        Ok(())
    }
}

async fn serve_page(listener: TcpListener, router: axum::Router, mut stopping: watch::Receiver<bool>) {
    let seconds = std::time::Duration::from_secs;
    let limits = Limits {
        connections: CONNECTIONS * 4,
        trusted_proxies: Vec::new(),
        header_time: seconds(10),
        body_time: seconds(10),
        shutdown_time: seconds(1),
    };
    let stop = async move {
        let _ = stopping.wait_for(|asked| *asked).await;
    };
    if let Err(error) = run(listener, router, limits, None, stop).await {
        tracing::error!(%error, "a page of the demo is not served");
    }
}

/// Writes a file that only this user may read, whole or not at all.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let draft = path.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(draft, path)
}
