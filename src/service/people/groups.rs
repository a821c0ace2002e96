//! Groups as administrators arrange them (people.md K15, K16, S10, S11): nobody gives or takes what he does not hold
//! (security.md I08, I10).
use std::collections::BTreeSet;

use serde_json::json;

use super::super::audit::{Event, record_from};
use super::super::groups::is_permission_name;
use super::super::seen::Seen;
use super::super::{Failure, Network};
use super::acting::{Acting, Deed, Held, Outcome, Refusal, allowed};
use crate::app::App;
use crate::model::{Group, GroupId, MembershipState, PersonId, PersonState, SelfJoin, TenantId, display_name};
use crate::policy::permission::{RESERVED, Right};
use crate::store::{Read, Write};
use crate::world::Timestamp;

const NAME: &str = "1 to 80 characters, none of them invisible";
const GROUPS: &[Right] = &[Right::Groups];
/// Putting people into groups belongs to editing people (K16) as well as to arranging groups.
const MEMBERS: &[Right] = &[Right::People, Right::Groups];

/// The tenant's groups, and how many people each has: the matrix (people.md S10). For everybody who may in.
pub async fn all(acting: &Acting<'_>) -> Result<Vec<(Group, i64)>, Failure> {
    let (groups, sizes) =
        acting.app.store.read(async |r| Ok((r.groups_of(acting.tenant()).await?, r.group_sizes(acting.tenant()).await?))).await?;
    let size = |id: &GroupId| sizes.iter().find(|(known, _)| known == id).map_or(0, |(_, size)| *size);
    Ok(groups.into_iter().map(|group| (size(&group.id), group)).map(|(size, group)| (group, size)).collect())
}

/// Makes a group with permissions that exist.
pub async fn create(acting: &Acting<'_>, name: &str, permissions: &BTreeSet<String>) -> Outcome<GroupId> {
    let Some(name) = display_name(name, 80) else { return Ok(Err(Refusal::Invalid("name", NAME))) };
    let id = GroupId::generate(acting.now, &*acting.app.entropy);
    let deed = Deed { rights: GROUPS, action: "group.create", subject: id.as_str() };
    acting
        .attempt(deed, async |w| {
            if !w.insert_group(&id, acting.tenant(), &name).await? {
                return Ok(Err(Refusal::Taken("name")));
            }
            allowed!(give(acting, w, &id, permissions).await?);
            acting.done(w, deed, json!({ "permissions": permissions })).await?;
            Ok(Ok(id.clone()))
        })
        .await
}

pub async fn rename(acting: &Acting<'_>, group: &GroupId, name: &str) -> Outcome<()> {
    let Some(name) = display_name(name, 80) else { return Ok(Err(Refusal::Invalid("name", NAME))) };
    let deed = Deed { rights: GROUPS, action: "group.rename", subject: group.as_str() };
    acting
        .attempt(deed, async |w| {
            let group = allowed!(held(acting, w, group).await?);
            if !w.rename_group(&group, &name).await? {
                return Ok(Err(Refusal::Taken("name")));
            }
            acting.done(w, deed, json!({})).await?;
            Ok(Ok(()))
        })
        .await
}

/// Deletes a group; its members lose what it permitted.
pub async fn delete(acting: &Acting<'_>, group: &GroupId) -> Outcome<()> {
    let deed = Deed { rights: GROUPS, action: "group.delete", subject: group.as_str() };
    acting
        .attempt(deed, async |w| {
            let group = allowed!(held(acting, w, group).await?);
            w.delete_group(&group).await?;
            acting.done(w, deed, json!({ "name": group.name })).await?;
            Ok(Ok(()))
        })
        .await
}

/// One permission more. It must be one's own, and so must all that the group permits already.
pub async fn permit(acting: &Acting<'_>, group: &GroupId, permission: &str) -> Outcome<()> {
    let deed = Deed { rights: GROUPS, action: "group.permissions", subject: group.as_str() };
    acting
        .attempt(deed, async |w| {
            let group = allowed!(held(acting, w, group).await?);
            if group.permissions.iter().any(|known| known.name == permission) {
                return Ok(Err(Refusal::NotNow));
            }
            allowed!(give(acting, w, &group.id, &BTreeSet::from([permission.to_owned()])).await?);
            acting.done(w, deed, json!({ "added": permission })).await?;
            Ok(Ok(()))
        })
        .await
}

/// One permission less. All that the group permits must be one's own.
pub async fn forbid(acting: &Acting<'_>, group: &GroupId, permission: &str) -> Outcome<()> {
    let deed = Deed { rights: GROUPS, action: "group.permissions", subject: group.as_str() };
    acting
        .attempt(deed, async |w| {
            let group = allowed!(held(acting, w, group).await?);
            if !w.revoke_permission(&group.id, permission).await? {
                return Ok(Err(Refusal::NotNow));
            }
            acting.done(w, deed, json!({ "removed": permission })).await?;
            Ok(Ok(()))
        })
        .await
}

/// The mark of what a form about a group shows.
pub fn seen(group: &Group) -> Seen {
    Seen::of(&(&group.name, group.self_join, group.self_leave))
}

/// Name, and whether members come and go by themselves (people.md C13), if they still are what the form showed.
pub async fn edit(acting: &Acting<'_>, group: &GroupId, shown: &Seen, name: &str, (self_join, self_leave): (bool, bool)) -> Outcome<()> {
    let Some(name) = display_name(name, 80) else { return Ok(Err(Refusal::Invalid("name", NAME))) };
    let deed = Deed { rights: GROUPS, action: "group.edit", subject: group.as_str() };
    acting
        .attempt(deed, async |w| {
            let group = allowed!(held(acting, w, group).await?);
            if seen(&group) != *shown {
                return Ok(Err(Refusal::Meanwhile));
            }
            if !w.rename_group(&group, &name).await? {
                return Ok(Err(Refusal::Taken("name")));
            }
            w.open_group(&group, self_join, self_leave).await?;
            acting.done(w, deed, json!({ "renamed": group.name != name, "self_join": self_join, "self_leave": self_leave })).await?;
            Ok(Ok(()))
        })
        .await
}

