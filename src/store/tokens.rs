//! Codes, refresh tokens, access tokens and client assertions. Single use is one UPDATE whose row decides
//! (security.md finding 4).
use super::rows::{At, micros, time, to_json};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{AccessTokenRow, ClientId, CodeRow, GrantId, OpaqueToken, RefreshRow, TokenId};
use crate::world::{Digest, Timestamp};

macro_rules! code_columns {
    () => {
        "t.grant_id, t.client_id, t.redirect_uri, t.redirect_uri_sent, t.challenge, t.dpop_jkt, t.expires_at, t.used_at"
    };
}
pub(super) use code_columns;

#[derive(sqlx::FromRow)]
pub(super) struct StoredCode {
    grant_id: String,
    client_id: String,
    redirect_uri: String,
    redirect_uri_sent: bool,
    challenge: Option<String>,
    dpop_jkt: Option<String>,
    expires_at: i64,
    used_at: Option<i64>,
}

impl From<StoredCode> for CodeRow {
    fn from(row: StoredCode) -> Self {
        Self {
            grant: GrantId::from_text(row.grant_id),
            client: ClientId::from_text(row.client_id),
            redirect_uri: row.redirect_uri,
            redirect_uri_sent: row.redirect_uri_sent,
            challenge: row.challenge,
            dpop_jkt: row.dpop_jkt,
            expires_at: Timestamp::from_micros(row.expires_at),
            used_at: time(row.used_at),
        }
    }
}

macro_rules! refresh_columns {
    () => {
        "t.digest, t.grant_id, t.client_id, t.issued_at, t.expires_at, t.rotated_at, t.successor_sealed"
    };
}
pub(super) use refresh_columns;

#[derive(sqlx::FromRow)]
pub(super) struct StoredRefresh {
    digest: String,
    grant_id: String,
    client_id: String,
    issued_at: i64,
    expires_at: i64,
    rotated_at: Option<i64>,
    successor_sealed: Option<String>,
}

impl From<StoredRefresh> for RefreshRow {
    fn from(row: StoredRefresh) -> Self {
        Self {
            digest: Digest::from_stored(row.digest),
            grant: GrantId::from_text(row.grant_id),
            client: ClientId::from_text(row.client_id),
            issued_at: Timestamp::from_micros(row.issued_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            rotated_at: time(row.rotated_at),
            successor_sealed: row.successor_sealed,
        }
    }
}

macro_rules! access_columns {
    () => {
        "t.id, t.grant_id, t.client_id, t.scope, t.digest, t.claims, t.expires_at, t.revoked_at"
    };
}
pub(super) use access_columns;

#[derive(sqlx::FromRow)]
pub(super) struct StoredAccess {
    id: String,
    grant_id: Option<String>,
    client_id: String,
    scope: String,
    digest: Option<String>,
    claims: Option<String>,
    expires_at: i64,
    revoked_at: Option<i64>,
}

impl TryFrom<StoredAccess> for AccessTokenRow {
    type Error = StoreError;
    fn try_from(row: StoredAccess) -> Result<Self> {
        let at = At { table: "access_tokens", row: &row.id };
        let opaque = match (row.digest, &row.claims) {
            (Some(digest), Some(claims)) => Some(OpaqueToken { digest: Digest::from_stored(digest), claims: at.json("claims", claims)? }),
            _ => None,
        };
        Ok(Self {
            opaque,
            id: TokenId::from_text(row.id),
            grant: row.grant_id.map(GrantId::from_text),
            client: ClientId::from_text(row.client_id),
            scope: row.scope,
            expires_at: Timestamp::from_micros(row.expires_at),
            revoked_at: time(row.revoked_at),
        })
    }
}

impl Read {
    /// A code, also a used or expired one.
    pub async fn code(&mut self, digest: &Digest) -> Result<Option<CodeRow>> {
        const SQL: &str = "select grant_id, client_id, redirect_uri, redirect_uri_sent, challenge, dpop_jkt, expires_at, used_at
            from codes where digest = $1";
        let row: Option<StoredCode> = on!(self, c => sqlx::query_as(SQL).bind(digest.as_str()).fetch_optional(c))?;
        Ok(row.map(CodeRow::from))
    }

    /// A refresh token, also a rotated or expired one.
    pub async fn refresh_token(&mut self, digest: &Digest) -> Result<Option<RefreshRow>> {
        const SQL: &str = "select digest, grant_id, client_id, issued_at, expires_at, rotated_at, successor_sealed
            from refresh_tokens where digest = $1";
        let row: Option<StoredRefresh> = on!(self, c => sqlx::query_as(SQL).bind(digest.as_str()).fetch_optional(c))?;
        Ok(row.map(RefreshRow::from))
    }

    /// An access token, also a revoked or expired one.
    pub async fn access_token(&mut self, id: &TokenId) -> Result<Option<AccessTokenRow>> {
        const SQL: &str = "select id, grant_id, client_id, scope, digest, claims, expires_at, revoked_at
            from access_tokens where id = $1";
        let row: Option<StoredAccess> = on!(self, c => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(c))?;
        row.map(AccessTokenRow::try_from).transpose()
    }

