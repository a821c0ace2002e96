//! The pages of a sign-in, in the order in which they are asked, and those of signing out.
use serde::Serialize;

use super::{Button, Page, PasskeyError};
use crate::model::IdentifierMode;

/// `POST /login` with `flow`, `identifier`, `password` and perhaps `company`; `POST /login/upstream` with `flow`,
/// `connection`; `GET /login?flow=…&company=1` asks for the company, too.
#[derive(Clone, Debug, Serialize)]
pub struct Login {
    pub flow: String,
    /// What people are called here (people.md C7).
    pub names: IdentifierMode,
    pub company: CompanyField,
    /// What was typed, or `login_hint`.
    pub identifier: String,
    pub error: Option<LoginError>,
    pub connections: Vec<Button>,
    /// The application that waits for the sign-in.
    pub client_name: Option<String>,
    /// The person is known and proves the password again: the identifier cannot be changed.
    pub identifier_fixed: bool,
    /// `POST /login/passkey/options`, then `POST /login/passkey`, both with `flow`.
    pub passkey: bool,
    pub passkey_error: Option<PasskeyError>,
}

/// The field for the company ID (people.md P11).
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CompanyField {
    /// Nobody here has one, or it is known already.
    Absent,
    /// Some have one: the address of the page that asks for it.
    Offered { href: String },
    /// What was typed.
    Asked { typed: String, needed: bool },
}

/// One text for known and unknown people (people.md C18, security.md D).
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LoginError {
    WrongOrUnknown,
    /// The same where people are called by a user name.
    WrongName,
    Paused {
        minutes: i64,
    },
    Busy,
    Cancelled,
    StartAgain,
}

