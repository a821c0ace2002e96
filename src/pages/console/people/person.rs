//! One person of a tenant, as administrators see it.
use serde::Serialize;

use super::super::super::Page;
use super::super::{Choice, Moment, PersonStatus, PictureError};

/// `GET /admin/{tenant}/people/{id}`
#[derive(Clone, Debug, Serialize)]
pub struct PersonPage {
    pub id: String,
    pub name: String,
    pub first_name: String,
    pub last_name: String,
    /// Only the person changes it (people.md K10).
    pub email: String,
    pub email_verified: bool,
    pub username: String,
    pub status: PersonStatus,
    /// Why: `people.reason.<key>`.
    pub reason: &'static str,
    /// When the reason ends or began.
    pub reason_at: Option<Moment>,
    /// The reader's own row: nothing can be changed here (people.md S4).
    pub oneself: bool,
    pub guest: bool,
    pub admin: bool,
    pub since: Moment,
    pub seen: Option<Moment>,
    pub factor: &'static str,
    pub first_editable: bool,
    pub last_editable: bool,
    /// Where the rules let administrators change the picture.
    pub portrait: Option<PersonPortrait>,
    /// `en`, `de`: of letters and pages.
    pub language: String,
    pub language_editable: bool,
    /// (id, name) of the groups that the person is in, and of those that it could be put into.
    pub groups: Vec<Choice>,
    pub other_groups: Vec<Choice>,
    pub edits_groups: bool,
    pub locations_on: bool,
    pub limited: bool,
    pub locations: Vec<Choice>,
    pub edits_locations: bool,
    pub api: bool,
    /// What can be done now: addresses below the person's, texts `people.deed.<key>`.
    pub deeds: Vec<PersonDeed>,
    pub activity: Vec<PersonEvent>,
    /// What was refused just now: `people.refused.<kind>`.
    pub refused: Option<&'static str>,
    /// Which name is wrong.
    pub wrong_name: Option<&'static str>,
}

/// The picture with its forms: `POST …/picture` with `file`, `POST …/picture/remove` (people.md C5, K14).
#[derive(Clone, Debug, Serialize)]
pub struct PersonPortrait {
    /// Path of the picture.
    pub href: Option<String>,
    pub error: Option<PictureError>,
    /// Of the largest file that is taken.
    pub megabytes: i64,
}

/// One thing that can be done.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PersonDeed {
    pub key: &'static str,
    pub grave: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct PersonEvent {
    pub at: Moment,
    /// `people.event.<key>`
    pub key: &'static str,
    /// The action's own name, where there is no sentence for it.
    pub action: String,
    pub refused: bool,
}

/// `GET /admin/{tenant}/people/{id}/{deed}`: what will happen, before it does. Texts: `people.confirm.<deed>`.
#[derive(Clone, Debug, Serialize)]
pub struct PersonConfirm {
    pub id: String,
    pub name: String,
    pub deed: &'static str,
    pub grave: bool,
}

/// `GET /admin/{tenant}/people/{id}/convert` (people.md S25)
#[derive(Clone, Debug, Serialize)]
pub struct PersonConvert {
    pub id: String,
    pub name: String,
    pub username: String,
    pub email: String,
    /// `people.fault.<kind>`
    pub fault: Option<&'static str>,
}

/// `GET /admin/{tenant}/people/{id}/locations` (people.md S38 to S41)
#[derive(Clone, Debug, Serialize)]
pub struct PersonLocations {
    pub id: String,
    pub name: String,
    pub query: String,
    pub chosen: Vec<Choice>,
    pub found: Vec<Choice>,
    /// More fit than are shown.
    pub more: bool,
    /// Goes along while places are chosen.
    pub onward: String,
    /// Where to go on, right after the person was created.
    pub next: Option<String>,
    pub refused: Option<&'static str>,
}

/// Every thing that can be done with a confirmation; grave ones are marked.
pub const DEEDS: [(&str, bool); 12] = [
    ("unlock", false),
    ("wake", false),
    ("enable", false),
    ("reset", false),
    ("withdraw", false),
    ("api-on", false),
    ("api-off", false),
    ("admin", false),
    ("unadmin", true),
    ("factor", true),
    ("disable", true),
    ("remove", true),
];

fn choice(text: &str) -> Choice {
    Choice { value: text.to_lowercase(), text: text.to_owned() }
}

fn deed(key: &'static str) -> PersonDeed {
    PersonDeed { key, grave: DEEDS.iter().any(|(known, grave)| *known == key && *grave) }
}

impl PersonPage {
    fn sample() -> Self {
        let event = |key, refused| PersonEvent { at: Moment::sample(), key, action: "member.something".to_owned(), refused };
        Self {
            id: "per_1".to_owned(),
            name: "Anna Berg".to_owned(),
            first_name: "Anna".to_owned(),
            last_name: "Berg".to_owned(),
            email: "anna.berg@northwind.example".to_owned(),
            email_verified: true,
            username: String::new(),
            status: PersonStatus::Active,
            reason: "active",
            reason_at: None,
            oneself: false,
            guest: false,
            admin: false,
            since: Moment::sample(),
            seen: Some(Moment::sample()),
            factor: "totp",
            first_editable: true,
            last_editable: true,
            portrait: None,
            language: "de".to_owned(),
            language_editable: true,
            groups: vec![choice("Accounting")],
            other_groups: vec![choice("Payments"), choice("Reports")],
            edits_groups: true,
            locations_on: true,
            limited: true,
            locations: vec![choice("Berlin"), choice("Munich")],
            edits_locations: true,
            api: false,
            deeds: ["reset", "api-on", "admin", "disable", "remove"].map(deed).to_vec(),
            activity: EVENTS.map(|key| event(key, key == "unlocked")).to_vec(),
            refused: None,
            wrong_name: None,
        }
    }
}

