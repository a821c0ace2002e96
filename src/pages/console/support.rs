//! Support access, as a tenant's administrators see it.
use serde::Serialize;

use super::super::Page;
use super::Moment;

/// `GET /admin/{tenant}/support`
#[derive(Clone, Debug, Serialize)]
pub struct AdminSupport {
    pub rows: Vec<SupportRow>,
    /// May the reader let operators in?
    pub may: bool,
    /// What was typed.
    pub reason: String,
    /// `reason` or `hours`: what is wrong with it.
    pub fault: Option<&'static str>,
}

#[derive(Clone, Debug, Serialize)]
pub struct SupportRow {
    pub id: String,
    pub reason: String,
    pub by: String,
    pub from: Moment,
    pub until: Moment,
    pub open: bool,
}

impl Page for AdminSupport {
    const TEMPLATE: &'static str = "admin/support.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |n: usize| SupportRow {
            id: format!("sup_{n}"),
            reason: ["Invoices of October do not open", "Import of 400 people"][n % 2].to_owned(),
            by: "Marie Curie".to_owned(),
            from: Moment::sample(),
            until: Moment::sample(),
            open: n == 0,
        };
        let none = Self { rows: Vec::new(), may: true, reason: String::new(), fault: None };
        vec![
            ("some", Self { rows: vec![row(0), row(1)], ..none.clone() }),
            ("reader", Self { rows: vec![row(0)], may: false, ..none.clone() }),
            ("wrong-reason", Self { fault: Some("reason"), ..none.clone() }),
            ("wrong-hours", Self { fault: Some("hours"), reason: "Import".to_owned(), ..none.clone() }),
            ("none", none),
        ]
    }
}
