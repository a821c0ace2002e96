//! What a form was shown: two who change one thing at once must not undo each other's change without hearing of it.
//!
//! A form carries the mark of what it was filled from. The use case reads the row again in its transaction and compares:
//! another mark means that somebody else was faster, and nothing is changed.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use crate::world::sha256;

/// The mark of some values: equal values have equal marks. It tells nothing about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen(String);

impl Seen {
    /// The mark of these values.
    pub fn of(values: &impl Serialize) -> Self {
        // Values that do not serialise have no mark that a form could carry.
        let text = serde_json::to_string(values).unwrap_or_default();
        Self(URL_SAFE_NO_PAD.encode(sha256(text.as_bytes())))
    }

    /// The mark as a form carried it. A missing one fits nothing.
    pub fn carried(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it stands in a form.
    pub fn as_text(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_fits_the_values_it_was_made_of_and_no_others() {
        let seen = Seen::carried(Seen::of(&("Acme", 7)).as_text());

        assert!(seen == Seen::of(&("Acme", 7)));
        assert!(seen != Seen::of(&("Acme", 8)) && Seen::carried("") != Seen::of(&("Acme", 7)));
    }
}
