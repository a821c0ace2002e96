//! `/admin/{tenant}/people/{id}`: one person from the administrator's point of view (people.md S12).
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::common::{acting, find, told};
use super::list::{shown, word};
use super::picture;
use crate::model::{GroupId, Locale, MembershipKind, MethodChange, Permission, ProfileField, Removal, SelfEdit};
use crate::pages::console::{Choice, DEEDS, Flash, Moment, PersonDeed, PersonEvent, PersonPage, PictureError};
use crate::policy::status::Status;
use crate::service::people::acting::{Outcome, Refusal};
use crate::service::people::export::status_rules;
use crate::service::people::{factors, groups, names};
use crate::service::support::STANDING;
use crate::store::{AuditRow, Listed};
use crate::web::error::WebError;
use crate::web::extract::{Checked, Query, TenantAdmin, rights};

/// So much of what happened is told.
const ACTIVITY: i64 = 12;

pub async fn show(admin: TenantAdmin<rights::People>, Path((_, id)): Path<(String, String)>, query: Query) -> Result<Response, WebError> {
    let listed = find(&admin, &id).await?;
    let content = page(&admin, &listed).await?;
    admin.page("people").under("people").done(&query).show(&content)
}

/// The names (people.md K9).
pub async fn rename(
    admin: TenantAdmin<rights::People>,
    Path((_, id)): Path<(String, String)>,
    Checked(fields): Checked,
) -> Result<Response, WebError> {
    // How somebody signs in, for one, is chosen while creating and never here (people.md K29, security.md I13). The
    // address is its owner's alone (people.md K10).
    if !fields.has_only(&["first_name", "last_name", "language"]) {
        return Err(if fields.get("email").is_empty() { WebError::unknown_field() } else { WebError::forbidden() });
    }
    let listed = find(&admin, &id).await?;
    let person = &listed.person;
    // A name that must not be changed is not in the form.
    let editable = &admin.tenant.policy.profile_admin_editable;
    let or = |field: ProfileField, name: &str, now: &str| match editable.contains(&field) {
        true => fields.get(name).to_owned(),
        false if fields.get(name).is_empty() => now.to_owned(),
        false => fields.get(name).to_owned(),
    };
    let first = or(ProfileField::FirstName, "first_name", &person.first_name);
    let last = or(ProfileField::LastName, "last_name", &person.last_name);
    let locale = Locale::parse(fields.get("language"));
    match names::edit(&acting(&admin), &person.id, (&first, &last), locale).await? {
        Err(Refusal::Invalid(field, _)) => {
            let content = PersonPage { first_name: first, last_name: last, wrong_name: Some(field), ..page(&admin, &listed).await? };
            admin.page("people").under("people").refuse(&content)
        }
        outcome => finish(&admin, listed, Ok(outcome), Flash::Saved).await,
    }
}

/// Into a group, or out of one (people.md K16).
pub async fn group(
    admin: TenantAdmin<rights::People>,
    Path((_, id, step)): Path<(String, String, String)>,
    Checked(fields): Checked,
) -> Result<Response, WebError> {
    let listed = find(&admin, &id).await?;
    let group = GroupId::from_text(fields.get("group"));
    let outcome = match step.as_str() {
        "add" => groups::add(&acting(&admin), &group, &listed.person.id).await,
        "remove" => groups::remove(&acting(&admin), &group, &listed.person.id).await,
        _ => return Err(WebError::not_found()),
    };
    finish(&admin, listed, outcome, Flash::Saved).await
}

/// Back to the person's page after something was done; or the page with what was refused.
pub async fn finish(admin: &TenantAdmin<rights::People>, listed: Listed, outcome: Outcome<()>, flash: Flash) -> Result<Response, WebError> {
    match outcome? {
        Ok(()) => Ok(admin.go(&format!("people/{}", listed.person.id), Some(flash))),
        Err(refusal) => {
            let (key, status) = told(refusal, Some(&listed.membership)).ok_or_else(WebError::not_found)?;
            refused(admin, listed, key, status).await
        }
    }
}

