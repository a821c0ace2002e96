//! How somebody stands in one tenant, told in one word (people.md S13–S17, C17): what is stored, and the locks that are
//! computed on top. Of several that hold, the first in the order deactivated > invited > locked > expired > active.
use std::time::Duration;

use crate::model::{Membership, MembershipState, Person, PersonState, text_enum};
use crate::world::Timestamp;

text_enum! {
    /// Exactly one of these stands beside each person in a list.
    Status {
        /// Created, and nobody was told yet (people.md K32).
        NotInvited = "not_invited",
        /// people.md S13: a link is on its way or was handed over, and was not accepted yet.
        LinkSent = "link_sent",
        /// people.md S14.
        Active = "active",
        /// people.md S15: here or altogether.
        Deactivated = "deactivated",
        /// people.md S31: pauses by itself, for a while.
        LockedByFailures = "locked_failures",
        /// people.md S35: until an administrator helps.
        LockedByInactivity = "locked_inactive",
        /// people.md S17.
        PasswordExpired = "password_expired",
    }
}

/// The rules that the overlays are computed by; the tenant's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusRules {
    /// Longest time without entering the tenant (people.md C23); none is for ever.
    pub inactivity: Option<Duration>,
    /// Age at which a password must be renewed (people.md C15); none is never.
    pub password_max_age: Option<Duration>,
}

/// What the status is computed from, beside the rules.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub person: PersonState,
    pub membership: MembershipState,
    /// Was a link made that is neither used nor withdrawn? One that has expired counts: it was sent.
    pub invited: bool,
    pub paused_until: Option<Timestamp>,
    pub idle_since: Timestamp,
    /// None for people without a password.
    pub password_set_at: Option<Timestamp>,
}

impl Standing {
    pub fn of(person: &Person, membership: &Membership, invited: bool) -> Self {
        Self {
            person: person.state,
            membership: membership.state,
            invited,
            paused_until: person.lockout.paused_until,
            idle_since: membership.idle_since(),
            password_set_at: person.password_set_at,
        }
    }
}

/// The one word.
pub fn status(standing: &Standing, rules: &StatusRules, now: Timestamp) -> Status {
    let over = |since: Timestamp, limit: Option<Duration>| limit.is_some_and(|limit| now.since(since) > limit);
    let gone = matches!(standing.membership, MembershipState::Disabled | MembershipState::Left);
    if standing.person == PersonState::Deactivated || gone {
        return Status::Deactivated;
    }
    if standing.person == PersonState::Invited || standing.membership == MembershipState::Invited {
        return if standing.invited { Status::LinkSent } else { Status::NotInvited };
    }
    if standing.paused_until.is_some_and(|until| until > now) {
        return Status::LockedByFailures;
    }
    if over(standing.idle_since, rules.inactivity) {
        return Status::LockedByInactivity;
    }
    if standing.password_set_at.is_some_and(|at| over(at, rules.password_max_age)) {
        return Status::PasswordExpired;
    }
    Status::Active
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change = fn(&mut Standing);

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const RULES: StatusRules =
        StatusRules { inactivity: Some(Duration::from_secs(90 * 86_400)), password_max_age: Some(Duration::from_secs(180 * 86_400)) };

    fn active() -> Standing {
        Standing {
            person: PersonState::Active,
            membership: MembershipState::Active,
            invited: false,
            paused_until: None,
            idle_since: NOW.minus(DAY),
            password_set_at: Some(NOW.minus(DAY)),
        }
    }

    #[test]
    fn s13_to_s17_each_status_has_its_cause() {
        let cases: [(Status, Change); 9] = [
            (Status::Active, |_| {}),
            (Status::LinkSent, |s| (s.person, s.invited) = (PersonState::Invited, true)),
            (Status::NotInvited, |s| s.person = PersonState::Invited),
            (Status::LinkSent, |s| (s.membership, s.invited) = (MembershipState::Invited, true)),
            (Status::Deactivated, |s| s.person = PersonState::Deactivated),
            (Status::Deactivated, |s| s.membership = MembershipState::Disabled),
            (Status::LockedByFailures, |s| s.paused_until = Some(NOW.plus(DAY))),
            (Status::LockedByInactivity, |s| s.idle_since = NOW.minus(DAY * 91)),
            (Status::PasswordExpired, |s| s.password_set_at = Some(NOW.minus(DAY * 181))),
        ];
        for (number, (expected, change)) in cases.into_iter().enumerate() {
            let mut standing = active();
            change(&mut standing);
            assert_eq!(status(&standing, &RULES, NOW), expected, "case {number}");
        }
    }

    #[test]
    fn c17_of_several_the_first_in_the_order_counts() {
        let mut standing = Standing {
            person: PersonState::Deactivated,
            membership: MembershipState::Invited,
            invited: true,
            paused_until: Some(NOW.plus(DAY)),
            idle_since: NOW.minus(DAY * 400),
            password_set_at: Some(NOW.minus(DAY * 400)),
        };
        let mut seen = vec![status(&standing, &RULES, NOW)];
        standing.person = PersonState::Active;
        seen.push(status(&standing, &RULES, NOW));
        standing.membership = MembershipState::Active;
        seen.push(status(&standing, &RULES, NOW));
        standing.paused_until = Some(NOW);
        seen.push(status(&standing, &RULES, NOW));
        standing.idle_since = NOW;
        seen.push(status(&standing, &RULES, NOW));
        standing.password_set_at = None;
        seen.push(status(&standing, &RULES, NOW));

        let order = [
            Status::Deactivated,
            Status::LinkSent,
            Status::LockedByFailures,
            Status::LockedByInactivity,
            Status::PasswordExpired,
            Status::Active,
        ];
        assert_eq!(seen, order);
    }

    #[test]
    fn without_rules_nobody_is_dormant_and_no_password_expires() {
        let standing = Standing { idle_since: NOW.minus(DAY * 4000), password_set_at: Some(NOW.minus(DAY * 4000)), ..active() };
        assert_eq!(status(&standing, &StatusRules::default(), NOW), Status::Active);
    }
}
