//! Floor 3. The only room that knows SQL. One SQL text serves SQLite and PostgreSQL.
//!
//! Owns: connections, transactions, migrations, row structs. Never does: permission, protocol, hashing, mail, HTTP.
//! A method that writes is on [`Write`]; one that reads is on [`Read`]; `Write` derefs to `Read`.
//!
//! Rules of the SQL: `$n` placeholders; TEXT, BIGINT, BOOLEAN only; no `now()`, no computing defaults, no arrays;
//! `cast(sum(x) as bigint)`; ORDER BY ends in a unique column; conflicts by `on conflict do nothing returning`,
//! never by catching an error; single use and state changes by one conditional UPDATE whose returned row decides.
//!
//! ```ignore
//! let person = store.read(async |r| r.person(&id).await).await?;
//! let won = store.write(async |w| w.redeem_code(&digest, now).await).await?;
//! ```
mod audit;
mod clients;
mod error;
mod expiry;
mod factors;
mod flows;
mod grants;
mod groups;
mod invitations;
mod keys;
mod letters;
mod lockouts;
mod migrate;
mod persons;
mod rows;
mod sessions;
mod settings;
mod tenants;
mod tokens;
mod upstream;
mod writer;

pub use audit::AuditRow;
pub use error::{Result, StoreError};
pub use lockouts::{Attempt, person_attempts};
pub use migrate::SchemaState;
pub use persons::{Inserted, NewPerson};
pub use tenants::TenantInserted;

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

/// Runs one sqlx call on whichever engine the handle (`&mut Read` or `&mut Write`) holds.
macro_rules! on {
    ($handle:expr, $conn:ident => $body:expr) => {{
        let handle: &mut crate::store::Read = $handle;
        match &mut handle.0 {
            crate::store::Conn::SqliteRead(t) => {
                let $conn = &mut **t;
                $body.await
            }
            crate::store::Conn::SqliteWrite(t) => {
                let $conn = t.connection();
                $body.await
            }
            crate::store::Conn::Postgres(t) => {
                let $conn = &mut **t;
                $body.await
            }
        }
    }};
}
/// Like [`on!`] for statements without rows; gives the number of rows that changed.
macro_rules! execute {
    ($handle:expr, $body:expr) => {{
        let handle: &mut crate::store::Read = $handle;
        match &mut handle.0 {
            crate::store::Conn::SqliteRead(t) => $body.execute(&mut **t).await.map(|r| r.rows_affected()),
            crate::store::Conn::SqliteWrite(t) => $body.execute(t.connection()).await.map(|r| r.rows_affected()),
            crate::store::Conn::Postgres(t) => $body.execute(&mut **t).await.map(|r| r.rows_affected()),
        }
    }};
}
pub(crate) use execute;
pub(crate) use on;

/// The database: an embedded SQLite file or a PostgreSQL server.
#[derive(Clone)]
pub struct Store(Engine);

#[derive(Clone)]
enum Engine {
    Sqlite { read: SqlitePool, door: writer::Door },
    Postgres(PgPool),
}

/// A snapshot of the database to read from.
pub struct Read(Conn);

/// A transaction to write in. Derefs to [`Read`].
pub struct Write(Read);

enum Conn {
    SqliteRead(Transaction<'static, Sqlite>),
    SqliteWrite(writer::Turn),
    Postgres(Transaction<'static, Postgres>),
}

impl Deref for Write {
    type Target = Read;
    fn deref(&self) -> &Read {
        &self.0
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut Read {
        &mut self.0
    }
}

impl Store {
    /// Opens `sqlite:PATH` (or a plain path) or `postgres://…`. Does not migrate.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file or server cannot be opened, or SQLite is older than 3.51.3
    /// (security.md finding 2: the WAL-reset bug).
    pub async fn open(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::open_postgres(url).await
        } else {
            Self::open_sqlite(Path::new(url.strip_prefix("sqlite:").unwrap_or(url))).await
        }
    }

    async fn open_sqlite(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let door = writer::Door::open(&options).await?;
        let read = SqlitePoolOptions::new()
            .max_connections(4)
            .min_connections(1)
            .test_before_acquire(false)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self(Engine::Sqlite { read, door }))
    }

    async fn open_postgres(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?.application_name("tenantry");
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .min_connections(1)
            .test_before_acquire(false)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options)
            .await?;
        Ok(Self(Engine::Postgres(pool)))
    }

    /// Runs `work` on one consistent snapshot. On PostgreSQL a write through it is refused by the server.
    pub async fn read<T>(&self, work: impl AsyncFnOnce(&mut Read) -> Result<T>) -> Result<T> {
        let mut read = match &self.0 {
            Engine::Sqlite { read, .. } => Read(Conn::SqliteRead(read.begin().await?)),
            Engine::Postgres(pool) => Read(Conn::Postgres(pool.begin_with("begin isolation level repeatable read read only").await?)),
        };
        let result = work(&mut read).await;
        read.finish().await?;
        result
    }

    /// Runs `work` in a transaction: committed durably on `Ok`, rolled back on `Err`.
    /// No hashing, mail or HTTP inside: SQLite has one writer (style.md 20).
    pub async fn write<T>(&self, work: impl AsyncFnOnce(&mut Write) -> Result<T>) -> Result<T> {
        let mut write = match &self.0 {
            Engine::Sqlite { door, .. } => Write(Read(Conn::SqliteWrite(door.enter().await?))),
            Engine::Postgres(pool) => Write(Read(Conn::Postgres(pool.begin().await?))),
        };
        match work(&mut write).await {
            Ok(value) => write.commit().await.map(|()| value),
            Err(error) => {
                write.roll_back().await;
                Err(error)
            }
        }
    }

    /// Ends all connections, after a last checkpoint of the SQLite log.
    pub async fn close(&self) {
        match &self.0 {
            Engine::Sqlite { read, door } => {
                read.close().await;
                door.close().await;
            }
            Engine::Postgres(pool) => pool.close().await,
        }
    }

    pub const fn is_postgres(&self) -> bool {
        matches!(self.0, Engine::Postgres(_))
    }
}

impl Read {
    async fn finish(self) -> Result<()> {
        match self.0 {
            Conn::SqliteRead(t) => t.rollback().await?,
            Conn::Postgres(t) => t.rollback().await?,
            Conn::SqliteWrite(_) => unreachable!("a turn of the writer is finished by Write"),
        }
        Ok(())
    }
}

impl Write {
    async fn commit(self) -> Result<()> {
        match self.0.0 {
            Conn::SqliteWrite(turn) => turn.commit().await,
            Conn::Postgres(t) => Ok(t.commit().await?),
            Conn::SqliteRead(_) => unreachable!("a write handle is never made from a read pool"),
        }
    }

    async fn roll_back(self) {
        let outcome = match self.0.0 {
            Conn::SqliteWrite(turn) => turn.roll_back().await,
            Conn::Postgres(t) => t.rollback().await.map_err(StoreError::from),
            Conn::SqliteRead(_) => unreachable!("a write handle is never made from a read pool"),
        };
        if let Err(error) = outcome {
            tracing::warn!(%error, "rolling a transaction back failed; the connection is discarded");
        }
    }
}
