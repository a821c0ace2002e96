//! Telling applications that a session is over.
use super::{ClientId, LogoutId, PersonId, SessionId, text_enum};
use crate::world::Timestamp;

text_enum! { DeliveryState { Queued = "queued", Delivered = "delivered", Dead = "dead" } }

/// One logout token for one client (OpenID Connect Back-Channel Logout 1.0, 2.5), waiting, delivered or given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutDelivery {
    pub id: LogoutId,
    pub client: ClientId,
    pub person: PersonId,
    /// The session that ended; none for what was granted without one.
    pub session: Option<SessionId>,
    pub state: DeliveryState,
    pub attempts: i64,
    pub last_error: Option<String>,
    /// When it is tried next, while it is queued.
    pub due_at: Timestamp,
    pub created_at: Timestamp,
    pub done_at: Option<Timestamp>,
}
