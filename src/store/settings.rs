//! Settings of the instance, generations of registered things, leases of background jobs.
use super::{Read, Result, Write, execute, on};
use crate::world::Timestamp;

impl Read {
    pub async fn setting(&mut self, name: &str) -> Result<Option<String>> {
        on!(self, c => sqlx::query_scalar("select value from settings where name = $1").bind(name).fetch_optional(c))
    }

    /// The generation of registered things: it moves whenever a client, tenant, key or connection changes.
    pub async fn generation(&mut self) -> Result<i64> {
        let found: Option<i64> =
            on!(self, c => sqlx::query_scalar("select generation from generations where name = 'registered'").fetch_optional(c))?;
        Ok(found.unwrap_or(0))
    }
}

impl Write {
    /// Stores a setting unless it exists; returns the value in force.
    pub async fn settle_setting(&mut self, name: &str, value: &str) -> Result<String> {
        execute!(
            self,
            sqlx::query("insert into settings (name, value) values ($1, $2) on conflict (name) do nothing").bind(name).bind(value)
        )?;
        Ok(self.setting(name).await?.unwrap_or_else(|| value.to_owned()))
    }

    /// Tells every node that registered things changed. Part of each such write.
    pub async fn raise_generation(&mut self) -> Result<()> {
        const SQL: &str = "insert into generations (name, generation) values ('registered', 1)
            on conflict (name) do update set generation = generations.generation + 1";
        execute!(self, sqlx::query(SQL))?;
        Ok(())
    }

    /// Takes a lease for a background job; false when another node holds it.
    pub async fn take_lease(&mut self, name: &str, holder: &str, now: Timestamp, until: Timestamp) -> Result<bool> {
        const SQL: &str = "insert into leases (name, holder, until) values ($1, $2, $3)
            on conflict (name) do update set holder = excluded.holder, until = excluded.until
            where leases.until <= $4 or leases.holder = excluded.holder
            returning name";
        let won: Option<String> =
            on!(self, c => sqlx::query_scalar(SQL).bind(name).bind(holder).bind(until.micros()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }
}
