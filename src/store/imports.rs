//! Tables of people that wait for the word to go ahead: one for each administrator, used once.
use super::{Read, Result, Write, execute, on};
use crate::model::{ImportId, PersonId, TenantId};
use crate::world::Timestamp;

/// An uploaded table. Its text is sealed: it holds names and addresses.
#[derive(Clone, Debug)]
pub struct StoredImport {
    pub id: ImportId,
    pub tenant: TenantId,
    /// Who uploaded it, and alone may carry it out.
    pub person: PersonId,
    pub sealed: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct ImportRow {
    sealed: String,
    created_at: i64,
    expires_at: i64,
}

impl Read {
    /// A table that this person uploaded in this tenant and that still waits.
    pub async fn import(&mut self, tenant: &TenantId, person: &PersonId, id: &ImportId, now: Timestamp) -> Result<Option<StoredImport>> {
        const SQL: &str = "select sealed, created_at, expires_at from imports
            where id = $1 and tenant_id = $2 and person_id = $3 and expires_at > $4";
        let row: Option<ImportRow> = on!(self, c => sqlx::query_as(SQL)
            .bind(id.as_str()).bind(tenant.as_str()).bind(person.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(row.map(|row| StoredImport {
            id: id.clone(),
            tenant: tenant.clone(),
            person: person.clone(),
            sealed: row.sealed,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
        }))
    }
}

impl Write {
    /// Keeps a table in place of the one that this person uploaded before in this tenant.
    pub async fn keep_import(&mut self, import: &StoredImport) -> Result<()> {
        const FORMER: &str = "delete from imports where tenant_id = $1 and person_id = $2";
        const SQL: &str = "insert into imports (id, tenant_id, person_id, sealed, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)";
        execute!(self, sqlx::query(FORMER).bind(import.tenant.as_str()).bind(import.person.as_str()))?;
        execute!(
            self,
            sqlx::query(SQL)
                .bind(import.id.as_str())
                .bind(import.tenant.as_str())
                .bind(import.person.as_str())
                .bind(&import.sealed)
                .bind(import.created_at.micros())
                .bind(import.expires_at.micros())
        )?;
        Ok(())
    }

    /// Uses a table up. False when it was used or replaced.
    pub async fn take_import(&mut self, id: &ImportId) -> Result<bool> {
        Ok(execute!(self, sqlx::query("delete from imports where id = $1").bind(id.as_str()))? > 0)
    }
}
