//! `/select-tenant`: several memberships, one choice.
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::{go, open, question};
use crate::app::App;
use crate::model::{MembershipKind, TenantId};
use crate::pages::{SelectTenant, TenantChoice};
use crate::protocol::flow::Ask;
use crate::service::steps::{choose_tenant, tenants_to_choose};
use crate::web::error::WebError;
use crate::web::extract::{Checked, Guest, Query};
use crate::web::view;

/// From this many tenants on the page offers a search.
const SEARCH_FROM: usize = 10;

pub async fn show(State(app): State<Arc<App>>, guest: Guest, Query(query): Query) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, query.get("flow"), now).await?;
    if let Err(elsewhere) = question(&app, &guest, &open, |ask| matches!(ask, Ask::ChooseTenant), now).await? {
        return Ok(elsewhere);
    }
    let choices = tenants_to_choose(&app, &open.flow, &guest.visitor, now).await?;
    let mut tenants: Vec<TenantChoice> = choices
        .iter()
        .map(|(tenant, membership)| TenantChoice {
            slug: tenant.slug.clone(),
            name: tenant.display_name().to_owned(),
            number: tenant.number.clone(),
            logo: tenant.logo.as_ref().map(|_| format!("/brand/{}/logo", tenant.id)),
            guest: membership.kind == MembershipKind::Guest,
            last_used: false,
        })
        .collect();
    // They come last used first; the mark says so where one was used at all.
    if let (Some(first), Some((_, membership))) = (tenants.first_mut(), choices.first()) {
        first.last_used = membership.last_used_at.is_some();
    }
    let mut chrome = view::chrome(&app, &guest);
    chrome.lang_links = super::languages("/select-tenant", &open.flow.id);
    let search = tenants.len() >= SEARCH_FROM;
    let content = SelectTenant { flow: open.flow.id.to_string(), client_name: open.client_name(), tenants, search };
    view::page(&app, &guest, &chrome, &content)
}

pub async fn submit(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, form.get("flow"), now).await?;
    if let Err(elsewhere) = question(&app, &guest, &open, |ask| matches!(ask, Ask::ChooseTenant), now).await? {
        return Ok(elsewhere);
    }
    let chosen = app.registered().tenants.values().find(|t| t.slug == form.get("tenant")).map(|t| t.id.clone());
    let chosen = chosen.unwrap_or_else(|| TenantId::from_text(""));
    let step = choose_tenant(&app, open.flow, &chosen, &guest.visitor, now).await?;
    go(&app, &guest, step)
}
