//! Former passwords, and the links that lead to a new one.
use super::rows::{At, all};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{PersonId, RecoveryId, RecoveryKind, RecoveryLink, RecoveryRequest, TenantId};
use crate::world::{Digest, Secret, Timestamp};

/// Former passwords of one person that are kept; no rule looks further back.
const KEPT: i64 = 24;

macro_rules! link_where {
    ($condition:literal) => {
        concat!(
            "select id, person_id, tenant_id, kind, factor_browser, created_at, expires_at from recovery_links
            where used_at is null and revoked_at is null and ",
            $condition
        )
    };
}

#[derive(sqlx::FromRow)]
struct LinkRow {
    id: String,
    person_id: String,
    tenant_id: Option<String>,
    kind: String,
    factor_browser: Option<String>,
    created_at: i64,
    expires_at: i64,
}

impl TryFrom<LinkRow> for RecoveryLink {
    type Error = StoreError;
    fn try_from(row: LinkRow) -> Result<Self> {
        let at = At { table: "recovery_links", row: &row.id };
        Ok(Self {
            kind: at.parsed("kind", RecoveryKind::parse(&row.kind))?,
            person: PersonId::from_text(row.person_id),
            tenant: row.tenant_id.map(TenantId::from_text),
            factor_browser: row.factor_browser.map(Digest::from_stored),
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            id: RecoveryId::from_text(row.id),
        })
    }
}

#[derive(sqlx::FromRow)]
struct RequestRow {
    id: String,
    sealed: String,
    created_at: i64,
}

impl TryFrom<RequestRow> for RecoveryRequest {
    type Error = StoreError;
    fn try_from(row: RequestRow) -> Result<Self> {
        Ok(Self { id: RecoveryId::from_text(row.id), sealed: row.sealed, created_at: Timestamp::from_micros(row.created_at) })
    }
}

impl Read {
    /// Hashes of a person's former passwords, the last first: the newest `count`, and those in use after `since`.
    pub async fn former_passwords(&mut self, person: &PersonId, count: u32, since: Timestamp) -> Result<Vec<Secret<String>>> {
        const SQL: &str = "select hash, retired_at from former_passwords where person_id = $1 order by retired_at desc, hash limit $2";
        let rows: Vec<(String, i64)> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).bind(KEPT).fetch_all(c))?;
        let counts = |(place, (_, retired)): &(usize, (String, i64))| *place < count as usize || *retired > since.micros();
        Ok(rows.into_iter().enumerate().filter(counts).map(|(_, (hash, _))| Secret::new(hash)).collect())
    }

    /// Hash of a person's present password, and since when it is that.
    pub async fn present_password(&mut self, person: &PersonId) -> Result<Option<(Secret<String>, Timestamp)>> {
        const SQL: &str = "select password_hash, coalesce(password_set_at, created_at) from persons
            where id = $1 and password_hash is not null";
        let row: Option<(String, i64)> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).fetch_optional(c))?;
        Ok(row.map(|(hash, set_at)| (Secret::new(hash), Timestamp::from_micros(set_at))))
    }

    /// The link of a token, while it is good.
    pub async fn recovery_link(&mut self, digest: &Digest, now: Timestamp) -> Result<Option<RecoveryLink>> {
        const SQL: &str = link_where!("digest = $1 and expires_at > $2");
        let row: Option<LinkRow> = on!(self, c => sqlx::query_as(SQL).bind(digest.as_str()).bind(now.micros()).fetch_optional(c))?;
        row.map(RecoveryLink::try_from).transpose()
    }

    /// How many links were made for a person since a time.
    pub async fn recovery_links_since(&mut self, person: &PersonId, since: Timestamp) -> Result<i64> {
        const SQL: &str = "select count(*) from recovery_links where person_id = $1 and created_at > $2";
        on!(self, c => sqlx::query_scalar(SQL).bind(person.as_str()).bind(since.micros()).fetch_one(c))
    }

    /// Requests that wait to be looked at, the oldest first.
    pub async fn recovery_requests(&mut self, limit: i64) -> Result<Vec<RecoveryRequest>> {
        const SQL: &str = "select id, sealed, created_at from recovery_requests order by created_at, id limit $1";
        let rows: Vec<RequestRow> = on!(self, c => sqlx::query_as(SQL).bind(limit).fetch_all(c))?;
        all(rows)
    }
}

impl Write {
    /// Puts the present password, if there is one, among the former ones.
    pub(super) async fn retire_password(&mut self, person: &PersonId, now: Timestamp) -> Result<()> {
        const RETIRE: &str = "insert into former_passwords (person_id, hash, retired_at)
            select id, password_hash, cast($2 as bigint) from persons where id = $1 and password_hash is not null
            on conflict (person_id, hash) do update set retired_at = excluded.retired_at";
        const FORGET: &str = "delete from former_passwords
            where person_id = $1 and hash not in (
                select hash from former_passwords where person_id = $1 order by retired_at desc, hash limit $2)";
        execute!(self, sqlx::query(RETIRE).bind(person.as_str()).bind(now.micros()))?;
        execute!(self, sqlx::query(FORGET).bind(person.as_str()).bind(KEPT))?;
        Ok(())
    }

    pub async fn insert_recovery_request(&mut self, request: &RecoveryRequest) -> Result<()> {
        const SQL: &str = "insert into recovery_requests (id, sealed, created_at) values ($1, $2, $3)";
        execute!(self, sqlx::query(SQL).bind(request.id.as_str()).bind(&request.sealed).bind(request.created_at.micros()))?;
        Ok(())
    }

    /// Takes a request off the pile. False when another node did.
    pub async fn take_recovery_request(&mut self, id: &RecoveryId) -> Result<bool> {
        const SQL: &str = "delete from recovery_requests where id = $1 returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Keeps a new link; the person's earlier ones are worthless from now on (security.md H05).
    pub async fn insert_recovery_link(&mut self, link: &RecoveryLink, digest: &Digest) -> Result<()> {
        const SQL: &str = "insert into recovery_links (id, person_id, tenant_id, kind, digest, factor_browser, created_at, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)";
        self.revoke_recovery_links(&link.person, link.created_at).await?;
        execute!(
            self,
            sqlx::query(SQL)
                .bind(link.id.as_str())
                .bind(link.person.as_str())
                .bind(link.tenant.as_ref().map(TenantId::as_str))
                .bind(link.kind.as_str())
                .bind(digest.as_str())
                .bind(link.factor_browser.as_ref().map(Digest::as_str))
                .bind(link.created_at.micros())
                .bind(link.expires_at.micros())
        )?;
        Ok(())
    }

    /// The second factor was given for this link in this browser. False when the link is over.
    pub async fn prove_recovery_link(&mut self, id: &RecoveryId, browser: &Digest, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update recovery_links set factor_browser = $2
            where id = $1 and used_at is null and revoked_at is null and expires_at > $3
            returning id";
        let won: Option<String> =
            on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(browser.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Uses a link up. False when it was used, replaced or has expired.
    pub async fn use_recovery_link(&mut self, id: &RecoveryId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update recovery_links set used_at = $2
            where id = $1 and used_at is null and revoked_at is null and expires_at > $2
            returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Makes a person's open links worthless; gives their number.
    pub async fn revoke_recovery_links(&mut self, person: &PersonId, now: Timestamp) -> Result<u64> {
        const SQL: &str = "update recovery_links set revoked_at = $2 where person_id = $1 and used_at is null and revoked_at is null";
        self.hold_person(person).await?;
        execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(now.micros()))
    }
}
