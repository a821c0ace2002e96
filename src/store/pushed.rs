//! Authorization requests that clients pushed (RFC 9126). Single use is one UPDATE whose row decides.
use super::rows::{micros, time};
use super::{Read, Result, Write, execute, on};
use crate::model::{ClientId, PushedRequest};
use crate::world::{Digest, Timestamp};

#[derive(sqlx::FromRow)]
struct StoredRequest {
    client_id: String,
    request: String,
    created_at: i64,
    expires_at: i64,
    used_at: Option<i64>,
}

impl Read {
    /// A pushed request, also an answered or expired one.
    pub async fn pushed_request(&mut self, digest: &Digest) -> Result<Option<PushedRequest>> {
        const SQL: &str = "select client_id, request, created_at, expires_at, used_at from pushed_requests where digest = $1";
        let row: Option<StoredRequest> = on!(self, c => sqlx::query_as(SQL).bind(digest.as_str()).fetch_optional(c))?;
        Ok(row.map(|row| PushedRequest {
            client: ClientId::from_text(row.client_id),
            request: row.request,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            used_at: time(row.used_at),
        }))
    }
}

impl Write {
    pub async fn insert_pushed_request(&mut self, digest: &Digest, pushed: &PushedRequest) -> Result<()> {
        const SQL: &str = "insert into pushed_requests (digest, client_id, request, created_at, expires_at, used_at)
            values ($1, $2, $3, $4, $5, $6)";
        execute!(
            self,
            sqlx::query(SQL)
                .bind(digest.as_str())
                .bind(pushed.client.as_str())
                .bind(&pushed.request)
                .bind(pushed.created_at.micros())
                .bind(pushed.expires_at.micros())
                .bind(micros(pushed.used_at))
        )?;
        Ok(())
    }

    /// Uses a pushed request up when it is answered; its time ended the moment the sign-in began, so only the use counts.
    /// False when it was answered before.
    pub async fn use_pushed_request(&mut self, digest: &Digest, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update pushed_requests set used_at = $2 where digest = $1 and used_at is null returning digest";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(digest.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }
}
