//! Registered clients with their secrets and the tenants that they serve. Every write raises the generation.
use std::collections::BTreeMap;

use super::rows::{At, micros, time, to_json};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{Client, ClientId, ClientMetadata, ClientState, SecretId, StoredSecret, TenantId};
use crate::world::{Digest, Timestamp};

#[derive(sqlx::FromRow)]
struct ClientRow {
    id: String,
    state: String,
    metadata: String,
    created_at: i64,
}

#[derive(sqlx::FromRow)]
struct SecretRow {
    id: String,
    client_id: String,
    digest: String,
    expires_at: Option<i64>,
}

impl TryFrom<ClientRow> for Client {
    type Error = StoreError;
    fn try_from(row: ClientRow) -> Result<Self> {
        let at = At { table: "clients", row: &row.id };
        Ok(Self {
            state: at.parsed("state", ClientState::parse(&row.state))?,
            metadata: at.json("metadata", &row.metadata)?,
            secrets: Vec::new(),
            tenants: Vec::new(),
            created_at: Timestamp::from_micros(row.created_at),
            id: ClientId::from_text(row.id),
        })
    }
}

impl From<SecretRow> for StoredSecret {
    fn from(row: SecretRow) -> Self {
        Self { id: SecretId::from_text(row.id), digest: Digest::from_stored(row.digest), expires_at: time(row.expires_at) }
    }
}

/// Joins what the three tables say.
fn assemble(rows: Vec<ClientRow>, secrets: Vec<SecretRow>, tenants: Vec<(String, String)>) -> Result<Vec<Client>> {
    let mut clients: BTreeMap<String, Client> = BTreeMap::new();
    for row in rows {
        clients.insert(row.id.clone(), Client::try_from(row)?);
    }
    for secret in secrets {
        if let Some(client) = clients.get_mut(&secret.client_id) {
            client.secrets.push(secret.into());
        }
    }
    for (client, tenant) in tenants {
        if let Some(client) = clients.get_mut(&client) {
            client.tenants.push(TenantId::from_text(tenant));
        }
    }
    Ok(clients.into_values().collect())
}

impl Read {
    /// All clients, by id.
    pub async fn clients(&mut self) -> Result<Vec<Client>> {
        self.clients_like(None).await
    }

    pub async fn client(&mut self, id: &ClientId) -> Result<Option<Client>> {
        Ok(self.clients_like(Some(id)).await?.pop())
    }

    async fn clients_like(&mut self, id: Option<&ClientId>) -> Result<Vec<Client>> {
        const CLIENTS: &str = "select id, state, metadata, created_at from clients
            where cast($1 as text) is null or id = $1
            order by id";
        const SECRETS: &str = "select id, client_id, digest, expires_at from client_secrets
            where cast($1 as text) is null or client_id = $1
            order by created_at, id";
        const TENANTS: &str = "select client_id, tenant_id from client_tenants
            where cast($1 as text) is null or client_id = $1
            order by client_id, tenant_id";
        let id = id.map(ClientId::as_str);
        let rows: Vec<ClientRow> = on!(self, c => sqlx::query_as(CLIENTS).bind(id).fetch_all(c))?;
        let secrets: Vec<SecretRow> = on!(self, c => sqlx::query_as(SECRETS).bind(id).fetch_all(c))?;
        let tenants: Vec<(String, String)> = on!(self, c => sqlx::query_as(TENANTS).bind(id).fetch_all(c))?;
        assemble(rows, secrets, tenants)
    }
}

