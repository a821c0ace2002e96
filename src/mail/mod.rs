//! Floor 3. Letters leave the house here.
//!
//! Owns: making a mail message of a rendered letter, handing it to an SMTP server, a folder or a test.
//! Never does: rendering, the outbox, retrying; those are `pages`, `store` and `service`.
//!
//! ```
//! # use tenantry::{mail::*, model::*, world::*};
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let mailer = Mailer::memory();
//! let sender = Sender::new("Tenantry", "no-reply@id.example").expect("a plain address");
//! let letter = Letter {
//!     to: Email::parse("anna@example.com").unwrap(),
//!     to_name: "Anna".into(),
//!     from_name: None,
//!     subject: "Welcome".into(),
//!     text: "Hello".into(),
//!     html: "<p>Hello</p>".into(),
//!     logo: None,
//! };
//! let now = Timestamp::from_seconds(1_800_000_000);
//! mailer.deliver(&LetterId::from_text("let_1"), &letter, &sender, now).await.unwrap();
//! # });
//! ```
mod compose;
mod folder;
mod smtp;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

pub use compose::Sender;
pub use smtp::{Smtp, SmtpOptions, SmtpSetupFault, SmtpTls};

use crate::model::{Letter, LetterId};
use crate::world::Timestamp;

/// Where letters go.
#[derive(Clone)]
pub enum Mailer {
    Smtp(Arc<Smtp>),
    /// One `.eml` and one `.json` file per letter. For the demo and for development: letters hold codes.
    Folder(PathBuf),
    /// Letters are kept for a test to read.
    Memory(Arc<Mutex<Vec<Letter>>>),
}

/// Why a letter did not leave. No text in it holds an address or a word of the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailFault {
    /// Later it may go.
    #[error("temporary: {0}")]
    Temporary(Trouble),
    /// It will never go like this.
    #[error("permanent: {0}")]
    Permanent(Trouble),
}

/// What went wrong, for the log and for the operator's list of dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("the recipient's address is none")]
    Address,
    #[error("the letter cannot be made into a message")]
    Message,
    #[error("the mail server cannot be reached or broke off")]
    Connection,
    #[error("the mail server did not answer in time")]
    Timeout,
    #[error("the mail server offers no STARTTLS; nothing was sent")]
    NoStartTls,
    #[error("the mail server's TLS or certificate is wrong; nothing was sent")]
    Tls,
    #[error("the mail server does not take our user name and password")]
    Login,
    #[error("the mail server answered {0}")]
    Answer(u16),
    #[error("the mail folder cannot be written")]
    Disk,
}

impl Mailer {
    /// A mailer for tests, empty.
    pub fn memory() -> Self {
        Self::Memory(Arc::default())
    }

    /// Delivers one letter. `id` becomes the Message-ID, so that a letter that is sent twice after a broken connection
    /// is recognised as one (RFC 5322 3.6.4). Errors tell whether trying again makes sense.
    pub async fn deliver(&self, id: &LetterId, letter: &Letter, from: &Sender, now: Timestamp) -> Result<(), MailFault> {
        let message = compose::message(id, letter, from, now).map_err(MailFault::Permanent)?;
        match self {
            Self::Smtp(smtp) => smtp.send(&message).await,
            Self::Folder(path) => folder::write(path, id, letter, from, now, &message.formatted()).await,
            Self::Memory(letters) => {
                letters.lock().expect("no code panics while it holds the letters").push(letter.clone());
                Ok(())
            }
        }
    }
}
