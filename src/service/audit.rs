//! What is written down about every decision, in the transaction of the decision itself.
use serde_json::Value;

use super::{Network, Visitor};
use crate::app::App;
use crate::model::{AuditId, ClientId, PersonId, TenantId};
use crate::store::{AuditRow, StoreError, Write};
use crate::world::Timestamp;

/// One thing to write down. Never holds secrets, codes or e-mail addresses.
pub struct Event<'a> {
    pub action: &'static str,
    pub actor: &'a str,
    pub subject: &'a str,
    pub tenant: Option<&'a TenantId>,
    pub client: Option<&'a ClientId>,
    pub outcome: &'static str,
    pub detail: Value,
}

impl<'a> Event<'a> {
    /// An event about a person, caused by that person.
    pub fn of_person(action: &'static str, person: &'a PersonId, outcome: &'static str) -> Self {
        Self { action, actor: person.as_str(), subject: person.as_str(), tenant: None, client: None, outcome, detail: Value::Null }
    }

    /// An event that nobody known caused.
    pub fn of_nobody(action: &'static str, outcome: &'static str) -> Self {
        Self { action, actor: "anonymous", subject: "-", tenant: None, client: None, outcome, detail: Value::Null }
    }

    pub fn at(mut self, client: &'a ClientId) -> Self {
        self.client = Some(client);
        self
    }

    pub fn in_tenant(mut self, tenant: &'a TenantId) -> Self {
        self.tenant = Some(tenant);
        self
    }

    pub fn with(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

/// Writes an event in the caller's transaction.
pub async fn record(app: &App, w: &mut Write, event: Event<'_>, visitor: &Visitor, now: Timestamp) -> Result<(), StoreError> {
    record_from(app, w, event, &visitor.network, now).await
}

/// As [`record`], for requests without a browser.
pub async fn record_from(app: &App, w: &mut Write, event: Event<'_>, network: &Network, now: Timestamp) -> Result<(), StoreError> {
    let row = AuditRow {
        id: AuditId::generate(now, &*app.entropy),
        at: now,
        actor: event.actor.to_owned(),
        action: event.action.to_owned(),
        subject: event.subject.to_owned(),
        tenant: event.tenant.cloned(),
        client: event.client.cloned(),
        outcome: event.outcome.to_owned(),
        detail: event.detail,
        network: network.as_str().to_owned(),
    };
    w.record_audit(&row).await
}
