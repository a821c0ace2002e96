//! The pages of a new e-mail address.
use serde::Serialize;

use super::Page;

/// `POST /account/email` with `challenge`, `email` and `code` (people.md K12).
#[derive(Clone, Debug, Serialize)]
pub struct EmailChange {
    /// The present address.
    pub email: String,
    /// What was typed.
    pub new: String,
    /// The code that was sent; empty where the person is asked first whether one is to be sent.
    pub challenge: String,
    pub error: Option<EmailError>,
    /// A link was sent to the new address.
    pub sent: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EmailError {
    Email,
    WrongCode,
    Expired,
    Paused { minutes: i64 },
}

/// The link in the letter to the new address was opened: `POST /email/confirm` makes it the person's.
#[derive(Clone, Debug, Serialize)]
pub struct EmailConfirm {
    pub name: String,
    pub email: String,
}

impl Page for EmailChange {
    const TEMPLATE: &'static str = "account/email.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page =
            Self { email: "anna.berg@example.com".to_owned(), new: String::new(), challenge: "cha_1".to_owned(), error: None, sent: false };
        let wrong = |error| Self { new: "anna@new.example".to_owned(), error: Some(error), ..page.clone() };
        vec![
            ("plain", page.clone()),
            ("ask", Self { challenge: String::new(), ..page.clone() }),
            ("no-address", wrong(EmailError::Email)),
            ("wrong-code", wrong(EmailError::WrongCode)),
            ("expired", wrong(EmailError::Expired)),
            ("paused", wrong(EmailError::Paused { minutes: 30 })),
            ("paused-one", wrong(EmailError::Paused { minutes: 1 })),
            ("sent", Self { sent: true, ..page }),
        ]
    }
}

impl Page for EmailConfirm {
    const TEMPLATE: &'static str = "recovery/email.html";

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("plain", Self { name: "Anna Berg".to_owned(), email: "anna@new.example".to_owned() })]
    }
}