/// `POST /login/code` with `flow`, `code` (and `recovery=1`); `POST /login/code/resend` with `flow`;
/// `GET /login/code?flow=…[&recovery=1]` switches; `POST /login/restart` with `flow` where `restart` is true.
#[derive(Clone, Debug, Serialize)]
pub struct LoginCode {
    pub flow: String,
    pub kind: CodeKind,
    pub error: Option<CodeError>,
    /// A new code was sent just now.
    pub resent: bool,
    /// Offer a recovery code instead.
    pub recovery_possible: bool,
    /// Ask for a recovery code.
    pub recovery: bool,
    /// Offer to begin again as somebody else.
    pub restart: bool,
    /// A passkey may be shown: `POST /login/passkey`.
    pub passkey: bool,
    pub passkey_error: Option<PasskeyError>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CodeKind {
    Email { masked: String },
    Totp,
    Passkey,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CodeError {
    Wrong,
    Expired,
    TooMany,
    Paused { minutes: i64 },
}

/// `POST /select-tenant` with `flow` and `tenant` (a slug).
#[derive(Clone, Debug, Serialize)]
pub struct SelectTenant {
    pub flow: String,
    pub client_name: Option<String>,
    pub tenants: Vec<TenantChoice>,
    /// Many enough to be filtered: from ten on.
    pub search: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct TenantChoice {
    pub slug: String,
    pub name: String,
    pub number: String,
    /// Path on this host.
    pub logo: Option<String>,
    pub guest: bool,
    pub last_used: bool,
}

/// `POST /consent` with `flow` and `decision` = `allow` or `deny`.
#[derive(Clone, Debug, Serialize)]
pub struct Consent {
    pub flow: String,
    pub client_name: String,
    /// The host to which the person goes on: a name can be anybody's, an address cannot. Empty where there is none.
    pub leads_to: String,
    pub tenant_name: String,
    pub person_name: String,
    pub scopes: Vec<ScopeLine>,
    pub details: Vec<DetailBlock>,
}

/// One authorization detail (RFC 9396), in the words of its API's operator.
#[derive(Clone, Debug, Serialize)]
pub struct DetailBlock {
    pub label: String,
    pub api: String,
    /// Name and value of each member.
    pub members: Vec<(String, String)>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ScopeLine {
    pub name: String,
    /// There is a sentence for it in the catalogue; else the bare name is shown.
    pub known: bool,
}

impl ScopeLine {
    /// A line for a scope as it was asked for (OpenID Connect Core 5.4, protocol.md §2).
    pub fn new(name: &str) -> Self {
        const SPOKEN: [&str; 10] =
            ["openid", "profile", "email", "address", "phone", "offline_access", "tenant", "groups", "permissions", "locations"];
        Self { name: name.to_owned(), known: SPOKEN.contains(&name) }
    }
}

/// `POST /select-account` with `flow` and `choice` = `continue` or `other` (OpenID Connect Core 3.1.2.1, prompt).
#[derive(Clone, Debug, Serialize)]
pub struct SelectAccount {
    pub flow: String,
    pub name: String,
    pub email: String,
    pub client_name: Option<String>,
}

/// Asks before signing out; `POST /logout` with the hidden fields.
#[derive(Clone, Debug, Serialize)]
pub struct LogoutConfirm {
    pub client_name: Option<String>,
    /// Who is signed in.
    pub name: String,
    pub hidden: Vec<(String, String)>,
}

#[derive(Clone, Debug, Serialize)]
pub struct LoggedOut {
    /// Where the person may go on to.
    pub back: Option<String>,
    /// Pages of applications that hidden frames load, so that they sign out too (Front-Channel Logout 1.0).
    pub frames: Vec<String>,
    /// Where the browser goes by itself once they have.
    pub next: Option<String>,
}

/// The page behind `check_session_iframe`: a script and nothing to see.
#[derive(Clone, Debug, Serialize)]
pub struct CheckSession {
    /// Name of the readable cookie.
    pub cookie: String,
}

/// The answer to a client in `response_mode=form_post` (OAuth 2.0 Form Post Response Mode 2). Has no CSRF field:
/// it leaves the house.
#[derive(Clone, Debug, Serialize)]
pub struct FormPost {
    pub action: String,
    pub client_name: Option<String>,
    pub fields: Vec<(String, String)>,
}

/// Nobody signed in for so long that the access is locked (people.md S35): shown after the right password alone, with the
/// way back to the application that asked.
#[derive(Clone, Debug, Serialize)]
pub struct Locked {
    pub client_name: Option<String>,
    /// Where the answer goes: by a link, or by a form with these fields.
    pub action: String,
    pub fields: Vec<(String, String)>,
}

/// The start page at `/`. Signed in: name and e-mail address; `POST /logout` ends the session.
#[derive(Clone, Debug, Serialize)]
pub struct Home {
    pub person: Option<HomePerson>,
    /// Where "sign in" leads.
    pub sign_in: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct HomePerson {
    pub name: String,
    pub email: String,
    /// Has something to arrange in a tenant.
    pub administers: bool,
    pub operates: bool,
}

fn flow() -> String {
    "flw_01jd8zt3fa6k2m9q4x7r5w8b3c".to_owned()
}

fn client() -> Option<String> {
    Some("Payment Desk".to_owned())
}

impl Page for Login {
    const TEMPLATE: &'static str = "signin/login.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            flow: flow(),
            names: IdentifierMode::Email,
            company: CompanyField::Absent,
            identifier: String::new(),
            error: None,
            connections: Vec::new(),
            client_name: client(),
            identifier_fixed: false,
            passkey: false,
            passkey_error: None,
        };
        let microsoft = vec![Button { id: "con_1".to_owned(), name: "Microsoft".to_owned() }];
        let two = vec![microsoft[0].clone(), Button { id: "con_2".to_owned(), name: "Acme Holding".to_owned() }];
        let wrong = |error| Self { identifier: "anna.berg@example.com".to_owned(), error: Some(error), ..plain.clone() };
        let asked = |typed: &str, needed| CompanyField::Asked { typed: typed.to_owned(), needed };
        let company = Self { names: IdentifierMode::Username, company: asked("", true), ..plain.clone() };
        let mistyped = Self { identifier: "a.berg".to_owned(), error: Some(LoginError::WrongName), ..company.clone() };
        vec![
            ("plain", plain.clone()),
            ("company", company),
            ("company-wrong", Self { company: asked("4711", true), ..mistyped.clone() }),
            ("company-free", Self { names: IdentifierMode::Both, company: asked("4711", false), ..mistyped.clone() }),
            ("name", Self { company: CompanyField::Absent, ..mistyped }),
            (
                "company-offered",
                Self { company: CompanyField::Offered { href: "/login?flow=flw_1&company=1".to_owned() }, ..plain.clone() },
            ),
            ("microsoft", Self { connections: microsoft.clone(), ..plain.clone() }),
            ("two-connections", Self { connections: two, client_name: None, ..plain.clone() }),
            ("wrong", Self { connections: microsoft, ..wrong(LoginError::WrongOrUnknown) }),
            ("paused", wrong(LoginError::Paused { minutes: 30 })),
            ("paused-one", wrong(LoginError::Paused { minutes: 1 })),
            ("busy", wrong(LoginError::Busy)),
            ("cancelled", wrong(LoginError::Cancelled)),
            ("start-again", wrong(LoginError::StartAgain)),
            ("passkey", Self { passkey: true, ..plain.clone() }),
            ("passkey-refused", Self { passkey: true, passkey_error: Some(PasskeyError::Refused), ..plain.clone() }),
            ("again", Self { identifier: "anna.berg@example.com".to_owned(), identifier_fixed: true, ..plain }),
        ]
    }
}

impl Page for LoginCode {
    const TEMPLATE: &'static str = "signin/code.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let email = Self {
            flow: flow(),
            kind: CodeKind::Email { masked: "a…@example.com".to_owned() },
            error: None,
            resent: false,
            recovery_possible: false,
            recovery: false,
            restart: true,
            passkey: false,
            passkey_error: None,
        };
        let app = Self { kind: CodeKind::Totp, recovery_possible: true, ..email.clone() };
        let wrong = |error| Self { error: Some(error), ..app.clone() };
        vec![
            ("email", email.clone()),
            ("resent", Self { resent: true, ..email.clone() }),
            ("expired", Self { error: Some(CodeError::Expired), ..email.clone() }),
            ("too-many", Self { error: Some(CodeError::TooMany), restart: false, ..email }),
            ("app", app.clone()),
            ("wrong", wrong(CodeError::Wrong)),
            ("paused", wrong(CodeError::Paused { minutes: 30 })),
            ("paused-one", wrong(CodeError::Paused { minutes: 1 })),
            ("recovery", Self { recovery: true, ..app.clone() }),
            ("app-or-passkey", Self { passkey: true, ..app.clone() }),
            ("passkey", Self { kind: CodeKind::Passkey, passkey: true, ..app.clone() }),
            (
                "passkey-cancelled",
                Self { kind: CodeKind::Passkey, passkey: true, passkey_error: Some(PasskeyError::Cancelled), ..app.clone() },
            ),
            ("recovery-wrong", Self { recovery: true, ..wrong(CodeError::Wrong) }),
        ]
    }
}

impl Page for SelectTenant {
    const TEMPLATE: &'static str = "signin/tenant.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let choice = |slug: &str, name: &str, number: &str, guest| TenantChoice {
            slug: slug.to_owned(),
            name: name.to_owned(),
            number: number.to_owned(),
            logo: None,
            guest,
            last_used: false,
        };
        let mut few = vec![
            choice("northwind", "Northwind Foods GmbH", "100214", false),
            choice("contoso", "Contoso Retail", "100377", true),
            choice("fabrikam", "Fabrikam Werkzeugmaschinen und Anlagenbau Beteiligungsgesellschaft mbH & Co. KG", "204518", true),
        ];
        few[0].last_used = true;
        let cities = ["Aachen", "Berlin", "Celle", "Dresden", "Essen", "Fulda", "Gera", "Halle", "Iserlohn", "Jena", "Köln", "Lübeck"];
        let store =
            |(at, city): (usize, &&str)| choice(&format!("store-{at}"), &format!("Store {city}"), &(300_100 + at).to_string(), false);
        let many = cities.iter().enumerate().map(store).collect();
        let page = |tenants, search| Self { flow: flow(), client_name: client(), tenants, search };
        vec![("few", page(few, false)), ("many", Self { client_name: None, ..page(many, true) })]
    }
}

