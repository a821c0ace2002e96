//! What every node does in the background: each job is one function with `now`; what only one node may do at a time
//! takes a lease first (house.md 12).
use std::time::Duration;

use super::{Failure, letters, recovery, session};
use crate::app::App;

/// Rows that one run removes at most.
const EXPIRE_BATCH: i64 = 500;
const EXPIRE_LEASE: Duration = Duration::from_secs(300);

/// Rebuilds the snapshot of registered things when another node changed one.
pub async fn refresh(app: &App) -> Result<(), Failure> {
    Ok(app.refresh().await?)
}

/// Looks at requests for new passwords, and queues the letters of those that get one. Every node may help.
pub async fn answer_recovery(app: &App) -> Result<(), Failure> {
    while recovery::work_off(app, app.now()).await? > 0 {}
    Ok(())
}

/// Delivers letters that are due. Each letter is leased by itself, so every node may help.
pub async fn deliver_letters(app: &App) -> Result<(), Failure> {
    while letters::deliver_due(app, app.now()).await? > 0 {}
    Ok(())
}

/// Ends sessions whose time is over, then removes what is over, in small batches, on one node at a time.
pub async fn expire(app: &App) -> Result<(), Failure> {
    let now = app.now();
    let until = now.plus(EXPIRE_LEASE);
    if !app.store.write(async |w| w.take_lease("expire", &app.node, now, until).await).await? {
        return Ok(());
    }
    session::end_overdue(app, now).await?;
    while app.store.write(async |w| w.expire(now, EXPIRE_BATCH).await).await? > 0 {}
    Ok(())
}
