//! People: who exists, how they are reached, their password hash and state.
use super::rows::{At, micros, time, to_json};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{Email, FactorKind, Locale, Lockout, PasswordRecord, Person, PersonId, PersonState, Profile, TenantId, Username};
use crate::world::{Secret, Timestamp};

/// What is known of a person when the row is made.
#[derive(Clone, Debug)]
pub struct NewPerson {
    pub id: PersonId,
    pub email: Option<Email>,
    pub email_verified: bool,
    pub first_name: String,
    pub last_name: String,
    pub locale: Locale,
    pub state: PersonState,
    pub operator: bool,
    pub second_factor: FactorKind,
    /// A PHC string.
    pub password_hash: Option<Secret<String>>,
}

/// What became of [`Write::insert_person`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    Yes,
    /// Somebody else has this address; nothing was written.
    EmailTaken,
}

// The account's own row of failed attempts is joined in: its name is `person_attempts(id)`.
macro_rules! person_columns {
    () => {
        "p.id, p.email, p.email_verified, u.name as username, p.first_name, p.last_name, p.locale, p.profile, p.state,
                p.disabled_by_operator, p.operator, p.second_factor, p.password_hash, p.password_set_at, p.last_login_at,
                p.created_at, p.updated_at, l.failures, l.paused_until"
    };
}
pub(super) use person_columns;

/// Erased people stay without a description, and whoever an operator disabled as that one was.
macro_rules! described {
    () => {
        "(state <> 'deactivated' or not disabled_by_operator)"
    };
}
pub(super) use described;

macro_rules! person_where {
    ($condition:literal) => {
        concat!(
            "select ",
            person_columns!(),
            "
            from persons p
            left join usernames u on u.person_id = p.id
            left join lockouts l on l.name = 'person:' || p.id
            where ",
            $condition
        )
    };
}

#[derive(sqlx::FromRow)]
pub(super) struct PersonRow {
    id: String,
    email: Option<String>,
    email_verified: bool,
    username: Option<String>,
    first_name: String,
    last_name: String,
    locale: String,
    profile: String,
    state: String,
    disabled_by_operator: bool,
    operator: bool,
    second_factor: String,
    password_hash: Option<String>,
    password_set_at: Option<i64>,
    last_login_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
    failures: Option<i64>,
    paused_until: Option<i64>,
}

impl TryFrom<PersonRow> for PasswordRecord {
    type Error = StoreError;
    fn try_from(row: PersonRow) -> Result<Self> {
        let at = At { table: "persons", row: &row.id };
        let person = Person {
            email: row.email.map(|text| at.parsed("email", Email::parse(&text))).transpose()?,
            username: row.username.map(|text| at.parsed("username", Username::parse(&text))).transpose()?,
            locale: at.parsed("locale", Locale::parse(&row.locale))?,
            profile: at.json("profile", &row.profile)?,
            state: at.parsed("state", PersonState::parse(&row.state))?,
            second_factor: at.parsed("second_factor", FactorKind::parse(&row.second_factor))?,
            email_verified: row.email_verified,
            first_name: row.first_name,
            last_name: row.last_name,
            disabled_by_operator: row.disabled_by_operator,
            operator: row.operator,
            password_set_at: time(row.password_set_at),
            has_password: row.password_hash.is_some(),
            lockout: Lockout { failures: row.failures.unwrap_or(0), paused_until: time(row.paused_until) },
            last_login_at: time(row.last_login_at),
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
            id: PersonId::from_text(row.id),
        };
        Ok(Self { person, hash: row.password_hash.map(Secret::new) })
    }
}

impl Read {
    /// One person, whatever its state.
    pub async fn person(&mut self, id: &PersonId) -> Result<Option<Person>> {
        const SQL: &str = person_where!("p.id = $1");
        let row: Option<PersonRow> = on!(self, c => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(c))?;
        Ok(row.map(PasswordRecord::try_from).transpose()?.map(|record| record.person))
    }

    pub async fn person_by_email(&mut self, email: &Email) -> Result<Option<Person>> {
        Ok(self.password_record(email).await?.map(|record| record.person))
    }

    /// The person of an address with the hash to check a password against.
    pub async fn password_record(&mut self, email: &Email) -> Result<Option<PasswordRecord>> {
        const SQL: &str = person_where!("p.email = $1");
        let row: Option<PersonRow> = on!(self, c => sqlx::query_as(SQL).bind(email.as_str()).fetch_optional(c))?;
        row.map(PasswordRecord::try_from).transpose()
    }