impl Write {
    /// Registers a client with its secrets and tenants. False when the id exists; then nothing was written.
    pub async fn insert_client(&mut self, client: &Client) -> Result<bool> {
        const SQL: &str = "insert into clients (id, state, metadata, hears_logouts, created_at) values ($1, $2, $3, $4, $5)
            on conflict (id) do nothing
            returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(client.id.as_str())
            .bind(client.state.as_str())
            .bind(to_json(&client.metadata))
            .bind(client.metadata.backchannel_logout_uri.is_some())
            .bind(client.created_at.micros())
            .fetch_optional(c))?;
        if won.is_none() {
            return Ok(false);
        }
        for secret in &client.secrets {
            self.add_client_secret(&client.id, secret, client.created_at).await?;
        }
        for tenant in &client.tenants {
            self.entitle_client(&client.id, tenant).await?;
        }
        self.raise_generation().await?;
        Ok(true)
    }

    /// False when there is no such client.
    pub async fn set_client_metadata(&mut self, id: &ClientId, metadata: &ClientMetadata) -> Result<bool> {
        const SQL: &str = "update clients set metadata = $2, hears_logouts = $3 where id = $1";
        let text = to_json(metadata);
        let changed = execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(&text).bind(metadata.backchannel_logout_uri.is_some()))?;
        self.raise_generation().await?;
        Ok(changed > 0)
    }

    /// Replaces metadata that nobody else has replaced since it was read. False when somebody has, or the client is gone.
    pub async fn replace_client_metadata(&mut self, id: &ClientId, read: &ClientMetadata, metadata: &ClientMetadata) -> Result<bool> {
        // Every change of a registered thing waits for this row.
        self.raise_generation().await?;
        match self.client(id).await? {
            Some(client) if client.metadata == *read => self.set_client_metadata(id, metadata).await,
            _ => Ok(false),
        }
    }

    pub async fn set_client_state(&mut self, id: &ClientId, state: ClientState) -> Result<()> {
        const SQL: &str = "update clients set state = $2 where id = $1";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(state.as_str()))?;
        self.raise_generation().await
    }

    pub async fn add_client_secret(&mut self, client: &ClientId, secret: &StoredSecret, now: Timestamp) -> Result<()> {
        const SQL: &str = "insert into client_secrets (id, client_id, digest, expires_at, created_at) values ($1, $2, $3, $4, $5)";
        execute!(
            self,
            sqlx::query(SQL)
                .bind(secret.id.as_str())
                .bind(client.as_str())
                .bind(secret.digest.as_str())
                .bind(micros(secret.expires_at))
                .bind(now.micros())
        )?;
        self.raise_generation().await
    }

    /// Adds a secret unless `most` of them are in force already, counted while nobody else can add one.
    pub async fn add_client_secret_below(&mut self, client: &ClientId, secret: &StoredSecret, most: i64, now: Timestamp) -> Result<bool> {
        const SQL: &str = "insert into client_secrets (id, client_id, digest, expires_at, created_at)
            select $1, $2, $3, cast($4 as bigint), $5
            where (select count(*) from client_secrets where client_id = $2 and (expires_at is null or expires_at > $5)) < $6
            returning id";
        // Every change of a registered thing waits for this row.
        self.raise_generation().await?;
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(secret.id.as_str())
            .bind(client.as_str())
            .bind(secret.digest.as_str())
            .bind(micros(secret.expires_at))
            .bind(now.micros())
            .bind(most)
            .fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// False when there is no such secret.
    pub async fn drop_client_secret(&mut self, id: &SecretId) -> Result<bool> {
        let dropped = execute!(self, sqlx::query("delete from client_secrets where id = $1").bind(id.as_str()))?;
        self.raise_generation().await?;
        Ok(dropped > 0)
    }

    /// Lets a tenant's people enter a client whose entitlement is `listed`.
    pub async fn entitle_client(&mut self, client: &ClientId, tenant: &TenantId) -> Result<()> {
        const SQL: &str = "insert into client_tenants (client_id, tenant_id) values ($1, $2) on conflict do nothing";
        execute!(self, sqlx::query(SQL).bind(client.as_str()).bind(tenant.as_str()))?;
        self.raise_generation().await
    }

    /// Lets a secret end at a moment to come, or at once. False when there is no such secret.
    pub async fn expire_client_secret(&mut self, id: &SecretId, at: Timestamp) -> Result<bool> {
        const SQL: &str = "update client_secrets set expires_at = $2 where id = $1";
        let changed = execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(at.micros()))?;
        self.raise_generation().await?;
        Ok(changed > 0)
    }

    /// Replaces the tenants of a client whose entitlement is `listed`.
    pub async fn set_client_tenants(&mut self, client: &ClientId, tenants: &[TenantId]) -> Result<()> {
        execute!(self, sqlx::query("delete from client_tenants where client_id = $1").bind(client.as_str()))?;
        for tenant in tenants {
            self.entitle_client(client, tenant).await?;
        }
        self.raise_generation().await
    }
}
