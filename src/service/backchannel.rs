//! Back-channel logout (OpenID Connect Back-Channel Logout 1.0): logout tokens travel from the queue to the clients, each
//! by itself, again and again for a day. The queue is filled by the store in the transaction that ends a session.
use std::sync::Arc;
use std::time::Duration;

use super::{Failure, subject};
use crate::app::App;
use crate::keys::Typ;
use crate::model::{Client, LogoutDelivery};
use crate::protocol::logout::logout_token;
use crate::upstream::HttpFault;
use crate::world::Timestamp;

/// Waits between attempts; the last one is repeated until a day has passed.
const BACKOFF: &[u64] = &[5, 15, 60, 300, 900, 3600];
const GIVE_UP: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a node may hold a delivery: longer than the guarded client waits for an answer.
const LEASE: Duration = Duration::from_secs(60);
/// Deliveries under way on one node.
const BATCH: i64 = 64;

/// Delivers what is due, each in a task of its own. Returns the tasks: whoever wants to know the end awaits them.
///
/// # Errors
/// The store's.
pub async fn deliver_due(app: &Arc<App>, now: Timestamp) -> Result<Vec<tokio::task::JoinHandle<()>>, Failure> {
    let free = i64::try_from(app.logouts.places.available_permits()).unwrap_or(BATCH).min(BATCH);
    if free == 0 || !app.store.read(async |r| r.logout_is_due(now).await).await? {
        return Ok(Vec::new());
    }
    let leased = app.store.write(async |w| w.lease_logouts(now, now.plus(LEASE), free).await).await?;
    let spawn = |delivery: LogoutDelivery| {
        let app = Arc::clone(app);
        tokio::spawn(async move {
            let _place = app.logouts.places.acquire().await.expect("the semaphore is never closed");
            if let Err(failure) = deliver(&app, &delivery, now).await {
                // The lease runs out and somebody tries again.
                tracing::error!(cause = %failure, delivery.id = %delivery.id, "the outcome of a logout delivery was not written down");
            }
        })
    };
    Ok(leased.into_iter().map(spawn).collect())
}

/// Why a client did not take a logout token. Names no address and no person.
#[derive(Debug, thiserror::Error)]
enum Undelivered {
    #[error("the client has no back-channel logout address any more")]
    Unregistered,
    /// `backchannel_logout_session_required` (2.2), but nothing that could be named.
    #[error("the client wants a session and there was none")]
    NoSession,
    #[error("answered with status {0}")]
    Status(u16),
    #[error(transparent)]
    Http(#[from] HttpFault),
}

impl Undelivered {
    /// Nothing will change by trying again.
    const fn is_final(&self) -> bool {
        matches!(self, Self::Unregistered | Self::NoSession)
    }
}

async fn deliver(app: &App, delivery: &LogoutDelivery, now: Timestamp) -> Result<(), Failure> {
    let client = app.registered().clients.get(&delivery.client).cloned();
    let fault = match send(app, client.as_deref(), delivery, now).await? {
        Ok(()) => return Ok(app.store.write(async |w| w.logout_delivered(&delivery.id, now).await).await?),
        Err(fault) => fault,
    };
    let text = fault.to_string();
    let due = now.plus(wait(delivery.attempts));
    let over = fault.is_final() || due.since(delivery.created_at) > GIVE_UP;
    tracing::warn!(client.id = %delivery.client, attempts = delivery.attempts, cause = text, over, "a logout token was not delivered");
    if over {
        app.store.write(async |w| w.logout_dead(&delivery.id, &text, now).await).await?;
    } else {
        app.store.write(async |w| w.logout_postponed(delivery, &text, due).await).await?;
    }
    Ok(())
}

/// Signs and sends one token. The outer error is ours, the inner one the receiver's.
async fn send(app: &App, client: Option<&Client>, delivery: &LogoutDelivery, now: Timestamp) -> Result<Result<(), Undelivered>, Failure> {
    let Some((client, uri)) = client.and_then(|client| Some((client, client.metadata.backchannel_logout_uri.as_ref()?))) else {
        return Ok(Err(Undelivered::Unregistered));
    };
    if client.metadata.backchannel_logout_session_required && delivery.session.is_none() {
        return Ok(Err(Undelivered::NoSession));
    }
    let sub = subject::sub(app, client, &delivery.person);
    // A new identifier for each attempt: a receiver that remembers them does not take a retry for a replay (2.6).
    let jti = format!("{}.{}", delivery.id, delivery.attempts);
    let claims = logout_token(app.issuer(), &client.id, &sub, delivery.session.as_ref(), &jti, now);
    // 2.4: signed as the client's ID tokens are.
    let token = app.registered().keys.sign(client.metadata.id_token_signed_response_alg, Typ::LogoutToken.as_str(), &claims)?;
    let answer = app.outbound.post_form(uri, &[], &[("logout_token", &token)]).await;
    Ok(match answer {
        // 2.8: 200; 204 is what many frameworks make of it.
        Ok(answer) if matches!(answer.status, 200 | 204) => Ok(()),
        Ok(answer) => Err(Undelivered::Status(answer.status)),
        Err(fault) => Err(fault.into()),
    })
}

fn wait(attempts: i64) -> Duration {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(BACKOFF.len() - 1);
    Duration::from_secs(BACKOFF[index])
}

/// Waits until somebody rings or a second has passed, then delivers. For the background job.
///
/// # Errors
/// The store's.
pub async fn deliver_when_rung(app: &Arc<App>) -> Result<(), Failure> {
    let _ = tokio::time::timeout(Duration::from_secs(1), app.logouts.bell.notified()).await;
    deliver_due(app, app.now()).await.map(|_tasks| ())
}
