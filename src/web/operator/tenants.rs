//! `/operator/tenants`: the customers of the instance.
use std::time::Duration;

use axum::extract::Path;
use axum::response::Response;

use super::{administrators, change, lists};
use crate::model::{MfaMode, Tenant, TenantId, TenantState};
use crate::pages::console::{Confirm, Flash, Moment, Step, TenantFault, TenantForm, TenantRow, TenantSheet, Tenants};
use crate::policy::presets::Preset;
use crate::service::Failure;
use crate::service::people::founding;
use crate::service::seen::Seen;
use crate::service::tenant_changes::{self, TenantEdited};
use crate::service::tenants::{self, NewTenant, TenantAdded};
use crate::web::error::WebError;
use crate::web::extract::form::Fields;
use crate::web::extract::{Checked, Fresh, Operator, Query};

pub async fn list(operator: Operator, query: Query) -> Result<Response, WebError> {
    let (wanted, after) = (query.0.get("q").trim(), query.0.get("after"));
    let registered = operator.app.registered();
    let fits = |t: &&std::sync::Arc<Tenant>| lists::found(wanted, &[&t.name, t.alias.as_deref().unwrap_or(""), &t.number, &t.slug]);
    let mut rows: Vec<TenantRow> = registered.tenants.values().filter(fits).map(|tenant| row(tenant)).collect();
    rows.sort_by_cached_key(|row| (row.name.to_lowercase(), row.id.clone()));
    let (rows, next) = lists::cut(rows, after, |row| &row.id);
    let pager = lists::pager("/operator/tenants", &[("q", wanted)], "after", after, next);
    operator.page("tenants").done(&query).show(&Tenants { query: wanted.to_owned(), rows, pager })
}

fn row(tenant: &Tenant) -> TenantRow {
    TenantRow {
        id: tenant.id.to_string(),
        name: tenant.name.clone(),
        alias: tenant.alias.clone(),
        number: tenant.number.clone(),
        slug: tenant.slug.clone(),
        disabled: tenant.state == TenantState::Disabled,
    }
}

pub async fn new(operator: Operator) -> Result<Response, WebError> {
    let content = typed(&Fields::default(), None, None);
    operator.page("tenants").show(&content)
}

pub async fn create(Fresh(operator): Fresh<Operator>, Checked(form): Checked) -> Result<Response, WebError> {
    let preset = Preset::parse(form.get("preset")).ok_or_else(WebError::bad_form)?;
    let new = NewTenant { policy: preset.policy(), groups: preset.groups(), ..asked(&form) };
    let fault = match tenants::add(&change(&operator), new).await? {
        TenantAdded::Added(tenant) => {
            operator.app.refresh().await.map_err(Failure::from)?;
            return Ok(operator.go(&format!("tenants/{}", tenant.id), Some(Flash::Created)));
        }
        TenantAdded::NumberTaken => TenantFault::NumberTaken,
        TenantAdded::SlugTaken => TenantFault::SlugTaken,
        TenantAdded::Invalid(field, _) => fault(field),
    };
    operator.page("tenants").refuse(&typed(&form, None, Some(fault)))
}

/// The tenant of an address, as its row is now.
pub async fn find(operator: &Operator, id: &str) -> Result<Tenant, WebError> {
    let id = TenantId::from_text(id);
    let found = operator.app.store.read(async |r| Ok((r.tenant(&id).await?, r.tenant_has_ended(&id).await?))).await?;
    found.0.filter(|_| !found.1).ok_or_else(WebError::not_found)
}

pub async fn show(operator: Operator, Path(id): Path<String>, query: Query) -> Result<Response, WebError> {
    let tenant = find(&operator, &id).await?;
    let days = u64::from(tenant.policy.lock_inactivity_days);
    let dormant = (days > 0).then(|| operator.now.minus(Duration::from_secs(days * 86_400)));
    let figures = operator.app.store.read(async |r| r.tenant_figures(&tenant.id, dormant, operator.now).await).await?;
    let support = operator.app.store.read(async |r| r.open_support(&tenant.id, operator.now).await).await?;
    let admins = founding::all(&operator.app, &tenant.id).await?;
    let content = TenantSheet {
        administrators: administrators::rows(&admins, &tenant, operator.now),
        nobody: !admins.iter().any(|one| founding::works(&one.person, &one.membership)),
        support: support.map(|grant| Moment::of(grant.expires_at)),
        locations: tenant.policy.locations_enabled,
        id: tenant.id.to_string(),
        mfa_required: tenant.policy.mfa_mode == MfaMode::Required,
        name: tenant.name,
        alias: tenant.alias,
        number: tenant.number,
        slug: tenant.slug,
        color: tenant.color,
        disabled: tenant.state == TenantState::Disabled,
        created: Moment::of(tenant.created_at),
        active: figures.active,
        invited: figures.invited,
        guests: figures.guests,
    };
    operator.page("tenants").done(&query).show(&content)
}

