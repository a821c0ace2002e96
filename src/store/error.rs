//! What can go wrong below every store call. Conflicts are values of the call, not errors.
use std::sync::Arc;

/// The result of every store call.
pub type Result<T> = std::result::Result<T, StoreError>;

#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not do what was asked. The text never reaches a person.
    #[error("the database is unavailable: {0}")]
    Unavailable(Arc<sqlx::Error>),
    /// A stored value is not of the shape that this version writes.
    #[error("corrupt value in {table}.{column} of row {row}")]
    Corrupt { table: &'static str, column: &'static str, row: String },
    /// The schema is newer than this program or lacks a migration.
    #[error("{0}")]
    Schema(String),
}

impl StoreError {
    pub(super) fn closed() -> Self {
        Self::Schema("the store is closed".into())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(Arc::new(error))
    }
}
