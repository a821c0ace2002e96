//! Second factors that are kept: authenticator apps and recovery codes.
use super::rows::{micros, time};
use super::{Read, Result, Write, execute, on};
use crate::model::{FactorId, PersonId, TotpFactor};
use crate::world::{Digest, Timestamp};

macro_rules! totp_where {
    ($condition:literal) => {
        concat!("select id, person_id, sealed_secret, confirmed_at, last_step, created_at from totp_factors where ", $condition)
    };
}

#[derive(sqlx::FromRow)]
struct TotpRow {
    id: String,
    person_id: String,
    sealed_secret: String,
    confirmed_at: Option<i64>,
    last_step: i64,
    created_at: i64,
}

impl From<TotpRow> for TotpFactor {
    fn from(row: TotpRow) -> Self {
        Self {
            id: FactorId::from_text(row.id),
            person: PersonId::from_text(row.person_id),
            sealed_secret: row.sealed_secret,
            confirmed_at: time(row.confirmed_at),
            last_step: row.last_step,
            created_at: Timestamp::from_micros(row.created_at),
        }
    }
}

impl Read {
    /// The authenticator app that a person signs in with.
    pub async fn totp_factor(&mut self, person: &PersonId) -> Result<Option<TotpFactor>> {
        const SQL: &str = totp_where!("person_id = $1 and confirmed_at is not null");
        let row: Option<TotpRow> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).fetch_optional(c))?;
        Ok(row.map(TotpFactor::from))
    }

    /// The newest app that a person began to set up and has not confirmed.
    pub async fn pending_totp(&mut self, person: &PersonId) -> Result<Option<TotpFactor>> {
        const SQL: &str = totp_where!("person_id = $1 and confirmed_at is null order by created_at desc, id desc limit 1");
        let row: Option<TotpRow> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).fetch_optional(c))?;
        Ok(row.map(TotpFactor::from))
    }

    pub async fn recovery_codes_left(&mut self, person: &PersonId) -> Result<i64> {
        const SQL: &str = "select count(*) from recovery_codes where person_id = $1 and used_at is null";
        on!(self, c => sqlx::query_scalar(SQL).bind(person.as_str()).fetch_one(c))
    }
}

impl Write {
    /// Keeps an app; an unconfirmed one that the person began before goes.
    pub async fn insert_totp(&mut self, factor: &TotpFactor) -> Result<()> {
        const DELETE: &str = "delete from totp_factors where person_id = $1 and confirmed_at is null";
        const INSERT: &str = "insert into totp_factors (id, person_id, sealed_secret, confirmed_at, last_step, created_at)
            values ($1, $2, $3, $4, $5, $6)";
        self.hold_person(&factor.person).await?;
        execute!(self, sqlx::query(DELETE).bind(factor.person.as_str()))?;
        execute!(
            self,
            sqlx::query(INSERT)
                .bind(factor.id.as_str())
                .bind(factor.person.as_str())
                .bind(&factor.sealed_secret)
                .bind(micros(factor.confirmed_at))
                .bind(factor.last_step)
                .bind(factor.created_at.micros())
        )?;
        Ok(())
    }

    /// The app proved itself with the code of `step`: it replaces the one before. False when it is gone or confirmed.
    pub async fn confirm_totp(&mut self, id: &FactorId, step: i64, now: Timestamp) -> Result<bool> {
        const OWNER: &str = "select person_id from totp_factors where id = $1 and confirmed_at is null";
        const REPLACED: &str = "delete from totp_factors
            where person_id = (select person_id from totp_factors where id = $1 and confirmed_at is null) and confirmed_at is not null";
        const CONFIRM: &str = "update totp_factors set confirmed_at = $3, last_step = $2
            where id = $1 and confirmed_at is null
            returning id";
        let owner: Option<String> = on!(self, c => sqlx::query_scalar(OWNER).bind(id.as_str()).fetch_optional(c))?;
        let Some(owner) = owner else { return Ok(false) };
        self.hold_person(&PersonId::from_text(owner)).await?;
        execute!(self, sqlx::query(REPLACED).bind(id.as_str()))?;
        let won: Option<String> =
            on!(self, c => sqlx::query_scalar(CONFIRM).bind(id.as_str()).bind(step).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Uses a time step up: only a later one than the last is accepted (RFC 6238 5.2, security.md G01).
    pub async fn accept_totp_step(&mut self, id: &FactorId, step: i64) -> Result<bool> {
        const SQL: &str = "update totp_factors set last_step = $2
            where id = $1 and last_step < $2 and confirmed_at is not null
            returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(step).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Removes a person's apps, confirmed or not; gives their number.
    pub async fn delete_totp(&mut self, person: &PersonId) -> Result<u64> {
        execute!(self, sqlx::query("delete from totp_factors where person_id = $1").bind(person.as_str()))
    }

    /// New recovery codes; all earlier ones are worthless (security.md G14).
    pub async fn replace_recovery_codes(&mut self, person: &PersonId, codes: &[Digest], now: Timestamp) -> Result<()> {
        const INSERT: &str = "insert into recovery_codes (digest, person_id, created_at) values ($1, $2, $3)";
        self.hold_person(person).await?;
        execute!(self, sqlx::query("delete from recovery_codes where person_id = $1").bind(person.as_str()))?;
        for code in codes {
            execute!(self, sqlx::query(INSERT).bind(code.as_str()).bind(person.as_str()).bind(now.micros()))?;
        }
        Ok(())
    }

    /// Uses a recovery code up. False when it is unknown, used or another person's.
    pub async fn redeem_recovery_code(&mut self, person: &PersonId, code: &Digest, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update recovery_codes set used_at = $3
            where digest = $1 and person_id = $2 and used_at is null
            returning digest";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(code.as_str()).bind(person.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }
}
