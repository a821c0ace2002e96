//! `/admin/{tenant}/people/new`: one form for everybody who is to belong here (people.md K1–K8, K15, K28, S18–S21).
use axum::http::StatusCode;
use axum::response::Response;

use super::common::acting;
use super::sheet;
use crate::model::{ConnectionState, Delivery, FactorKind, GroupId, IdentifierMode, InvitationMethod, Locale, MembershipState};
use crate::pages::console::{Choice, Flash, FormFault, PersonForm, PersonNew};
use crate::service::people::acting::Refusal;
use crate::service::people::create::{Created, Handing, NewMember, Reach, create};
use crate::web::error::WebError;
use crate::web::extract::form::Fields;
use crate::web::extract::{Checked, Query, TenantAdmin, rights};

pub async fn show(admin: TenantAdmin<rights::People>, query: Query) -> Result<Response, WebError> {
    let kind = if query.0.get("kind") == "unverified" { "unverified" } else { "verified" };
    let form = PersonForm {
        kind: kind.to_owned(),
        method: InvitationMethod::Password.to_string(),
        language: admin.guest.visitor.locale.to_string(),
        ..PersonForm::default()
    };
    page(&admin, form, None).await
}

/// Everything that the form has.
const FIELDS: [&str; 12] =
    ["tenant", "kind", "email", "username", "first_name", "last_name", "language", "group", "method", "limited", "api", "admin"];

pub async fn submit(admin: TenantAdmin<rights::People>, Checked(fields): Checked) -> Result<Response, WebError> {
    if !fields.has_only(&FIELDS) {
        return Err(WebError::unknown_field());
    }
    let form = typed(&fields);
    // people.md K5: created where the form was shown, whatever other tabs do.
    if fields.get("tenant") != admin.tenant.id.as_str() {
        return page(&admin, form, Some(fault("", "other_tenant"))).await;
    }
    // What opens everything is given only soon after a sign-in, as on the person's page (security.md E08).
    if (form.admin || form.api)
        && let Err(sign_in) = admin.freshly(&admin.path("people/new")).await?
    {
        return Ok(sign_in);
    }
    let wanted = match wanted(&admin, &form).await? {
        Ok(wanted) => wanted,
        Err(fault) => return page(&admin, form, Some(fault)).await,
    };
    match create(&acting(&admin), wanted).await? {
        Ok(created) => Ok(onward(&admin, &form, created).await?),
        Err(refusal) => {
            let fault = said(refusal, &form);
            page(&admin, form, Some(fault)).await
        }
    }
}

/// Where to go when somebody was created: limits first, then the invitation, as far as they are still to be decided.
async fn onward(admin: &TenantAdmin<rights::People>, form: &PersonForm, created: Created) -> Result<Response, WebError> {
    let at = format!("people/{}", created.person);
    if let Some(link) = &created.link {
        return sheet::show(admin, created.person.as_str(), link.expose(), "invitation").await;
    }
    let waits = created.state == MembershipState::Invited && handing(admin, form) == Handing::Later;
    Ok(match (form.limited, waits) {
        (true, true) => admin.go(&format!("{at}/locations?new=invite"), None),
        (true, false) => admin.go(&format!("{at}/locations?new=done"), None),
        (false, true) => admin.go(&format!("{at}/invite?new=1"), None),
        (false, false) => admin.go(&at, Some(Flash::Created)),
    })
}

fn typed(fields: &Fields) -> PersonForm {
    let get = |name: &str| fields.get(name).to_owned();
    PersonForm {
        kind: if fields.get("kind") == "unverified" { "unverified" } else { "verified" }.to_owned(),
        email: get("email"),
        username: get("username"),
        first_name: get("first_name"),
        last_name: get("last_name"),
        language: get("language"),
        group: get("group"),
        method: get("method"),
        limited: fields.get("limited") == "yes",
        api: fields.get("api") == "yes",
        admin: fields.get("admin") == "yes",
    }
}

const fn fault(field: &'static str, kind: &'static str) -> FormFault {
    FormFault { field, kind }
}

/// What happens with the invitation, by the tenant's rules (people.md C9).
fn handing(admin: &TenantAdmin<rights::People>, form: &PersonForm) -> Handing {
    match (admin.tenant.policy.invitation_delivery, form.kind.as_str()) {
        (Delivery::Ask, _) => Handing::Later,
        (_, "unverified") => Handing::Link,
        _ => Handing::Letter,
    }
}

