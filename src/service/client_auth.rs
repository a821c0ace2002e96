//! Proves which client sends a request to the token, introspection or revocation endpoint, and answers it.
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::audit::{Event, record_from};
use super::client_keys::{client_keys, key_set};
use super::once::Once;
use super::possession::Possession;
use super::{Failure, Network};
use crate::app::{App, Registered};
use crate::keys::{StrictClaims, is_registered, read_certificate, verify_compact};
use crate::model::{AuthMethod, Client, SigningAlg};
use crate::protocol::certificate;
use crate::protocol::client_auth::{AssertionClaims, AssertionId, Presented, check_assertion, check_method, present, refused};
use crate::protocol::error::{OAuthError, Reason};
use crate::protocol::params::Params;
use crate::store::{Attempt, StoreError};
use crate::world::{ClientSecret, Digest, Timestamp, same};

/// Failed proofs of one client from one network before further ones are answered with a pause.
const THRESHOLD: i64 = 20;
const PAUSE: Duration = Duration::from_secs(60);
const DECAY: Duration = Duration::from_secs(600);

/// Why an endpoint for clients does not do what was asked.
#[derive(Debug)]
pub enum Denied {
    /// In the words of the specifications.
    Refused(OAuthError),
    /// Too many failed proofs.
    Paused {
        until: Timestamp,
    },
    Failed(Failure),
}

impl From<OAuthError> for Denied {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error)
    }
}

impl<E: Into<Failure>> From<E> for Denied {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What a request brings along, beside its parameters.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The value of the `Authorization` header.
    pub authorization: Option<String>,
    pub possession: Possession,
    pub network: Network,
}

/// A client that proved itself.
pub struct Proven {
    pub client: Arc<Client>,
    /// What it may not use for another proof.
    pub once: Once,
}

/// Finds and proves the client of a request, then does its `work`. A disabled client is proved like any other: what it
/// may still do is decided by the use case. An assertion is used up by what the work writes, or after it.
///
/// # Errors
/// Those of `work`; `invalid_client` and `invalid_request` (RFC 6749 5.2); a pause after too many failures.
pub async fn authenticated<T>(
    app: &App,
    registered: &Registered,
    caller: &Caller,
    params: &Params,
    now: Timestamp,
    work: impl AsyncFnOnce(&Proven) -> Result<T, Denied>,
) -> Result<T, Denied> {
    let presented = present(caller.authorization.as_deref(), params)?;
    let client = registered.clients.get(presented.client());
    let proof = match prove(app, client.map(Arc::as_ref), &presented, &caller.possession, now).await {
        Ok(proof) => proof,
        Err(error) => return Err(failed(app, client.map(Arc::as_ref), error.reason, &caller.network, now).await),
    };
    let client = client.ok_or_else(|| refused(Reason::ClientUnknown))?;
    let proven = Proven { client: Arc::clone(client), once: Once::of(&client.id, proof) };
    let outcome = work(&proven).await;
    match proven.once.settle(app, outcome).await {
        Err(Denied::Refused(error)) if error.reason == Reason::AssertionReplayed => {
            Err(failed(app, Some(client), error.reason, &caller.network, now).await)
        }
        settled => settled,
    }
}

/// Checks the proof. An unknown client takes the same path as a known one with a wrong secret.
async fn prove(
    app: &App,
    client: Option<&Client>,
    presented: &Presented,
    possession: &Possession,
    now: Timestamp,
) -> Result<Option<AssertionId>, OAuthError> {
    if let Some(client) = client {
        check_method(presented, client)?;
    }
    match presented {
        Presented::Public { .. } => {
            let client = client.ok_or_else(|| refused(Reason::ClientUnknown))?;
            if client.is_known_by_certificate() {
                certified(app, client, possession, now).await?;
            }
            Ok(None)
        }
        Presented::Secret { secret, .. } => {
            let digest = Digest::of::<ClientSecret>(secret.expose());
            let good = client.map_or_else(|| knows(&digest, &digest), |client| has_secret(client, &digest, now));
            match (client, good) {
                (Some(_), true) => Ok(None),
                (Some(_), false) => Err(refused(Reason::ClientSecretWrong)),
                (None, _) => Err(refused(Reason::ClientUnknown)),
            }
        }
        Presented::Assertion { jwt, .. } => {
            let client = client.ok_or_else(|| refused(Reason::ClientUnknown))?;
            check_assertion(&signed(app, client, jwt, now).await?, client, app.issuer(), now).map(Some)
        }
    }
}

