//! Notices of the operators on top of pages.
use serde::Serialize;

use super::super::super::Page;
use super::super::{Moment, Pager};
use super::words;
use crate::model::Locale;

words! {
    /// How one stands. Texts: `announcements.state.<state>`.
    NoticeState { Running, Planned, Over }
}

words! {
    /// Texts: `announcements.fault.<kind>`.
    NoticeFault { Text, Starts, Ends, Order, Tenant, Meanwhile }
}

/// `GET /operator/announcements`.
#[derive(Clone, Debug, Serialize)]
pub struct Announcements {
    pub rows: Vec<AnnouncementRow>,
    pub pager: Pager,
}

#[derive(Clone, Debug, Serialize)]
pub struct AnnouncementRow {
    pub id: String,
    /// In English.
    pub text: String,
    pub state: NoticeState,
    pub warning: bool,
    /// The only tenant that it is for.
    pub tenant: Option<String>,
    pub on_sign_in: bool,
    pub from: Moment,
    pub until: Moment,
}

impl Page for Announcements {
    const TEMPLATE: &'static str = "operator/announcements.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let texts = [
            "On Sunday from 06:00 to 08:00 UTC nobody can sign in: we replace the database.",
            "New: the overview of your organisation shows who signs in with a password only.",
            "The office is closed until Monday.",
        ];
        let row = |(n, (state, text)): (usize, (&NoticeState, &str))| AnnouncementRow {
            id: format!("ann_{n}"),
            text: text.to_owned(),
            state: *state,
            warning: n == 0,
            tenant: (n == 1).then(|| "Northwind Foods GmbH".to_owned()),
            on_sign_in: n != 1,
            from: Moment::sample(),
            until: Moment::sample(),
        };
        let rows = NoticeState::ALL.iter().zip(texts).enumerate().map(row).collect();
        vec![("list", Self { rows, pager: Pager::default() }), ("none", Self { rows: Vec::new(), pager: Pager::default() })]
    }
}

/// `GET /operator/announcements/new` and `…/{id}`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AnnouncementForm {
    /// None: a new one.
    pub id: Option<String>,
    /// The mark of what the form was filled from.
    pub seen: String,
    /// The text in each language; the first is English.
    pub texts: Vec<NoticeText>,
    pub warning: bool,
    /// `2026-11-22T18:30`, in UTC.
    pub from: String,
    pub until: String,
    /// The only tenant, as somebody typed it.
    pub tenant: String,
    pub on_sign_in: bool,
    pub fault: Option<NoticeFault>,
    /// The language whose text is wrong.
    pub fault_in: Option<Locale>,
}

/// A text with its language.
#[derive(Clone, Debug, Serialize)]
pub struct NoticeText {
    pub lang: Locale,
    pub text: String,
}

impl Page for AnnouncementForm {
    const TEMPLATE: &'static str = "operator/announcement_form.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let text = |text: fn(Locale) -> &'static str| Locale::ALL.iter().map(move |&lang| NoticeText { lang, text: text(lang).to_owned() });
        let new = Self {
            texts: text(|_| "").collect(),
            from: "2026-11-22T08:12".to_owned(),
            until: "2026-11-23T08:12".to_owned(),
            ..Self::default()
        };
        let written = |lang: Locale| match lang {
            Locale::En => "On Sunday from 06:00 to 08:00 UTC nobody can sign in: we replace the database.",
            Locale::De => "Am Sonntag von 06:00 bis 08:00 Uhr (UTC) kann sich niemand anmelden: Wir ersetzen die Datenbank.",
            Locale::Fr | Locale::It => "",
        };
        let edit = Self {
            id: Some("ann_1".to_owned()),
            texts: text(written).collect(),
            warning: true,
            tenant: "northwind".to_owned(),
            on_sign_in: true,
            ..new.clone()
        };
        let names = ["fault-text", "fault-starts", "fault-ends", "fault-order", "fault-tenant", "fault-meanwhile"];
        let wrong = |(fault, name): (&NoticeFault, &'static str)| {
            let fault_in = (*fault == NoticeFault::Text).then_some(Locale::De);
            (name, Self { fault: Some(*fault), fault_in, ..edit.clone() })
        };
        let faults = NoticeFault::ALL.iter().zip(names).map(wrong);
        vec![("new", new), ("edit", edit.clone())].into_iter().chain(faults).collect()
    }
}
