//! The rules of a tenant, as its administrators and as operators see and change them: `/admin/{tenant}/policies` and
//! `/operator/tenants/{id}/policies`. A change is first shown with whom it affects, then saved.
use axum::response::Response;

use super::console::Console;
use super::error::WebError;
use super::extract::form::Fields;
use super::extract::{Inside, Operator, Query, TenantAdmin, rights};
use super::operator::change;
use crate::config::Policy as Bounds;
use crate::model::{Tenant, TenantPolicy};
use crate::pages::console::{
    Flash, Policies, PolicyAffected, PolicyChange, PolicyDemand, PolicyEffect, PolicyFault, PolicyForm, PolicyGroup, PolicyPreview,
    PolicyRow, PolicyShape, PolicyTopic, RULES,
};
use crate::policy::keys::{self, KeyFault};
use crate::policy::presets::Preset;
use crate::service::Failure;
use crate::service::policies::{self, Affected, Author, PolicySet};

/// Somebody before the rules of a tenant.
pub struct Desk<'a> {
    pub inside: &'a Inside,
    pub tenant: &'a Tenant,
    pub author: Author,
    /// Where these pages begin.
    pub here: String,
    frame: Box<dyn Fn() -> Console<'a> + Send + Sync + 'a>,
}

impl<'a> Desk<'a> {
    pub fn of_admin(admin: &'a TenantAdmin<rights::Policies>) -> Self {
        let frame = Box::new(|| admin.page("policies"));
        Self { inside: admin, tenant: &admin.tenant, author: Author::TenantAdmin, here: admin.path("policies"), frame }
    }

    pub fn of_operator(operator: &'a Operator, tenant: &'a Tenant) -> Self {
        let above = operator.path(&format!("tenants/{}", tenant.id));
        let here = format!("{above}/policies");
        let frame = Box::new(move || operator.page("tenants").crumb(tenant.display_name(), above.clone()));
        Self { inside: operator, tenant, author: Author::Operator, here, frame }
    }

    fn bounds(&self) -> &Bounds {
        &self.inside.app.config.policy
    }

    /// The page of one topic stands below the list.
    fn below(&self) -> Console<'a> {
        (self.frame)()
    }

    fn kept(&self, key: &str) -> bool {
        self.bounds().operator_only.iter().any(|kept| kept == key)
    }

    fn fixed(&self, key: &str) -> bool {
        self.author == Author::TenantAdmin && self.kept(key)
    }
}

/// All rules with their effect, value, usual value, bound, and who may change them.
pub fn list(desk: &Desk<'_>, query: &Query) -> Result<Response, WebError> {
    (desk.frame)().done(query).show(&listed(desk, None))
}

fn listed(desk: &Desk<'_>, fault: Option<PolicyFault>) -> Policies {
    let group = |topic: &PolicyTopic| group(desk, *topic, &desk.tenant.policy);
    Policies {
        tenant: desk.tenant.display_name().to_owned(),
        here: desk.here.clone(),
        groups: PolicyTopic::ALL.iter().map(group).collect(),
        fault,
    }
}

/// The form of one topic.
pub fn form(desk: &Desk<'_>, word: &str) -> Result<Response, WebError> {
    let topic = topic(word)?;
    desk.below().show(&PolicyForm { here: desk.here.clone(), group: group(desk, topic, &desk.tenant.policy), fault: None })
}

fn topic(word: &str) -> Result<PolicyTopic, WebError> {
    let known = |topic: &&PolicyTopic| serde_json::to_value(topic).is_ok_and(|text| text == word);
    PolicyTopic::ALL.iter().find(known).copied().ok_or_else(WebError::not_found)
}

