//! Accounts that end for good: erased, or merged into another one. Their row stays, emptied, so that nobody else ever gets
//! the id. Who may do this, and what is checked before, is decided above.
use super::rows::{At, all, micros, time};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{Departure, DepartureKind, Membership, MembershipId, MembershipKind, PersonId, TenantId};
use crate::world::Timestamp;

macro_rules! departure_where {
    ($condition:literal) => {
        concat!(
            "select person_id, kind, into_id, was_off, was_off_by_operator, ordered_by, ordered_at, due_at, done_at
            from departures where ",
            $condition
        )
    };
}

#[derive(sqlx::FromRow)]
struct DepartureRow {
    person_id: String,
    kind: String,
    into_id: Option<String>,
    was_off: bool,
    was_off_by_operator: bool,
    ordered_by: String,
    ordered_at: i64,
    due_at: i64,
    done_at: Option<i64>,
}

impl TryFrom<DepartureRow> for Departure {
    type Error = StoreError;
    fn try_from(row: DepartureRow) -> Result<Self> {
        let at = At { table: "departures", row: &row.person_id };
        Ok(Self {
            kind: at.parsed("kind", DepartureKind::parse(&row.kind))?,
            into: row.into_id.map(PersonId::from_text),
            was_off: row.was_off,
            was_off_by_operator: row.was_off_by_operator,
            ordered_by: row.ordered_by,
            ordered_at: Timestamp::from_micros(row.ordered_at),
            due_at: Timestamp::from_micros(row.due_at),
            done_at: time(row.done_at),
            person: PersonId::from_text(row.person_id),
        })
    }
}

/// What describes a person or lets anybody in, beside the row of the person itself: all of it goes. Memberships that
/// ended, sessions and grants stay as long as their tables keep them: what remains of them is ids and times alone.
const BELONGINGS: &[&str] = &[
    "delete from usernames where person_id = $1",
    "delete from pictures where person_id = $1",
    "delete from former_passwords where person_id = $1",
    "delete from totp_factors where person_id = $1",
    "delete from passkeys where person_id = $1",
    "delete from recovery_codes where person_id = $1",
    "delete from federated_identities where person_id = $1",
    "delete from consents where person_id = $1",
    "delete from email_challenges where person_id = $1",
    "delete from email_changes where person_id = $1",
    "delete from recovery_links where person_id = $1",
    "delete from invitations where person_id = $1",
    "delete from imports where person_id = $1",
    "delete from person_words where person_id = $1",
    "delete from lockouts where name in ('person:' || $1, 'told:person:' || $1, 'factor:' || $1, 'new-password:' || $1)",
    "update access_tokens set claims = '{}'
        where claims is not null and grant_id in (select id from grants where person_id = $1)",
    "delete from session_tenants where session_id in (select id from sessions where person_id = $1)",
    "update sessions set browser = null, system = null, network = null where person_id = $1",
];

impl Read {
    /// What was ordered about somebody's end.
    pub async fn departure(&mut self, person: &PersonId) -> Result<Option<Departure>> {
        const SQL: &str = departure_where!("person_id = $1");
        let row: Option<DepartureRow> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).fetch_optional(c))?;
        row.map(Departure::try_from).transpose()
    }

    /// Departures whose day has come, the oldest first.
    pub async fn departures_due(&mut self, now: Timestamp, limit: i64) -> Result<Vec<Departure>> {
        const SQL: &str = departure_where!("done_at is null and due_at <= $1 order by due_at, person_id limit $2");
        let rows: Vec<DepartureRow> = on!(self, c => sqlx::query_as(SQL).bind(now.micros()).bind(limit).fetch_all(c))?;
        all(rows)
    }

    /// Erased people who are still described in the audit trail, and of whom every event is sealed by now.
    pub async fn departed_in_trail(&mut self, limit: i64) -> Result<Vec<PersonId>> {
        const SQL: &str = "select d.person_id from departures d
            where d.pseudonymised_at is null and d.done_at is not null and d.kind = 'erase'
                and not exists (
                    select 1 from audit a where a.sealed = false and (a.subject = d.person_id or a.actor = d.person_id))
            order by d.done_at, d.person_id
            limit $1";
        let found: Vec<String> = on!(self, c => sqlx::query_scalar(SQL).bind(limit).fetch_all(c))?;
        Ok(found.into_iter().map(PersonId::from_text).collect())
    }

    /// The accounts that were merged into this one, and into those.
    pub async fn merged_into(&mut self, person: &PersonId) -> Result<Vec<PersonId>> {
        const SQL: &str = "with recursive merged (id) as (
                select person_id from departures where into_id = $1 and done_at is not null
                union
                select d.person_id from departures d join merged on d.into_id = merged.id where d.done_at is not null)
            select id from merged order by id";
        let found: Vec<String> = on!(self, c => sqlx::query_scalar(SQL).bind(person.as_str()).fetch_all(c))?;
        Ok(found.into_iter().map(PersonId::from_text).collect())
    }
}

