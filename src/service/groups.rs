//! Groups of a tenant, their permissions and their members.
use serde_json::json;

use super::change::Change;
use crate::model::{Group, GroupId, MembershipId, Permission, TenantId, display_name};
use crate::store::StoreError;

/// What became of [`add`].
#[derive(Debug)]
pub enum GroupAdded {
    Added(Box<Group>),
    NameTaken,
    /// Field and what it must look like.
    Invalid(&'static str, &'static str),
}

/// Makes a group with permissions. A permission that nobody knows yet is defined with the given demand.
pub async fn add(change: &Change<'_>, tenant: &TenantId, name: &str, permissions: Vec<Permission>) -> Result<GroupAdded, StoreError> {
    let Some(name) = display_name(name, 80) else {
        return Ok(GroupAdded::Invalid("name", "1 to 80 characters, none of them invisible"));
    };
    if !permissions.iter().all(|permission| is_permission_name(&permission.name)) {
        return Ok(GroupAdded::Invalid("permission", "1 to 80 of a-z, 0-9 and . : _ -"));
    }
    let group = Group {
        id: GroupId::generate(change.now, change.entropy),
        tenant: tenant.clone(),
        name,
        self_join: false,
        self_leave: false,
        permissions,
    };
    change
        .store
        .write(async |w| {
            if !w.insert_group(&group.id, tenant, &group.name).await? {
                return Ok(GroupAdded::NameTaken);
            }
            for permission in &group.permissions {
                w.define_permission(&permission.name, permission.requires_2fa).await?;
                w.grant_permission(&group.id, &permission.name).await?;
            }
            let names: Vec<&str> = group.permissions.iter().map(|permission| permission.name.as_str()).collect();
            change.record(w, "group.add", group.id.as_str(), (Some(tenant), None), json!({ "permissions": names })).await?;
            Ok(GroupAdded::Added(Box::new(group)))
        })
        .await
}

/// Puts a membership into a group. False when group and membership are not of one tenant.
pub async fn add_member(change: &Change<'_>, group: &Group, membership: &MembershipId) -> Result<bool, StoreError> {
    change
        .store
        .write(async |w| {
            let added = w.add_group_member(&group.id, membership).await?;
            if added {
                let detail = json!({ "membership": membership });
                change.record(w, "group.add_member", group.id.as_str(), (Some(&group.tenant), None), detail).await?;
            }
            Ok(added)
        })
        .await
}

/// A permission appears in tokens, so its name is plain.
pub(super) fn is_permission_name(name: &str) -> bool {
    (1..=80).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".:_-".contains(&b))
}
