//! `/admin/{tenant}/people`: everybody, searched and filtered, page by page (people.md S7, S8, C24).
use axum::response::Response;

use super::common::veiled;
use crate::model::{GroupId, LocationId, MembershipId, MembershipKind};
use crate::pages::console::{Choice, Moment, Pager, PeopleList, PersonLine, PersonStatus};
use crate::policy::status::{Standing, Status, StatusRules, status};
use crate::service::people::export::{list_limits, status_rules};
use crate::store::{Listed, PeopleFilter};
use crate::web::error::WebError;
use crate::web::extract::form::Fields;
use crate::web::extract::{Query, TenantAdmin, rights};
use crate::world::Timestamp;

/// People on a page.
const PAGE: usize = 50;
/// Locations that the filter offers; the others are found on their own page.
const LOCATIONS: usize = 100;

pub async fn show(admin: TenantAdmin<rights::People>, query: Query) -> Result<Response, WebError> {
    let tenant = &admin.tenant;
    let filter = filter(&query.0);
    let limits = list_limits(tenant, admin.now);
    let (mut people, groups, locations) = admin
        .app
        .store
        .read(async |r| {
            let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
            let people = r.people_of(&tenant.id, &filter, limits, limit, admin.now).await?;
            let locations = match tenant.policy.locations_enabled {
                true => r.locations_of(&tenant.id).await?,
                false => Vec::new(),
            };
            Ok((people, r.groups_of(&tenant.id).await?, locations))
        })
        .await?;
    let more = people.len() > PAGE;
    people.truncate(PAGE);
    let get = |name: &str| query.0.get(name).to_owned();
    let pager = Pager {
        first: filter.after.is_some().then(|| admin.path(&address(&query.0, None))),
        next: people.last().filter(|_| more).map(|last| admin.path(&address(&query.0, Some(last.membership.id.as_str())))),
    };
    let rules = status_rules(tenant);
    let people: Vec<Listed> = people.into_iter().map(veiled).collect();
    let content = PeopleList {
        people: people.iter().map(|listed| line(listed, &rules, admin.now)).collect(),
        pager,
        query: get("q"),
        status: filter.status.unwrap_or("").to_owned(),
        kind: filter.verified.map_or("", |is| if is { "verified" } else { "unverified" }).to_owned(),
        guest: filter.guest.map_or("", |is| if is { "yes" } else { "no" }).to_owned(),
        factor: filter.factor.unwrap_or("").to_owned(),
        group: get("group"),
        location: get("location"),
        groups: groups.into_iter().map(|group| Choice { value: group.id.to_string(), text: group.name }).collect(),
        locations: locations
            .into_iter()
            .take(LOCATIONS)
            .map(|location| Choice { value: location.id.to_string(), text: location.name })
            .collect(),
        export: admin.path(&address(&query.0, None).replacen("people", "people/export", 1)),
        narrowed: FILTERS.iter().any(|name| !query.0.get(name).is_empty()),
        creates: true,
    };
    admin.page("people").done(&query).show(&content)
}

const FILTERS: [&str; 7] = ["q", "status", "kind", "guest", "factor", "group", "location"];

/// What an address asks for.
pub fn filter(fields: &Fields) -> PeopleFilter {
    let one_of = |name: &str, known: &[&'static str]| known.iter().copied().find(|value| *value == fields.get(name));
    let some = |name: &str| Some(fields.get(name).to_owned()).filter(|text| !text.is_empty());
    let either = |name: &str, yes: &str, no: &str| match fields.get(name) {
        text if text == yes => Some(true),
        text if text == no => Some(false),
        _ => None,
    };
    PeopleFilter {
        search: fields.get("q").chars().take(100).collect(),
        status: one_of("status", &["not_invited", "invited", "active", "deactivated", "locked", "password_expired"]),
        verified: either("kind", "verified", "unverified"),
        guest: either("guest", "yes", "no"),
        factor: one_of("factor", &["none", "email", "totp", "passkey"]),
        group: some("group").map(GroupId::from_text),
        location: some("location").map(LocationId::from_text),
        after: some("after").map(MembershipId::from_text),
    }
}

/// The list's address with the same filters.
fn address(fields: &Fields, after: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for name in FILTERS {
        if !fields.get(name).is_empty() {
            query.append_pair(name, fields.get(name));
        }
    }
    if let Some(after) = after {
        query.append_pair("after", after);
    }
    let query = query.finish();
    if query.is_empty() { "people".to_owned() } else { format!("people?{query}") }
}

/// The one word about somebody (people.md S13 to S17).
pub fn word(listed: &Listed, rules: &StatusRules, now: Timestamp) -> Status {
    status(&Standing::of(&listed.person, &listed.membership, listed.invited), rules, now)
}

/// As the list shows it.
pub fn shown(status: Status) -> PersonStatus {
    match status {
        Status::NotInvited => PersonStatus::NotInvited,
        Status::LinkSent => PersonStatus::Invited,
        Status::Active => PersonStatus::Active,
        Status::Deactivated => PersonStatus::Deactivated,
        Status::LockedByFailures | Status::LockedByInactivity => PersonStatus::Locked,
        Status::PasswordExpired => PersonStatus::PasswordExpired,
    }
}

fn line(listed: &Listed, rules: &StatusRules, now: Timestamp) -> PersonLine {
    let status = word(listed, rules, now);
    let pending = matches!(status, Status::NotInvited | Status::LinkSent);
    PersonLine {
        id: listed.person.id.to_string(),
        name: listed.person.name(),
        handle: listed.person.handle().to_owned(),
        status: shown(status),
        pending,
        guest: listed.membership.kind == MembershipKind::Guest,
        unverified: listed.person.email.is_none(),
        admin: listed.membership.admin,
        factor: listed.person.second_factor.as_str(),
        seen: listed.membership.last_used_at.map(Moment::of),
        invites: pending,
    }
}
