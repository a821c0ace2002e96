//! `/operator/clients`: the applications.
use std::sync::Arc;

use axum::extract::Path;
use axum::response::Response;

use super::client_form::{self, Asked};
use super::{change, lists};
use crate::model::{AuthMethod, Client, ClientId, ClientState, ConsentMode, DeliveryState, Entitlement, GrantType, LogoutDelivery};
use crate::pages::console::{
    ClientFault, ClientFaultKind, ClientForm, ClientKind, ClientRow, ClientSheet, Clients, Confirm, DeliveryFate, DeliveryRow, Flash,
    Moment, OnceKind, SecretRow, ShownOnce, Step,
};
use crate::service::Failure;
use crate::service::client_changes::{self, ClientEdited};
use crate::service::clients::{self, ClientAdded};
use crate::service::seen::Seen;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, Operator, Query};

/// Reported sign-outs that a page shows.
const DELIVERIES: i64 = 20;
/// Secrets in force at once (protocol.md §2).
const SECRETS: usize = 2;

pub async fn list(operator: Operator, query: Query) -> Result<Response, WebError> {
    let (wanted, after) = (query.0.get("q").trim(), query.0.get("after"));
    let registered = operator.app.registered();
    let fits = |c: &&Arc<Client>| lists::found(wanted, &[&c.metadata.client_name, c.id.as_str()]);
    let row = |client: &Arc<Client>| ClientRow {
        id: client.id.to_string(),
        name: client.metadata.client_name.clone(),
        kind: kind(client),
        tenants: (client.metadata.entitlement == Entitlement::Listed).then_some(client.tenants.len()),
        disabled: client.state == ClientState::Disabled,
    };
    let mut rows: Vec<ClientRow> = registered.clients.values().filter(fits).map(row).collect();
    rows.sort_by_cached_key(|row| (row.name.to_lowercase(), row.id.clone()));
    let (rows, next) = lists::cut(rows, after, |row| &row.id);
    let pager = lists::pager("/operator/clients", &[("q", wanted)], "after", after, next);
    operator.page("clients").done(&query).show(&Clients { query: wanted.to_owned(), rows, pager })
}

/// What an application is, by what it may do.
pub fn kind(client: &Client) -> ClientKind {
    let has = |grant| client.metadata.grant_types.contains(&grant);
    match client.metadata.token_endpoint_auth_method {
        _ if has(GrantType::DeviceCode) && !has(GrantType::AuthorizationCode) => ClientKind::Device,
        _ if !has(GrantType::AuthorizationCode) && !has(GrantType::Implicit) => ClientKind::Machine,
        AuthMethod::None => ClientKind::Spa,
        _ => ClientKind::Web,
    }
}

/// The application of an address, as its row is now.
pub async fn find(operator: &Operator, id: &str) -> Result<Client, WebError> {
    let id = ClientId::from_text(id);
    operator.app.store.read(async |r| r.client(&id).await).await?.ok_or_else(WebError::not_found)
}

pub async fn new(operator: Operator) -> Result<Response, WebError> {
    let content = ClientForm { kind: "web".to_owned(), profile: "standard".to_owned(), ..ClientForm::default() };
    operator.page("clients").show(&content)
}

pub async fn create(Fresh(operator): Fresh<Operator>, Checked(form): Checked) -> Result<Response, WebError> {
    let typed = client_form::typed(&form, None);
    let new = match client_form::new_client(&operator.app.registered(), &typed)? {
        Asked::Good(new) => *new,
        Asked::Faulty(fault) => return operator.page("clients").refuse(&ClientForm { fault: Some(fault), ..typed }),
    };
    match clients::add(&change(&operator), new).await? {
        ClientAdded::Added(client, secret) => {
            operator.app.refresh().await.map_err(Failure::from)?;
            let content = ShownOnce {
                kind: if secret.is_some() { OnceKind::ClientSecret } else { OnceKind::ClientId },
                name: client.metadata.client_name.clone(),
                client_id: Some(client.id.to_string()),
                secret: secret.map(|token| token.clear().to_owned()),
                href: operator.path(&format!("clients/{}", client.id)),
            };
            operator.page("clients").show(&content)
        }
        ClientAdded::IdTaken => Err(WebError::bad_form()),
        ClientAdded::Invalid(field, demand) => {
            let fault = Some(client_form::fault(field, &demand, &typed));
            operator.page("clients").refuse(&ClientForm { fault, ..typed })
        }
    }
}

pub async fn show(operator: Operator, Path(id): Path<String>, query: Query) -> Result<Response, WebError> {
    let client = find(&operator, &id).await?;
    let deliveries = operator.app.store.read(async |r| r.logout_deliveries_of(&client.id, DELIVERIES).await).await?;
    let content = sheet(&operator, &client, &deliveries);
    operator.page("clients").done(&query).show(&content)
}

