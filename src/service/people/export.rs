//! The people of a tenant as a table, as its administrators see them in the list. Writing it down leaves a line in the log.
use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;

use super::acting::{Acting, Deed, Outcome, Refusal};
use super::stranger::veiled;
use super::table::{Told, write};
use crate::model::{MembershipId, MembershipKind, Tenant};
use crate::policy::permission::Right;
use crate::policy::status::{Standing, Status, StatusRules, status};
use crate::store::{Listed, PeopleFilter, PeopleLimits, Read, StoreError};
use crate::world::Timestamp;

/// People that are read at once.
const PART: i64 = 1_000;

/// The rules by which a status is computed in this tenant.
pub fn status_rules(tenant: &Tenant) -> StatusRules {
    let days = |days: u32| (days > 0).then(|| Duration::from_secs(u64::from(days) * 86_400));
    StatusRules { inactivity: days(tenant.policy.lock_inactivity_days), password_max_age: days(tenant.policy.password_max_age_days) }
}

/// Since when somebody counts as gone here, or a password as too old.
pub fn list_limits(tenant: &Tenant, now: Timestamp) -> PeopleLimits {
    let rules = status_rules(tenant);
    PeopleLimits {
        dormant_before: rules.inactivity.map(|span| now.minus(span)),
        expired_before: rules.password_max_age.map(|span| now.minus(span)),
    }
}

/// Everybody whom the filter lets through, as text of RFC 4180.
pub async fn export(acting: &Acting<'_>, filter: PeopleFilter) -> Outcome<Vec<u8>> {
    let tenant = acting.house()?;
    if !acting.scope.may(Right::People) {
        return Ok(Err(Refusal::Right(Right::People)));
    }
    let people = acting.app.store.read(async |r| gather(acting, r, &tenant, filter).await).await?;
    let deed = Deed { rights: &[Right::People], action: "person.export", subject: "-" };
    let written = acting
        .attempt(deed, async |w| {
            acting.done(w, deed, json!({ "people": people.len() })).await?;
            Ok(Ok(()))
        })
        .await?;
    Ok(written.map(|()| write(&people)))
}

async fn gather(acting: &Acting<'_>, r: &mut Read, tenant: &Tenant, mut filter: PeopleFilter) -> Result<Vec<Told>, StoreError> {
    let mut groups: HashMap<MembershipId, Vec<String>> = HashMap::new();
    for (membership, name) in r.group_names_of(&tenant.id).await? {
        groups.entry(membership).or_default().push(name);
    }
    let mut locations: HashMap<MembershipId, Vec<String>> = HashMap::new();
    for (membership, name) in r.location_names_of(&tenant.id).await? {
        locations.entry(membership).or_default().push(name);
    }
    let (rules, limits) = (status_rules(tenant), list_limits(tenant, acting.now));
    let mut people = Vec::new();
    filter.after = None;
    loop {
        let part = r.people_of(&tenant.id, &filter, limits, PART, acting.now).await?;
        let whole = part.len();
        filter.after = part.last().map(|last| last.membership.id.clone());
        for listed in part {
            let id = listed.membership.id.clone();
            let own = |names: &mut HashMap<MembershipId, Vec<String>>| names.remove(&id).unwrap_or_default();
            let belongs = (own(&mut groups), own(&mut locations));
            people.push(told(&veiled(listed), belongs, &rules, acting.now));
        }
        if i64::try_from(whole).unwrap_or(0) < PART {
            return Ok(people);
        }
    }
}

fn told(listed: &Listed, (groups, locations): (Vec<String>, Vec<String>), rules: &StatusRules, now: Timestamp) -> Told {
    let (person, membership) = (&listed.person, &listed.membership);
    Told {
        email: person.email.as_ref().map_or_else(String::new, |email| email.as_str().to_owned()),
        // Of an invited stranger the address is known and no name.
        first_name: if listed.stranger { String::new() } else { person.first_name.clone() },
        last_name: person.last_name.clone(),
        language: if listed.stranger { String::new() } else { person.locale.to_string() },
        groups,
        locations,
        user_name: person.username.as_ref().map_or_else(String::new, |name| name.as_str().to_owned()),
        status: match status(&Standing::of(person, membership, listed.invited), rules, now) {
            Status::NotInvited => "not_invited",
            Status::LinkSent => "invited",
            Status::Active => "active",
            Status::Deactivated => "deactivated",
            Status::LockedByFailures | Status::LockedByInactivity => "locked",
            Status::PasswordExpired => "password_expired",
        },
        belongs: match membership.kind {
            MembershipKind::Home => "home",
            MembershipKind::Guest => "guest",
        },
        second_factor: person.second_factor.as_str(),
        administrator: membership.admin,
        api_access: membership.api_access,
        since: day(Some(membership.created_at)),
        last_here: day(membership.last_used_at),
    }
}

/// `2026-11-22`, in UTC; empty for never.
fn day(at: Option<Timestamp>) -> String {
    let date = at.and_then(|at| time::OffsetDateTime::from_unix_timestamp(at.seconds()).ok()).map(time::OffsetDateTime::date);
    date.map_or_else(String::new, |date| format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day()))
}
