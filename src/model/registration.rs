//! Initial access tokens: who may register an application by itself, how many, until when, for whom (RFC 7591 3).
use super::{RegistrationTokenId, TenantId};
use crate::world::Timestamp;

/// An initial access token as it is stored; its text is known to its holder alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationToken {
    pub id: RegistrationTokenId,
    /// The only tenant whose people may enter what is registered with it; none: all.
    pub tenant: Option<TenantId>,
    /// How many applications may still be registered.
    pub uses_left: i64,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
}
