//! Passkeys of people, and the questions to browsers that wait for an answer.
use super::rows::{micros, time};
use super::{Read, Result, Write, execute, on};
use crate::model::{ChallengeId, Passkey, PasskeyChallenge, PasskeyId, PersonId};
use crate::world::{Digest, Timestamp};

macro_rules! passkeys_where {
    ($condition:literal) => {
        concat!(
            "select id, person_id, name, credential, handle, data, counter, synced, created_at, last_used_at from passkeys where ",
            $condition
        )
    };
}

#[derive(sqlx::FromRow)]
struct PasskeyRow {
    id: String,
    person_id: String,
    name: String,
    credential: String,
    handle: String,
    data: String,
    counter: i64,
    synced: bool,
    created_at: i64,
    last_used_at: Option<i64>,
}

impl From<PasskeyRow> for Passkey {
    fn from(row: PasskeyRow) -> Self {
        Self {
            id: PasskeyId::from_text(row.id),
            person: PersonId::from_text(row.person_id),
            name: row.name,
            credential: row.credential,
            handle: row.handle,
            data: row.data,
            counter: row.counter,
            synced: row.synced,
            created_at: Timestamp::from_micros(row.created_at),
            last_used_at: time(row.last_used_at),
        }
    }
}

impl Read {
    /// A person's passkeys, the oldest first.
    pub async fn passkeys_of(&mut self, person: &PersonId) -> Result<Vec<Passkey>> {
        const SQL: &str = passkeys_where!("person_id = $1 order by created_at, id");
        let rows: Vec<PasskeyRow> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).fetch_all(c))?;
        Ok(rows.into_iter().map(Passkey::from).collect())
    }

    /// The passkey with this credential id.
    pub async fn passkey(&mut self, credential: &str) -> Result<Option<Passkey>> {
        const SQL: &str = passkeys_where!("credential = $1");
        let row: Option<PasskeyRow> = on!(self, c => sqlx::query_as(SQL).bind(credential).fetch_optional(c))?;
        Ok(row.map(Passkey::from))
    }
}

impl Write {
    /// Keeps a passkey, at most `most` of one person. False when there are so many, or somebody has this one already.
    pub async fn insert_passkey(&mut self, passkey: &Passkey, most: i64) -> Result<bool> {
        const COUNT: &str = "select count(*) from passkeys where person_id = $1";
        const SQL: &str = "insert into passkeys
                (id, person_id, name, credential, handle, data, counter, synced, created_at, last_used_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            on conflict (credential) do nothing
            returning id";
        self.hold_person(&passkey.person).await?;
        let there: i64 = on!(self, c => sqlx::query_scalar(COUNT).bind(passkey.person.as_str()).fetch_one(c))?;
        if there >= most {
            return Ok(false);
        }
        let kept: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(passkey.id.as_str())
            .bind(passkey.person.as_str())
            .bind(&passkey.name)
            .bind(&passkey.credential)
            .bind(&passkey.handle)
            .bind(&passkey.data)
            .bind(passkey.counter)
            .bind(passkey.synced)
            .bind(passkey.created_at.micros())
            .bind(micros(passkey.last_used_at))
            .fetch_optional(c))?;
        Ok(kept.is_some())
    }

    /// Notes a use. False when the passkey is gone, or its counter did not rise since it was read: a copy of it signed
    /// (WebAuthn 7.2 step 22). Authenticators that do not count always say 0.
    pub async fn use_passkey(&mut self, id: &PasskeyId, data: &str, counter: i64, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update passkeys set data = $2, counter = $3, last_used_at = $4
            where id = $1 and (counter < $3 or (counter = 0 and $3 = 0))
            returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(id.as_str()).bind(data).bind(counter).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// False when it is none of this person's.
    pub async fn rename_passkey(&mut self, person: &PersonId, id: &PasskeyId, name: &str) -> Result<bool> {
        const SQL: &str = "update passkeys set name = $3 where id = $2 and person_id = $1";
        Ok(execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(id.as_str()).bind(name))? > 0)
    }

    /// Removes one passkey of a person; gives how many are left, or none when it was not this person's.
    pub async fn remove_passkey(&mut self, person: &PersonId, id: &PasskeyId) -> Result<Option<i64>> {
        const SQL: &str = "delete from passkeys where id = $2 and person_id = $1";
        const COUNT: &str = "select count(*) from passkeys where person_id = $1";
        self.hold_person(person).await?;
        if execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(id.as_str()))? == 0 {
            return Ok(None);
        }
        let left: i64 = on!(self, c => sqlx::query_scalar(COUNT).bind(person.as_str()).fetch_one(c))?;
        Ok(Some(left))
    }

    /// Removes all passkeys of a person; gives their number.
    pub async fn delete_passkeys(&mut self, person: &PersonId) -> Result<u64> {
        execute!(self, sqlx::query("delete from passkeys where person_id = $1").bind(person.as_str()))
    }

    /// Keeps a question; one that was asked before for the same purpose is over.
    pub async fn insert_passkey_challenge(&mut self, challenge: &PasskeyChallenge) -> Result<()> {
        const SQL: &str = "insert into passkey_challenges (id, purpose, browser, state, created_at, expires_at)
            values ($1, $2, $3, $4, $5, $6)
            on conflict (purpose) do update set id = excluded.id, browser = excluded.browser, state = excluded.state,
                created_at = excluded.created_at, expires_at = excluded.expires_at";
        execute!(
            self,
            sqlx::query(SQL)
                .bind(challenge.id.as_str())
                .bind(&challenge.purpose)
                .bind(challenge.browser.as_str())
                .bind(&challenge.state)
                .bind(challenge.created_at.micros())
                .bind(challenge.expires_at.micros())
        )?;
        Ok(())
    }

    /// Takes a question away with its first answer. None when it was answered, is over, or is another browser's or for
    /// something else (security.md G11).
    pub async fn take_passkey_challenge(
        &mut self,
        id: &ChallengeId,
        purpose: &str,
        browser: &Digest,
        now: Timestamp,
    ) -> Result<Option<String>> {
        const SQL: &str = "delete from passkey_challenges
            where id = $1 and purpose = $2 and browser = $3 and expires_at > $4
            returning state";
        on!(self, c => sqlx::query_scalar(SQL)
            .bind(id.as_str()).bind(purpose).bind(browser.as_str()).bind(now.micros()).fetch_optional(c))
    }
}
