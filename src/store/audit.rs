//! The audit trail: written in the transaction of what it tells about, never changed.
use super::rows::{At, all, to_json};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{AuditId, ClientId, TenantId};
use crate::world::Timestamp;

/// One event. No member holds a secret, a token or an e-mail address.
#[derive(Clone, Debug)]
pub struct AuditRow {
    pub id: AuditId,
    pub at: Timestamp,
    /// Who did it: a person's or client's id, `system`, or empty when unknown.
    pub actor: String,
    pub action: String,
    /// To whom or what it was done.
    pub subject: String,
    pub tenant: Option<TenantId>,
    pub client: Option<ClientId>,
    pub outcome: String,
    pub detail: serde_json::Value,
    /// The network of the request, shortened.
    pub network: String,
}

#[derive(sqlx::FromRow)]
pub(super) struct StoredAudit {
    id: String,
    at: i64,
    actor: String,
    action: String,
    subject: String,
    tenant_id: Option<String>,
    client_id: Option<String>,
    outcome: String,
    detail: String,
    network: String,
}

impl TryFrom<StoredAudit> for AuditRow {
    type Error = StoreError;
    fn try_from(row: StoredAudit) -> Result<Self> {
        let at = At { table: "audit", row: &row.id };
        Ok(Self {
            detail: at.json("detail", &row.detail)?,
            at: Timestamp::from_micros(row.at),
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            tenant: row.tenant_id.map(TenantId::from_text),
            client: row.client_id.map(ClientId::from_text),
            outcome: row.outcome,
            network: row.network,
            id: AuditId::from_text(row.id),
        })
    }
}

impl Read {
    /// At most `limit` events from `since` on, oldest first.
    pub async fn audit_since(&mut self, since: Timestamp, limit: i64) -> Result<Vec<AuditRow>> {
        const SQL: &str = "select id, at, actor, action, subject, tenant_id, client_id, outcome, detail, network
            from audit
            where at >= $1
            order by at, id
            limit $2";
        let rows: Vec<StoredAudit> = on!(self, c => sqlx::query_as(SQL).bind(since.micros()).bind(limit).fetch_all(c))?;
        all(rows)
    }
}

impl Write {
    pub async fn record_audit(&mut self, event: &AuditRow) -> Result<()> {
        const SQL: &str = "insert into audit (id, at, actor, action, subject, tenant_id, client_id, outcome, detail, network)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let detail = to_json(&event.detail);
        execute!(
            self,
            sqlx::query(SQL)
                .bind(event.id.as_str())
                .bind(event.at.micros())
                .bind(&event.actor)
                .bind(&event.action)
                .bind(&event.subject)
                .bind(event.tenant.as_ref().map(TenantId::as_str))
                .bind(event.client.as_ref().map(ClientId::as_str))
                .bind(&event.outcome)
                .bind(&detail)
                .bind(&event.network)
        )?;
        Ok(())
    }
}
