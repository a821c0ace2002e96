//! What the pages about one person share: finding the person here, and telling what was refused.
use axum::http::StatusCode;

use crate::model::{Membership, PersonId};
use crate::service::people::acting::{Acting, Refusal};
pub use crate::service::people::stranger::veiled;
use crate::store::Listed;
use crate::web::error::WebError;
use crate::web::extract::{TenantAdmin, rights};

/// The administrator of this request at work.
pub fn acting<N: rights::Needs>(admin: &TenantAdmin<N>) -> Acting<'_> {
    Acting { app: &admin.app, scope: &admin.scope, network: &admin.guest.visitor.network, now: admin.now }
}

/// The person of this tenant that an address names; unknown ones and those of other tenants are not there.
pub async fn find<N: rights::Needs>(admin: &TenantAdmin<N>, id: &str) -> Result<Listed, WebError> {
    let id = PersonId::from_text(id);
    let found = admin.app.store.read(async |r| r.listed(&admin.tenant.id, &id).await).await?;
    found.map(veiled).ok_or_else(WebError::not_found)
}

/// The sentence about a refusal, and the status of the answer. None where the thing is not there at all.
pub fn told(refusal: Refusal, target: Option<&Membership>) -> Option<(&'static str, StatusCode)> {
    let key = match refusal {
        Refusal::NotFound => return None,
        Refusal::Right(_) => "right",
        Refusal::Oneself => "oneself",
        Refusal::OfAnAdmin => "of_an_admin",
        Refusal::NotHeld => "not_held",
        Refusal::LastAdmin => "last_admin",
        Refusal::OtherHome => "other_home",
        Refusal::ByOperator => "by_operator",
        Refusal::Rules => "rules",
        Refusal::NoEmail => "no_email",
        Refusal::Invalid("locations", _) if target.is_some_and(|membership| membership.admin) => "limited_admin",
        Refusal::Invalid("locations", _) => "limited_several",
        Refusal::Meanwhile => "meanwhile",
        Refusal::NotNow | Refusal::AlreadyHere | Refusal::Taken(_) | Refusal::Invalid(..) => "not_now",
    };
    let status = if refusal.is_of_rights() { StatusCode::FORBIDDEN } else { StatusCode::UNPROCESSABLE_ENTITY };
    Some((key, status))
}
