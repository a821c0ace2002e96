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
mod announcements;
mod apis;
mod audit;
mod audit_chain;
mod census;
mod clients;
mod departures;
mod derived;
mod device_codes;
mod email_changes;
mod error;
mod everybody;
mod expiry;
mod factors;
mod families;
mod flows;
mod grants;
mod groups;
mod imports;
mod invitations;
mod keys;
mod lane;
mod letters;
mod locations;
mod lockouts;
mod logouts;
mod members;
mod migrate;
mod overview;
mod own;
mod passkeys;
mod passwords;
mod people_list;
mod persons;
mod pictures;
mod postgres;
mod pushed;
mod registrations;
mod rights;
mod rows;
mod sessions;
mod settings;
mod support;
mod takeaway;
mod tenant_changes;
mod tenant_endings;
mod tenants;
#[cfg(test)]
mod tests;
mod tokens;
mod upstream;
mod writer;

pub use audit::{AuditFilter, AuditRow};
pub use audit_chain::AuditLink;
pub use error::{Result, StoreError};
pub use everybody::EverybodyFilter;
pub use families::Seat;
pub use imports::StoredImport;
pub use letters::LetterFate;
pub use lockouts::{Attempt, person_attempts};
pub use members::EmailGiven;
pub use migrate::SchemaState;
pub use overview::{InstanceFigures, TenantFigures};
pub use people_list::{Listed, PeopleFilter, PeopleLimits};
pub use persons::{Inserted, NewPerson};
pub use pictures::Picture;
pub use takeaway::{OwnConsent, OwnSession};
pub use tenant_endings::EndingTenant;
pub use tenants::TenantInserted;

use std::convert::Infallible;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::model::AccessTokenRow;

/// How long one `read` or `write` may take in all.
const DEADLINE: Duration = Duration::from_secs(15);

/// Runs one sqlx call on whichever engine the handle (`&mut Read` or `&mut Write`) holds.
macro_rules! on {
    ($handle:expr, $conn:ident => $body:expr) => {{
        let handle: &mut crate::store::Read = $handle;
        let outcome = match &mut handle.conn {
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
        };
        handle.noted(outcome)
    }};
}
/// Like [`on!`] for statements without rows; gives the number of rows that changed.
macro_rules! execute {
    ($handle:expr, $body:expr) => {{
        let handle: &mut crate::store::Read = $handle;
        let outcome = match &mut handle.conn {
            crate::store::Conn::SqliteRead(t) => $body.execute(&mut **t).await.map(|r| r.rows_affected()),
            crate::store::Conn::SqliteWrite(t) => $body.execute(t.connection()).await.map(|r| r.rows_affected()),
            crate::store::Conn::Postgres(t) => $body.execute(&mut **t).await.map(|r| r.rows_affected()),
        };
        handle.noted(outcome)
    }};
}
pub(crate) use execute;
pub(crate) use on;

/// The database: an embedded SQLite file or a PostgreSQL server.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
    /// For rows that come alone.
    lane: lane::Lane,
}

#[derive(Clone)]
enum Engine {
    Sqlite { read: SqlitePool, door: writer::Door },
    Postgres(postgres::Server),
}

/// A snapshot of the database to read from.
pub struct Read {
    conn: Conn,
    /// The first statement that failed. A transaction in which one failed is never committed, even if its closure
    /// goes on: PostgreSQL answers `commit` with a silent rollback then, and SQLite may have ended it by itself.
    broken: Option<StoreError>,
}

/// A transaction to write in. Derefs to [`Read`].
pub struct Write(Read);

