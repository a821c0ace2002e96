//! Typed, prefixed, time-ordered ids. A person's id can never be mistaken for a client's (RFC 9700 4.15).
use serde::{Deserialize, Serialize};

use crate::world::{Entropy, Timestamp};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 26 characters: 48 bits of milliseconds, 82 random bits, Crockford base 32.
fn fresh(prefix: &str, now: Timestamp, entropy: &dyn Entropy) -> String {
    let mut random = [0u8; 16];
    entropy.fill(&mut random);
    let millis = u128::from(u64::try_from(now.micros() / 1000).unwrap_or(0)) & 0xffff_ffff_ffff;
    let value = (millis << 80) | (u128::from_be_bytes(random) >> 48);
    let mut text = format!("{prefix}_");
    for shift in (0..26).rev() {
        let digit = (value >> (shift * 5)) & 31;
        text.push(ALPHABET[digit as usize] as char);
    }
    text
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);
        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &'static str = concat!($prefix, "_");
            pub fn generate(now: Timestamp, entropy: &dyn Entropy) -> Self { Self(fresh($prefix, now, entropy)) }
            /// An id as presented from outside or read from the store; only what exists is ever found.
            pub fn from_text(text: impl Into<String>) -> Self { Self(text.into()) }
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
        }
    )* };
}

ids! {
    PersonId = "per";
    TenantId = "ten";
    MembershipId = "mem";
    GroupId = "grp";
    LocationId = "loc";
    ClientId = "cli";
    SecretId = "sec";
    FlowId = "flw";
    SessionId = "ses";
    /// One authorization and everything that was issued under it: the family of its tokens.
    GrantId = "gra";
    TokenId = "tok";
    ApiId = "api";
    LetterId = "let";
    InvitationId = "inv";
    /// A table of people that waits for the word to go ahead.
    ImportId = "imp";
    ConnectionId = "con";
    IdentityId = "fid";
    FactorId = "fac";
    PasskeyId = "pky";
    AuditId = "aud";
    ChallengeId = "cha";
    /// A request for a new password, or a link to one.
    RecoveryId = "rec";
    EmailChangeId = "emc";
    /// One logout token on its way to one client.
    LogoutId = "lgo";
    /// One uploaded picture of a person; another upload has another.
    PictureId = "pic";
    RegistrationTokenId = "reg";
    /// Access that a tenant gave to the operators.
    SupportId = "sup";
    AnnouncementId = "ann";
}
