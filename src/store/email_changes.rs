//! New e-mail addresses that wait for their proof (people.md K11).
use super::persons::Inserted;
use super::rows::At;
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{Email, EmailChange, EmailChangeId, PersonId};
use crate::world::{Digest, Timestamp};

#[derive(sqlx::FromRow)]
struct ChangeRow {
    id: String,
    person_id: String,
    email: String,
    created_at: i64,
    expires_at: i64,
}

impl TryFrom<ChangeRow> for EmailChange {
    type Error = StoreError;
    fn try_from(row: ChangeRow) -> Result<Self> {
        let at = At { table: "email_changes", row: &row.id };
        Ok(Self {
            email: at.parsed("email", Email::parse(&row.email))?,
            person: PersonId::from_text(row.person_id),
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            id: EmailChangeId::from_text(row.id),
        })
    }
}

impl Read {
    /// The change of a letter's link, while it is good.
    pub async fn email_change(&mut self, digest: &Digest, now: Timestamp) -> Result<Option<EmailChange>> {
        const SQL: &str = "select id, person_id, email, created_at, expires_at from email_changes
            where digest = $1 and expires_at > $2 and used_at is null and revoked_at is null";
        let row: Option<ChangeRow> = on!(self, c => sqlx::query_as(SQL).bind(digest.as_str()).bind(now.micros()).fetch_optional(c))?;
        row.map(EmailChange::try_from).transpose()
    }
}

impl Write {
    /// Keeps a change; the person's earlier ones are worthless from now on.
    pub async fn insert_email_change(&mut self, change: &EmailChange, digest: &Digest) -> Result<()> {
        const SQL: &str =
            "insert into email_changes (id, person_id, email, digest, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)";
        self.revoke_email_changes(&change.person, change.created_at).await?;
        execute!(
            self,
            sqlx::query(SQL)
                .bind(change.id.as_str())
                .bind(change.person.as_str())
                .bind(change.email.as_str())
                .bind(digest.as_str())
                .bind(change.created_at.micros())
                .bind(change.expires_at.micros())
        )?;
        Ok(())
    }

    /// Uses a change up. False when it was used, replaced or has expired.
    pub async fn use_email_change(&mut self, id: &EmailChangeId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update email_changes set used_at = $2
            where id = $1 and used_at is null and revoked_at is null and expires_at > $2
            returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    pub async fn revoke_email_changes(&mut self, person: &PersonId, now: Timestamp) -> Result<u64> {
        const SQL: &str = "update email_changes set revoked_at = $2 where person_id = $1 and used_at is null and revoked_at is null";
        self.hold_person(person).await?;
        execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(now.micros()))
    }

    /// Gives a person a proved address. `EmailTaken` when somebody else has it; nothing was changed then.
    pub async fn change_email(&mut self, person: &PersonId, email: &Email, now: Timestamp) -> Result<Inserted> {
        const TAKEN: &str = "select id from persons where email = $1";
        const SQL: &str = "update persons set email = $2, email_verified = true, updated_at = $3
            where id = $1 and not exists (select 1 from persons other where other.email = $2)
            returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(person.as_str()).bind(email.as_str()).bind(now.micros()).fetch_optional(c))?;
        if won.is_some() {
            self.list_anew(person).await?;
            return Ok(Inserted::Yes);
        }
        let holder: Option<String> = on!(self, c => sqlx::query_scalar(TAKEN).bind(email.as_str()).fetch_optional(c))?;
        Ok(if holder.as_deref() == Some(person.as_str()) { Inserted::Yes } else { Inserted::EmailTaken })
    }
}
