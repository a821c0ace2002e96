//! Floor 5. The use cases: load facts → decide → record → tell.
pub mod change;
pub mod clients;
pub mod connections;
pub mod groups;
pub mod people;
pub mod signing_keys;
pub mod tenants;