pub async fn edit(operator: Operator, Path(id): Path<String>) -> Result<Response, WebError> {
    let tenant = find(&operator, &id).await?;
    let content = TenantForm {
        id: Some(tenant.id.to_string()),
        seen: tenant_changes::seen(&tenant).as_text().to_owned(),
        name: tenant.name,
        number: tenant.number,
        slug: tenant.slug,
        alias: tenant.alias.unwrap_or_default(),
        color: tenant.color.unwrap_or_default(),
        preset: String::new(),
        fault: None,
    };
    operator.page("tenants").show(&content)
}

pub async fn save(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, Checked(form): Checked) -> Result<Response, WebError> {
    let tenant = TenantId::from_text(id.as_str());
    let fault = match tenant_changes::edit(&change(&operator), &tenant, &Seen::carried(form.get("seen")), asked(&form)).await? {
        TenantEdited::Done(tenant) => {
            operator.app.refresh().await.map_err(Failure::from)?;
            return Ok(operator.go(&format!("tenants/{}", tenant.id), Some(Flash::Saved)));
        }
        TenantEdited::Unknown => return Err(WebError::not_found()),
        TenantEdited::Meanwhile => {
            let seen = tenant_changes::seen(&find(&operator, &id).await?).as_text().to_owned();
            let typed = typed(&form, Some(id), Some(TenantFault::Meanwhile));
            return operator.page("tenants").refuse(&TenantForm { seen, ..typed });
        }
        TenantEdited::NumberTaken => TenantFault::NumberTaken,
        TenantEdited::SlugTaken => TenantFault::SlugTaken,
        TenantEdited::Invalid(field, _) => fault(field),
    };
    operator.page("tenants").refuse(&typed(&form, Some(id), Some(fault)))
}

pub async fn ask_disable(operator: Operator, Path(id): Path<String>) -> Result<Response, WebError> {
    ask(&operator, &id, Step::TenantDisable).await
}

pub async fn ask_enable(operator: Operator, Path(id): Path<String>) -> Result<Response, WebError> {
    ask(&operator, &id, Step::TenantEnable).await
}

pub async fn disable(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, _: Checked) -> Result<Response, WebError> {
    set_state(&operator, &id, TenantState::Disabled).await
}

pub async fn enable(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, _: Checked) -> Result<Response, WebError> {
    set_state(&operator, &id, TenantState::Active).await
}

async fn ask(operator: &Operator, id: &str, step: Step) -> Result<Response, WebError> {
    let tenant = find(operator, id).await?;
    let back = operator.path(&format!("tenants/{}", tenant.id));
    let danger = step == Step::TenantDisable;
    let action = format!("{back}/{}", if danger { "disable" } else { "enable" });
    operator.page("tenants").show(&Confirm { step, name: tenant.display_name().to_owned(), action, back, danger })
}

async fn set_state(operator: &Operator, id: &str, state: TenantState) -> Result<Response, WebError> {
    let tenant = find(operator, id).await?;
    if tenant.state != state {
        tenants::set_state(&change(operator), &tenant.id, state).await?;
        operator.app.refresh().await.map_err(Failure::from)?;
        operator.app.logouts.bell.notify_one();
    }
    Ok(operator.go(&format!("tenants/{}", tenant.id), Some(Flash::Saved)))
}

fn asked(form: &Fields) -> NewTenant {
    let some = |name: &str| Some(form.get(name).trim()).filter(|text| !text.is_empty()).map(str::to_owned);
    NewTenant {
        number: form.get("number").to_owned(),
        slug: form.get("slug").trim().to_owned(),
        name: form.get("name").to_owned(),
        alias: some("alias"),
        color: some("color"),
        ..NewTenant::default()
    }
}

fn typed(form: &Fields, id: Option<String>, fault: Option<TenantFault>) -> TenantForm {
    let text = |name: &str| form.get(name).to_owned();
    TenantForm {
        id,
        seen: text("seen"),
        name: text("name"),
        number: text("number"),
        slug: text("slug"),
        alias: text("alias"),
        color: text("color"),
        preset: text("preset"),
        fault,
    }
}

fn fault(field: &str) -> TenantFault {
    match field {
        "number" => TenantFault::Number,
        "slug" => TenantFault::Slug,
        "alias" => TenantFault::Alias,
        "color" => TenantFault::Color,
        _ => TenantFault::Name,
    }
}
