//! Extractors: what a handler may rely on once it runs.
pub mod client;
pub mod door;
pub mod form;
pub mod guest;
pub mod inside;
pub mod upload;
pub mod who;

pub use client::{Bearer, ClientRequest};
pub use door::{Account, Fresh, Operator, TenantAdmin, rights};
pub use form::{Checked, Query};
pub use guest::Guest;
pub use inside::Inside;
pub use upload::{Table, Upload};
