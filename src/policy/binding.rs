//! Which person a verified Microsoft identity is, and when it may be bound to one (microsoft.md 2.3).
//!
//! The key is (cloud host, tid, oid). An e-mail address never finds a person who can sign in already (security.md
//! J01): it only completes an open invitation of somebody who never could, and only inside a pinned directory.
use crate::model::{
    Connection, Email, EntraPin, FederatedIdentity, IdentityId, Invitation, InvitationMethod, Person, PersonId, PersonState, UpstreamClaims,
};
use crate::world::Timestamp;

/// Clocks may differ by so many seconds.
const LEEWAY: i64 = 120;

/// An identity that came back from Microsoft through a connection.
#[derive(Clone, Copy)]
pub struct Arrived<'a> {
    pub claims: &'a UpstreamClaims,
    pub connection: &'a Connection,
    /// All pins of the instance.
    pub pins: &'a [EntraPin],
}

/// A person whose address the token names, with what decides about binding.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub person: Person,
    /// Those that can still be accepted.
    pub invitations: Vec<Invitation>,
    pub identities: Vec<FederatedIdentity>,
}

/// Who signs in. The letters are the cases of microsoft.md 2.3.
#[derive(Clone, Debug)]
pub enum Binding {
    /// G: the identity is known.
    Known {
        person: PersonId,
        identity: IdentityId,
    },
    /// B: an open invitation inside a pinned directory is completed.
    Bind {
        person: PersonId,
        invitation: Box<Invitation>,
    },
    Refused(Refusal),
}

/// What becomes of an opened invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// A, with mail evidence.
    Bind,
    /// A, without: the person is asked whether this account is meant.
    Confirm,
    Refused(Refusal),
}

/// Why an identity is nobody here. The text is for the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Another directory than the connection's.
    ForeignDirectory,
    /// Known, but the person is not active: looks like unknown.
    NotActive,
    /// D and F: nothing that could be bound.
    NotConnected,
    /// H: the person is bound to another account of that directory.
    BoundElsewhere,
    /// I: the account belongs to another person.
    OfAnotherPerson,
    /// The invitation wants a password, or its tenant another directory.
    NotAllowed,
    /// The invited person has an account and signs in with it.
    HasAccount,
}

impl Refusal {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ForeignDirectory => "foreign_directory",
            Self::NotActive => "not_active",
            Self::NotConnected => "not_connected",
            Self::BoundElsewhere => "bound_elsewhere",
            Self::OfAnotherPerson => "of_another_person",
            Self::NotAllowed => "not_allowed",
            Self::HasAccount => "has_account",
        }
    }
}

impl Arrived<'_> {
    /// The plain addresses that the token names: candidates are looked up by them, nothing is decided by them alone.
    pub fn addresses(&self) -> Vec<Email> {
        let mut found: Vec<Email> = [&self.claims.email, &self.claims.preferred_username].into_iter().filter_map(address).collect();
        found.dedup();
        found
    }

    fn is_foreign(&self) -> bool {
        self.claims.tid != self.connection.tid || self.claims.cloud_host != self.connection.cloud_host.trim_end_matches('/')
    }

    /// Is the identity one of the same directory?
    fn shares_directory(&self, identity: &FederatedIdentity) -> bool {
        identity.tid == self.claims.tid && identity.cloud_host == self.claims.cloud_host
    }

    fn email_is(&self, email: &Email) -> bool {
        self.claims.email_domain_verified && address(&self.claims.email).as_ref() == Some(email)
    }

    /// A home member's user name ends in a domain that the directory has verified; a guest's need not.
    fn user_name_is(&self, email: &Email) -> bool {
        !self.claims.guest && address(&self.claims.preferred_username).as_ref() == Some(email)
    }

    fn owns(&self, domain: &str) -> bool {
        self.pins.iter().any(|pin| pin.connection == self.connection.id && pin.domains.iter().any(|owned| owned == domain))
    }

    /// "Mail evidence" of microsoft.md 2.3.
    fn proves(&self, email: &Email) -> bool {
        self.email_is(email) || self.user_name_is(email) && self.owns(email.domain())
    }

    /// The invitation of a person who never could sign in, if it is the only one and the directory may complete it.
    fn invitation_of<'c>(&self, candidate: &'c Candidate) -> Option<&'c Invitation> {
        let email = candidate.person.email.as_ref()?;
        let newcomer = candidate.person.state == PersonState::Invited && !candidate.person.has_password && candidate.identities.is_empty();
        if !newcomer || self.claims.guest || !self.proves(email) {
            return None;
        }
        let mut open = candidate.invitations.iter().filter(|invitation| invitation.method != InvitationMethod::Password);
        let (only, None) = (open.next()?, open.next()) else { return None };
        let pinned = |pin: &EntraPin| {
            pin.tenant == only.tenant && pin.connection == self.connection.id && pin.domains.iter().any(|domain| domain == email.domain())
        };
        self.pins.iter().any(pinned).then_some(only)
    }
}

