//! `/consent`: what the application gets to know, asked once per person, tenant, client and scopes.
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use url::Url;

use super::{go, open, question};
use crate::app::App;
use crate::model::{Apis, Client};
use crate::pages::{Consent, DetailBlock, ScopeLine};
use crate::protocol::authorize::{AuthorizeRequest, Target};
use crate::protocol::details;
use crate::protocol::flow::Ask;
use crate::service::second_factor::debtor;
use crate::service::steps::{allow, deny};
use crate::web::error::WebError;
use crate::web::extract::{Checked, Guest, Query};
use crate::web::view;

pub async fn show(State(app): State<Arc<App>>, guest: Guest, Query(query): Query) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, query.get("flow"), now).await?;
    let tenant = match question(&app, &guest, &open, |ask| matches!(ask, Ask::Consent(_)), now).await? {
        Err(elsewhere) => return Ok(elsewhere),
        Ok(Ask::Consent(tenant)) => tenant,
        Ok(_) => return Err(WebError::expired()),
    };
    let person = debtor(&open.flow, &guest.visitor).ok_or_else(WebError::expired)?;
    let person = app.store.read(async |r| r.person(&person).await).await?.ok_or_else(WebError::expired)?;
    let registered = app.registered();
    let tenant = registered.tenants.get(&tenant).ok_or_else(WebError::expired)?;
    let mut chrome = view::branded(&app, &guest, Some(tenant));
    chrome.lang_links = super::languages("/consent", &open.flow.id);
    let content = Consent {
        flow: open.flow.id.to_string(),
        client_name: open.client.metadata.client_name.clone(),
        leads_to: leads_to(&open.request.target),
        tenant_name: tenant.display_name().to_owned(),
        person_name: person.name(),
        scopes: open.request.consent_scopes().iter().map(ScopeLine::new).collect(),
        details: details(&open.request, &open.client, &registered.apis),
    };
    view::page(&app, &guest, &chrome, &content)
}

/// The host of the redirect URI as browsers would ask for it: letters that only look alike stand there as `xn--…` (security.md
/// N08). Nothing for the schemes of apps on devices, which name nobody.
fn leads_to(target: &Target) -> String {
    let Target::Client(redirect) = target else { return String::new() };
    Url::parse(redirect.uri()).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// RFC 9396 13.1: the person sees what is asked for, member by member, under names that the operator chose.
pub(super) fn details(request: &AuthorizeRequest, client: &Client, apis: &Apis) -> Vec<DetailBlock> {
    let block = |detail: &Value| {
        let (api, known) = details::owner(details::type_of(detail), client, apis)?;
        let members = detail.as_object()?.iter().filter(|(name, _)| *name != "type");
        Some(DetailBlock {
            label: known.label.clone(),
            api: api.settings.name.clone(),
            members: members.map(|(name, value)| (name.clone(), spoken(value))).collect(),
        })
    };
    request.terms.authorization_details.iter().filter_map(block).collect()
}

fn spoken(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(spoken).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

pub async fn submit(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, form.get("flow"), now).await?;
    let tenant = match question(&app, &guest, &open, |ask| matches!(ask, Ask::Consent(_)), now).await? {
        Err(elsewhere) => return Ok(elsewhere),
        Ok(Ask::Consent(tenant)) => tenant,
        Ok(_) => return Err(WebError::expired()),
    };
    let step = match form.get("decision") {
        "allow" => allow(&app, open.flow, &tenant, &guest.visitor, now).await?,
        "deny" => deny(&app, open.flow, &guest.visitor, now).await?,
        _ => return Err(WebError::bad_form()),
    };
    go(&app, &guest, step)
}
