//! `/operator/tenants/{id}/administrators`: who arranges a tenant, and inviting the first one (people.md S3).
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::super::admin::people::list::{shown, word};
use super::tenants::find;
use crate::model::{IdentifierMode, Locale, MembershipState, PersonId, Tenant, TenantState};
use crate::pages::console::{AdministratorFault, AdministratorForm, AdministratorRow, Administrators, Flash, NamedPerson, PersonStatus};
use crate::policy::permission::TenantScope;
use crate::service::people::acting::{Acting, Refusal};
use crate::service::people::export::status_rules;
use crate::service::people::founding::{self, Founded, NewAdmin};
use crate::store::Listed;
use crate::web::error::WebError;
use crate::web::extract::form::Fields;
use crate::web::extract::{Checked, Fresh, Operator, Query};
use crate::world::Timestamp;

pub async fn show(operator: Operator, Path(id): Path<String>, query: Query) -> Result<Response, WebError> {
    let tenant = find(&operator, &id).await?;
    let form = AdministratorForm { language: operator.guest.visitor.locale.to_string(), ..AdministratorForm::default() };
    let content = content(&operator, &tenant, form).await?;
    let above = operator.path(&format!("tenants/{}", tenant.id));
    operator.page("tenants").crumb(tenant.display_name(), above).done(&query).show(&content)
}

pub async fn invite(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, Checked(fields): Checked) -> Result<Response, WebError> {
    let tenant = find(&operator, &id).await?;
    let form = typed(&fields);
    let Some(scope) = founding::scope(&operator.person, &tenant) else {
        return refuse(&operator, &tenant, form, (AdministratorFault::Disabled, None)).await;
    };
    let fault = match founding::invite(&acting(&operator, &scope), wanted(&form, &tenant)).await? {
        Founded::Invited(created) => {
            let flash = if created.state == MembershipState::Invited { Flash::Invited } else { Flash::Saved };
            return Ok(operator.go(&format!("tenants/{}/administrators", tenant.id), Some(flash)));
        }
        Founded::Member(person) => {
            let member = NamedPerson { name: person.name(), id: person.id.to_string() };
            (AdministratorFault::Member, Some(member))
        }
        Founded::AlreadyAdmin => (AdministratorFault::AlreadyAdmin, None),
        Founded::Refused(refusal) => (said(refusal)?, None),
    };
    refuse(&operator, &tenant, form, fault).await
}

/// Sends a letter again, withdraws a link, or makes an administrator of somebody who belongs here.
pub async fn act(
    Fresh(operator): Fresh<Operator>,
    Path((id, deed)): Path<(String, String)>,
    Checked(fields): Checked,
) -> Result<Response, WebError> {
    let tenant = find(&operator, &id).await?;
    let form = AdministratorForm { language: operator.guest.visitor.locale.to_string(), ..AdministratorForm::default() };
    let Some(scope) = founding::scope(&operator.person, &tenant) else {
        return refuse(&operator, &tenant, form, (AdministratorFault::Disabled, None)).await;
    };
    let (acting, person) = (acting(&operator, &scope), PersonId::from_text(fields.get("person")));
    let (outcome, flash) = match deed.as_str() {
        "resend" => (founding::resend(&acting, &person).await?.map(|_| ()), Flash::Invited),
        "withdraw" => (founding::withdraw(&acting, &person).await?, Flash::Saved),
        "promote" => (founding::promote(&acting, &person).await?, Flash::Saved),
        _ => return Err(WebError::not_found()),
    };
    match outcome {
        Ok(()) => Ok(operator.go(&format!("tenants/{}/administrators", tenant.id), Some(flash))),
        Err(refusal) => refuse(&operator, &tenant, form, (said(refusal)?, None)).await,
    }
}

pub(super) fn acting<'a>(operator: &'a Operator, scope: &'a TenantScope) -> Acting<'a> {
    Acting { app: &operator.app, scope, network: &operator.guest.visitor.network, now: operator.now }
}

fn typed(fields: &Fields) -> AdministratorForm {
    let get = |name: &str| fields.get(name).to_owned();
    AdministratorForm {
        email: get("email"),
        username: get("username"),
        first_name: get("first_name"),
        last_name: get("last_name"),
        language: get("language"),
    }
}

fn wanted(form: &AdministratorForm, tenant: &Tenant) -> NewAdmin {
    let named = tenant.policy.identifier_mode != IdentifierMode::Email;
    NewAdmin {
        email: form.email.clone(),
        username: Some(form.username.trim().to_owned()).filter(|name| named && !name.is_empty()),
        first_name: form.first_name.clone(),
        last_name: form.last_name.clone(),
        locale: Locale::parse(&form.language).unwrap_or(Locale::En),
    }
}

/// The sentence about a refusal. Not there: as everywhere.
fn said(refusal: Refusal) -> Result<AdministratorFault, WebError> {
    Ok(match refusal {
        Refusal::NotFound => return Err(WebError::not_found()),
        Refusal::Right(_) => return Err(WebError::forbidden()),
        Refusal::Invalid("email", _) => AdministratorFault::Email,
        Refusal::Invalid("first_name", _) => AdministratorFault::FirstName,
        Refusal::Invalid("last_name", _) => AdministratorFault::LastName,
        Refusal::Invalid("username", _) => AdministratorFault::Username,
        Refusal::Invalid(..) => AdministratorFault::Limited,
        Refusal::Taken("username") => AdministratorFault::UsernameTaken,
        Refusal::Taken(_) | Refusal::AlreadyHere => AdministratorFault::AlreadyAdmin,
        Refusal::Oneself => AdministratorFault::Oneself,
        _ => AdministratorFault::NotNow,
    })
}

async fn refuse(
    operator: &Operator,
    tenant: &Tenant,
    form: AdministratorForm,
    (fault, member): (AdministratorFault, Option<NamedPerson>),
) -> Result<Response, WebError> {
    let content = Administrators { fault: Some(fault), member, ..content(operator, tenant, form).await? };
    let above = operator.path(&format!("tenants/{}", tenant.id));
    let status = if fault == AdministratorFault::Oneself { StatusCode::FORBIDDEN } else { StatusCode::UNPROCESSABLE_ENTITY };
    operator.page("tenants").crumb(tenant.display_name(), above).show_with(status, &content)
}

async fn content(operator: &Operator, tenant: &Tenant, form: AdministratorForm) -> Result<Administrators, WebError> {
    let admins = founding::all(&operator.app, &tenant.id).await?;
    Ok(Administrators {
        id: tenant.id.to_string(),
        name: tenant.display_name().to_owned(),
        number: tenant.number.clone(),
        disabled: tenant.state == TenantState::Disabled,
        rows: rows(&admins, tenant, operator.now),
        nobody: !admins.iter().any(|one| founding::works(&one.person, &one.membership)),
        form,
        usernames: tenant.policy.identifier_mode != IdentifierMode::Email,
        fault: None,
        member: None,
    })
}

/// The administrators of a tenant as they are listed.
pub fn rows(admins: &[Listed], tenant: &Tenant, now: Timestamp) -> Vec<AdministratorRow> {
    let rules = status_rules(tenant);
    let row = |listed: &Listed| {
        let status = shown(word(listed, &rules, now));
        AdministratorRow {
            id: listed.person.id.to_string(),
            name: listed.person.name(),
            handle: listed.person.handle().to_owned(),
            status,
            waits: matches!(status, PersonStatus::NotInvited | PersonStatus::Invited),
            open: listed.invited,
        }
    };
    admins.iter().map(row).collect()
}
