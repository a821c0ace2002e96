//! `/operator/people/{id}/merge`: another account of the same human becomes part of this one (people.md S47).
use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::deed::below;
use super::person::finish;
use super::{find, operating, tenant_name, told};
use crate::model::{Person, PersonId, TenantId};
use crate::pages::console::{EverybodyMerge, EverybodyRefused, Flash, MergeConflict, MergePlace, MergeView};
use crate::service::everybody::Barred;
use crate::service::everybody::merging::{Keep, Place, Plan, merge, plan};
use crate::web::error::WebError;
use crate::web::extract::form::Fields;
use crate::web::extract::{Checked, Fresh, Operator, Query};

pub async fn show(operator: Operator, Path(id): Path<String>, query: Query) -> Result<Response, WebError> {
    let person = find(&operator, &id).await?;
    let typed: String = query.0.get("other").trim().chars().take(254).collect();
    if typed.is_empty() {
        return below(&operator, &person).show(&content(&person, typed, None, None));
    }
    let found = match called(&operator, &typed).await? {
        Some(other) => plan(&operating(&operator), &person.id, &other).await?,
        None => Err(Barred::NoOther),
    };
    match found {
        Ok(found) => {
            let view = view(&operator, &found, &Fields::default());
            below(&operator, &person).show(&content(&person, typed, Some(view), None))
        }
        Err(barred) => refuse(&operator, &person, typed, None, &barred),
    }
}

pub async fn submit(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, Checked(form): Checked) -> Result<Response, WebError> {
    let person = find(&operator, &id).await?;
    let other = PersonId::from_text(form.get("other"));
    let planned = match plan(&operating(&operator), &person.id, &other).await? {
        Ok(planned) => planned,
        Err(barred) => return refuse(&operator, &person, other.to_string(), None, &barred),
    };
    let choices: BTreeMap<TenantId, Keep> = planned
        .conflicts
        .iter()
        .filter_map(|(mine, _)| Some((mine.membership.tenant.clone(), keep(&form, &mine.membership.tenant)?)))
        .collect();
    match merge(&operating(&operator), &person.id, &other, &choices).await? {
        Ok(()) => finish(&operator, &person, Ok(()), Flash::Saved).await,
        Err(barred) => {
            let view = view(&operator, &planned, &form);
            refuse(&operator, &person, other.to_string(), Some(view), &barred)
        }
    }
}

fn keep(form: &Fields, tenant: &TenantId) -> Option<Keep> {
    match form.get(&format!("keep.{tenant}")) {
        "mine" => Some(Keep::Mine),
        "theirs" => Some(Keep::Theirs),
        _ => None,
    }
}

/// Whom somebody means, if it is clear.
async fn called(operator: &Operator, typed: &str) -> Result<Option<PersonId>, WebError> {
    let mut found = operator.app.store.read(async |r| r.people_called(typed).await).await?;
    let only = found.pop().filter(|_| found.is_empty());
    Ok(only)
}

fn refuse(operator: &Operator, person: &Person, typed: String, plan: Option<MergeView>, barred: &Barred) -> Result<Response, WebError> {
    let (refused, status): (EverybodyRefused, StatusCode) = told(&operator.app, barred).ok_or_else(WebError::not_found)?;
    below(operator, person).show_with(status, &content(person, typed, plan, Some(refused)))
}

fn content(person: &Person, typed: String, plan: Option<MergeView>, refused: Option<EverybodyRefused>) -> EverybodyMerge {
    EverybodyMerge { id: person.id.to_string(), name: person.name(), handle: person.handle().to_owned(), typed, plan, refused }
}

fn view(operator: &Operator, plan: &Plan, form: &Fields) -> MergeView {
    let name = |id: &TenantId| tenant_name(&operator.app, id);
    let place = |place: &Place, loses_api: bool| MergePlace {
        tenant: name(&place.membership.tenant),
        state: place.membership.state.as_str(),
        admin: place.membership.admin,
        api: place.membership.api_access,
        loses_api,
        groups: place.groups.clone(),
        locations: place.membership.limited_to_locations.then_some(place.locations.len()),
    };
    let conflict = |(mine, theirs): &(Place, Place)| MergeConflict {
        tenant_id: mine.membership.tenant.to_string(),
        chosen: form.get(&format!("keep.{}", mine.membership.tenant)).to_owned(),
        mine: place(mine, false),
        theirs: place(theirs, false),
    };
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    MergeView {
        id: plan.other.id.to_string(),
        name: plan.other.name(),
        handle: plan.other.handle().to_owned(),
        moves: plan.moves.iter().map(|(moved, loses_api)| place(moved, *loses_api)).collect(),
        conflicts: plan.conflicts.iter().map(conflict).collect(),
        same: plan.same.iter().map(name).collect(),
        open: plan.open.iter().map(|membership| name(&membership.tenant)).collect(),
        consents: number(plan.consents),
        sessions: number(plan.sessions),
    }
}
