//! The people of a tenant: `/admin/{tenant}/people`, and one page for each thing that is done with one.
pub mod common;
pub mod convert;
pub mod deed;
pub mod invite;
pub mod list;
pub mod locations;
pub mod new;
pub mod person;
pub mod picture;
pub mod sheet;
pub mod table;
pub mod why;
