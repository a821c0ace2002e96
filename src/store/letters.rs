//! The outbox: letters that wait, are leased by one node at a time, and lose their text once sent.
use super::rows::{At, all, time};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{LetterId, LetterState, QueuedLetter};
use crate::world::Timestamp;

#[derive(sqlx::FromRow)]
struct LetterRow {
    id: String,
    sealed: Option<String>,
    attempts: i64,
    created_at: i64,
}

impl TryFrom<LetterRow> for QueuedLetter {
    type Error = StoreError;
    fn try_from(row: LetterRow) -> Result<Self> {
        let at = At { table: "letters", row: &row.id };
        Ok(Self {
            sealed: at.parsed("sealed", row.sealed)?,
            attempts: row.attempts,
            created_at: Timestamp::from_micros(row.created_at),
            id: LetterId::from_text(row.id),
        })
    }
}

impl Read {
    /// Letters that are neither sent nor given up.
    pub async fn letters_waiting(&mut self) -> Result<i64> {
        on!(self, c => sqlx::query_scalar("select count(*) from letters where state = 'queued'").fetch_one(c))
    }
}

/// A letter as an operator may see it: nothing of it, only how it fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterFate {
    pub id: LetterId,
    pub state: LetterState,
    pub attempts: i64,
    pub due_at: Timestamp,
    /// A class of failure.
    pub last_error: Option<String>,
    pub created_at: Timestamp,
    pub sent_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct FateRow {
    id: String,
    state: String,
    attempts: i64,
    due_at: i64,
    last_error: Option<String>,
    created_at: i64,
    sent_at: Option<i64>,
}

impl TryFrom<FateRow> for LetterFate {
    type Error = StoreError;
    fn try_from(row: FateRow) -> Result<Self> {
        let at = At { table: "letters", row: &row.id };
        Ok(Self {
            state: at.parsed("state", LetterState::parse(&row.state))?,
            attempts: row.attempts,
            due_at: Timestamp::from_micros(row.due_at),
            last_error: row.last_error,
            created_at: Timestamp::from_micros(row.created_at),
            sent_at: time(row.sent_at),
            id: LetterId::from_text(row.id),
        })
    }
}

impl Read {
    /// Letters, the newest first, of one state or of all. `before`: the last one of the former part of the list.
    pub async fn letter_fates(&mut self, state: Option<LetterState>, before: Option<&LetterId>, limit: i64) -> Result<Vec<LetterFate>> {
        // The ids are time-ordered.
        const SQL: &str = "select id, state, attempts, due_at, last_error, created_at, sent_at from letters
            where (cast($1 as text) is null or state = $1) and (cast($2 as text) is null or id < $2)
            order by id desc
            limit $3";
        let (state, before) = (state.map(LetterState::as_str), before.map(LetterId::as_str));
        let rows: Vec<FateRow> = on!(self, c => sqlx::query_as(SQL).bind(state).bind(before).bind(limit).fetch_all(c))?;
        all(rows)
    }
}

impl Write {
    /// Makes a waiting letter due. False when it does not wait.
    pub async fn letter_due_now(&mut self, id: &LetterId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update letters set due_at = $2 where id = $1 and state = 'queued'";
        Ok(execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(now.micros()))? > 0)
    }

    /// Puts a letter into the outbox, in the transaction of what it tells about (style.md 27).
    pub async fn queue_letter(&mut self, letter: &QueuedLetter, due: Timestamp) -> Result<()> {
        const SQL: &str = "insert into letters (id, sealed, state, attempts, due_at, locked_until, created_at)
            values ($1, $2, 'queued', $3, $4, 0, $5)";
        execute!(
            self,
            sqlx::query(SQL)
                .bind(letter.id.as_str())
                .bind(&letter.sealed)
                .bind(letter.attempts)
                .bind(due.micros())
                .bind(letter.created_at.micros())
        )?;
        Ok(())
    }

    /// Takes up to `limit` due letters for one sender until `locked_until`; the attempt is counted. Oldest first.
    pub async fn lease_letters(&mut self, now: Timestamp, locked_until: Timestamp, limit: i64) -> Result<Vec<QueuedLetter>> {
        const SQL: &str = "update letters set locked_until = $2, attempts = attempts + 1
            where id in (
                select id from letters
                where state = 'queued' and due_at <= $1 and locked_until <= $1
                order by due_at, id
                limit $3)
            and state = 'queued' and locked_until <= $1
            returning id, sealed, attempts, created_at";
        let mut rows: Vec<LetterRow> = on!(self, c => sqlx::query_as(SQL)
            .bind(now.micros()).bind(locked_until.micros()).bind(limit).fetch_all(c))?;
        rows.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        all(rows)
    }

    /// Done: the text is cleared.
    pub async fn letter_sent(&mut self, id: &LetterId, now: Timestamp) -> Result<()> {
        const SQL: &str = "update letters set state = 'sent', sealed = null, sent_at = $2, last_error = null where id = $1";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(now.micros()))?;
        Ok(())
    }

    /// Not done: tried again at `due`, or given up (`Dead`), whereupon the text is cleared too. `error` is a class
    /// of failure and never names the recipient.
    pub async fn letter_failed(&mut self, id: &LetterId, error: &str, due: Timestamp, state: LetterState) -> Result<()> {
        const SQL: &str = "update letters
            set state = $4, last_error = $2, due_at = $3, locked_until = 0, sealed = case when $4 = 'queued' then sealed end
            where id = $1 and state = 'queued'";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(error).bind(due.micros()).bind(state.as_str()))?;
        Ok(())
    }
}
