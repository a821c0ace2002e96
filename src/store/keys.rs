//! Signing keys: at most one active per algorithm (security.md R19). Every write raises the generation.
use super::rows::{At, all, micros, time};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{KeyState, SigningAlg, SigningKeyRow};
use crate::world::Timestamp;

#[derive(sqlx::FromRow)]
struct KeyRow {
    kid: String,
    alg: String,
    state: String,
    sealed_private: String,
    public_jwk: String,
    created_at: i64,
    activates_at: i64,
    retires_at: Option<i64>,
}

impl TryFrom<KeyRow> for SigningKeyRow {
    type Error = StoreError;
    fn try_from(row: KeyRow) -> Result<Self> {
        let at = At { table: "signing_keys", row: &row.kid };
        Ok(Self {
            alg: at.parsed("alg", SigningAlg::parse(&row.alg))?,
            state: at.parsed("state", KeyState::parse(&row.state))?,
            sealed_private: row.sealed_private,
            public_jwk: row.public_jwk,
            created_at: Timestamp::from_micros(row.created_at),
            activates_at: Timestamp::from_micros(row.activates_at),
            retires_at: time(row.retires_at),
            kid: row.kid,
        })
    }
}

impl Read {
    /// All keys that are stored, oldest first.
    pub async fn signing_keys(&mut self) -> Result<Vec<SigningKeyRow>> {
        const SQL: &str = "select kid, alg, state, sealed_private, public_jwk, created_at, activates_at, retires_at
            from signing_keys
            order by created_at, kid";
        let rows: Vec<KeyRow> = on!(self, c => sqlx::query_as(SQL).fetch_all(c))?;
        all(rows)
    }
}

impl Write {
    /// False when the kid exists, or the key is active and its algorithm has an active one already.
    pub async fn insert_signing_key(&mut self, key: &SigningKeyRow) -> Result<bool> {
        const SQL: &str = "insert into signing_keys
                (kid, alg, state, sealed_private, public_jwk, created_at, activates_at, retires_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict do nothing
            returning kid";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(&key.kid)
            .bind(key.alg.as_str())
            .bind(key.state.as_str())
            .bind(&key.sealed_private)
            .bind(&key.public_jwk)
            .bind(key.created_at.micros())
            .bind(key.activates_at.micros())
            .bind(micros(key.retires_at))
            .fetch_optional(c))?;
        if won.is_some() {
            self.raise_generation().await?;
        }
        Ok(won.is_some())
    }

    /// Makes a `next` key the one that signs; the one before is published until `old_retires_at`.
    /// False when the key is not `next` (another node was faster): nothing changed.
    pub async fn activate_signing_key(&mut self, kid: &str, now: Timestamp, old_retires_at: Timestamp) -> Result<bool> {
        // The generation's row is the lock: two nodes that activate at once wait for each other here.
        self.raise_generation().await?;
        const RETIRE: &str = "update signing_keys set state = 'retired', retires_at = $2
            where state = 'active' and alg = (select alg from signing_keys where kid = $1 and state = 'next')";
        const ACTIVATE: &str = "update signing_keys set state = 'active', activates_at = $2
            where kid = $1 and state = 'next'
            returning kid";
        execute!(self, sqlx::query(RETIRE).bind(kid).bind(old_retires_at.micros()))?;
        let won: Option<String> = on!(self, c => sqlx::query_scalar(ACTIVATE).bind(kid).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Removes keys whose published time is over; gives their number.
    pub async fn delete_retired_keys(&mut self, now: Timestamp) -> Result<u64> {
        const SQL: &str = "delete from signing_keys where state = 'retired' and retires_at <= $1";
        let gone = execute!(self, sqlx::query(SQL).bind(now.micros()))?;
        if gone > 0 {
            self.raise_generation().await?;
        }
        Ok(gone)
    }
}
