//! `/operator/people/{id}`: one account with all its memberships.
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::{find, status, tenant_name, told};
use crate::model::{Departure, Membership, MembershipKind, MembershipState, Person, PersonState};
use crate::pages::console::{EverybodyPage, EverybodyPlace, EverybodyRefused, Flash, Moment, PersonDeed, PersonStatus};
use crate::service::everybody::{Barred, factor as factors};
use crate::web::error::WebError;
use crate::web::extract::{Operator, Query};
use crate::web::log::{Names, lines};

/// So much of what happened is told.
const ACTIVITY: i64 = 20;

pub async fn show(operator: Operator, Path(id): Path<String>, query: Query) -> Result<Response, WebError> {
    let person = find(&operator, &id).await?;
    let content = page(&operator, &person, None).await?;
    operator.page("people").under("people").done(&query).show(&content)
}

/// Back to the person's page after something was done; or the page with what was refused.
pub async fn finish(operator: &Operator, person: &Person, outcome: Result<(), Barred>, flash: Flash) -> Result<Response, WebError> {
    let Err(barred) = outcome else { return Ok(operator.go(&format!("people/{}", person.id), Some(flash))) };
    let (refused, status): (EverybodyRefused, StatusCode) = told(&operator.app, &barred).ok_or_else(WebError::not_found)?;
    let content = page(operator, person, Some(refused)).await?;
    operator.page("people").under("people").show_with(status, &content)
}

async fn page(operator: &Operator, person: &Person, refused: Option<EverybodyRefused>) -> Result<EverybodyPage, WebError> {
    let (id, now) = (&person.id, operator.now);
    let (memberships, sessions, codes_left, departure, rows) = operator
        .app
        .store
        .read(async |r| {
            let memberships = r.memberships_of(id).await?;
            let sessions = r.sessions_of(id, now).await?.len();
            let codes_left = r.recovery_codes_left(id).await?;
            let departure = r.departure(id).await?;
            Ok((memberships, sessions, codes_left, departure, r.audit_of_subject(id.as_str(), None, ACTIVITY).await?))
        })
        .await?;
    let status = status(person, now);
    let (reason, reason_at) = reason(person, status, departure.as_ref());
    let place = |membership: &Membership| place(operator, membership);
    Ok(EverybodyPage {
        id: id.to_string(),
        name: person.name(),
        email: person.email.as_ref().map_or_else(String::new, |email| email.as_str().to_owned()),
        email_verified: person.email_verified,
        username: person.username.as_ref().map_or_else(String::new, |name| name.as_str().to_owned()),
        status,
        reason,
        reason_at,
        operator: person.operator,
        oneself: *id == operator.person.id,
        created: Moment::of(person.created_at),
        seen: person.last_login_at.map(Moment::of),
        has_password: person.has_password,
        factor: person.second_factor.as_str(),
        codes_left,
        sessions,
        places: memberships.iter().filter(|m| m.state != MembershipState::Left).map(place).collect(),
        deeds: deeds(operator, person, status, &memberships, departure.as_ref()),
        lines: lines(&operator.app, rows, Names::All).await?,
        refused,
    })
}

fn place(operator: &Operator, membership: &Membership) -> EverybodyPlace {
    let number = operator.app.registered().tenants.get(&membership.tenant).map_or_else(String::new, |tenant| tenant.number.clone());
    EverybodyPlace {
        tenant_id: membership.tenant.to_string(),
        tenant: tenant_name(&operator.app, &membership.tenant),
        number,
        guest: membership.kind == MembershipKind::Guest,
        admin: membership.admin,
        state: membership.state.as_str(),
        seen: membership.last_used_at.map(Moment::of),
    }
}

/// Why an account stands as it stands, and the moment that belongs to it.
fn reason(person: &Person, status: PersonStatus, departure: Option<&Departure>) -> (&'static str, Option<Moment>) {
    match (departure, status) {
        (Some(departure), _) => ("leaving", Some(Moment::of(departure.due_at))),
        (None, PersonStatus::Deactivated) if person.disabled_by_operator => ("by_operator", None),
        (None, PersonStatus::Deactivated) => ("deactivated", None),
        (None, PersonStatus::Locked) => ("locked", person.lockout.paused_until.map(Moment::of)),
        (None, PersonStatus::Invited) => ("invited", None),
        (None, _) => ("active", None),
    }
}

/// What could be done now. Each is judged anew when it is done.
fn deeds(
    operator: &Operator,
    person: &Person,
    status: PersonStatus,
    memberships: &[Membership],
    departure: Option<&Departure>,
) -> Vec<PersonDeed> {
    if person.id == operator.person.id {
        return Vec::new();
    }
    let (leaving, off, active) = (departure.is_some(), status == PersonStatus::Deactivated, person.state == PersonState::Active);
    let strong = person.second_factor.is_on_a_device();
    let known = [
        ("unlock", status == PersonStatus::Locked),
        ("reset", active && person.has_password && person.email.is_some()),
        ("factor", active && strong && !person.operator && factors::is_the_operators(&operator.app, memberships)),
        ("merge", active && !person.operator),
        ("enable", off && !leaving),
        ("keep", leaving),
        ("disable", !(leaving || off && person.disabled_by_operator)),
        ("erase", !leaving && !person.operator),
    ];
    let grave = |key: &str| matches!(key, "disable" | "factor" | "erase");
    known.into_iter().filter(|(_, open)| *open).map(|(key, _)| PersonDeed { key, grave: grave(key) }).collect()
}
