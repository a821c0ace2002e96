//! `/admin/{tenant}/support`: letting operators in, and out again.
use axum::extract::Path;
use axum::response::Response;

use super::people::common::acting;
use crate::model::{PersonId, SupportGrant, SupportId};
use crate::pages::console::{AdminSupport, Flash, Moment, SupportRow};
use crate::service::people::acting::Refusal;
use crate::service::support;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, Query, TenantAdmin, rights};

type Admin = TenantAdmin<rights::Policies>;

/// So many are listed.
const LISTED: i64 = 20;

pub async fn show(admin: Admin, query: Query) -> Result<Response, WebError> {
    let content = content(&admin, "", None).await?;
    admin.page("support").done(&query).show(&content)
}

pub async fn grant(Fresh(admin): Fresh<Admin>, Checked(form): Checked) -> Result<Response, WebError> {
    let hours = form.get("hours").parse().unwrap_or(0);
    match support::grant(&acting(&admin), form.get("reason"), hours).await? {
        Ok(()) => Ok(admin.go("support", Some(Flash::Saved))),
        Err(Refusal::Invalid(field, _)) => {
            let content = content(&admin, form.get("reason"), Some(field)).await?;
            admin.page("support").refuse(&content)
        }
        Err(_) => Err(WebError::forbidden()),
    }
}

pub async fn end(Fresh(admin): Fresh<Admin>, Path((_, id)): Path<(String, String)>, _: Checked) -> Result<Response, WebError> {
    match support::end(&acting(&admin), &SupportId::from_text(id)).await? {
        Ok(()) => Ok(admin.go("support", Some(Flash::Saved))),
        Err(Refusal::NotFound) => Err(WebError::not_found()),
        Err(_) => Err(WebError::forbidden()),
    }
}

async fn content(admin: &Admin, reason: &str, fault: Option<&'static str>) -> Result<AdminSupport, WebError> {
    let rows: Vec<(SupportGrant, String)> = admin
        .app
        .store
        .read(async |r| {
            let mut rows = Vec::new();
            for grant in r.support_grants(&admin.tenant.id, LISTED).await? {
                let by = r.person(&grant.granted_by).await?.map_or_else(String::new, |person| person.name());
                rows.push((grant, by));
            }
            Ok(rows)
        })
        .await?;
    let row = |(grant, by): &(SupportGrant, String)| SupportRow {
        id: grant.id.to_string(),
        reason: grant.reason.clone(),
        by: if by.is_empty() { PersonId::as_str(&grant.granted_by).to_owned() } else { by.clone() },
        from: Moment::of(grant.created_at),
        until: Moment::of(grant.ended_at.unwrap_or(grant.expires_at)),
        open: grant.is_open(admin.now),
    };
    Ok(AdminSupport { rows: rows.iter().map(row).collect(), may: admin.scope.is_admin(), reason: reason.to_owned(), fault })
}
