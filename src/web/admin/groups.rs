//! `/admin/{tenant}/groups`: what belongs together, and what it permits (people.md K3, K15, S10, S11).
use std::collections::BTreeSet;

use axum::extract::Path;
use axum::response::Response;

use super::people::common::{acting, told};
use crate::model::{Group, GroupId};
use crate::pages::console::{Choice, Discard, Flash, GroupLine, GroupList, GroupPage};
use crate::policy::permission::Right;
use crate::service::people::acting::{Outcome, Refusal};
use crate::service::people::groups;
use crate::service::seen::Seen;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, Query, TenantAdmin, rights};

type Admin = TenantAdmin<rights::Groups>;

pub async fn list(admin: Admin, query: Query) -> Result<Response, WebError> {
    let groups = groups::all(&acting(&admin)).await?;
    let line = |(group, members): (Group, i64)| GroupLine {
        editable: holds(&admin, &group),
        id: group.id.to_string(),
        permissions: group.permissions.len(),
        name: group.name,
        members,
    };
    let lists_people = admin.scope.may(Right::People);
    let content = GroupList { groups: groups.into_iter().map(line).collect(), matrix: admin.find("permissions"), lists_people };
    admin.page("groups").done(&query).show(&content)
}

pub async fn blank(admin: Admin) -> Result<Response, WebError> {
    admin.page("groups").under("groups").show(&new(String::new(), None))
}

fn new(name: String, fault: Option<&'static str>) -> GroupPage {
    GroupPage {
        id: None,
        seen: String::new(),
        name,
        title: String::new(),
        members: 0,
        permissions: Vec::new(),
        others: Vec::new(),
        self_join: false,
        self_leave: false,
        editable: true,
        fault,
        refused: None,
    }
}

pub async fn create(admin: Admin, Checked(fields): Checked) -> Result<Response, WebError> {
    let name = fields.get("name");
    let fault = match groups::create(&acting(&admin), name, &BTreeSet::new()).await? {
        Ok(id) => return Ok(admin.go(&format!("groups/{id}"), Some(Flash::Created))),
        Err(Refusal::Taken(_)) => "taken_name",
        Err(Refusal::Invalid(..)) => "name",
        Err(_) => return Err(WebError::forbidden()),
    };
    admin.page("groups").under("groups").refuse(&new(name.to_owned(), Some(fault)))
}

pub async fn show(admin: Admin, Path((_, id)): Path<(String, String)>, query: Query) -> Result<Response, WebError> {
    let group = find(&admin, &id).await?;
    let content = page(&admin, &group).await?;
    admin.page("groups").under("groups").done(&query).show(&content)
}

/// Name, and whether members come and go by themselves (people.md C13).
pub async fn save(admin: Admin, Path((_, id)): Path<(String, String)>, Checked(fields): Checked) -> Result<Response, WebError> {
    // What a group permits is changed one by one, and whose it is never (security.md I13).
    if !fields.has_only(&["seen", "name", "self_join", "self_leave"]) {
        return Err(WebError::unknown_field());
    }
    let group = find(&admin, &id).await?;
    let name = fields.get("name");
    let open = (fields.get("self_join") == "yes", fields.get("self_leave") == "yes");
    let shown = Seen::carried(fields.get("seen"));
    let (fault, refused) = match groups::edit(&acting(&admin), &group.id, &shown, name, open).await? {
        Err(Refusal::Taken(_)) => (Some("taken_name"), None),
        Err(Refusal::Invalid(..)) => (Some("name"), None),
        Err(Refusal::Meanwhile) => (None, Some("meanwhile")),
        outcome => return finish(&admin, &group, Ok(outcome)).await,
    };
    // What was typed stays; what others did since is in the list beside it, and what is sent next is compared with that.
    let now = page(&admin, &find(&admin, &id).await?).await?;
    let typed = GroupPage { name: name.to_owned(), self_join: open.0, self_leave: open.1, fault, refused, ..now };
    admin.page("groups").under("groups").refuse(&typed)
}

/// One permission more or less; nobody gives or takes what he does not hold (security.md I08).
pub async fn permission(
    Fresh(admin): Fresh<Admin>,
    Path((_, id, step)): Path<(String, String, String)>,
    Checked(fields): Checked,
) -> Result<Response, WebError> {
    let group = find(&admin, &id).await?;
    let permission = fields.get("permission");
    let outcome = match step.as_str() {
        "add" => groups::permit(&acting(&admin), &group.id, permission).await,
        "remove" => groups::forbid(&acting(&admin), &group.id, permission).await,
        _ => return Err(WebError::not_found()),
    };
    finish(&admin, &group, outcome).await
}

pub async fn ask_delete(admin: Admin, Path((_, id)): Path<(String, String)>) -> Result<Response, WebError> {
    let group = find(&admin, &id).await?;
    admin.page("groups").under("groups").show(&Discard { what: "group", list: admin.path("groups"), id, name: group.name })
}

pub async fn delete(Fresh(admin): Fresh<Admin>, Path((_, id)): Path<(String, String)>, _: Checked) -> Result<Response, WebError> {
    let group = find(&admin, &id).await?;
    match groups::delete(&acting(&admin), &group.id).await? {
        Ok(()) => Ok(admin.go("groups", Some(Flash::Removed))),
        refused => finish(&admin, &group, Ok(refused)).await,
    }
}

async fn finish(admin: &Admin, group: &Group, outcome: Outcome<()>) -> Result<Response, WebError> {
    match outcome? {
        Ok(()) => Ok(admin.go(&format!("groups/{}", group.id), Some(Flash::Saved))),
        Err(refusal) => {
            let (key, status) = told(refusal, None).ok_or_else(WebError::not_found)?;
            let now = find(admin, group.id.as_str()).await?;
            let content = GroupPage { refused: Some(key), ..page(admin, &now).await? };
            admin.page("groups").under("groups").show_with(status, &content)
        }
    }
}

async fn find(admin: &Admin, id: &str) -> Result<Group, WebError> {
    let id = GroupId::from_text(id);
    let found = admin.app.store.read(async |r| r.group(&admin.tenant.id, &id).await).await?;
    found.ok_or_else(WebError::not_found)
}

fn holds(admin: &Admin, group: &Group) -> bool {
    admin.scope.may_grant(group.permissions.iter().map(|permission| permission.name.as_str()))
}

async fn page(admin: &Admin, group: &Group) -> Result<GroupPage, WebError> {
    let (defined, sizes) = admin.app.store.read(async |r| Ok((r.permissions().await?, r.group_sizes(&admin.tenant.id).await?))).await?;
    let mut names: BTreeSet<String> = defined.into_iter().map(|permission| permission.name).collect();
    names.extend(Right::ALL.iter().map(|right| right.as_str().to_owned()));
    names.retain(|name| admin.scope.may_grant([name.as_str()]) && !group.permissions.iter().any(|own| own.name == *name));
    Ok(GroupPage {
        id: Some(group.id.to_string()),
        seen: groups::seen(group).as_text().to_owned(),
        name: group.name.clone(),
        title: group.name.clone(),
        members: sizes.iter().find(|(id, _)| *id == group.id).map_or(0, |(_, n)| *n),
        permissions: group.permissions.iter().map(|permission| permission.name.clone()).collect(),
        others: names.into_iter().map(|name| Choice { value: name.clone(), text: name }).collect(),
        self_join: group.self_join,
        self_leave: group.self_leave,
        editable: holds(admin, group),
        fault: None,
        refused: None,
    })
}
