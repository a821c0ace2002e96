//! The connection to Microsoft, as a tenant's administrators see it.
use serde::Serialize;

use super::super::Page;

/// `GET /admin/{tenant}/microsoft`
#[derive(Clone, Debug, Serialize)]
pub struct AdminMicrosoft {
    /// Those that serve this tenant alone or by name; of others nothing is told.
    pub directories: Vec<DirectoryRow>,
    /// People can be invited to sign in through a connection that serves several tenants.
    pub shared: bool,
    /// What the tenant asks for after a sign-in with Microsoft: value of `federation.mfa`.
    pub second_factor: String,
    /// May the reader change that rule?
    pub rules: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct DirectoryRow {
    pub name: String,
    /// Id of the directory at Microsoft.
    pub tid: String,
    pub active: bool,
    /// Whoever has an address of these signs in without an invitation.
    pub domains: Vec<String>,
    /// Does Microsoft's second factor count here?
    pub second_factor: bool,
    /// Members who sign in through it.
    pub people: i64,
}

impl Page for AdminMicrosoft {
    const TEMPLATE: &'static str = "admin/microsoft.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = DirectoryRow {
            name: "Acme's Microsoft 365".to_owned(),
            tid: "0f3c9a52-6c1e-4d0f-9a52-6c1e4d0f9a52".to_owned(),
            active: true,
            domains: vec!["acme.example".to_owned(), "a-very-long-name-of-a-subsidiary.acme.example".to_owned()],
            second_factor: true,
            people: 41,
        };
        let off = DirectoryRow {
            name: "Subsidiary until 2025".to_owned(),
            active: false,
            domains: Vec::new(),
            second_factor: false,
            people: 1,
            ..row.clone()
        };
        let none = Self { directories: Vec::new(), shared: false, second_factor: "trust_upstream".to_owned(), rules: true };
        vec![
            ("some", Self { directories: vec![row, off], ..none.clone() }),
            ("shared", Self { shared: true, second_factor: "local".to_owned(), rules: false, ..none.clone() }),
            ("alone", Self { shared: true, second_factor: "none".to_owned(), ..none.clone() }),
            ("none", none),
        ]
    }
}
