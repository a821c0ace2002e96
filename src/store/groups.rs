//! Groups with their permissions, locations, and what a membership has of them.
use super::{Read, Result, Write, execute, on};
use crate::model::{Group, GroupId, Location, LocationId, MembershipDetails, MembershipId, Permission, PersonId, TenantId, sort_key};

#[derive(sqlx::FromRow)]
struct DetailRow {
    kind: String,
    name: String,
    requires_2fa: bool,
}

impl Read {
    /// Groups, permissions and locations of a membership in one statement. Rows of other tenants never count.
    pub async fn membership_details(&mut self, id: &MembershipId) -> Result<MembershipDetails> {
        const SQL: &str = "select 'group' as kind, g.name as name, false as requires_2fa
            from memberships m
            join group_members gm on gm.membership_id = m.id
            join groups g on g.id = gm.group_id and g.tenant_id = m.tenant_id
            where m.id = $1
            union
            select 'permission', p.name, p.requires_2fa
            from memberships m
            join group_members gm on gm.membership_id = m.id
            join groups g on g.id = gm.group_id and g.tenant_id = m.tenant_id
            join group_permissions gp on gp.group_id = g.id
            join permissions p on p.name = gp.permission
            where m.id = $1
            union
            select 'location', l.id, false
            from memberships m
            join membership_locations ml on ml.membership_id = m.id
            join locations l on l.id = ml.location_id and l.tenant_id = m.tenant_id
            where m.id = $1";
        let rows: Vec<DetailRow> = on!(self, c => sqlx::query_as(SQL).bind(id.as_str()).fetch_all(c))?;
        let mut details = MembershipDetails::default();
        for row in rows {
            match row.kind.as_str() {
                "group" => details.groups.push(row.name),
                "permission" => details.permissions.push(Permission { name: row.name, requires_2fa: row.requires_2fa }),
                _ => details.locations.push(row.name),
            }
        }
        // Sorted here because the engines' collations differ.
        details.groups.sort();
        details.permissions.sort();
        details.locations.sort();
        Ok(details)
    }

    /// Person and tenant of the memberships with the most groups and permissions.
    pub async fn largest_memberships(&mut self, limit: i64) -> Result<Vec<(PersonId, TenantId)>> {
        const SQL: &str = "select m.person_id, m.tenant_id
            from memberships m
            join group_members gm on gm.membership_id = m.id
            left join group_permissions gp on gp.group_id = gm.group_id
            where m.state = 'active'
            group by m.id, m.person_id, m.tenant_id
            order by count(*) desc, m.id
            limit $1";
        let rows: Vec<(String, String)> = on!(self, c => sqlx::query_as(SQL).bind(limit).fetch_all(c))?;
        Ok(rows.into_iter().map(|(person, tenant)| (PersonId::from_text(person), TenantId::from_text(tenant))).collect())
    }

    /// The group of this name in this tenant, upper and lower case alike.
    pub async fn group_by_name(&mut self, tenant: &TenantId, name: &str) -> Result<Option<Group>> {
        const SQL: &str = "select id, name from groups where tenant_id = $1 and sort_key = $2";
        const PERMISSIONS: &str = "select p.name, p.requires_2fa
            from group_permissions gp
            join permissions p on p.name = gp.permission
            where gp.group_id = $1";
        let found: Option<(String, String)> =
            on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).bind(sort_key(name)).fetch_optional(c))?;
        let Some((id, name)) = found else { return Ok(None) };
        let rows: Vec<(String, bool)> = on!(self, c => sqlx::query_as(PERMISSIONS).bind(&id).fetch_all(c))?;
        let mut permissions: Vec<Permission> = rows.into_iter().map(|(name, requires_2fa)| Permission { name, requires_2fa }).collect();
        permissions.sort();
        Ok(Some(Group { id: GroupId::from_text(id), tenant: tenant.clone(), name, permissions }))
    }
}

impl Write {
    /// False when the tenant has a group of this name.
    pub async fn insert_group(&mut self, id: &GroupId, tenant: &TenantId, name: &str) -> Result<bool> {
        const SQL: &str = "insert into groups (id, tenant_id, name, sort_key) values ($1, $2, $3, $4)
            on conflict (tenant_id, sort_key) do nothing
            returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(id.as_str()).bind(tenant.as_str()).bind(name).bind(sort_key(name)).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Makes the permission, or changes whether it needs a strong second factor.
    pub async fn define_permission(&mut self, name: &str, requires_2fa: bool) -> Result<()> {
        const SQL: &str = "insert into permissions (name, requires_2fa) values ($1, $2)
            on conflict (name) do update set requires_2fa = excluded.requires_2fa";
        execute!(self, sqlx::query(SQL).bind(name).bind(requires_2fa))?;
        Ok(())
    }

    /// Gives a defined permission to a group.
    pub async fn grant_permission(&mut self, group: &GroupId, permission: &str) -> Result<()> {
        const SQL: &str = "insert into group_permissions (group_id, permission) values ($1, $2) on conflict do nothing";
        execute!(self, sqlx::query(SQL).bind(group.as_str()).bind(permission))?;
        Ok(())
    }

    /// True when the membership is in the group now; false when the two are of different tenants or missing.
    pub async fn add_group_member(&mut self, group: &GroupId, membership: &MembershipId) -> Result<bool> {
        const SQL: &str = "insert into group_members (group_id, membership_id)
            select g.id, m.id from groups g join memberships m on m.tenant_id = g.tenant_id
            where g.id = $1 and m.id = $2
            on conflict (group_id, membership_id) do update set group_id = excluded.group_id
            returning group_id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(group.as_str()).bind(membership.as_str()).fetch_optional(c))?;
        Ok(won.is_some())
    }

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
}
