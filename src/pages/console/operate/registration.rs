//! Initial access tokens: who may register applications (RFC 7591 3).
use serde::Serialize;

use super::super::super::Page;
use super::super::Moment;
use super::words;

words! {
    /// Texts: `registration.fault.<kind>`.
    RegistrationFault { Uses, Days, Tenant }
}

/// `GET /operator/registration`.
#[derive(Clone, Debug, Serialize)]
pub struct Registration {
    pub rows: Vec<TokenRow>,
    /// The new one.
    pub uses: String,
    pub days: String,
    pub tenant: String,
    pub fault: Option<RegistrationFault>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TokenRow {
    pub id: String,
    /// The only tenant that what is registered with it serves; none: all.
    pub tenant: Option<String>,
    pub uses_left: i64,
    pub expires: Moment,
    pub over: bool,
}

impl Page for Registration {
    const TEMPLATE: &'static str = "operator/registration.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |n: i64| TokenRow {
            id: format!("iat_{n}"),
            tenant: (n == 1).then(|| "Northwind Foods GmbH".to_owned()),
            uses_left: n,
            expires: Moment::sample(),
            over: n == 0,
        };
        let page = Self { rows: (0..3).map(row).collect(), uses: "1".to_owned(), days: "7".to_owned(), tenant: String::new(), fault: None };
        let none = Self { rows: Vec::new(), ..page.clone() };
        let names = ["fault-uses", "fault-days", "fault-tenant"];
        let wrong = |(fault, name): (&RegistrationFault, &'static str)| (name, Self { fault: Some(*fault), ..page.clone() });
        let faults = RegistrationFault::ALL.iter().zip(names).map(wrong);
        vec![("list", page.clone()), ("none", none)].into_iter().chain(faults).collect()
    }
}
