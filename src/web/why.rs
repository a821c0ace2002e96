//! What pages say about a sign-in that nobody makes: which applications can be asked about, and words for what was found.
//! `/admin/{tenant}/people/{id}/why` and `/operator/people/{id}/why`.
use crate::app::Registered;
use crate::model::{Acr, Client, Denial, FactorKind, GrantType, Tenant, TenantId};
use crate::pages::console::{
    Choice, Finding, Moment, PolicyShape, WhyBecause, WhyBeside, WhyKind, WhyRow, WhyRung, WhySource, WhyStep, shape_of,
};
use crate::policy::explain::{Because, Beside, DryRun, Explained, FACTOR, Step};
use crate::policy::rules::Source;

/// So many characters of what was typed are looked at and shown again.
const TYPED: usize = 100;

/// What stands in the address, without what no name begins or ends with.
pub fn typed(text: &str) -> String {
    text.trim().chars().take(TYPED).collect()
}

/// Do people sign in to this application?
fn is_entered(client: &Client) -> bool {
    let grants = &client.metadata.grant_types;
    [GrantType::AuthorizationCode, GrantType::Implicit, GrantType::DeviceCode].iter().any(|grant| grants.contains(grant))
}

/// The applications that people sign in to and that `fits`, by name.
pub fn applications(registered: &Registered, fits: impl Fn(&Client) -> bool) -> Vec<&Client> {
    let mut all: Vec<&Client> =
        registered.clients.values().map(AsRef::as_ref).filter(|client| is_entered(client) && fits(client)).collect();
    all.sort_by_cached_key(|client| (client.metadata.client_name.to_lowercase(), client.id.to_string()));
    all
}

/// As they are offered on a page.
pub fn choices(clients: &[&Client]) -> Vec<Choice> {
    clients.iter().map(|client| Choice { value: client.id.to_string(), text: name_of(client) }).collect()
}

fn name_of(client: &Client) -> String {
    let name = client.metadata.client_name.as_str();
    if name.is_empty() { client.id.to_string() } else { name.to_owned() }
}

/// What was found, in words. `name` names the tenant of a rule; none where the run holds rules of this tenant alone.
pub fn finding(run: DryRun, client: &Client, tenant: &Tenant, name: impl Fn(&TenantId) -> Option<String>) -> Finding {
    // Without a second factor nothing follows one, unless somebody without is asked for a code.
    let none = FactorKind::None.to_string();
    let has_factor = run.rules.iter().any(|rule| rule.rule == FACTOR && rule.value != none);
    let follows = (has_factor || matches!(run.first, Step::Asked(_))) && run.first != Step::Refused;
    Finding {
        application: name_of(client),
        tenant: tenant.display_name().to_owned(),
        because: because(run.because),
        first: step(run.first),
        then: follows.then(|| step(run.then)),
        demand: run.demand.map(rung),
        besides: run.besides.into_iter().map(beside).collect(),
        rows: run.rules.into_iter().map(|rule| row(rule, &name)).collect(),
    }
}

fn because(because: Because) -> WhyBecause {
    match because {
        Because::NothingDemanded => WhyBecause::NothingDemanded,
        Because::TurnedOff => WhyBecause::TurnedOff,
        Because::TenantDemands => WhyBecause::TenantDemands,
        Because::TenantDemandsDevice => WhyBecause::TenantDemandsDevice,
        Because::OwnFactor => WhyBecause::OwnFactor,
        Because::ApplicationDemands => WhyBecause::ApplicationDemands,
        Because::ApplicationWishes => WhyBecause::ApplicationWishes,
        Because::NoPasskey => WhyBecause::NoPasskey,
        Because::Denied(Denial::PersonNotActive) => WhyBecause::PersonNotActive,
        Because::Denied(Denial::NotMember) => WhyBecause::NotMember,
        Because::Denied(Denial::MembershipNotActive) => WhyBecause::MembershipNotActive,
        Because::Denied(Denial::MembershipDormant) => WhyBecause::MembershipDormant,
        Because::Denied(Denial::TenantDisabled) => WhyBecause::TenantDisabled,
        Because::Denied(Denial::ClientDisabled) => WhyBecause::ClientDisabled,
        Because::Denied(Denial::ClientNotEntitled) => WhyBecause::ClientNotEntitled,
        Because::Denied(Denial::ApiAccessMissing) => WhyBecause::ApiAccessMissing,
    }
}

fn step(step: Step) -> WhyStep {
    match step {
        Step::Enters | Step::Asked(FactorKind::None) => WhyStep::Enters,
        Step::Asked(FactorKind::Email) => WhyStep::Email,
        Step::Asked(FactorKind::Totp) => WhyStep::Totp,
        Step::Asked(FactorKind::Passkey) => WhyStep::Passkey,
        Step::SetsUp => WhyStep::SetsUp,
        Step::Refused => WhyStep::Refused,
    }
}

fn beside(beside: Beside) -> (WhyBeside, Option<Moment>) {
    match beside {
        Beside::Paused(until) => (WhyBeside::Paused, Some(Moment::of(until))),
        Beside::PasswordOverdue => (WhyBeside::PasswordOverdue, None),
        Beside::NoPassword => (WhyBeside::NoPassword, None),
    }
}

fn rung(acr: Acr) -> WhyRung {
    match acr {
        Acr::Pwd => WhyRung::Pwd,
        Acr::Email => WhyRung::Email,
        Acr::Mfa => WhyRung::Mfa,
        Acr::Phr => WhyRung::Phr,
    }
}

fn row(rule: Explained, name: impl Fn(&TenantId) -> Option<String>) -> WhyRow {
    let id = rule.rule.replace('.', "_");
    let (kind, shape) = match (rule.rule, shape_of(&id)) {
        (_, Some(shape)) => (WhyKind::Policy, shape),
        (FACTOR, None) => (WhyKind::Factor, PolicyShape::Choice),
        ("required_max_age", None) => (WhyKind::Limit, PolicyShape::Number),
        (_, None) => (WhyKind::Rungs, PolicyShape::Several),
    };
    let (source, named) = match rule.source {
        Source::Instance => (WhySource::Instance, None),
        Source::Person => (WhySource::Person, None),
        Source::Application => (WhySource::Application, None),
        Source::Tenant(from) => match name(&from) {
            Some(named) => (WhySource::Tenant, Some(named)),
            None => (WhySource::Here, None),
        },
    };
    WhyRow {
        key: rule.rule.to_owned(),
        id,
        kind,
        shape,
        values: values(kind, shape, &rule.value),
        source,
        tenant: named.unwrap_or_default(),
    }
}

/// The parts of a value. A number of 0 is none, and so is a list without anything in it.
fn values(kind: WhyKind, shape: PolicyShape, value: &str) -> Vec<String> {
    match (kind, shape) {
        (WhyKind::Rungs, _) => value.split(',').filter_map(Acr::parse).map(|acr| short(acr).to_owned()).collect(),
        (_, PolicyShape::Several | PolicyShape::Names) => value.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        (_, PolicyShape::Number) if value == "0" => Vec::new(),
        (_, PolicyShape::Choice | PolicyShape::Number | PolicyShape::Flag) => vec![value.to_owned()],
    }
}

/// The last word of a rung's name.
fn short(acr: Acr) -> &'static str {
    acr.as_str().rsplit(':').next().unwrap_or_default()
}