impl Write {
    /// False when something was ordered before.
    pub async fn insert_departure(&mut self, departure: &Departure) -> Result<bool> {
        const SQL: &str =
            "insert into departures (person_id, kind, into_id, was_off, was_off_by_operator, ordered_by, ordered_at, due_at, done_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict do nothing
            returning person_id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(departure.person.as_str())
            .bind(departure.kind.as_str())
            .bind(departure.into.as_ref().map(PersonId::as_str))
            .bind(departure.was_off)
            .bind(departure.was_off_by_operator)
            .bind(&departure.ordered_by)
            .bind(departure.ordered_at.micros())
            .bind(departure.due_at.micros())
            .bind(micros(departure.done_at))
            .fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Takes back what was ordered. False when it was done already, its day has come, or nothing was ordered.
    pub async fn cancel_departure(&mut self, person: &PersonId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "delete from departures where person_id = $1 and done_at is null and due_at > $2 returning person_id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(person.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// From now on it is done. False when another node did it, or it was taken back.
    pub async fn finish_departure(&mut self, person: &PersonId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update departures set done_at = $2 where person_id = $1 and done_at is null returning person_id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(person.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    pub async fn note_pseudonymised(&mut self, person: &PersonId, now: Timestamp) -> Result<()> {
        const SQL: &str = "update departures set pseudonymised_at = $2 where person_id = $1";
        execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(now.micros()))?;
        Ok(())
    }

    /// Empties a person's row and removes what belonged to it. The address is free again; the id stays nobody's.
    /// Sessions, grants and memberships have to be ended before.
    pub async fn empty_person(&mut self, person: &PersonId, now: Timestamp) -> Result<()> {
        const SQL: &str = "update persons set email = null, email_verified = false, first_name = '', last_name = '', locale = 'en',
                profile = '{}', state = 'deactivated', disabled_by_operator = true, operator = false, second_factor = 'none',
                password_hash = null, password_set_at = null, last_login_at = null, updated_at = $2
            where id = $1";
        for sql in BELONGINGS {
            execute!(self, sqlx::query(*sql).bind(person.as_str()))?;
        }
        execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(now.micros()))?;
        self.list_anew(person).await
    }

    /// Gives a membership with its groups and locations to another person, who must not be in that tenant. Only a home
    /// keeps API access (people.md K37).
    pub async fn give_membership(&mut self, id: &MembershipId, to: &PersonId, kind: MembershipKind) -> Result<()> {
        const SQL: &str = "update memberships set person_id = $2, kind = $3, api_access = api_access and $3 = 'home' where id = $1";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(to.as_str()).bind(kind.as_str()))?;
        self.list_anew(to).await
    }

    /// Removes the row of a membership that ended, so that another one can take its place.
    pub async fn drop_membership(&mut self, membership: &Membership) -> Result<()> {
        const SEAT: &[&str] = &[
            "delete from group_members where membership_id = $1",
            "delete from membership_locations where membership_id = $1",
            "delete from invitations where membership_id = $1",
            "delete from memberships where id = $1",
        ];
        for sql in SEAT {
            execute!(self, sqlx::query(*sql).bind(membership.id.as_str()))?;
        }
        Ok(())
    }

    /// Gives what a person allowed applications in a tenant to another one, who keeps the own word where there is one.
    /// Gives how many moved.
    pub async fn give_consents(&mut self, from: &PersonId, to: &PersonId, tenant: &TenantId) -> Result<u64> {
        const SQL: &str = "update consents set person_id = $2
            where person_id = $1 and tenant_id = $3 and client_id not in (
                select o.client_id from consents o where o.person_id = $2 and o.tenant_id = $3)";
        execute!(self, sqlx::query(SQL).bind(from.as_str()).bind(to.as_str()).bind(tenant.as_str()))
    }
}
