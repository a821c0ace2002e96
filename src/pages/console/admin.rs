//! The pages of a tenant's administration.
use serde::Serialize;

use super::super::Page;
use super::PersonStatus;

/// `GET /admin/{tenant}`: how things stand, and what somebody should look at.
#[derive(Clone, Debug, Serialize)]
pub struct AdminHome {
    /// What to look at, the most pressing first; empty when all is well.
    pub attention: Vec<Attention>,
    /// How many people there are in each state.
    pub people: Vec<StatusCount>,
    pub guests: i64,
    /// Where all of them are listed, once that page is open to the person.
    pub list: Option<String>,
}

/// One thing to look at.
#[derive(Clone, Debug, Serialize)]
pub struct Attention {
    pub kind: AttentionKind,
    pub n: i64,
    /// Where it is put right.
    pub href: Option<String>,
}

/// Text: `admin.attention.<kind>` with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttentionKind {
    Locked,
    WithoutFactor,
    Invited,
}

impl AttentionKind {
    pub const ALL: [Self; 3] = [Self::Locked, Self::WithoutFactor, Self::Invited];
}

#[derive(Clone, Debug, Serialize)]
pub struct StatusCount {
    pub status: PersonStatus,
    pub n: i64,
    pub href: Option<String>,
}

impl Page for AdminHome {
    const TEMPLATE: &'static str = "admin/home.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let href = |key: &str| Some(format!("/admin/northwind/people?show={key}"));
        let attention = |n: i64| AttentionKind::ALL.into_iter().map(|kind| Attention { kind, n, href: href("x") }).collect::<Vec<_>>();
        let counts = [2, 7, 231, 12, 3, 1];
        let people: Vec<StatusCount> =
            PersonStatus::ALL.into_iter().zip(counts).map(|(status, n)| StatusCount { status, n, href: href("x") }).collect();
        let busy = Self { attention: attention(4), people: people.clone(), guests: 18, list: href("") };
        let one = Self { attention: attention(1), guests: 1, ..busy.clone() };
        let calm = Self {
            attention: Vec::new(),
            people: people.into_iter().skip(2).take(1).map(|count| StatusCount { href: None, ..count }).collect(),
            guests: 0,
            list: None,
        };
        vec![("busy", busy), ("one", one), ("calm", calm)]
    }
}
