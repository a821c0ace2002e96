//! One administrative change: where it is made, by whom and when; and its line in the audit trail.
use serde_json::Value;

use crate::model::{AuditId, ClientId, TenantId};
use crate::store::{AuditRow, Store, StoreError, Write};
use crate::world::{Entropy, Timestamp};

/// What every administrative use case needs.
pub struct Change<'a> {
    pub store: &'a Store,
    pub entropy: &'a dyn Entropy,
    pub now: Timestamp,
    /// Who makes the change: a person's id, or `cli`.
    pub actor: &'a str,
    /// Where the request comes from, or `local`.
    pub network: &'a str,
}

impl Change<'_> {
    /// Writes the audit line in the change's own transaction. `detail` never holds secrets or e-mail addresses.
    pub(super) async fn record(
        &self,
        w: &mut Write,
        action: &str,
        subject: &str,
        place: (Option<&TenantId>, Option<&ClientId>),
        detail: Value,
    ) -> Result<(), StoreError> {
        w.record_audit(&AuditRow {
            id: AuditId::generate(self.now, self.entropy),
            at: self.now,
            actor: self.actor.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            tenant: place.0.cloned(),
            client: place.1.cloned(),
            outcome: "done".to_owned(),
            detail,
            network: self.network.to_owned(),
        })
        .await
    }
}
