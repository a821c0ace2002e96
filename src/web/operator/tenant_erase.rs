//! `/operator/tenants/{id}/erase`: a tenant ends for good, confirmed by typing its short name.
use axum::extract::Path;
use axum::response::Response;

use super::change;
use super::tenants::find;
use crate::model::Tenant;
use crate::pages::console::{Flash, TenantErase};
use crate::service::Failure;
use crate::service::tenant_ending::{Ordered, order};
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, Operator};

pub async fn ask(operator: Operator, Path(id): Path<String>) -> Result<Response, WebError> {
    let tenant = find(&operator, &id).await?;
    let above = operator.path(&format!("tenants/{}", tenant.id));
    operator.page("tenants").crumb(tenant.display_name(), above).show(&content(&tenant, "", None))
}

pub async fn erase(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, Checked(form): Checked) -> Result<Response, WebError> {
    let tenant = find(&operator, &id).await?;
    let typed = form.get("typed");
    let fault = if typed.trim().to_lowercase() == tenant.slug {
        match order(&change(&operator), &tenant.id).await? {
            Ordered::Done => {
                operator.app.refresh().await.map_err(Failure::from)?;
                operator.app.logouts.bell.notify_one();
                return Ok(operator.go("tenants", Some(Flash::Removed)));
            }
            Ordered::Unknown => return Err(WebError::not_found()),
            Ordered::StillActive => "active",
        }
    } else {
        "differs"
    };
    let above = operator.path(&format!("tenants/{}", tenant.id));
    operator.page("tenants").crumb(tenant.display_name(), above).refuse(&content(&tenant, typed, Some(fault)))
}

fn content(tenant: &Tenant, typed: &str, fault: Option<&'static str>) -> TenantErase {
    TenantErase {
        id: tenant.id.to_string(),
        name: tenant.display_name().to_owned(),
        slug: tenant.slug.clone(),
        days: tenant.policy.user_retention_days,
        typed: typed.to_owned(),
        fault,
    }
}
