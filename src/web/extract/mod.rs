//! Extractors: what a handler may rely on once it runs.
pub mod client;
pub mod form;
pub mod guest;
pub mod who;

pub use client::{Bearer, ClientRequest};
pub use form::{Checked, Query};
pub use guest::Guest;
