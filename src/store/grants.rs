//! Grants and consents. The tokens under a grant live in `tokens`.
use super::rows::{At, micros, time, to_json};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{ClientId, Grant, GrantId, GrantTerms, PersonId, SessionId, TenantId};
use crate::world::Timestamp;

/// The columns of a grant, named so that its tokens can stand beside it in one row.
macro_rules! grant_columns {
    () => {
        "g.id as g_id, g.client_id as g_client_id, g.person_id, g.tenant_id, g.session_id, g.scope as g_scope, g.nonce, g.proof,
         g.auth_time_requested, g.terms, g.created_at, g.expires_at as g_expires_at, g.ended_at"
    };
}
pub(super) use grant_columns;

/// Repeats a statement until it changes nothing, and counts what it changed: a grant that was derived while a row was waited
/// for is seen by the next statement only (`insert_derived_grant` locks the source).
macro_rules! until_none {
    ($statement:expr) => {{
        let mut ended = 0;
        loop {
            match $statement? {
                0 => break Ok(ended),
                more => ended += more,
            }
        }
    }};
}

#[derive(sqlx::FromRow)]
pub(super) struct GrantRow {
    #[sqlx(rename = "g_id")]
    id: String,
    #[sqlx(rename = "g_client_id")]
    client_id: String,
    person_id: String,
    tenant_id: String,
    session_id: Option<String>,
    #[sqlx(rename = "g_scope")]
    scope: String,
    nonce: Option<String>,
    proof: String,
    auth_time_requested: bool,
    terms: String,
    created_at: i64,
    #[sqlx(rename = "g_expires_at")]
    expires_at: i64,
    ended_at: Option<i64>,
}

impl TryFrom<GrantRow> for Grant {
    type Error = StoreError;
    fn try_from(row: GrantRow) -> Result<Self> {
        let at = At { table: "grants", row: &row.id };
        Ok(Self {
            proof: at.json("proof", &row.proof)?,
            client: ClientId::from_text(row.client_id),
            person: PersonId::from_text(row.person_id),
            tenant: TenantId::from_text(row.tenant_id),
            session: row.session_id.map(SessionId::from_text),
            scope: row.scope,
            nonce: row.nonce,
            auth_time_requested: row.auth_time_requested,
            terms: at.json("terms", &row.terms)?,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            ended_at: time(row.ended_at),
            id: GrantId::from_text(row.id),
        })
    }
}

impl Read {
    /// A grant, also an ended or expired one.
    pub async fn grant(&mut self, id: &GrantId) -> Result<Option<Grant>> {
        const SQL: &str = concat!("select ", grant_columns!(), " from grants g where g.id = $1");
        let row: Option<GrantRow> = on!(self, c => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(c))?;
        row.map(Grant::try_from).transpose()
    }

    /// What a person allowed a client, tenant by tenant.
    pub async fn consents_of(&mut self, person: &PersonId, client: &ClientId) -> Result<Vec<(TenantId, String)>> {
        const SQL: &str = "select tenant_id, scope from consents where person_id = $1 and client_id = $2 order by tenant_id";
        let rows: Vec<(String, String)> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).bind(client.as_str()).fetch_all(c))?;
        Ok(rows.into_iter().map(|(tenant, scope)| (TenantId::from_text(tenant), scope)).collect())
    }

    /// The scope that a person allowed a client in a tenant.
    pub async fn consent(&mut self, person: &PersonId, tenant: &TenantId, client: &ClientId) -> Result<Option<String>> {
        const SQL: &str = "select scope from consents where person_id = $1 and tenant_id = $2 and client_id = $3";
        on!(self, c => sqlx::query_scalar(SQL)
            .bind(person.as_str()).bind(tenant.as_str()).bind(client.as_str()).fetch_optional(c))
    }
}

