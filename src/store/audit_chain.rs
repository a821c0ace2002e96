//! The chain over the audit trail: links, and the events that they hold. What a hash is made of is decided above.
use super::audit::StoredAudit;
use super::rows::all;
use super::{AuditRow, Read, Result, Write, execute, on};
use crate::model::{PersonId, TenantId};
use crate::world::Timestamp;

/// One link: an event at its place.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditLink {
    /// 1, 2, 3, … without a gap.
    pub position: i64,
    pub audit_id: String,
    pub at: i64,
    pub tenant_id: Option<String>,
    /// Of what may never change.
    pub content: String,
    /// Of what is removed when a person is erased.
    pub personal: String,
    /// Of the link before and of this one.
    pub hash: String,
}

impl Read {
    /// Events that no link holds yet, the oldest first.
    pub async fn unsealed_audit(&mut self, limit: i64) -> Result<Vec<AuditRow>> {
        const SQL: &str = "select id, at, actor, action, subject, tenant_id, client_id, outcome, detail, network
            from audit
            where sealed = false
            order by at, id
            limit $1";
        let rows: Vec<StoredAudit> = on!(self, c => sqlx::query_as(SQL).bind(limit).fetch_all(c))?;
        all(rows)
    }

    /// The last link.
    pub async fn audit_head(&mut self) -> Result<Option<AuditLink>> {
        const SQL: &str = "select position, audit_id, at, tenant_id, content, personal, hash from audit_chain
            order by position desc
            limit 1";
        on!(self, c => sqlx::query_as(SQL).fetch_optional(c))
    }

    /// Links after a position, in order, each with its event if that is still there.
    pub async fn audit_links(&mut self, after: i64, limit: i64) -> Result<Vec<(AuditLink, Option<AuditRow>)>> {
        const LINKS: &str = "select position, audit_id, at, tenant_id, content, personal, hash from audit_chain
            where position > $1
            order by position
            limit $2";
        const ROWS: &str = "select a.id, a.at, a.actor, a.action, a.subject, a.tenant_id, a.client_id, a.outcome, a.detail, a.network
            from audit_chain l
            join audit a on a.id = l.audit_id
            where l.position > $1 and l.position <= $2
            order by l.position";
        let links: Vec<AuditLink> = on!(self, c => sqlx::query_as(LINKS).bind(after).bind(limit).fetch_all(c))?;
        let last = links.last().map_or(after, |link| link.position);
        let rows: Vec<StoredAudit> = on!(self, c => sqlx::query_as(ROWS).bind(after).bind(last).fetch_all(c))?;
        let rows: Vec<AuditRow> = all(rows)?;
        let mut rows: std::collections::HashMap<String, AuditRow> = rows.into_iter().map(|row| (row.id.to_string(), row)).collect();
        Ok(links
            .into_iter()
            .map(|link| {
                let row = rows.remove(&link.audit_id);
                (link, row)
            })
            .collect())
    }

    /// Is there a sealed event of a tenant from before a moment?
    pub async fn has_audit_before(&mut self, tenant: &TenantId, before: Timestamp) -> Result<bool> {
        const SQL: &str = "select id from audit where tenant_id = $1 and at < $2 and sealed = true order by at, id limit 1";
        let found: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(tenant.as_str()).bind(before.micros()).fetch_optional(c))?;
        Ok(found.is_some())
    }

    /// Events marked as sealed that no link holds: somebody put them there.
    pub async fn stray_audit(&mut self) -> Result<i64> {
        const SQL: &str = "select count(*) from audit a
            where a.sealed = true and not exists (select 1 from audit_chain l where l.audit_id = a.id)";
        on!(self, c => sqlx::query_scalar(SQL).fetch_one(c))
    }
}

impl Write {
    /// Appends a link and marks its event. False when another node took the position: then nothing may be kept.
    pub async fn append_audit_link(&mut self, link: &AuditLink) -> Result<bool> {
        const SQL: &str = "insert into audit_chain (position, audit_id, at, tenant_id, content, personal, hash)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict do nothing
            returning position";
        let won: Option<i64> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(link.position)
            .bind(&link.audit_id)
            .bind(link.at)
            .bind(link.tenant_id.as_deref())
            .bind(&link.content)
            .bind(&link.personal)
            .bind(&link.hash)
            .fetch_optional(c))?;
        execute!(self, sqlx::query("update audit set sealed = true where id = $1").bind(&link.audit_id))?;
        Ok(won.is_some())
    }

    /// Removes what only describes a person from the sealed events about that person; ids stay and mean nobody any more.
    pub async fn pseudonymise_audit(&mut self, person: &PersonId) -> Result<u64> {
        const SQL: &str = "update audit set network = '', detail = 'null'
            where sealed = true and (subject = $1 or actor = $1) and (network <> '' or detail <> 'null')";
        execute!(self, sqlx::query(SQL).bind(person.as_str()))
    }

    /// Removes sealed events from before a moment, of one tenant or of none; their links stay. Gives their number.
    pub async fn retire_audit(&mut self, tenant: Option<&TenantId>, before: Timestamp, limit: i64) -> Result<u64> {
        const SQL: &str = "delete from audit where id in (
                select id from audit
                where sealed = true and at < $2 and (tenant_id = $1 or $1 is null and tenant_id is null)
                order by at, id
                limit $3)";
        let tenant = tenant.map(TenantId::as_str);
        execute!(self, sqlx::query(SQL).bind(tenant).bind(before.micros()).bind(limit))
    }
}
