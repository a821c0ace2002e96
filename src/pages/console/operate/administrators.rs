//! Who arranges a tenant, for operators: the list, and the form that makes the first one.
use serde::Serialize;

use super::super::super::Page;
use super::super::PersonStatus;
use super::words;

words! {
    /// Why nobody was made an administrator. Texts: `administrators.fault.<kind>`.
    AdministratorFault {
        Email,
        FirstName,
        LastName,
        Username,
        UsernameTaken,
        AlreadyAdmin,
        /// Belongs here without arranging anything: that can be changed by one press.
        Member,
        Oneself,
        Disabled,
        Limited,
        NotNow,
    }
}

/// `GET /operator/tenants/{id}/administrators`.
#[derive(Clone, Debug, Serialize)]
pub struct Administrators {
    pub id: String,
    pub name: String,
    /// What people type as company ID.
    pub number: String,
    pub disabled: bool,
    pub rows: Vec<AdministratorRow>,
    /// None of them can sign in as yet, or any more.
    pub nobody: bool,
    pub form: AdministratorForm,
    /// People sign in here by a user name beside the company ID (people.md P11).
    pub usernames: bool,
    pub fault: Option<AdministratorFault>,
    /// With [`AdministratorFault::Member`]: who it is.
    pub member: Option<NamedPerson>,
}

#[derive(Clone, Debug, Serialize)]
pub struct AdministratorRow {
    pub id: String,
    pub name: String,
    /// What the person signs in with.
    pub handle: String,
    pub status: PersonStatus,
    /// There is an invitation to accept: its letter can be sent again.
    pub waits: bool,
    /// A link is open, and can be withdrawn.
    pub open: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct NamedPerson {
    pub id: String,
    pub name: String,
}

/// What was typed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AdministratorForm {
    pub email: String,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub language: String,
}

impl AdministratorRow {
    /// One in each state that the list tells.
    pub(super) fn samples() -> Vec<Self> {
        let row = |n: usize, name: &str, status: PersonStatus| Self {
            id: format!("per_{n}"),
            name: name.to_owned(),
            handle: format!("{}@northwind.example", name.to_lowercase().replace(' ', ".")),
            status,
            waits: matches!(status, PersonStatus::NotInvited | PersonStatus::Invited),
            open: status == PersonStatus::Invited,
        };
        vec![
            row(1, "Anna Berg", PersonStatus::Active),
            row(2, "Maximiliane Constanze Oberhuber", PersonStatus::Invited),
            row(3, "Carl Dorn", PersonStatus::NotInvited),
            row(4, "Dora Engel", PersonStatus::Deactivated),
        ]
    }
}

impl Page for Administrators {
    const TEMPLATE: &'static str = "operator/administrators.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let some = Self {
            id: "ten_1".to_owned(),
            name: "Northwind Foods GmbH".to_owned(),
            number: "100482".to_owned(),
            disabled: false,
            rows: AdministratorRow::samples(),
            nobody: false,
            form: AdministratorForm { language: "en".to_owned(), ..AdministratorForm::default() },
            usernames: false,
            fault: None,
            member: None,
        };
        let none = Self { rows: Vec::new(), nobody: true, usernames: true, ..some.clone() };
        let waiting = Self { rows: some.rows[1..].to_vec(), nobody: true, ..some.clone() };
        let disabled = Self { disabled: true, nobody: true, rows: Vec::new(), ..some.clone() };
        let typed = AdministratorForm {
            email: "anna@@example".to_owned(),
            username: "anna.b".to_owned(),
            first_name: "Anna".to_owned(),
            last_name: "Berg".to_owned(),
            language: "de".to_owned(),
        };
        let names = [
            "wrong-email",
            "wrong-first-name",
            "wrong-last-name",
            "wrong-username",
            "username-taken",
            "already",
            "member",
            "oneself",
            "is-disabled",
            "limited",
            "not-now",
        ];
        let member = NamedPerson { id: "per_7".to_owned(), name: "Anna Berg".to_owned() };
        let wrong = |(fault, name): (&AdministratorFault, &'static str)| {
            let member = (*fault == AdministratorFault::Member).then(|| member.clone());
            let disabled = *fault == AdministratorFault::Disabled;
            (name, Self { fault: Some(*fault), member, disabled, form: typed.clone(), usernames: true, ..some.clone() })
        };
        let faults: Vec<_> = AdministratorFault::ALL.iter().zip(names).map(wrong).collect();
        [("some", some.clone()), ("none", none), ("waiting", waiting), ("disabled", disabled)].into_iter().chain(faults).collect()
    }
}
