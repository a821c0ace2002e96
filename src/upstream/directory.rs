//! What Microsoft publishes about one directory: its endpoints and signing keys, cached per host and tid.
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openidconnect::core::{CoreJsonWebKey, CoreProviderMetadata};
use serde_json::Value;
use url::Url;

use super::refusal::ErrorBody;
use super::{Http, HttpFault, Reason, Refusal, UpstreamError};
use crate::world::Timestamp;

/// After this age the documents are fetched anew when they are next needed (microsoft.md 1.3, key rollover).
const REFRESH_AFTER: Duration = Duration::from_secs(3600);
/// For so long the last known good documents serve while fetching fails.
const KEEP_ON_FAILURE: Duration = Duration::from_secs(24 * 3600);
/// After a failure the next attempt waits so long, so that sign-ins do not queue behind a dead host (security.md R15).
const REST_AFTER_FAILURE: Duration = Duration::from_secs(10);
/// How often an unknown key may cause a fetch.
const KEY_HUNT_PAUSE: Duration = Duration::from_secs(300);
/// The directory of all personal Microsoft accounts.
const PERSONAL_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The cache of all directories. Clones share it. Every node keeps its own.
#[derive(Clone, Debug, Default)]
pub struct Directories(Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<Slot>>>>>);

/// One directory's place. Its lock is held while fetching, so that many sign-ins cause one fetch.
#[derive(Debug, Default)]
struct Slot {
    known: Option<(Arc<Directory>, Timestamp)>,
    failed_at: Option<Timestamp>,
    hunted_at: Option<Timestamp>,
}

/// The documents of one directory as far as they are used.
#[derive(Debug)]
pub(super) struct Directory {
    pub issuer: String,
    pub authorize: Url,
    pub token: Url,
    jwks: Url,
    keys: Vec<Value>,
}

/// The result of looking a `kid` up.
pub(super) enum KeySearch {
    Found(Vec<CoreJsonWebKey>),
    /// Published, but to sign for another issuer.
    Foreign,
    Unknown,
}

impl Directories {
    /// The directory's documents, not older than an hour unless fetching fails, and then not older than a day.
    pub(super) async fn know(&self, http: &Http, host: &str, tid: &str, now: Timestamp) -> Result<Arc<Directory>, UpstreamError> {
        let slot = self.slot(host, tid);
        let mut slot = slot.lock().await;
        let last = slot.known.clone();
        if let Some((directory, at)) = &last
            && now.since(*at) < REFRESH_AFTER
        {
            return Ok(directory.clone());
        }
        match slot.fetch(http, host, tid, now).await {
            Ok(directory) => Ok(directory),
            Err(fault) => match last {
                Some((directory, at)) if now.since(at) < KEEP_ON_FAILURE => {
                    tracing::warn!(directory = tid, cause = %fault, "Microsoft's documents could not be fetched; the last good ones serve on");
                    Ok(directory)
                }
                _ => Err(fault),
            },
        }
    }

    /// Fetches anew because a key is unknown, at most every five minutes for one directory; `None` if it is too early.
    pub(super) async fn hunt(&self, http: &Http, host: &str, tid: &str, now: Timestamp) -> Option<Arc<Directory>> {
        let slot = self.slot(host, tid);
        let mut slot = slot.lock().await;
        if slot.hunted_at.is_some_and(|at| now.since(at) < KEY_HUNT_PAUSE) {
            // Another sign-in may have hunted the same key while this one waited for the lock.
            return slot.known.as_ref().map(|(directory, _)| directory.clone());
        }
        slot.hunted_at = Some(now);
        slot.fetch(http, host, tid, now).await.ok()
    }

    fn slot(&self, host: &str, tid: &str) -> Arc<tokio::sync::Mutex<Slot>> {
        let mut slots = self.0.lock().expect("no code panics while it holds the map's lock");
        slots.entry(format!("{host}/{tid}")).or_default().clone()
    }
}

