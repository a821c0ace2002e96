//! Making, activating and dropping signing keys when they are due. Safe to run on several nodes at once.
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::change::Change;
use crate::app::App;
use crate::keys::{KeyError, RotationPolicy, RotationStep, Sealer, due, new_row};
use crate::model::{KeyState, SigningAlg, SigningKeyRow};
use crate::store::StoreError;
use crate::world::{Entropy, Timestamp};

/// Steps of one round at most: a round always ends, whatever the rows say.
const ROUNDS: usize = 8;
/// How long one node may be at it; making keys takes seconds.
const LEASE: Duration = Duration::from_secs(300);

#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("the task that makes keys was ended")]
    Ended,
}

/// What key-making needs beside the change itself.
pub struct Maker {
    pub sealer: Sealer,
    pub entropy: Arc<dyn Entropy>,
    pub policy: RotationPolicy,
}

/// The rotation policy that is configured.
pub fn policy(keys: &crate::config::Keys) -> RotationPolicy {
    RotationPolicy { every: keys.rotate_after(), publish_ahead: keys.publish_ahead(), keep_retired: keys.keep_retired() }
}

/// Does everything that is due: on an empty database one active key per algorithm, later the schedule.
/// Gives the number of steps done.
pub async fn rotate_when_due(change: &Change<'_>, maker: &Maker) -> Result<usize, RotationError> {
    let mut done = 0;
    for _ in 0..ROUNDS {
        let rows = change.store.read(async |r| r.signing_keys().await).await?;
        let steps = due(&rows, change.now, &maker.policy);
        if steps.is_empty() {
            break;
        }
        for step in steps {
            done += usize::from(apply(change, maker, step).await?);
        }
    }
    Ok(done)
}

/// The background job: what is due, on one node at a time.
pub async fn rotate_in_turn(app: &App) -> Result<(), RotationError> {
    let now = app.now();
    if !app.store.write(async |w| w.take_lease("signing_keys", &app.node, now, now.plus(LEASE)).await).await? {
        return Ok(());
    }
    let change = Change { store: &app.store, entropy: &*app.entropy, now, actor: &app.node, network: "local" };
    let maker = Maker { sealer: app.sealer.clone(), entropy: Arc::clone(&app.entropy), policy: policy(&app.config.keys) };
    rotate_when_due(&change, &maker).await?;
    Ok(())
}

/// Brings the next key of every algorithm forward. With `at_once` it signs from now on, published ahead or not:
/// for a key that may have leaked. Otherwise it signs once it was published long enough.
pub async fn rotate_early(change: &Change<'_>, maker: &Maker, at_once: bool) -> Result<Vec<String>, RotationError> {
    rotate_when_due(change, maker).await?;
    let rows = change.store.read(async |r| r.signing_keys().await).await?;
    let mut kids = Vec::new();
    for alg in SigningAlg::ALL {
        let next = rows.iter().find(|row| row.alg == *alg && row.state == KeyState::Next);
        let kid = match next {
            Some(row) => row.kid.clone(),
            None => {
                let row = make(change, maker, *alg, KeyState::Next, change.now.plus(maker.policy.publish_ahead)).await?;
                let kid = row.kid.clone();
                store_key(change, row).await?;
                kid
            }
        };
        if at_once {
            let old_retires_at = change.now.plus(maker.policy.keep_retired);
            apply(change, maker, RotationStep::Activate { kid: kid.clone(), alg: *alg, old_retires_at }).await?;
        }
        kids.push(kid);
    }
    Ok(kids)
}

/// False when another node had done it already.
async fn apply(change: &Change<'_>, maker: &Maker, step: RotationStep) -> Result<bool, RotationError> {
    match step {
        RotationStep::Create { alg, state, activates_at } => {
            let row = make(change, maker, alg, state, activates_at).await?;
            store_key(change, row).await
        }
        RotationStep::Activate { kid, old_retires_at, .. } => Ok(change
            .store
            .write(async |w| {
                let won = w.activate_signing_key(&kid, change.now, old_retires_at).await?;
                if won {
                    change.record(w, "key.activate", &kid, (None, None), json!({})).await?;
                }
                Ok(won)
            })
            .await?),
        RotationStep::Drop { .. } => Ok(change.store.write(async |w| w.delete_retired_keys(change.now).await).await? > 0),
    }
}

async fn store_key(change: &Change<'_>, row: SigningKeyRow) -> Result<bool, RotationError> {
    let stored = change
        .store
        .write(async |w| {
            let stored = w.insert_signing_key(&row).await?;
            if stored {
                change.record(w, "key.create", &row.kid, (None, None), json!({ "state": row.state })).await?;
            }
            Ok(stored)
        })
        .await?;
    Ok(stored)
}

/// An RSA key takes up to a second, so it is made off the runtime's threads.
async fn make(
    change: &Change<'_>,
    maker: &Maker,
    alg: SigningAlg,
    state: KeyState,
    activates_at: Timestamp,
) -> Result<SigningKeyRow, RotationError> {
    let (sealer, entropy, now) = (maker.sealer.clone(), Arc::clone(&maker.entropy), change.now);
    let making = tokio::task::spawn_blocking(move || new_row(alg, &sealer, &*entropy, now, state, activates_at));
    Ok(making.await.map_err(|_| RotationError::Ended)??)
}
