//! The public keys with which a client signs: its assertions, its request objects.
use crate::app::App;
use crate::keys::{JwksFault, PublicKeys};
use crate::model::Client;

/// Why there are no keys to verify with. For the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoKeys {
    #[error("the client has registered no keys")]
    NotRegistered,
    #[error(transparent)]
    Unusable(#[from] JwksFault),
}

/// The keys of a client, from its registration (RFC 7591 2, `jwks`).
///
/// # Errors
/// [`NoKeys`].
#[expect(clippy::unused_async, reason = "keys behind a jwks_uri are fetched")]
pub async fn client_keys(_app: &App, client: &Client) -> Result<PublicKeys, NoKeys> {
    let set = client.metadata.jwks.as_ref().ok_or(NoKeys::NotRegistered)?;
    Ok(PublicKeys::from_jwks(set)?)
}