/// The person's page with the sentence about a refusal.
pub async fn refused(
    admin: &TenantAdmin<rights::People>,
    listed: Listed,
    key: &'static str,
    status: StatusCode,
) -> Result<Response, WebError> {
    let content = PersonPage { refused: Some(key), ..page(admin, &listed).await? };
    admin.page("people").under("people").show_with(status, &content)
}

/// The person's page with what is wrong with an uploaded picture.
pub async fn without_picture(
    admin: &TenantAdmin<rights::People>,
    listed: &Listed,
    error: PictureError,
    status: StatusCode,
) -> Result<Response, WebError> {
    let mut content = page(admin, listed).await?;
    if let Some(portrait) = &mut content.portrait {
        portrait.error = Some(error);
    }
    admin.page("people").under("people").show_with(status, &content)
}

async fn page(admin: &TenantAdmin<rights::People>, listed: &Listed) -> Result<PersonPage, WebError> {
    let (person, membership, policy) = (&listed.person, &listed.membership, &admin.tenant.policy);
    let (all, own, locations, activity) = admin
        .app
        .store
        .read(async |r| {
            let all = r.groups_of(&admin.tenant.id).await?;
            let own = r.groups_of_membership(&membership.id).await?;
            let locations = r.locations_of_membership(&membership.id).await?;
            Ok((all, own, locations, r.audit_about(&admin.tenant.id, person.id.as_str(), ACTIVITY).await?))
        })
        .await?;
    let (oneself, touches) = (admin.scope.is_self(&person.id), admin.scope.may_touch(membership) && !admin.scope.is_self(&person.id));
    // Operators whom the tenant let in change people's standing alone.
    let touches = touches && admin.scope.support().is_none();
    let at_home = touches && admin.scope.may_touch_credentials(membership, person);
    // people.md C6: about himself an administrator changes what is no right and no state, where the rules say so.
    let self_edit = policy.admin_self_edit == SelfEdit::NonPrivileged && admin.scope.is_home_of(membership, person);
    let edits = at_home || oneself && self_edit;
    let held = |permissions: &[Permission]| admin.scope.may_grant(permissions.iter().map(|p| p.name.as_str()));
    let others = all.into_iter().filter(|group| held(&group.permissions) && !own.iter().any(|mine| mine.id == group.id));
    let status = word(listed, &status_rules(&admin.tenant), admin.now);
    let (reason, reason_at) = reason(listed, status);
    Ok(PersonPage {
        id: person.id.to_string(),
        name: person.name(),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        email: person.email.as_ref().map_or_else(String::new, |email| email.as_str().to_owned()),
        email_verified: person.email_verified,
        username: person.username.as_ref().map_or_else(String::new, |name| name.as_str().to_owned()),
        status: shown(status),
        reason,
        reason_at,
        oneself,
        guest: membership.kind == MembershipKind::Guest,
        admin: membership.admin,
        since: Moment::of(membership.created_at),
        seen: membership.last_used_at.map(Moment::of),
        factor: listed.person.second_factor.as_str(),
        first_editable: edits && policy.profile_admin_editable.contains(&ProfileField::FirstName),
        last_editable: edits && policy.profile_admin_editable.contains(&ProfileField::LastName),
        portrait: picture::portrait_of(admin, listed).await?,
        language: person.locale.to_string(),
        language_editable: edits && policy.profile_admin_editable.contains(&ProfileField::Locale),
        other_groups: others.map(|group| Choice { value: group.id.to_string(), text: group.name }).collect(),
        groups: own.into_iter().map(|group| Choice { value: group.id.to_string(), text: group.name }).collect(),
        edits_groups: touches,
        locations_on: policy.locations_enabled,
        limited: membership.limited_to_locations,
        locations: locations.into_iter().map(|place| Choice { value: place.id.to_string(), text: place.name }).collect(),
        edits_locations: touches,
        api: membership.api_access,
        deeds: deeds(admin, listed, status),
        activity: activity.iter().map(event).collect(),
        refused: None,
        wrong_name: None,
    })
}

