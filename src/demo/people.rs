//! Who lives in the demo world. The start page shows them, the world is made of them.
use crate::model::{FactorKind, Locale};

/// Everybody's password: long enough, and easy to type.
pub const PASSWORD: &str = "coffee and cake";

/// One of the two tenants.
pub struct DemoTenant {
    pub slug: &'static str,
    pub number: &'static str,
    pub name: &'static str,
    pub alias: &'static str,
    pub color: &'static str,
    pub logo: &'static str,
    /// Name and permissions, `!` marking those that need a strong second factor.
    pub groups: &'static [(&'static str, &'static [&'static str])],
    pub locations: &'static [&'static str],
}

pub const TENANTS: [DemoTenant; 2] = [
    DemoTenant {
        slug: "alpenglow",
        number: "10042",
        name: "Alpenglow Coffee Roasters GmbH",
        alias: "Alpenglow",
        color: "#9a3412",
        logo: "alpenglow.svg",
        groups: &[("Buyers", &["orders:read", "orders:create"]), ("Approvers", &["orders:read", "!orders:approve"])],
        locations: &["Graz", "Innsbruck"],
    },
    DemoTenant {
        slug: "kestrel",
        number: "20817",
        name: "Kestrel Logistics Ltd",
        alias: "Kestrel Logistics",
        color: "#0f766e",
        logo: "kestrel.svg",
        groups: &[("Dispatch", &["tours:read", "tours:plan"]), ("Finance", &["invoices:read", "!invoices:pay"])],
        locations: &["Hull", "Rotterdam"],
    },
];

/// How somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Password,
    /// Invited with Microsoft, by letter; also bound by the tenant's pinned domain at the first sign-in.
    Microsoft,
    /// Invited by a letter that was not answered yet.
    Invited,
}

pub struct DemoPerson {
    pub email: &'static str,
    pub first_name: &'static str,
    pub last_name: &'static str,
    pub locale: Locale,
    pub way: Way,
    pub factor: FactorKind,
    pub operator: bool,
    pub home: &'static str,
    pub admin: bool,
    pub groups: &'static [&'static str],
    /// Locations that the person is limited to; empty means all.
    pub locations: &'static [&'static str],
    /// Tenant and groups in which the person is a guest.
    pub guest: Option<(&'static str, &'static [&'static str])>,
    /// What there is to see, in English and German.
    pub about: (&'static str, &'static str),
}

const NOBODY: DemoPerson = DemoPerson {
    email: "",
    first_name: "",
    last_name: "",
    locale: Locale::En,
    way: Way::Password,
    factor: FactorKind::Email,
    operator: false,
    home: "alpenglow",
    admin: false,
    groups: &[],
    locations: &[],
    guest: None,
    about: ("", ""),
};

/// The one whose authenticator app the start page plays.
pub const WITH_APP: &str = "tina@kestrel.example";

pub const PEOPLE: [DemoPerson; 7] = [
    DemoPerson {
        email: "hanna@alpenglow.example",
        first_name: "Hanna",
        last_name: "Hofer",
        groups: &["Buyers"],
        locations: &["Graz"],
        about: (
            "One tenant, so nobody asks for it. Password, then a code that waits in the mailbox. Limited to one location.",
            "Ein Mandant, also fragt niemand danach. Passwort, dann ein Code, der im Postfach wartet. Auf einen Standort begrenzt.",
        ),
        ..NOBODY
    },
    DemoPerson {
        email: "gina@alpenglow.example",
        first_name: "Gina",
        last_name: "Gruber",
        groups: &["Buyers"],
        guest: Some(("kestrel", &["Dispatch"])),
        about: (
            "At home in Alpenglow and a guest of Kestrel: chooses the tenant, and can switch in the application.",
            "Zu Hause bei Alpenglow und Gast bei Kestrel: wählt den Mandanten und kann in der Anwendung wechseln.",
        ),
        ..NOBODY
    },
    DemoPerson {
        email: "adam@alpenglow.example",
        first_name: "Adam",
        last_name: "Auer",
        locale: Locale::De,
        admin: true,
        groups: &["Buyers", "Approvers"],
        about: (
            "Administrator of Alpenglow, letters in German. May approve orders, but only with a strong second factor: see “permissions”.",
            "Administrator von Alpenglow, Briefe auf Deutsch. Darf Bestellungen freigeben, aber nur mit starkem zweitem Faktor: siehe „permissions“.",
        ),
        ..NOBODY
    },
    DemoPerson {
        email: WITH_APP,
        first_name: "Tina",
        last_name: "Thorpe",
        factor: FactorKind::Totp,
        home: "kestrel",
        groups: &["Dispatch", "Finance"],
        about: (
            "Uses an authenticator app; this page plays it. Her tokens hold “invoices:pay”, which demands a strong second factor.",
            "Benutzt eine Authenticator-App; diese Seite spielt sie. Ihre Token enthalten „invoices:pay“, das einen starken zweiten Faktor verlangt.",
        ),
        ..NOBODY
    },
    DemoPerson {
        email: "otto@kestrel.example",
        first_name: "Otto",
        last_name: "Oakes",
        home: "kestrel",
        operator: true,
        about: ("Runs this installation.", "Betreibt diese Installation."),
        ..NOBODY
    },
    DemoPerson {
        email: "mika@alpenglow.example",
        first_name: "Mika",
        last_name: "Moser",
        way: Way::Microsoft,
        groups: &["Buyers"],
        about: (
            "Signs in with Microsoft. The first time binds the account, because Alpenglow pinned its directory.",
            "Meldet sich mit Microsoft an. Das erste Mal bindet das Konto, weil Alpenglow sein Verzeichnis festgelegt hat.",
        ),
        ..NOBODY
    },
    DemoPerson {
        email: "ines@alpenglow.example",
        first_name: "Ines",
        last_name: "Illich",
        way: Way::Invited,
        about: (
            "Invited and has not answered: open the letter in the mailbox and choose a password.",
            "Eingeladen und hat nicht geantwortet: den Brief im Postfach öffnen und ein Passwort wählen.",
        ),
        ..NOBODY
    },
];
