//! Invitations that wait for the word of somebody who is signed in (people.md K40 to K42).
use super::Failure;
use super::invitations::Opened;
use crate::app::App;
use crate::model::{InvitationId, MembershipState, Person, PersonState, TenantState};
use crate::world::Timestamp;

/// The invitations that the person can accept or decline now, the oldest first. Those of disabled tenants wait unseen.
pub async fn waiting(app: &App, person: &Person, now: Timestamp) -> Result<Vec<Opened>, Failure> {
    if person.state != PersonState::Active {
        return Ok(Vec::new());
    }
    let (invitations, memberships) =
        app.store.read(async |r| Ok((r.open_invitations(&person.id, now).await?, r.memberships_of(&person.id).await?))).await?;
    let registered = app.registered();
    let opened = |invitation: crate::model::Invitation| {
        let membership = memberships.iter().find(|membership| membership.id == invitation.membership)?;
        let tenant = registered.tenants.get(&invitation.tenant).filter(|tenant| tenant.state == TenantState::Active)?.clone();
        (membership.state == MembershipState::Invited).then(|| Opened { invitation, person: person.clone(), tenant })
    };
    Ok(invitations.into_iter().filter_map(opened).collect())
}

/// One of them. Unknown ones and those of others look alike: none.
pub async fn one(app: &App, person: &Person, id: &InvitationId, now: Timestamp) -> Result<Option<Opened>, Failure> {
    Ok(waiting(app, person, now).await?.into_iter().find(|opened| opened.invitation.id == *id))
}
