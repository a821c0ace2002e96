//! Locations of a tenant, and which memberships are limited to which of them (people.md S37–S45).
use super::{Read, Result, Write, execute, on};
use crate::model::{Location, LocationId, MembershipId, TenantId, sort_key};

#[derive(sqlx::FromRow)]
struct LocationRow {
    id: String,
    tenant_id: String,
    name: String,
    website: Option<String>,
}

impl From<LocationRow> for Location {
    fn from(row: LocationRow) -> Self {
        Self { id: LocationId::from_text(row.id), tenant: TenantId::from_text(row.tenant_id), name: row.name, website: row.website }
    }
}

impl Read {
    /// A tenant's locations by name.
    pub async fn locations_of(&mut self, tenant: &TenantId) -> Result<Vec<Location>> {
        const SQL: &str = "select id, tenant_id, name, website from locations where tenant_id = $1 order by sort_key, id";
        let rows: Vec<LocationRow> = on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).fetch_all(c))?;
        Ok(rows.into_iter().map(Location::from).collect())
    }

    /// Every membership of a tenant with the names of the locations that it is limited to, a row for each, by name.
    pub async fn location_names_of(&mut self, tenant: &TenantId) -> Result<Vec<(MembershipId, String)>> {
        const SQL: &str = "select ml.membership_id, l.name
            from locations l
            join membership_locations ml on ml.location_id = l.id
            where l.tenant_id = $1
            order by l.sort_key, l.id, ml.membership_id";
        let rows: Vec<(String, String)> = on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).fetch_all(c))?;
        Ok(rows.into_iter().map(|(membership, name)| (MembershipId::from_text(membership), name)).collect())
    }

    /// The locations that a membership is limited to, by name. Rows of other tenants never count.
    pub async fn locations_of_membership(&mut self, membership: &MembershipId) -> Result<Vec<Location>> {
        const SQL: &str = "select l.id, l.tenant_id, l.name, l.website
            from membership_locations ml
            join memberships m on m.id = ml.membership_id
            join locations l on l.id = ml.location_id and l.tenant_id = m.tenant_id
            where ml.membership_id = $1
            order by l.sort_key, l.id";
        let rows: Vec<LocationRow> = on!(self, c => sqlx::query_as(SQL).bind(membership.as_str()).fetch_all(c))?;
        Ok(rows.into_iter().map(Location::from).collect())
    }
}

impl Write {
    pub async fn insert_location(&mut self, location: &Location) -> Result<()> {
        const SQL: &str = "insert into locations (id, tenant_id, name, website, sort_key) values ($1, $2, $3, $4, $5)";
        let query_key = sort_key(&location.name);
        execute!(
            self,
            sqlx::query(SQL)
                .bind(location.id.as_str())
                .bind(location.tenant.as_str())
                .bind(&location.name)
                .bind(location.website.as_deref())
                .bind(&query_key)
        )?;
        Ok(())
    }

    /// Name and website anew. False when the tenant has no such location.
    pub async fn change_location(&mut self, location: &Location) -> Result<bool> {
        const SQL: &str = "update locations set name = $3, website = $4, sort_key = $5 where id = $1 and tenant_id = $2";
        let query_key = sort_key(&location.name);
        let changed = execute!(
            self,
            sqlx::query(SQL)
                .bind(location.id.as_str())
                .bind(location.tenant.as_str())
                .bind(&location.name)
                .bind(location.website.as_deref())
                .bind(&query_key)
        )?;
        Ok(changed > 0)
    }

    /// False when the tenant has no such location. Memberships that were limited to it alone may then see none: taking
    /// a place away never opens the others.
    pub async fn delete_location(&mut self, tenant: &TenantId, id: &LocationId) -> Result<bool> {
        const MEMBERS: &str = "delete from membership_locations
            where location_id in (select id from locations where id = $1 and tenant_id = $2)";
        execute!(self, sqlx::query(MEMBERS).bind(id.as_str()).bind(tenant.as_str()))?;
        const SQL: &str = "delete from locations where id = $1 and tenant_id = $2";
        let gone = execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(tenant.as_str()))?;
        Ok(gone > 0)
    }

    /// Limits a membership to its locations, this one among them (people.md S41). False when the two are of different
    /// tenants or missing.
    pub async fn limit_to_location(&mut self, membership: &MembershipId, location: &LocationId) -> Result<bool> {
        const SQL: &str = "insert into membership_locations (membership_id, location_id)
            select m.id, l.id from memberships m join locations l on l.tenant_id = m.tenant_id
            where m.id = $1 and l.id = $2
            on conflict (membership_id, location_id) do update set location_id = excluded.location_id
            returning membership_id";
        const LIMIT: &str = "update memberships set limited_to_locations = true where id = $1";
        let won: Option<String> =
            on!(self, c => sqlx::query_scalar(SQL).bind(membership.as_str()).bind(location.as_str()).fetch_optional(c))?;
        if won.is_some() {
            execute!(self, sqlx::query(LIMIT).bind(membership.as_str()))?;
        }
        Ok(won.is_some())
    }

    /// Takes one location from a membership, which stays limited to its others. False when it was not limited to it.
    pub async fn unlimit_to_location(&mut self, membership: &MembershipId, location: &LocationId) -> Result<bool> {
        const SQL: &str = "delete from membership_locations where membership_id = $1 and location_id = $2";
        let gone = execute!(self, sqlx::query(SQL).bind(membership.as_str()).bind(location.as_str()))?;
        Ok(gone > 0)
    }

    /// Forgets all locations of a membership; `limited` says whether it may then see none, or all (people.md S41).
    pub async fn clear_locations(&mut self, membership: &MembershipId, limited: bool) -> Result<()> {
        const LIMIT: &str = "update memberships set limited_to_locations = $2 where id = $1";
        execute!(self, sqlx::query("delete from membership_locations where membership_id = $1").bind(membership.as_str()))?;
        execute!(self, sqlx::query(LIMIT).bind(membership.as_str()).bind(limited))?;
        Ok(())
    }
}
