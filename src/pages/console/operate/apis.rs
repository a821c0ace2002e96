//! APIs: the resource servers that access tokens are for.
use serde::Serialize;

use super::super::super::Page;
use super::words;

/// `GET /operator/apis`.
#[derive(Clone, Debug, Serialize)]
pub struct Apis {
    pub rows: Vec<ApiRow>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ApiRow {
    pub id: String,
    pub name: String,
    pub identifier: String,
    pub scopes: Vec<String>,
    pub requires_api_access: bool,
}

impl Page for Apis {
    const TEMPLATE: &'static str = "operator/apis.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |n: usize| ApiRow {
            id: format!("api_{n}"),
            name: "Payments".to_owned(),
            identifier: "https://pay.example.com".to_owned(),
            scopes: if n == 0 { Vec::new() } else { vec!["pay:read".to_owned(), "pay:write".to_owned()] },
            requires_api_access: n == 1,
        };
        vec![("list", Self { rows: vec![row(0), row(1)] }), ("none", Self { rows: Vec::new() })]
    }
}

words! {
    /// Texts: `apis.fault.<kind>`.
    ApiFault { Identifier, Taken, Name, Scopes, Minutes, Meanwhile }
}

/// `GET /operator/apis/new` and `…/{id}`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ApiForm {
    /// None: a new one.
    pub id: Option<String>,
    /// The mark of what the form was filled from.
    pub seen: String,
    pub identifier: String,
    pub name: String,
    /// One per line.
    pub scopes: String,
    pub requires_api_access: bool,
    pub format: String,
    pub minutes: String,
    /// Types of authorization details (RFC 9396), which are arranged from the command line.
    pub details: Vec<String>,
    pub fault: Option<ApiFault>,
}

impl Page for ApiForm {
    const TEMPLATE: &'static str = "operator/api_form.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let new = Self::default();
        let edit = Self {
            id: Some("api_1".to_owned()),
            identifier: "https://pay.example.com".to_owned(),
            name: "Payments".to_owned(),
            scopes: "pay:read\npay:write".to_owned(),
            requires_api_access: true,
            format: "opaque".to_owned(),
            minutes: "10".to_owned(),
            details: vec!["payment".to_owned()],
            ..new.clone()
        };
        let names = ["fault-identifier", "fault-taken", "fault-name", "fault-scopes", "fault-minutes", "fault-meanwhile"];
        let wrong =
            |(fault, name): (&ApiFault, &'static str)| (name, Self { id: None, seen: String::new(), fault: Some(*fault), ..edit.clone() });
        let faults = ApiFault::ALL.iter().zip(names).map(wrong);
        vec![("new", new), ("edit", edit.clone())].into_iter().chain(faults).collect()
    }
}