impl Slot {
    async fn fetch(&mut self, http: &Http, host: &str, tid: &str, now: Timestamp) -> Result<Arc<Directory>, UpstreamError> {
        if self.failed_at.is_some_and(|at| now.since(at) < REST_AFTER_FAILURE) {
            return Err(HttpFault::Resting.into());
        }
        // Set before the fetch: a request that is dropped in the middle counts as a failure.
        self.failed_at = Some(now);
        let directory = Arc::new(Directory::fetch(http, host, tid).await?);
        self.failed_at = None;
        self.known = Some((directory.clone(), now));
        Ok(directory)
    }
}

impl Directory {
    async fn fetch(http: &Http, host: &str, tid: &str) -> Result<Self, UpstreamError> {
        let issuer = format!("{host}/{tid}/v2.0");
        // OIDC Discovery 4; never with `?appid=`, which would bring keys that a customer's admin installed (1.3).
        let answer = http.get(&format!("{issuer}/.well-known/openid-configuration"), &[("accept", "application/json")]).await?;
        if answer.status != 200 {
            return Err(match answer.json::<ErrorBody>() {
                Ok(body) if answer.status < 500 => Refusal::from(body).into(),
                _ => HttpFault::ServerFailed(answer.status).into(),
            });
        }
        let mut directory = Self::read(&answer.body, host, issuer)?;
        let keys: Value = http.get_json(directory.jwks.as_str()).await?;
        directory.keys = keys.get("keys").and_then(Value::as_array).cloned().ok_or(Reason::KeyDocument)?;
        Ok(directory)
    }

    pub(super) fn read(document: &[u8], host: &str, issuer: String) -> Result<Self, Reason> {
        let document: CoreProviderMetadata = serde_json::from_slice(document).map_err(|_| Reason::Discovery)?;
        // OIDC Discovery 4.3: exactly, character by character.
        if document.issuer().as_str() != issuer {
            return Err(Reason::DiscoveryIssuer);
        }
        let authority = Url::parse(host).map_err(|_| Reason::OwnRequest)?.origin();
        let (authorize, jwks) = (document.authorization_endpoint().url().clone(), document.jwks_uri().url().clone());
        let token = document.token_endpoint().ok_or(Reason::Discovery)?.url().clone();
        if [&authorize, &token, &jwks].iter().any(|endpoint| endpoint.origin() != authority) {
            return Err(Reason::DiscoveryEndpoint);
        }
        Ok(Self { issuer, authorize, token, jwks, keys: Vec::new() })
    }

    /// The published RSA keys with this `kid` that may sign for this directory. The `issuer` member of the raw key
    /// decides; the crate's key type drops it (microsoft.md 1.3 step 4, 1.4 row 5b).
    pub(super) fn search(&self, kid: &str, tid: &str) -> KeySearch {
        let named: Vec<&Value> = self.keys.iter().filter(|key| key["kid"] == kid).collect();
        if named.is_empty() {
            return KeySearch::Unknown;
        }
        let fitting = named.into_iter().filter(|key| self.may_sign(key, tid) && is_strong_rsa(key));
        let keys: Vec<CoreJsonWebKey> = fitting.filter_map(|key| serde_json::from_value(key.clone()).ok()).collect();
        if keys.is_empty() { KeySearch::Foreign } else { KeySearch::Found(keys) }
    }

    fn may_sign(&self, key: &Value, tid: &str) -> bool {
        let Some(issuer) = key["issuer"].as_str() else { return false };
        // Only keys that name the personal-account directory itself sign for it; the template is not enough there.
        if tid == PERSONAL_ACCOUNTS { issuer == self.issuer } else { issuer.replace("{tenantid}", tid) == self.issuer }
    }
}

/// RSA of at least 2048 bits, for signatures, and not marked for another algorithm (RFC 7518 3.3).
fn is_strong_rsa(key: &Value) -> bool {
    let absent_or = |member: &str, wanted: &str| key[member].is_null() || key[member] == wanted;
    let modulus_characters = key["n"].as_str().map_or(0, str::len);
    key["kty"] == "RSA" && absent_or("use", "sig") && absent_or("alg", "RS256") && modulus_characters >= 2048 / 6
}
