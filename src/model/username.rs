//! User names: what people sign in with who have no e-mail address, or whose company wants it so (people.md P13, S19, S23).
use serde::{Deserialize, Serialize};

use crate::world::Entropy;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A user name in the form in which it is compared and stored: 2 to 40 of `a-z 0-9 . _ -`, beginning with a letter or
/// digit. It holds no `@`, so that it is never taken for an address.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Username(String);

impl Username {
    /// A name as it was typed: space around it is dropped, upper case becomes lower case.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let good = (2..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
            && text.as_bytes()[0].is_ascii_alphanumeric();
        good.then_some(Self(text))
    }

    /// A name that somebody chose: none that could be one of the system's own.
    pub fn chosen(text: &str) -> Option<Self> {
        Self::parse(text).filter(|name| !name.is_of_the_system())
    }

    /// A name that the system makes up, like `4k7mq-9t2xh`: 48 random bits, easy to read aloud.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut random = [0u8; 8];
        entropy.fill(&mut random);
        let mut bits = u64::from_be_bytes(random);
        let mut text = String::with_capacity(11);
        text.push(ALPHABET[2 + (bits & 7) as usize] as char);
        bits >>= 3;
        for place in 1..10 {
            if place == 5 {
                text.push('-');
            }
            text.push(ALPHABET[(bits & 31) as usize] as char);
            bits >>= 5;
        }
        Self(text)
    }

    /// Has it the form of a name that the system makes up? Nobody can choose such a name.
    pub fn is_of_the_system(&self) -> bool {
        let bytes = self.0.as_bytes();
        bytes.len() == 11
            && (b'2'..=b'9').contains(&bytes[0])
            && bytes.iter().enumerate().all(|(place, byte)| if place == 5 { *byte == b'-' } else { ALPHABET.contains(byte) })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Username {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[user name]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Seeded;

    #[test]
    fn a_user_name_has_one_spelling_and_is_never_an_address() {
        assert_eq!(Username::parse("  Anna.Arnold ").unwrap().as_str(), "anna.arnold");
        let long = "a".repeat(41);
        for bad in ["", "a", "anna@acme.example", "anna arnold", "änna", "ａnna", ".anna", "-anna", "an\u{200B}na", "anna\0", long.as_str()]
        {
            assert!(Username::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn s19_names_of_the_system_are_random_readable_and_cannot_be_chosen() {
        let entropy = Seeded::new(7);
        let made: std::collections::BTreeSet<String> = (0..1000).map(|_| Username::generate(&entropy).as_str().to_owned()).collect();

        assert_eq!(made.len(), 1000);
        for name in &made {
            assert!(Username::parse(name).unwrap().is_of_the_system() && Username::chosen(name).is_none(), "{name}");
        }
        for name in ["grace-hanks", "10042-acme", "2k7mq_9t2xh", "marc"] {
            assert!(Username::chosen(name).is_some(), "{name}");
        }
    }
}
