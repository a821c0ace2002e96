//! Access that a tenant gives to the operators.
use super::{PersonId, SupportId, TenantId};
use crate::world::Timestamp;

/// For a reason and a time; it ends by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportGrant {
    pub id: SupportId,
    pub tenant: TenantId,
    pub granted_by: PersonId,
    pub reason: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Ended before its time.
    pub ended_at: Option<Timestamp>,
}

impl SupportGrant {
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }
}
