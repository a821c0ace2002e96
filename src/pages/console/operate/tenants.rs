//! Tenants: the list, one of them, the form, and how a tenant shows itself.
use serde::Serialize;

use super::super::super::Page;
use super::super::{Moment, Pager};
use super::{AdministratorRow, words};

/// `GET /operator/tenants`.
#[derive(Clone, Debug, Serialize)]
pub struct Tenants {
    pub query: String,
    pub rows: Vec<TenantRow>,
    pub pager: Pager,
}

#[derive(Clone, Debug, Serialize)]
pub struct TenantRow {
    pub id: String,
    pub name: String,
    pub alias: Option<String>,
    pub number: String,
    pub slug: String,
    pub disabled: bool,
}

impl TenantRow {
    fn sample(n: usize, name: &str, alias: Option<&str>) -> Self {
        Self {
            id: format!("ten_{n}"),
            name: name.to_owned(),
            alias: alias.map(str::to_owned),
            number: format!("100{n}"),
            slug: format!("tenant-{n}"),
            disabled: n == 2,
        }
    }
}

impl Page for Tenants {
    const TEMPLATE: &'static str = "operator/tenants.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let rows = vec![
            TenantRow::sample(1, "Northwind Foods GmbH", Some("Northwind")),
            TenantRow::sample(2, "Kestrel Versicherungsgesellschaft auf Gegenseitigkeit", None),
            TenantRow::sample(3, "Alpenglow AG", None),
        ];
        let pager = Pager { first: None, next: Some("/operator/tenants?after=ten_3".to_owned()) };
        let page = Self { query: String::new(), rows, pager };
        let searched = Self { query: "zzz".to_owned(), rows: Vec::new(), pager: Pager::default() };
        let none = Self { query: String::new(), ..searched.clone() };
        vec![("list", page), ("nothing", searched), ("none", none)]
    }
}

words! {
    /// What is wrong with the form of a tenant. Texts: `tenants.fault.<kind>`.
    TenantFault { Name, Number, NumberTaken, Slug, SlugTaken, Alias, Color, Meanwhile }
}

/// `GET /operator/tenants/new` and `…/{id}/edit`.
#[derive(Clone, Debug, Serialize)]
pub struct TenantForm {
    /// None: a new one.
    pub id: Option<String>,
    /// The mark of what the form was filled from.
    pub seen: String,
    pub name: String,
    pub number: String,
    pub slug: String,
    pub alias: String,
    /// `#rrggbb`, or empty.
    pub color: String,
    pub preset: String,
    pub fault: Option<TenantFault>,
}

impl Page for TenantForm {
    const TEMPLATE: &'static str = "operator/tenant_form.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let new = Self {
            id: None,
            seen: String::new(),
            name: String::new(),
            number: String::new(),
            slug: String::new(),
            alias: String::new(),
            color: String::new(),
            preset: "default".to_owned(),
            fault: None,
        };
        let edit = Self {
            id: Some("ten_1".to_owned()),
            name: "Northwind Foods GmbH".to_owned(),
            number: "100482".to_owned(),
            slug: "northwind".to_owned(),
            alias: "Northwind".to_owned(),
            color: "#1a5fb4".to_owned(),
            ..new.clone()
        };
        let names = [
            "fault-name",
            "fault-number",
            "fault-number-taken",
            "fault-slug",
            "fault-slug-taken",
            "fault-alias",
            "fault-color",
            "fault-meanwhile",
        ];
        let wrong = |(fault, name): (&TenantFault, &'static str)| (name, Self { fault: Some(*fault), ..edit.clone() });
        let faults = TenantFault::ALL.iter().zip(names).map(wrong);
        vec![("new", new), ("edit", edit.clone())].into_iter().chain(faults).collect()
    }
}

/// `GET /operator/tenants/{id}`.
#[derive(Clone, Debug, Serialize)]
pub struct TenantSheet {
    pub id: String,
    pub name: String,
    pub alias: Option<String>,
    pub number: String,
    pub slug: String,
    pub color: Option<String>,
    pub disabled: bool,
    pub created: Moment,
    pub active: i64,
    pub invited: i64,
    pub guests: i64,
    pub mfa_required: bool,
    /// Until when the tenant lets operators in.
    pub support: Option<Moment>,
    /// People of this tenant can be limited to locations.
    pub locations: bool,
    pub administrators: Vec<AdministratorRow>,
    /// None of them can sign in.
    pub nobody: bool,
}

