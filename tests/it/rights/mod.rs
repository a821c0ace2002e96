//! Who may into which console. Rights are read from rows at every request; the address names the tenant.
mod chain;
pub mod doors;
mod matrix;
mod own;
mod support;
