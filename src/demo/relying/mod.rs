//! Three relying applications. What they know of Tenantry they ask it over HTTP, as anybody else's would.
pub mod machine;
mod provider;
pub mod spa;
mod token;
mod vault;
pub mod web_app;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::world::Entropy;

/// A fresh text of 256 random bits, for state, nonce, session and PKCE verifier (RFC 7636 4.1: 43 characters).
fn random(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 32];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