fn group(desk: &Desk<'_>, topic: PolicyTopic, policy: &TenantPolicy) -> PolicyGroup {
    let (now, usual) = (keys::shown(policy), keys::shown(&TenantPolicy::default()));
    let row = |(_, id, shape, choices): &(PolicyTopic, &str, PolicyShape, &[&str])| {
        let key = key_of(id);
        let value = |all: &std::collections::BTreeMap<String, String>| values(*shape, all.get(&key).map_or("", String::as_str));
        PolicyRow {
            id: (*id).to_owned(),
            shape: *shape,
            values: value(&now),
            default: value(&usual),
            choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
            bound: bound(&key, desk.bounds()),
            kept: desk.kept(&key),
            fixed: desk.fixed(&key),
        }
    };
    PolicyGroup { topic, rows: RULES.iter().filter(|rule| rule.0 == topic).map(row).collect() }
}

/// The key behind an id: the one whose dots and underscores look alike.
fn key_of(id: &str) -> String {
    let all = keys::shown(&TenantPolicy::default());
    all.into_keys().find(|key| key.replace('.', "_") == id).unwrap_or_default()
}

fn values(shape: PolicyShape, text: &str) -> Vec<String> {
    match shape {
        PolicyShape::Several | PolicyShape::Names => text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        PolicyShape::Choice | PolicyShape::Number | PolicyShape::Flag => vec![text.to_owned()],
    }
}

/// The operator's bound of a rule, in few signs.
fn bound(key: &str, bounds: &Bounds) -> Option<String> {
    match key {
        "password.min_length" => Some(format!("≥ {}", bounds.password_min_length)),
        "password.history" => Some(format!("≤ {}", bounds.password_history_most)),
        "password.max_age_days" => Some(format!("0, ≥ {}", bounds.password_max_age_days_least)),
        "lock.threshold" => Some(format!("≥ {}", bounds.lock_threshold_least)),
        "lock.duration_minutes" => Some(format!("≤ {}", bounds.lock_minutes_most)),
        "lock.inactivity_days" => Some(format!("0, ≥ {}", bounds.lock_inactivity_days_least)),
        _ => None,
    }
}

/// The form of a topic: shown with what it would do, and saved once that was confirmed.
pub async fn submit(desk: &Desk<'_>, word: &str, form: &Fields) -> Result<Response, WebError> {
    let topic = topic(word)?;
    let typed: Vec<(String, String)> = RULES
        .iter()
        .filter(|rule| rule.0 == topic && !desk.fixed(&key_of(rule.1)))
        .map(|rule| (key_of(rule.1), typed(rule, form)))
        .collect();
    let refuse = |fault: PolicyFault| {
        let group = group(desk, topic, &desk.tenant.policy);
        desk.below().refuse(&PolicyForm { here: desk.here.clone(), group: with_typed(group, &typed), fault: Some(fault) })
    };
    let after = match applied(&desk.tenant.policy, &typed) {
        Ok(after) => after,
        Err(fault) => return refuse(fault),
    };
    let fields = sent(form, topic);
    match decide(desk, &after, None, (word, fields), form).await? {
        Decided::Answer(answer) => Ok(answer),
        Decided::Refused(fault) => refuse(fault),
    }
}

/// All rules of a preset, as a starting point; what is the operator's stays when an administrator takes it.
pub async fn preset(desk: &Desk<'_>, form: &Fields) -> Result<Response, WebError> {
    let preset = Preset::parse(form.get("preset")).ok_or_else(WebError::bad_form)?;
    let rules = keys::shown(&preset.policy());
    let typed: Vec<(String, String)> = rules.into_iter().filter(|(key, _)| !desk.fixed(key)).collect();
    let after = match applied(&desk.tenant.policy, &typed) {
        Ok(after) => after,
        Err(fault) => return (desk.frame)().refuse(&listed(desk, Some(fault))),
    };
    let fields = vec![("preset".to_owned(), preset.as_str().to_owned())];
    match decide(desk, &after, Some(preset.as_str()), ("preset", fields), form).await? {
        Decided::Answer(answer) => Ok(answer),
        Decided::Refused(fault) => (desk.frame)().refuse(&listed(desk, Some(fault))),
    }
}

enum Decided {
    Answer(Response),
    Refused(PolicyFault),
}

