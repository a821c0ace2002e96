//! Changing a registered tenant, and ending what was begun in it.
use super::tenants::TenantInserted;
use super::{Read, Result, Write, execute, on};
use crate::model::{Tenant, TenantId};
use crate::world::Timestamp;

impl Read {
    /// Does anybody of this tenant belong to another one, too (people.md S51)?
    pub async fn shares_people(&mut self, tenant: &TenantId) -> Result<bool> {
        const SQL: &str = "select m.id from memberships m
            join memberships o on o.person_id = m.person_id and o.tenant_id <> m.tenant_id and o.state = 'active'
            where m.tenant_id = $1 and m.state = 'active'
            order by m.id
            limit 1";
        let found: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(tenant.as_str()).fetch_optional(c))?;
        Ok(found.is_some())
    }
}

impl Write {
    /// Writes number, slug, name, alias and colour anew. A former slug stays reserved for its tenant. Unless it answers
    /// `Yes`, nothing was written.
    pub async fn update_tenant(&mut self, tenant: &Tenant) -> Result<TenantInserted> {
        const NUMBER: &str = "select id from tenants where number = $1 and id <> $2";
        const RESERVE: &str = "insert into tenant_slugs (slug, tenant_id) values ($1, $2) on conflict do nothing";
        const HOLDER: &str = "select tenant_id from tenant_slugs where slug = $1";
        const SQL: &str = "update tenants set number = $2, slug = $3, name = $4, alias = $5, color = $6 where id = $1";
        // Every change of a registered thing waits for this row: what is looked up here stays true.
        self.raise_generation().await?;
        let taken: Option<String> =
            on!(self, c => sqlx::query_scalar(NUMBER).bind(&tenant.number).bind(tenant.id.as_str()).fetch_optional(c))?;
        if taken.is_some() {
            return Ok(TenantInserted::NumberTaken);
        }
        execute!(self, sqlx::query(RESERVE).bind(&tenant.slug).bind(tenant.id.as_str()))?;
        let holder: Option<String> = on!(self, c => sqlx::query_scalar(HOLDER).bind(&tenant.slug).fetch_optional(c))?;
        if holder.as_deref() != Some(tenant.id.as_str()) {
            return Ok(TenantInserted::SlugTaken);
        }
        execute!(
            self,
            sqlx::query(SQL)
                .bind(tenant.id.as_str())
                .bind(&tenant.number)
                .bind(&tenant.slug)
                .bind(&tenant.name)
                .bind(tenant.alias.as_deref())
                .bind(tenant.color.as_deref())
        )?;
        Ok(TenantInserted::Yes)
    }

    /// Writes alias, colour, sender, contact and greeting anew.
    pub async fn set_tenant_look(&mut self, tenant: &Tenant) -> Result<()> {
        const SQL: &str = "update tenants set alias = $2, color = $3, sender_name = $4, contact = $5, greeting = $6 where id = $1";
        execute!(
            self,
            sqlx::query(SQL)
                .bind(tenant.id.as_str())
                .bind(tenant.alias.as_deref())
                .bind(tenant.color.as_deref())
                .bind(tenant.sender_name.as_deref())
                .bind(tenant.contact.as_deref())
                .bind(tenant.greeting.as_deref())
        )?;
        self.raise_generation().await
    }

    /// Ends the sessions of those who can go nowhere else: people of this tenant alone. Operators keep theirs.
    pub async fn end_sessions_of_tenant(&mut self, tenant: &TenantId, now: Timestamp) -> Result<u64> {
        const SQL: &str = "update sessions set ended_at = $2
            where ended_at is null and person_id in (
                select m.person_id from memberships m
                join persons p on p.id = m.person_id
                where m.tenant_id = $1 and p.operator = false and not exists (
                    select 1 from memberships o
                    join tenants t on t.id = o.tenant_id
                    where o.person_id = m.person_id and o.tenant_id <> $1 and o.state = 'active' and t.state = 'active'))";
        execute!(self, sqlx::query(SQL).bind(tenant.as_str()).bind(now.micros()))
    }
}
