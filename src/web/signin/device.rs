//! `/device`: a person types the code of a device, compares it once more after the sign-in, and lets the device in or not.
//! Nothing here happens without a press of a button, whatever the link says (security.md N01).
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::{Open, go, minutes, open, question};
use crate::app::App;
use crate::model::TenantId;
use crate::pages::{DeviceCodeError, DeviceConfirm, DeviceEntry, DeviceOutcome, DeviceOutcomeKind, ScopeLine};
use crate::protocol::flow::Ask;
use crate::protocol::grant::device::{shown, typed};
use crate::service::device::{self, Asked, Typed};
use crate::web::error::WebError;
use crate::web::extract::{Checked, Guest, Query};
use crate::web::view;
use crate::world::Timestamp;

/// `GET /device[?user_code=]`: `verification_uri` and `verification_uri_complete` (RFC 8628 3.3).
pub async fn show(State(app): State<Arc<App>>, guest: Guest, Query(query): Query) -> Result<Response, WebError> {
    entry(&app, &guest, typed(query.get("user_code")).map(|code| shown(&code)).unwrap_or_default(), None)
}

pub async fn submit(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let text = form.get("user_code");
    match device::enter(&app, text, &guest.visitor, now).await? {
        Typed::Right(step) => go(&app, &guest, *step),
        Typed::Wrong => entry(&app, &guest, typed(text).map(|code| shown(&code)).unwrap_or_default(), Some(DeviceCodeError::Wrong)),
        Typed::Paused { until } => {
            let mut response = entry(&app, &guest, String::new(), Some(DeviceCodeError::Paused { minutes: minutes(until, now) }))?;
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            let wait = HeaderValue::from(until.since(now).as_secs().max(1));
            response.headers_mut().insert(header::RETRY_AFTER, wait);
            Ok(response)
        }
    }
}

fn entry(app: &App, guest: &Guest, user_code: String, error: Option<DeviceCodeError>) -> Result<Response, WebError> {
    let mut chrome = view::chrome(app, guest);
    let page = if user_code.is_empty() { "/device".to_owned() } else { format!("/device?user_code={user_code}") };
    chrome.lang_links = view::languages(&page);
    let status = if error.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    view::page_with(status, app, guest, &chrome, &DeviceEntry { user_code, error })
}

/// The open flow and the tenant that the device is to speak of; else where to go.
async fn due(app: &App, guest: &Guest, flow: &str, now: Timestamp) -> Result<Result<(Open, TenantId, Asked), Response>, WebError> {
    let open = open(app, guest, flow, now).await?;
    let tenant = match question(app, guest, &open, |ask| matches!(ask, Ask::Device(_)), now).await? {
        Err(elsewhere) => return Ok(Err(elsewhere)),
        Ok(Ask::Device(tenant)) => tenant,
        Ok(_) => return Err(WebError::expired()),
    };
    let asked = device::question(app, &open.flow, &tenant, &guest.visitor, now).await?.map_err(WebError::OAuth)?;
    Ok(Ok((open, tenant, asked)))
}

pub async fn compare(State(app): State<Arc<App>>, guest: Guest, Query(query): Query) -> Result<Response, WebError> {
    let now = app.now();
    match due(&app, &guest, query.get("flow"), now).await? {
        Err(elsewhere) => Ok(elsewhere),
        Ok((open, tenant, asked)) => confirmation(&app, &guest, &open, &tenant, asked, false, now),
    }
}

fn confirmation(
    app: &App,
    guest: &Guest,
    open: &Open,
    tenant: &TenantId,
    asked: Asked,
    uncompared: bool,
    now: Timestamp,
) -> Result<Response, WebError> {
    let registered = app.registered();
    let tenant = registered.tenants.get(tenant).ok_or_else(WebError::expired)?;
    let mut chrome = view::branded(app, guest, Some(tenant));
    chrome.lang_links = super::languages("/device/confirm", &open.flow.id);
    let content = DeviceConfirm {
        flow: open.flow.id.to_string(),
        client_name: open.client.metadata.client_name.clone(),
        tenant_name: tenant.display_name().to_owned(),
        person_name: asked.person.name(),
        user_code: asked.user_code,
        same_network: asked.network == guest.visitor.network.as_str(),
        network: asked.network,
        minutes_ago: i64::try_from(now.since(asked.created_at).as_secs() / 60).unwrap_or(i64::MAX),
        scopes: open.request.scopes.iter().map(ScopeLine::new).collect(),
        details: super::consent::details(&open.request, &open.client, &registered.apis),
        uncompared,
    };
    let status = if uncompared { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    view::page_with(status, app, guest, &chrome, &content)
}

pub async fn decide(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let (open, tenant, asked) = match due(&app, &guest, form.get("flow"), now).await? {
        Err(elsewhere) => return Ok(elsewhere),
        Ok(due) => due,
    };
    match form.get("decision") {
        "allow" if form.get("compared") != "yes" => confirmation(&app, &guest, &open, &tenant, asked, true, now),
        "allow" => go(&app, &guest, device::confirm(&app, open.flow, &guest.visitor, now).await?),
        "deny" => {
            device::deny(&app, open.flow, &guest.visitor, now).await?;
            outcome(&app, &guest, DeviceOutcomeKind::Denied)
        }
        _ => Err(WebError::bad_form()),
    }
}

pub async fn done(State(app): State<Arc<App>>, guest: Guest) -> Result<Response, WebError> {
    outcome(&app, &guest, DeviceOutcomeKind::Allowed)
}

fn outcome(app: &App, guest: &Guest, kind: DeviceOutcomeKind) -> Result<Response, WebError> {
    view::page(app, guest, &view::chrome(app, guest), &DeviceOutcome { outcome: kind })
}