async fn decide(
    desk: &Desk<'_>,
    after: &TenantPolicy,
    preset: Option<&str>,
    (word, fields): (&str, Vec<(String, String)>),
    form: &Fields,
) -> Result<Decided, WebError> {
    let app = &desk.inside.app;
    let back = |flash: Option<Flash>| {
        let done = flash.map_or_else(String::new, |flash| format!("?done={}", flash.key()));
        Decided::Answer(super::view::see_other(&format!("{}{done}", desk.here)))
    };
    if let Some((key, demand)) = crate::policy::rules::beyond(after, desk.bounds()).into_iter().next() {
        return Ok(Decided::Refused(refused(key, &demand)));
    }
    if form.get("confirmed") != "yes" {
        let preview = policies::preview(&app.store, desk.tenant, after, desk.inside.now).await?;
        if preview.changes.is_empty() {
            return Ok(back(None));
        }
        let content = PolicyPreview {
            here: desk.here.clone(),
            action: format!("{}/{word}", desk.here),
            changes: preview.changes.into_iter().map(changed).collect(),
            affected: preview.affected.into_iter().map(affected).collect(),
            fields,
        };
        return Ok(Decided::Answer(desk.below().show(&content)?));
    }
    let target = (&desk.tenant.id, desk.author);
    match policies::set(&change(desk.inside), desk.bounds(), target, after, preset).await? {
        PolicySet::Done(_) => {
            app.refresh().await.map_err(Failure::from)?;
            Ok(back(Some(Flash::Saved)))
        }
        PolicySet::Same => Ok(back(None)),
        PolicySet::Refused(key, demand) => Ok(Decided::Refused(refused(&key, &demand))),
        PolicySet::OperatorOnly(key) => Ok(Decided::Refused(PolicyFault { id: key.replace('.', "_"), demand: None })),
    }
}

/// What the form says about one rule. A box that is not ticked is not sent.
fn typed((_, id, shape, choices): &(PolicyTopic, &str, PolicyShape, &[&str]), form: &Fields) -> String {
    match shape {
        PolicyShape::Several => {
            let ticked = choices.iter().filter(|choice| form.get(&format!("{id}.{choice}")) == "yes");
            ticked.copied().collect::<Vec<_>>().join(",")
        }
        PolicyShape::Flag => (form.get(id) == "yes").to_string(),
        PolicyShape::Choice | PolicyShape::Number | PolicyShape::Names => form.get(id).trim().to_owned(),
    }
}

/// The form once more, for the page that asks whether it is meant.
fn sent(form: &Fields, topic: PolicyTopic) -> Vec<(String, String)> {
    let names = RULES.iter().filter(|rule| rule.0 == topic).flat_map(|(_, id, shape, choices)| match shape {
        PolicyShape::Several => choices.iter().map(|choice| format!("{id}.{choice}")).collect(),
        _ => vec![(*id).to_owned()],
    });
    names.filter(|name| !form.get(name).is_empty()).map(|name| (name.clone(), form.get(&name).to_owned())).collect()
}

/// The rules with everything that was typed. Some keys are only possible together, so what fails is tried once more
/// when the others are set.
fn applied(before: &TenantPolicy, typed: &[(String, String)]) -> Result<TenantPolicy, PolicyFault> {
    let mut policy = before.clone();
    let mut left: Vec<&(String, String)> = typed.iter().collect();
    loop {
        let mut failed = Vec::new();
        let mut first = None;
        for pair in &left {
            match keys::set(&policy, &pair.0, &pair.1) {
                Ok(after) => policy = after,
                Err(fault) => {
                    first.get_or_insert_with(|| told(&pair.0, fault));
                    failed.push(*pair);
                }
            }
        }
        match first {
            None => return Ok(policy),
            Some(fault) if failed.len() == left.len() => return Err(fault),
            Some(_) => left = failed,
        }
    }
}

fn told(key: &str, fault: KeyFault) -> PolicyFault {
    match fault {
        KeyFault::Demand(key, demand) => refused(&key, demand),
        KeyFault::Unknown | KeyFault::Value => PolicyFault { id: key.replace('.', "_"), demand: Some(PolicyDemand::Other) },
    }
}

