//! A database of its own for each test, copied from one that was migrated once per run of the tests.
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use tenantry::store::Store;
use tokio::sync::OnceCell;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// The engine of this run: `TENANTRY_TEST_ENGINE`, or SQLite.
    pub fn of_this_run() -> Self {
        match std::env::var("TENANTRY_TEST_ENGINE").as_deref() {
            Ok("postgres") => Self::Postgres,
            Ok("sqlite") | Err(_) => Self::Sqlite,
            Ok(other) => panic!("TENANTRY_TEST_ENGINE is {other:?}; it may be sqlite or postgres"),
        }
    }

    /// Both engines; only SQLite where no PostgreSQL was given and none was demanded.
    pub fn all() -> Vec<Self> {
        let demanded = std::env::var_os("TENANTRY_REQUIRE_POSTGRES").is_some();
        if demanded || std::env::var_os("TENANTRY_TEST_POSTGRES").is_some() {
            vec![Self::Sqlite, Self::Postgres]
        } else {
            vec![Self::Sqlite]
        }
    }
}

/// The PostgreSQL server of this run.
fn server() -> String {
    std::env::var("TENANTRY_TEST_POSTGRES").expect("TENANTRY_TEST_POSTGRES names a PostgreSQL server; `bash tests/run` starts one")
}

/// A folder of its own, gone with its owner.
pub struct TempFolder(PathBuf);

impl TempFolder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(unique("tenantry-test"));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn unique(stem: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{stem}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A database that ends with its owner.
pub struct Database {
    /// As `Store::open` and the configuration take it.
    pub url: String,
    /// Name on the PostgreSQL server.
    name: Option<String>,
    /// Holds the SQLite file.
    _folder: TempFolder,
}

impl Database {
    /// A migrated database without rows.
    pub async fn create(engine: Engine) -> Self {
        let folder = TempFolder::new();
        match engine {
            Engine::Sqlite => {
                let file = folder.path().join("tenantry.db");
                std::fs::write(&file, sqlite_template().await).unwrap();
                Self { url: format!("sqlite:{}", file.display()), name: None, _folder: folder }
            }
            Engine::Postgres => {
                let name = unique("test").replace('-', "_");
                command(format!("create database {name} template {}", postgres_template().await)).await;
                Self { url: with_database(&name), name: Some(name), _folder: folder }
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some(name) = self.name.take() else { return };
        let gone = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(command(format!("drop database {name} with (force)")));
        });
        let _ = gone.join();
    }
}

fn with_database(name: &str) -> String {
    let mut url = url::Url::parse(&server()).unwrap();
    url.set_path(name);
    url.into()
}

async fn command(sql: String) {
    let mut connection = PgConnection::connect(&server()).await.unwrap();
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
    connection.close().await.unwrap();
}

/// The bytes of a migrated SQLite file.
async fn sqlite_template() -> &'static [u8] {
    static BYTES: OnceCell<Vec<u8>> = OnceCell::const_new();
    let make = || async {
        let folder = TempFolder::new();
        let file = folder.path().join("template.db");
        let store = Store::open(&format!("sqlite:{}", file.display())).await.unwrap();
        store.migrate().await.unwrap();
        store.close().await;
        std::fs::read(&file).unwrap()
    };
    BYTES.get_or_init(make).await
}

/// The name of a migrated PostgreSQL database to which nobody is connected.
async fn postgres_template() -> &'static str {
    static NAME: OnceCell<String> = OnceCell::const_new();
    let make = || async {
        let name = unique("template").replace('-', "_");
        command(format!("create database {name}")).await;
        let store = Store::open(&with_database(&name)).await.unwrap();
        store.migrate().await.unwrap();
        store.close().await;
        name
    };
    NAME.get_or_init(make).await
}
