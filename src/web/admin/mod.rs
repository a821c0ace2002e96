//! A tenant's administration: `/admin/{tenant}/…`. The tenant stands in the path of every page and of every form, so
//! that two tabs in two tenants never mix (people.md K5, S2).
pub mod branding;
pub mod go;
pub mod groups;
pub mod home;
pub mod locations;
pub mod log;
pub mod microsoft;
pub mod people;
pub mod policies;
pub mod support;
