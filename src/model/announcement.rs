//! Notices of the operators, on top of pages for a while.
use std::collections::BTreeMap;

use serde::Serialize;

use super::{AnnouncementId, Locale, TenantId, text_enum};
use crate::world::Timestamp;

text_enum! {
    AnnouncementKind {
        /// People may put it away.
        Information = "information",
        /// Stays until its end.
        Warning = "warning",
    }
}

/// What an operator writes: what, to whom, where and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// In English: what everybody reads whose language has no text of its own.
    pub text: String,
    /// In other languages, as far as somebody wrote them.
    pub translations: BTreeMap<Locale, String>,
    pub kind: AnnouncementKind,
    /// The only tenant that it is for; none: everybody.
    pub tenant: Option<TenantId>,
    /// On sign-in pages, too, and not in the consoles alone.
    pub on_sign_in: bool,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

impl Notice {
    /// The text for a reader, with the language that it is in.
    pub fn said(&self, locale: Locale) -> (Locale, &str) {
        self.translations.get(&locale).map_or((Locale::En, self.text.as_str()), |text| (locale, text.as_str()))
    }

    /// How it stands at a moment.
    pub fn state(&self, now: Timestamp) -> AnnouncementState {
        if now >= self.ends_at {
            AnnouncementState::Over
        } else if now < self.starts_at {
            AnnouncementState::Planned
        } else {
            AnnouncementState::Running
        }
    }
}

/// A notice as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    pub id: AnnouncementId,
    pub notice: Notice,
    pub created_at: Timestamp,
}

/// Follows from the clock alone; in the order in which operators want to see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnnouncementState {
    Running,
    Planned,
    Over,
}