    /// An access token that is random text, also a revoked or expired one.
    pub async fn opaque_token(&mut self, digest: &Digest) -> Result<Option<AccessTokenRow>> {
        const SQL: &str = "select id, grant_id, client_id, scope, digest, claims, expires_at, revoked_at
            from access_tokens where digest = $1";
        let row: Option<StoredAccess> = on!(self, c => sqlx::query_as(SQL).bind(digest.as_str()).fetch_optional(c))?;
        row.map(AccessTokenRow::try_from).transpose()
    }
}

impl Write {
    pub async fn insert_code(&mut self, digest: &Digest, code: &CodeRow) -> Result<()> {
        const SQL: &str = "insert into codes
                (digest, grant_id, client_id, redirect_uri, redirect_uri_sent, challenge, dpop_jkt, expires_at, used_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        execute!(
            self,
            sqlx::query(SQL)
                .bind(digest.as_str())
                .bind(code.grant.as_str())
                .bind(code.client.as_str())
                .bind(&code.redirect_uri)
                .bind(code.redirect_uri_sent)
                .bind(code.challenge.as_deref())
                .bind(code.dpop_jkt.as_deref())
                .bind(code.expires_at.micros())
                .bind(micros(code.used_at))
        )?;
        Ok(())
    }

    /// Uses a code up. None when it is unknown, used, expired or another client's; then it is untouched (B01).
    pub async fn redeem_code(&mut self, digest: &Digest, client: &ClientId, now: Timestamp) -> Result<Option<CodeRow>> {
        const SQL: &str = "update codes set used_at = $3
            where digest = $1 and client_id = $2 and used_at is null and expires_at > $3
            returning grant_id, client_id, redirect_uri, redirect_uri_sent, challenge, dpop_jkt, expires_at, used_at";
        let row: Option<StoredCode> = on!(self, c => sqlx::query_as(SQL)
            .bind(digest.as_str()).bind(client.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(row.map(CodeRow::from))
    }

    pub async fn insert_refresh_token(&mut self, token: &RefreshRow) -> Result<()> {
        const SQL: &str = "insert into refresh_tokens
                (digest, grant_id, client_id, issued_at, expires_at, rotated_at, successor_sealed)
            values ($1, $2, $3, $4, $5, $6, $7)";
        execute!(
            self,
            sqlx::query(SQL)
                .bind(token.digest.as_str())
                .bind(token.grant.as_str())
                .bind(token.client.as_str())
                .bind(token.issued_at.micros())
                .bind(token.expires_at.micros())
                .bind(micros(token.rotated_at))
                .bind(token.successor_sealed.as_deref())
        )?;
        Ok(())
    }

    /// Claims the rotation and keeps the one successor. False when rotated before or expired: the row says which (C01).
    pub async fn rotate_refresh_token(&mut self, digest: &Digest, successor_sealed: &str, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update refresh_tokens set rotated_at = $3, successor_sealed = $2
            where digest = $1 and rotated_at is null and expires_at > $3
            returning digest";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(digest.as_str()).bind(successor_sealed).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Moves the idle end of a token that is not rotated. False when it was rotated or expired before.
    pub async fn keep_refresh_token(&mut self, digest: &Digest, expires_at: Timestamp, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update refresh_tokens set expires_at = $2
            where digest = $1 and rotated_at is null and expires_at > $3
            returning digest";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(digest.as_str()).bind(expires_at.micros()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    pub async fn insert_access_token(&mut self, token: &AccessTokenRow) -> Result<()> {
        const SQL: &str = "insert into access_tokens (id, grant_id, client_id, scope, digest, claims, expires_at, revoked_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)";
        let opaque = token.opaque.as_ref();
        execute!(
            self,
            sqlx::query(SQL)
                .bind(token.id.as_str())
                .bind(token.grant.as_ref().map(GrantId::as_str))
                .bind(token.client.as_str())
                .bind(&token.scope)
                .bind(opaque.map(|opaque| opaque.digest.as_str()))
                .bind(opaque.map(|opaque| to_json(&opaque.claims)))
                .bind(token.expires_at.micros())
                .bind(micros(token.revoked_at))
        )?;
        Ok(())
    }

    /// False when unknown or revoked before.
    pub async fn revoke_access_token(&mut self, id: &TokenId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update access_tokens set revoked_at = $2 where id = $1 and revoked_at is null returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Uses a DPoP proof up (RFC 9449 11.1). False when it was used before, on whatever node.
    pub async fn use_proof(&mut self, digest: &str, expires_at: Timestamp) -> Result<bool> {
        const SQL: &str = "insert into proof_ids (digest, expires_at) values ($1, $2) on conflict (digest) do nothing returning digest";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(digest).bind(expires_at.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Uses a client assertion's `jti` up (RFC 7523 3). False when this client used it before.
    pub async fn use_assertion(&mut self, client: &ClientId, jti: &str, expires_at: Timestamp) -> Result<bool> {
        const SQL: &str = "insert into assertion_ids (client_id, jti, expires_at) values ($1, $2, $3)
            on conflict (client_id, jti) do nothing
            returning jti";
        let won: Option<String> =
            on!(self, c => sqlx::query_scalar(SQL).bind(client.as_str()).bind(jti).bind(expires_at.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }
}
