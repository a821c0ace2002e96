//! The ways to a new password and to a new e-mail address.
use super::{Email, EmailChangeId, PersonId, RecoveryId, TenantId, text_enum};
use crate::world::{Digest, Timestamp};

text_enum! {
    /// Where a link to a new password comes from.
    RecoveryKind {
        /// Asked for on the sign-in page; sent to the person's address (people.md S28).
        Asked = "asked",
        /// Sent to the person's address by an administrator.
        Sent = "sent",
        /// Handed over by an administrator, to people without an address (people.md S29).
        Handed = "handed",
    }
}

/// A link that leads to a new password once.
#[derive(Clone, Debug)]
pub struct RecoveryLink {
    pub id: RecoveryId,
    pub person: PersonId,
    /// In whose name an administrator made it.
    pub tenant: Option<TenantId>,
    pub kind: RecoveryKind,
    /// The browser in which the person's second factor was given for this link.
    pub factor_browser: Option<Digest>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A request from the sign-in page that nobody has looked at yet.
#[derive(Clone, Debug)]
pub struct RecoveryRequest {
    pub id: RecoveryId,
    /// What was typed; context is the id.
    pub sealed: String,
    pub created_at: Timestamp,
}

/// An address that becomes the person's once the link in its letter was confirmed.
#[derive(Clone, Debug)]
pub struct EmailChange {
    pub id: EmailChangeId,
    pub person: PersonId,
    pub email: Email,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}
