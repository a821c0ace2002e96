//! Floor 6. HTTP in, HTTP out: the only room that knows axum and tower-http.
//!
//! Owns: routes, extractors, cookies, headers, the rendering of answers. Never does: OAuth decisions, SQL, hashing.
//! A handler reads its input through extractors, calls one use case, and turns its outcome into a page or answer.
pub mod account;
pub mod admin;
pub mod assets;
pub mod console;
pub mod cookies;
pub mod error;
pub mod extract;
pub mod headers;
pub mod health;
pub mod home;
mod locations;
pub mod log;
pub mod oidc;
pub mod operator;
pub mod peer;
mod policies;
pub mod routes;
pub mod signin;
pub mod view;
mod why;

pub use routes::{router, router_for_certificates};