/// Why somebody stands as he stands, and the moment that belongs to it.
fn reason(listed: &Listed, status: Status) -> (&'static str, Option<Moment>) {
    let person = &listed.person;
    match status {
        Status::NotInvited => ("not_invited", None),
        Status::LinkSent => ("link_sent", None),
        Status::Active => ("active", None),
        Status::Deactivated if person.disabled_by_operator => ("by_operator", None),
        Status::Deactivated => ("deactivated", None),
        Status::LockedByFailures => ("locked_failures", person.lockout.paused_until.map(Moment::of)),
        Status::LockedByInactivity => ("locked_inactive", Some(Moment::of(listed.membership.idle_since()))),
        Status::PasswordExpired => ("password_expired", person.password_set_at.map(Moment::of)),
    }
}

/// What the one who asks could do now. Each is judged anew when it is done.
fn deeds(admin: &TenantAdmin<rights::People>, listed: &Listed, status: Status) -> Vec<PersonDeed> {
    let (person, membership) = (&listed.person, &listed.membership);
    if admin.scope.is_self(&person.id) || !admin.scope.may_touch(membership) {
        return Vec::new();
    }
    let at_home = admin.scope.may_touch_credentials(membership, person);
    let waits = matches!(status, Status::NotInvited | Status::LinkSent);
    let off = status == Status::Deactivated;
    let removable = admin.tenant.policy.user_removal != Removal::Disable || membership.kind == MembershipKind::Guest;
    let is_admin = admin.scope.is_admin();
    let open = |key: &str| match key {
        "invite" => waits,
        "withdraw" => status == Status::LinkSent,
        "unlock" => status == Status::LockedByFailures && at_home,
        "wake" => status == Status::LockedByInactivity,
        "reset" => {
            let on = matches!(status, Status::Active | Status::LockedByFailures | Status::LockedByInactivity | Status::PasswordExpired);
            let password = person.has_password || at_home && admin.tenant.policy.auth_method_change != MethodChange::Never;
            on && password && (person.email.is_some() || at_home)
        }
        "factor" => at_home && factors::resettable(&admin.tenant.policy, person),
        "convert" => at_home && person.email.is_none() && !off,
        "api-on" => at_home && is_admin && !membership.api_access && !off,
        "api-off" => at_home && is_admin && membership.api_access,
        "admin" => is_admin && !membership.admin && !off,
        "unadmin" => is_admin && membership.admin,
        "disable" => !off,
        "enable" => off && !person.disabled_by_operator,
        "remove" => removable,
        _ => false,
    };
    let open = |key: &str| open(key) && (admin.scope.support().is_none() || STANDING.contains(&key));
    let known = ["invite", "convert"].into_iter().map(|key| (key, false)).chain(DEEDS);
    known.filter(|(key, _)| open(key)).map(|(key, grave)| PersonDeed { key, grave }).collect()
}

/// A line of what happened. What has no sentence of its own shows its name.
fn event(row: &AuditRow) -> PersonEvent {
    const KNOWN: [(&str, &str); 28] = [
        ("person.create", "created"),
        ("person.invite", "invited"),
        ("person.link", "link"),
        ("invitation.accept", "accepted"),
        ("invitation.decline", "declined"),
        ("invitation.revoke", "withdrawn"),
        ("person.disable", "disabled"),
        ("person.enable", "enabled"),
        ("person.unlock", "unlocked"),
        ("member.wake", "woken"),
        ("member.make_admin", "made_admin"),
        ("member.unmake_admin", "unmade_admin"),
        ("member.api_access", "api_on"),
        ("member.no_api_access", "api_off"),
        ("member.locations", "locations"),
        ("member.add", "added"),
        ("member.remove", "removed"),
        ("member.leave", "left"),
        ("person.convert", "converted"),
        ("person.rename", "renamed"),
        ("person.picture", "picture"),
        ("group.add_member", "joined_group"),
        ("group.remove_member", "left_group"),
        ("group.join", "joined_group"),
        ("group.leave", "left_group"),
        ("recovery.link", "reset_link"),
        ("person.reset_factor", "factor_reset"),
        ("sign_in.password", "signed_in"),
    ];
    let key = KNOWN.iter().find(|(action, _)| *action == row.action).map_or("other", |(_, key)| *key);
    PersonEvent { at: Moment::of(row.at), key, action: row.action.clone(), refused: row.outcome.starts_with("refused") }
}
