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

/// Three words and how many rows have them.
type Counted = (String, String, String, i64);

impl Read {
    /// Counts the people of a tenant. `dormant_before`: whoever was not there since counts as locked (people.md C23).
    pub async fn tenant_figures(&mut self, tenant: &TenantId, dormant_before: Option<Timestamp>, now: Timestamp) -> Result<TenantFigures> {
        // people.md C17: deactivated before invited before locked before active.
        // security.md I11: of an invited stranger nothing but the invitation counts.
        const SQL: &str = concat!(
            "select s.state, s.kind, s.bare, count(*)
            from (
                select
                    case
                        when m.state = 'disabled' or p.state = 'deactivated' and not ",
            stranger!(),
            " then 'deactivated'
                        when m.state = 'invited' or p.state = 'invited' then 'invited'
                        when p.id in (select substr(l.name, 8) from lockouts l where l.name like 'person:%' and l.paused_until > $2)
                            and not ",
            stranger!(),
            "
                            or coalesce(m.last_used_at, m.created_at) < $3 then 'locked'
                        else 'active' end as state,
                    m.kind as kind,
                    case when p.second_factor = 'none' and p.password_hash is not null and not ",
            stranger!(),
            " then 'bare' else '' end as bare
                from memberships m
                join persons p on p.id = m.person_id
                where m.tenant_id = $1 and m.state <> 'left'
            ) s
            group by s.state, s.kind, s.bare
            order by s.state, s.kind, s.bare"
        );
        let dormant = dormant_before.map_or(i64::MIN, Timestamp::micros);
        let rows: Vec<(String, String, String, i64)> =
            on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).bind(now.micros()).bind(dormant).fetch_all(c))?;
        let sum = |fits: &dyn Fn(&Counted) -> bool| rows.iter().filter(|row| fits(row)).map(|row| row.3).sum();
        Ok(TenantFigures {
            invited: sum(&|row| row.0 == "invited"),
            active: sum(&|row| row.0 == "active"),
            deactivated: sum(&|row| row.0 == "deactivated"),
            locked: sum(&|row| row.0 == "locked"),
            guests: sum(&|row| row.1 == "guest"),
            without_factor: sum(&|row| row.0 == "active" && row.2 == "bare"),
        })
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
