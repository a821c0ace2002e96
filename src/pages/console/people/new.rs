//! Making a person: the form, the invitation after it, and the sheet for people without e-mail.
use serde::Serialize;

use super::super::super::Page;
use super::super::Choice;

/// `GET /admin/{tenant}/people/new`
#[derive(Clone, Debug, Serialize)]
pub struct PersonNew {
    /// Travels in the form: somebody is created where the form was shown, or nowhere (people.md K5).
    pub tenant_id: String,
    pub tenant_name: String,
    pub tenant_number: String,
    pub form: PersonForm,
    pub groups: Vec<Choice>,
    /// Sign-in with Microsoft can be chosen here, and only here (people.md K28, K29).
    pub microsoft: bool,
    /// Everybody starts with a code by e-mail (people.md K19).
    pub starts_with_code: bool,
    /// People sign in here by a user name beside the company ID (people.md P11).
    pub usernames: bool,
    pub locations: bool,
    /// The reader is an administrator: may make others, and open the interfaces.
    pub grants_all: bool,
    pub fault: Option<FormFault>,
}

/// What was typed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PersonForm {
    /// `verified` or `unverified`.
    pub kind: String,
    pub email: String,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub language: String,
    pub group: String,
    pub method: String,
    pub limited: bool,
    pub api: bool,
    pub admin: bool,
}

/// What is wrong with a form: which field, and the sentence `people.fault.<kind>`.
#[derive(Clone, Debug, Serialize)]
pub struct FormFault {
    pub field: &'static str,
    pub kind: &'static str,
}

/// `GET /admin/{tenant}/people/{id}/invite`
#[derive(Clone, Debug, Serialize)]
pub struct PersonInvite {
    pub id: String,
    pub name: String,
    /// The address to which the letter goes; none for people without.
    pub email: Option<String>,
    /// Created a moment ago: the invitation is suggested (people.md K31).
    pub created: bool,
    /// A link is out already; a new one makes it worthless.
    pub again: bool,
    pub microsoft: bool,
    pub days: i64,
}

/// The link of somebody without e-mail, shown once: to copy, to print, to scan (people.md S19, S29).
#[derive(Clone, Debug, Serialize)]
pub struct PersonSheet {
    pub id: String,
    pub name: String,
    pub username: String,
    pub tenant: String,
    pub link: String,
    pub qr_svg: String,
    /// `invitation` or `reset`.
    pub purpose: &'static str,
    pub host: String,
}

impl Page for PersonNew {
    const TEMPLATE: &'static str = "admin/people/new.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let choice = |text: &str| Choice { value: text.to_lowercase(), text: text.to_owned() };
        let blank = Self {
            tenant_id: "ten_1".to_owned(),
            tenant_name: "Northwind Foods GmbH".to_owned(),
            tenant_number: "100 482".to_owned(),
            form: PersonForm {
                kind: "verified".to_owned(),
                method: "password".to_owned(),
                language: "en".to_owned(),
                ..PersonForm::default()
            },
            groups: vec![choice("Accounting"), choice("Payments")],
            microsoft: true,
            starts_with_code: true,
            usernames: false,
            locations: true,
            grants_all: true,
            fault: None,
        };
        let typed = PersonForm {
            email: "anna@@example".to_owned(),
            first_name: "Anna".to_owned(),
            last_name: "Berg".to_owned(),
            group: "payments".to_owned(),
            limited: true,
            ..blank.form.clone()
        };
        let wrong = |field, kind| Self { form: typed.clone(), fault: Some(FormFault { field, kind }), ..blank.clone() };
        let unverified = PersonForm { kind: "unverified".to_owned(), username: "anna.b".to_owned(), ..typed.clone() };
        let plain =
            Self { groups: Vec::new(), microsoft: false, locations: false, grants_all: false, starts_with_code: false, ..blank.clone() };
        let mut all = vec![("blank", blank.clone()), ("plain", plain), ("unverified", Self { form: unverified, ..blank.clone() })];
        let faults = [
            ("wrong-email", "email", "email"),
            ("wrong-first", "first_name", "name"),
            ("wrong-last", "last_name", "name"),
            ("wrong-username", "username", "username"),
            ("wrong-group", "group", "group"),
            ("here-already", "email", "already_here"),
            ("taken", "username", "taken"),
            ("limited-admin", "limited", "limited_admin"),
            ("several", "limited", "limited_several"),
            ("other-tenant", "", "other_tenant"),
            ("not-held", "", "not_held"),
            ("rules", "", "rules"),
        ];
        all.push(("company-names", Self { usernames: true, form: typed.clone(), ..blank.clone() }));
        all.extend(faults.map(|(name, field, kind)| (name, wrong(field, kind))));
        all
    }
}

impl Page for PersonInvite {
    const TEMPLATE: &'static str = "admin/people/invite.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            id: "per_1".to_owned(),
            name: "Anna Berg".to_owned(),
            email: Some("anna.berg@northwind.example".to_owned()),
            created: true,
            again: false,
            microsoft: false,
            days: 7,
        };
        vec![
            ("created", page.clone()),
            ("one-day", Self { days: 1, ..page.clone() }),
            ("again", Self { created: false, again: true, ..page.clone() }),
            ("microsoft", Self { microsoft: true, ..page.clone() }),
            ("no-email", Self { email: None, ..page.clone() }),
            ("no-email-again", Self { email: None, created: false, again: true, days: 1, ..page }),
        ]
    }
}

impl Page for PersonSheet {
    const TEMPLATE: &'static str = "admin/people/sheet.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            id: "per_1".to_owned(),
            name: "Anna Berg".to_owned(),
            username: "4k7mq-9t2xh".to_owned(),
            tenant: "Northwind Foods GmbH".to_owned(),
            link: "https://id.example.com/invitation/k2H8fB1mYw0zq6uXo3vTn5cJr9dLp7aSe4gWi_QxRtE".to_owned(),
            qr_svg: r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 41 41"><path fill="#000" d="M4 4h7v7h-7zM30 4h7v7h-7zM4 30h7v7h-7z"/></svg>"##
                .to_owned(),
            purpose: "invitation",
            host: "id.example.com".to_owned(),
        };
        vec![("invitation", page.clone()), ("reset", Self { purpose: "reset", ..page })]
    }
}
