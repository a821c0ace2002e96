//! Brings the schema up to date, and says how it stands.
use sqlx::Connection;
use sqlx::migrate::Migrator;

use super::{Engine, Result, Store, StoreError};

static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

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
        let outcome = match &self.engine {
            Engine::Sqlite { door, .. } => {
                let mut connection = door.separate_connection().await?;
                let outcome = MIGRATOR.run(&mut connection).await;
                connection.close().await?;
                outcome
            }
            Engine::Postgres(server) => {
                let mut connection = server.separate_connection().await?;
                let outcome = MIGRATOR.run(&mut connection).await;
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
        let known: Vec<i64> = MIGRATOR.iter().map(|m| m.version).collect();
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
