//! Many people at once, by a table.
use serde::Serialize;

use super::super::super::Page;

/// `GET /admin/{tenant}/people/import`: the question for a file, and then what it would do.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PeopleImport {
    /// Under this id it is confirmed; empty while it cannot be.
    pub id: String,
    /// A file was looked at.
    pub looked: bool,
    pub fresh: usize,
    pub here: usize,
    pub wrong: usize,
    /// The first of those who would be created.
    pub lines: Vec<ImportLine>,
    /// The first of what is wrong.
    pub faults: Vec<ImportWrong>,
    /// The rules ask whether invitations leave now (people.md K31).
    pub asks: bool,
    /// `import.fault.<kind>`, with `{value}`
    pub fault: Option<&'static str>,
    pub value: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct ImportLine {
    pub number: u64,
    pub name: String,
    pub email: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct ImportWrong {
    pub line: u64,
    /// The column's name in the file, or `line`.
    pub column: &'static str,
    /// `import.wrong.<kind>`
    pub kind: &'static str,
}

/// What can be wrong with a file.
const FAULTS: [&str; 9] = ["too_large", "too_many", "no_file", "encoding", "empty", "missing", "unknown", "changed", "over"];
/// What can be wrong with a line.
const WRONG: [&str; 11] = ["email", "name", "twice", "group", "no_group", "not_held", "location", "limited", "language", "uneven", "rules"];

impl Page for PeopleImport {
    const TEMPLATE: &'static str = "admin/people/import.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let ask = Self { asks: true, ..Self::default() };
        let line = |number: u64, name: &str| ImportLine {
            number,
            name: name.to_owned(),
            email: "a-rather-long-address-of-somebody@northwind.example".to_owned(),
        };
        let good = Self {
            id: "imp_1".to_owned(),
            looked: true,
            fresh: 102,
            here: 1,
            lines: vec![line(2, "Anna Berg"), line(3, "Bartholomew Maximilian Featherstonehaugh")],
            ..ask.clone()
        };
        let wrong = |(n, kind): (usize, &&'static str)| ImportWrong {
            line: 2 + u64::try_from(n).unwrap_or(0),
            column: ["email", "groups", "line"][n % 3],
            kind,
        };
        let bad = Self { id: String::new(), wrong: 120, faults: WRONG.iter().enumerate().map(wrong).collect(), ..good.clone() };
        let none = Self { id: String::new(), fresh: 0, here: 2, lines: Vec::new(), ..good.clone() };
        let more = Self { fresh: 3, ..good.clone() };
        let auto = Self { asks: false, fresh: 1, ..good.clone() };
        let fault = |kind: &'static str| (kind, Self { fault: Some(kind), value: "last_name".to_owned(), ..ask.clone() });
        let states = [("ask", ask.clone()), ("good", good), ("more", more), ("auto", auto), ("bad", bad), ("none", none)];
        states.into_iter().chain(FAULTS.into_iter().map(fault)).collect()
    }
}
