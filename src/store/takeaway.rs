//! What people take along about themselves.
use super::audit::StoredAudit;
use super::rows::{all, time};
use super::sessions::origin;
use super::{AuditRow, Read, Result, on};
use crate::model::{ClientId, Origin, PersonId, TenantId};
use crate::world::Timestamp;

/// A session without what would let anybody use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnSession {
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub origin: Origin,
}

#[derive(sqlx::FromRow)]
struct OwnSessionRow {
    created_at: i64,
    last_seen_at: i64,
    expires_at: i64,
    ended_at: Option<i64>,
    browser: Option<String>,
    system: Option<String>,
    network: Option<String>,
}

/// What an application was allowed, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnConsent {
    pub tenant: TenantId,
    pub client: ClientId,
    pub scope: String,
    pub granted_at: Timestamp,
}

impl Read {
    /// A person's sessions, also ended ones; the newest first.
    pub async fn own_sessions(&mut self, person: &PersonId, limit: i64) -> Result<Vec<OwnSession>> {
        const SQL: &str = "select created_at, last_seen_at, expires_at, ended_at, browser, system, network from sessions
            where person_id = $1
            order by created_at desc, id desc
            limit $2";
        let rows: Vec<OwnSessionRow> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).bind(limit).fetch_all(c))?;
        let session = |row: OwnSessionRow| OwnSession {
            created_at: Timestamp::from_micros(row.created_at),
            last_seen_at: Timestamp::from_micros(row.last_seen_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            ended_at: time(row.ended_at),
            origin: origin(row.browser.as_deref(), row.system.as_deref(), row.network),
        };
        Ok(rows.into_iter().map(session).collect())
    }

    /// What a person allowed applications, the newest first.
    pub async fn own_consents(&mut self, person: &PersonId, limit: i64) -> Result<Vec<OwnConsent>> {
        const SQL: &str = "select tenant_id, client_id, scope, granted_at from consents
            where person_id = $1
            order by granted_at desc, tenant_id, client_id
            limit $2";
        let rows: Vec<(String, String, String, i64)> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).bind(limit).fetch_all(c))?;
        let consent = |(tenant, client, scope, at): (String, String, String, i64)| OwnConsent {
            tenant: TenantId::from_text(tenant),
            client: ClientId::from_text(client),
            scope,
            granted_at: Timestamp::from_micros(at),
        };
        Ok(rows.into_iter().map(consent).collect())
    }

    /// What was written down about a person, the newest first.
    pub async fn audit_of_person(&mut self, person: &PersonId, limit: i64) -> Result<Vec<AuditRow>> {
        const SQL: &str = "select id, at, actor, action, subject, tenant_id, client_id, outcome, detail, network
            from audit
            where subject = $1
            order by at desc, id desc
            limit $2";
        let rows: Vec<StoredAudit> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).bind(limit).fetch_all(c))?;
        all(rows)
    }
}