fn sheet(operator: &Operator, client: &Client, deliveries: &[LogoutDelivery]) -> ClientSheet {
    let registered = operator.app.registered();
    let metadata = &client.metadata;
    let name = |id| registered.tenants.get(id).map(|tenant| tenant.display_name().to_owned());
    let over = |end: Option<crate::world::Timestamp>| end.is_some_and(|end| end <= operator.now);
    let has_secrets = matches!(metadata.token_endpoint_auth_method, AuthMethod::Basic | AuthMethod::Post);
    let secret = |secret: &crate::model::StoredSecret| SecretRow {
        id: secret.id.to_string(),
        short: short(secret.id.as_str()),
        ends: secret.expires_at.map(Moment::of),
        over: over(secret.expires_at),
    };
    let delivery = |delivery: &LogoutDelivery| DeliveryRow {
        state: match delivery.state {
            DeliveryState::Queued => DeliveryFate::Queued,
            DeliveryState::Delivered => DeliveryFate::Delivered,
            DeliveryState::Dead => DeliveryFate::Dead,
        },
        attempts: delivery.attempts,
        at: Moment::of(delivery.done_at.unwrap_or(delivery.created_at)),
        error: delivery.last_error.clone(),
    };
    ClientSheet {
        id: client.id.to_string(),
        name: metadata.client_name.clone(),
        kind: kind(client),
        disabled: client.state == ClientState::Disabled,
        profile: metadata.profile.to_string(),
        auth_method: metadata.token_endpoint_auth_method.to_string(),
        has_secrets,
        may_add_secret: has_secrets && client.secrets.iter().filter(|secret| !over(secret.expires_at)).count() < SECRETS,
        secrets: if has_secrets { client.secrets.iter().map(secret).collect() } else { Vec::new() },
        redirect_uris: metadata.redirect_uris.clone(),
        post_logout_redirect_uris: metadata.post_logout_redirect_uris.clone(),
        scopes: metadata.scopes.join(" "),
        asks_consent: metadata.consent == ConsentMode::Ask,
        required_acr: metadata.required_acr.map(|acr| acr.to_string()),
        tenants: (metadata.entitlement == Entitlement::Listed).then(|| client.tenants.iter().filter_map(name).collect()),
        backchannel: metadata.backchannel_logout_uri.clone(),
        deliveries: deliveries.iter().map(delivery).collect(),
        created: Moment::of(client.created_at),
    }
}

/// The end of an id: enough to tell two apart.
pub fn short(id: &str) -> String {
    let from = id.len().saturating_sub(6);
    format!("…{}", id.get(from..).unwrap_or(id))
}

pub async fn edit(operator: Operator, Path(id): Path<String>) -> Result<Response, WebError> {
    let client = find(&operator, &id).await?;
    operator.page("clients").show(&client_form::of(&operator.app.registered(), &client, kind(&client)))
}

pub async fn save(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, Checked(form): Checked) -> Result<Response, WebError> {
    let client = find(&operator, &id).await?;
    let typed = ClientForm { kind: kind(&client).key().to_owned(), ..client_form::typed(&form, Some(id)) };
    let (metadata, tenants) = match client_form::changed(&operator.app.registered(), &client, &typed)? {
        Asked::Good(changed) => *changed,
        Asked::Faulty(fault) => return operator.page("clients").refuse(&ClientForm { fault: Some(fault), ..typed }),
    };
    match client_changes::edit(&change(&operator), &client.id, &Seen::carried(&typed.seen), (&metadata, &tenants)).await? {
        ClientEdited::Done => {
            operator.app.refresh().await.map_err(Failure::from)?;
            Ok(operator.go(&format!("clients/{}", client.id), Some(Flash::Saved)))
        }
        ClientEdited::Meanwhile => {
            let fault = Some(ClientFault { kind: ClientFaultKind::Meanwhile, value: String::new() });
            let seen = client_changes::seen(&find(&operator, client.id.as_str()).await?).as_text().to_owned();
            operator.page("clients").refuse(&ClientForm { fault, seen, ..typed })
        }
        ClientEdited::Unknown => Err(WebError::not_found()),
        ClientEdited::Invalid(field, demand) => {
            let fault = Some(client_form::fault(field, &demand, &typed));
            operator.page("clients").refuse(&ClientForm { fault, ..typed })
        }
    }
}

pub async fn ask_disable(operator: Operator, Path(id): Path<String>) -> Result<Response, WebError> {
    ask(&operator, &id, Step::ClientDisable).await
}

pub async fn ask_enable(operator: Operator, Path(id): Path<String>) -> Result<Response, WebError> {
    ask(&operator, &id, Step::ClientEnable).await
}

pub async fn disable(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, _: Checked) -> Result<Response, WebError> {
    set_state(&operator, &id, ClientState::Disabled).await
}

pub async fn enable(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, _: Checked) -> Result<Response, WebError> {
    set_state(&operator, &id, ClientState::Active).await
}

async fn ask(operator: &Operator, id: &str, step: Step) -> Result<Response, WebError> {
    let client = find(operator, id).await?;
    let back = operator.path(&format!("clients/{}", client.id));
    let danger = step == Step::ClientDisable;
    let action = format!("{back}/{}", if danger { "disable" } else { "enable" });
    operator.page("clients").show(&Confirm { step, name: client.metadata.client_name, action, back, danger })
}

async fn set_state(operator: &Operator, id: &str, state: ClientState) -> Result<Response, WebError> {
    let client = ClientId::from_text(id);
    if !client_changes::set_state(&change(operator), &client, state).await? {
        return Err(WebError::not_found());
    }
    operator.app.refresh().await.map_err(Failure::from)?;
    operator.app.logouts.bell.notify_one();
    Ok(operator.go(&format!("clients/{client}"), Some(Flash::Saved)))
}