/// A refusal of the rules in the reader's language.
fn refused(key: &str, demand: &str) -> PolicyFault {
    let demand = match key {
        "mfa.mode" => PolicyDemand::Strict { value: demand.split(' ').next().unwrap_or_default().to_owned() },
        "mfa.default" => PolicyDemand::Beginning,
        "mfa.methods" => PolicyDemand::Methods,
        "mfa.step_up_permissions" | "locations.exempt_scopes" => PolicyDemand::Names,
        _ => in_signs(demand).map_or(PolicyDemand::Other, |range| PolicyDemand::Number { range }),
    };
    PolicyFault { id: key.replace('.', "_"), demand: Some(demand) }
}

/// `8 to 64 characters` is `8 – 64`; `0, or 30 or more` is `0, ≥ 30`. None for what holds no number.
fn in_signs(demand: &str) -> Option<String> {
    let numbers: Vec<&str> = demand.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty()).collect();
    match (numbers.as_slice(), demand.ends_with("or more"), demand.ends_with("or fewer")) {
        ([one], true, _) => Some(format!("≥ {one}")),
        ([one], _, true) => Some(format!("≤ {one}")),
        ([none, least], true, _) => Some(format!("{none}, ≥ {least}")),
        ([least, most], ..) => Some(format!("{least} – {most}")),
        _ => None,
    }
}

/// What was typed stays in the form.
fn with_typed(mut group: PolicyGroup, typed: &[(String, String)]) -> PolicyGroup {
    for row in &mut group.rows {
        if let Some((_, text)) = typed.iter().find(|(key, _)| key.replace('.', "_") == row.id) {
            row.values = values(row.shape, text);
        }
    }
    group
}

fn changed((key, before, after): (String, String, String)) -> PolicyChange {
    let id = key.replace('.', "_");
    let shape = RULES.iter().find(|rule| rule.1 == id).map_or(PolicyShape::Names, |rule| rule.2);
    PolicyChange { before: values(shape, &before), after: values(shape, &after), id, shape }
}

fn affected(group: Affected) -> PolicyAffected {
    let what = match group.key {
        "mfa.mode" if group.what.starts_with("must") => PolicyEffect::MustEnrol,
        "mfa.mode" => PolicyEffect::NoLongerAsked,
        "mfa.email_satisfies" => PolicyEffect::MustEnrolApp,
        "password.max_age_days" => PolicyEffect::MustRenew,
        "lock.inactivity_days" => PolicyEffect::LockedAtOnce,
        _ => PolicyEffect::Other,
    };
    PolicyAffected { what, n: group.count, names: group.names }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_a_tenant_has_its_line_and_every_line_a_rule() {
        let mut lines: Vec<String> = RULES.iter().map(|rule| key_of(rule.1)).collect();
        lines.sort();

        assert_eq!(lines, keys::shown(&TenantPolicy::default()).into_keys().collect::<Vec<_>>());
    }

    #[test]
    fn keys_that_are_only_possible_together_are_taken_in_any_order() {
        let before = TenantPolicy::default();
        let typed = [("mfa.methods".to_owned(), "totp".to_owned()), ("mfa.default".to_owned(), "none".to_owned())];

        let after = applied(&before, &typed).expect("possible together");

        assert_eq!((after.mfa_methods.len(), after.mfa_default.as_str()), (1, "none"));
        assert!(applied(&before, &typed[..1]).is_err());
    }

    #[test]
    fn what_a_number_must_be_is_said_in_signs_that_every_language_has() {
        for (demand, signs) in [
            ("8 to 64 characters", Some("8 – 64")),
            ("0 (never) to 3650 days", Some("0 – 3650")),
            ("0, or 30 or more", Some("0, ≥ 30")),
            ("12 or more", Some("≥ 12")),
            ("5 or fewer", Some("≤ 5")),
            ("another value", None),
        ] {
            assert_eq!(in_signs(demand).as_deref(), signs, "{demand}");
        }
    }
}
