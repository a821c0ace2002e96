//! Erasing a tenant, confirmed by typing its short name.
use serde::Serialize;

use super::super::super::Page;

/// `GET /operator/tenants/{id}/erase`
#[derive(Clone, Debug, Serialize)]
pub struct TenantErase {
    pub id: String,
    pub name: String,
    pub slug: String,
    /// For so long people who belong nowhere else can be brought back.
    pub days: u32,
    pub typed: String,
    /// `differs` or `active`: why nothing was erased.
    pub fault: Option<&'static str>,
}

impl Page for TenantErase {
    const TEMPLATE: &'static str = "operator/tenant_erase.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            id: "ten_1".to_owned(),
            name: "Northwind Foods GmbH".to_owned(),
            slug: "northwind".to_owned(),
            days: 30,
            typed: String::new(),
            fault: None,
        };
        vec![
            ("days", page.clone()),
            ("day", Self { days: 1, ..page.clone() }),
            ("at-once", Self { days: 0, ..page.clone() }),
            ("differs", Self { typed: "north".to_owned(), fault: Some("differs"), ..page.clone() }),
            ("active", Self { typed: "northwind".to_owned(), fault: Some("active"), ..page }),
        ]
    }
}
