//! People of all tenants, as operators see them: the list, one of them, and what is confirmed before it is done.
use serde::Serialize;

use super::super::super::Page;
use super::super::{Happening, LogLine, Moment, Pager, PersonDeed, PersonStatus};

/// `GET /operator/people`
#[derive(Clone, Debug, Serialize)]
pub struct Everybody {
    pub rows: Vec<EverybodyRow>,
    pub pager: Pager,
    /// What was searched and chosen; empty texts where nothing was.
    pub query: String,
    pub state: String,
    pub tenant: String,
    pub factor: String,
    pub narrowed: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct EverybodyRow {
    pub id: String,
    pub name: String,
    pub handle: String,
    pub status: PersonStatus,
    pub operator: bool,
    /// Names of the first tenants.
    pub places: Vec<String>,
    /// So many more.
    pub more: usize,
    pub factor: &'static str,
    pub seen: Option<Moment>,
}

/// `GET /operator/people/{id}`
#[derive(Clone, Debug, Serialize)]
pub struct EverybodyPage {
    pub id: String,
    pub name: String,
    pub email: String,
    pub email_verified: bool,
    pub username: String,
    pub status: PersonStatus,
    /// Why: `everybody.reason.<key>`.
    pub reason: &'static str,
    pub reason_at: Option<Moment>,
    pub operator: bool,
    pub oneself: bool,
    pub created: Moment,
    pub seen: Option<Moment>,
    pub has_password: bool,
    pub factor: &'static str,
    pub codes_left: i64,
    pub sessions: usize,
    pub places: Vec<EverybodyPlace>,
    /// Texts: `everybody.deed.<key>`.
    pub deeds: Vec<PersonDeed>,
    pub lines: Vec<LogLine>,
    pub refused: Option<EverybodyRefused>,
}

/// What was refused. Text: `everybody.refused.<key>` with the tenant's name, where one matters.
#[derive(Clone, Debug, Serialize)]
pub struct EverybodyRefused {
    pub key: &'static str,
    pub tenant: String,
}

/// A membership.
#[derive(Clone, Debug, Serialize)]
pub struct EverybodyPlace {
    pub tenant_id: String,
    pub tenant: String,
    pub number: String,
    pub guest: bool,
    pub admin: bool,
    /// `everybody.member.<state>`
    pub state: &'static str,
    pub seen: Option<Moment>,
}

/// Every thing that is confirmed on a page of its own kind; grave ones are marked. Texts: `everybody.confirm.<key>`.
pub const OPERATOR_DEEDS: [(&str, bool); 6] =
    [("disable", true), ("enable", false), ("unlock", false), ("reset", false), ("factor", true), ("keep", false)];

/// Every sentence about something that was refused.
pub const BARRED: [&str; 15] = [
    "oneself",
    "no_operator",
    "of_an_operator",
    "last_admin",
    "not_now",
    "leaving",
    "no_password",
    "no_email",
    "no_factor",
    "rules",
    "no_other",
    "not_active",
    "unresolved",
    "limited",
    "typed",
];

/// `GET /operator/people/{id}/{deed}`
#[derive(Clone, Debug, Serialize)]
pub struct EverybodyConfirm {
    pub id: String,
    pub name: String,
    pub deed: &'static str,
    pub grave: bool,
}

/// `GET /operator/people/{id}/erase`: confirmed by typing what the person signs in with.
#[derive(Clone, Debug, Serialize)]
pub struct EverybodyErase {
    pub id: String,
    pub name: String,
    pub handle: String,
    /// So long it can be taken back.
    pub days: u32,
    pub typed: String,
    pub refused: Option<EverybodyRefused>,
}

/// `GET /operator/people/{id}/merge`: this account remains.
#[derive(Clone, Debug, Serialize)]
pub struct EverybodyMerge {
    pub id: String,
    pub name: String,
    pub handle: String,
    /// Which account becomes part of it: address, user name or id.
    pub typed: String,
    pub plan: Option<MergeView>,
    pub refused: Option<EverybodyRefused>,
}

/// What would happen.
#[derive(Clone, Debug, Serialize)]
pub struct MergeView {
    pub id: String,
    pub name: String,
    pub handle: String,
    pub moves: Vec<MergePlace>,
    pub conflicts: Vec<MergeConflict>,
    /// Names of tenants in which nothing changes, and of those whose invitation ends.
    pub same: Vec<String>,
    pub open: Vec<String>,
    pub consents: i64,
    pub sessions: i64,
}

/// A membership with what it gives.
#[derive(Clone, Debug, Serialize)]
pub struct MergePlace {
    pub tenant: String,
    /// `everybody.member.<state>`
    pub state: &'static str,
    pub admin: bool,
    pub api: bool,
    pub loses_api: bool,
    pub groups: Vec<String>,
    /// None: all of them.
    pub locations: Option<usize>,
}

#[derive(Clone, Debug, Serialize)]
pub struct MergeConflict {
    pub tenant_id: String,
    pub mine: MergePlace,
    pub theirs: MergePlace,
    /// `mine`, `theirs` or nothing.
    pub chosen: String,
}

fn deed(key: &'static str) -> PersonDeed {
    PersonDeed { key, grave: matches!(key, "disable" | "factor" | "erase") }
}

fn line(what: Option<Happening>, good: bool) -> LogLine {
    LogLine {
        at: Moment::sample(),
        what,
        action: "person.merge".to_owned(),
        outcome: "done".to_owned(),
        good,
        actor: Some("Olga Petrova".to_owned()),
        subject: None,
        application: None,
        network: "192.0.2.7".to_owned(),
        operator: false,
    }
}

impl Page for Everybody {
    const TEMPLATE: &'static str = "operator/people.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |(n, status): (usize, PersonStatus)| EverybodyRow {
            id: format!("per_{n}"),
            name: ["Anna Berg", "Maximiliane von und zu Hohenfels-Rabenstein", "Jörg Müller", "Bo"][n % 4].to_owned(),
            handle: format!("person.number{n}@northwind.example"),
            status,
            operator: n == 2,
            places: ["Northwind Foods GmbH", "Kestrel"].iter().take(n % 3).map(|name| (*name).to_owned()).collect(),
            more: n,
            factor: ["email", "none", "totp"][n % 3],
            seen: (n > 0).then(Moment::sample),
        };
        let list = Self {
            rows: PersonStatus::ALL.into_iter().enumerate().map(row).collect(),
            pager: Pager { first: Some("/operator/people".to_owned()), next: Some("/operator/people?after=per_5".to_owned()) },
            query: String::new(),
            state: String::new(),
            tenant: String::new(),
            factor: String::new(),
            narrowed: false,
        };
        let nobody = Self { rows: Vec::new(), pager: Pager::default(), query: "zzz".to_owned(), narrowed: true, ..list.clone() };
        let empty = Self { query: String::new(), narrowed: false, ..nobody.clone() };
        vec![("everybody", list), ("nobody", nobody), ("empty", empty)]
    }
}

