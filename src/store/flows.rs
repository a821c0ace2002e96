//! Unfinished sign-ins, and the codes by e-mail that they wait for.
use super::rows::{At, micros, time, to_json};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{ChallengeId, ClientId, EmailChallenge, Flow, FlowId, PersonId, Progress};
use crate::world::{Digest, Timestamp};

#[derive(sqlx::FromRow)]
struct FlowRow {
    id: String,
    browser: String,
    client_id: String,
    request: String,
    progress: String,
    version: i64,
    created_at: i64,
    expires_at: i64,
    closed_at: Option<i64>,
}

impl TryFrom<FlowRow> for Flow {
    type Error = StoreError;
    fn try_from(row: FlowRow) -> Result<Self> {
        let at = At { table: "flows", row: &row.id };
        Ok(Self {
            progress: at.json("progress", &row.progress)?,
            browser: Digest::from_stored(row.browser),
            client: ClientId::from_text(row.client_id),
            request: row.request,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            closed_at: time(row.closed_at),
            version: row.version,
            id: FlowId::from_text(row.id),
        })
    }
}

#[derive(sqlx::FromRow)]
struct ChallengeRow {
    id: String,
    person_id: String,
    digest: String,
    attempts: i64,
    created_at: i64,
    expires_at: i64,
}

impl From<ChallengeRow> for EmailChallenge {
    fn from(row: ChallengeRow) -> Self {
        Self {
            id: ChallengeId::from_text(row.id),
            person: PersonId::from_text(row.person_id),
            digest: Digest::from_stored(row.digest),
            attempts: row.attempts,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
        }
    }
}

impl Read {
    /// A flow, also a closed or expired one.
    pub async fn flow(&mut self, id: &FlowId) -> Result<Option<Flow>> {
        const SQL: &str = "select id, browser, client_id, request, progress, version, created_at, expires_at, closed_at
            from flows where id = $1";
        let row: Option<FlowRow> = on!(self, c => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(c))?;
        row.map(Flow::try_from).transpose()
    }

    /// A challenge that was neither redeemed nor voided; it may have expired or have no attempts left.
    pub async fn email_challenge(&mut self, id: &ChallengeId) -> Result<Option<EmailChallenge>> {
        const SQL: &str = "select id, person_id, digest, attempts, created_at, expires_at
            from email_challenges where id = $1 and used_at is null";
        let row: Option<ChallengeRow> = on!(self, c => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(c))?;
        Ok(row.map(EmailChallenge::from))
    }

    /// How many codes were sent to a person since then (security.md G13).
    pub async fn email_challenges_since(&mut self, person: &PersonId, since: Timestamp) -> Result<i64> {
        const SQL: &str = "select count(*) from email_challenges where person_id = $1 and created_at >= $2";
        on!(self, c => sqlx::query_scalar(SQL).bind(person.as_str()).bind(since.micros()).fetch_one(c))
    }
}

impl Write {
    pub async fn insert_flow(&mut self, flow: &Flow) -> Result<()> {
        const SQL: &str = "insert into flows
                (id, browser, client_id, request, progress, version, created_at, expires_at, closed_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let progress = to_json(&flow.progress);
        execute!(
            self,
            sqlx::query(SQL)
                .bind(flow.id.as_str())
                .bind(flow.browser.as_str())
                .bind(flow.client.as_str())
                .bind(&flow.request)
                .bind(&progress)
                .bind(flow.version)
                .bind(flow.created_at.micros())
                .bind(flow.expires_at.micros())
                .bind(micros(flow.closed_at))
        )?;
        Ok(())
    }

    /// Writes progress on top of the version that was read. False when another request was faster or closed the flow.
    pub async fn update_flow(&mut self, id: &FlowId, version: i64, progress: &Progress) -> Result<bool> {
        const SQL: &str = "update flows set progress = $3, version = version + 1
            where id = $1 and version = $2 and closed_at is null
            returning id";
        let won: Option<String> =
            on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(version).bind(to_json(progress)).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Ends a flow at the version that was read; exactly one caller gets true.
    pub async fn close_flow(&mut self, id: &FlowId, version: i64, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update flows set closed_at = $3, version = version + 1
            where id = $1 and version = $2 and closed_at is null
            returning id";
        let won: Option<String> =
            on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(version).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Keeps a challenge. Those of one person are kept one after the other, so that they can be counted afterwards.
    pub async fn insert_email_challenge(&mut self, challenge: &EmailChallenge) -> Result<()> {
        const SQL: &str = "insert into email_challenges (id, person_id, digest, attempts, created_at, expires_at)
            values ($1, $2, $3, $4, $5, $6)";
        self.hold_person(&challenge.person).await?;
        execute!(
            self,
            sqlx::query(SQL)
                .bind(challenge.id.as_str())
                .bind(challenge.person.as_str())
                .bind(challenge.digest.as_str())
                .bind(challenge.attempts)
                .bind(challenge.created_at.micros())
                .bind(challenge.expires_at.micros())
        )?;
        Ok(())
    }

    /// Counts the attempt and redeems the challenge if the digest is right, in one statement: parallel guesses never
    /// get more than `max_attempts` together. False when wrong, used, voided, expired or out of attempts.
    /// The count stands only if the transaction commits: answer a wrong code with `Ok`, not with an error.
    pub async fn redeem_email_challenge(&mut self, id: &ChallengeId, digest: &Digest, max_attempts: i64, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update email_challenges
            set attempts = attempts + 1, used_at = case when digest = $2 then cast($4 as bigint) end
            where id = $1 and used_at is null and expires_at > $4 and attempts < $3
            returning used_at";
        let counted: Option<Option<i64>> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(id.as_str()).bind(digest.as_str()).bind(max_attempts).bind(now.micros()).fetch_optional(c))?;
        Ok(counted.flatten().is_some())
    }

    /// Makes every open challenge of a person worthless: codes that went out before count no more.
    pub async fn void_email_challenges_of(&mut self, person: &PersonId, now: Timestamp) -> Result<u64> {
        const SQL: &str = "update email_challenges set used_at = $2 where person_id = $1 and used_at is null";
        execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(now.micros()))
    }

    /// Makes a challenge worthless, for example because a newer one was sent.
    pub async fn void_email_challenge(&mut self, id: &ChallengeId, now: Timestamp) -> Result<()> {
        const SQL: &str = "update email_challenges set used_at = $2 where id = $1 and used_at is null";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(now.micros()))?;
        Ok(())
    }
}
