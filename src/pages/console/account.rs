//! The pages of a person's own account that stand in the console's frame.
use serde::Serialize;

use super::super::{FactorKind, Page};

/// `GET /account`
#[derive(Clone, Debug, Serialize)]
pub struct AccountHome {
    pub name: String,
    /// People without an address have a user name.
    pub email: Option<String>,
    pub factor: FactorKind,
    pub tenants: Vec<OwnTenant>,
}

/// A tenant that the person belongs to.
#[derive(Clone, Debug, Serialize)]
pub struct OwnTenant {
    pub id: String,
    pub name: String,
    pub number: String,
    /// Path on this host.
    pub logo: Option<String>,
    pub guest: bool,
    /// Where its administration is, for those who may.
    pub admin: Option<String>,
    /// New sign-ins of applications in this browser go there without asking.
    pub chosen: bool,
}

impl OwnTenant {
    pub(super) fn samples() -> Vec<Self> {
        let northwind = Self {
            id: "ten_1".to_owned(),
            name: "Northwind Foods GmbH".to_owned(),
            number: "100 482".to_owned(),
            logo: None,
            guest: false,
            admin: Some("/admin/northwind".to_owned()),
            chosen: true,
        };
        let kestrel = Self {
            id: "ten_2".to_owned(),
            name: "Kestrel Logistics".to_owned(),
            number: "100 517".to_owned(),
            logo: Some("/brand/ten_2/logo".to_owned()),
            guest: true,
            admin: None,
            chosen: false,
        };
        vec![northwind, kestrel]
    }
}

/// `GET /admin`: whose administration? Each choice is a link, so that two tabs may stand in two tenants.
#[derive(Clone, Debug, Serialize)]
pub struct ChooseAdmin {
    pub tenants: Vec<OwnTenant>,
}

impl Page for AccountHome {
    const TEMPLATE: &'static str = "account/home.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |factor| Self {
            name: "Anna Berg".to_owned(),
            email: Some("anna.berg@example.com".to_owned()),
            factor,
            tenants: OwnTenant::samples(),
        };
        let alone = Self { email: None, tenants: Vec::new(), ..page(FactorKind::None) };
        vec![("email", page(FactorKind::Email)), ("app", page(FactorKind::App)), ("passkey", page(FactorKind::Passkey)), ("alone", alone)]
    }
}

impl Page for ChooseAdmin {
    const TEMPLATE: &'static str = "admin/choose.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let with_admin = |tenant: OwnTenant| OwnTenant { admin: Some(format!("/admin/{}", tenant.id)), ..tenant };
        vec![("two", Self { tenants: OwnTenant::samples().into_iter().map(with_admin).collect() })]
    }
}
