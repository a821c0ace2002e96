//! Groups and locations of a tenant.
use serde::Serialize;

use super::super::Page;
use super::Choice;

/// `GET /admin/{tenant}/groups`
#[derive(Clone, Debug, Serialize)]
pub struct GroupList {
    pub groups: Vec<GroupLine>,
    /// Where the matrix of groups and permissions is, once that page is there.
    pub matrix: Option<String>,
    pub lists_people: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct GroupLine {
    pub id: String,
    pub name: String,
    pub members: i64,
    pub permissions: usize,
    /// All that it permits is the reader's own, too: only then it can be changed.
    pub editable: bool,
}

/// `GET /admin/{tenant}/groups/{id}`, and `/groups/new` without an id.
#[derive(Clone, Debug, Serialize)]
pub struct GroupPage {
    pub id: Option<String>,
    /// The mark of what the form was filled from.
    pub seen: String,
    pub name: String,
    /// As it is stored.
    pub title: String,
    pub members: i64,
    pub permissions: Vec<String>,
    /// Permissions that could be added.
    pub others: Vec<Choice>,
    pub self_join: bool,
    pub self_leave: bool,
    pub editable: bool,
    /// `people.fault.<kind>`
    pub fault: Option<&'static str>,
    /// `people.refused.<kind>`
    pub refused: Option<&'static str>,
}

/// `GET /admin/{tenant}/groups/{id}/delete` and `/locations/{id}/delete`
#[derive(Clone, Debug, Serialize)]
pub struct Discard {
    /// `group` or `location`
    pub what: &'static str,
    /// Path of the list that it stands in.
    pub list: String,
    pub id: String,
    pub name: String,
}

/// `GET /admin/{tenant}/locations`
#[derive(Clone, Debug, Serialize)]
pub struct LocationList {
    /// Path of this list: a tenant's administrators have one, operators another.
    pub list: String,
    pub query: String,
    pub locations: Vec<LocationLine>,
    pub more: bool,
    /// False where they are the other one's business: the administrators' or the operators' (people.md S43).
    pub editable: bool,
    /// Does an operator look?
    pub operator: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct LocationLine {
    pub id: String,
    pub name: String,
    pub website: String,
}

/// `GET /admin/{tenant}/locations/{id}`, and `/locations/new` without an id.
#[derive(Clone, Debug, Serialize)]
pub struct LocationPage {
    /// Path of the list.
    pub list: String,
    pub id: Option<String>,
    pub name: String,
    pub website: String,
    /// Which field is wrong.
    pub fault: Option<&'static str>,
}

impl Page for GroupList {
    const TEMPLATE: &'static str = "admin/groups.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let line = |(n, name): (usize, &str)| GroupLine {
            id: format!("grp_{n}"),
            name: name.to_owned(),
            members: 12 * i64::try_from(n).unwrap_or(0),
            permissions: n + 1,
            editable: n != 2,
        };
        let groups = ["Admin", "Accounting and everything that belongs to it", "Payments"].into_iter().enumerate().map(line).collect();
        let list = Self { groups, matrix: Some("/".to_owned()), lists_people: true };
        vec![("some", list), ("none", Self { groups: Vec::new(), matrix: None, lists_people: false })]
    }
}

impl Page for GroupPage {
    const TEMPLATE: &'static str = "admin/group.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let choice = |text: &str| Choice { value: text.to_owned(), text: text.to_owned() };
        let page = Self {
            id: Some("grp_1".to_owned()),
            seen: String::new(),
            name: "Payments".to_owned(),
            title: "Payments".to_owned(),
            members: 12,
            permissions: vec!["payments:read".to_owned(), "tenantry:people".to_owned()],
            others: vec![choice("payments:write"), choice("tenantry:groups")],
            self_join: true,
            self_leave: false,
            editable: true,
            fault: None,
            refused: None,
        };
        let blank =
            Self { id: None, name: String::new(), title: String::new(), permissions: Vec::new(), others: Vec::new(), ..page.clone() };
        vec![
            ("some", page.clone()),
            ("blank", blank.clone()),
            ("wrong", Self { fault: Some("name"), ..blank.clone() }),
            ("taken", Self { fault: Some("taken_name"), ..blank }),
            ("fixed", Self { editable: false, members: 1, ..page.clone() }),
            ("nothing", Self { permissions: Vec::new(), ..page.clone() }),
            ("refused", Self { refused: Some("not_held"), ..page.clone() }),
            ("meanwhile", Self { refused: Some("meanwhile"), ..page }),
        ]
    }
}

impl Page for Discard {
    const TEMPLATE: &'static str = "admin/discard.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |what, name: &str| Self { what, list: format!("/{what}s"), id: "x_1".to_owned(), name: name.to_owned() };
        vec![("group", page("group", "Payments")), ("location", page("location", "Berlin"))]
    }
}

impl Page for LocationList {
    const TEMPLATE: &'static str = "admin/locations.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let line = |name: &str, website: &str| LocationLine { id: name.to_lowercase(), name: name.to_owned(), website: website.to_owned() };
        let locations = vec![line("Berlin", "berlin.northwind.example"), line("Munich", "")];
        let list =
            Self { list: "/admin/acme/locations".to_owned(), query: String::new(), locations, more: true, editable: true, operator: false };
        let none = Self { query: "x".to_owned(), locations: Vec::new(), more: false, ..list.clone() };
        vec![
            ("some", list.clone()),
            ("fixed", Self { editable: false, more: false, ..list.clone() }),
            ("operator", Self { operator: true, ..list.clone() }),
            ("operator-fixed", Self { operator: true, editable: false, more: false, ..list }),
            ("none", none.clone()),
            ("empty", Self { query: String::new(), ..none }),
        ]
    }
}

impl Page for LocationPage {
    const TEMPLATE: &'static str = "admin/location.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let list = "/admin/acme/locations".to_owned();
        let page =
            Self { list, id: Some("loc_1".to_owned()), name: "Berlin".to_owned(), website: "berlin.example".to_owned(), fault: None };
        let blank = Self { id: None, name: String::new(), website: String::new(), ..page.clone() };
        vec![
            ("some", page.clone()),
            ("blank", blank.clone()),
            ("wrong-name", Self { fault: Some("name"), ..blank }),
            ("wrong-website", Self { fault: Some("website"), ..page }),
        ]
    }
}
