//! PostgreSQL: the pool, and transactions that begin on a living connection even after the server was restarted.
use std::future::Future;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgPool, Postgres, Transaction};
use tokio::time::Instant;

use super::{Result, StoreError};

pub(super) type Tx = Transaction<'static, Postgres>;

/// Nothing that a request does takes seconds. A lock or statement that does is given up by the server, and whoever
/// died inside a transaction loses its locks.
const LIMITS: &str = "set statement_timeout = '5s'; set lock_timeout = '5s'; set idle_in_transaction_session_timeout = '30s'";

// Both say everything, so that the server's defaults (`default_transaction_…`) cannot change what the store relies on.
const READ: &str = "begin isolation level repeatable read read only";
const WRITE: &str = "begin isolation level read committed read write";

#[derive(Clone)]
pub(super) struct Server {
    pool: PgPool,
    trouble: Trouble,
}

/// When a connection was last found dead. The pool does not test connections as it lends them, which costs a round
/// trip; but those that have been idle since before this moment are tested, and discarded when dead. So one failure
/// after a restart of the server clears the whole pool of its dead connections, without any other request noticing.
#[derive(Clone, Default)]
struct Trouble(Arc<Mutex<Option<Instant>>>);

impl Trouble {
    fn found(&self) {
        *self.0.lock().expect("nothing panics under this lock") = Some(Instant::now());
    }

    fn since(&self, idle_for: Duration) -> bool {
        let found = *self.0.lock().expect("nothing panics under this lock");
        found.is_some_and(|moment| moment.elapsed() <= idle_for)
    }
}

impl Server {
    pub(super) async fn open(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?.application_name("tenantry");
        let trouble = Trouble::default();
        let seen = trouble.clone();
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .min_connections(1)
            .test_before_acquire(false)
            .acquire_timeout(Duration::from_secs(5))
            .after_connect(|connection, _| Box::pin(limit(connection)))
            .before_acquire(move |connection, meta| {
                let suspect = seen.since(meta.idle_for);
                Box::pin(async move { Ok(!suspect || connection.ping().await.is_ok()) })
            })
            .connect_with(options)
            .await?;
        Ok(Self { pool, trouble })
    }

    /// One snapshot; the server refuses writes in it.
    pub(super) async fn begin_read(&self) -> Result<Tx> {
        self.begin(READ).await
    }

    pub(super) async fn begin_write(&self) -> Result<Tx> {
        self.begin(WRITE).await
    }

    async fn begin(&self, sql: &'static str) -> Result<Tx> {
        match self.try_begin(sql).await {
            Err(error @ (sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed)) => Err(error.into()),
            // The connection died while it was idle. Nothing was done in it, so a second try is safe.
            Err(error) => {
                tracing::warn!(%error, "a connection to PostgreSQL was dead and is discarded");
                self.trouble.found();
                Ok(self.try_begin(sql).await?)
            }
            Ok(transaction) => Ok(transaction),
        }
    }

    /// Begins in a task of its own. A caller that is cancelled while `begin` is under way would otherwise give back
    /// a connection with an open transaction that sqlx does not know of: it counts a transaction only once `begin`
    /// was answered, and rolls back only what it counts.
    async fn try_begin(&self, sql: &'static str) -> sqlx::Result<Tx> {
        let pool = self.pool.clone();
        tokio::spawn(async move { pool.begin_with(sql).await }).await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }

    /// A connection beside the pool, without limits, for migrations: they may take long, and nodes wait for each other.
    pub(super) async fn separate_connection(&self) -> Result<PgConnection> {
        Ok(self.pool.connect_options().connect().await?)
    }

    pub(super) async fn close(&self) {
        // A connection that a hung server never answers on would be waited for in vain.
        let _ = tokio::time::timeout(Duration::from_secs(10), self.pool.close()).await;
    }
}

async fn limit(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(LIMITS).execute(connection).await?;
    Ok(())
}

/// The last resort when the server does not even answer that it gives up.
pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(limit, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(StoreError::from(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))),
    }
}
