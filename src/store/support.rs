//! Access that tenants give to the operators.
use super::rows::{micros, time};
use super::{Read, Result, Write, execute, on};
use crate::model::{PersonId, SupportGrant, SupportId, TenantId};
use crate::world::Timestamp;

#[derive(sqlx::FromRow)]
struct SupportRow {
    id: String,
    tenant_id: String,
    granted_by: String,
    reason: String,
    created_at: i64,
    expires_at: i64,
    ended_at: Option<i64>,
}

impl From<SupportRow> for SupportGrant {
    fn from(row: SupportRow) -> Self {
        Self {
            id: SupportId::from_text(row.id),
            tenant: TenantId::from_text(row.tenant_id),
            granted_by: PersonId::from_text(row.granted_by),
            reason: row.reason,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            ended_at: time(row.ended_at),
        }
    }
}

impl Read {
    /// The grant of a tenant that is in force and lasts the longest.
    pub async fn open_support(&mut self, tenant: &TenantId, now: Timestamp) -> Result<Option<SupportGrant>> {
        const SQL: &str = "select id, tenant_id, granted_by, reason, created_at, expires_at, ended_at from support_grants
            where tenant_id = $1 and ended_at is null and expires_at > $2
            order by expires_at desc, id
            limit 1";
        let row: Option<SupportRow> = on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(row.map(SupportGrant::from))
    }

    /// A tenant's grants, the newest first.
    pub async fn support_grants(&mut self, tenant: &TenantId, limit: i64) -> Result<Vec<SupportGrant>> {
        const SQL: &str = "select id, tenant_id, granted_by, reason, created_at, expires_at, ended_at from support_grants
            where tenant_id = $1
            order by created_at desc, id desc
            limit $2";
        let rows: Vec<SupportRow> = on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).bind(limit).fetch_all(c))?;
        Ok(rows.into_iter().map(SupportGrant::from).collect())
    }
}

impl Write {
    pub async fn insert_support(&mut self, grant: &SupportGrant) -> Result<()> {
        const SQL: &str = "insert into support_grants (id, tenant_id, granted_by, reason, created_at, expires_at, ended_at)
            values ($1, $2, $3, $4, $5, $6, $7)";
        execute!(
            self,
            sqlx::query(SQL)
                .bind(grant.id.as_str())
                .bind(grant.tenant.as_str())
                .bind(grant.granted_by.as_str())
                .bind(&grant.reason)
                .bind(grant.created_at.micros())
                .bind(grant.expires_at.micros())
                .bind(micros(grant.ended_at))
        )?;
        Ok(())
    }

    /// Ends a tenant's grant before its time. False when it is not this tenant's, or over.
    pub async fn end_support(&mut self, tenant: &TenantId, id: &SupportId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update support_grants set ended_at = $3
            where id = $1 and tenant_id = $2 and ended_at is null and expires_at > $3
            returning id";
        let won: Option<String> =
            on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(tenant.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }
}
