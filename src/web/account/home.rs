//! `/account`: the person's own account at a glance.
use axum::response::Response;

use super::security::shown;
use crate::model::{MembershipKind, TenantId};
use crate::pages::console::{AccountHome, OwnTenant};
use crate::service::rights::Place;
use crate::web::error::WebError;
use crate::web::extract::{Account, Query};

pub async fn show(account: Account, query: Query) -> Result<Response, WebError> {
    let content = AccountHome {
        name: account.person.name(),
        email: account.person.email.as_ref().map(|email| email.as_str().to_owned()),
        factor: shown(account.person.second_factor),
        tenants: account.around.places.iter().map(|place| own_tenant(place, None)).collect(),
    };
    account.page("overview").done(&query).show(&content)
}

/// A tenant as the person's own pages show it. `chosen`: the one that this session remembers.
pub fn own_tenant(place: &Place, chosen: Option<&TenantId>) -> OwnTenant {
    OwnTenant {
        id: place.tenant.id.to_string(),
        name: place.tenant.display_name().to_owned(),
        number: place.tenant.number.clone(),
        logo: place.tenant.logo.as_ref().map(|_| format!("/brand/{}/logo", place.tenant.id)),
        guest: place.membership.kind == MembershipKind::Guest,
        admin: place.administers.then(|| format!("/admin/{}", place.tenant.slug)),
        chosen: chosen == Some(&place.tenant.id),
    }
}
