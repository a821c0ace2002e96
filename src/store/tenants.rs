//! Tenants, and who belongs to them. Groups and locations live in `groups`.
use super::rows::{At, all, micros, time, to_json};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{Membership, MembershipId, MembershipKind, MembershipState, PersonId, Tenant, TenantId, TenantPolicy, TenantState};
use crate::world::Timestamp;

/// What became of [`Write::insert_tenant`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantInserted {
    Yes,
    NumberTaken,
    /// Another tenant uses this slug, or used it once.
    SlugTaken,
}

macro_rules! tenant_then {
    ($tail:literal) => {
        concat!(
            "select id, number, slug, name, alias, color, logo, sender_name, contact, greeting, state, policy, created_at from tenants ",
            $tail
        )
    };
}

/// The columns of a membership, named so that its person can stand beside it in one row.
macro_rules! membership_columns {
    () => {
        "m.id as m_id, m.person_id, m.tenant_id, m.kind, m.state as m_state, m.admin, m.api_access, m.limited_to_locations,
         m.last_used_at, m.woken_at, m.created_at as m_created_at, m.accepted_at is not null as m_accepted"
    };
}
pub(super) use membership_columns;

macro_rules! membership_then {
    ($tail:literal) => {
        concat!("select ", membership_columns!(), " from memberships m ", $tail)
    };
}

#[derive(sqlx::FromRow)]
struct TenantRow {
    id: String,
    number: String,
    slug: String,
    name: String,
    alias: Option<String>,
    color: Option<String>,
    logo: Option<String>,
    sender_name: Option<String>,
    contact: Option<String>,
    greeting: Option<String>,
    state: String,
    policy: String,
    created_at: i64,
}

impl TryFrom<TenantRow> for Tenant {
    type Error = StoreError;
    fn try_from(row: TenantRow) -> Result<Self> {
        let at = At { table: "tenants", row: &row.id };
        Ok(Self {
            state: at.parsed("state", TenantState::parse(&row.state))?,
            policy: at.json("policy", &row.policy)?,
            number: row.number,
            slug: row.slug,
            name: row.name,
            alias: row.alias,
            color: row.color,
            logo: row.logo,
            sender_name: row.sender_name,
            contact: row.contact,
            greeting: row.greeting,
            created_at: Timestamp::from_micros(row.created_at),
            id: TenantId::from_text(row.id),
        })
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct MembershipRow {
    #[sqlx(rename = "m_id")]
    id: String,
    person_id: String,
    tenant_id: String,
    kind: String,
    #[sqlx(rename = "m_state")]
    state: String,
    admin: bool,
    api_access: bool,
    limited_to_locations: bool,
    last_used_at: Option<i64>,
    woken_at: Option<i64>,
    #[sqlx(rename = "m_created_at")]
    created_at: i64,
    #[sqlx(rename = "m_accepted")]
    accepted: bool,
}

impl TryFrom<MembershipRow> for Membership {
    type Error = StoreError;
    fn try_from(row: MembershipRow) -> Result<Self> {
        let at = At { table: "memberships", row: &row.id };
        Ok(Self {
            kind: at.parsed("kind", MembershipKind::parse(&row.kind))?,
            state: at.parsed("state", MembershipState::parse(&row.state))?,
            person: PersonId::from_text(row.person_id),
            tenant: TenantId::from_text(row.tenant_id),
            accepted: row.accepted,
            admin: row.admin,
            api_access: row.api_access,
            limited_to_locations: row.limited_to_locations,
            last_used_at: time(row.last_used_at),
            woken_at: time(row.woken_at),
            created_at: Timestamp::from_micros(row.created_at),
            id: MembershipId::from_text(row.id),
        })
    }
}

impl Read {
    /// All tenants but the erased ones, by id.
    pub async fn tenants(&mut self) -> Result<Vec<Tenant>> {
        const SQL: &str = tenant_then!("where id not in (select tenant_id from tenant_endings) order by id");
        let rows: Vec<TenantRow> = on!(self, c => sqlx::query_as(SQL).fetch_all(c))?;
        all(rows)
    }

    pub async fn tenant(&mut self, id: &TenantId) -> Result<Option<Tenant>> {
        const SQL: &str = tenant_then!("where id = $1");
        let row: Option<TenantRow> = on!(self, c => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(c))?;
        row.map(Tenant::try_from).transpose()
    }

    /// The tenant whose id, number, slug or former slug this is; in that order when several claim it.
    pub async fn tenant_by_handle(&mut self, handle: &str) -> Result<Option<Tenant>> {
        const SQL: &str = tenant_then!(
            "where id = $1 or number = $1 or id = (select tenant_id from tenant_slugs where slug = $1)
            order by case when id = $1 then 0 when number = $1 then 1 else 2 end, id
            limit 1"
        );
        let row: Option<TenantRow> = on!(self, c => sqlx::query_as(SQL).bind(handle).fetch_optional(c))?;
        row.map(Tenant::try_from).transpose()
    }

    /// A person's memberships in every state, the last used first.
    pub async fn memberships_of(&mut self, person: &PersonId) -> Result<Vec<Membership>> {
        const SQL: &str = membership_then!("where m.person_id = $1 order by m.last_used_at desc nulls last, m.id");
        let rows: Vec<MembershipRow> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).fetch_all(c))?;
        all(rows)
    }

    pub async fn membership(&mut self, person: &PersonId, tenant: &TenantId) -> Result<Option<Membership>> {
        const SQL: &str = membership_then!("where m.person_id = $1 and m.tenant_id = $2");
        let row: Option<MembershipRow> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).bind(tenant.as_str()).fetch_optional(c))?;
        row.map(Membership::try_from).transpose()
    }

    pub async fn membership_by_id(&mut self, id: &MembershipId) -> Result<Option<Membership>> {
        const SQL: &str = membership_then!("where m.id = $1");
        let row: Option<MembershipRow> = on!(self, c => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(c))?;
        row.map(Membership::try_from).transpose()
    }
}

