//! The public keys with which a client signs: its assertions, its request objects.
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Mutex;

use crate::app::{App, FetchedKeys};
use crate::keys::{JwksFault, PublicKeys, kid_of};
use crate::model::Client;
use crate::world::Timestamp;

/// A set that was fetched is good for this long; a token with an unknown `kid` shortens that.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// Nobody makes us fetch a set more often than this.
const PAUSE: Duration = Duration::from_secs(60);
/// Sets that are kept at once.
const MOST: usize = 4096;

/// Why there are no keys to verify with. For the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoKeys {
    #[error("the client has registered no keys")]
    NotRegistered,
    #[error("the client's keys cannot be fetched")]
    Unreachable,
    #[error(transparent)]
    Unusable(#[from] JwksFault),
}

/// The keys of a client for a token: from its registration, or from where it keeps them (RFC 7591 2, `jwks`, `jwks_uri`).
/// What was fetched is kept when a later attempt fails, so that a client whose server rests goes on working.
///
/// # Errors
/// [`NoKeys`].
pub async fn client_keys(app: &App, client: &Client, token: &str, now: Timestamp) -> Result<PublicKeys, NoKeys> {
    if let Some(set) = &client.metadata.jwks {
        // Parsed with the snapshot; here only for a client that was changed since this request read it.
        return match app.registered().client_keys.get(&client.id).and_then(|keys| keys.signing.as_ref()) {
            Some(parsed) => Ok(parsed.clone()?),
            None => Ok(PublicKeys::from_jwks(set)?),
        };
    }
    let uri = client.metadata.jwks_uri.as_ref().ok_or(NoKeys::NotRegistered)?;
    let place = place_of(app, uri);
    // Whoever comes while the set is fetched waits for that and does not fetch it again.
    let mut kept = place.lock().await;
    let fits = kept.keys.as_ref().is_some_and(|keys| kid_of(token).is_none_or(|kid| keys.knows(&kid)));
    let age = kept.tried_at.map(|at| now.since(at));
    if age.is_none_or(|age| age >= FRESH || !fits && age >= PAUSE) {
        kept.tried_at = Some(now);
        match app.outbound.get_json::<Value>(uri).await {
            Ok(set) => match PublicKeys::from_jwks(&set) {
                Ok(keys) => kept.keys = Some(keys),
                Err(fault) => tracing::warn!(client.id = %client.id, cause = %fault, "a client's key set is unusable"),
            },
            Err(fault) => tracing::warn!(client.id = %client.id, cause = %fault, "a client's keys were not fetched"),
        }
    }
    kept.keys.clone().ok_or(NoKeys::Unreachable)
}

fn place_of(app: &App, uri: &str) -> Arc<Mutex<FetchedKeys>> {
    let mut all = app.fetched_keys.lock().expect("nobody panics while holding the fetched keys");
    if all.len() >= MOST && !all.contains_key(uri) {
        all.clear();
    }
    Arc::clone(all.entry(uri.to_owned()).or_default())
}
