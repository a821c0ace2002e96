//! Groups with their permissions, and what a membership has of them and of locations.
use super::{Read, Result, Write, execute, on};
use crate::model::{Group, GroupId, MembershipDetails, MembershipId, Permission, PersonId, TenantId, sort_key};

#[derive(sqlx::FromRow)]
struct DetailRow {
    kind: String,
    name: String,
    requires_2fa: bool,
}

/// One row for each permission of a group, and one for a group without any.
macro_rules! group_then {
    ($tail:literal) => {
        concat!(
            "select g.id, g.tenant_id, g.name, g.self_join, g.self_leave, p.name as permission, p.requires_2fa
            from groups g
            left join group_permissions gp on gp.group_id = g.id
            left join permissions p on p.name = gp.permission ",
            $tail
        )
    };
}

#[derive(sqlx::FromRow)]
struct GroupRow {
    id: String,
    tenant_id: String,
    name: String,
    self_join: bool,
    self_leave: bool,
    permission: Option<String>,
    requires_2fa: Option<bool>,
}

/// Rows of one group stand together.
fn gathered(rows: Vec<GroupRow>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        if groups.last().is_none_or(|last| last.id.as_str() != row.id) {
            groups.push(Group {
                id: GroupId::from_text(row.id),
                tenant: TenantId::from_text(row.tenant_id),
                name: row.name,
                self_join: row.self_join,
                self_leave: row.self_leave,
                permissions: Vec::new(),
            });
        }
        if let (Some(group), Some((name, requires_2fa))) = (groups.last_mut(), row.permission.zip(row.requires_2fa)) {
            group.permissions.push(Permission { name, requires_2fa });
        }
    }
    // Sorted here because the engines' collations differ.
    for group in &mut groups {
        group.permissions.sort();
    }
    groups
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
        const SQL: &str = group_then!("where g.tenant_id = $1 and g.sort_key = $2 order by gp.permission");
        let rows: Vec<GroupRow> = on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).bind(sort_key(name)).fetch_all(c))?;
        Ok(gathered(rows).pop())
    }

    /// The group of this id, if it is one of this tenant.
    pub async fn group(&mut self, tenant: &TenantId, id: &GroupId) -> Result<Option<Group>> {
        const SQL: &str = group_then!("where g.tenant_id = $1 and g.id = $2 order by gp.permission");
        let rows: Vec<GroupRow> = on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).bind(id.as_str()).fetch_all(c))?;
        Ok(gathered(rows).pop())
    }

    /// A tenant's groups by name, with what they permit: the matrix (people.md S10).
    pub async fn groups_of(&mut self, tenant: &TenantId) -> Result<Vec<Group>> {
        const SQL: &str = group_then!("where g.tenant_id = $1 order by g.sort_key, g.id, gp.permission");
        let rows: Vec<GroupRow> = on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).fetch_all(c))?;
        Ok(gathered(rows))
    }

    /// The groups of a membership by name. Rows of other tenants never count.
    pub async fn groups_of_membership(&mut self, membership: &MembershipId) -> Result<Vec<Group>> {
        const SQL: &str = group_then!(
            "join group_members gm on gm.group_id = g.id
            join memberships m on m.id = gm.membership_id and m.tenant_id = g.tenant_id
            where m.id = $1
            order by g.sort_key, g.id, gp.permission"
        );
        let rows: Vec<GroupRow> = on!(self, c => sqlx::query_as(SQL).bind(membership.as_str()).fetch_all(c))?;
        Ok(gathered(rows))
    }

    /// How many people each group of a tenant has; groups without any are missing. Who left counts no more.
    pub async fn group_sizes(&mut self, tenant: &TenantId) -> Result<Vec<(GroupId, i64)>> {
        // Whoever leaves is taken out of all groups, and nobody gets into one of another tenant: the members are enough.
        const SQL: &str = "select gm.group_id, count(*)
            from group_members gm
            where gm.group_id in (select id from groups where tenant_id = $1)
            group by gm.group_id
            order by gm.group_id";
        let rows: Vec<(String, i64)> = on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).fetch_all(c))?;
        Ok(rows.into_iter().map(|(id, count)| (GroupId::from_text(id), count)).collect())
    }

    /// Every membership of a tenant with the names of its groups, a row for each, by name.
    pub async fn group_names_of(&mut self, tenant: &TenantId) -> Result<Vec<(MembershipId, String)>> {
        const SQL: &str = "select gm.membership_id, g.name
            from groups g
            join group_members gm on gm.group_id = g.id
            where g.tenant_id = $1
            order by g.sort_key, g.id, gm.membership_id";
        let rows: Vec<(String, String)> = on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).fetch_all(c))?;
        Ok(rows.into_iter().map(|(membership, name)| (MembershipId::from_text(membership), name)).collect())
    }

    /// Every permission that somebody defined, by name.
    pub async fn permissions(&mut self) -> Result<Vec<Permission>> {
        const SQL: &str = "select name, requires_2fa from permissions order by name";
        let rows: Vec<(String, bool)> = on!(self, c => sqlx::query_as(SQL).fetch_all(c))?;
        let mut all: Vec<Permission> = rows.into_iter().map(|(name, requires_2fa)| Permission { name, requires_2fa }).collect();
        // Sorted here because the engines' collations differ.
        all.sort();
        Ok(all)
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

    /// Makes the permission unless it is there; what is said about it stays.
    pub async fn ensure_permission(&mut self, name: &str) -> Result<()> {
        const SQL: &str = "insert into permissions (name, requires_2fa) values ($1, false) on conflict (name) do nothing";
        execute!(self, sqlx::query(SQL).bind(name))?;
        Ok(())
    }

    /// False when another group of the tenant has this name; then nothing changed.
    pub async fn rename_group(&mut self, group: &Group, name: &str) -> Result<bool> {
        const SQL: &str = "update groups set name = $3, sort_key = $4
            where id = $1 and tenant_id = $2
                and not exists (select 1 from groups o where o.tenant_id = $2 and o.sort_key = $4 and o.id <> $1)
            returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(group.id.as_str()).bind(group.tenant.as_str()).bind(name).bind(sort_key(name)).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// May members join and leave by themselves (people.md C13)?
    pub async fn open_group(&mut self, group: &Group, self_join: bool, self_leave: bool) -> Result<()> {
        const SQL: &str = "update groups set self_join = $3, self_leave = $4 where id = $1 and tenant_id = $2";
        execute!(self, sqlx::query(SQL).bind(group.id.as_str()).bind(group.tenant.as_str()).bind(self_join).bind(self_leave))?;
        Ok(())
    }

    /// Deletes a group; its members lose what it permitted. False when it was gone.
    pub async fn delete_group(&mut self, group: &Group) -> Result<bool> {
        let (id, tenant) = (group.id.as_str(), group.tenant.as_str());
        execute!(self, sqlx::query("delete from group_members where group_id = $1").bind(id))?;
        execute!(self, sqlx::query("delete from group_permissions where group_id = $1").bind(id))?;
        let gone = execute!(self, sqlx::query("delete from groups where id = $1 and tenant_id = $2").bind(id).bind(tenant))?;
        Ok(gone > 0)
    }

    /// Takes one permission from a group. False when it did not have it.
    pub async fn revoke_permission(&mut self, group: &GroupId, permission: &str) -> Result<bool> {
        const SQL: &str = "delete from group_permissions where group_id = $1 and permission = $2";
        let gone = execute!(self, sqlx::query(SQL).bind(group.as_str()).bind(permission))?;
        Ok(gone > 0)
    }

    /// False when the membership was not in the group.
    pub async fn remove_group_member(&mut self, group: &GroupId, membership: &MembershipId) -> Result<bool> {
        const SQL: &str = "delete from group_members where group_id = $1 and membership_id = $2";
        let gone = execute!(self, sqlx::query(SQL).bind(group.as_str()).bind(membership.as_str()))?;
        Ok(gone > 0)
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
}
