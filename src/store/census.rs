//! Counting the people of a tenant: whom would a change of its rules affect?
use super::{Read, Result, Write, execute, on};
use crate::model::{FactorKind, Tenant, TenantId};
use crate::world::Timestamp;

/// Counts the active members of a tenant that a condition names, and gives the names of the first.
macro_rules! members {
    ($condition:literal) => {
        (
            concat!(
                "select count(*) from memberships m join persons p on p.id = m.person_id
                where m.tenant_id = $1 and m.state = 'active' and m.accepted_at is not null and p.state = 'active' and ",
                $condition
            ),
            concat!(
                "select p.first_name || ' ' || p.last_name from memberships m join persons p on p.id = m.person_id
                where m.tenant_id = $1 and m.state = 'active' and m.accepted_at is not null and p.state = 'active' and ",
                $condition,
                " order by p.last_name, p.first_name, p.id limit $3"
            ),
        )
    };
}

impl Read {
    /// Active members whose second factor is one of these: how many, and the first of them by name.
    pub async fn members_with_factor(&mut self, tenant: &TenantId, kinds: &[FactorKind], told: i64) -> Result<(i64, Vec<String>)> {
        const SQL: (&str, &str) = members!("$2 like '%,' || p.second_factor || ',%'");
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
        let list = format!(",{},", kinds.join(","));
        let count: i64 = on!(self, c => sqlx::query_scalar(SQL.0).bind(tenant.as_str()).bind(&list).fetch_one(c))?;
        let names: Vec<String> = on!(self, c => sqlx::query_scalar(SQL.1).bind(tenant.as_str()).bind(&list).bind(told).fetch_all(c))?;
        Ok((count, names))
    }

    /// Active members whose password was set before a time.
    pub async fn members_with_password_before(&mut self, tenant: &TenantId, time: Timestamp, told: i64) -> Result<(i64, Vec<String>)> {
        const SQL: (&str, &str) = members!("p.password_hash is not null and coalesce(p.password_set_at, p.created_at) < $2");
        self.counted(SQL, tenant, time, told).await
    }

    /// Active members who have not come since a time; who never came counts from the beginning.
    pub async fn members_unused_since(&mut self, tenant: &TenantId, time: Timestamp, told: i64) -> Result<(i64, Vec<String>)> {
        const SQL: (&str, &str) = members!("coalesce(m.last_used_at, m.created_at) < $2");
        self.counted(SQL, tenant, time, told).await
    }

    async fn counted(
        &mut self,
        sql: (&'static str, &'static str),
        tenant: &TenantId,
        time: Timestamp,
        told: i64,
    ) -> Result<(i64, Vec<String>)> {
        let count: i64 = on!(self, c => sqlx::query_scalar(sql.0).bind(tenant.as_str()).bind(time.micros()).fetch_one(c))?;
        let names: Vec<String> =
            on!(self, c => sqlx::query_scalar(sql.1).bind(tenant.as_str()).bind(time.micros()).bind(told).fetch_all(c))?;
        Ok((count, names))
    }
}

impl Write {
    /// A tenant whose rules are about to change: others who change them wait.
    pub async fn tenant_to_change(&mut self, id: &TenantId) -> Result<Option<Tenant>> {
        execute!(self, sqlx::query("update tenants set policy = policy where id = $1").bind(id.as_str()))?;
        self.tenant(id).await
    }
}
