//! Floor 2. The protocol as pure functions: what a request means, which answer it gets, what a token says.
//!
//! Owns: OAuth 2 / OpenID Connect rules, each citing its section. Never does: IO, time, randomness, storage, HTML.
//! They receive `now` and ready-made random values; `service` loads the facts and records the decisions.
pub mod authorize;
pub mod certificate;
pub mod claims;
pub mod claims_request;
pub mod client_auth;
pub mod details;
pub mod discovery;
pub mod dpop;
pub mod error;
pub mod flow;
pub mod form;
pub mod grant;
pub mod introspect;
pub mod logout;
pub mod params;
pub mod pkce;
pub mod profile;
pub mod redirect;
pub mod registration;
pub mod request_object;
pub mod resources;
pub mod response;
pub mod response_type;
pub mod scope;
pub mod sector;
#[cfg(test)]
mod testing;

pub use error::{OAuthError, Reason, Refusal};
