//! The pages about where a person belongs: invitations, groups, leaving; and everything that is kept, to take along.
use serde::Serialize;

use super::super::Page;
use super::super::gallery::Specimen;
use super::{Area, Moment, framed};

/// `GET /account/invitations`; each is answered by `POST /account/invitations/{id}/accept`, or asked about at
/// `/account/invitations/{id}/decline` (people.md K40).
#[derive(Clone, Debug, Serialize)]
pub struct OwnInvitations {
    pub invitations: Vec<OwnInvitation>,
    /// One that was answered was over already.
    pub over: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct OwnInvitation {
    pub id: String,
    pub tenant: String,
    pub number: String,
    /// Path on this host.
    pub logo: Option<String>,
    pub until: Moment,
}

/// `GET /account/invitations/{id}/decline`: the same address declines.
#[derive(Clone, Debug, Serialize)]
pub struct DeclineInvitation {
    pub invitation: OwnInvitation,
}

/// `GET /account/groups` (people.md K46): the groups in one tenant. `POST /account/groups/{id}/join` and `…/leave` with
/// `tenant`, for those that may be joined and left by oneself (K47).
#[derive(Clone, Debug, Serialize)]
pub struct OwnGroups {
    /// None for people without a tenant.
    pub tenant: Option<GroupTenant>,
    /// Others could be chosen.
    pub several: bool,
    pub own: Vec<OwnGroup>,
    pub open: Vec<OwnGroup>,
}

#[derive(Clone, Debug, Serialize)]
pub struct GroupTenant {
    pub id: String,
    pub name: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct OwnGroup {
    pub id: String,
    pub name: String,
    /// Names of what it permits.
    pub permissions: Vec<String>,
    /// May be left, or joined, by oneself.
    pub may: bool,
}

/// `GET /account/tenants/{tenant}/leave`: the same address leaves (people.md K45).
#[derive(Clone, Debug, Serialize)]
pub struct LeaveTenant {
    pub id: String,
    pub name: String,
    pub number: String,
    pub hindrance: Option<Hindrance>,
}

/// Why a tenant cannot be left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hindrance {
    /// Everybody has exactly one (people.md K38).
    Home,
    LastAdmin,
}

/// `GET /account/data`, with the link to the file.
#[derive(Clone, Debug, Serialize)]
pub struct OwnData {}

fn invitation(id: &str, tenant: &str, number: &str) -> OwnInvitation {
    OwnInvitation { id: id.to_owned(), tenant: tenant.to_owned(), number: number.to_owned(), logo: None, until: Moment::sample() }
}

impl Page for OwnInvitations {
    const TEMPLATE: &'static str = "account/invitations.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let northwind = invitation("inv_1", "Northwind Foods GmbH", "100 482");
        let kestrel = OwnInvitation { logo: Some("/brand/ten_2/logo".to_owned()), ..invitation("inv_2", "Kestrel Logistics", "100 517") };
        vec![
            ("two", Self { invitations: vec![northwind, kestrel], over: false }),
            ("none", Self { invitations: Vec::new(), over: false }),
            ("over", Self { invitations: Vec::new(), over: true }),
        ]
    }
}

impl Page for DeclineInvitation {
    const TEMPLATE: &'static str = "account/decline.html";

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("plain", Self { invitation: invitation("inv_1", "Northwind Foods GmbH", "100 482") })]
    }
}

impl Page for OwnGroups {
    const TEMPLATE: &'static str = "account/groups.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let group = |id: &str, name: &str, permissions: &[&str], may| OwnGroup {
            id: id.to_owned(),
            name: name.to_owned(),
            permissions: permissions.iter().map(|&name| name.to_owned()).collect(),
            may,
        };
        let tenant = GroupTenant { id: "ten_1".to_owned(), name: "Northwind Foods GmbH".to_owned() };
        let own = vec![
            group("grp_1", "Accounting", &["payments:read", "payments:write", "reports:read"], true),
            group("grp_2", "Everybody", &[], false),
        ];
        let page = Self { tenant: Some(tenant), several: true, own, open: vec![group("grp_3", "Reports", &["reports:read"], true)] };
        let fixed = Self { several: false, open: Vec::new(), own: page.own[1..].to_vec(), ..page.clone() };
        let none = Self { own: Vec::new(), open: Vec::new(), ..page.clone() };
        vec![("open", page), ("fixed", fixed), ("none", none.clone()), ("alone", Self { tenant: None, several: false, ..none })]
    }
}

impl Page for LeaveTenant {
    const TEMPLATE: &'static str = "account/leave.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self { id: "ten_2".to_owned(), name: "Kestrel Logistics".to_owned(), number: "100 517".to_owned(), hindrance: None };
        let not = |hindrance| Self { hindrance: Some(hindrance), ..page.clone() };
        vec![("guest", page.clone()), ("home", not(Hindrance::Home)), ("last-admin", not(Hindrance::LastAdmin))]
    }
}

impl Page for OwnData {
    const TEMPLATE: &'static str = "account/data.html";

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("plain", Self {})]
    }
}

/// These pages in their frame.
pub(super) fn gallery() -> Vec<Specimen> {
    let mut all = framed::<OwnInvitations>(Area::Account);
    all.extend(framed::<DeclineInvitation>(Area::Account));
    all.extend(framed::<OwnGroups>(Area::Account));
    all.extend(framed::<LeaveTenant>(Area::Account));
    all.extend(framed::<OwnData>(Area::Account));
    all
}
