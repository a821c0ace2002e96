//! Connections to Entra tenants, their pins, bound identities and sign-ins under way.
use super::rows::{At, all, micros, time, to_json};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{
    BoundVia, Connection, ConnectionId, ConnectionState, EntraPin, FederatedIdentity, IdentityId, PersonId, TenantId, UpstreamFlow,
};
use crate::world::{Digest, Timestamp};

macro_rules! identity_where {
    ($condition:literal) => {
        concat!(
            "select id, person_id, cloud_host, tid, oid, connection_id, bound_via, bound_at, last_login_at
            from federated_identities where ",
            $condition
        )
    };
}

#[derive(sqlx::FromRow)]
struct ConnectionRow {
    id: String,
    name: String,
    cloud_host: String,
    tid: String,
    upstream_client_id: String,
    credential: String,
    state: String,
    mfa_asserted: bool,
    created_at: i64,
}

impl TryFrom<ConnectionRow> for Connection {
    type Error = StoreError;
    fn try_from(row: ConnectionRow) -> Result<Self> {
        let at = At { table: "connections", row: &row.id };
        Ok(Self {
            credential: at.json("credential", &row.credential)?,
            state: at.parsed("state", ConnectionState::parse(&row.state))?,
            name: row.name,
            cloud_host: row.cloud_host,
            tid: row.tid,
            client_id: row.upstream_client_id,
            mfa_asserted: row.mfa_asserted,
            created_at: Timestamp::from_micros(row.created_at),
            id: ConnectionId::from_text(row.id),
        })
    }
}

#[derive(sqlx::FromRow)]
struct PinRow {
    tenant_id: String,
    connection_id: String,
    domains: String,
}

impl TryFrom<PinRow> for EntraPin {
    type Error = StoreError;
    fn try_from(row: PinRow) -> Result<Self> {
        let at = At { table: "entra_pins", row: &row.tenant_id };
        Ok(Self {
            domains: at.json("domains", &row.domains)?,
            connection: ConnectionId::from_text(row.connection_id),
            tenant: TenantId::from_text(row.tenant_id),
        })
    }
}

#[derive(sqlx::FromRow)]
struct IdentityRow {
    id: String,
    person_id: String,
    cloud_host: String,
    tid: String,
    oid: String,
    connection_id: String,
    bound_via: String,
    bound_at: i64,
    last_login_at: Option<i64>,
}

impl TryFrom<IdentityRow> for FederatedIdentity {
    type Error = StoreError;
    fn try_from(row: IdentityRow) -> Result<Self> {
        let at = At { table: "federated_identities", row: &row.id };
        Ok(Self {
            bound_via: at.parsed("bound_via", BoundVia::parse(&row.bound_via))?,
            person: PersonId::from_text(row.person_id),
            cloud_host: row.cloud_host,
            tid: row.tid,
            oid: row.oid,
            connection: ConnectionId::from_text(row.connection_id),
            bound_at: Timestamp::from_micros(row.bound_at),
            last_login_at: time(row.last_login_at),
            id: IdentityId::from_text(row.id),
        })
    }
}

#[derive(sqlx::FromRow)]
struct UpstreamRow {
    state: String,
    connection_id: String,
    browser: String,
    intent: String,
    sealed: String,
    redirect_uri: String,
    expires_at: i64,
}

impl TryFrom<UpstreamRow> for UpstreamFlow {
    type Error = StoreError;
    fn try_from(row: UpstreamRow) -> Result<Self> {
        let at = At { table: "upstream_flows", row: &row.state };
        Ok(Self {
            intent: at.json("intent", &row.intent)?,
            connection: ConnectionId::from_text(row.connection_id),
            browser: Digest::from_stored(row.browser),
            sealed: row.sealed,
            redirect_uri: row.redirect_uri,
            expires_at: Timestamp::from_micros(row.expires_at),
            state: Digest::from_stored(row.state),
        })
    }
}

impl Read {
    /// All connections, by id.
    pub async fn connections(&mut self) -> Result<Vec<Connection>> {
        const SQL: &str = "select id, name, cloud_host, tid, upstream_client_id, credential, state, mfa_asserted, created_at
            from connections
            order by id";
        let rows: Vec<ConnectionRow> = on!(self, c => sqlx::query_as(SQL).fetch_all(c))?;
        all(rows)
    }

    pub async fn pins(&mut self) -> Result<Vec<EntraPin>> {
        const SQL: &str = "select tenant_id, connection_id, domains from entra_pins order by tenant_id, connection_id";
        let rows: Vec<PinRow> = on!(self, c => sqlx::query_as(SQL).fetch_all(c))?;
        all(rows)
    }

    /// The identity with this key; e-mail addresses are never a key (microsoft.md 2.2).
    pub async fn identity(&mut self, cloud_host: &str, tid: &str, oid: &str) -> Result<Option<FederatedIdentity>> {
        const SQL: &str = identity_where!("cloud_host = $1 and tid = $2 and oid = $3");
        let row: Option<IdentityRow> = on!(self, c => sqlx::query_as(SQL).bind(cloud_host).bind(tid).bind(oid).fetch_optional(c))?;
        row.map(FederatedIdentity::try_from).transpose()
    }

