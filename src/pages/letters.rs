//! The letters: `templates/letters/NAME.{subject,txt,html}`.
use serde::Serialize;

/// One struct for each letter, as [`super::Page`] for pages.
pub trait LetterPage: Serialize {
    /// The files' name below `templates/letters/`, without ending.
    const NAME: &'static str;

    fn samples() -> Vec<(&'static str, Self)>
    where
        Self: Sized;
}

/// A letter ready to be put into the outbox. Holds codes or links: never log it.
#[derive(Clone)]
pub struct RenderedLetter {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Whose letter it is, beside what it says: told around it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct House {
    /// Of the tenant.
    pub name: String,
    /// Whom people can ask.
    pub contact: Option<String>,
    /// Ground and text of the button, `#rrggbb`.
    pub button: Option<(String, String)>,
    /// A logo travels with the letter.
    pub logo: bool,
}

impl House {
    /// That of the installation itself.
    pub fn plain() -> Self {
        Self::default()
    }
}

/// The code of a sign-in.
#[derive(Clone, Serialize)]
pub struct EmailCode {
    /// The installation's name, as in every letter.
    pub product: String,
    pub name: String,
    pub code: String,
    pub minutes: i64,
    pub client_name: Option<String>,
    pub tenant: Option<String>,
}

/// An invitation into a tenant.
#[derive(Clone, Serialize)]
pub struct Invitation {
    pub product: String,
    pub name: String,
    /// Who invited.
    pub inviter: Option<String>,
    pub tenant: String,
    pub link: String,
    pub days: i64,
    /// The account is opened with Microsoft rather than with a password.
    pub microsoft: bool,
}

/// Somebody belongs to a further tenant without having been asked (people.md C8).
#[derive(Clone, Serialize)]
pub struct Joined {
    pub product: String,
    pub name: String,
    pub tenant: String,
}

/// The way of the second factor changed.
#[derive(Clone, Serialize)]
pub struct FactorChanged {
    pub product: String,
    pub name: String,
    pub what: FactorChange,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorChange {
    AppOn,
    EmailOn,
    Off,
    RecoveryUsed,
    RecoveryMade,
    PasskeyAdded,
    PasskeyRemoved,
    /// Passkeys take the place of codes.
    PasskeyUsed,
    /// Taken away by the administrator or the operator (people.md P16, S58).
    Reset,
}

/// The password changed.
#[derive(Clone, Serialize)]
pub struct PasswordChanged {
    pub product: String,
    pub name: String,
}

/// A link to a new password.
#[derive(Clone, Serialize)]
pub struct NewPassword {
    pub product: String,
    pub name: String,
    pub link: String,
    pub minutes: i64,
    /// The tenant whose administrator sends it.
    pub tenant: Option<String>,
}

/// The code that confirms a change in the account.
#[derive(Clone, Serialize)]
pub struct ConfirmCode {
    pub product: String,
    pub name: String,
    pub code: String,
    pub minutes: i64,
    pub what: Confirmation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirmation {
    Password,
    Email,
}

/// The link that proves a new address; sent there.
#[derive(Clone, Serialize)]
pub struct EmailProof {
    pub product: String,
    pub name: String,
    pub link: String,
    pub minutes: i64,
}

/// The address changed; sent to the one before.
#[derive(Clone, Serialize)]
pub struct EmailChanged {
    pub product: String,
    pub name: String,
    /// The new address, all but its first letter and its host left out.
    pub masked: String,
}

/// The account is to be erased, or was.
#[derive(Clone, Serialize)]
pub struct Erasure {
    pub product: String,
    pub name: String,
    /// From this day on nothing brings it back; none when it is done.
    pub day: Option<String>,
}

/// Two accounts of one human became one (people.md S47).
#[derive(Clone, Serialize)]
pub struct Merged {
    pub product: String,
    pub name: String,
    /// The other account: its address, all but the first letter and the host left out.
    pub account: String,
    pub side: MergeSide,
}

/// Which of the two the letter goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeSide {
    Remains,
    Ends,
}

/// What an operator asks for, to see whether letters arrive.
#[derive(Clone, Serialize)]
pub struct TestLetter {
    pub product: String,
    pub name: String,
}

fn product() -> String {
    "Tenantry".to_owned()
}

fn anna() -> String {
    "Anna Berg".to_owned()
}

impl LetterPage for EmailCode {
    const NAME: &'static str = "email_code";

