//! Passkeys: adding one, looking at one, and what may go wrong wherever one is asked for.
use serde::Serialize;

use super::Page;
use super::console::Moment;

/// What became of a passkey, said where it was asked for. Text: `passkey.error.<kind>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PasskeyError {
    /// The script of the page did not run.
    NoScript,
    /// This browser or device knows no passkeys.
    Unsupported,
    /// Nobody answered, or somebody said no.
    Cancelled,
    /// The device holds one for this account already.
    AlreadyThere,
    Refused,
    WrongPassword,
    Paused,
    /// It is the only second factor, and one is demanded.
    Last,
    Unnamed,
}

impl PasskeyError {
    pub const ALL: [Self; 9] = [
        Self::NoScript,
        Self::Unsupported,
        Self::Cancelled,
        Self::AlreadyThere,
        Self::Refused,
        Self::WrongPassword,
        Self::Paused,
        Self::Last,
        Self::Unnamed,
    ];

    /// What our script says went wrong before anything could be sent. Silence: it did not run.
    pub fn told(problem: &str) -> Self {
        match problem {
            "" => Self::NoScript,
            "cancelled" => Self::Cancelled,
            "already_there" => Self::AlreadyThere,
            "wrong_password" => Self::WrongPassword,
            "paused" => Self::Paused,
            "refused" => Self::Refused,
            _ => Self::Unsupported,
        }
    }
}

/// A passkey in the list of a person's own.
#[derive(Clone, Debug, Serialize)]
pub struct PasskeyLine {
    pub id: String,
    pub name: String,
    /// May be on several devices.
    pub synced: bool,
    pub created: Moment,
    pub used: Option<Moment>,
}

impl PasskeyLine {
    pub(super) fn samples() -> Vec<Self> {
        let line =
            |id: &str, name: &str, synced, used| Self { id: id.to_owned(), name: name.to_owned(), synced, created: Moment::sample(), used };
        vec![line("pky_1", "Phone", true, Some(Moment::sample())), line("pky_2", "Security key at the office", false, None)]
    }
}

/// `POST /account/security/passkey/options` with `password`, then `POST /account/security/passkey` with `name`, `challenge`,
/// `answer` or `problem`; the script does both.
#[derive(Clone, Debug, Serialize)]
pub struct PasskeyAdd {
    pub name: String,
    /// False for people without a password: they proved themselves at Microsoft just now.
    pub ask_password: bool,
    /// The sign-in that waits for this, if it was not asked for in the account.
    pub flow: Option<String>,
    /// An app may be set up instead.
    pub offers_app: bool,
    pub error: Option<PasskeyError>,
}

/// `POST /account/security/passkey/{id}` with `name`; `POST /account/security/passkey/{id}/remove`.
#[derive(Clone, Debug, Serialize)]
pub struct PasskeyEdit {
    pub passkey: PasskeyLine,
    /// What was typed.
    pub name: String,
    pub error: Option<PasskeyError>,
}

impl Page for PasskeyAdd {
    const TEMPLATE: &'static str = "account/passkey_add.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self { name: String::new(), ask_password: true, flow: None, offers_app: true, error: None };
        let named = ["no-script", "unsupported", "cancelled", "already-there", "refused", "wrong-password", "paused", "last", "unnamed"];
        let wrong =
            |(name, error): (&'static str, PasskeyError)| (name, Self { name: "Phone".to_owned(), error: Some(error), ..page.clone() });
        let mut samples: Vec<_> = named.into_iter().zip(PasskeyError::ALL).map(wrong).collect();
        samples.insert(0, ("plain", page.clone()));
        samples.push(("in-flow", Self { ask_password: false, flow: Some("flw_01jd8x".to_owned()), ..page }));
        samples
    }
}

impl Page for PasskeyEdit {
    const TEMPLATE: &'static str = "account/passkey.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |line: &PasskeyLine, error| Self { name: line.name.clone(), passkey: line.clone(), error };
        let lines = PasskeyLine::samples();
        vec![
            ("synced", page(&lines[0], None)),
            ("bound", page(&lines[1], None)),
            ("last", page(&lines[0], Some(PasskeyError::Last))),
            ("unnamed", Self { name: String::new(), ..page(&lines[0], Some(PasskeyError::Unnamed)) }),
        ]
    }
}
