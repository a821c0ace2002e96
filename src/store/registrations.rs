//! Dynamic client registration: initial access tokens, and clients that manage themselves.
use super::{Read, Result, Write, execute, on};
use crate::model::{ClientId, RegistrationToken, RegistrationTokenId, TenantId};
use crate::world::{Digest, Timestamp};

#[derive(sqlx::FromRow)]
struct TokenRow {
    id: String,
    tenant_id: Option<String>,
    uses_left: i64,
    expires_at: i64,
    created_at: i64,
}

impl From<TokenRow> for RegistrationToken {
    fn from(row: TokenRow) -> Self {
        Self {
            id: RegistrationTokenId::from_text(row.id),
            tenant: row.tenant_id.map(TenantId::from_text),
            uses_left: row.uses_left,
            expires_at: Timestamp::from_micros(row.expires_at),
            created_at: Timestamp::from_micros(row.created_at),
        }
    }
}

impl Read {
    /// An initial access token that is still good for something.
    pub async fn registration_token(&mut self, digest: &Digest, now: Timestamp) -> Result<Option<RegistrationToken>> {
        const SQL: &str = "select id, tenant_id, uses_left, expires_at, created_at from registration_tokens
            where digest = $1 and uses_left > 0 and expires_at > $2";
        let row: Option<TokenRow> = on!(self, c => sqlx::query_as(SQL).bind(digest.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(row.map(RegistrationToken::from))
    }

    /// All initial access tokens, the oldest first.
    pub async fn registration_tokens(&mut self) -> Result<Vec<RegistrationToken>> {
        const SQL: &str = "select id, tenant_id, uses_left, expires_at, created_at from registration_tokens order by created_at, id";
        let rows: Vec<TokenRow> = on!(self, c => sqlx::query_as(SQL).fetch_all(c))?;
        Ok(rows.into_iter().map(RegistrationToken::from).collect())
    }

    /// The client that manages itself with this registration access token.
    pub async fn registered_client(&mut self, digest: &Digest) -> Result<Option<ClientId>> {
        const SQL: &str = "select client_id from registered_clients where digest = $1";
        let id: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(digest.as_str()).fetch_optional(c))?;
        Ok(id.map(ClientId::from_text))
    }
}

impl Write {
    pub async fn insert_registration_token(&mut self, digest: &Digest, token: &RegistrationToken) -> Result<()> {
        const SQL: &str = "insert into registration_tokens (id, digest, tenant_id, uses_left, expires_at, created_at)
            values ($1, $2, $3, $4, $5, $6)";
        execute!(
            self,
            sqlx::query(SQL)
                .bind(token.id.as_str())
                .bind(digest.as_str())
                .bind(token.tenant.as_ref().map(TenantId::as_str))
                .bind(token.uses_left)
                .bind(token.expires_at.micros())
                .bind(token.created_at.micros())
        )?;
        Ok(())
    }

    /// Counts one use. None: it is unknown, over or used up, perhaps since a moment ago (security.md K07).
    pub async fn use_registration_token(&mut self, digest: &Digest, now: Timestamp) -> Result<Option<RegistrationToken>> {
        const SQL: &str = "update registration_tokens set uses_left = uses_left - 1
            where digest = $1 and uses_left > 0 and expires_at > $2
            returning id, tenant_id, uses_left, expires_at, created_at";
        let row: Option<TokenRow> = on!(self, c => sqlx::query_as(SQL).bind(digest.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(row.map(RegistrationToken::from))
    }

    /// Ends an initial access token; what was registered with it stays. False when there is none.
    pub async fn retire_registration_token(&mut self, id: &RegistrationTokenId) -> Result<bool> {
        Ok(execute!(self, sqlx::query("delete from registration_tokens where id = $1").bind(id.as_str()))? > 0)
    }

    /// Remembers that a client registered itself, and what it manages itself with.
    pub async fn insert_registered_client(
        &mut self,
        client: &ClientId,
        digest: &Digest,
        with: &RegistrationTokenId,
        now: Timestamp,
    ) -> Result<()> {
        const SQL: &str = "insert into registered_clients (client_id, digest, token_id, created_at) values ($1, $2, $3, $4)";
        execute!(self, sqlx::query(SQL).bind(client.as_str()).bind(digest.as_str()).bind(with.as_str()).bind(now.micros()))?;
        Ok(())
    }

    /// The client manages itself no more. False when it did not.
    pub async fn drop_registered_client(&mut self, client: &ClientId) -> Result<bool> {
        const SQL: &str = "delete from registered_clients where client_id = $1 returning client_id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(client.as_str()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Ends all that was granted to a client, and what was made of it.
    pub async fn end_grants_of_client(&mut self, client: &ClientId, now: Timestamp) -> Result<u64> {
        const SQL: &str = "with recursive family (id) as (
                select id from grants where client_id = $1 and ended_at is null
                union
                select d.grant_id from derived_grants d join family f on d.source_id = f.id)
            update grants set ended_at = $2
            where ended_at is null and id in (select id from family)";
        execute!(self, sqlx::query(SQL).bind(client.as_str()).bind(now.micros()))
    }
}
