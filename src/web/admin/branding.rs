//! `/admin/{tenant}/branding`: how a tenant shows itself (people.md S50, S51).
use axum::response::Response;

use crate::pages::console::{Branding, BrandingFault, Flash};
use crate::service::Failure;
use crate::service::tenant_changes::{self, TenantEdited};
use crate::service::tenants::NewTenant;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Query, TenantAdmin, rights};
use crate::web::operator::change;

type Admin = TenantAdmin<rights::Branding>;

pub async fn show(admin: Admin, query: Query) -> Result<Response, WebError> {
    let content = content(&admin).await?;
    admin.page("branding").done(&query).show(&content)
}

async fn content(admin: &Admin) -> Result<Branding, WebError> {
    let shared = admin.app.store.read(async |r| r.shares_people(&admin.tenant.id).await).await?;
    Ok(Branding {
        name: admin.tenant.name.clone(),
        number: admin.tenant.number.clone(),
        alias: admin.tenant.alias.clone().unwrap_or_default(),
        color: admin.tenant.color.clone().unwrap_or_default(),
        shared,
        fault: None,
    })
}

pub async fn save(admin: Admin, Checked(form): Checked) -> Result<Response, WebError> {
    let some = |name: &str| Some(form.get(name).trim()).filter(|text| !text.is_empty()).map(str::to_owned);
    // Name, number and slug are the operator's: what the form says of them is not looked at.
    let asked = NewTenant {
        number: admin.tenant.number.clone(),
        slug: admin.tenant.slug.clone(),
        name: admin.tenant.name.clone(),
        alias: some("alias"),
        color: some("color"),
        ..NewTenant::default()
    };
    let fault = match tenant_changes::edit(&change(&admin), &admin.tenant.id, asked).await? {
        TenantEdited::Done(_) => {
            admin.app.refresh().await.map_err(Failure::from)?;
            return Ok(admin.go("branding", Some(Flash::Saved)));
        }
        TenantEdited::Unknown => return Err(WebError::not_found()),
        TenantEdited::Invalid("color", _) => BrandingFault::Color,
        TenantEdited::Invalid(..) | TenantEdited::NumberTaken | TenantEdited::SlugTaken => BrandingFault::Alias,
    };
    let (alias, color) = (form.get("alias").to_owned(), form.get("color").to_owned());
    let content = Branding { alias, color, fault: Some(fault), ..content(&admin).await? };
    admin.page("branding").refuse(&content)
}