impl Page for Consent {
    const TEMPLATE: &'static str = "signin/consent.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |scopes: &[&str]| Self {
            flow: flow(),
            client_name: "Payment Desk".to_owned(),
            leads_to: "payment-desk.northwind-foods.example".to_owned(),
            tenant_name: "Northwind Foods GmbH".to_owned(),
            person_name: "Anna Berg".to_owned(),
            scopes: scopes.iter().map(|s| ScopeLine::new(s)).collect(),
            details: Vec::new(),
        };
        let amount = [("amount", "12.50 EUR"), ("to", "Northwind Foods GmbH"), ("actions", "status, cancel")];
        let members = amount.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let payment = DetailBlock { label: "Start a payment".to_owned(), api: "Payments".to_owned(), members };
        let all = [
            "openid",
            "profile",
            "email",
            "address",
            "phone",
            "offline_access",
            "tenant",
            "groups",
            "permissions",
            "locations",
            "payouts:read",
        ];
        let detailed = Self { details: vec![payment], leads_to: String::new(), ..page(&["openid", "profile"]) };
        vec![("few", page(&["openid", "profile", "email"])), ("all", page(&all)), ("details", detailed)]
    }
}

impl Page for SelectAccount {
    const TEMPLATE: &'static str = "signin/account.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let (name, email) = ("Anna Berg".to_owned(), "anna.berg@example.com".to_owned());
        let page = Self { flow: flow(), name, email, client_name: client() };
        vec![("client", page.clone()), ("no-client", Self { client_name: None, ..page })]
    }
}

