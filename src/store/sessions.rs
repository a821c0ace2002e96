//! Sessions of browsers, and the tenant that was last chosen in them.
use super::rows::{At, all, micros, time, to_json};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{Agent, BrowserKind, ClientId, Origin, PersonId, Session, SessionId, SystemKind, TenantId};
use crate::world::{Digest, Timestamp};

macro_rules! session_where {
    ($condition:literal) => {
        concat!(
            "select id, person_id, proof, created_at, last_seen_at, expires_at, ended_at, browser, system, network from sessions where ",
            $condition
        )
    };
}

pub(super) use session_where;

#[derive(sqlx::FromRow)]
pub(super) struct SessionRow {
    id: String,
    person_id: String,
    proof: String,
    created_at: i64,
    last_seen_at: i64,
    expires_at: i64,
    ended_at: Option<i64>,
    browser: Option<String>,
    system: Option<String>,
    network: Option<String>,
}

/// What was written down about the browser; a word that is not known here is nothing.
pub(super) fn origin(browser: Option<&str>, system: Option<&str>, network: Option<String>) -> Origin {
    Origin { agent: Agent { browser: browser.and_then(BrowserKind::parse), system: system.and_then(SystemKind::parse) }, network }
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;
    fn try_from(row: SessionRow) -> Result<Self> {
        let at = At { table: "sessions", row: &row.id };
        Ok(Self {
            proof: at.json("proof", &row.proof)?,
            person: PersonId::from_text(row.person_id),
            created_at: Timestamp::from_micros(row.created_at),
            last_seen_at: Timestamp::from_micros(row.last_seen_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            ended_at: time(row.ended_at),
            origin: origin(row.browser.as_deref(), row.system.as_deref(), row.network),
            id: SessionId::from_text(row.id),
        })
    }
}

impl Read {
    /// The session of a cookie, also an ended or expired one: the caller decides.
    pub async fn session_by_cookie(&mut self, cookie: &Digest) -> Result<Option<Session>> {
        const SQL: &str = session_where!("cookie = $1");
        let row: Option<SessionRow> = on!(self, c => sqlx::query_as(SQL).bind(cookie.as_str()).fetch_optional(c))?;
        row.map(Session::try_from).transpose()
    }

    /// A session by its id, also an ended or expired one.
    pub async fn session(&mut self, id: &SessionId) -> Result<Option<Session>> {
        const SQL: &str = session_where!("id = $1");
        let row: Option<SessionRow> = on!(self, c => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(c))?;
        row.map(Session::try_from).transpose()
    }

    /// Sessions whose absolute end lies between `since` and now and which nobody has ended; the oldest first.
    pub async fn sessions_run_out(&mut self, since: Timestamp, now: Timestamp, limit: i64) -> Result<Vec<Session>> {
        const SQL: &str = session_where!(
            "ended_at is null and expires_at > $1 and expires_at <= $2
            order by expires_at, id
            limit $3"
        );
        let rows: Vec<SessionRow> = on!(self, c => sqlx::query_as(SQL).bind(since.micros()).bind(now.micros()).bind(limit).fetch_all(c))?;
        all(rows)
    }

    /// Sessions of those who joined a tenant that began before then and that nobody has ended; the oldest first.
    pub async fn sessions_begun_before(&mut self, tenant: &TenantId, then: Timestamp, limit: i64) -> Result<Vec<Session>> {
        const SQL: &str = session_where!(
            "ended_at is null and created_at <= $2
            and person_id in (select m.person_id from memberships m where m.tenant_id = $1 and m.state = 'active' and m.accepted_at is not null)
            order by created_at, id
            limit $3"
        );
        let rows: Vec<SessionRow> = on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).bind(then.micros()).bind(limit).fetch_all(c))?;
        all(rows)
    }

    /// The tenant last chosen in this session for this client, else for any client.
    pub async fn remembered_tenant(&mut self, session: &SessionId, client: &ClientId) -> Result<Option<TenantId>> {
        const SQL: &str = "select tenant_id from session_tenants
            where session_id = $1 and (client_id = $2 or client_id = '')
            order by case when client_id = '' then 1 else 0 end
            limit 1";
        let found: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(session.as_str()).bind(client.as_str()).fetch_optional(c))?;
        Ok(found.map(TenantId::from_text))
    }
}

