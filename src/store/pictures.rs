//! What people look like: one picture each, seen by those who share a tenant with them.
use base64::{Engine, engine::general_purpose::STANDARD};

use super::rows::At;
use super::{Read, Result, Write, execute, on};
use crate::model::{PersonId, PictureId, TenantId};
use crate::world::Timestamp;

/// A picture as it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub id: PictureId,
    pub png: Vec<u8>,
}

impl Read {
    /// Which picture a person has.
    pub async fn picture_of(&mut self, person: &PersonId) -> Result<Option<PictureId>> {
        const SQL: &str = "select id from pictures where person_id = $1";
        let found: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(person.as_str()).fetch_optional(c))?;
        Ok(found.map(PictureId::from_text))
    }

    /// The picture itself.
    pub async fn picture(&mut self, person: &PersonId) -> Result<Option<Picture>> {
        const SQL: &str = "select id, png from pictures where person_id = $1";
        let found: Option<(String, String)> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).fetch_optional(c))?;
        let picture = |(id, text): (String, String)| {
            let png = At { table: "pictures", row: person.as_str() }.parsed("png", STANDARD.decode(text).ok())?;
            Ok(Picture { id: PictureId::from_text(id), png })
        };
        found.map(picture).transpose()
    }

    /// The logo that a tenant uploaded.
    pub async fn logo(&mut self, tenant: &TenantId) -> Result<Option<Picture>> {
        const SQL: &str = "select id, png from logos where tenant_id = $1";
        let found: Option<(String, String)> = on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).fetch_optional(c))?;
        let picture = |(id, text): (String, String)| {
            let png = At { table: "logos", row: tenant.as_str() }.parsed("png", STANDARD.decode(text).ok())?;
            Ok(Picture { id: PictureId::from_text(id), png })
        };
        found.map(picture).transpose()
    }

    /// Are both in one active tenant: the first as an active member, the second as one who joined it?
    pub async fn share_a_tenant(&mut self, viewer: &PersonId, other: &PersonId) -> Result<bool> {
        const SQL: &str = "select t.id
            from memberships mine
            join memberships theirs on theirs.tenant_id = mine.tenant_id
            join tenants t on t.id = mine.tenant_id
            where mine.person_id = $1 and theirs.person_id = $2 and mine.state = 'active'
                and theirs.state in ('active', 'disabled') and theirs.accepted_at is not null and t.state = 'active'
            order by t.id
            limit 1";
        let found: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(viewer.as_str()).bind(other.as_str()).fetch_optional(c))?;
        Ok(found.is_some())
    }
}

impl Write {
    /// Replaces the person's picture. False when there is no such person, or an erased one.
    pub async fn set_picture(&mut self, person: &PersonId, picture: &Picture, now: Timestamp) -> Result<bool> {
        const SQL: &str = "insert into pictures (person_id, id, png, created_at) values ($1, $2, $3, $4)
            on conflict (person_id) do update set id = excluded.id, png = excluded.png, created_at = excluded.created_at";
        if !self.hold_described(person).await? {
            return Ok(false);
        }
        let text = STANDARD.encode(&picture.png);
        execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(picture.id.as_str()).bind(&text).bind(now.micros()))?;
        Ok(true)
    }

    /// False when there was none.
    pub async fn remove_picture(&mut self, person: &PersonId) -> Result<bool> {
        const SQL: &str = "delete from pictures where person_id = $1";
        Ok(execute!(self, sqlx::query(SQL).bind(person.as_str()))? > 0)
    }

    /// Makes an uploaded picture the tenant's logo.
    pub async fn set_logo(&mut self, tenant: &TenantId, picture: &Picture, now: Timestamp) -> Result<()> {
        const SQL: &str = "insert into logos (tenant_id, id, png, created_at) values ($1, $2, $3, $4)
            on conflict (tenant_id) do update set id = excluded.id, png = excluded.png, created_at = excluded.created_at";
        let text = STANDARD.encode(&picture.png);
        execute!(self, sqlx::query(SQL).bind(tenant.as_str()).bind(picture.id.as_str()).bind(&text).bind(now.micros()))?;
        let mark = "update tenants set logo = $2 where id = $1";
        execute!(self, sqlx::query(mark).bind(tenant.as_str()).bind(picture.id.as_str()))?;
        self.raise_generation().await
    }

    /// The tenant has no logo from now on. False when it had none.
    pub async fn remove_logo(&mut self, tenant: &TenantId) -> Result<bool> {
        const SQL: &str = "update tenants set logo = null where id = $1 and logo is not null";
        execute!(self, sqlx::query("delete from logos where tenant_id = $1").bind(tenant.as_str()))?;
        let gone = execute!(self, sqlx::query(SQL).bind(tenant.as_str()))?;
        self.raise_generation().await?;
        Ok(gone > 0)
    }
}
