//! The public keys of a client: those with which it signs its assertions and request objects, those of its certificates,
//! those that we encrypt to.
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Mutex, OwnedMutexGuard};

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
    let kid = kid_of(token);
    let knows = |keys: &PublicKeys| kid.as_ref().is_none_or(|kid| keys.knows(kid));
    let fetched = fetched(app, client, |kept| kept.keys.as_ref().is_some_and(knows), now).await?;
    match (&fetched.keys, &fetched.set) {
        (Some(keys), _) => Ok(keys.clone()),
        (None, Some(_)) => Err(JwksFault::NoUsableKey.into()),
        (None, None) => Err(NoKeys::Unreachable),
    }
}

/// The whole set of a client, for keys that do not sign: those that we encrypt to, those of certificates. `fits` says
/// whether a set that was fetched before still does.
///
/// # Errors
/// [`NoKeys`].
pub async fn key_set(app: &App, client: &Client, fits: impl Fn(&Value) -> bool, now: Timestamp) -> Result<Arc<Value>, NoKeys> {
    if let Some(set) = &client.metadata.jwks {
        return Ok(Arc::new(set.clone()));
    }
    let fetched = fetched(app, client, |kept| kept.set.as_ref().is_some_and(|set| fits(set)), now).await?;
    fetched.set.clone().ok_or(NoKeys::Unreachable)
}

/// What is behind the client's `jwks_uri`, asked for again when it is old or does not fit. What was fetched is kept when a
/// later attempt fails, so that a client whose server rests goes on working.
async fn fetched(
    app: &App,
    client: &Client,
    fits: impl Fn(&FetchedKeys) -> bool,
    now: Timestamp,
) -> Result<OwnedMutexGuard<FetchedKeys>, NoKeys> {
    let uri = client.metadata.jwks_uri.as_ref().ok_or(NoKeys::NotRegistered)?;
    // Whoever comes while the set is fetched waits for that and does not fetch it again.
    let mut kept = place_of(app, uri).lock_owned().await;
    let age = kept.tried_at.map(|at| now.since(at));
    if age.is_none_or(|age| age >= FRESH || age >= PAUSE && !fits(&kept)) {
        kept.tried_at = Some(now);
        match app.outbound.get_json::<Value>(uri).await {
            Ok(set) => match PublicKeys::from_jwks(&set) {
                Ok(keys) => (kept.keys, kept.set) = (Some(keys), Some(Arc::new(set))),
                Err(JwksFault::NoUsableKey) => (kept.keys, kept.set) = (None, Some(Arc::new(set))),
                Err(fault) => tracing::warn!(client.id = %client.id, cause = %fault, "a client's key set is unusable"),
            },
            Err(fault) => tracing::warn!(client.id = %client.id, cause = %fault, "a client's keys were not fetched"),
        }
    }
    Ok(kept)
}

fn place_of(app: &App, uri: &str) -> Arc<Mutex<FetchedKeys>> {
    let mut all = app.fetched_keys.lock().expect("nobody panics while holding the fetched keys");
    if all.len() >= MOST && !all.contains_key(uri) {
        all.clear();
    }
    Arc::clone(all.entry(uri.to_owned()).or_default())
}