    fn samples() -> Vec<(&'static str, Self)> {
        let letter = Self {
            product: product(),
            name: anna(),
            code: "482913".to_owned(),
            minutes: 10,
            client_name: Some("Payment Desk".to_owned()),
            tenant: Some("Northwind Foods GmbH".to_owned()),
        };
        let client = Self { tenant: None, ..letter.clone() };
        vec![("full", letter.clone()), ("client", client), ("bare", Self { client_name: None, tenant: None, minutes: 1, ..letter })]
    }
}

impl LetterPage for Invitation {
    const NAME: &'static str = "invitation";

    fn samples() -> Vec<(&'static str, Self)> {
        let letter = Self {
            product: product(),
            name: anna(),
            inviter: Some("Marie Curie".to_owned()),
            tenant: "Northwind Foods GmbH".to_owned(),
            link: "https://id.example.com/invitation/tni_Zm9yIHNob3cgb25seQ".to_owned(),
            days: 7,
            microsoft: false,
        };
        vec![("password", letter.clone()), ("microsoft", Self { inviter: None, microsoft: true, days: 1, ..letter })]
    }
}

impl LetterPage for Joined {
    const NAME: &'static str = "joined";

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("tenant", Self { product: product(), name: anna(), tenant: "Northwind Foods GmbH".to_owned() })]
    }
}

impl LetterPage for FactorChanged {
    const NAME: &'static str = "factor_changed";

    fn samples() -> Vec<(&'static str, Self)> {
        let letter = |what| Self { product: product(), name: anna(), what };
        vec![
            ("app-on", letter(FactorChange::AppOn)),
            ("email-on", letter(FactorChange::EmailOn)),
            ("off", letter(FactorChange::Off)),
            ("recovery-used", letter(FactorChange::RecoveryUsed)),
            ("recovery-made", letter(FactorChange::RecoveryMade)),
            ("passkey-added", letter(FactorChange::PasskeyAdded)),
            ("passkey-removed", letter(FactorChange::PasskeyRemoved)),
            ("passkey-used", letter(FactorChange::PasskeyUsed)),
            ("reset", letter(FactorChange::Reset)),
        ]
    }
}

impl LetterPage for Erasure {
    const NAME: &'static str = "erasure";

    fn samples() -> Vec<(&'static str, Self)> {
        let letter = |day: Option<&str>| Self { product: product(), name: anna(), day: day.map(str::to_owned) };
        vec![("ordered", letter(Some("2026-12-22"))), ("done", letter(None))]
    }
}

impl LetterPage for Merged {
    const NAME: &'static str = "merged";

    fn samples() -> Vec<(&'static str, Self)> {
        let letter = |side| Self { product: product(), name: anna(), account: "a…@other.example".to_owned(), side };
        vec![("remains", letter(MergeSide::Remains)), ("ends", letter(MergeSide::Ends))]
    }
}

impl LetterPage for TestLetter {
    const NAME: &'static str = "test";

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("plain", Self { product: product(), name: anna() })]
    }
}

impl LetterPage for PasswordChanged {
    const NAME: &'static str = "password_changed";

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("plain", Self { product: product(), name: anna() })]
    }
}

impl LetterPage for NewPassword {
    const NAME: &'static str = "new_password";

    fn samples() -> Vec<(&'static str, Self)> {
        let letter = Self {
            product: product(),
            name: anna(),
            link: "https://id.example.com/recovery/tnk_Zm9yIHNob3cgb25seQ".to_owned(),
            minutes: 30,
            tenant: None,
        };
        let sent = Self { tenant: Some("Northwind Foods GmbH".to_owned()), minutes: 1, ..letter.clone() };
        vec![("asked", letter), ("sent", sent)]
    }
}

impl LetterPage for ConfirmCode {
    const NAME: &'static str = "confirm_code";

    fn samples() -> Vec<(&'static str, Self)> {
        let letter = |what| Self { product: product(), name: anna(), code: "482913".to_owned(), minutes: 10, what };
        vec![("password", letter(Confirmation::Password)), ("email", letter(Confirmation::Email))]
    }
}

impl LetterPage for EmailProof {
    const NAME: &'static str = "email_proof";

    fn samples() -> Vec<(&'static str, Self)> {
        let link = "https://id.example.com/email/tnv_Zm9yIHNob3cgb25seQ".to_owned();
        vec![("plain", Self { product: product(), name: anna(), link, minutes: 30 })]
    }
}

impl LetterPage for EmailChanged {
    const NAME: &'static str = "email_changed";

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("plain", Self { product: product(), name: anna(), masked: "a…@new.example".to_owned() })]
    }
}
