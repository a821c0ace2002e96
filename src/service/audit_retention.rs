//! The audit trail of a tenant is kept for as many days as the tenant's rules say (`audit.retention_days`; 0: for ever).
//!
//! What goes is announced first: an event of its own names tenant and boundary and is sealed like every other, so that the
//! chain itself tells which events may be missing (docs/decisions/0006-audit-chain.md). Only then they are removed.
use std::time::Duration;

use serde_json::json;

use super::audit::{Event, record_from};
use super::{Failure, Network, audit_chain};
use crate::app::App;
use crate::model::TenantId;
use crate::world::Timestamp;

/// The action of the event that announces a boundary.
pub const RETIRE: &str = "audit.retire";
/// Events that one transaction removes at most.
const BATCH: i64 = 500;
const DAY: u64 = 86_400;
const LEASE: Duration = Duration::from_secs(300);

/// Removes what is older than each tenant keeps it, on one node at a time.
pub async fn retire(app: &App) -> Result<(), Failure> {
    let now = app.now();
    let until = now.plus(LEASE);
    if !app.store.write(async |w| w.take_lease("audit-retention", &app.node, now, until).await).await? {
        return Ok(());
    }
    for tenant in app.registered().tenants.values().filter(|tenant| tenant.policy.audit_retention_days > 0) {
        let kept = Duration::from_secs(u64::from(tenant.policy.audit_retention_days) * DAY);
        retire_before(app, &tenant.id, now.minus(kept), now).await?;
    }
    Ok(())
}

async fn retire_before(app: &App, tenant: &TenantId, before: Timestamp, now: Timestamp) -> Result<(), Failure> {
    if !app.store.read(async |r| r.has_audit_before(tenant, before).await).await? {
        return Ok(());
    }
    let event = Event {
        action: RETIRE,
        actor: "system",
        subject: tenant.as_str(),
        tenant: None,
        client: None,
        outcome: "done",
        detail: json!({ "before": before.micros() }),
    };
    app.store.write(async |w| record_from(app, w, event, &Network::from_stored(String::new()), now).await).await?;
    // The announcement stands in the chain before anything goes.
    audit_chain::seal(app).await?;
    while app.store.write(async |w| w.retire_audit(Some(tenant), before, BATCH).await).await? > 0 {}
    Ok(())
}