    /// As [`Read::password_record`], for a user name: of this tenant, or without one a name that the system made up.
    /// One that several people have belongs to nobody (people.md P13, S23).
    pub async fn password_record_of_name(&mut self, tenant: Option<&TenantId>, name: &Username) -> Result<Option<PasswordRecord>> {
        const SQL: &str = person_where!(
            "p.id in (
                select person_id from usernames
                where name = $1 and (tenant_id = $2 or $2 is null and generated))
            limit 2"
        );
        let rows: Vec<PersonRow> = on!(self, c => sqlx::query_as(SQL)
            .bind(name.as_str()).bind(tenant.map(TenantId::as_str)).fetch_all(c))?;
        let mut rows = rows.into_iter();
        let (Some(only), None) = (rows.next(), rows.next()) else { return Ok(None) };
        only.try_into().map(Some)
    }

    pub async fn password_hash(&mut self, id: &PersonId) -> Result<Option<Secret<String>>> {
        const SQL: &str = "select password_hash from persons where id = $1";
        let row: Option<Option<String>> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).fetch_optional(c))?;
        Ok(row.flatten().map(Secret::new))
    }

    /// Does anybody run the instance yet, in whatever state?
    pub async fn operator_exists(&mut self) -> Result<bool> {
        const SQL: &str = "select id from persons where operator = true order by id limit 1";
        let found: Option<String> = on!(self, c => sqlx::query_scalar(SQL).fetch_optional(c))?;
        Ok(found.is_some())
    }
}

impl Write {
    /// Makes a person; an address that is taken changes nothing.
    pub async fn insert_person(&mut self, person: &NewPerson, now: Timestamp) -> Result<Inserted> {
        const SQL: &str = "insert into persons
                (id, email, email_verified, first_name, last_name, locale, state, operator, second_factor,
                 password_hash, password_set_at, created_at, updated_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
            on conflict (email) do nothing
            returning id";
        let hash = person.password_hash.as_ref().map(|hash| hash.expose().as_str());
        let set_at = micros(hash.map(|_| now));
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(person.id.as_str())
            .bind(person.email.as_ref().map(Email::as_str))
            .bind(person.email_verified)
            .bind(&person.first_name)
            .bind(&person.last_name)
            .bind(person.locale.as_str())
            .bind(person.state.as_str())
            .bind(person.operator)
            .bind(person.second_factor.as_str())
            .bind(hash)
            .bind(set_at)
            .bind(now.micros())
            .fetch_optional(c))?;
        if won.is_none() {
            return Ok(Inserted::EmailTaken);
        }
        self.list_anew(&person.id).await?;
        Ok(Inserted::Yes)
    }

