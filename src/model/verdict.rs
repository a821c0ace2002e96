//! The answer of the one decision function (`policy::entry`), in words that every floor above understands.
use super::Acr;

/// What the decision says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Enter,
    /// The session proved too little: a second factor is asked first (RFC 9470).
    NeedsFactor(Acr),
    Denied(Denial),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    PersonNotActive,
    NotMember,
    MembershipNotActive,
    /// Not used for so long that it is locked (people.md C23).
    MembershipDormant,
    TenantDisabled,
    ClientDisabled,
    ClientNotEntitled,
    /// The request names an API that needs API access, which this membership lacks (people.md K35, K37).
    ApiAccessMissing,
}
