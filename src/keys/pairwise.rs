//! Pairwise names of people (OpenID Connect Core 8.1): a keyed hash over the sector and the person. Stable as long as the
//! secret is; without it nobody can tell that two names are one person.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;

use crate::model::PersonId;
use crate::world::Secret;

/// The secret of the instance, as a key.
pub struct Pairwise(hmac::Key);

impl Pairwise {
    pub fn new(secret: &Secret<Vec<u8>>) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.expose()))
    }

    /// What the clients of a sector call this person: 43 characters of base64url.
    pub fn name(&self, sector: &str, person: &PersonId) -> String {
        // A host has no zero byte, so no two pairs give the same input.
        let tag = hmac::sign(&self.0, format!("{sector}\0{person}").as_bytes());
        URL_SAFE_NO_PAD.encode(tag.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_depends_on_secret_sector_and_person_and_on_nothing_else() {
        let (one, other) = (Pairwise::new(&Secret::new(vec![1; 32])), Pairwise::new(&Secret::new(vec![2; 32])));
        let (anna, ben) = (PersonId::from_text("per_anna"), PersonId::from_text("per_ben"));

        let name = one.name("rp1.test", &anna);

        assert_eq!(name, one.name("rp1.test", &anna));
        assert_eq!(name.len(), 43);
        for stranger in [one.name("rp2.test", &anna), one.name("rp1.test", &ben), other.name("rp1.test", &anna)] {
            assert_ne!(name, stranger);
        }
    }
}
