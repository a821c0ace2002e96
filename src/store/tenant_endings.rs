//! Tenants that end for good. Their row stays, emptied, under an id that is nobody else's; nothing reads it any more but
//! what refers to it.
use super::rows::all;
use super::tenants::{MembershipRow, membership_columns};
use super::{Read, Result, Write, execute, on};
use crate::model::{Membership, PersonId, TenantId};
use crate::world::Timestamp;

/// A tenant whose end was ordered and is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndingTenant {
    pub tenant: TenantId,
    pub ordered_by: String,
    pub retention_days: u32,
}

/// What belonged to a tenant alone.
const BELONGINGS: &[&str] = &[
    "delete from group_members where group_id in (select id from groups where tenant_id = $1)",
    "delete from group_permissions where group_id in (select id from groups where tenant_id = $1)",
    "delete from groups where tenant_id = $1",
    "delete from membership_locations where location_id in (select id from locations where tenant_id = $1)",
    "delete from locations where tenant_id = $1",
    "delete from client_tenants where tenant_id = $1",
    "delete from entra_pins where tenant_id = $1",
    "delete from consents where tenant_id = $1",
    "delete from session_tenants where tenant_id = $1",
    "delete from invitations where tenant_id = $1",
    "delete from announcements where tenant_id = $1",
    "delete from logos where tenant_id = $1",
    "delete from support_grants where tenant_id = $1",
    "delete from imports where tenant_id = $1",
];

impl Read {
    /// Was the tenant erased?
    pub async fn tenant_has_ended(&mut self, tenant: &TenantId) -> Result<bool> {
        const SQL: &str = "select tenant_id from tenant_endings where tenant_id = $1";
        let found: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(tenant.as_str()).fetch_optional(c))?;
        Ok(found.is_some())
    }

    /// Tenants with something left to do, the oldest order first.
    pub async fn ending_tenants(&mut self, limit: i64) -> Result<Vec<EndingTenant>> {
        const SQL: &str = "select tenant_id, ordered_by, retention_days from tenant_endings
            where done_at is null
            order by ordered_at, tenant_id
            limit $1";
        let rows: Vec<(String, String, i64)> = on!(self, c => sqlx::query_as(SQL).bind(limit).fetch_all(c))?;
        let tenant = |(tenant, ordered_by, days): (String, String, i64)| EndingTenant {
            tenant: TenantId::from_text(tenant),
            ordered_by,
            retention_days: u32::try_from(days).unwrap_or(0),
        };
        Ok(rows.into_iter().map(tenant).collect())
    }

    /// Memberships of a tenant that have not ended.
    pub async fn members_left(&mut self, tenant: &TenantId, limit: i64) -> Result<Vec<Membership>> {
        const SQL: &str = concat!(
            "select ",
            membership_columns!(),
            " from memberships m where m.tenant_id = $1 and m.state <> 'left' order by m.id limit $2"
        );
        let rows: Vec<MembershipRow> = on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).bind(limit).fetch_all(c))?;
        all(rows)
    }

    /// Does somebody belong anywhere, in whatever state?
    pub async fn belongs_somewhere(&mut self, person: &PersonId) -> Result<bool> {
        const SQL: &str = "select id from memberships where person_id = $1 and state <> 'left' order by id limit 1";
        let found: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(person.as_str()).fetch_optional(c))?;
        Ok(found.is_some())
    }
}

impl Write {
    /// Orders the end of a tenant and frees its number and short names. False when that was done before.
    pub async fn begin_tenant_ending(&mut self, ending: &EndingTenant, now: Timestamp) -> Result<bool> {
        const ORDER: &str = "insert into tenant_endings (tenant_id, ordered_by, ordered_at, retention_days)
            values ($1, $2, $3, $4)
            on conflict do nothing
            returning tenant_id";
        const FREE: &str = "update tenants set number = id, slug = id, state = 'disabled' where id = $1";
        let id = ending.tenant.as_str();
        let won: Option<String> = on!(self, c => sqlx::query_scalar(ORDER)
            .bind(id).bind(&ending.ordered_by).bind(now.micros()).bind(i64::from(ending.retention_days)).fetch_optional(c))?;
        if won.is_none() {
            return Ok(false);
        }
        execute!(self, sqlx::query(FREE).bind(id))?;
        execute!(self, sqlx::query("delete from tenant_slugs where tenant_id = $1").bind(id))?;
        self.raise_generation().await?;
        Ok(true)
    }

    /// Removes what belonged to the tenant and empties its row, once nobody belongs to it. False when another node did.
    pub async fn finish_tenant_ending(&mut self, tenant: &TenantId, now: Timestamp) -> Result<bool> {
        const DONE: &str = "update tenant_endings set done_at = $2 where tenant_id = $1 and done_at is null returning tenant_id";
        const EMPTY: &str = "update tenants set name = 'erased', alias = null, color = null, logo = null, sender_name = null,
                contact = null, greeting = null, policy = '{}'
            where id = $1";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(DONE).bind(tenant.as_str()).bind(now.micros()).fetch_optional(c))?;
        if won.is_none() {
            return Ok(false);
        }
        for sql in BELONGINGS {
            execute!(self, sqlx::query(*sql).bind(tenant.as_str()))?;
        }
        execute!(self, sqlx::query(EMPTY).bind(tenant.as_str()))?;
        self.raise_generation().await?;
        Ok(true)
    }
}
