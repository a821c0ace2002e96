//! Notices of the operators. Every write raises the generation.
use super::rows::{At, all, to_json};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{Announcement, AnnouncementId, AnnouncementKind, Notice, TenantId};
use crate::world::Timestamp;

#[derive(sqlx::FromRow)]
struct AnnouncementRow {
    id: String,
    english: String,
    translations: String,
    kind: String,
    tenant_id: Option<String>,
    on_sign_in: bool,
    starts_at: i64,
    ends_at: i64,
    created_at: i64,
}

impl TryFrom<AnnouncementRow> for Announcement {
    type Error = StoreError;
    fn try_from(row: AnnouncementRow) -> Result<Self> {
        let at = At { table: "announcements", row: &row.id };
        let notice = Notice {
            translations: at.json("translations", &row.translations)?,
            kind: at.parsed("kind", AnnouncementKind::parse(&row.kind))?,
            text: row.english,
            tenant: row.tenant_id.map(TenantId::from_text),
            on_sign_in: row.on_sign_in,
            starts_at: Timestamp::from_micros(row.starts_at),
            ends_at: Timestamp::from_micros(row.ends_at),
        };
        Ok(Self { notice, created_at: Timestamp::from_micros(row.created_at), id: AnnouncementId::from_text(row.id) })
    }
}

macro_rules! columns {
    () => {
        "id, english, translations, kind, tenant_id, on_sign_in, starts_at, ends_at, created_at"
    };
}

impl Read {
    /// Those that are not over: the warnings first, then what began last.
    pub async fn announcements_ahead(&mut self, now: Timestamp) -> Result<Vec<Announcement>> {
        // The kinds sort as wanted: "warning" after "information".
        const SQL: &str =
            concat!("select ", columns!(), " from announcements where ends_at > $1 order by kind desc, starts_at desc, id desc");
        let rows: Vec<AnnouncementRow> = on!(self, c => sqlx::query_as(SQL).bind(now.micros()).fetch_all(c))?;
        all(rows)
    }

    /// All of them, what begins last first.
    pub async fn announcements(&mut self) -> Result<Vec<Announcement>> {
        const SQL: &str = concat!("select ", columns!(), " from announcements order by starts_at desc, id desc");
        let rows: Vec<AnnouncementRow> = on!(self, c => sqlx::query_as(SQL).fetch_all(c))?;
        all(rows)
    }

    pub async fn announcement(&mut self, id: &AnnouncementId) -> Result<Option<Announcement>> {
        const SQL: &str = concat!("select ", columns!(), " from announcements where id = $1");
        let row: Option<AnnouncementRow> = on!(self, c => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(c))?;
        row.map(Announcement::try_from).transpose()
    }
}

impl Write {
    pub async fn insert_announcement(&mut self, announcement: &Announcement) -> Result<()> {
        const SQL: &str = "insert into announcements
            (id, english, translations, kind, tenant_id, on_sign_in, starts_at, ends_at, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let notice = &announcement.notice;
        let translations = to_json(&notice.translations);
        execute!(
            self,
            sqlx::query(SQL)
                .bind(announcement.id.as_str())
                .bind(&notice.text)
                .bind(&translations)
                .bind(notice.kind.as_str())
                .bind(notice.tenant.as_ref().map(TenantId::as_str))
                .bind(notice.on_sign_in)
                .bind(notice.starts_at.micros())
                .bind(notice.ends_at.micros())
                .bind(announcement.created_at.micros())
        )?;
        self.raise_generation().await
    }

    /// Writes a notice anew. False when there is none of this id.
    pub async fn set_notice(&mut self, id: &AnnouncementId, notice: &Notice) -> Result<bool> {
        const SQL: &str = "update announcements
            set english = $2, translations = $3, kind = $4, tenant_id = $5, on_sign_in = $6, starts_at = $7, ends_at = $8
            where id = $1";
        let translations = to_json(&notice.translations);
        let changed = execute!(
            self,
            sqlx::query(SQL)
                .bind(id.as_str())
                .bind(&notice.text)
                .bind(&translations)
                .bind(notice.kind.as_str())
                .bind(notice.tenant.as_ref().map(TenantId::as_str))
                .bind(notice.on_sign_in)
                .bind(notice.starts_at.micros())
                .bind(notice.ends_at.micros())
        )?;
        self.raise_generation().await?;
        Ok(changed > 0)
    }

    /// Ends one before its time. False when it is not running.
    pub async fn end_announcement(&mut self, id: &AnnouncementId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update announcements set ends_at = $2 where id = $1 and starts_at <= $2 and ends_at > $2 returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(now.micros()).fetch_optional(c))?;
        self.raise_generation().await?;
        Ok(won.is_some())
    }

    /// Removes one, whatever its state. False when there is none of this id.
    pub async fn remove_announcement(&mut self, id: &AnnouncementId) -> Result<bool> {
        let removed = execute!(self, sqlx::query("delete from announcements where id = $1").bind(id.as_str()))?;
        self.raise_generation().await?;
        Ok(removed > 0)
    }
}
