//! Tenantry: an OAuth 2 / OpenID Connect identity provider for business applications.
//!
//! The rooms, by floor (docs/architecture.md): a file imports only from floors below its own or its own room.

// Floor 0
pub mod world;
// Floor 1
pub mod config;
pub mod model;
// Floor 2
pub mod policy;
pub mod protocol;
// Floor 3
pub mod credentials;
pub mod keys;
pub mod mail;
pub mod pages;
pub mod pictures;
pub mod store;
pub mod upstream;
// Floor 4
pub mod app;
// Floor 5
pub mod service;
// Floor 6
pub mod web;
// Floor 7
pub mod server;
// Floor 8
pub mod demo;
// Floor 9
pub mod cli;
