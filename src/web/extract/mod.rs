//! Extractors: what a handler may rely on once it runs.
pub mod form;
pub mod guest;

pub use form::{Checked, Query};
pub use guest::Guest;
