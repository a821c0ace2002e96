//! Who may into which console. Rights are read from rows at every request; the address names the tenant.
pub mod doors;
