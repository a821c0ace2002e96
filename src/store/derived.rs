//! Grants that were made of other grants: by a switch of the tenant, by token exchange. They end with their source.
use super::{Read, Result, Write, execute, on};
use crate::model::{Grant, GrantId, TenantId};
use crate::world::{Digest, Timestamp};

impl Read {
    /// Where a refresh token led to in this tenant: the grant, and its first refresh token, sealed.
    pub async fn tenant_switch(&mut self, token: &Digest, tenant: &TenantId) -> Result<Option<(GrantId, String)>> {
        const SQL: &str = "select grant_id, token_sealed from tenant_switches where refresh_digest = $1 and tenant_id = $2";
        let row: Option<(String, String)> =
            on!(self, c => sqlx::query_as(SQL).bind(token.as_str()).bind(tenant.as_str()).fetch_optional(c))?;
        Ok(row.map(|(grant, sealed)| (GrantId::from_text(grant), sealed)))
    }
}

impl Write {
    /// Writes a grant that was made of another one. False when the source had ended; then nothing was written.
    pub async fn insert_derived_grant(&mut self, grant: &Grant, source: &GrantId) -> Result<bool> {
        // The row is locked, so that whoever ends the source meanwhile finds this grant too.
        const LOCK: &str = "update grants set ended_at = null where id = $1 and ended_at is null returning id";
        const LINK: &str = "insert into derived_grants (grant_id, source_id) values ($1, $2)";
        let alive: Option<String> = on!(self, c => sqlx::query_scalar(LOCK).bind(source.as_str()).fetch_optional(c))?;
        if alive.is_none() {
            return Ok(false);
        }
        self.insert_grant(grant).await?;
        execute!(self, sqlx::query(LINK).bind(grant.id.as_str()).bind(source.as_str()))?;
        Ok(true)
    }

    /// Keeps where a refresh token led to in a tenant; one that led to a grant that is over is replaced.
    /// False when it leads to a living grant already (finding 6 of security.md: parallel requests must not fork).
    pub async fn keep_tenant_switch(&mut self, token: &Digest, grant: &Grant, sealed: &str, now: Timestamp) -> Result<bool> {
        const SQL: &str = "insert into tenant_switches (refresh_digest, tenant_id, grant_id, token_sealed) values ($1, $2, $3, $4)
            on conflict (refresh_digest, tenant_id) do update set grant_id = excluded.grant_id, token_sealed = excluded.token_sealed
            where exists (
                select 1 from grants g
                where g.id = tenant_switches.grant_id and (g.ended_at is not null or g.expires_at <= $5))
            returning grant_id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(token.as_str())
            .bind(grant.tenant.as_str())
            .bind(grant.id.as_str())
            .bind(sealed)
            .bind(now.micros())
            .fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Ends everything that was made of a grant, at any remove.
    pub(super) async fn end_derived_grants(&mut self, source: &GrantId, now: Timestamp) -> Result<u64> {
        const SQL: &str = "with recursive family (id) as (
                select grant_id from derived_grants where source_id = $1
                union
                select d.grant_id from derived_grants d join family f on d.source_id = f.id)
            update grants set ended_at = $2
            where ended_at is null and id in (select id from family)";
        execute!(self, sqlx::query(SQL).bind(source.as_str()).bind(now.micros()))
    }
}
