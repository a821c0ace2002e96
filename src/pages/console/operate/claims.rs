//! What an application is told: its claims table, and the real tokens of a person.
use serde::Serialize;

use super::super::super::Page;
use super::words;

words! {
    /// Texts: `claims.fault.<kind>`; `rule` with `{value}`.
    ClaimFaultKind { Rule, NoPerson, NoTenant, NotMember, Refused, Meanwhile }
}

#[derive(Clone, Debug, Serialize)]
pub struct ClaimFault {
    pub kind: ClaimFaultKind,
    pub value: String,
}

/// `GET /operator/clients/{id}/claims`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ClientClaims {
    pub id: String,
    pub rules: Vec<ClaimRow>,
    /// The new rule.
    pub name: String,
    pub source: String,
    pub value: String,
    pub filter: String,
    pub strip: bool,
    pub id_token: bool,
    pub access_token: bool,
    pub userinfo: bool,
    /// For whom the tokens are shown.
    pub person: String,
    pub tenant: String,
    pub preview: Option<TokenPreview>,
    pub fault: Option<ClaimFault>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ClaimRow {
    pub n: usize,
    pub name: String,
    pub source: String,
    pub filter: Option<String>,
    pub targets: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct TokenPreview {
    pub id_token: Option<String>,
    pub id_token_bytes: usize,
    pub access_token: String,
    pub access_token_bytes: usize,
    pub userinfo: String,
    pub budget: u32,
}

impl Page for ClientClaims {
    const TEMPLATE: &'static str = "operator/claims.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let base = Self { id: "cli_01".to_owned(), source: "fact".to_owned(), id_token: true, ..Self::default() };
        let rule = |n: usize| ClaimRow {
            n,
            name: format!("customer_{n}"),
            source: "tenant_number".to_owned(),
            filter: (n == 1).then(|| "pay:*".to_owned()),
            targets: "id_token, access_token".to_owned(),
        };
        let preview = TokenPreview {
            id_token: Some("{\n  \"sub\": \"per_1\"\n}".to_owned()),
            id_token_bytes: 812,
            access_token: "{\n  \"sub\": \"per_1\"\n}".to_owned(),
            access_token_bytes: 640,
            userinfo: "{\n  \"sub\": \"per_1\"\n}".to_owned(),
            budget: 3072,
        };
        let person = ("anna.berg@example.com".to_owned(), "northwind".to_owned());
        let shown = Self {
            rules: vec![rule(0), rule(1)],
            preview: Some(preview.clone()),
            person: person.0.clone(),
            tenant: person.1.clone(),
            ..base.clone()
        };
        let bare = Self { preview: Some(TokenPreview { id_token: None, access_token_bytes: 1, ..preview }), ..shown.clone() };
        let names = ["fault-rule", "fault-person", "fault-tenant", "fault-member", "fault-refused", "fault-meanwhile"];
        let wrong = |(kind, name): (&ClaimFaultKind, &'static str)| {
            (name, Self { fault: Some(ClaimFault { kind: *kind, value: "\"sub\" is the protocol's own".to_owned() }), ..base.clone() })
        };
        let faults = ClaimFaultKind::ALL.iter().zip(names).map(wrong);
        vec![("empty", base.clone()), ("shown", shown), ("no-id-token", bare)].into_iter().chain(faults).collect()
    }
}
