//! Random tokens. The clear text exists once, in the hands of the one who sends it; the store knows digests.
use std::marker::PhantomData;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::{Entropy, Secret};

/// What a token is good for. Digests of different kinds never collide (security.md finding 5).
pub trait Kind: Send + Sync + 'static {
    /// Stands before the random part and inside the digest.
    const PREFIX: &'static str;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => { $(
        $(#[$doc])*
        pub struct $name;
        impl Kind for $name { const PREFIX: &'static str = $prefix; }
    )* };
}

kinds! {
    /// Authorization code (RFC 6749 4.1.2).
    Code = "tnc_";
    /// Access token that is not a JWT (RFC 6749 1.4).
    Access = "tna_";
    /// Device code (RFC 8628 3.2).
    DeviceCode = "tnd_";
    /// Refresh token (RFC 6749 1.5).
    Refresh = "tnr_";
    /// Client secret (RFC 6749 2.3.1).
    ClientSecret = "tns_";
    /// Cookie of a signed-in session.
    SessionCookie = "tnw_";
    /// Cookie that binds an unfinished sign-in to one browser.
    BrowserCookie = "tnb_";
    /// Invitation link in a letter.
    Invite = "tni_";
    /// One-time link of the first operator.
    Bootstrap = "tno_";
    /// State of a sign-in at an upstream provider.
    UpstreamState = "tnu_";
    /// What waits for the person's word after a sign-in at an upstream provider.
    UpstreamPending = "tnp_";
    /// Link to a new password.
    NewPassword = "tnk_";
    /// Link that proves a new e-mail address.
    EmailProof = "tnv_";
    /// Recovery code of a second factor.
    Recovery = "tnx_";
    /// Reference to a pushed authorization request (RFC 9126 2.2).
    PushedRequest = "tnq_";
    /// Initial access token of client registration (RFC 7591 3).
    InitialAccess = "tng_";
    /// Registration access token, with which a client manages its registration (RFC 7592).
    RegistrationAccess = "tnm_";
    /// Code sent by e-mail: six digits, digested together with its own salt.
    EmailCode = "tne_";
}

/// A secret of 256 random bits with its kind in front.
pub struct Token<K: Kind>(Secret<String>, PhantomData<K>);

impl<K: Kind> Token<K> {
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0u8; 32];
        entropy.fill(&mut bytes);
        Self(Secret::new(format!("{}{}", K::PREFIX, URL_SAFE_NO_PAD.encode(bytes))), PhantomData)
    }

    /// The clear text; it leaves the process in the answer being made and nowhere else.
    pub fn clear(&self) -> &str {
        self.0.expose()
    }

    pub fn digest(&self) -> Digest {
        Digest::of::<K>(self.clear())
    }
}

/// SHA-256 of a token and its kind, base64url. What the store keeps instead of the token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Digest(String);

impl Digest {
    /// The digest of a token as presented. Any string is allowed in; only what was issued is ever found.
    pub fn of<K: Kind>(clear: &str) -> Self {
        let hash = Sha256::new().chain_update(K::PREFIX).chain_update([0]).chain_update(clear).finalize();
        Self(URL_SAFE_NO_PAD.encode(hash))
    }

    /// A digest as read from the store.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SHA-256 of bytes, for file names, thumbprints and PKCE.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A decimal code of `digits` digits (at most 9), evenly distributed.
pub fn decimal_code(entropy: &dyn Entropy, digits: u32) -> String {
    let bound = 10u32.pow(digits);
    let fair = u32::MAX - u32::MAX % bound;
    loop {
        let mut bytes = [0u8; 4];
        entropy.fill(&mut bytes);
        let value = u32::from_be_bytes(bytes);
        if value < fair {
            return format!("{:0width$}", value % bound, width = digits as usize);
        }
    }
}

/// A code of letters of an alphabet (at most 256), evenly distributed.
pub fn letter_code(entropy: &dyn Entropy, alphabet: &[u8], letters: usize) -> String {
    let fair = 256 - 256 % alphabet.len();
    let mut code = String::with_capacity(letters);
    while code.len() < letters {
        let mut byte = [0u8; 1];
        entropy.fill(&mut byte);
        let value = usize::from(byte[0]);
        if value < fair {
            code.push(char::from(alphabet[value % alphabet.len()]));
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Seeded;

    #[test]
    fn what_is_secret_has_256_bits_and_its_prefix() {
        let entropy = Seeded::new(1);
        let clear = Token::<Code>::generate(&entropy).clear().to_owned();
        let random = clear.strip_prefix("tnc_").and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).expect("a prefix and base64url");

        // RFC 6749 10.10 wants 128 bits at least, protocol.md 4 wants 160.
        assert_eq!(random.len() * 8, 256);
        assert_ne!(Token::<Code>::generate(&entropy).clear(), clear);
        assert_ne!(Digest::of::<Code>(&clear).as_str(), Digest::of::<PushedRequest>(&clear).as_str());
    }
}