/// Compares with every secret in force, so that the time does not tell which one was near.
fn has_secret(client: &Client, digest: &Digest, now: Timestamp) -> bool {
    let current = client.secrets.iter().filter(|secret| secret.expires_at.is_none_or(|end| end > now));
    current.fold(false, |found, secret| knows(&secret.digest, digest) | found)
}

fn knows(stored: &Digest, presented: &Digest) -> bool {
    same(stored.as_str().as_bytes(), presented.as_str().as_bytes())
}

/// Is the certificate of the connection this client's own? That its sender has the key, TLS has shown (RFC 8705 2).
async fn certified(app: &App, client: &Client, possession: &Possession, now: Timestamp) -> Result<(), OAuthError> {
    let own = possession.certificates.first().ok_or_else(|| refused(Reason::CertificateMissing))?;
    let metadata = &client.metadata;
    if metadata.token_endpoint_auth_method == AuthMethod::SelfSignedTlsClientAuth {
        // RFC 8705 2.2: the registered keys are the only authority.
        let known = |set: &Value| is_registered(own, set, now);
        return if key_set(app, client, known, now).await.is_ok_and(|set| known(&set)) {
            Ok(())
        } else {
            Err(refused(Reason::CertificateOfAnother))
        };
    }
    // RFC 8705 2.1: an authority that the operator trusts, and the registered name.
    if !app.authorities.as_ref().is_some_and(|authorities| authorities.vouch_for(&possession.certificates, now)) {
        return Err(refused(Reason::CertificateUntrusted));
    }
    let named = read_certificate(own, now).is_some_and(|certificate| certificate::names(&certificate, metadata));
    if named { Ok(()) } else { Err(refused(Reason::CertificateOfAnother)) }
}

/// The claims of an assertion that one of the client's registered keys signed.
async fn signed(app: &App, client: &Client, jwt: &str, now: Timestamp) -> Result<AssertionClaims, OAuthError> {
    let wrong = || refused(Reason::AssertionSignature);
    let keys = client_keys(app, client, jwt, now).await.map_err(|_| wrong())?;
    // OpenID Connect Dynamic Client Registration 2: a registered algorithm is the only one.
    let pinned = client.metadata.token_endpoint_auth_signing_alg;
    let allowed = pinned.as_ref().map_or(SigningAlg::ALL, std::slice::from_ref);
    let payload = verify_compact(jwt, &keys, allowed, None).map_err(|_| wrong())?;
    let claims = StrictClaims::parse(&payload).map_err(|_| refused(Reason::AssertionMalformed))?;
    serde_json::from_value(Value::Object(claims.into_map())).map_err(|_| refused(Reason::AssertionMalformed))
}

/// Counts a failed proof and writes it down, as long as the count allows; a right proof never waits.
async fn failed(app: &App, client: Option<&Client>, reason: Reason, network: &Network, now: Timestamp) -> Denied {
    // Ids of registered clients are ours; whatever else was sent counts under one name.
    let id = client.map(|client| &client.id);
    let name = format!("client:{}:{}", id.map_or("unknown", |id| id.as_str()), network.as_str());
    let counted = app
        .store
        .write(async |w| {
            let attempt = w.claim_attempt(&name, THRESHOLD, PAUSE, DECAY, now).await?;
            if matches!(attempt, Attempt::Allowed { .. }) {
                let event = Event { client: id, ..Event::of_nobody("client_authentication", "refused") };
                record_from(app, w, event.with(json!({ "reason": format!("{reason:?}") })), network, now).await?;
            }
            Ok::<_, StoreError>(attempt)
        })
        .await;
    match counted {
        Ok(Attempt::Allowed { .. }) => Denied::Refused(refused(reason)),
        Ok(Attempt::Paused { until }) => Denied::Paused { until },
        Err(error) => Denied::Failed(error.into()),
    }
}
