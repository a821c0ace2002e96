//! Figures for the start pages of the consoles.
use super::people_list::stranger;
use super::{Read, Result, on};
use crate::model::TenantId;
use crate::world::Timestamp;

/// How many people of a tenant are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TenantFigures {
    pub invited: i64,
    pub active: i64,
    pub deactivated: i64,
    /// Too many failures just now, or unused for too long.
    pub locked: i64,
    /// Guests among all of them.
    pub guests: i64,
    /// Active ones who sign in with a password alone.
    pub without_factor: i64,
}

/// How the instance stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InstanceFigures {
    pub tenants: i64,
    pub disabled_tenants: i64,
    pub people: i64,
    pub clients: i64,
    pub sessions: i64,
    pub failed_letters: i64,
    /// Letters that should have left by now.
    pub late_letters: i64,
    pub weak_operators: i64,
}

/// Counts by state. `$2` is now; whoever was not there since `$3` counts as locked.
// people.md C17: deactivated before invited before locked before active.
macro_rules! figures {
    ($deactivated:expr, $invited:expr, $paused:expr, $bare:expr, $stranger:expr, $from:literal) => {
        concat!(
            "select count(case when s.state = 'invited' then 1 end), count(case when s.state = 'active' then 1 end),
                count(case when s.state = 'deactivated' then 1 end), count(case when s.state = 'locked' then 1 end),
                count(case when s.kind = 'guest' then 1 end), count(case when s.state = 'active' and s.bare = 1 then 1 end)
            from (
                select
                    case
                        when m.state = 'disabled' or ",
            $deactivated,
            " and not ",
            $stranger,
            " then 'deactivated'
                        when m.state = 'invited' or ",
            $invited,
            " then 'invited'
                        when ",
            $paused,
            " and not ",
            $stranger,
            " then 'locked'
                        when coalesce(m.last_used_at, m.created_at) < $3 and (m.woken_at is null or m.woken_at < $3) then 'locked'
                        else 'active' end as state,
                    m.kind as kind,
                    case when ",
            $bare,
            " and not ",
            $stranger,
            " then 1 else 0 end as bare
                from ",
            $from,
            "
                where m.tenant_id = $1 and m.state <> 'left'
                limit 1000000000
            ) s"
        )
    };
}

macro_rules! paused {
    () => {
        "m.person_id in (select substr(l.name, 8) from lockouts l where l.name like 'person:%' and l.paused_until > $2)"
    };
}

/// SQLite walks along the index of the list and gathers who is in a rare state once.
const ON_SQLITE: &str = figures!(
    "m.person_id in (select f.id from persons f where f.state = 'deactivated')",
    "m.person_id in (select f.id from persons f where f.state = 'invited')",
    paused!(),
    "m.person_id in (select f.id from persons f where f.second_factor = 'none' and f.password_hash is not null)",
    concat!("(m.accepted_at is null and exists(select 1 from persons p where p.id = m.person_id and ", stranger!(), "))"),
    "memberships m"
);

/// PostgreSQL joins.
const ON_POSTGRES: &str = figures!(
    "p.state = 'deactivated'",
    "p.state = 'invited'",
    paused!(),
    "p.second_factor = 'none' and p.password_hash is not null",
    stranger!(),
    "memberships m join persons p on p.id = m.person_id"
);

impl Read {
    /// Counts the people of a tenant. `dormant_before`: whoever was not there since, nor woken, counts as locked
    /// (people.md C23). Of an invited stranger nothing but the invitation counts (security.md I11).
    pub async fn tenant_figures(&mut self, tenant: &TenantId, dormant_before: Option<Timestamp>, now: Timestamp) -> Result<TenantFigures> {
        let sql = if self.is_postgres() { ON_POSTGRES } else { ON_SQLITE };
        let dormant = dormant_before.map_or(i64::MIN, Timestamp::micros);
        let (invited, active, deactivated, locked, guests, without_factor): (i64, i64, i64, i64, i64, i64) =
            on!(self, c => sqlx::query_as(sql).bind(tenant.as_str()).bind(now.micros()).bind(dormant).fetch_one(c))?;
        Ok(TenantFigures { invited, active, deactivated, locked, guests, without_factor })
    }

    /// Counts what the instance holds. `late`: letters that were due before then have waited too long.
    pub async fn instance_figures(&mut self, late: Timestamp, now: Timestamp) -> Result<InstanceFigures> {
        const SQL: &str = "select 'tenants' as what, count(*) as n from tenants where state = 'active'
            union all select 'disabled_tenants', count(*) from tenants
                where state = 'disabled' and id not in (select tenant_id from tenant_endings)
            union all select 'people', count(*) from persons where sort_key <> ''
            union all select 'clients', count(*) from clients
            union all select 'sessions', count(*) from sessions where ended_at is null and expires_at > $1
            union all select 'failed_letters', count(*) from letters where state = 'dead'
            union all select 'late_letters', count(*) from letters where state = 'queued' and due_at < $2
            union all select 'weak_operators', count(*) from persons
                where operator = true and state = 'active' and second_factor in ('none', 'email')";
        let rows: Vec<(String, i64)> = on!(self, c => sqlx::query_as(SQL).bind(now.micros()).bind(late.micros()).fetch_all(c))?;
        let of = |what: &str| rows.iter().find(|row| row.0 == what).map_or(0, |row| row.1);
        Ok(InstanceFigures {
            tenants: of("tenants"),
            disabled_tenants: of("disabled_tenants"),
            people: of("people"),
            clients: of("clients"),
            sessions: of("sessions"),
            failed_letters: of("failed_letters"),
            late_letters: of("late_letters"),
            weak_operators: of("weak_operators"),
        })
    }
}