/// May members join and leave the group by themselves (people.md C13)?
pub async fn open(acting: &Acting<'_>, group: &GroupId, self_join: bool, self_leave: bool) -> Outcome<()> {
    let deed = Deed { rights: GROUPS, action: "group.open", subject: group.as_str() };
    acting
        .attempt(deed, async |w| {
            let group = allowed!(held(acting, w, group).await?);
            w.open_group(&group, self_join, self_leave).await?;
            acting.done(w, deed, json!({ "self_join": self_join, "self_leave": self_leave })).await?;
            Ok(Ok(()))
        })
        .await
}

/// Puts another person into a group (people.md K16).
pub async fn add(acting: &Acting<'_>, group: &GroupId, person: &PersonId) -> Outcome<()> {
    let deed = Deed { rights: MEMBERS, action: "group.add_member", subject: person.as_str() };
    acting
        .attempt(deed, async |w| {
            let group = allowed!(held(acting, w, group).await?);
            let seat = allowed!(acting.other(w, person).await?);
            w.add_group_member(&group.id, &seat.membership.id).await?;
            acting.done(w, deed, json!({ "group": group.id })).await?;
            Ok(Ok(()))
        })
        .await
}

/// Takes another person out of a group.
pub async fn remove(acting: &Acting<'_>, group: &GroupId, person: &PersonId) -> Outcome<()> {
    let deed = Deed { rights: MEMBERS, action: "group.remove_member", subject: person.as_str() };
    acting
        .attempt(deed, async |w| {
            let group = allowed!(held(acting, w, group).await?);
            let seat = allowed!(acting.other(w, person).await?);
            if !w.remove_group_member(&group.id, &seat.membership.id).await? {
                return Ok(Err(Refusal::NotNow));
            }
            acting.done(w, deed, json!({ "group": group.id })).await?;
            Ok(Ok(()))
        })
        .await
}

/// A group of this tenant all of whose permissions one holds.
async fn held(acting: &Acting<'_>, r: &mut Read, id: &GroupId) -> Held<Group> {
    let Some(group) = r.group(acting.tenant(), id).await? else { return Ok(Err(Refusal::NotFound)) };
    Ok(if acting.holds(&group) { Ok(group) } else { Err(Refusal::NotHeld) })
}

/// Permissions of applications must be defined; those of our own are the rights that exist.
async fn give(acting: &Acting<'_>, w: &mut Write, group: &GroupId, permissions: &BTreeSet<String>) -> Held<()> {
    const KNOWN: &str = "permissions that exist";
    if !acting.scope.may_grant(permissions.iter().map(String::as_str)) {
        return Ok(Err(Refusal::NotHeld));
    }
    let defined = w.permissions().await?;
    for name in permissions {
        let own = name.starts_with(RESERVED);
        let known = if own { Right::parse(name).is_some() } else { defined.iter().any(|permission| permission.name == *name) };
        if !known || !is_permission_name(name) {
            return Ok(Err(Refusal::Invalid("permissions", KNOWN)));
        }
        w.ensure_permission(name).await?;
        w.grant_permission(group, name).await?;
    }
    Ok(Ok(()))
}

/// Joining or leaving by oneself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Join,
    Leave,
}

/// A member joins or leaves a group by himself (people.md K47): the tenant and the group let it, and the member has the
/// right to do so.
pub async fn step(
    app: &App,
    person: &PersonId,
    (tenant, group): (&TenantId, &GroupId),
    step: Step,
    network: &Network,
    now: Timestamp,
) -> Result<Result<(), Refusal>, Failure> {
    let rules = app.registered().tenants.get(tenant).map(|tenant| tenant.policy.groups_self_join);
    if rules != Some(SelfJoin::WithPermission) {
        return Ok(Err(Refusal::Rules));
    }
    let outcome = app
        .store
        .write_or_undo(async |w| {
            let seat = w.seat(person, tenant).await?;
            let active = seat.filter(|s| s.person.state == PersonState::Active && s.membership.state == MembershipState::Active);
            let Some(seat) = active else { return Ok(Err(Refusal::NotFound)) };
            let Some(group) = w.group(tenant, group).await? else { return Ok(Err(Refusal::NotFound)) };
            let held = w.membership_details(&seat.membership.id).await?.permissions;
            if !seat.membership.admin && !held.iter().any(|permission| permission.name == Right::JoinGroups.as_str()) {
                return Ok(Err(Refusal::Right(Right::JoinGroups)));
            }
            let (open, action) = match step {
                Step::Join => (group.self_join, "group.join"),
                Step::Leave => (group.self_leave, "group.leave"),
            };
            if !open {
                return Ok(Err(Refusal::Rules));
            }
            let changed = match step {
                Step::Join => w.add_group_member(&group.id, &seat.membership.id).await?,
                Step::Leave => w.remove_group_member(&group.id, &seat.membership.id).await?,
            };
            if !changed {
                return Ok(Err(Refusal::NotNow));
            }
            let event = Event::of_person(action, person, "done").in_tenant(tenant).with(json!({ "group": group.id }));
            record_from(app, w, event, network, now).await?;
            Ok(Ok(()))
        })
        .await?;
    Ok(outcome)
}