impl Write {
    /// Makes a tenant and reserves its slug for ever. Unless it answers `Yes`, nothing was written.
    pub async fn insert_tenant(&mut self, tenant: &Tenant) -> Result<TenantInserted> {
        const INSERT: &str = "insert into tenants (id, number, slug, name, alias, color, logo, state, policy, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            on conflict do nothing
            returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(INSERT)
            .bind(tenant.id.as_str())
            .bind(&tenant.number)
            .bind(&tenant.slug)
            .bind(&tenant.name)
            .bind(tenant.alias.as_deref())
            .bind(tenant.color.as_deref())
            .bind(tenant.logo.as_deref())
            .bind(tenant.state.as_str())
            .bind(to_json(&tenant.policy))
            .bind(tenant.created_at.micros())
            .fetch_optional(c))?;
        if won.is_none() {
            const TAKEN: &str = "select id from tenants where number = $1";
            let holder: Option<String> = on!(self, c => sqlx::query_scalar(TAKEN).bind(&tenant.number).fetch_optional(c))?;
            return Ok(if holder.is_some() { TenantInserted::NumberTaken } else { TenantInserted::SlugTaken });
        }
        const RESERVE: &str = "insert into tenant_slugs (slug, tenant_id) values ($1, $2) on conflict do nothing returning slug";
        let reserved: Option<String> =
            on!(self, c => sqlx::query_scalar(RESERVE).bind(&tenant.slug).bind(tenant.id.as_str()).fetch_optional(c))?;
        if reserved.is_none() {
            execute!(self, sqlx::query("delete from tenants where id = $1").bind(tenant.id.as_str()))?;
            return Ok(TenantInserted::SlugTaken);
        }
        self.raise_generation().await?;
        Ok(TenantInserted::Yes)
    }

    pub async fn set_tenant_state(&mut self, id: &TenantId, state: TenantState) -> Result<()> {
        const SQL: &str = "update tenants set state = $2 where id = $1";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(state.as_str()))?;
        self.raise_generation().await
    }

    pub async fn set_tenant_policy(&mut self, id: &TenantId, policy: &TenantPolicy) -> Result<()> {
        const SQL: &str = "update tenants set policy = $2 where id = $1";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(to_json(policy)))?;
        self.raise_generation().await
    }

    /// False when the person is in this tenant already, or has another home (people.md K38). As everything that may make
    /// an administrator it holds the person, so that whoever is about to disable that one finds the membership.
    pub async fn insert_membership(&mut self, membership: &Membership) -> Result<bool> {
        const SQL: &str = "insert into memberships
                (id, person_id, tenant_id, kind, state, admin, api_access, limited_to_locations, last_used_at,
                 created_at, accepted_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, case when $5 = 'active' and $11 then $10 end)
            on conflict do nothing
            returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(membership.id.as_str())
            .bind(membership.person.as_str())
            .bind(membership.tenant.as_str())
            .bind(membership.kind.as_str())
            .bind(membership.state.as_str())
            .bind(membership.admin)
            .bind(membership.api_access)
            .bind(membership.limited_to_locations)
            .bind(micros(membership.last_used_at))
            .bind(membership.created_at.micros())
            .bind(membership.accepted)
            .fetch_optional(c))?;
        if won.is_some() {
            self.hold_person(&membership.person).await?;
            self.list_anew(&membership.person).await?;
        }
        Ok(won.is_some())
    }

    /// False when there is no such membership.
    pub async fn set_membership_state(&mut self, id: &MembershipId, state: MembershipState) -> Result<bool> {
        const SQL: &str = "update memberships set state = $2 where id = $1";
        let changed = execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(state.as_str()))?;
        Ok(changed > 0)
    }

    /// people.md K35. False when there is no such membership, or it is no home (K37).
    pub async fn set_api_access(&mut self, id: &MembershipId, api_access: bool) -> Result<bool> {
        const SQL: &str = "update memberships set api_access = $2 where id = $1 and (kind = 'home' or not $2)";
        let changed = execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(api_access))?;
        Ok(changed > 0)
    }

    /// An invitation was accepted. False when the membership was ended or disabled meanwhile.
    pub async fn activate_membership(&mut self, id: &MembershipId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update memberships set state = 'active', accepted_at = coalesce(accepted_at, $2)
            where id = $1 and state in ('invited', 'active')
            returning person_id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(now.micros()).fetch_optional(c))?;
        let Some(person) = won.map(PersonId::from_text) else { return Ok(false) };
        self.hold_person(&person).await?;
        // From now on the name is known here.
        self.list_anew(&person).await?;
        Ok(true)
    }

    /// The person enters this tenant, and something is granted for it: whoever ends or disables the membership waits, and
    /// then finds that. Whoever was linked without being asked accepts by it. False when the membership is not active any more.
    pub async fn enter_membership(&mut self, id: &MembershipId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update memberships set last_used_at = $2 where id = $1 and state = 'active' returning accepted_at";
        let active: Option<Option<i64>> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(now.micros()).fetch_optional(c))?;
        match active {
            Some(None) => self.activate_membership(id, now).await,
            active => Ok(active.is_some()),
        }
    }

    /// The membership was used: it comes first on the tenant page, and inactivity counts from here (C23).
    pub async fn touch_membership(&mut self, id: &MembershipId, now: Timestamp) -> Result<()> {
        const SQL: &str = "update memberships set last_used_at = $2 where id = $1";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(now.micros()))?;
        Ok(())
    }
}
