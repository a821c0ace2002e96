//! Failed attempts by name: counted before the secret is checked, so that parallel guesses gain nothing.
use std::time::Duration;

use super::{Read, Result, Write, execute, on};
use crate::model::PersonId;
use crate::world::Timestamp;

/// May a secret be checked now?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Yes; so many attempts are counted, this one among them.
    Allowed {
        failures: i64,
    },
    Paused {
        until: Timestamp,
    },
}

/// The name under which a person's own attempts are counted; `Person::lockout` is read from it.
pub fn person_attempts(id: &PersonId) -> String {
    format!("person:{id}")
}

impl Read {
    /// Until when this name is paused, if it still is.
    pub async fn pause(&mut self, name: &str, now: Timestamp) -> Result<Option<Timestamp>> {
        const SQL: &str = "select paused_until from lockouts where name = $1 and paused_until > $2";
        let until: Option<i64> = on!(self, c => sqlx::query_scalar(SQL).bind(name).bind(now.micros()).fetch_optional(c))?;
        Ok(until.map(Timestamp::from_micros))
    }
}

impl Write {
    /// Counts an attempt as failed before its secret is looked at; [`Write::clear_attempts`] after a success.
    /// The attempt that reaches `threshold` is allowed and starts the pause in the same statement, so that no more
    /// than `threshold` are ever checked between two pauses, however many run at once (security.md F01).
    /// The count starts anew once a pause is over, or `decay` after the last attempt.
    /// It stands only if the transaction commits: commit it before the secret is checked.
    pub async fn claim_attempt(&mut self, name: &str, threshold: i64, pause: Duration, decay: Duration, now: Timestamp) -> Result<Attempt> {
        if let Some(failures) = self.count_attempt(name, threshold, pause, decay, now).await? {
            return Ok(Attempt::Allowed { failures });
        }
        Ok(Attempt::Paused { until: self.pause(name, now).await?.unwrap_or(now) })
    }

    /// As [`Write::claim_attempt`], in one statement whatever the outcome. None while the name is paused.
    pub async fn count_attempt(
        &mut self,
        name: &str,
        threshold: i64,
        pause: Duration,
        decay: Duration,
        now: Timestamp,
    ) -> Result<Option<i64>> {
        const SQL: &str = "insert into lockouts (name, failures, paused_until, touched_at)
            values ($1, 1, case when $2 <= 1 then cast($4 as bigint) end, $3)
            on conflict (name) do update set
                failures = case
                    when lockouts.paused_until is not null or lockouts.touched_at < $5 then 1
                    else lockouts.failures + 1 end,
                paused_until = case
                    when $2 <= 1 then cast($4 as bigint)
                    when lockouts.paused_until is not null or lockouts.touched_at < $5 then null
                    when lockouts.failures + 1 >= $2 then cast($4 as bigint) end,
                touched_at = excluded.touched_at
            where lockouts.paused_until is null or lockouts.paused_until <= $3
            returning failures";
        on!(self, c => sqlx::query_scalar(SQL)
            .bind(name)
            .bind(threshold)
            .bind(now.micros())
            .bind(now.plus(pause).micros())
            .bind(now.minus(decay).micros())
            .fetch_optional(c))
    }

    /// A success: nothing is counted any more.
    pub async fn clear_attempts(&mut self, name: &str) -> Result<()> {
        execute!(self, sqlx::query("delete from lockouts where name = $1").bind(name))?;
        Ok(())
    }
}
