//! Who must be told that a session is over: queued by the very functions that end sessions and grants, so that no use
//! case can forget it; leased by one node at a time.
use super::rows::{At, all, time};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{ClientId, DeliveryState, LogoutDelivery, LogoutId, PersonId, SessionId, TenantId};
use crate::world::Timestamp;

/// One row for each client and session among the grants that the condition names. `$2` is now. A client that was told of
/// this session before and has been signed in since is told again.
macro_rules! queue_where {
    ($condition:literal) => {
        concat!(
            "insert into logout_deliveries
                (id, client_id, person_id, session_id, state, attempts, due_at, locked_until, created_at)
            select 'lgo_' || substr(min(g.id), 5), g.client_id, g.person_id, g.session_id, 'queued', 0, $2, 0, $2
            from grants g
            join clients c on c.id = g.client_id
            where c.hears_logouts and ",
            $condition,
            " group by g.client_id, g.person_id, g.session_id
            on conflict (id) do update set
                state = 'queued', attempts = 0, due_at = excluded.due_at, locked_until = 0,
                last_error = null, created_at = excluded.created_at, done_at = null
            where logout_deliveries.state <> 'queued'"
        )
    };
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    id: String,
    client_id: String,
    person_id: String,
    session_id: Option<String>,
    state: String,
    attempts: i64,
    last_error: Option<String>,
    due_at: i64,
    created_at: i64,
    done_at: Option<i64>,
}

impl TryFrom<DeliveryRow> for LogoutDelivery {
    type Error = StoreError;
    fn try_from(row: DeliveryRow) -> Result<Self> {
        let at = At { table: "logout_deliveries", row: &row.id };
        Ok(Self {
            state: at.parsed("state", DeliveryState::parse(&row.state))?,
            client: ClientId::from_text(row.client_id),
            person: PersonId::from_text(row.person_id),
            session: row.session_id.map(SessionId::from_text),
            attempts: row.attempts,
            last_error: row.last_error,
            due_at: Timestamp::from_micros(row.due_at),
            created_at: Timestamp::from_micros(row.created_at),
            done_at: time(row.done_at),
            id: LogoutId::from_text(row.id),
        })
    }
}

impl Read {
    /// Is a logout token due? Asked often, so that nobody takes the writer's turn for nothing.
    pub async fn logout_is_due(&mut self, now: Timestamp) -> Result<bool> {
        const SQL: &str = "select id from logout_deliveries
            where state = 'queued' and due_at <= $1 and locked_until <= $1
            limit 1";
        let found: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(now.micros()).fetch_optional(c))?;
        Ok(found.is_some())
    }

    /// What a client was told, or is still to be told; the newest first.
    pub async fn logout_deliveries_of(&mut self, client: &ClientId, limit: i64) -> Result<Vec<LogoutDelivery>> {
        const SQL: &str = "select id, client_id, person_id, session_id, state, attempts, last_error, due_at, created_at, done_at
            from logout_deliveries where client_id = $1
            order by created_at desc, id desc
            limit $2";
        let rows: Vec<DeliveryRow> = on!(self, c => sqlx::query_as(SQL).bind(client.as_str()).bind(limit).fetch_all(c))?;
        all(rows)
    }

    /// The clients to which a session was told.
    pub async fn clients_of_session(&mut self, session: &SessionId) -> Result<Vec<ClientId>> {
        const SQL: &str = "select distinct client_id from grants where session_id = $1 order by client_id";
        let found: Vec<String> = on!(self, c => sqlx::query_scalar(SQL).bind(session.as_str()).fetch_all(c))?;
        Ok(found.into_iter().map(ClientId::from_text).collect())
    }
}

impl Write {
    pub(super) async fn queue_logouts_of_session(&mut self, session: &SessionId, now: Timestamp) -> Result<u64> {
        const SQL: &str = queue_where!("g.session_id = $1");
        execute!(self, sqlx::query(SQL).bind(session.as_str()).bind(now.micros()))
    }

