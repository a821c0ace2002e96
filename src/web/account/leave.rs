//! `/account/tenants/{tenant}/leave`: asks, and then ends the membership (people.md K45).
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use crate::model::MembershipKind;
use crate::pages::console::{Flash, Hindrance, LeaveTenant};
use crate::service::people::acting::Refusal;
use crate::service::people::leaving::leave;
use crate::service::rights::Place;
use crate::web::error::WebError;
use crate::web::extract::{Account, Checked, Fresh};

pub async fn ask(Fresh(account): Fresh<Account>, Path(tenant): Path<String>) -> Result<Response, WebError> {
    let place = place(&account, &tenant)?;
    let hindrance = hindrance(&account, place).await?;
    show(&account, place, hindrance, StatusCode::OK)
}

pub async fn submit(Fresh(account): Fresh<Account>, Path(tenant): Path<String>, Checked(form): Checked) -> Result<Response, WebError> {
    if !form.has_only(&[]) {
        return Err(WebError::unknown_field());
    }
    let place = place(&account, &tenant)?;
    let network = &account.guest.visitor.network;
    let hindrance = match leave(&account.app, &account.person.id, &place.tenant.id, network, account.now).await? {
        Ok(()) => return Ok(account.go("", Some(Flash::Left))),
        Err(Refusal::LastAdmin) => Hindrance::LastAdmin,
        Err(Refusal::Rules) => Hindrance::Home,
        Err(_) => return Err(WebError::not_found()),
    };
    show(&account, place, Some(hindrance), StatusCode::CONFLICT)
}

/// The person's place in the tenant that the path names, by id or handle.
fn place<'a>(account: &'a Account, handle: &str) -> Result<&'a Place, WebError> {
    let called = |place: &&Place| place.tenant.id.as_str() == handle || place.tenant.slug == handle;
    account.around.places.iter().find(called).ok_or_else(WebError::not_found)
}

/// What the page says beforehand; leaving itself decides again.
async fn hindrance(account: &Account, place: &Place) -> Result<Option<Hindrance>, WebError> {
    let membership = &place.membership;
    if membership.kind == MembershipKind::Home {
        return Ok(Some(Hindrance::Home));
    }
    let alone = membership.admin && !account.app.store.read(async |r| r.has_other_admin(&membership.tenant, &membership.id).await).await?;
    Ok(alone.then_some(Hindrance::LastAdmin))
}

fn show(account: &Account, place: &Place, hindrance: Option<Hindrance>, status: StatusCode) -> Result<Response, WebError> {
    let content = LeaveTenant {
        id: place.tenant.id.to_string(),
        name: place.tenant.display_name().to_owned(),
        number: place.tenant.number.clone(),
        hindrance,
    };
    account.page("overview").show_with(status, &content)
}