    /// What waits for this browser's word, without using it up.
    pub async fn pending_upstream_flow(&mut self, state: &Digest, browser: &Digest, now: Timestamp) -> Result<Option<UpstreamFlow>> {
        const SQL: &str = "select state, connection_id, browser, intent, sealed, redirect_uri, expires_at
            from upstream_flows
            where state = $1 and browser = $2 and used_at is null and expires_at > $3";
        let row: Option<UpstreamRow> = on!(self, c => sqlx::query_as(SQL)
            .bind(state.as_str()).bind(browser.as_str()).bind(now.micros()).fetch_optional(c))?;
        row.map(UpstreamFlow::try_from).transpose()
    }

    /// How many people who belong to a tenant are bound to which connection. Who was only invited is not counted
    /// (security.md I11).
    pub async fn bound_members(&mut self, tenant: &TenantId) -> Result<Vec<(ConnectionId, i64)>> {
        const SQL: &str = "select f.connection_id, count(distinct m.person_id)
            from memberships m
            join federated_identities f on f.person_id = m.person_id
            where m.tenant_id = $1 and m.state = 'active' and m.accepted_at is not null
            group by f.connection_id
            order by f.connection_id";
        let rows: Vec<(String, i64)> = on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).fetch_all(c))?;
        Ok(rows.into_iter().map(|(id, people)| (ConnectionId::from_text(id), people)).collect())
    }

    pub async fn identities_of(&mut self, person: &PersonId) -> Result<Vec<FederatedIdentity>> {
        const SQL: &str = identity_where!("person_id = $1 order by bound_at, id");
        let rows: Vec<IdentityRow> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).fetch_all(c))?;
        all(rows)
    }
}

impl Write {
    pub async fn insert_connection(&mut self, connection: &Connection) -> Result<()> {
        const SQL: &str = "insert into connections
                (id, name, cloud_host, tid, upstream_client_id, credential, state, mfa_asserted, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let credential = to_json(&connection.credential);
        execute!(
            self,
            sqlx::query(SQL)
                .bind(connection.id.as_str())
                .bind(&connection.name)
                .bind(&connection.cloud_host)
                .bind(&connection.tid)
                .bind(&connection.client_id)
                .bind(&credential)
                .bind(connection.state.as_str())
                .bind(connection.mfa_asserted)
                .bind(connection.created_at.micros())
        )?;
        self.raise_generation().await
    }

    pub async fn set_connection_state(&mut self, id: &ConnectionId, state: ConnectionState) -> Result<()> {
        const SQL: &str = "update connections set state = $2 where id = $1";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(state.as_str()))?;
        self.raise_generation().await
    }

    /// Pins a tenant to a connection, or replaces the pin's domains.
    pub async fn insert_pin(&mut self, pin: &EntraPin) -> Result<()> {
        const SQL: &str = "insert into entra_pins (tenant_id, connection_id, domains) values ($1, $2, $3)
            on conflict (tenant_id, connection_id) do update set domains = excluded.domains";
        let domains = to_json(&pin.domains);
        execute!(self, sqlx::query(SQL).bind(pin.tenant.as_str()).bind(pin.connection.as_str()).bind(&domains))?;
        self.raise_generation().await
    }

    /// Binds an identity to a person. False when it is bound already, or the person has another of that directory.
    pub async fn bind_identity(&mut self, identity: &FederatedIdentity) -> Result<bool> {
        const SQL: &str = "insert into federated_identities
                (id, person_id, cloud_host, tid, oid, connection_id, bound_via, bound_at, last_login_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict do nothing
            returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(identity.id.as_str())
            .bind(identity.person.as_str())
            .bind(&identity.cloud_host)
            .bind(&identity.tid)
            .bind(&identity.oid)
            .bind(identity.connection.as_str())
            .bind(identity.bound_via.as_str())
            .bind(identity.bound_at.micros())
            .bind(micros(identity.last_login_at))
            .fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Somebody signed in with this identity.
    pub async fn touch_identity(&mut self, id: &IdentityId, now: Timestamp) -> Result<()> {
        const SQL: &str = "update federated_identities set last_login_at = $2 where id = $1";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(now.micros()))?;
        Ok(())
    }

    pub async fn insert_upstream_flow(&mut self, flow: &UpstreamFlow) -> Result<()> {
        const SQL: &str = "insert into upstream_flows (state, connection_id, browser, intent, sealed, redirect_uri, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7)";
        let intent = to_json(&flow.intent);
        execute!(
            self,
            sqlx::query(SQL)
                .bind(flow.state.as_str())
                .bind(flow.connection.as_str())
                .bind(flow.browser.as_str())
                .bind(&intent)
                .bind(&flow.sealed)
                .bind(&flow.redirect_uri)
                .bind(flow.expires_at.micros())
        )?;
        Ok(())
    }

    /// Uses the `state` of an answer up (RFC 9700 4.7). None when unknown, used, expired, or from another browser;
    /// then it is untouched.
    pub async fn redeem_upstream_flow(&mut self, state: &Digest, browser: &Digest, now: Timestamp) -> Result<Option<UpstreamFlow>> {
        const SQL: &str = "update upstream_flows set used_at = $3
            where state = $1 and browser = $2 and used_at is null and expires_at > $3
            returning state, connection_id, browser, intent, sealed, redirect_uri, expires_at";
        let row: Option<UpstreamRow> = on!(self, c => sqlx::query_as(SQL)
            .bind(state.as_str()).bind(browser.as_str()).bind(now.micros()).fetch_optional(c))?;
        row.map(UpstreamFlow::try_from).transpose()
    }
}
