//! The list of a tenant's people.
use serde::Serialize;

use super::super::super::Page;
use super::super::{Choice, Moment, Pager, PersonStatus};

/// `GET /admin/{tenant}/people`
#[derive(Clone, Debug, Serialize)]
pub struct PeopleList {
    pub people: Vec<PersonLine>,
    pub pager: Pager,
    /// What was searched and chosen; empty texts where nothing was.
    pub query: String,
    pub status: String,
    pub kind: String,
    pub guest: String,
    pub factor: String,
    pub group: String,
    pub location: String,
    pub groups: Vec<Choice>,
    pub locations: Vec<Choice>,
    /// Is anything filtered?
    pub narrowed: bool,
    /// May the reader make people?
    pub creates: bool,
    /// Where the same people are to be had as a table.
    pub export: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct PersonLine {
    pub id: String,
    pub name: String,
    /// E-mail address or user name.
    pub handle: String,
    pub status: PersonStatus,
    /// The invitation was not accepted yet (people.md K34).
    pub pending: bool,
    pub guest: bool,
    /// Reached through the administrator alone (people.md S19).
    pub unverified: bool,
    pub admin: bool,
    /// `none`, `email`, `totp`, or `upstream` for people without a password here.
    pub factor: &'static str,
    pub seen: Option<Moment>,
    /// An invitation can be sent (people.md K33).
    pub invites: bool,
}

impl Page for PeopleList {
    const TEMPLATE: &'static str = "admin/people/list.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let line = |(n, status): (usize, PersonStatus)| {
            let names = ["Anna Berg", "Jörg Müller-Lüdenscheidt", "Ω", "Maximiliane von und zu Hohenfels-Rabenstein", "Bo", "Chiara"];
            let pending = n < 2;
            PersonLine {
                id: format!("per_{n}"),
                name: names[n].to_owned(),
                handle: if n == 4 { "4k7mq-9t2xh".to_owned() } else { format!("person.number{n}@northwind.example") },
                status,
                pending,
                guest: n == 3,
                unverified: n == 4,
                admin: n == 2,
                factor: ["email", "none", "totp", "upstream", "none", "email"][n],
                seen: (!pending).then(Moment::sample),
                invites: pending,
            }
        };
        let choice = |text: &str| Choice { value: text.to_lowercase(), text: text.to_owned() };
        let list = Self {
            people: PersonStatus::ALL.into_iter().enumerate().map(line).collect(),
            pager: Pager { first: None, next: Some("/?after=1".to_owned()) },
            query: String::new(),
            status: String::new(),
            kind: String::new(),
            guest: String::new(),
            factor: String::new(),
            group: String::new(),
            location: String::new(),
            groups: vec![choice("Accounting"), choice("Payments")],
            locations: vec![choice("Berlin"), choice("Munich")],
            narrowed: false,
            creates: true,
            export: "/admin/northwind/people/export".to_owned(),
        };
        let nobody = Self {
            people: Vec::new(),
            pager: Pager::default(),
            query: "nobody".to_owned(),
            status: "locked".to_owned(),
            narrowed: true,
            ..list.clone()
        };
        let empty = Self { query: String::new(), status: String::new(), narrowed: false, creates: false, ..nobody.clone() };
        vec![("everybody", list), ("nobody", nobody), ("empty", empty)]
    }
}
