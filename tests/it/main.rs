//! The integration tests: one binary, one line a room of tests. Each room adds its own line.
#![expect(clippy::unwrap_used, reason = "a test ends where its expectation does")]

mod acceptance;
mod account;
mod admin;
mod architecture;
mod attacks;
mod claims;
mod cli;
mod clients;
mod config;
mod conformance;
mod demo;
mod docs;
mod faults;
mod federation;
mod fuzz;
mod grants;
mod harness;
mod journeys;
mod logout;
mod mail_tls;
mod matrix;
mod oidc;
mod operator;
mod pages;
mod passkeys;
mod passwords;
mod people;
mod registration;
mod rights;
mod server;
mod store;
mod tokens;
mod upstream_foreign;
