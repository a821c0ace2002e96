//! `/account/groups`: the person's groups in the tenant at hand (people.md K46, K47).
use axum::extract::Path;
use axum::response::{IntoResponse, Response};

use crate::model::{Group, GroupId, TenantId};
use crate::pages::console::{Flash, GroupTenant, OwnGroup, OwnGroups};
use crate::service::own_groups;
use crate::service::people::acting::Refusal;
use crate::service::people::groups::{Step, step};
use crate::web::error::WebError;
use crate::web::extract::{Account, Checked, Query};

const PAGE: &str = "groups";

pub async fn show(account: Account, query: Query) -> Result<Response, WebError> {
    let Some(place) = account.around.at_hand() else {
        let content = OwnGroups { tenant: None, several: false, own: Vec::new(), open: Vec::new() };
        return account.page(PAGE).show(&content);
    };
    let groups = own_groups::of(&account.app, place).await?;
    let content = OwnGroups {
        tenant: Some(GroupTenant { id: place.tenant.id.to_string(), name: place.tenant.display_name().to_owned() }),
        several: account.around.places.len() > 1,
        own: groups.own.into_iter().map(|(group, may)| shown(group, may)).collect(),
        open: groups.open.into_iter().map(|group| shown(group, true)).collect(),
    };
    account.page(PAGE).done(&query).show(&content)
}

fn shown(group: Group, may: bool) -> OwnGroup {
    OwnGroup {
        id: group.id.to_string(),
        name: group.name,
        permissions: group.permissions.into_iter().map(|permission| permission.name).collect(),
        may,
    }
}

pub async fn join(account: Account, id: Path<String>, form: Checked) -> Result<Response, WebError> {
    change(&account, id, form, Step::Join).await
}

pub async fn leave(account: Account, id: Path<String>, form: Checked) -> Result<Response, WebError> {
    change(&account, id, form, Step::Leave).await
}

/// The form names its tenant, so that another tab that chose another one meanwhile changes nothing here.
async fn change(account: &Account, Path(id): Path<String>, Checked(form): Checked, what: Step) -> Result<Response, WebError> {
    if !form.has_only(&["tenant"]) {
        return Err(WebError::unknown_field());
    }
    let (tenant, group) = (TenantId::from_text(form.get("tenant")), GroupId::from_text(id));
    if !account.around.places.iter().any(|place| place.tenant.id == tenant) {
        return Err(WebError::not_found());
    }
    let network = &account.guest.visitor.network;
    match step(&account.app, &account.person.id, (&tenant, &group), what, network, account.now).await? {
        Ok(()) if what == Step::Join => Ok(account.go(PAGE, Some(Flash::GroupJoined))),
        Ok(()) => Ok(account.go(PAGE, Some(Flash::GroupLeft))),
        // Done already, in another window.
        Err(Refusal::NotNow) => Ok(account.go(PAGE, None)),
        Err(Refusal::NotFound) => Err(WebError::not_found()),
        Err(_) => Ok(WebError::forbidden().into_response()),
    }
}