    /// Before the person's sessions end.
    pub(super) async fn queue_logouts_of_sessions(&mut self, person: &PersonId, now: Timestamp) -> Result<u64> {
        const SQL: &str = queue_where!("g.session_id in (select s.id from sessions s where s.person_id = $1 and s.ended_at is null)");
        execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(now.micros()))
    }

    /// Before the person's grants end.
    pub(super) async fn queue_logouts_of_person(&mut self, person: &PersonId, now: Timestamp) -> Result<u64> {
        const SQL: &str = queue_where!("g.person_id = $1 and g.ended_at is null");
        execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(now.micros()))
    }

    /// Before the person's grants in a tenant end.
    pub(super) async fn queue_logouts_of_membership(&mut self, person: &PersonId, tenant: &TenantId, now: Timestamp) -> Result<u64> {
        const SQL: &str = queue_where!("g.person_id = $1 and g.tenant_id = $3 and g.ended_at is null");
        execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(now.micros()).bind(tenant.as_str()))
    }

    /// Before what was granted in a tenant ends.
    pub(super) async fn queue_logouts_of_tenant(&mut self, tenant: &TenantId, now: Timestamp) -> Result<u64> {
        const SQL: &str = queue_where!("g.tenant_id = $1 and g.ended_at is null");
        execute!(self, sqlx::query(SQL).bind(tenant.as_str()).bind(now.micros()))
    }

    /// Before what a person allowed an application in a tenant ends.
    pub(super) async fn queue_logouts_of_application(
        &mut self,
        person: &PersonId,
        tenant: &TenantId,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<u64> {
        const SQL: &str = queue_where!("g.person_id = $1 and g.tenant_id = $3 and g.client_id = $4 and g.ended_at is null");
        execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(now.micros()).bind(tenant.as_str()).bind(client.as_str()))
    }

    /// Takes up to `limit` due deliveries for one node until `locked_until`; the attempt is counted. Oldest first.
    pub async fn lease_logouts(&mut self, now: Timestamp, locked_until: Timestamp, limit: i64) -> Result<Vec<LogoutDelivery>> {
        const SQL: &str = "update logout_deliveries set locked_until = $2, attempts = attempts + 1
            where id in (
                select id from logout_deliveries
                where state = 'queued' and due_at <= $1 and locked_until <= $1
                order by due_at, id
                limit $3)
            and state = 'queued' and locked_until <= $1
            returning id, client_id, person_id, session_id, state, attempts, last_error, due_at, created_at, done_at";
        let mut rows: Vec<DeliveryRow> = on!(self, c => sqlx::query_as(SQL)
            .bind(now.micros()).bind(locked_until.micros()).bind(limit).fetch_all(c))?;
        rows.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        all(rows)
    }

    /// The client took it.
    pub async fn logout_delivered(&mut self, id: &LogoutId, now: Timestamp) -> Result<()> {
        const SQL: &str = "update logout_deliveries set state = 'delivered', done_at = $2, last_error = null
            where id = $1 and state = 'queued'";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(now.micros()))?;
        Ok(())
    }

    /// Not taken: tried again at `due`. What else waits for the same client waits as long, so that a receiver that hangs
    /// holds one turn and not all of them.
    pub async fn logout_postponed(&mut self, delivery: &LogoutDelivery, error: &str, due: Timestamp) -> Result<()> {
        const OWN: &str = "update logout_deliveries set last_error = $2, due_at = $3, locked_until = 0
            where id = $1 and state = 'queued'";
        const OTHERS: &str = "update logout_deliveries set due_at = $2 where client_id = $1 and state = 'queued' and due_at < $2";
        execute!(self, sqlx::query(OWN).bind(delivery.id.as_str()).bind(error).bind(due.micros()))?;
        execute!(self, sqlx::query(OTHERS).bind(delivery.client.as_str()).bind(due.micros()))?;
        Ok(())
    }

    /// Given up.
    pub async fn logout_dead(&mut self, id: &LogoutId, error: &str, now: Timestamp) -> Result<()> {
        const SQL: &str = "update logout_deliveries set state = 'dead', last_error = $2, done_at = $3 where id = $1 and state = 'queued'";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(error).bind(now.micros()))?;
        Ok(())
    }
}
