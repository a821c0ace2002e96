//! The pages by which somebody gets an account: invitation, first operator, done.
use serde::Serialize;

use super::{Button, Page};

/// The link of an invitation was opened. Looking changes nothing; `POST /invitation` with `password` and
/// `password_repeat` (or nothing, where the person has an account) and `POST /invitation/upstream` with
/// `connection` do (microsoft.md 2.3). The token waits in a cookie.
#[derive(Clone, Debug, Serialize)]
pub struct Invitation {
    pub tenant_name: String,
    pub person_name: String,
    pub email_masked: String,
    /// May choose a password.
    pub method_password: bool,
    /// Has an account already: accepting leads to the sign-in.
    pub has_account: bool,
    pub connections: Vec<Button>,
    /// The shortest password that is accepted, in characters.
    pub password_least: i64,
    /// An app may be set up in the same visit (people.md P5): fields `app` and `code`.
    pub app: Option<InvitationApp>,
    pub error: Option<PasswordError>,
}

/// The app beside the password.
#[derive(Clone, Debug, Serialize)]
pub struct InvitationApp {
    /// Our own SVG; printed unescaped.
    pub qr_svg: String,
    pub secret_groups: String,
    pub issuer: String,
    /// The secret, sealed: comes back with the form.
    pub sealed: String,
    /// The person began with it, and the code was not right.
    pub wrong: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PasswordError {
    TooShort {
        least: i64,
    },
    TooLong,
    TooCommon,
    /// Made of the person's or the company's name or address.
    Context,
    /// One that was in use before (people.md S27).
    Used,
    /// The present one stays for a while yet.
    Early {
        hours: i64,
    },
    Mismatch,
    Busy,
}

/// Signed in at Microsoft with another address than the invited one (microsoft.md 2.3 A).
/// `POST /invitation/confirm` with `decision` = `confirm` or `deny`.
#[derive(Clone, Debug, Serialize)]
pub struct InvitationMismatch {
    pub microsoft_account: String,
    pub invited_email_masked: String,
    pub tenant_name: String,
}

/// The first operator arranges the account. `POST /bootstrap` with `email`, `first_name`, `last_name`, `password`,
/// `password_repeat`.
#[derive(Clone, Debug, Serialize)]
pub struct Bootstrap {
    pub error: Option<BootstrapError>,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    /// The shortest password that is accepted, in characters.
    pub password_least: i64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BootstrapError {
    Email,
    Name,
    TooShort { least: i64 },
    TooLong,
    TooCommon,
    Context,
    Mismatch,
    Busy,
}

impl From<PasswordError> for BootstrapError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooShort { least } => Self::TooShort { least },
            PasswordError::TooLong => Self::TooLong,
            PasswordError::TooCommon => Self::TooCommon,
            PasswordError::Context => Self::Context,
            // Nothing was in use before a first password.
            PasswordError::Used | PasswordError::Early { .. } => Self::TooCommon,
            PasswordError::Mismatch => Self::Mismatch,
            PasswordError::Busy => Self::Busy,
        }
    }
}

/// Something is finished.
#[derive(Clone, Debug, Serialize)]
pub struct Done {
    pub kind: DoneKind,
    /// Where to go on.
    pub href: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DoneKind {
    AccountReady,
    InvitationAccepted,
    InvitationDeclined,
    OperatorReady,
    PasswordChanged,
    EmailChanged,
    /// A new invitation letter was asked for; whether one left is not said (microsoft.md 2.3 D).
    LinkRequested,
}

impl Page for Invitation {
    const TEMPLATE: &'static str = "signin/invitation.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            tenant_name: "Northwind Foods GmbH".to_owned(),
            person_name: "Anna Berg".to_owned(),
            email_masked: "a…@example.com".to_owned(),
            method_password: true,
            has_account: false,
            connections: Vec::new(),
            password_least: 12,
            app: None,
            error: None,
        };
        let app = InvitationApp {
            qr_svg: super::account::sample_qr(),
            secret_groups: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP".to_owned(),
            issuer: "Tenantry".to_owned(),
            sealed: "v1.sealed".to_owned(),
            wrong: false,
        };
        let microsoft = vec![Button { id: "con_1".to_owned(), name: "Microsoft".to_owned() }];
        let wrong = |error| Self { error: Some(error), ..page.clone() };
        vec![
            ("password", page.clone()),
            ("app", Self { app: Some(app.clone()), ..page.clone() }),
            ("app-wrong-code", Self { app: Some(InvitationApp { wrong: true, ..app }), ..page.clone() }),
            ("any", Self { connections: microsoft.clone(), ..page.clone() }),
            ("microsoft", Self { method_password: false, connections: microsoft, ..page.clone() }),
            ("has-account", Self { has_account: true, ..page.clone() }),
            ("too-short", wrong(PasswordError::TooShort { least: 12 })),
            ("too-long", wrong(PasswordError::TooLong)),
            ("too-common", wrong(PasswordError::TooCommon)),
            ("context", wrong(PasswordError::Context)),
            ("used", wrong(PasswordError::Used)),
            ("early", wrong(PasswordError::Early { hours: 20 })),
            ("early-one", wrong(PasswordError::Early { hours: 1 })),
            ("mismatch", wrong(PasswordError::Mismatch)),
            ("busy", wrong(PasswordError::Busy)),
        ]
    }
}

impl Page for InvitationMismatch {
    const TEMPLATE: &'static str = "signin/invitation_mismatch.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            microsoft_account: "anna@fabrikam.example".to_owned(),
            invited_email_masked: "a…@example.com".to_owned(),
            tenant_name: "Northwind Foods GmbH".to_owned(),
        };
        vec![("plain", page)]
    }
}

impl Page for Bootstrap {
    const TEMPLATE: &'static str = "signin/bootstrap.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |error| Self {
            error,
            email: "op@example.com".to_owned(),
            first_name: "Olga".to_owned(),
            last_name: "Petrova".to_owned(),
            password_least: 12,
        };
        let empty = Self { error: None, email: String::new(), first_name: String::new(), last_name: String::new(), password_least: 12 };
        vec![
            ("empty", empty),
            ("email", page(Some(BootstrapError::Email))),
            ("name", page(Some(BootstrapError::Name))),
            ("too-short", page(Some(PasswordError::TooShort { least: 12 }.into()))),
            ("mismatch", page(Some(PasswordError::Mismatch.into()))),
        ]
    }
}

impl Page for Done {
    const TEMPLATE: &'static str = "signin/done.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |name, kind| (name, Self { kind, href: "/".to_owned() });
        vec![
            page("account", DoneKind::AccountReady),
            page("accepted", DoneKind::InvitationAccepted),
            page("declined", DoneKind::InvitationDeclined),
            page("operator", DoneKind::OperatorReady),
            page("password", DoneKind::PasswordChanged),
            page("email", DoneKind::EmailChanged),
            page("link", DoneKind::LinkRequested),
        ]
    }
}
