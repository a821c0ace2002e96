//! `/admin/{tenant}/audit`: the tenant's audit log. `/admin/{tenant}/permissions`: what each group permits.
use std::collections::BTreeMap;

use axum::response::Response;

use crate::model::Email;
use crate::pages::console::{AuditLog, Choice, PermissionMatrix, PermissionRow};
use crate::policy::permission::Right;
use crate::store::AuditFilter;
use crate::web::error::WebError;
use crate::web::extract::{Query, TenantAdmin, rights};
use crate::web::log::{Before, Names, PAGE, cut, lines};
use crate::world::Timestamp;

pub async fn audit(admin: TenantAdmin<rights::Audit>, query: Query) -> Result<Response, WebError> {
    let field = |name: &str| query.0.get(name).trim().chars().take(254).collect::<String>();
    let (who, until) = (field("who"), field("until"));
    let kind = AuditLog::KINDS.into_iter().find(|kind| *kind == query.0.get("kind")).unwrap_or("");
    let before = Before::parse(query.0.get("before"));
    let place = before.as_ref().map(|before| (before.at, before.id.as_str()));
    let filter =
        AuditFilter { tenant: admin.tenant.id.clone(), who: named(&admin, &who).await?, kind: kind.to_owned(), until: end_of_day(&until) };
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut rows = admin.app.store.read(async |r| r.audit_of_tenant(&filter, place, limit).await).await?;
    let narrowed: Vec<(&str, &str)> =
        [("who", who.as_str()), ("kind", kind), ("until", until.as_str())].into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let mut address = admin.path("audit");
    for (n, (name, value)) in narrowed.into_iter().enumerate() {
        let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        address.push_str(&format!("{}{name}={value}", if n == 0 { '?' } else { '&' }));
    }
    let pager = cut(&mut rows, &address, before.is_none());
    let lines = lines(&admin.app, rows, Names::In(&admin.tenant.id)).await?;
    let kinds = AuditLog::KINDS.map(|kind| Choice { value: kind.to_owned(), text: kind.to_owned() }).to_vec();
    admin.page("audit").show(&AuditLog { lines, pager, who, kinds, kind: kind.to_owned(), until })
}

/// The id that somebody typed, or whose address it is. An address of nobody in this tenant finds nothing.
async fn named(admin: &TenantAdmin<rights::Audit>, who: &str) -> Result<String, WebError> {
    let Some(email) = Email::parse(who) else { return Ok(who.to_owned()) };
    let found = admin
        .app
        .store
        .read(async |r| {
            let Some(person) = r.person_by_email(&email).await? else { return Ok(None) };
            Ok(r.membership(&person.id, &admin.tenant.id).await?.map(|_| person.id))
        })
        .await?;
    Ok(found.map_or_else(|| who.to_owned(), |id| id.to_string()))
}

/// The first moment after a day, `2026-11-22`.
fn end_of_day(day: &str) -> Option<Timestamp> {
    let mut parts = day.splitn(3, '-');
    let (year, month, day) = (parts.next()?.parse().ok()?, parts.next()?.parse::<u8>().ok()?, parts.next()?.parse().ok()?);
    let date = time::Date::from_calendar_date(year, time::Month::try_from(month).ok()?, day).ok()?;
    Some(Timestamp::from_seconds(date.next_day()?.midnight().assume_utc().unix_timestamp()))
}

pub async fn permissions(admin: TenantAdmin) -> Result<Response, WebError> {
    let groups = admin.app.store.read(async |r| r.groups_of(&admin.tenant.id).await).await?;
    let given = groups.iter().flat_map(|group| &group.permissions).map(|permission| (permission.name.as_str(), permission.requires_2fa));
    // The flag of an administrator holds every right of ours and no permission of an application (people.md S3).
    let ours: BTreeMap<&str, bool> = Right::ALL.iter().map(|right| (right.as_str(), false)).collect();
    let mut all = ours.clone();
    all.extend(given);
    let rows = all
        .into_iter()
        .map(|(name, strong)| PermissionRow {
            name: name.to_owned(),
            strong,
            administrators: ours.contains_key(name),
            cells: groups.iter().map(|group| group.permissions.iter().any(|permission| permission.name == name)).collect(),
        })
        .collect();
    let groups = groups.into_iter().map(|group| group.name).collect();
    admin.page("permissions").show(&PermissionMatrix { groups, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_and_nonsense_is_no_day() {
        assert_eq!(end_of_day("1970-01-01"), Some(Timestamp::from_seconds(86_400)));
        for bad in ["", "1970", "1970-13-01", "1970-02-30", "x-y-z", "1970-01-01-01"] {
            assert_eq!(end_of_day(bad), None, "{bad}");
        }
    }
}
