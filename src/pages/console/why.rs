//! Why a code is asked: a sign-in that nobody makes, told to administrators and to operators.
use serde::Serialize;

use super::super::Page;
use super::super::gallery::Specimen;
use super::operate::{PolicyShape, RULES, words};
use super::{Area, Choice, Moment, framed};

words! {
    /// Texts: `why.because.<because>`.
    WhyBecause {
        NothingDemanded, TurnedOff, TenantDemands, TenantDemandsDevice, OwnFactor, ApplicationDemands, ApplicationWishes, NoPasskey,
        PersonNotActive, NotMember, MembershipNotActive, MembershipDormant, TenantDisabled, ClientDisabled, ClientNotEntitled,
        ApiAccessMissing,
    }
}

words! {
    /// What follows. Texts: `why.step.<step>`.
    WhyStep { Enters, Email, Totp, Passkey, SetsUp, Refused }
}

words! {
    /// Texts: `why.beside.<beside>`.
    WhyBeside { Paused, PasswordOverdue, NoPassword }
}

words! {
    /// A rung of the ladder of proofs. Texts: `why.rung.<rung>`.
    WhyRung { Pwd, Email, Mfa, Phr }
}

words! {
    /// Where a value comes from. Texts: `why.source.<source>`; a named tenant is its name.
    WhySource { Instance, Here, Tenant, Person, Application }
}

words! {
    /// What a rule is and how its value is told: of a tenant (`policy.rule.<id>`), the person's factor, the application's
    /// (`why.rule.<id>`) as rungs or as a number.
    WhyKind { Policy, Factor, Rungs, Limit }
}

words! {
    /// What was wrong with the question. Texts: `why.fault.<fault>` with `{typed}`.
    WhyFault { Client, Tenant }
}

/// One rule in effect.
#[derive(Clone, Debug, Serialize)]
pub struct WhyRow {
    /// `mfa.mode`
    pub key: String,
    /// `mfa_mode`
    pub id: String,
    pub kind: WhyKind,
    pub shape: PolicyShape,
    pub values: Vec<String>,
    pub source: WhySource,
    /// The name of the tenant that the value comes from, for operators alone.
    pub tenant: String,
}

/// What a sign-in would meet.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub application: String,
    pub tenant: String,
    pub because: WhyBecause,
    pub first: WhyStep,
    /// After the second factor; none where there is none.
    pub then: Option<WhyStep>,
    pub demand: Option<WhyRung>,
    pub besides: Vec<(WhyBeside, Option<Moment>)>,
    pub rows: Vec<WhyRow>,
}

/// `GET /admin/{tenant}/people/{id}/why`
#[derive(Clone, Debug, Serialize)]
pub struct PersonWhy {
    pub id: String,
    pub name: String,
    /// The applications that serve this tenant, by name.
    pub clients: Vec<Choice>,
    pub client: String,
    pub typed: String,
    pub fault: Option<WhyFault>,
    pub found: Option<Finding>,
}

/// `GET /operator/people/{id}/why`
#[derive(Clone, Debug, Serialize)]
pub struct EverybodyWhy {
    pub id: String,
    pub name: String,
    pub clients: Vec<Choice>,
    pub client: String,
    /// Those that the person belongs to; `other` names any other.
    pub tenants: Vec<Choice>,
    pub tenant: String,
    pub other: String,
    pub typed: String,
    pub fault: Option<WhyFault>,
    pub found: Option<Finding>,
}

impl Finding {
    fn sample(because: WhyBecause, first: WhyStep, then: Option<WhyStep>) -> Self {
        Self {
            application: "Planner".to_owned(),
            tenant: "Northwind Foods GmbH".to_owned(),
            because,
            first,
            then,
            demand: None,
            besides: Vec::new(),
            rows: rows(),
        }
    }
}

fn rows() -> Vec<WhyRow> {
    let row = |key: &str, kind, shape, values: &[&str], source| WhyRow {
        key: key.to_owned(),
        id: key.replace('.', "_"),
        kind,
        shape,
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        source,
        tenant: if source == WhySource::Tenant { "Contoso Logistik".to_owned() } else { String::new() },
    };
    use {WhyKind as K, WhySource as S};
    let (choice, number) = (PolicyShape::Choice, PolicyShape::Number);
    vec![
        row("mfa.mode", K::Policy, choice, &["default_on"], S::Here),
        row("mfa.methods", K::Policy, PolicyShape::Several, &["email", "totp"], S::Here),
        row("mfa.step_up_permissions", K::Policy, PolicyShape::Names, &["pan:decrypt"], S::Here),
        row("person.second_factor", K::Factor, choice, &["totp"], S::Person),
        row("required_acr", K::Rungs, choice, &["email"], S::Application),
        row("default_acr_values", K::Rungs, choice, &["phr", "mfa", "pwd"], S::Application),
        row("required_max_age", K::Limit, number, &["3600"], S::Application),
        row("password.min_length", K::Policy, number, &["12"], S::Here),
        row("password.max_age_days", K::Policy, number, &[], S::Instance),
        row("recovery.self_service_with_mfa", K::Policy, choice, &["require_factor"], S::Tenant),
        row("mfa.user_may_disable", K::Policy, PolicyShape::Flag, &["false"], S::Tenant),
    ]
}

