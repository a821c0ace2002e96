//! From stored columns to values of the model, and back. A column that does not parse is named in the error.
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Result, StoreError};
use crate::world::Timestamp;

/// Where a value was found: enough to find the row, never the value itself.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub table: &'static str,
    pub row: &'a str,
}

impl At<'_> {
    /// The parsed value, or which column of which row is corrupt.
    pub(super) fn parsed<T>(self, column: &'static str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| StoreError::Corrupt { table: self.table, column, row: self.row.to_owned() })
    }

    pub(super) fn json<T: DeserializeOwned>(self, column: &'static str, text: &str) -> Result<T> {
        self.parsed(column, serde_json::from_str(text).ok())
    }
}

pub(super) fn to_json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("the model's types have string keys and serialise to JSON")
}

pub(super) fn time(micros: Option<i64>) -> Option<Timestamp> {
    micros.map(Timestamp::from_micros)
}

pub(super) fn micros(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::micros)
}

/// Converts all rows, or fails on the first corrupt one.
pub(super) fn all<R, T: TryFrom<R, Error = StoreError>>(rows: Vec<R>) -> Result<Vec<T>> {
    rows.into_iter().map(T::try_from).collect()
}
