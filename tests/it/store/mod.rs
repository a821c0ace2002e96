//! The store's conformance suite: every test here runs on SQLite, and on PostgreSQL when `TENANTRY_TEST_POSTGRES`
//! names a cluster (base URL of a superuser). With `TENANTRY_REQUIRE_POSTGRES=1` a missing cluster is a failure.
use tenantry::store::Store;

use crate::harness::database::{Database, Engine};

mod announcements;
mod apis;
mod audit;
mod census;
mod complete;
mod devices;
mod doors;
mod everybody;
mod factors;
mod families;
mod fixtures;
mod flows;
mod grants;
mod imports;
mod lane;
mod letters;
mod lockouts;
mod logouts;
mod members;
mod outage;
mod passwords;
mod people_list;
mod persons;
mod pictures;
mod races;
mod registered;
mod registrations;
mod rights;
mod tenant_changes;
mod tenant_endings;
mod tenants;
mod upstream;

/// Declares each test twice: once on a fresh SQLite file, once on a fresh PostgreSQL database.
macro_rules! conformance {
    ($($name:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let fresh = crate::store::Fresh::sqlite().await;
                super::$name(&fresh.store).await;
                fresh.end().await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let Some(fresh) = crate::store::Fresh::postgres().await else { return };
                super::$name(&fresh.store).await;
                fresh.end().await;
            }
        )+ }
    };
}
pub(crate) use conformance;

/// A migrated database of its own with a store on it.
pub(crate) struct Fresh {
    pub store: Store,
    database: Database,
}

impl Fresh {
    pub async fn sqlite() -> Self {
        Self::on(Engine::Sqlite).await
    }

    /// None, said aloud, when no cluster is named and none is demanded.
    pub async fn postgres() -> Option<Self> {
        if Engine::all().contains(&Engine::Postgres) {
            return Some(Self::on(Engine::Postgres).await);
        }
        eprintln!("skipped: no PostgreSQL");
        None
    }

    async fn on(engine: Engine) -> Self {
        let database = Database::create(engine).await;
        let store = Store::open(&database.url).await.expect("a fresh database opens");
        Self { store, database }
    }

    pub fn url(&self) -> &str {
        &self.database.url
    }

    pub async fn end(self) {
        self.store.close().await;
    }
}