/// One plain address and nothing around it (security.md J10).
fn address(text: &Option<String>) -> Option<Email> {
    text.as_deref().filter(|text| text.trim() == *text).and_then(Email::parse)
}

/// Who signs in with "Sign in with Microsoft". `known` is the identity with this key and its person.
pub fn sign_in(arrived: &Arrived<'_>, known: Option<(&FederatedIdentity, &Person)>, candidates: &[Candidate]) -> Binding {
    if arrived.is_foreign() {
        return Binding::Refused(Refusal::ForeignDirectory);
    }
    if let Some((identity, person)) = known {
        return match person.state {
            PersonState::Active => Binding::Known { person: person.id.clone(), identity: identity.id.clone() },
            PersonState::Invited | PersonState::Deactivated => Binding::Refused(Refusal::NotActive),
        };
    }
    let named = |c: &&Candidate| c.person.email.as_ref().is_some_and(|email| arrived.email_is(email) || arrived.user_name_is(email));
    if candidates.iter().filter(named).any(|c| c.identities.iter().any(|identity| arrived.shares_directory(identity))) {
        return Binding::Refused(Refusal::BoundElsewhere);
    }
    let mut open = candidates.iter().filter_map(|c| Some((c, arrived.invitation_of(c)?)));
    match (open.next(), open.next()) {
        (Some((candidate, invitation)), None) => {
            Binding::Bind { person: candidate.person.id.clone(), invitation: Box::new(invitation.clone()) }
        }
        _ => Binding::Refused(Refusal::NotConnected),
    }
}

/// What becomes of an invitation whose link was opened in the same browser. `bound_to` is the person to whom this
/// identity belongs already.
pub fn accept(arrived: &Arrived<'_>, invitation: &Invitation, invited: &Candidate, bound_to: Option<&PersonId>) -> Acceptance {
    if arrived.is_foreign() {
        return Acceptance::Refused(Refusal::ForeignDirectory);
    }
    if invitation.method == InvitationMethod::Password || !may_serve(arrived.connection, invitation, arrived.pins) {
        return Acceptance::Refused(Refusal::NotAllowed);
    }
    if invited.person.state != PersonState::Invited {
        return Acceptance::Refused(Refusal::HasAccount);
    }
    if bound_to.is_some() {
        return Acceptance::Refused(Refusal::OfAnotherPerson);
    }
    if invited.identities.iter().any(|identity| arrived.shares_directory(identity)) {
        return Acceptance::Refused(Refusal::BoundElsewhere);
    }
    let proven = invited.person.email.as_ref().is_some_and(|email| arrived.proves(email));
    if proven { Acceptance::Bind } else { Acceptance::Confirm }
}

/// May people accept an invitation through this connection? A tenant with pins takes its own directories only.
pub fn may_serve(connection: &Connection, invitation: &Invitation, pins: &[EntraPin]) -> bool {
    let mut own = pins.iter().filter(|pin| pin.tenant == invitation.tenant).peekable();
    own.peek().is_none() || own.any(|pin| pin.connection == connection.id)
}

/// Did Microsoft ask the person again, where the application wanted that (microsoft.md 4.4)?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Proven by `auth_time`, or nobody asked.
    Fresh,
    /// The token does not say.
    Unknown,
    Stale,
}

/// What the application wanted to know about the sign-in's age.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// `prompt=login`
    pub again: bool,
    /// Seconds.
    pub max_age: Option<i64>,
    /// When the browser was sent to Microsoft at the earliest.
    pub since: Timestamp,
}

/// Compares `auth_time` with what was asked for (OpenID Connect Core 3.1.2.1, `max_age`).
pub fn freshness(demand: &Demand, auth_time: Option<i64>, now: Timestamp) -> Freshness {
    if !demand.again && demand.max_age.is_none() {
        return Freshness::Fresh;
    }
    let Some(at) = auth_time else { return Freshness::Unknown };
    let by_prompt = demand.again.then(|| demand.since.seconds());
    let by_age = demand.max_age.map(|age| now.seconds().saturating_sub(age).min(demand.since.seconds()));
    let earliest = by_prompt.max(by_age).unwrap_or(i64::MIN);
    if at.saturating_add(LEEWAY) >= earliest { Freshness::Fresh } else { Freshness::Stale }
}

#[cfg(test)]
mod tests;
