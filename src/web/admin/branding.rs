//! `/admin/{tenant}/branding`: how a tenant shows itself (people.md S50, S51).
use axum::http::StatusCode;
use axum::response::Response;

use crate::pages::console::{Branding, BrandingFault, Flash, LogoFault};
use crate::pictures::PictureFault;
use crate::service::seen::Seen;
use crate::service::tenant_changes::{self, Look, TenantEdited};
use crate::service::{Failure, pictures};
use crate::web::error::WebError;
use crate::web::extract::{Checked, Query, TenantAdmin, Upload, rights};
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
        sender_name: admin.tenant.sender_name.clone().unwrap_or_default(),
        contact: admin.tenant.contact.clone().unwrap_or_default(),
        greeting: admin.tenant.greeting.clone().unwrap_or_default(),
        seen: tenant_changes::seen(&admin.tenant).as_text().to_owned(),
        logo: admin.tenant.logo.as_ref().map(|logo| format!("/brand/{}/logo?v={logo}", admin.tenant.id)),
        logo_fault: None,
        shared,
        fault: None,
    })
}

/// A new logo: whatever was uploaded is drawn anew (security.md L04).
pub async fn logo(admin: Admin, upload: Result<Upload, WebError>) -> Result<Response, WebError> {
    let kept = match upload {
        Ok(Upload::Here(_, file)) if file.is_empty() => return without_logo(&admin, LogoFault::None).await,
        Ok(Upload::Here(place, file)) => pictures::keep_logo(&admin.app, &change(&admin), &admin.tenant.id, (place, file)).await?,
        Ok(Upload::TooLarge) => Err(PictureFault::TooLarge),
        Err(WebError::Failure(failure)) if matches!(*failure, Failure::Busy) => return without_logo(&admin, LogoFault::Busy).await,
        Err(error) => return Err(error),
    };
    let fault = match kept {
        Ok(()) => return Ok(admin.go("branding", Some(Flash::Saved))),
        Err(PictureFault::Kind) => LogoFault::Kind,
        Err(PictureFault::Broken) => LogoFault::Broken,
        Err(PictureFault::TooLarge) => LogoFault::TooLarge,
    };
    without_logo(&admin, fault).await
}

async fn without_logo(admin: &Admin, fault: LogoFault) -> Result<Response, WebError> {
    let status = match fault {
        LogoFault::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        LogoFault::Busy => StatusCode::SERVICE_UNAVAILABLE,
        LogoFault::None | LogoFault::Kind | LogoFault::Broken => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let content = Branding { logo_fault: Some(fault), ..content(admin).await? };
    admin.page("branding").show_with(status, &content)
}

pub async fn remove_logo(admin: Admin, _: Checked) -> Result<Response, WebError> {
    pictures::remove_logo(&admin.app, &change(&admin), &admin.tenant.id).await?;
    Ok(admin.go("branding", Some(Flash::Removed)))
}

pub async fn save(admin: Admin, Checked(form): Checked) -> Result<Response, WebError> {
    let some = |name: &str| Some(form.get(name).trim()).filter(|text| !text.is_empty()).map(str::to_owned);
    // Name, number and slug are the operator's: what the form says of them is not looked at.
    let look = Look {
        alias: some("alias"),
        color: some("color"),
        sender_name: some("sender_name"),
        contact: some("contact"),
        greeting: some("greeting"),
    };
    let fault = match tenant_changes::brand(&change(&admin), &admin.tenant.id, &Seen::carried(form.get("seen")), look).await? {
        TenantEdited::Done(_) => {
            admin.app.refresh().await.map_err(Failure::from)?;
            return Ok(admin.go("branding", Some(Flash::Saved)));
        }
        TenantEdited::Unknown => return Err(WebError::not_found()),
        TenantEdited::Meanwhile => BrandingFault::Meanwhile,
        TenantEdited::Invalid("color", _) => BrandingFault::Color,
        TenantEdited::Invalid("sender_name", _) => BrandingFault::SenderName,
        TenantEdited::Invalid("contact", _) => BrandingFault::Contact,
        TenantEdited::Invalid("greeting", _) => BrandingFault::Greeting,
        TenantEdited::Invalid(..) | TenantEdited::NumberTaken | TenantEdited::SlugTaken => BrandingFault::Alias,
    };
    let typed = |name: &str| form.get(name).to_owned();
    let content = Branding {
        alias: typed("alias"),
        color: typed("color"),
        sender_name: typed("sender_name"),
        contact: typed("contact"),
        greeting: typed("greeting"),
        fault: Some(fault),
        ..content(&admin).await?
    };
    admin.page("branding").refuse(&content)
}
