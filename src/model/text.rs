//! Small validated texts: e-mail addresses, languages, slugs, and the macro for enums stored as text.
use serde::{Deserialize, Serialize};

/// Declares an enum whose variants have one stored text each, with `as_str`, `parse` and serde.
macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
            pub fn parse(text: &str) -> Option<Self> { match text { $($text => Some(Self::$variant),)+ _ => None } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
    };
}
pub(crate) use text_enum;

/// An e-mail address in the form in which it is compared and stored: trimmed, lower case.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Accepts one plain address of at most 254 characters: one `@`, no space, control or list characters.
    pub fn parse(text: &str) -> Option<Self> {
        // Judged in lower case, which can be longer or have other characters: what is stored must be an address again.
        let text = text.trim().to_lowercase();
        let (local, domain) = text.split_once('@')?;
        let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"<>()[],;:\\\"@".contains(c) && !invisible(c);
        let label =
            |l: &str| !l.is_empty() && !l.starts_with('-') && !l.ends_with('-') && l.chars().all(|c| c.is_alphanumeric() || c == '-');
        let good = text.len() <= 254
            && (1..=64).contains(&local.len())
            && local.chars().all(plain)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && domain.contains('.')
            && domain.split('.').all(label);
        good.then_some(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// `a…@example.com`: enough for its owner to recognise, for pages that may be seen by others.
    pub fn masked(&self) -> String {
        let first: String = self.0.chars().take(1).collect();
        format!("{first}…@{}", self.domain())
    }
}

impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[e-mail]")
    }
}

/// Characters that change how text looks without being seen: zero-width and bidirectional controls, line separators,
/// fillers, tags (security.md L16).
pub fn invisible(c: char) -> bool {
    matches!(c, '\u{180E}' | '\u{2028}' | '\u{2029}' | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{E0000}'..='\u{E007F}')
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{00AD}' | '\u{061C}')
}

/// Marks that stand above or below the character before them.
fn combining(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// More marks on one character than any language has: they run over the lines around them (security.md L16).
fn towers(text: &str) -> bool {
    let mut height = 0;
    text.chars().any(|c| {
        height = if combining(c) { height + 1 } else { 0 };
        height > 4
    })
}

/// A name for people to read: trimmed, 1 to `max` characters, no control or invisible characters, no towers of marks.
pub fn display_name(text: &str, max: usize) -> Option<String> {
    let text = text.trim();
    let good = !text.is_empty() && text.chars().count() <= max && !text.chars().any(|c| c.is_control() || invisible(c)) && !towers(text);
    good.then(|| text.to_owned())
}

/// The text by which names are sorted on every engine alike: lower case.
pub fn sort_key(text: &str) -> String {
    text.to_lowercase()
}

/// A URL-safe handle: 2 to 40 of `a-z 0-9 -`, beginning and ending with a letter or digit.
pub fn slug(text: &str) -> Option<String> {
    let good = (2..=40).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    good.then(|| text.to_owned())
}

text_enum! {
    /// A language that pages and letters exist in.
    Locale { En = "en", De = "de", Fr = "fr", It = "it" }
}

impl Locale {
    /// The first language of a preference list (`ui_locales`, RFC 5646 tags) that exists here.
    pub fn pick<'a>(tags: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        tags.into_iter().find_map(|tag| Self::parse(&tag.split(['-', '_']).next()?.to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_lower_case_and_reads_as_itself() {
        let read = |text: &str| Email::parse(text).map(|email| email.as_str().to_owned());

        assert_eq!(read(" Anna@Example.COM ").as_deref(), Some("anna@example.com"));
        for text in ["\u{391}\u{3A3}@\u{391}\u{3A3}.test", "\u{C4}@\u{D6}.test", "anna+shop@example.com"] {
            let once = read(text).expect("an address");
            assert_eq!(read(&once).as_ref(), Some(&once), "{text}");
        }
    }

    #[test]
    fn an_address_that_is_none_in_lower_case_is_refused() {
        let grows = format!("a@{}", ["\u{23A}".repeat(31), "\u{23A}".repeat(31), "\u{23A}".repeat(31), "\u{23A}".repeat(29)].join("."));

        assert!(grows.len() <= 254 && grows.to_lowercase().len() > 254);
        for text in [grows.as_str(), "a@\u{130}.test", "a@b@c.test", "@b.test", "a@b", "a b@c.test", "a@-b.test"] {
            assert_eq!(Email::parse(text), None, "{text}");
        }
    }
}
