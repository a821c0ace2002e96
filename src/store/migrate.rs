//! Brings the schema up to date, and says how it stands.
//!
//! A migration is one text for both engines. Where that cannot be (SQLite alters no column), each engine has a file of
//! its own with the same number, whose first line says for whom it is: `-- dialect: sqlite` or `-- dialect: postgres`.
use sqlx::Connection;
use sqlx::migrate::{Migration, Migrator};

use super::{Engine, Result, Store, StoreError};

/// Everything in the folder, for either engine.
static FILES: Migrator = sqlx::migrate!("./migrations");

/// How the database's schema relates to this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// Every migration that this program knows is applied.
    Current,
    /// These many migrations wait.
    Behind(usize),
    /// The database was written by a newer program.
    Newer,
}

impl Store {
    /// Applies all missing migrations, each in a transaction.
    ///
    /// # Errors
    /// [`StoreError::Schema`] when the database is newer than this program or a migration was changed.
    pub async fn migrate(&self) -> Result<()> {
        self.apply(&self.migrations()).await
    }

    /// Those of the files that this engine understands, in order.
    fn migrations(&self) -> Migrator {
        let own = if self.is_postgres() { "postgres" } else { "sqlite" };
        let fits = |migration: &&Migration| dialect(migration).is_none_or(|named| named == own);
        Migrator::with_migrations(FILES.iter().filter(fits).cloned().collect())
    }

    async fn apply(&self, migrator: &Migrator) -> Result<()> {
        let outcome = match &self.engine {
            Engine::Sqlite { door, .. } => {
                let mut connection = door.separate_connection().await?;
                let outcome = migrator.run(&mut connection).await;
                connection.close().await?;
                outcome
            }
            Engine::Postgres(server) => {
                let mut connection = server.separate_connection().await?;
                let outcome = migrator.run(&mut connection).await;
                connection.close().await?;
                outcome
            }
        };
        outcome.map_err(|error| StoreError::Schema(format!("migrating failed: {error}")))
    }

    /// How the database's schema relates to this program.
    pub async fn schema_state(&self) -> Result<SchemaState> {
        let applied: Vec<i64> = match &self.engine {
            Engine::Sqlite { door, .. } => {
                let mut connection = door.separate_connection().await?;
                let exists: Option<String> = sqlx::query_scalar("select name from sqlite_master where name = '_sqlx_migrations'")
                    .fetch_optional(&mut connection)
                    .await?;
                let rows = match exists {
                    Some(_) => sqlx::query_scalar(APPLIED).fetch_all(&mut connection).await?,
                    None => Vec::new(),
                };
                connection.close().await?;
                rows
            }
            Engine::Postgres(server) => {
                let mut connection = server.separate_connection().await?;
                let exists: Option<String> =
                    sqlx::query_scalar("select cast(to_regclass('_sqlx_migrations') as text)").fetch_one(&mut connection).await?;
                let rows = match exists {
                    Some(_) => sqlx::query_scalar(APPLIED).fetch_all(&mut connection).await?,
                    None => Vec::new(),
                };
                connection.close().await?;
                rows
            }
        };
        let known: Vec<i64> = self.migrations().iter().map(|m| m.version).collect();
        if applied.iter().any(|version| !known.contains(version)) {
            return Ok(SchemaState::Newer);
        }
        Ok(match known.len() - applied.len() {
            0 => SchemaState::Current,
            missing => SchemaState::Behind(missing),
        })
    }
}

const APPLIED: &str = "select version from _sqlx_migrations order by version";

/// The engine that a file's first line names.
fn dialect(migration: &Migration) -> Option<&str> {
    migration.sql.as_str().lines().next()?.strip_prefix("-- dialect: ").map(str::trim)
}

#[cfg(test)]
mod tests;