    /// Gives a person a new password; the one before is remembered among the former ones (people.md S26).
    pub async fn set_password(&mut self, id: &PersonId, hash: &str, now: Timestamp) -> Result<()> {
        const SQL: &str = "update persons set password_hash = $2, password_set_at = $3, updated_at = $3 where id = $1";
        self.retire_password(id, now).await?;
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(hash).bind(now.micros()))?;
        Ok(())
    }

    /// As [`Write::set_password`], if the password is still the one that was set at that moment. False when it is not.
    pub async fn renew_password(&mut self, id: &PersonId, set_at: Timestamp, hash: &str, now: Timestamp) -> Result<bool> {
        const STILL: &str = "update persons set updated_at = $3
            where id = $1 and password_hash is not null and coalesce(password_set_at, created_at) = $2
            returning id";
        let still: Option<String> = on!(self, c => sqlx::query_scalar(STILL)
            .bind(id.as_str()).bind(set_at.micros()).bind(now.micros()).fetch_optional(c))?;
        if still.is_some() {
            self.set_password(id, hash, now).await?;
        }
        Ok(still.is_some())
    }

    /// Stores a stronger hash of the same password, unless the password was changed meanwhile.
    pub async fn replace_password_hash(&mut self, id: &PersonId, old: &str, new: &str) -> Result<bool> {
        const SQL: &str = "update persons set password_hash = $3 where id = $1 and password_hash = $2 returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(old).bind(new).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Gives a person a user name in a tenant. False when somebody there has it, or the person has one already; one that
    /// the system made up is nobody else's in any tenant.
    pub async fn insert_username(&mut self, person: &PersonId, tenant: &TenantId, name: &Username, now: Timestamp) -> Result<bool> {
        const SQL: &str = "insert into usernames (person_id, tenant_id, name, generated, created_at)
            select p.id, $2, $3, $4, $5 from persons p
            where p.id = $1 and not exists (select 1 from usernames u where u.name = $3 and u.generated)
            on conflict do nothing
            returning name";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(person.as_str())
            .bind(tenant.as_str())
            .bind(name.as_str())
            .bind(name.is_of_the_system())
            .bind(now.micros())
            .fetch_optional(c))?;
        if won.is_some() {
            self.list_anew(person).await?;
        }
        Ok(won.is_some())
    }

    /// From invited to active; the invitation's link proved the address, if there is one. False when the person was not invited.
    pub async fn activate_person(&mut self, id: &PersonId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update persons set state = 'active', email_verified = (email is not null), updated_at = $2
            where id = $1 and state = 'invited'
            returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Writes the profile anew. False when there is no such person, or an erased one.
    pub async fn set_profile(&mut self, id: &PersonId, profile: &Profile, now: Timestamp) -> Result<bool> {
        const SQL: &str = concat!("update persons set profile = $2, updated_at = $3 where id = $1 and ", described!());
        let text = to_json(profile);
        let changed = execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(&text).bind(now.micros()))?;
        Ok(changed > 0)
    }

    /// What people write about themselves (people.md K13). False when there is no such person, or an erased one.
    pub async fn set_details(&mut self, id: &PersonId, first_name: &str, last_name: &str, locale: Locale, now: Timestamp) -> Result<bool> {
        const SQL: &str =
            concat!("update persons set first_name = $2, last_name = $3, locale = $4, updated_at = $5 where id = $1 and ", described!());
        let changed =
            execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(first_name).bind(last_name).bind(locale.as_str()).bind(now.micros()))?;
        self.list_anew(id).await?;
        Ok(changed > 0)
    }

    pub async fn set_person_state(&mut self, id: &PersonId, state: PersonState, now: Timestamp) -> Result<()> {
        const SQL: &str = "update persons set state = $2, updated_at = $3 where id = $1";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(state.as_str()).bind(now.micros()))?;
        Ok(())
    }

    pub async fn set_second_factor(&mut self, id: &PersonId, kind: FactorKind, now: Timestamp) -> Result<()> {
        const SQL: &str = "update persons set second_factor = $2, updated_at = $3 where id = $1";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(kind.as_str()).bind(now.micros()))?;
        Ok(())
    }

    pub async fn record_login(&mut self, id: &PersonId, now: Timestamp) -> Result<()> {
        const SQL: &str = "update persons set last_login_at = $2 where id = $1";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(now.micros()))?;
        Ok(())
    }

    /// Holds a person who is still the one about whom something was decided: active, with the same password and second
    /// factor. Whatever ends all that somebody holds changes one of them and waits for this row. False when one differs.
    pub async fn hold_unchanged(&mut self, person: &Person) -> Result<bool> {
        const SQL: &str = "update persons set updated_at = updated_at
            where id = $1 and state = 'active' and second_factor = $2 and coalesce(password_set_at, 0) = $3
            returning id";
        let same: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(person.id.as_str())
            .bind(person.second_factor.as_str())
            .bind(micros(person.password_set_at).unwrap_or(0))
            .fetch_optional(c))?;
        Ok(same.is_some())
    }

    /// Holds a person about whom something may still be kept. False when there is no such person, or an erased one.
    pub(super) async fn hold_described(&mut self, id: &PersonId) -> Result<bool> {
        const SQL: &str = concat!("update persons set updated_at = updated_at where id = $1 and ", described!());
        Ok(execute!(self, sqlx::query(SQL).bind(id.as_str()))? > 0)
    }

    /// Makes transactions that look at a person and write in consequence wait for each other on PostgreSQL.
    pub async fn hold_person(&mut self, id: &PersonId) -> Result<()> {
        const SQL: &str = "update persons set updated_at = updated_at where id = $1";
        execute!(self, sqlx::query(SQL).bind(id.as_str()))?;
        Ok(())
    }
}
