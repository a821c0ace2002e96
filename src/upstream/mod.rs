//! Floor 3. Signing in through Microsoft Entra ID, and the one outgoing HTTP client.
//!
//! Owns: what is asked of Microsoft, what of its answer is believed, the cache of its metadata and keys, the
//! HTTP client [`Http`] in its two forms. Never does: storage, the decision who a Microsoft identity is here, texts for people.
//!
//! ```no_run
//! # use tenantry::{model::Connection, upstream::*, world::{Secret, Timestamp}};
//! # async fn example(connection: Connection, now: Timestamp) -> Result<(), UpstreamError> {
//! let upstreams = Upstreams::new(Http::new(HttpOptions::default()).expect("the TLS library starts"));
//! let entra = upstreams.entra(&connection, OpenedCredential::Secret(Secret::from("s3cret")));
//! let verifier = fresh_verifier(&tenantry::world::Os);
//! let departure = Departure {
//!     redirect_uri: "https://id.example/federation/con_1/callback",
//!     state: "tnu_1",
//!     nonce: "n",
//!     verifier: &verifier,
//!     passthrough: &Passthrough::default(),
//! };
//! let authorize_url = entra.start(&departure, now).await?;
//! # Ok(()) }
//! ```
mod claims;
mod credential;
mod directory;
mod entra;
mod error;
mod guard;
mod http;
mod refusal;
#[cfg(test)]
mod stand_in;
#[cfg(test)]
mod tests;
mod verify;

pub use credential::OpenedCredential;
pub use directory::Directories;
pub use entra::{Arrival, Departure, Entra, Passthrough, UpstreamPrompt, Upstreams, fresh_nonce, fresh_verifier};
pub use error::{Reason, UpstreamError};
pub use http::{Answer, Http, HttpFault, HttpOptions};
pub use refusal::{Refusal, RefusalKind, refusal_from};
