//! A person and the factors with which one proves to be that person.
use super::{Acr, Email, FactorId, Locale, PersonId, Profile, text_enum};
use crate::world::{Secret, Timestamp};

text_enum! {
    /// Stored state; locks and expiry are computed on top (people.md C17).
    PersonState { Invited = "invited", Active = "active", Deactivated = "deactivated" }
}

text_enum! {
    /// The second factor that a person has chosen.
    FactorKind { None = "none", Email = "email", Totp = "totp" }
}

impl FactorKind {
    /// The rung of the ladder that this factor reaches.
    pub const fn reaches(self) -> Option<Acr> {
        match self {
            Self::None => None,
            Self::Email => Some(Acr::Email),
            Self::Totp => Some(Acr::Mfa),
        }
    }
}

/// One human (or account) of the instance.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: PersonId,
    pub email: Email,
    pub email_verified: bool,
    pub first_name: String,
    pub last_name: String,
    pub locale: Locale,
    pub profile: Profile,
    pub state: PersonState,
    /// May run the instance.
    pub operator: bool,
    pub second_factor: FactorKind,
    pub has_password: bool,
    pub lockout: Lockout,
    pub last_login_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Person {
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
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