impl Page for PersonPage {
    const TEMPLATE: &'static str = "admin/people/person.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self::sample();
        let state = |status, reason, deeds: &[&'static str]| Self {
            status,
            reason,
            reason_at: Some(Moment::sample()),
            deeds: deeds.iter().copied().map(deed).collect(),
            seen: None,
            ..page.clone()
        };
        let fixed = Self { edits_locations: false, first_editable: false, last_editable: false, language_editable: false, ..page.clone() };
        let guest = Self { guest: true, ..fixed.clone() };
        let oneself = Self { oneself: true, admin: true, deeds: Vec::new(), edits_groups: false, ..fixed };
        let unverified =
            Self { email: String::new(), username: "4k7mq-9t2xh".to_owned(), limited: false, locations: Vec::new(), ..page.clone() };
        let portrait = |href: Option<&str>, error| Self {
            portrait: Some(PersonPortrait { href: href.map(str::to_owned), error, megabytes: 10 }),
            ..page.clone()
        };
        let mut all = vec![
            ("no-picture", portrait(None, None)),
            ("picture", portrait(Some("/picture/per_1?v=pic_1"), None)),
            ("wrong-picture", portrait(None, Some(PictureError::Broken))),
            ("unproved", Self { email_verified: false, ..Self::sample() }),
            ("active", page.clone()),
            ("not-invited", state(PersonStatus::NotInvited, "not_invited", &["invite", "remove"])),
            ("invited", state(PersonStatus::Invited, "link_sent", &["invite", "withdraw", "remove"])),
            ("locked", state(PersonStatus::Locked, "locked_failures", &["unlock", "reset", "disable"])),
            ("dormant", state(PersonStatus::Locked, "locked_inactive", &["wake", "reset", "disable"])),
            ("expired", state(PersonStatus::PasswordExpired, "password_expired", &["reset", "factor", "disable"])),
            ("deactivated", Self { api: true, ..state(PersonStatus::Deactivated, "deactivated", &["enable", "api-off"]) }),
            ("by-operator", state(PersonStatus::Deactivated, "by_operator", &[])),
            ("guest", guest),
            ("oneself", oneself),
            ("nowhere", Self { locations: Vec::new(), ..page.clone() }),
            ("unverified", Self { deeds: ["convert", "reset", "unadmin"].map(deed).to_vec(), ..unverified }),
            ("wrong-name", Self { wrong_name: Some("first_name"), ..page.clone() }),
            (
                "bare",
                Self {
                    groups: Vec::new(),
                    other_groups: Vec::new(),
                    locations_on: false,
                    activity: Vec::new(),
                    factor: "none",
                    ..page.clone()
                },
            ),
        ];
        all.extend(REFUSED.map(|kind| (kind, Self { refused: Some(kind), ..page.clone() })));
        all
    }
}

/// Every kind of thing that happens to somebody.
pub const EVENTS: [&str; 27] = [
    "factor_reset",
    "created",
    "invited",
    "link",
    "accepted",
    "declined",
    "withdrawn",
    "disabled",
    "enabled",
    "unlocked",
    "woken",
    "made_admin",
    "unmade_admin",
    "api_on",
    "api_off",
    "locations",
    "added",
    "removed",
    "left",
    "converted",
    "renamed",
    "picture",
    "joined_group",
    "left_group",
    "reset_link",
    "signed_in",
    "other",
];

/// Every sentence about something that was refused.
pub const REFUSED: [&str; 13] = [
    "right",
    "oneself",
    "of_an_admin",
    "not_held",
    "last_admin",
    "other_home",
    "by_operator",
    "rules",
    "not_now",
    "no_email",
    "no_password",
    "limited_admin",
    "limited_several",
];

impl Page for PersonConfirm {
    const TEMPLATE: &'static str = "admin/people/confirm.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |(deed, grave)| (deed, Self { id: "per_1".to_owned(), name: "Anna Berg".to_owned(), deed, grave });
        DEEDS.map(page).to_vec()
    }
}

impl Page for PersonConvert {
    const TEMPLATE: &'static str = "admin/people/convert.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            id: "per_1".to_owned(),
            name: "Anna Berg".to_owned(),
            username: "4k7mq-9t2xh".to_owned(),
            email: String::new(),
            fault: None,
        };
        let wrong = |fault| Self { email: "anna@".to_owned(), fault: Some(fault), ..page.clone() };
        vec![("blank", page.clone()), ("wrong", wrong("email")), ("taken", wrong("taken_email"))]
    }
}

impl Page for PersonLocations {
    const TEMPLATE: &'static str = "admin/people/locations.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            id: "per_1".to_owned(),
            name: "Anna Berg".to_owned(),
            query: "m".to_owned(),
            chosen: vec![choice("Berlin")],
            found: vec![choice("Munich"), choice("Mannheim")],
            more: true,
            onward: "invite".to_owned(),
            next: Some("/".to_owned()),
            refused: None,
        };
        let none = Self { query: "x".to_owned(), chosen: Vec::new(), found: Vec::new(), more: false, next: None, ..page.clone() };
        vec![("some", page), ("refused", Self { refused: Some("limited_admin"), ..none.clone() }), ("none", none)]
    }
}
