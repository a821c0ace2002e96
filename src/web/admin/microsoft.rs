//! `/admin/{tenant}/microsoft`: how people of a tenant sign in with Microsoft. Connections are made by operators.
use std::collections::HashMap;

use axum::response::Response;

use crate::model::{ConnectionId, ConnectionState};
use crate::pages::console::{AdminMicrosoft, DirectoryRow};
use crate::web::error::WebError;
use crate::web::extract::{TenantAdmin, rights};

type Admin = TenantAdmin<rights::Policies>;

pub async fn show(admin: Admin) -> Result<Response, WebError> {
    let bound = admin.app.store.read(async |r| r.bound_members(&admin.tenant.id).await).await?;
    let bound: HashMap<ConnectionId, i64> = bound.into_iter().collect();
    let registered = admin.app.registered();
    let row = |pin: &crate::model::EntraPin| {
        let connection = registered.connections.get(&pin.connection)?;
        Some(DirectoryRow {
            name: connection.name.clone(),
            tid: connection.tid.clone(),
            active: connection.state == ConnectionState::Active,
            domains: pin.domains.clone(),
            second_factor: connection.mfa_asserted,
            people: bound.get(&pin.connection).copied().unwrap_or(0),
        })
    };
    let directories: Vec<DirectoryRow> = registered.pins.iter().filter(|pin| pin.tenant == admin.tenant.id).filter_map(row).collect();
    // Without one of its own a tenant may invite through any; whose they are is not told (security.md I11).
    let shared = directories.is_empty() && registered.connections.values().any(|c| c.state == ConnectionState::Active);
    let content = AdminMicrosoft {
        directories,
        shared,
        second_factor: admin.tenant.policy.federation_mfa.to_string(),
        rules: admin.scope.is_admin(),
    };
    admin.page("microsoft").show(&content)
}