enum Conn {
    SqliteRead(Transaction<'static, Sqlite>),
    SqliteWrite(writer::Turn),
    Postgres(postgres::Tx),
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

/// So much of a SQLite file is mapped for reading, in bytes; what is beyond is read.
const MAPPED: &str = "268435456";

impl Store {
    /// Opens `sqlite:PATH` (or a plain path) or `postgres://…`. Does not migrate.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file or server cannot be opened; [`StoreError::Schema`] when SQLite is
    /// older than 3.51.3 (security.md finding 2: the WAL-reset bug).
    pub async fn open(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let server = postgres::Server::open(url).await?;
            Ok(Self { lane: lane::on_postgres(server.clone(), DEADLINE), engine: Engine::Postgres(server) })
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
        let (lane, rows) = lane::Lane::open();
        let door = writer::Door::open(&options, rows).await?;
        let read = SqlitePoolOptions::new()
            .max_connections(4)
            .min_connections(1)
            .test_before_acquire(false)
            .acquire_timeout(Duration::from_secs(5))
            // Lists of large tenants walk through many pages: mapped, they cost no system call each.
            .connect_with(options.read_only(true).pragma("mmap_size", MAPPED))
            .await?;
        Ok(Self { engine: Engine::Sqlite { read, door }, lane })
    }

    /// Runs `work` on one consistent snapshot. A write through it is refused by both engines.
    ///
    /// # Errors
    /// What `work` answers, or [`StoreError::Unavailable`] without an answer of the database in time.
    pub async fn read<T>(&self, work: impl AsyncFnOnce(&mut Read) -> Result<T>) -> Result<T> {
        postgres::within(DEADLINE, async {
            let conn = match &self.engine {
                Engine::Sqlite { read, .. } => Conn::SqliteRead(read.begin().await?),
                Engine::Postgres(server) => Conn::Postgres(server.begin_read().await?),
            };
            tracing::trace!("a snapshot to read began");
            let mut read = Read { conn, broken: None };
            let result = work(&mut read).await;
            read.finish().await;
            result
        })
        .await
    }

    /// Runs `work` in a transaction: committed durably on `Ok`, rolled back on `Err`, on a panic, when the caller goes
    /// away before the end, and when a statement failed although `work` says `Ok`.
    /// No hashing, mail or HTTP inside, and no other `write`: SQLite has one writer (style.md 20).
    ///
    /// # Errors
    /// What `work` answers, or [`StoreError::Unavailable`]. If the database went away during the commit itself, the work
    /// may have been kept all the same: nobody can know.
    pub async fn write<T>(&self, work: impl AsyncFnOnce(&mut Write) -> Result<T>) -> Result<T> {
        let written = self.write_or_undo(async move |w: &mut Write| Ok(Ok::<T, Infallible>(work(w).await?))).await?;
        Ok(written.unwrap_or_else(|never| match never {}))
    }

    /// As [`Store::write`], for work that may find on its way that it must not happen: `Ok(Err(_))` rolls back too.
    ///
    /// # Errors
    /// Those of [`Store::write`].
    pub async fn write_or_undo<T, E>(
        &self,
        work: impl AsyncFnOnce(&mut Write) -> Result<std::result::Result<T, E>>,
    ) -> Result<std::result::Result<T, E>> {
        postgres::within(DEADLINE, async {
            let conn = match &self.engine {
                Engine::Sqlite { door, .. } => Conn::SqliteWrite(door.enter().await?),
                Engine::Postgres(server) => Conn::Postgres(server.begin_write().await?),
            };
            tracing::trace!("a transaction to write began");
            let mut write = Write(Read { conn, broken: None });
            let result = work(&mut write).await;
            let outcome = match write.0.broken.take() {
                Some(error) => result.and(Err(error)),
                None => result,
            };
            match outcome {
                Ok(Ok(value)) => write.commit().await.map(|()| Ok(value)),
                refused_or_failed => {
                    write.roll_back().await;
                    refused_or_failed
                }
            }
        })
        .await
    }

    /// Keeps an access token beside which nothing else is written, together with those that other requests hand in at
    /// the same time: one statement and one commit for all of them. Durable once this returns.
    ///
    /// # Errors
    /// As [`Store::write`]: one row that is refused fails those that went with it.
    pub async fn issue_access_token(&self, token: AccessTokenRow) -> Result<()> {
        postgres::within(DEADLINE, self.lane.write(token)).await
    }

    /// Ends all connections, after a last checkpoint of the SQLite log. Who waits already is served.
    pub async fn close(&self) {
        let _ = tokio::time::timeout(DEADLINE, self.lane.drain()).await;
        match &self.engine {
            Engine::Sqlite { read, door } => {
                read.close().await;
                door.close().await;
            }
            Engine::Postgres(server) => server.close().await,
        }
    }

    pub const fn is_postgres(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }
}

impl Read {
    /// Are there other words to say it on this engine? Only where one text would be slow on one of them.
    pub(super) const fn is_postgres(&self) -> bool {
        matches!(self.conn, Conn::Postgres(_))
    }

    fn noted<T>(&mut self, outcome: sqlx::Result<T>) -> Result<T> {
        tracing::trace!("a statement ran");
        outcome.map_err(|error| {
            let error = StoreError::from(error);
            self.broken.get_or_insert_with(|| error.clone());
            error
        })
    }

    /// Gives the connection back. What was read is good even if that fails; then the pool discards the connection.
    async fn finish(self) {
        let outcome = match self.conn {
            Conn::SqliteRead(t) => t.rollback().await,
            Conn::Postgres(t) => t.rollback().await,
            Conn::SqliteWrite(_) => unreachable!("a turn of the writer is finished by Write"),
        };
        if let Err(error) = outcome {
            tracing::warn!(%error, "a connection failed after a read and is discarded");
        }
    }
}

impl Write {
    async fn commit(self) -> Result<()> {
        match self.0.conn {
            Conn::SqliteWrite(turn) => turn.commit().await,
            Conn::Postgres(t) => Ok(t.commit().await?),
            Conn::SqliteRead(_) => unreachable!("a write handle is never made from a read pool"),
        }
    }

    async fn roll_back(self) {
        let outcome = match self.0.conn {
            Conn::SqliteWrite(turn) => {
                turn.roll_back();
                Ok(())
            }
            Conn::Postgres(t) => t.rollback().await,
            Conn::SqliteRead(_) => unreachable!("a write handle is never made from a read pool"),
        };
        if let Err(error) = outcome {
            tracing::warn!(%error, "rolling a transaction back failed; the connection is discarded");
        }
    }
}
