//! `/account/invitations`: what waits for the person's word (people.md K40 to K42).
use axum::extract::Path;
use axum::response::Response;

use crate::model::InvitationId;
use crate::pages::console::{DeclineInvitation, Flash, Moment, OwnInvitation, OwnInvitations};
use crate::service::invitations::{Accepted, Opened, accept_signed_in};
use crate::service::own_invitations::{one, waiting};
use crate::service::people::inviting::decline;
use crate::web::error::WebError;
use crate::web::extract::{Account, Checked, Query};

const PAGE: &str = "invitations";

pub async fn show(account: Account, query: Query) -> Result<Response, WebError> {
    let content = list(&account, query.0.get("over") == "yes").await?;
    account.page(PAGE).done(&query).show(&content)
}

async fn list(account: &Account, over: bool) -> Result<OwnInvitations, WebError> {
    let waiting = waiting(&account.app, &account.person, account.now).await?;
    Ok(OwnInvitations { invitations: waiting.iter().map(shown).collect(), over })
}

fn shown(opened: &Opened) -> OwnInvitation {
    let tenant = &opened.tenant;
    OwnInvitation {
        id: opened.invitation.id.to_string(),
        tenant: tenant.display_name().to_owned(),
        number: tenant.number.clone(),
        logo: tenant.logo.as_ref().map(|_| format!("/brand/{}/logo", tenant.id)),
        until: Moment::of(opened.invitation.expires_at),
    }
}

/// From here on the person is in the tenant.
pub async fn accept(account: Account, Path(id): Path<String>, Checked(form): Checked) -> Result<Response, WebError> {
    if !form.has_only(&[]) {
        return Err(WebError::unknown_field());
    }
    let Some(opened) = find(&account, id).await? else { return Ok(over(&account)) };
    match accept_signed_in(&account.app, &opened, &account.guest.visitor, account.now).await? {
        Accepted::Yes => Ok(account.go("", Some(Flash::Joined))),
        Accepted::WithApp(_) | Accepted::WrongCode | Accepted::Refused(_) | Accepted::Over => Ok(over(&account)),
    }
}

pub async fn ask(account: Account, Path(id): Path<String>) -> Result<Response, WebError> {
    let Some(opened) = find(&account, id).await? else { return Ok(over(&account)) };
    let page = account.page(PAGE).crumb(opened.tenant.display_name(), account.path(PAGE));
    page.show(&DeclineInvitation { invitation: shown(&opened) })
}

pub async fn refuse(account: Account, Path(id): Path<String>, Checked(form): Checked) -> Result<Response, WebError> {
    if !form.has_only(&[]) {
        return Err(WebError::unknown_field());
    }
    let Some(opened) = find(&account, id).await? else { return Ok(over(&account)) };
    let network = &account.guest.visitor.network;
    match decline(&account.app, &account.person.id, &opened.invitation.id, network, account.now).await? {
        Ok(()) => Ok(account.go(PAGE, Some(Flash::Declined))),
        Err(_) => Ok(over(&account)),
    }
}

async fn find(account: &Account, id: String) -> Result<Option<Opened>, WebError> {
    Ok(one(&account.app, &account.person, &InvitationId::from_text(id), account.now).await?)
}

/// Answered in another window, withdrawn, expired, or somebody else's: all look alike.
fn over(account: &Account) -> Response {
    account.go(&format!("{PAGE}?over=yes"), None)
}
