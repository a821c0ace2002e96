//! The pages of a new password: asked for, by link, in the middle of a sign-in, in the account.
use serde::Serialize;

use super::{CodeError, Page, PasskeyError, PasswordError};

/// `POST /recovery` with `email`. The answer is the same for every address (security.md F07).
#[derive(Clone, Debug, Serialize)]
pub struct RecoveryAsk {
    pub email: String,
    /// Nothing that could be an address was typed.
    pub wrong: bool,
    /// The request was taken: whether a letter leaves is not said.
    pub sent: bool,
}

/// `POST /recovery/factor` with `code`: the authenticator app is asked first (people.md S56).
#[derive(Clone, Debug, Serialize)]
pub struct RecoveryFactor {
    pub error: Option<CodeError>,
    /// The person has no app: a recovery code is all that can be typed.
    pub codes_alone: bool,
    /// A passkey may be shown instead: `POST /recovery/passkey/options`, then `POST /recovery/passkey`.
    pub passkey: bool,
    pub passkey_error: Option<PasskeyError>,
}

/// `POST /recovery/new` with `password` and `password_repeat`. The token waits in a cookie.
#[derive(Clone, Debug, Serialize)]
pub struct RecoveryNew {
    pub name: String,
    /// The shortest password that is accepted, in characters.
    pub password_least: i64,
    pub error: Option<PasswordError>,
}

/// `POST /login/password` with `flow`, `password` and `password_repeat`: the present one has to be renewed
/// (people.md S17).
#[derive(Clone, Debug, Serialize)]
pub struct Renewal {
    pub flow: String,
    pub password_least: i64,
    pub error: Option<PasswordError>,
}

/// `POST /account/password` with `present`, `password` and `password_repeat`; where a code has to confirm it
/// (people.md K26), `POST /account/password/code` with `pending` and `code`.
#[derive(Clone, Debug, Serialize)]
pub struct PasswordChange {
    pub password_least: i64,
    pub step: ChangeStep,
    pub error: Option<ChangeError>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChangeStep {
    Passwords,
    /// `pending` is sealed: what was typed waits in it.
    EmailCode {
        masked: String,
        pending: String,
    },
    AppCode {
        pending: String,
    },
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChangeError {
    WrongPassword,
    WrongCode,
    Expired,
    Paused { minutes: i64 },
    TooShort { least: i64 },
    TooLong,
    TooCommon,
    Context,
    Used,
    Early { hours: i64 },
    Mismatch,
    Busy,
}

impl From<PasswordError> for ChangeError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooShort { least } => Self::TooShort { least },
            PasswordError::TooLong => Self::TooLong,
            PasswordError::TooCommon => Self::TooCommon,
            PasswordError::Context => Self::Context,
            PasswordError::Used => Self::Used,
            PasswordError::Early { hours } => Self::Early { hours },
            PasswordError::Mismatch => Self::Mismatch,
            PasswordError::Busy => Self::Busy,
        }
    }
}

impl Page for RecoveryAsk {
    const TEMPLATE: &'static str = "recovery/ask.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self { email: String::new(), wrong: false, sent: false };
        vec![
            ("empty", page.clone()),
            ("wrong", Self { email: "anna.berg@".to_owned(), wrong: true, ..page.clone() }),
            ("sent", Self { sent: true, ..page }),
        ]
    }
}

impl Page for RecoveryFactor {
    const TEMPLATE: &'static str = "recovery/factor.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |error| Self { error, codes_alone: false, passkey: false, passkey_error: None };
        let passkey = Self { codes_alone: true, passkey: true, ..page(None) };
        vec![
            ("plain", page(None)),
            ("wrong", page(Some(CodeError::Wrong))),
            ("paused", page(Some(CodeError::Paused { minutes: 30 }))),
            ("passkey", passkey.clone()),
            ("passkey-refused", Self { passkey_error: Some(PasskeyError::Refused), ..passkey }),
        ]
    }
}

impl Page for RecoveryNew {
    const TEMPLATE: &'static str = "recovery/new.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |error| Self { name: "Anna Berg".to_owned(), password_least: 12, error };
        vec![("plain", page(None)), ("used", page(Some(PasswordError::Used))), ("mismatch", page(Some(PasswordError::Mismatch)))]
    }
}

impl Page for Renewal {
    const TEMPLATE: &'static str = "signin/renewal.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |error| Self { flow: "flw_01jd8zt3fa6k2m9q4x7r5w8b3c".to_owned(), password_least: 12, error };
        vec![("plain", page(None)), ("used", page(Some(PasswordError::Used)))]
    }
}

impl Page for PasswordChange {
    const TEMPLATE: &'static str = "account/password.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self { password_least: 12, step: ChangeStep::Passwords, error: None };
        let wrong = |error| Self { error: Some(error), ..page.clone() };
        let pending = || "c2VhbGVk".to_owned();
        let email = ChangeStep::EmailCode { masked: "a…@example.com".to_owned(), pending: pending() };
        let code = Self { step: email, ..page.clone() };
        vec![
            ("plain", page.clone()),
            ("wrong-password", wrong(ChangeError::WrongPassword)),
            ("paused", wrong(ChangeError::Paused { minutes: 30 })),
            ("paused-one", wrong(ChangeError::Paused { minutes: 1 })),
            ("used", wrong(ChangeError::Used)),
            ("early", wrong(ChangeError::Early { hours: 20 })),
            ("early-one", wrong(ChangeError::Early { hours: 1 })),
            ("too-short", wrong(ChangeError::TooShort { least: 12 })),
            ("too-long", wrong(ChangeError::TooLong)),
            ("too-common", wrong(ChangeError::TooCommon)),
            ("context", wrong(ChangeError::Context)),
            ("mismatch", wrong(ChangeError::Mismatch)),
            ("busy", wrong(ChangeError::Busy)),
            ("email", code.clone()),
            ("wrong-code", Self { error: Some(ChangeError::WrongCode), ..code.clone() }),
            ("expired", Self { error: Some(ChangeError::Expired), ..code }),
            ("app", Self { step: ChangeStep::AppCode { pending: pending() }, ..page }),
        ]
    }
}