impl Page for TenantSheet {
    const TEMPLATE: &'static str = "operator/tenant.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            id: "ten_1".to_owned(),
            name: "Northwind Foods GmbH".to_owned(),
            alias: Some("Northwind".to_owned()),
            number: "100482".to_owned(),
            slug: "northwind".to_owned(),
            color: Some("#1a5fb4".to_owned()),
            disabled: false,
            created: Moment::sample(),
            active: 231,
            invited: 7,
            guests: 18,
            mfa_required: true,
            support: Some(Moment::sample()),
            locations: true,
            administrators: AdministratorRow::samples(),
            nobody: false,
        };
        let disabled = Self { disabled: true, support: None, alias: None, color: None, mfa_required: false, ..page.clone() };
        let waiting = Self { administrators: page.administrators[1..].to_vec(), nobody: true, ..page.clone() };
        let fresh = Self { administrators: Vec::new(), nobody: true, ..page.clone() };
        vec![("active", page), ("disabled", disabled), ("waiting", waiting), ("fresh", fresh)]
    }
}

words! {
    /// What is wrong with how a tenant wants to be shown. Texts: `tenants.fault.<kind>`.
    BrandingFault { Alias, Color, SenderName, Contact, Greeting, Meanwhile }
}

words! {
    /// Why a file became no logo. Texts: `look.logo_fault.<kind>`.
    LogoFault { None, Kind, Broken, TooLarge, Busy }
}

/// `GET /admin/{tenant}/branding`.
#[derive(Clone, Debug, Serialize)]
pub struct Branding {
    pub name: String,
    pub number: String,
    pub alias: String,
    pub color: String,
    /// Who letters are from.
    pub sender_name: String,
    /// Whom people can ask.
    pub contact: String,
    /// Above its sign-in and invitation pages.
    pub greeting: String,
    /// The mark of what the form was filled from.
    pub seen: String,
    /// People of this tenant belong to others, too, and choose it from a list (people.md S51).
    pub shared: bool,
    /// Where the logo is shown.
    pub logo: Option<String>,
    pub logo_fault: Option<LogoFault>,
    pub fault: Option<BrandingFault>,
}

impl Page for Branding {
    const TEMPLATE: &'static str = "admin/branding.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            name: "Northwind Foods GmbH".to_owned(),
            number: "100482".to_owned(),
            alias: "Northwind".to_owned(),
            color: "#1a5fb4".to_owned(),
            sender_name: "Northwind Foods".to_owned(),
            contact: "Questions? Call the service desk: +49 30 1234567".to_owned(),
            greeting: "Welcome to the order desk. On 24 December we close at noon.".to_owned(),
            seen: String::new(),
            shared: true,
            logo: Some("/brand/ten_1/logo".to_owned()),
            logo_fault: None,
            fault: None,
        };
        let none = String::new;
        let plain = Self {
            alias: none(),
            color: none(),
            sender_name: none(),
            contact: none(),
            greeting: none(),
            logo: None,
            shared: false,
            ..page.clone()
        };
        let alias = Self { fault: Some(BrandingFault::Alias), ..page.clone() };
        let color = Self { fault: Some(BrandingFault::Color), color: "red".to_owned(), ..page.clone() };
        let wrong = |fault| Self { fault: Some(fault), ..page.clone() };
        let (sender, contact) = (wrong(BrandingFault::SenderName), wrong(BrandingFault::Contact));
        let greeting = ("wrong-greeting", wrong(BrandingFault::Greeting));
        let meanwhile = ("meanwhile", wrong(BrandingFault::Meanwhile));
        let faults =
            [("wrong-alias", alias), ("wrong-color", color), ("wrong-sender", sender), ("wrong-contact", contact), greeting, meanwhile];
        let names = ["logo-none", "logo-kind", "logo-broken", "logo-large", "logo-busy"];
        let logo = |(fault, name): (&LogoFault, &'static str)| (name, Self { logo_fault: Some(*fault), ..plain.clone() });
        let logos: Vec<_> = LogoFault::ALL.iter().zip(names).map(logo).collect();
        [("shared", page.clone()), ("plain", plain)].into_iter().chain(faults).chain(logos).collect()
    }
}