impl Write {
    pub async fn insert_session(&mut self, session: &Session, cookie: &Digest) -> Result<()> {
        const SQL: &str = "insert into sessions
                (id, cookie, person_id, proof, created_at, last_seen_at, expires_at, ended_at, browser, system, network)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let proof = to_json(&session.proof);
        execute!(
            self,
            sqlx::query(SQL)
                .bind(session.id.as_str())
                .bind(cookie.as_str())
                .bind(session.person.as_str())
                .bind(&proof)
                .bind(session.created_at.micros())
                .bind(session.last_seen_at.micros())
                .bind(session.expires_at.micros())
                .bind(micros(session.ended_at))
                .bind(session.origin.agent.browser.map(BrowserKind::as_str))
                .bind(session.origin.agent.system.map(SystemKind::as_str))
                .bind(session.origin.network.as_deref())
        )?;
        Ok(())
    }

    /// Holds a session that goes on: whoever ends it waits, and then finds what was granted in it. False when it has ended.
    pub async fn hold_session(&mut self, id: &SessionId) -> Result<bool> {
        const SQL: &str = "update sessions set ended_at = null where id = $1 and ended_at is null returning id";
        let alive: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).fetch_optional(c))?;
        Ok(alive.is_some())
    }

    /// New proof, new cookie: whoever knew the cookie before does not know the stronger session (session fixation). Where the
    /// proof was given is written down, too. False when the session is over.
    pub async fn renew_session(&mut self, session: &Session, cookie: &Digest, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update sessions set cookie = $2, proof = $3, last_seen_at = $4, browser = $5, system = $6, network = $7
            where id = $1 and ended_at is null and expires_at > $4
            returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(session.id.as_str()).bind(cookie.as_str()).bind(to_json(&session.proof)).bind(now.micros())
            .bind(session.origin.agent.browser.map(BrowserKind::as_str)).bind(session.origin.agent.system.map(SystemKind::as_str))
            .bind(session.origin.network.as_deref()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    pub async fn touch_session(&mut self, id: &SessionId, now: Timestamp) -> Result<()> {
        const SQL: &str = "update sessions set last_seen_at = $2 where id = $1 and ended_at is null and last_seen_at < $2";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(now.micros()))?;
        Ok(())
    }

    /// Ends a session; its applications will be told. False when it had ended before.
    pub async fn end_session(&mut self, id: &SessionId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update sessions set ended_at = $2 where id = $1 and ended_at is null returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(now.micros()).fetch_optional(c))?;
        if won.is_some() {
            self.queue_logouts_of_session(id, now).await?;
        }
        Ok(won.is_some())
    }

    /// The live sessions of a person beside `newest` that are more than `cap` together with it, those unused the
    /// longest. Ask it while the person is held, so that sign-ins at the same time are counted one after the other
    /// (security.md E16).
    pub async fn sessions_beyond(&mut self, person: &PersonId, newest: &SessionId, cap: u32, now: Timestamp) -> Result<Vec<SessionId>> {
        const SQL: &str = "select id from sessions
            where person_id = $1 and id <> $2 and ended_at is null and expires_at > $3
            order by last_seen_at desc, id desc
            limit 1000 offset $4";
        let others = i64::from(cap).saturating_sub(1);
        let ids: Vec<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(person.as_str()).bind(newest.as_str()).bind(now.micros()).bind(others).fetch_all(c))?;
        Ok(ids.into_iter().map(SessionId::from_text).collect())
    }

    /// Ends a person's sessions in every browser; their applications will be told. Gives their number.
    pub async fn end_sessions_of(&mut self, person: &PersonId, now: Timestamp) -> Result<u64> {
        const SQL: &str = "update sessions set ended_at = $2 where person_id = $1 and ended_at is null";
        self.queue_logouts_of_sessions(person, now).await?;
        execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(now.micros()))
    }

    /// Remembers the tenant for this client and as the session's last choice of all.
    pub async fn remember_tenant(&mut self, session: &SessionId, client: &ClientId, tenant: &TenantId, now: Timestamp) -> Result<()> {
        const SQL: &str = "insert into session_tenants (session_id, client_id, tenant_id, chosen_at)
            values ($1, $2, $3, $4), ($1, '', $3, $4)
            on conflict (session_id, client_id) do update set tenant_id = excluded.tenant_id, chosen_at = excluded.chosen_at";
        execute!(self, sqlx::query(SQL).bind(session.as_str()).bind(client.as_str()).bind(tenant.as_str()).bind(now.micros()))?;
        Ok(())
    }
}
