//! A rendered letter on its way to one recipient.
use super::{Email, LetterId, text_enum};
use crate::world::Timestamp;

text_enum! { LetterState { Queued = "queued", Sent = "sent", Dead = "dead" } }

/// A rendered letter. Its body holds codes or links and is cleared from the outbox once sent.
#[derive(Clone)]
pub struct Letter {
    pub to: Email,
    pub to_name: String,
    /// Whose name stands before the sender's address; without one that of the installation.
    pub from_name: Option<String>,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// A PNG that the HTML shows as `cid:logo`.
    pub logo: Option<Vec<u8>>,
}

/// A letter in the outbox. The rendered letter is sealed (context: the id) because it holds codes.
#[derive(Clone, Debug)]
pub struct QueuedLetter {
    pub id: LetterId,
    pub sealed: String,
    pub attempts: i64,
    pub created_at: Timestamp,
}