async fn wanted(admin: &TenantAdmin<rights::People>, form: &PersonForm) -> Result<Result<NewMember, FormFault>, WebError> {
    let groups = groups(admin).await?;
    let group = groups.iter().find(|choice| choice.value == form.group);
    // people.md K15: exactly one group. Administrators hold every right without one.
    if group.is_none() && (!form.group.is_empty() || !groups.is_empty() && !form.admin) {
        return Ok(Err(fault("group", "group")));
    }
    let method = match form.method.as_str() {
        "microsoft" if microsoft(admin) && form.kind == "verified" => InvitationMethod::Microsoft,
        "microsoft" => return Ok(Err(fault("", "rules"))),
        _ => InvitationMethod::Password,
    };
    if form.limited && !admin.tenant.policy.locations_enabled {
        return Ok(Err(fault("", "rules")));
    }
    // people.md S44, told before somebody is created whom nobody could limit afterwards.
    if form.limited && form.admin && !admin.tenant.policy.locations_admin_limited {
        return Ok(Err(fault("limited", "limited_admin")));
    }
    let name = form.username.trim();
    let reach = match form.kind.as_str() {
        "unverified" => Reach::Username(Some(name.to_owned()).filter(|name| !name.is_empty())),
        // people.md P11: where people sign in by a user name, somebody with an address has one, too.
        _ if !name.is_empty() && admin.tenant.policy.identifier_mode != IdentifierMode::Email => {
            Reach::Named(form.email.clone(), name.to_owned())
        }
        _ => Reach::Email(form.email.clone()),
    };
    Ok(Ok(NewMember {
        reach,
        first_name: form.first_name.clone(),
        last_name: form.last_name.clone(),
        locale: Locale::parse(&form.language).unwrap_or(admin.guest.visitor.locale),
        groups: group.map(|choice| GroupId::from_text(choice.value.clone())).into_iter().collect(),
        // The locations are chosen on the next page (people.md S38, S39); without any the person sees all (S41).
        locations: None,
        api_access: form.api,
        admin: form.admin,
        method,
        handing: handing(admin, form),
    }))
}

fn said(refusal: Refusal, form: &PersonForm) -> FormFault {
    match refusal {
        Refusal::Invalid("email", _) => fault("email", "email"),
        Refusal::Invalid("first_name", _) => fault("first_name", "name"),
        Refusal::Invalid("last_name", _) => fault("last_name", "name"),
        Refusal::Invalid("username", _) => fault("username", "username"),
        Refusal::Taken("username") => fault("username", "taken"),
        Refusal::AlreadyHere | Refusal::Taken(_) | Refusal::Oneself => fault("email", "already_here"),
        Refusal::Invalid(..) if form.admin => fault("limited", "limited_admin"),
        Refusal::Invalid(..) => fault("limited", "limited_several"),
        Refusal::NotHeld | Refusal::Right(_) | Refusal::OfAnAdmin => fault("", "not_held"),
        _ => fault("", "rules"),
    }
}

/// The groups that the one who asks may give (security.md I08).
async fn groups(admin: &TenantAdmin<rights::People>) -> Result<Vec<Choice>, WebError> {
    let groups = admin.app.store.read(async |r| r.groups_of(&admin.tenant.id).await).await?;
    let held = |permissions: &[crate::model::Permission]| admin.scope.may_grant(permissions.iter().map(|p| p.name.as_str()));
    let given = groups.into_iter().filter(|group| held(&group.permissions));
    Ok(given.map(|group| Choice { value: group.id.to_string(), text: group.name }).collect())
}

/// Is there a directory through which people of this tenant can sign in?
fn microsoft(admin: &TenantAdmin<rights::People>) -> bool {
    let registered = admin.app.registered();
    let own: Vec<_> = registered.pins.iter().filter(|pin| pin.tenant == admin.tenant.id).collect();
    let serves = |id| own.is_empty() || own.iter().any(|pin| pin.connection == id);
    registered.connections.values().any(|c| c.state == ConnectionState::Active && serves(c.id.clone()))
}

async fn page(admin: &TenantAdmin<rights::People>, form: PersonForm, fault: Option<FormFault>) -> Result<Response, WebError> {
    let tenant = &admin.tenant;
    let content = PersonNew {
        tenant_id: tenant.id.to_string(),
        tenant_name: tenant.display_name().to_owned(),
        tenant_number: tenant.number.clone(),
        form,
        groups: groups(admin).await?,
        microsoft: microsoft(admin),
        starts_with_code: tenant.policy.mfa_default == FactorKind::Email,
        usernames: tenant.policy.identifier_mode != IdentifierMode::Email,
        locations: tenant.policy.locations_enabled,
        grants_all: admin.scope.is_admin(),
        fault,
    };
    let status = if content.fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    admin.page("people").under("people").show_with(status, &content)
}
