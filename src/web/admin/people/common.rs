//! What the pages about one person share: finding the person here, and telling what was refused.
use axum::http::StatusCode;

use crate::model::{FactorKind, Lockout, Membership, PersonId, PersonState};
use crate::service::people::acting::{Acting, Refusal};
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

/// Of somebody who has an account already and was only invited, the address that the inviter typed is shown and nothing
/// else: whose it is, and how it stands, is told by accepting (security.md I11).
pub fn veiled(mut listed: Listed) -> Listed {
    let person = &mut listed.person;
    let has_account = person.has_password || person.last_login_at.is_some();
    if !listed.joined && has_account {
        person.first_name = person.handle().to_owned();
        person.last_name = String::new();
        person.email_verified = false;
        person.state = PersonState::Active;
        person.second_factor = FactorKind::None;
        person.lockout = Lockout::default();
        person.password_set_at = None;
    }
    listed
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
        Refusal::NotNow | Refusal::AlreadyHere | Refusal::Taken(_) | Refusal::Invalid(..) => "not_now",
    };
    let status = if refusal.is_of_rights() { StatusCode::FORBIDDEN } else { StatusCode::UNPROCESSABLE_ENTITY };
    Some((key, status))
}
