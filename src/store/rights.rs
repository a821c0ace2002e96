//! What a person has to say in which tenants: memberships with the permissions of our own that groups give.
use super::tenants::{MembershipRow, membership_columns};
use super::{Read, Result, on};
use crate::model::{Membership, PersonId};

#[derive(sqlx::FromRow)]
struct Empowered {
    #[sqlx(flatten)]
    membership: MembershipRow,
    permission: Option<String>,
}

impl Read {
    /// A person's memberships in every state, the last used first, each with those permissions of its groups whose name
    /// begins with `prefix`, sorted.
    pub async fn memberships_with_permissions(&mut self, person: &PersonId, prefix: &str) -> Result<Vec<(Membership, Vec<String>)>> {
        const SQL: &str = concat!(
            "select ",
            membership_columns!(),
            ", gp.permission
            from memberships m
            left join group_members gm on gm.membership_id = m.id
            left join groups g on g.id = gm.group_id and g.tenant_id = m.tenant_id
            left join group_permissions gp on gp.group_id = g.id and substr(gp.permission, 1, cast($3 as integer)) = $2
            where m.person_id = $1
            order by m.last_used_at desc nulls last, m.id, gp.permission"
        );
        let length = i64::try_from(prefix.chars().count()).unwrap_or(i64::MAX);
        let rows: Vec<Empowered> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).bind(prefix).bind(length).fetch_all(c))?;
        let mut out: Vec<(Membership, Vec<String>)> = Vec::new();
        for row in rows {
            let membership = Membership::try_from(row.membership)?;
            if out.last().is_none_or(|(last, _)| last.id != membership.id) {
                out.push((membership, Vec::new()));
            }
            if let (Some((_, permissions)), Some(permission)) = (out.last_mut(), row.permission)
                && permissions.last() != Some(&permission)
            {
                permissions.push(permission);
            }
        }
        // Sorted here because the engines' collations differ.
        for (_, permissions) in &mut out {
            permissions.sort();
            permissions.dedup();
        }
        Ok(out)
    }
}
