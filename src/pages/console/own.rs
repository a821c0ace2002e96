//! The pages of the own account that show sessions, tenants and applications; and the matrix of permissions.
use serde::Serialize;

use super::super::Page;
use super::{Moment, OwnTenant};

/// `GET /account/tenants`; `POST /account/tenants/{id}` lets applications open it (people.md K43, K44, S49).
#[derive(Clone, Debug, Serialize)]
pub struct OwnTenants {
    pub tenants: Vec<OwnTenant>,
}

/// `GET /account/sessions`; `POST /account/sessions/{id}` ends one, `POST /account/sessions` all others.
#[derive(Clone, Debug, Serialize)]
pub struct Sessions {
    pub sessions: Vec<OwnSession>,
}

#[derive(Clone, Debug, Serialize)]
pub struct OwnSession {
    pub id: String,
    pub current: bool,
    pub begun: Moment,
    pub seen: Moment,
    pub how: SignedInBy,
    pub device: SeenDevice,
    /// From which address it was signed in; sessions of before do not know.
    pub network: Option<String>,
}

/// Which browser on what; names that no language translates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SeenDevice {
    pub browser: Option<&'static str>,
    pub system: Option<&'static str>,
}

/// How somebody signed in. Text: `sessions.how.<variant>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignedInBy {
    Password,
    Email,
    App,
    Passkey,
    Microsoft,
}

/// `GET /account/applications`; `POST /account/applications/{tenant}/{client}` revokes.
#[derive(Clone, Debug, Serialize)]
pub struct Applications {
    pub applications: Vec<ApplicationLine>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ApplicationLine {
    pub client: String,
    pub name: String,
    pub tenant: String,
    pub tenant_name: String,
    pub since: Moment,
}

/// `GET /admin/{tenant}/permissions`: what each group permits, and the administrators' flag, to be read only (people.md S10).
#[derive(Clone, Debug, Serialize)]
pub struct PermissionMatrix {
    pub groups: Vec<String>,
    pub rows: Vec<PermissionRow>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PermissionRow {
    pub name: String,
    /// Works only in sessions with a strong second factor.
    pub strong: bool,
    /// Do administrators hold it by their flag alone (people.md S3)?
    pub administrators: bool,
    /// Beside each group: does it permit this?
    pub cells: Vec<bool>,
}

impl Page for OwnTenants {
    const TEMPLATE: &'static str = "account/tenants.html";

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("two", Self { tenants: OwnTenant::samples() }), ("none", Self { tenants: Vec::new() })]
    }
}

impl Page for Sessions {
    const TEMPLATE: &'static str = "account/sessions.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let all = [SignedInBy::App, SignedInBy::Email, SignedInBy::Password, SignedInBy::Passkey, SignedInBy::Microsoft];
        let device = |browser, system| SeenDevice { browser, system };
        let devices = [
            device(Some("Firefox"), Some("Windows")),
            device(Some("Samsung Internet"), Some("Android")),
            device(None, Some("macOS")),
            device(Some("Opera"), None),
            device(None, None),
        ];
        let networks = [Some("203.0.113.240"), Some("2001:db8:1234:5678::/64"), Some("198.51.100.7"), Some("192.0.2.1"), None];
        let session = |(n, how): (usize, SignedInBy)| OwnSession {
            device: devices[n],
            network: networks[n].map(str::to_owned),
            id: format!("ses_{n}"),
            current: n == 0,
            begun: Moment::sample(),
            seen: Moment::sample(),
            how,
        };
        let sessions: Vec<OwnSession> = all.into_iter().enumerate().map(session).collect();
        vec![("some", Self { sessions: sessions.clone() }), ("one", Self { sessions: sessions.into_iter().take(1).collect() })]
    }
}

impl Page for Applications {
    const TEMPLATE: &'static str = "account/applications.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let line = |n: u32, name: &str| ApplicationLine {
            client: format!("cli_{n}"),
            name: name.to_owned(),
            tenant: "ten_1".to_owned(),
            tenant_name: "Northwind Foods GmbH".to_owned(),
            since: Moment::sample(),
        };
        let some = Self { applications: vec![line(1, "Payment Desk"), line(2, "Warehouse Planner")] };
        vec![("some", some), ("none", Self { applications: Vec::new() })]
    }
}

impl Page for PermissionMatrix {
    const TEMPLATE: &'static str = "admin/permissions.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |name: &str, strong: bool, cells: &[bool]| PermissionRow {
            name: name.to_owned(),
            strong,
            administrators: name.starts_with("tenantry:"),
            cells: cells.to_vec(),
        };
        let some = Self {
            groups: ["Accounting", "Clerks", "Full access", "Management"].map(str::to_owned).to_vec(),
            rows: vec![
                row("pan:decrypt", true, &[false, false, true, false]),
                row("payments:read", false, &[true, true, true, true]),
                row("payments:write", false, &[true, false, true, false]),
                row("tenantry:people", false, &[false, true, true, true]),
            ],
        };
        let no_group = Self { groups: Vec::new(), rows: vec![row("tenantry:audit", false, &[]), row("tenantry:people", false, &[])] };
        vec![("some", some), ("no-group", no_group)]
    }
}
