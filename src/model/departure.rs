//! The end of an account.
use super::{PersonId, text_enum};
use crate::world::Timestamp;

text_enum! {
    /// Erased (people.md C12), or merged into another account of the same human (S47).
    DepartureKind { Erase = "erase", Merge = "merge" }
}

/// What was ordered about the end of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    pub person: PersonId,
    pub kind: DepartureKind,
    /// The account that remains.
    pub into: Option<PersonId>,
    /// The account was deactivated before, and by an operator: taken back, it is so again.
    pub was_off: bool,
    pub was_off_by_operator: bool,
    /// The operator's id.
    pub ordered_by: String,
    pub ordered_at: Timestamp,
    /// From then on it is done, and nobody takes it back.
    pub due_at: Timestamp,
    pub done_at: Option<Timestamp>,
}