fn choice(value: &str, text: &str) -> Choice {
    Choice { value: value.to_owned(), text: text.to_owned() }
}

/// A name for a specimen of each reason.
fn name(because: WhyBecause) -> &'static str {
    const NAMES: [&str; 16] = [
        "nothing",
        "off",
        "tenant",
        "device",
        "own",
        "demand",
        "wish",
        "no-passkey",
        "person",
        "stranger",
        "membership",
        "dormant",
        "tenant-off",
        "client-off",
        "client-closed",
        "no-api",
    ];
    let at = WhyBecause::ALL.iter().position(|known| *known == because);
    at.and_then(|at| NAMES.get(at)).copied().unwrap_or_default()
}

impl Page for PersonWhy {
    const TEMPLATE: &'static str = "admin/people/why.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |found| Self {
            id: "per_1".to_owned(),
            name: "Anna Berg".to_owned(),
            clients: vec![choice("cli_1", "Planner"), choice("cli_2", "Payments, with a rather long name for an application")],
            client: "cli_1".to_owned(),
            typed: String::new(),
            fault: None,
            found,
        };
        let (steps, then) = (WhyStep::ALL, [None, Some(WhyStep::Enters), Some(WhyStep::SetsUp)]);
        let reason = |(n, because): (usize, &WhyBecause)| {
            let found = Finding::sample(*because, steps[n % steps.len()], then[n % then.len()]);
            (name(*because), page(Some(found)))
        };
        let mut all: Vec<_> = WhyBecause::ALL.iter().enumerate().map(reason).collect();
        let at = |kind: &WhyBeside| (*kind, (*kind == WhyBeside::Paused).then(Moment::sample));
        let asked = Finding::sample(WhyBecause::ApplicationDemands, WhyStep::Totp, Some(WhyStep::Enters));
        let besides = Finding { demand: Some(WhyRung::Mfa), besides: WhyBeside::ALL.iter().map(at).collect(), ..asked };
        all.push(("besides", page(Some(besides))));
        let unknown = Self { typed: "cli_gone".to_owned(), fault: Some(WhyFault::Client), ..page(None) };
        all.push(("unknown", unknown));
        all.push(("no-application", Self { clients: Vec::new(), ..page(None) }));
        all
    }
}

impl Page for EverybodyWhy {
    const TEMPLATE: &'static str = "operator/person_why.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            id: "per_1".to_owned(),
            name: "Anna Berg".to_owned(),
            clients: vec![choice("cli_1", "Planner"), choice("cli_2", "Payments")],
            client: "cli_1".to_owned(),
            tenants: vec![choice("ten_1", "Northwind Foods GmbH (10042)"), choice("ten_2", "Contoso Logistik (10043)")],
            tenant: "ten_1".to_owned(),
            other: String::new(),
            typed: String::new(),
            fault: None,
            found: Some(Finding::sample(WhyBecause::OwnFactor, WhyStep::Totp, Some(WhyStep::Enters))),
        };
        let wrong = |fault, typed: &str| Self { typed: typed.to_owned(), fault: Some(fault), found: None, ..page.clone() };
        vec![
            ("found", page.clone()),
            ("unknown-tenant", Self { other: "nowhere".to_owned(), ..wrong(WhyFault::Tenant, "nowhere") }),
            ("unknown-application", wrong(WhyFault::Client, "cli_gone")),
            ("nowhere", Self { tenants: Vec::new(), found: None, ..page.clone() }),
            ("no-application", Self { clients: Vec::new(), found: None, ..page.clone() }),
        ]
    }
}

/// Every page of this kind.
pub(super) fn gallery() -> Vec<Specimen> {
    [framed::<PersonWhy>(Area::Admin), framed::<EverybodyWhy>(Area::Operator)].into_iter().flatten().collect()
}

/// How the value of a tenant's rule is told.
pub fn shape_of(id: &str) -> Option<PolicyShape> {
    RULES.iter().find(|rule| rule.1 == id).map(|rule| rule.2)
}
