//! A member's own groups in one tenant, and those that may be joined and left by oneself (people.md K46, K47).
use super::Failure;
use super::rights::Place;
use crate::app::App;
use crate::model::{Group, SelfJoin};
use crate::policy::permission::Right;

/// What the page of a member's groups shows.
pub struct OwnGroups {
    /// Each with whether it may be left by oneself.
    pub own: Vec<(Group, bool)>,
    /// Groups that may be joined by oneself.
    pub open: Vec<Group>,
}

/// Loads the groups of a place. The same rules as [`super::people::groups::step`], which decides again.
pub async fn of(app: &App, place: &Place) -> Result<OwnGroups, Failure> {
    let membership = &place.membership;
    let (own, all, details) = app
        .store
        .read(async |r| {
            let own = r.groups_of_membership(&membership.id).await?;
            Ok((own, r.groups_of(&membership.tenant).await?, r.membership_details(&membership.id).await?))
        })
        .await?;
    let held = details.permissions.iter().any(|permission| permission.name == Right::JoinGroups.as_str());
    let may = place.tenant.policy.groups_self_join == SelfJoin::WithPermission && (membership.admin || held);
    let open = all.into_iter().filter(|group| may && group.self_join && own.iter().all(|mine| mine.id != group.id)).collect();
    let own = own.into_iter().map(|group| (may && group.self_leave, group)).map(|(leave, group)| (group, leave)).collect();
    Ok(OwnGroups { own, open })
}
