//! Every piece of `parts/console.html` once: for whoever builds a page, and for the tests that look at pages. No route
//! leads here.
use serde::Serialize;

use super::super::Page;
use super::{Choice, Moment, Pager, PersonStatus};

#[derive(Clone, Debug, Serialize)]
pub struct Kit {
    pub rows: Vec<KitRow>,
    pub pager: Pager,
    pub choices: Vec<Choice>,
    /// What a form says about its fields.
    pub error: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct KitRow {
    pub name: String,
    pub status: PersonStatus,
    pub at: Moment,
}

impl Page for Kit {
    const TEMPLATE: &'static str = "kit.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let names = ["Anna Berg", "Jörg Müller-Lüdenscheidt", "Ω", "Maximiliane von und zu Hohenfels-Rabenstein", "Bo", "Chiara"];
        let row = |(status, name): (PersonStatus, &str)| KitRow { name: name.to_owned(), status, at: Moment::sample() };
        let choice = |text: &str| Choice { value: text.to_lowercase(), text: text.to_owned() };
        let page = Self {
            rows: PersonStatus::ALL.into_iter().zip(names).map(row).collect(),
            pager: Pager { first: Some("/".to_owned()), next: Some("/?after=1".to_owned()) },
            choices: vec![choice("Accounting"), choice("Payments")],
            error: None,
        };
        let wrong = Self { error: Some("Not this one.".to_owned()), rows: Vec::new(), pager: Pager::default(), ..page.clone() };
        vec![("all", page), ("wrong", wrong)]
    }
}
