//! Registered APIs. Every write raises the generation.
use super::rows::{At, all, to_json};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{Api, ApiId, ApiSettings};
use crate::world::Timestamp;

#[derive(sqlx::FromRow)]
struct ApiRow {
    id: String,
    identifier: String,
    settings: String,
    created_at: i64,
}

impl TryFrom<ApiRow> for Api {
    type Error = StoreError;
    fn try_from(row: ApiRow) -> Result<Self> {
        let at = At { table: "apis", row: &row.id };
        Ok(Self {
            settings: at.json("settings", &row.settings)?,
            identifier: row.identifier,
            created_at: Timestamp::from_micros(row.created_at),
            id: ApiId::from_text(row.id),
        })
    }
}

impl Read {
    /// All APIs, by identifier.
    pub async fn apis(&mut self) -> Result<Vec<Api>> {
        const SQL: &str = "select id, identifier, settings, created_at from apis order by identifier";
        let rows: Vec<ApiRow> = on!(self, c => sqlx::query_as(SQL).fetch_all(c))?;
        all(rows)
    }
}

impl Write {
    /// Registers an API. False when the identifier is taken; then nothing was written.
    pub async fn insert_api(&mut self, api: &Api) -> Result<bool> {
        const SQL: &str = "insert into apis (id, identifier, settings, created_at) values ($1, $2, $3, $4)
            on conflict (identifier) do nothing
            returning id";
        let settings = to_json(&api.settings);
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(api.id.as_str()).bind(&api.identifier).bind(&settings).bind(api.created_at.micros()).fetch_optional(c))?;
        self.raise_generation().await?;
        Ok(won.is_some())
    }

    /// Writes the settings anew. False when there is no such API.
    pub async fn set_api_settings(&mut self, id: &ApiId, settings: &ApiSettings) -> Result<bool> {
        const SQL: &str = "update apis set settings = $2 where id = $1";
        let text = to_json(settings);
        let changed = execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(&text))?;
        self.raise_generation().await?;
        Ok(changed > 0)
    }
}