impl Write {
    /// Notes that a client got a code for this challenge. False when it had got one before (RFC 9700 2.1.1).
    pub async fn claim_challenge(&mut self, client: &ClientId, challenge: &str, until: Timestamp) -> Result<bool> {
        const SQL: &str = "insert into challenges (client_id, challenge, expires_at) values ($1, $2, $3)
            on conflict (client_id, challenge) do nothing
            returning client_id";
        let won: Option<String> =
            on!(self, c => sqlx::query_scalar(SQL).bind(client.as_str()).bind(challenge).bind(until.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    pub async fn insert_grant(&mut self, grant: &Grant) -> Result<()> {
        const SQL: &str = "insert into grants
                (id, client_id, person_id, tenant_id, session_id, scope, nonce, proof, auth_time_requested,
                 terms, created_at, expires_at, ended_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let (proof, terms) = (to_json(&grant.proof), to_json(&grant.terms));
        execute!(
            self,
            sqlx::query(SQL)
                .bind(grant.id.as_str())
                .bind(grant.client.as_str())
                .bind(grant.person.as_str())
                .bind(grant.tenant.as_str())
                .bind(grant.session.as_ref().map(SessionId::as_str))
                .bind(&grant.scope)
                .bind(grant.nonce.as_deref())
                .bind(&proof)
                .bind(grant.auth_time_requested)
                .bind(&terms)
                .bind(grant.created_at.micros())
                .bind(grant.expires_at.micros())
                .bind(micros(grant.ended_at))
        )?;
        Ok(())
    }

    /// Writes the terms of a grant anew, such as the key that its first redemption bound it to.
    pub async fn set_grant_terms(&mut self, id: &GrantId, terms: &GrantTerms) -> Result<()> {
        const SQL: &str = "update grants set terms = $2 where id = $1";
        let terms = to_json(terms);
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(&terms))?;
        Ok(())
    }

    /// Ends a grant and thereby the whole family of its tokens, and what was made of it. False when it had ended before.
    pub async fn end_grant(&mut self, id: &GrantId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update grants set ended_at = $2 where id = $1 and ended_at is null returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(now.micros()).fetch_optional(c))?;
        // Again after each round: what was derived while a row was waited for is seen by the next statement only.
        while self.end_derived_grants(id, now).await? > 0 {}
        Ok(won.is_some())
    }

    /// Ends all that a person granted; the applications will be told.
    pub async fn end_grants_of_person(&mut self, person: &PersonId, now: Timestamp) -> Result<u64> {
        const SQL: &str = "update grants set ended_at = $2 where person_id = $1 and ended_at is null";
        self.queue_logouts_of_person(person, now).await?;
        until_none!(execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(now.micros())))
    }

    /// Ends all that a person granted in a tenant; the applications will be told.
    pub async fn end_grants_of_membership(&mut self, person: &PersonId, tenant: &TenantId, now: Timestamp) -> Result<u64> {
        const SQL: &str = "update grants set ended_at = $3 where person_id = $1 and tenant_id = $2 and ended_at is null";
        self.queue_logouts_of_membership(person, tenant, now).await?;
        until_none!(execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(tenant.as_str()).bind(now.micros())))
    }

    /// Ends all that people granted in a tenant; the applications will be told.
    pub async fn end_grants_of_tenant(&mut self, tenant: &TenantId, now: Timestamp) -> Result<u64> {
        const SQL: &str = "update grants set ended_at = $2 where tenant_id = $1 and ended_at is null";
        self.queue_logouts_of_tenant(tenant, now).await?;
        until_none!(execute!(self, sqlx::query(SQL).bind(tenant.as_str()).bind(now.micros())))
    }

    /// Ends what was granted in a session, except grants with `offline_access`: they outlive it by their nature
    /// (OpenID Connect Core 11).
    pub async fn end_online_grants_of_session(&mut self, session: &SessionId, now: Timestamp) -> Result<u64> {
        const SQL: &str = "update grants set ended_at = $2
            where session_id = $1 and ended_at is null and ' ' || scope || ' ' not like '% offline_access %'";
        until_none!(execute!(self, sqlx::query(SQL).bind(session.as_str()).bind(now.micros())))
    }

    /// Remembers what a person allowed; replaces what was remembered.
    pub async fn record_consent(
        &mut self,
        person: &PersonId,
        tenant: &TenantId,
        client: &ClientId,
        scope: &str,
        now: Timestamp,
    ) -> Result<()> {
        const SQL: &str = "insert into consents (person_id, tenant_id, client_id, scope, granted_at) values ($1, $2, $3, $4, $5)
            on conflict (person_id, tenant_id, client_id) do update set scope = excluded.scope, granted_at = excluded.granted_at";
        execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(tenant.as_str()).bind(client.as_str()).bind(scope).bind(now.micros()))?;
        Ok(())
    }

    pub async fn forget_consent(&mut self, person: &PersonId, tenant: &TenantId, client: &ClientId) -> Result<()> {
        const SQL: &str = "delete from consents where person_id = $1 and tenant_id = $2 and client_id = $3";
        execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(tenant.as_str()).bind(client.as_str()))?;
        Ok(())
    }
}
