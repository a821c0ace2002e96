//! A person and the factors with which one proves to be that person.
use super::{Acr, ChallengeId, Email, FactorId, Locale, PasskeyId, PersonId, Profile, Username, text_enum};
use crate::world::{Digest, Secret, Timestamp};

text_enum! {
    /// Stored state; locks and expiry are computed on top (people.md C17).
    PersonState { Invited = "invited", Active = "active", Deactivated = "deactivated" }
}

text_enum! {
    /// The second factor that a person has chosen.
    FactorKind { None = "none", Email = "email", Totp = "totp", Passkey = "passkey" }
}

impl FactorKind {
    /// The rung of the ladder that this factor reaches.
    pub const fn reaches(self) -> Option<Acr> {
        match self {
            Self::None => None,
            Self::Email => Some(Acr::Email),
            Self::Totp => Some(Acr::Mfa),
            Self::Passkey => Some(Acr::Phr),
        }
    }

    /// The rung that whoever chose this factor must reach: with a recovery code in place of a lost passkey too.
    pub const fn demands(self) -> Option<Acr> {
        match self {
            Self::Passkey => Some(Acr::Mfa),
            other => other.reaches(),
        }
    }

    /// Is it kept on a device, and stands in for it a recovery code when the device is lost?
    pub const fn is_on_a_device(self) -> bool {
        matches!(self, Self::Totp | Self::Passkey)
    }
}

text_enum! {
    /// people.md S18, S19: reached at an own e-mail address, or through the administrator alone. Computed, never stored.
    PersonKind { Verified = "verified", Unverified = "unverified" }
}

/// One human (or account) of the instance.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: PersonId,
    /// None for people whom only their administrator reaches (people.md S19).
    pub email: Option<Email>,
    pub email_verified: bool,
    /// Good in the tenant that gave it; one of the system's own everywhere (people.md P13, S23).
    pub username: Option<Username>,
    pub first_name: String,
    pub last_name: String,
    pub locale: Locale,
    pub profile: Profile,
    pub state: PersonState,
    /// Deactivated by an operator, whom no tenant overrules.
    pub disabled_by_operator: bool,
    /// May run the instance.
    pub operator: bool,
    pub second_factor: FactorKind,
    pub has_password: bool,
    pub password_set_at: Option<Timestamp>,
    pub lockout: Lockout,
    pub last_login_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Person {
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// Is there an address of the person's own, or only the administrator (people.md S18, S19)?
    pub const fn kind(&self) -> PersonKind {
        if self.email.is_some() { PersonKind::Verified } else { PersonKind::Unverified }
    }

    /// What the person signs in with: the e-mail address, else the user name.
    pub fn handle(&self) -> &str {
        let username = || self.username.as_ref().map_or("", Username::as_str);
        self.email.as_ref().map_or_else(username, Email::as_str)
    }

    /// The address with only its first letter; empty without one.
    pub fn masked_email(&self) -> String {
        self.email.as_ref().map(Email::masked).unwrap_or_default()
    }
}

/// Failed attempts of one account (people.md C18, C22).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lockout {
    /// Failures since the last success or pause.
    pub failures: i64,
    pub paused_until: Option<Timestamp>,
}

/// What a sign-in needs to check a password. `hash` is a PHC string.
#[derive(Clone, Debug)]
pub struct PasswordRecord {
    pub person: Person,
    pub hash: Option<Secret<String>>,
}

/// An authenticator app of a person.
#[derive(Clone, Debug)]
pub struct TotpFactor {
    pub id: FactorId,
    pub person: PersonId,
    /// Sealed with the master key; context is the factor's id.
    pub sealed_secret: String,
    pub confirmed_at: Option<Timestamp>,
    /// The last accepted time step; only a higher one is accepted (security.md G01).
    pub last_step: i64,
    pub created_at: Timestamp,
}

/// A passkey of a person (WebAuthn).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    pub id: PasskeyId,
    pub person: PersonId,
    /// What the person calls it.
    pub name: String,
    /// The authenticator's id of it, base64url. One person's only.
    pub credential: String,
    /// Under which handle the authenticator knows the person, base64url.
    pub handle: String,
    /// Public key and state, as the room `credentials` writes them.
    pub data: String,
    /// Signatures that the authenticator counted; 0 where it does not count.
    pub counter: i64,
    /// May be copied to other devices of the person.
    pub synced: bool,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// A question to a browser that waits for its answer: good once, in the browser and for the purpose that it was made for.
#[derive(Clone, Debug)]
pub struct PasskeyChallenge {
    pub id: ChallengeId,
    /// What it is for: a flow, a link, a session.
    pub purpose: String,
    pub browser: Digest,
    pub state: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}
