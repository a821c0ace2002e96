//! The pages of a person's own account: second factor, recovery codes, proving the password again.
use serde::Serialize;

use super::{Page, PasskeyLine};

/// `GET /account/security/app` sets an app up; `POST /account/security/email`, `/account/security/off` and
/// `/account/security/recovery` change the rest (people.md K24).
#[derive(Clone, Debug, Serialize)]
pub struct Security {
    pub email: String,
    pub factor: FactorKind,
    /// Recovery codes that are not used yet.
    pub recovery_left: i64,
    pub may_disable: bool,
    /// A tenant of the person takes codes of an app.
    pub offers_app: bool,
    pub offers_email: bool,
    pub offers_passkey: bool,
    /// `GET /account/security/passkey` adds one, `GET /account/security/passkey/{id}` changes one;
    /// `POST /account/security/passkey/use` lets them take the place of codes.
    pub passkeys: Vec<PasskeyLine>,
    /// False for people who sign in elsewhere.
    pub has_password: bool,
    pub notice: Option<SecurityNotice>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorKind {
    None,
    Email,
    App,
    Passkey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityNotice {
    AppOn,
    EmailOn,
    Off,
    PasswordChanged,
    PasskeyAdded,
    PasskeyRemoved,
    PasskeyRenamed,
    PasskeyUsed,
}

/// `POST /account/security/app` with `code` and `password` (people.md K22, S53). Until then nothing changes.
#[derive(Clone, Debug, Serialize)]
pub struct TotpEnrol {
    /// Our own SVG; the one value that is printed unescaped.
    pub qr_svg: String,
    /// The secret in groups of four, for typing.
    pub secret_groups: String,
    /// Under which name the app will show it (people.md P7).
    pub issuer: String,
    /// False for people without a password: they proved themselves at Microsoft just now.
    pub ask_password: bool,
    /// The sign-in that waits for this, if it was not asked for in the account.
    pub flow: Option<String>,
    /// A passkey may be set up instead.
    pub offers_passkey: bool,
    pub error: Option<EnrolError>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EnrolError {
    WrongCode,
    WrongPassword,
    Paused { minutes: i64 },
}

/// What recovery codes were made together with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MadeWith {
    App,
    Passkey,
}

/// Shown once, right after they were made.
#[derive(Clone, Debug, Serialize)]
pub struct RecoveryCodes {
    pub codes: Vec<String>,
    /// Together with a new app or passkey; none when they were asked for.
    pub made_with: Option<MadeWith>,
    /// Where to go on.
    pub href: String,
}

impl Page for Security {
    const TEMPLATE: &'static str = "account/security.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |factor, recovery_left, notice| Self {
            email: "anna.berg@example.com".to_owned(),
            factor,
            recovery_left,
            may_disable: true,
            offers_app: true,
            offers_email: true,
            offers_passkey: false,
            passkeys: Vec::new(),
            has_password: true,
            notice,
        };
        let passkeys = |factor, notice| Self { offers_passkey: true, passkeys: PasskeyLine::samples(), ..page(factor, 9, Some(notice)) };
        vec![
            ("email", page(FactorKind::Email, 0, None)),
            ("app", page(FactorKind::App, 8, Some(SecurityNotice::AppOn))),
            ("app-few", Self { may_disable: false, has_password: false, ..page(FactorKind::App, 1, None) }),
            ("app-alone", Self { offers_email: false, ..page(FactorKind::None, 0, None) }),
            ("none", page(FactorKind::None, 0, Some(SecurityNotice::Off))),
            ("email-on", page(FactorKind::Email, 0, Some(SecurityNotice::EmailOn))),
            ("password", page(FactorKind::Email, 0, Some(SecurityNotice::PasswordChanged))),
            ("passkeys-offered", Self { offers_passkey: true, ..page(FactorKind::Email, 0, None) }),
            ("passkey-added", passkeys(FactorKind::Passkey, SecurityNotice::PasskeyAdded)),
            ("passkey-removed", passkeys(FactorKind::App, SecurityNotice::PasskeyRemoved)),
            ("passkey-renamed", passkeys(FactorKind::Email, SecurityNotice::PasskeyRenamed)),
            ("passkey-used", passkeys(FactorKind::Passkey, SecurityNotice::PasskeyUsed)),
        ]
    }
}

impl Page for TotpEnrol {
    const TEMPLATE: &'static str = "account/totp.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            qr_svg: sample_qr(),
            secret_groups: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP".to_owned(),
            issuer: "Tenantry".to_owned(),
            ask_password: true,
            flow: None,
            offers_passkey: false,
            error: None,
        };
        let wrong = |error| Self { error: Some(error), ..page.clone() };
        vec![
            ("plain", page.clone()),
            ("wrong-code", wrong(EnrolError::WrongCode)),
            ("wrong-password", wrong(EnrolError::WrongPassword)),
            ("paused", wrong(EnrolError::Paused { minutes: 30 })),
            ("paused-one", wrong(EnrolError::Paused { minutes: 1 })),
            ("no-password", Self { ask_password: false, ..page.clone() }),
            ("in-flow", Self { flow: Some("flw_01jd8x".to_owned()), offers_passkey: true, ..page }),
        ]
    }
}

/// A picture of the size of a QR code; the real one comes from the room `credentials`.
pub(super) fn sample_qr() -> String {
    let dot = |n: u32| (n.wrapping_mul(2_654_435_761) >> 16 & 1 == 1).then(|| format!("M{},{}h1v1h-1z", n % 37 + 2, n / 37 + 2));
    let path: String = (0..37 * 37).filter_map(dot).collect();
    format!(r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 41 41"><path fill="#000" d="{path}"/></svg>"##)
}

impl Page for RecoveryCodes {
    const TEMPLATE: &'static str = "account/recovery.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let code = |n: u32| format!("k7{n}m-q2x{n}-w9{n}r");
        let codes: Vec<String> = (0..8).map(code).collect();
        let href = "/account/security".to_owned();
        vec![
            ("new-app", Self { codes: codes.clone(), made_with: Some(MadeWith::App), href: href.clone() }),
            ("new-passkey", Self { codes: codes.clone(), made_with: Some(MadeWith::Passkey), href: href.clone() }),
            ("asked", Self { codes, made_with: None, href }),
        ]
    }
}
