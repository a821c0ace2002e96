//! Devices that wait for a person (RFC 8628). Single use and pace are decided by conditional statements.
use std::time::Duration;

use super::rows::{At, micros, time};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{ClientId, DeviceRow, DeviceState, GrantId};
use crate::world::{Digest, Timestamp};

macro_rules! device_where {
    ($condition:literal) => {
        concat!(
            "select digest, user_code, user_code_sealed, client_id, request, network, state, grant_id, poll_seconds, polled_at,
                created_at, expires_at
            from device_codes where ",
            $condition
        )
    };
}

#[derive(sqlx::FromRow)]
struct StoredDevice {
    digest: String,
    user_code: String,
    user_code_sealed: String,
    client_id: String,
    request: String,
    network: String,
    state: String,
    grant_id: Option<String>,
    poll_seconds: i64,
    polled_at: Option<i64>,
    created_at: i64,
    expires_at: i64,
}

impl TryFrom<StoredDevice> for DeviceRow {
    type Error = StoreError;
    fn try_from(row: StoredDevice) -> Result<Self> {
        let at = At { table: "device_codes", row: &row.digest };
        Ok(Self {
            state: at.parsed("state", DeviceState::parse(&row.state))?,
            request: at.json("request", &row.request)?,
            user_code: row.user_code,
            user_code_sealed: row.user_code_sealed,
            client: ClientId::from_text(row.client_id),
            network: row.network,
            grant: row.grant_id.map(GrantId::from_text),
            poll_seconds: row.poll_seconds,
            polled_at: time(row.polled_at),
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            digest: Digest::from_stored(row.digest),
        })
    }
}

impl Read {
    /// A device code, whatever became of it.
    pub async fn device_code(&mut self, digest: &Digest) -> Result<Option<DeviceRow>> {
        const SQL: &str = device_where!("digest = $1");
        let row: Option<StoredDevice> = on!(self, c => sqlx::query_as(SQL).bind(digest.as_str()).fetch_optional(c))?;
        row.map(DeviceRow::try_from).transpose()
    }

    /// The device whose code a person typed, whatever became of it.
    pub async fn device_by_user_code(&mut self, user_code: &str) -> Result<Option<DeviceRow>> {
        const SQL: &str = device_where!("user_code = $1");
        let row: Option<StoredDevice> = on!(self, c => sqlx::query_as(SQL).bind(user_code).fetch_optional(c))?;
        row.map(DeviceRow::try_from).transpose()
    }

    /// How many devices of a network wait.
    pub async fn waiting_devices(&mut self, network: &str, now: Timestamp) -> Result<i64> {
        const SQL: &str = "select count(*) from device_codes where network = $1 and expires_at > $2 and state = 'pending'";
        on!(self, c => sqlx::query_scalar(SQL).bind(network).bind(now.micros()).fetch_one(c))
    }
}

impl Write {
    /// False when another device has this user code; then nothing was written.
    pub async fn insert_device_code(&mut self, device: &DeviceRow) -> Result<bool> {
        const SQL: &str = "insert into device_codes
                (digest, user_code, user_code_sealed, client_id, request, network, state, grant_id, poll_seconds, polled_at,
                 created_at, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            on conflict (user_code) do nothing
            returning digest";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(device.digest.as_str())
            .bind(&device.user_code)
            .bind(&device.user_code_sealed)
            .bind(device.client.as_str())
            .bind(super::rows::to_json(&device.request))
            .bind(&device.network)
            .bind(device.state.as_str())
            .bind(device.grant.as_ref().map(GrantId::as_str))
            .bind(device.poll_seconds)
            .bind(micros(device.polled_at))
            .bind(device.created_at.micros())
            .bind(device.expires_at.micros())
            .fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// The person said yes: the device's next poll gets the tokens of this grant. False when it no longer waits.
    pub async fn approve_device(&mut self, digest: &Digest, grant: &GrantId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update device_codes set state = 'approved', grant_id = $2
            where digest = $1 and state = 'pending' and expires_at > $3
            returning digest";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(digest.as_str()).bind(grant.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// The person said no, or the device asked too often. False when it no longer waits.
    pub async fn deny_device(&mut self, digest: &Digest) -> Result<bool> {
        const SQL: &str = "update device_codes set state = 'denied' where digest = $1 and state = 'pending' returning digest";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(digest.as_str()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Counts a poll. Gives the pace now demanded when it came too early: five seconds more than before (RFC 8628 3.5).
    pub async fn poll_device(&mut self, digest: &Digest, slower: Duration, now: Timestamp) -> Result<Option<Duration>> {
        const IN_TIME: &str = "update device_codes set polled_at = $2
            where digest = $1 and (polled_at is null or polled_at + poll_seconds * 1000000 <= $2)
            returning digest";
        const EARLY: &str = "update device_codes set polled_at = $2, poll_seconds = poll_seconds + $3 where digest = $1
            returning poll_seconds";
        let in_time: Option<String> =
            on!(self, c => sqlx::query_scalar(IN_TIME).bind(digest.as_str()).bind(now.micros()).fetch_optional(c))?;
        if in_time.is_some() {
            return Ok(None);
        }
        let slower = i64::try_from(slower.as_secs()).unwrap_or(5);
        let pace: Option<i64> =
            on!(self, c => sqlx::query_scalar(EARLY).bind(digest.as_str()).bind(now.micros()).bind(slower).fetch_optional(c))?;
        Ok(pace.map(|seconds| Duration::from_secs(seconds.unsigned_abs())))
    }

    /// Uses an approved code up; exactly one caller gets true.
    pub async fn redeem_device_code(&mut self, digest: &Digest, client: &ClientId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update device_codes set state = 'spent'
            where digest = $1 and client_id = $2 and state = 'approved' and expires_at > $3
            returning digest";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(digest.as_str()).bind(client.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Takes an attempt back that turned out to be right: only wrong ones count.
    pub async fn give_attempt_back(&mut self, name: &str) -> Result<()> {
        const SQL: &str = "update lockouts set failures = failures - 1, paused_until = null where name = $1 and failures > 0";
        execute!(self, sqlx::query(SQL).bind(name))?;
        Ok(())
    }
}
