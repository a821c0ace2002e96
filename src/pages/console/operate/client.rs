//! Applications: the list, one of them, and what is shown only once.
use serde::Serialize;

use super::super::super::Page;
use super::super::{Moment, Pager};
use super::words;

words! {
    /// What an application is. Texts: `clients.kind.<kind>`.
    ClientKind { Web, Spa, Machine, Device }
}

/// `GET /operator/clients`.
#[derive(Clone, Debug, Serialize)]
pub struct Clients {
    pub query: String,
    pub rows: Vec<ClientRow>,
    pub pager: Pager,
}

#[derive(Clone, Debug, Serialize)]
pub struct ClientRow {
    pub id: String,
    pub name: String,
    pub kind: ClientKind,
    /// How many tenants it serves; none: all.
    pub tenants: Option<usize>,
    pub disabled: bool,
}

impl Page for Clients {
    const TEMPLATE: &'static str = "operator/clients.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |(n, kind): (usize, &ClientKind)| ClientRow {
            id: format!("cli_0{n}"),
            name: ["Payment Desk", "Shop", "Nightly job", "Television"][n].to_owned(),
            kind: *kind,
            tenants: [None, Some(1), Some(12), Some(0)][n],
            disabled: n == 2,
        };
        let rows = ClientKind::ALL.iter().enumerate().map(row).collect();
        let pager = Pager { first: Some("/operator/clients".to_owned()), next: None };
        let page = Self { query: String::new(), rows, pager };
        let searched = Self { query: "zzz".to_owned(), rows: Vec::new(), pager: Pager::default() };
        let none = Self { query: String::new(), ..searched.clone() };
        vec![("list", page), ("nothing", searched), ("none", none)]
    }
}

/// `GET /operator/clients/{id}`.
#[derive(Clone, Debug, Serialize)]
pub struct ClientSheet {
    pub id: String,
    pub name: String,
    pub kind: ClientKind,
    pub disabled: bool,
    /// `oidc`, `fapi2`, …
    pub profile: String,
    pub auth_method: String,
    /// Does it prove itself with a secret?
    pub has_secrets: bool,
    pub may_add_secret: bool,
    pub secrets: Vec<SecretRow>,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    pub scopes: String,
    pub asks_consent: bool,
    pub required_acr: Option<String>,
    /// The tenants that it serves; none: all.
    pub tenants: Option<Vec<String>>,
    pub backchannel: Option<String>,
    pub deliveries: Vec<DeliveryRow>,
    pub created: Moment,
}

#[derive(Clone, Debug, Serialize)]
pub struct SecretRow {
    pub id: String,
    /// Enough of the id to tell two apart.
    pub short: String,
    pub ends: Option<Moment>,
    pub over: bool,
}

words! {
    /// Texts: `clients.delivery.<state>`.
    DeliveryFate { Queued, Delivered, Dead }
}

#[derive(Clone, Debug, Serialize)]
pub struct DeliveryRow {
    pub state: DeliveryFate,
    pub attempts: i64,
    pub at: Moment,
    /// A class of failure; names nobody.
    pub error: Option<String>,
}

impl ClientSheet {
    fn sample() -> Self {
        let delivery = |state: &DeliveryFate| DeliveryRow {
            state: *state,
            attempts: 2,
            at: Moment::sample(),
            error: (*state == DeliveryFate::Dead).then(|| "answered with status 500".to_owned()),
        };
        let secret =
            |n: usize| SecretRow { id: format!("sec_{n}"), short: format!("…k3f{n}"), ends: (n > 1).then(Moment::sample), over: n == 3 };
        Self {
            id: "cli_01jd8m3w9x2q4r6t8v0y1z3a5b".to_owned(),
            name: "Payment Desk".to_owned(),
            kind: ClientKind::Web,
            disabled: false,
            profile: "oidc".to_owned(),
            auth_method: "client_secret_basic".to_owned(),
            has_secrets: true,
            may_add_secret: true,
            secrets: (1..=3).map(secret).collect(),
            redirect_uris: vec!["https://desk.example.com/callback".to_owned()],
            post_logout_redirect_uris: vec!["https://desk.example.com/bye".to_owned()],
            scopes: "openid profile email offline_access tenant".to_owned(),
            asks_consent: true,
            required_acr: Some("mfa".to_owned()),
            tenants: Some(vec!["Northwind Foods GmbH".to_owned(), "Alpenglow AG".to_owned()]),
            backchannel: Some("https://desk.example.com/logout".to_owned()),
            deliveries: DeliveryFate::ALL.iter().map(delivery).collect(),
            created: Moment::sample(),
        }
    }
}

impl Page for ClientSheet {
    const TEMPLATE: &'static str = "operator/client.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self::sample();
        let bare = Self {
            kind: ClientKind::Spa,
            disabled: true,
            has_secrets: false,
            may_add_secret: false,
            secrets: Vec::new(),
            asks_consent: false,
            required_acr: None,
            tenants: None,
            backchannel: None,
            deliveries: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            redirect_uris: Vec::new(),
            scopes: String::new(),
            ..page.clone()
        };
        let quiet = Self { deliveries: Vec::new(), may_add_secret: false, tenants: Some(Vec::new()), ..page.clone() };
        vec![("web", page), ("public", bare), ("quiet", quiet)]
    }
}

words! {
    /// What is shown only once. Texts: `once.<kind>.title`, `.lead`.
    OnceKind { ClientSecret, NewSecret, ClientId, RegistrationToken }
}

/// The answer to a form that made a secret.
#[derive(Clone, Debug, Serialize)]
pub struct ShownOnce {
    pub kind: OnceKind,
    /// What it belongs to.
    pub name: String,
    /// The application's id, where one was registered.
    pub client_id: Option<String>,
    pub secret: Option<String>,
    pub href: String,
}

impl Page for ShownOnce {
    const TEMPLATE: &'static str = "operator/once.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let names = ["client", "second", "public", "token"];
        let page = |(kind, name): (&OnceKind, &'static str)| {
            let token = *kind == OnceKind::RegistrationToken;
            let sample = Self {
                kind: *kind,
                name: "Payment Desk".to_owned(),
                client_id: (!token).then(|| "cli_01jd8m3w9x2q4r6t8v0y1z3a5b".to_owned()),
                secret: (*kind != OnceKind::ClientId).then(|| "tcs_sample_sample_sample_sample_sample_sample".to_owned()),
                href: "/operator/clients/cli_01".to_owned(),
            };
            (name, sample)
        };
        OnceKind::ALL.iter().zip(names).map(page).collect()
    }
}
