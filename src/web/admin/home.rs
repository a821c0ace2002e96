//! `/admin`: which tenant? `/admin/{tenant}`: how it stands, and what somebody should look at.
use std::time::Duration;

use axum::response::{IntoResponse, Response};

use crate::pages::console::{AdminHome, Attention, AttentionKind, ChooseAdmin, OwnTenant, PersonStatus, StatusCount};
use crate::service::rights::Place;
use crate::web::account::home::own_tenant;
use crate::web::error::WebError;
use crate::web::extract::{Account, Query, TenantAdmin};
use crate::web::view;

/// Leads to the only tenant that the person may arrange, or asks which.
pub async fn choose(account: Account) -> Result<Response, WebError> {
    let open: Vec<&Place> = account.around.places.iter().filter(|place| place.administers).collect();
    match open.as_slice() {
        [] => Ok(WebError::forbidden().into_response()),
        [only] => Ok(account.guest.leave(view::see_other(&format!("/admin/{}", only.tenant.slug)), None)),
        several => {
            let mut tenants: Vec<OwnTenant> = several.iter().map(|place| own_tenant(place, None)).collect();
            tenants.sort_by_cached_key(|tenant| (tenant.name.to_lowercase(), tenant.number.clone()));
            account.page("").show(&ChooseAdmin { tenants })
        }
    }
}

pub async fn show(admin: TenantAdmin, query: Query) -> Result<Response, WebError> {
    let days = u64::from(admin.tenant.policy.lock_inactivity_days);
    let dormant_before = (days > 0).then(|| admin.now.minus(Duration::from_secs(days * 86_400)));
    let figures = admin.app.store.read(async |r| r.tenant_figures(&admin.tenant.id, dormant_before, admin.now).await).await?;
    let list = admin.find("people");
    let filtered = |filter: &str| list.as_ref().map(|list| format!("{list}?{filter}"));
    let attention = [
        (AttentionKind::Locked, figures.locked, "status=locked"),
        (AttentionKind::WithoutFactor, figures.without_factor, "factor=none"),
        (AttentionKind::Invited, figures.invited, "status=invited"),
    ];
    let people = [
        (PersonStatus::Active, figures.active, "status=active"),
        (PersonStatus::Invited, figures.invited, "status=invited"),
        (PersonStatus::Locked, figures.locked, "status=locked"),
        (PersonStatus::Deactivated, figures.deactivated, "status=deactivated"),
    ];
    let content = AdminHome {
        attention: attention
            .into_iter()
            .filter(|(_, n, _)| *n > 0)
            .map(|(kind, n, filter)| Attention { kind, n, href: filtered(filter) })
            .collect(),
        people: people
            .into_iter()
            .filter(|(status, n, _)| *n > 0 || *status == PersonStatus::Active)
            .map(|(status, n, filter)| StatusCount { status, n, href: filtered(filter) })
            .collect(),
        guests: figures.guests,
        list,
    };
    admin.page("overview").done(&query).show(&content)
}
