//! The outbox: how letters fare. Their texts are never shown (security.md H17).
use serde::Serialize;

use super::super::super::Page;
use super::super::{Moment, Pager};
use super::words;

words! {
    /// Texts: `outbox.state.<state>`.
    LetterLook { Queued, Sent, Dead }
}

/// `GET /operator/mail`.
#[derive(Clone, Debug, Serialize)]
pub struct Outbox {
    pub state: String,
    pub rows: Vec<LetterRow>,
    pub pager: Pager,
    /// Where a test letter would go, masked; none: the operator has no address.
    pub own_address: Option<String>,
    /// A test letter was queued just now.
    pub tested: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct LetterRow {
    pub id: String,
    pub state: LetterLook,
    pub attempts: i64,
    pub created: Moment,
    /// When it is tried again, or was sent.
    pub at: Option<Moment>,
    /// A class of failure.
    pub error: Option<String>,
}

impl Page for Outbox {
    const TEMPLATE: &'static str = "operator/mail.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |state: &LetterLook| LetterRow {
            id: format!("let_{state:?}"),
            state: *state,
            attempts: 3,
            created: Moment::sample(),
            at: (*state != LetterLook::Dead).then(Moment::sample),
            error: (*state != LetterLook::Sent).then(|| "the recipient was refused".to_owned()),
        };
        let page = Self {
            state: String::new(),
            rows: LetterLook::ALL.iter().map(row).collect(),
            pager: Pager { first: None, next: Some("/operator/mail?before=let_1".to_owned()) },
            own_address: Some("o…@example.com".to_owned()),
            tested: true,
        };
        let none = Self { rows: Vec::new(), own_address: None, tested: false, pager: Pager::default(), ..page.clone() };
        vec![("list", page), ("none", none)]
    }
}
