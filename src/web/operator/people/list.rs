//! `/operator/people`: everybody, searched and filtered, page by page (people.md C24).
use axum::response::Response;

use super::super::lists::pager;
use super::{status, tenant_name};
use crate::model::{Membership, MembershipState, Person, PersonId, TenantId};
use crate::pages::console::{Everybody, EverybodyRow, Moment};
use crate::store::EverybodyFilter;
use crate::web::error::WebError;
use crate::web::extract::form::Fields;
use crate::web::extract::{Operator, Query};

/// People on a page.
const PAGE: usize = 50;
/// Tenants of somebody that the list names.
const NAMED: usize = 2;

pub async fn show(operator: Operator, query: Query) -> Result<Response, WebError> {
    let filter = filter(&operator, &query.0);
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut people: Vec<(Person, Vec<Membership>)> = operator
        .app
        .store
        .read(async |r| {
            let mut out = Vec::new();
            for person in r.everybody(&filter, limit, operator.now).await? {
                let memberships = r.memberships_of(&person.id).await?;
                out.push((person, memberships));
            }
            Ok(out)
        })
        .await?;
    let more = people.len() > PAGE;
    people.truncate(PAGE);
    let get = |name: &str| query.0.get(name).to_owned();
    let kept: Vec<(&str, &str)> = FILTERS.iter().map(|name| (*name, query.0.get(name))).collect();
    let next = people.last().filter(|_| more).map(|(last, _)| last.id.to_string());
    let content = Everybody {
        pager: pager("/operator/people", &kept, "after", query.0.get("after"), next),
        rows: people.iter().map(|(person, memberships)| row(&operator, person, memberships)).collect(),
        query: get("q"),
        state: filter.state.unwrap_or("").to_owned(),
        tenant: get("tenant"),
        factor: filter.factor.unwrap_or("").to_owned(),
        narrowed: kept.iter().any(|(_, value)| !value.is_empty()),
    };
    operator.page("people").done(&query).show(&content)
}

const FILTERS: [&str; 4] = ["q", "state", "tenant", "factor"];

fn filter(operator: &Operator, fields: &Fields) -> EverybodyFilter {
    let one_of = |name: &str, known: &[&'static str]| known.iter().copied().find(|value| *value == fields.get(name));
    let typed = fields.get("tenant").trim();
    let registered = operator.app.registered();
    let named = || registered.tenants.values().find(|tenant| tenant.is_called(typed)).map(|tenant| tenant.id.clone());
    EverybodyFilter {
        search: fields.get("q").chars().take(100).collect(),
        state: one_of("state", &["invited", "active", "deactivated", "locked"]),
        // A tenant that nobody knows has nobody in it.
        tenant: (!typed.is_empty()).then(|| named().unwrap_or_else(|| TenantId::from_text(typed))),
        factor: one_of("factor", &["none", "email", "totp", "passkey"]),
        after: Some(fields.get("after")).filter(|id| !id.is_empty()).map(PersonId::from_text),
    }
}

fn row(operator: &Operator, person: &Person, memberships: &[Membership]) -> EverybodyRow {
    let there: Vec<&Membership> = memberships.iter().filter(|m| m.state != MembershipState::Left).collect();
    EverybodyRow {
        id: person.id.to_string(),
        name: person.name(),
        handle: person.handle().to_owned(),
        status: status(person, operator.now),
        operator: person.operator,
        places: there.iter().take(NAMED).map(|m| tenant_name(&operator.app, &m.tenant)).collect(),
        more: there.len().saturating_sub(NAMED),
        factor: person.second_factor.as_str(),
        seen: person.last_login_at.map(Moment::of),
    }
}