impl Page for LogoutConfirm {
    const TEMPLATE: &'static str = "signin/logout.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let hidden = vec![("state".to_owned(), "xyz".to_owned())];
        let page = Self { client_name: client(), name: "Anna Berg".to_owned(), hidden };
        vec![("client", page.clone()), ("no-client", Self { client_name: None, ..page })]
    }
}

impl Page for LoggedOut {
    const TEMPLATE: &'static str = "signin/logged_out.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |back, frames: &[&str], next: Option<&str>| Self {
            back,
            frames: frames.iter().map(|frame| (*frame).to_owned()).collect(),
            next: next.map(str::to_owned),
        };
        let frames = ["https://desk.example.com/bye?iss=x&sid=ses_1", "https://shop.example.com/bye"];
        vec![
            ("plain", page(None, &[], None)),
            ("back", page(Some("/".to_owned()), &[], None)),
            ("frames", page(None, &frames, Some("https://desk.example.com/left?state=1"))),
        ]
    }
}

impl Page for CheckSession {
    const TEMPLATE: &'static str = "signin/check_session.html";

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("plain", Self { cookie: "__Host-tenantry-state".to_owned() })]
    }
}

impl Page for FormPost {
    const TEMPLATE: &'static str = "signin/form_post.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let fields = vec![field("code", "tnc_example"), field("state", "af0ifjsldkj"), field("iss", "https://id.example.com")];
        let page = Self { action: "https://desk.example.com/callback".to_owned(), client_name: client(), fields };
        vec![("client", page.clone()), ("no-client", Self { client_name: None, ..page })]
    }
}

impl Page for Locked {
    const TEMPLATE: &'static str = "signin/locked.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let action = "https://desk.example.com/callback".to_owned();
        let page = Self { client_name: client(), action, fields: Vec::new() };
        let fields = vec![("error".to_owned(), "access_denied".to_owned())];
        vec![("client", page.clone()), ("form", Self { client_name: None, fields, ..page })]
    }
}

impl Page for Home {
    const TEMPLATE: &'static str = "home.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let name = "Anna Berg".to_owned();
        let person = HomePerson { name, email: "anna.berg@example.com".to_owned(), administers: false, operates: false };
        let arranges = HomePerson { administers: true, operates: true, ..person.clone() };
        let page = |person| Self { person, sign_in: "/account".to_owned() };
        vec![("signed-out", page(None)), ("signed-in", page(Some(person))), ("arranges", page(Some(arranges)))]
    }
}
