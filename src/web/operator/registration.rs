//! `/operator/registration`: initial access tokens (RFC 7591 3).
use axum::extract::Path;
use axum::response::Response;

use super::{change, clients};
use crate::model::{RegistrationToken, RegistrationTokenId};
use crate::pages::console::{Confirm, Flash, Moment, OnceKind, Registration, RegistrationFault, ShownOnce, Step, TokenRow};
use crate::service::registration_tokens;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, Operator, Query};

pub async fn list(operator: Operator, query: Query) -> Result<Response, WebError> {
    let content = content(&operator).await?;
    operator.page("registration").done(&query).show(&content)
}

async fn content(operator: &Operator) -> Result<Registration, WebError> {
    let registered = operator.app.registered();
    let row = |token: RegistrationToken| TokenRow {
        id: token.id.to_string(),
        tenant: token.tenant.and_then(|id| registered.tenants.get(&id).map(|tenant| tenant.display_name().to_owned())),
        uses_left: token.uses_left,
        expires: Moment::of(token.expires_at),
        over: token.uses_left < 1 || token.expires_at <= operator.now,
    };
    let tokens = operator.app.store.read(async |r| r.registration_tokens().await).await?;
    Ok(Registration {
        rows: tokens.into_iter().rev().map(row).collect(),
        uses: "1".to_owned(),
        days: "7".to_owned(),
        tenant: String::new(),
        fault: None,
    })
}

pub async fn create(Fresh(operator): Fresh<Operator>, Checked(form): Checked) -> Result<Response, WebError> {
    let (uses, days, handle) = (form.get("uses").trim(), form.get("days").trim(), form.get("tenant").trim());
    let registered = operator.app.registered();
    let tenant = registered.tenants.values().find(|tenant| tenant.is_called(handle)).map(|tenant| tenant.id.clone());
    let number = |text: &str, most: u32| text.parse::<u32>().ok().filter(|n| (1..=most).contains(n));
    let asked = match (number(uses, 1000), number(days, 365)) {
        (None, _) => Err(RegistrationFault::Uses),
        (_, None) => Err(RegistrationFault::Days),
        _ if !handle.is_empty() && tenant.is_none() => Err(RegistrationFault::Tenant),
        (Some(uses), Some(days)) => Ok((uses, days)),
    };
    match asked {
        Ok((uses, days)) => {
            let (row, token) = registration_tokens::add(&change(&operator), tenant, uses, days).await?;
            let content = ShownOnce {
                kind: OnceKind::RegistrationToken,
                name: clients::short(row.id.as_str()),
                client_id: None,
                secret: Some(token.clear().to_owned()),
                href: operator.path("registration"),
            };
            operator.page("registration").show(&content)
        }
        Err(fault) => {
            let (uses, days, tenant) = (uses.to_owned(), days.to_owned(), handle.to_owned());
            let content = Registration { uses, days, tenant, fault: Some(fault), ..content(&operator).await? };
            operator.page("registration").refuse(&content)
        }
    }
}

pub async fn ask_end(operator: Operator, Path(id): Path<String>) -> Result<Response, WebError> {
    let tokens = operator.app.store.read(async |r| r.registration_tokens().await).await?;
    let token = tokens.iter().find(|token| token.id.as_str() == id).ok_or_else(WebError::not_found)?;
    let back = operator.path("registration");
    let action = format!("{back}/{}/end", token.id);
    operator.page("registration").show(&Confirm { step: Step::TokenEnd, name: String::new(), action, back, danger: true })
}

pub async fn end(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, _: Checked) -> Result<Response, WebError> {
    if !registration_tokens::retire(&change(&operator), &RegistrationTokenId::from_text(id)).await? {
        return Err(WebError::not_found());
    }
    Ok(operator.go("registration", Some(Flash::Removed)))
}