impl EverybodyPage {
    fn sample() -> Self {
        let place = |(n, state): (usize, &'static str)| EverybodyPlace {
            tenant_id: format!("ten_{n}"),
            tenant: ["Northwind Foods GmbH", "Kestrel", "Alpenglow AG"][n % 3].to_owned(),
            number: format!("100{n}"),
            guest: n > 0,
            admin: n == 0,
            state,
            seen: (n == 0).then(Moment::sample),
        };
        Self {
            id: "per_1".to_owned(),
            name: "Anna Berg".to_owned(),
            email: "anna.berg@northwind.example".to_owned(),
            email_verified: true,
            username: String::new(),
            status: PersonStatus::Active,
            reason: "active",
            reason_at: None,
            operator: false,
            oneself: false,
            created: Moment::sample(),
            seen: Some(Moment::sample()),
            has_password: true,
            factor: "totp",
            codes_left: 8,
            sessions: 2,
            places: ["active", "invited", "disabled"].into_iter().enumerate().map(place).collect(),
            deeds: ["reset", "factor", "merge", "disable", "erase"].map(deed).to_vec(),
            lines: vec![line(None, true), line(Some(Happening::SignInRefused), false)],
            refused: None,
        }
    }
}

impl Page for EverybodyPage {
    const TEMPLATE: &'static str = "operator/person.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self::sample();
        let state = |status, reason, deeds: &[&'static str]| Self {
            status,
            reason,
            reason_at: Some(Moment::sample()),
            deeds: deeds.iter().copied().map(deed).collect(),
            codes_left: 1,
            ..page.clone()
        };
        let bare = Self {
            email: String::new(),
            username: "4k7mq-9t2xh".to_owned(),
            email_verified: false,
            seen: None,
            has_password: false,
            factor: "none",
            codes_left: 0,
            sessions: 0,
            places: Vec::new(),
            lines: Vec::new(),
            deeds: Vec::new(),
            ..page.clone()
        };
        let refused = |key: &'static str| {
            let told = EverybodyRefused { key, tenant: "Northwind Foods GmbH".to_owned() };
            (key, Self { refused: Some(told), ..page.clone() })
        };
        let mut all = vec![
            ("active", page.clone()),
            ("invited", state(PersonStatus::Invited, "invited", &["merge", "disable", "erase"])),
            ("locked", state(PersonStatus::Locked, "locked", &["unlock", "reset", "disable"])),
            ("deactivated", state(PersonStatus::Deactivated, "deactivated", &["enable", "erase"])),
            ("by-operator", state(PersonStatus::Deactivated, "by_operator", &["enable", "erase"])),
            ("leaving", state(PersonStatus::Deactivated, "leaving", &["keep"])),
            ("oneself", Self { oneself: true, operator: true, deeds: Vec::new(), ..page.clone() }),
            ("bare", bare),
        ];
        all.extend(BARRED.map(refused));
        all
    }
}

