//! What a person sees and ends in the own account: sessions, applications, the tenant that applications open.
use super::sessions::{SessionRow, session_where};
use super::{Read, Result, Write, execute, on};
use crate::model::{ClientId, PersonId, Session, SessionId, TenantId};
use crate::world::Timestamp;

/// An application that may act for a person in a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnApplication {
    pub client: ClientId,
    pub tenant: TenantId,
    /// When it was allowed or used first.
    pub since: Timestamp,
}

impl Read {
    /// A person's sessions that have not ended, the last used first. Idle ones are among them: the caller decides.
    pub async fn sessions_of(&mut self, person: &PersonId, now: Timestamp) -> Result<Vec<Session>> {
        const SQL: &str =
            session_where!("person_id = $1 and ended_at is null and expires_at > $2 order by last_seen_at desc, id limit 200");
        let rows: Vec<SessionRow> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).bind(now.micros()).fetch_all(c))?;
        super::rows::all(rows)
    }

    /// Every application that a person allowed something or that holds a live grant, by tenant and client.
    pub async fn applications_of(&mut self, person: &PersonId, now: Timestamp) -> Result<Vec<OwnApplication>> {
        const SQL: &str = "select a.client_id, a.tenant_id, min(a.since)
            from (
                select client_id, tenant_id, granted_at as since from consents where person_id = $1
                union all
                select client_id, tenant_id, created_at from grants where person_id = $1 and ended_at is null and expires_at > $2
            ) a
            group by a.client_id, a.tenant_id
            order by a.tenant_id, a.client_id";
        let rows: Vec<(String, String, i64)> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).bind(now.micros()).fetch_all(c))?;
        let application = |(client, tenant, since): (String, String, i64)| OwnApplication {
            client: ClientId::from_text(client),
            tenant: TenantId::from_text(tenant),
            since: Timestamp::from_micros(since),
        };
        Ok(rows.into_iter().map(application).collect())
    }
}

impl Write {
    /// From now on every application of this session opens this tenant unless it asks for another (people.md K44).
    pub async fn choose_session_tenant(&mut self, session: &SessionId, tenant: &TenantId, now: Timestamp) -> Result<()> {
        const SQL: &str = "insert into session_tenants (session_id, client_id, tenant_id, chosen_at) values ($1, '', $2, $3)";
        execute!(self, sqlx::query("delete from session_tenants where session_id = $1").bind(session.as_str()))?;
        execute!(self, sqlx::query(SQL).bind(session.as_str()).bind(tenant.as_str()).bind(now.micros()))?;
        Ok(())
    }

    /// Takes back what a person allowed an application in a tenant: consent and grants; it will be told. False when there
    /// was nothing.
    pub async fn revoke_application(&mut self, person: &PersonId, tenant: &TenantId, client: &ClientId, now: Timestamp) -> Result<bool> {
        const CONSENT: &str = "delete from consents where person_id = $1 and tenant_id = $2 and client_id = $3";
        const GRANTS: &str = "select id from grants
            where person_id = $1 and tenant_id = $2 and client_id = $3 and ended_at is null
            order by id";
        let forgotten = execute!(self, sqlx::query(CONSENT).bind(person.as_str()).bind(tenant.as_str()).bind(client.as_str()))?;
        let grants: Vec<String> = on!(self, c => sqlx::query_scalar(GRANTS)
            .bind(person.as_str()).bind(tenant.as_str()).bind(client.as_str()).fetch_all(c))?;
        self.queue_logouts_of_application(person, tenant, client, now).await?;
        for grant in &grants {
            self.end_grant(&crate::model::GrantId::from_text(grant.clone()), now).await?;
        }
        Ok(forgotten > 0 || !grants.is_empty())
    }
}
