//! The form of an application, made so that the usual mistakes cannot be made: what a kind of application has no use
//! for is not asked, and each line is judged by itself.
use serde::Serialize;

use super::super::super::Page;
use super::{ClientKind, words};

words! {
    /// What is wrong. Texts: `clients.fault.<kind>`, with `{value}`.
    ClientFaultKind {
        Name, Redirects, RedirectsMissing, Logout, Origins, Backchannel, Consent, Keys, Tenants, Audiences, Scopes, Lifetimes, Other, Meanwhile,
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct ClientFault {
    pub kind: ClientFaultKind,
    /// The line or word that is to blame, or in technical words what is.
    pub value: String,
}

/// `GET /operator/clients/new` and `…/{id}/edit`. Lists are texts with a line for each.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ClientForm {
    /// None: a new one.
    pub id: Option<String>,
    /// The mark of what the form was filled from.
    pub seen: String,
    pub name: String,
    /// `web`, `spa`, `machine`, `device`; fixed for a registered one.
    pub kind: String,
    /// `standard`, `oidc`, `fapi2`, `fapi2-message-signing`; for a new one.
    pub profile: String,
    pub keys: String,
    pub redirect_uris: String,
    pub post_logout_redirect_uris: String,
    pub allowed_origins: String,
    pub backchannel_logout_uri: String,
    pub scopes: String,
    pub audiences: String,
    pub implicit_consent: bool,
    pub required_acr: String,
    pub listed: bool,
    pub tenants: String,
    pub access_token_minutes: String,
    pub refresh_token_idle_days: String,
    pub refresh_token_absolute_days: String,
    pub fault: Option<ClientFault>,
}

impl Page for ClientForm {
    const TEMPLATE: &'static str = "operator/client_form.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let new = Self { kind: "web".to_owned(), profile: "standard".to_owned(), ..Self::default() };
        let edit = Self {
            id: Some("cli_01".to_owned()),
            name: "Payment Desk".to_owned(),
            redirect_uris: "https://desk.example.com/callback\nhttps://desk.example.com/other".to_owned(),
            scopes: "openid profile".to_owned(),
            required_acr: "mfa".to_owned(),
            listed: true,
            tenants: "northwind\nalpenglow".to_owned(),
            access_token_minutes: "5".to_owned(),
            refresh_token_idle_days: "14".to_owned(),
            refresh_token_absolute_days: "90".to_owned(),
            ..new.clone()
        };
        let machine = Self { kind: "machine".to_owned(), ..edit.clone() };
        let device = Self { kind: "device".to_owned(), ..edit.clone() };
        let spa = Self { kind: "spa".to_owned(), ..edit.clone() };
        let names = [
            "fault-name",
            "fault-redirects",
            "fault-redirects-missing",
            "fault-logout",
            "fault-origins",
            "fault-backchannel",
            "fault-consent",
            "fault-keys",
            "fault-tenants",
            "fault-audiences",
            "fault-scopes",
            "fault-lifetimes",
            "fault-other",
            "fault-meanwhile",
        ];
        let wrong = |(kind, name): (&ClientFaultKind, &'static str)| {
            let fault = Some(ClientFault { kind: *kind, value: "http://desk.example.com/*".to_owned() });
            let base = if *kind == ClientFaultKind::Keys { &new } else { &edit };
            (name, Self { fault, ..base.clone() })
        };
        let faults = ClientFaultKind::ALL.iter().zip(names).map(wrong);
        let states = [("new", new.clone()), ("edit", edit.clone()), ("machine", machine), ("device", device), ("spa", spa)];
        states.into_iter().chain(faults).collect()
    }
}

impl ClientKind {
    /// As it stands in the form.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Spa => "spa",
            Self::Machine => "machine",
            Self::Device => "device",
        }
    }

    pub fn of(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.key() == key)
    }
}