impl Page for EverybodyConfirm {
    const TEMPLATE: &'static str = "operator/person_confirm.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |(deed, grave)| (deed, Self { id: "per_1".to_owned(), name: "Anna Berg".to_owned(), deed, grave });
        OPERATOR_DEEDS.map(page).to_vec()
    }
}

impl Page for EverybodyErase {
    const TEMPLATE: &'static str = "operator/person_erase.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            id: "per_1".to_owned(),
            name: "Anna Berg".to_owned(),
            handle: "anna.berg@northwind.example".to_owned(),
            days: 30,
            typed: String::new(),
            refused: None,
        };
        let told = EverybodyRefused { key: "typed", tenant: String::new() };
        let wrong = Self { typed: "anna".to_owned(), refused: Some(told), ..page.clone() };
        vec![("days", page.clone()), ("day", Self { days: 1, ..page.clone() }), ("at-once", Self { days: 0, ..page }), ("wrong", wrong)]
    }
}

impl Page for EverybodyMerge {
    const TEMPLATE: &'static str = "operator/person_merge.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let place = |n: usize| MergePlace {
            tenant: ["Northwind Foods GmbH", "Kestrel"][n % 2].to_owned(),
            state: ["active", "disabled"][n % 2],
            admin: n == 0,
            api: n == 0,
            loses_api: n == 0,
            groups: ["Accounting", "Payments"].iter().take(2 - n % 2 * 2).map(|name| (*name).to_owned()).collect(),
            locations: (n > 0).then_some(n + 1),
        };
        let blank = Self {
            id: "per_1".to_owned(),
            name: "Anna Berg".to_owned(),
            handle: "anna.berg@northwind.example".to_owned(),
            typed: String::new(),
            plan: None,
            refused: None,
        };
        let conflict = |chosen: &str| MergeConflict {
            tenant_id: "ten_3".to_owned(),
            mine: place(0),
            theirs: MergePlace { locations: Some(1), ..place(1) },
            chosen: chosen.to_owned(),
        };
        let view = MergeView {
            id: "per_2".to_owned(),
            name: "Anna Berg".to_owned(),
            handle: "a.berg@kestrel.example".to_owned(),
            moves: vec![place(0), place(1)],
            conflicts: vec![conflict("theirs"), MergeConflict { tenant_id: "ten_4".to_owned(), ..conflict("") }],
            same: vec!["Alpenglow AG".to_owned()],
            open: vec!["Globex".to_owned()],
            consents: 3,
            sessions: 1,
        };
        let little = MergeView {
            moves: Vec::new(),
            conflicts: Vec::new(),
            same: Vec::new(),
            open: Vec::new(),
            consents: 1,
            sessions: 2,
            ..view.clone()
        };
        let told = EverybodyRefused { key: "no_other", tenant: String::new() };
        vec![
            ("blank", blank.clone()),
            ("unknown", Self { typed: "nobody@".to_owned(), refused: Some(told), ..blank.clone() }),
            ("plan", Self { typed: "a.berg@kestrel.example".to_owned(), plan: Some(view), ..blank.clone() }),
            ("little", Self { typed: "per_2".to_owned(), plan: Some(little), ..blank }),
        ]
    }
}
