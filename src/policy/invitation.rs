//! How an invitation stands, told in one word: from its own columns and from its letter. An administrator sees exactly one.
use crate::model::{Invitation, LetterState, text_enum};
use crate::world::Timestamp;

text_enum! {
    /// The states of an invitation, in the order in which it goes through them.
    InvitationState {
        /// The person was created and nobody was told (people.md K32).
        Draft = "draft",
        /// The letter waits in the outbox.
        Queued = "queued",
        /// The letter has left, or the link was handed over.
        Sent = "sent",
        /// The letter could not be delivered.
        Bounced = "bounced",
        /// Somebody, or a program that looks into letters, has looked at the link.
        Opened = "opened",
        Accepted = "accepted",
        /// people.md K40.
        Declined = "declined",
        Expired = "expired",
        /// Withdrawn, or replaced by a newer link.
        Revoked = "revoked",
    }
}

/// The state of a membership's newest invitation. `letter` is that of its letter, while the outbox keeps it.
pub fn state(invitation: Option<&Invitation>, letter: Option<LetterState>, now: Timestamp) -> InvitationState {
    let Some(invitation) = invitation else { return InvitationState::Draft };
    match () {
        () if invitation.accepted_at.is_some() => InvitationState::Accepted,
        () if invitation.declined_at.is_some() => InvitationState::Declined,
        () if invitation.revoked_at.is_some() => InvitationState::Revoked,
        () if invitation.expires_at <= now => InvitationState::Expired,
        () if invitation.opened_at.is_some() => InvitationState::Opened,
        () => match letter {
            Some(LetterState::Dead) => InvitationState::Bounced,
            Some(LetterState::Queued) => InvitationState::Queued,
            // A letter that left is forgotten after a while; without one the link was handed over.
            Some(LetterState::Sent) | None => InvitationState::Sent,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{InvitationId, InvitationMethod, MembershipId, PersonId, TenantId};

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn invitation() -> Invitation {
        Invitation {
            id: InvitationId::from_text("inv_1"),
            tenant: TenantId::from_text("ten_1"),
            person: PersonId::from_text("per_1"),
            membership: MembershipId::from_text("mem_1"),
            method: InvitationMethod::Any,
            created_by: None,
            letter: None,
            created_at: NOW,
            expires_at: NOW.plus(std::time::Duration::from_secs(60)),
            opened_at: None,
            accepted_at: None,
            declined_at: None,
            revoked_at: None,
        }
    }

    #[test]
    fn k34_an_invitation_is_in_exactly_one_state() {
        let now = Some(NOW);
        let cases = [
            (invitation(), None, InvitationState::Sent),
            (invitation(), Some(LetterState::Queued), InvitationState::Queued),
            (invitation(), Some(LetterState::Sent), InvitationState::Sent),
            (invitation(), Some(LetterState::Dead), InvitationState::Bounced),
            (Invitation { opened_at: now, ..invitation() }, Some(LetterState::Dead), InvitationState::Opened),
            (Invitation { expires_at: NOW, opened_at: now, ..invitation() }, None, InvitationState::Expired),
            (Invitation { revoked_at: now, expires_at: NOW, ..invitation() }, None, InvitationState::Revoked),
            (Invitation { declined_at: now, revoked_at: now, ..invitation() }, None, InvitationState::Declined),
            (Invitation { accepted_at: now, expires_at: NOW, ..invitation() }, None, InvitationState::Accepted),
        ];
        for (invitation, letter, expected) in cases {
            assert_eq!(state(Some(&invitation), letter, NOW), expected, "{invitation:?} {letter:?}");
        }
        assert_eq!(state(None, None, NOW), InvitationState::Draft);
    }
}
