//! `/admin/{tenant}/people/{id}/why`: what a sign-in of this person would meet here, and which rules say so (issue 4,
//! people.md C1 to C28). Nothing is written.
use axum::extract::Path;
use axum::response::Response;

use super::common::find;
use crate::model::ClientState;
use crate::pages::console::{PersonWhy, WhyFault};
use crate::service::explain::explain_here;
use crate::web::error::WebError;
use crate::web::extract::{Query, TenantAdmin, rights};
use crate::web::why::{applications, choices, finding, typed};

pub async fn show(admin: TenantAdmin<rights::People>, Path((_, id)): Path<(String, String)>, query: Query) -> Result<Response, WebError> {
    let listed = find(&admin, &id).await?;
    let registered = admin.app.registered();
    // Others are not there: which applications other tenants use is not this one's to know.
    let offered = applications(&registered, |client| client.state == ClientState::Active && client.serves(&admin.tenant.id));
    let typed = typed(query.0.get("client"));
    let chosen = if typed.is_empty() { offered.first() } else { offered.iter().find(|client| client.id.as_str() == typed) };
    let found = match chosen {
        Some(client) => {
            let run = explain_here(&admin.app, &listed, client, &admin.tenant, admin.now).await?;
            Some(finding(run, client, &admin.tenant, |_| None))
        }
        None => None,
    };
    let fault = (!typed.is_empty() && found.is_none()).then_some(WhyFault::Client);
    let content = PersonWhy {
        id: listed.person.id.to_string(),
        name: listed.person.name(),
        clients: choices(&offered),
        client: chosen.map_or_else(String::new, |client| client.id.to_string()),
        typed,
        fault,
        found,
    };
    let above = admin.path(&format!("people/{}", listed.person.id));
    let page = admin.page("people").under("people").crumb(listed.person.name(), above);
    if fault.is_some() { page.refuse(&content) } else { page.show(&content) }
}
