//! `/operator/clients/{id}/claims`: what an application is told beside its scopes, and the real tokens to try it.
use axum::extract::Path;
use axum::response::Response;
use serde_json::Value;

use super::change;
use super::clients::find;
use crate::model::{ClaimRule, ClaimSource, ClaimTarget, Client, Email, Person, PersonId};
use crate::pages::console::{ClaimFault, ClaimFaultKind, ClaimRow, ClientClaims, Flash, TokenPreview};
use crate::protocol::claims::Claims;
use crate::protocol::scope::Scopes;
use crate::service::Failure;
use crate::service::client_auth::Denied;
use crate::service::client_changes::{self, ClaimStep, ClientEdited};
use crate::service::token::preview::{Preview, preview};
use crate::web::error::WebError;
use crate::web::extract::form::Fields;
use crate::web::extract::{Checked, Fresh, Operator, Query};

pub async fn show(operator: Operator, Path(id): Path<String>, query: Query) -> Result<Response, WebError> {
    let client = find(&operator, &id).await?;
    page(&operator, &client).done(&query).show(&content(&client))
}

fn page<'a>(operator: &'a Operator, client: &Client) -> crate::web::console::Console<'a> {
    operator.page("clients").crumb(client.metadata.client_name.as_str(), operator.path(&format!("clients/{}", client.id)))
}

fn content(client: &Client) -> ClientClaims {
    let row = |(n, rule): (usize, &ClaimRule)| ClaimRow {
        n,
        name: rule.name.clone(),
        source: match &rule.source {
            ClaimSource::Fact { name } => name.clone(),
            ClaimSource::Groups => "groups".to_owned(),
            ClaimSource::Permissions => "permissions".to_owned(),
            ClaimSource::Constant { value } => value.to_string(),
        },
        filter: rule.filter.clone(),
        targets: rule.targets.iter().map(|target| target.as_str()).collect::<Vec<_>>().join(", "),
    };
    ClientClaims {
        id: client.id.to_string(),
        rules: client.metadata.claims.iter().enumerate().map(row).collect(),
        source: "fact".to_owned(),
        id_token: true,
        ..ClientClaims::default()
    }
}

fn typed(client: &Client, form: &Fields) -> ClientClaims {
    let text = |name: &str| form.get(name).to_owned();
    let yes = |name: &str| form.get(name) == "yes";
    ClientClaims {
        name: text("claim_name"),
        source: text("source"),
        value: text("value"),
        filter: text("filter_text"),
        strip: yes("strip"),
        id_token: yes("id_token"),
        access_token: yes("access_token"),
        userinfo: yes("userinfo"),
        ..content(client)
    }
}

pub async fn add(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, Checked(form): Checked) -> Result<Response, WebError> {
    let client = find(&operator, &id).await?;
    let typed = typed(&client, &form);
    let value = typed.value.trim();
    let source = match typed.source.as_str() {
        "fact" => ClaimSource::Fact { name: value.to_owned() },
        "groups" => ClaimSource::Groups,
        "permissions" => ClaimSource::Permissions,
        "constant" => ClaimSource::Constant { value: Value::from(value) },
        _ => return Err(WebError::bad_form()),
    };
    let targets =
        [(typed.id_token, ClaimTarget::IdToken), (typed.access_token, ClaimTarget::AccessToken), (typed.userinfo, ClaimTarget::UserInfo)];
    let rule = ClaimRule {
        name: typed.name.trim().to_owned(),
        source,
        filter: Some(typed.filter.trim().to_owned()).filter(|filter| !filter.is_empty()),
        strip: typed.strip,
        targets: targets.into_iter().filter(|(wanted, _)| *wanted).map(|(_, target)| target).collect(),
    };
    store(&operator, &client, ClaimStep::Add(rule), typed).await
}

pub async fn remove(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, Checked(form): Checked) -> Result<Response, WebError> {
    let client = find(&operator, &id).await?;
    let at = form.get("n").parse::<usize>().map_err(|_| WebError::bad_form())?;
    let shown = content(&client);
    // The name must still stand there: in another tab the table may have changed meanwhile.
    store(&operator, &client, ClaimStep::Remove(at, form.get("name").to_owned()), shown).await
}

async fn store(operator: &Operator, client: &Client, step: ClaimStep, shown: ClientClaims) -> Result<Response, WebError> {
    let (kind, value) = match client_changes::change_claims(&change(operator), &client.id, &step).await? {
        ClientEdited::Done => {
            operator.app.refresh().await.map_err(Failure::from)?;
            return Ok(operator.go(&format!("clients/{}/claims", client.id), Some(Flash::Saved)));
        }
        ClientEdited::Unknown => return Err(WebError::not_found()),
        ClientEdited::Meanwhile => (ClaimFaultKind::Meanwhile, String::new()),
        ClientEdited::Invalid(_, demand) => (ClaimFaultKind::Rule, demand),
    };
    page(operator, client).refuse(&ClientClaims { fault: Some(ClaimFault { kind, value }), ..shown })
}

/// The tokens of a person, made as for an answer and given to nobody. Posted, so that no address stands in a log.
pub async fn try_out(operator: Operator, Path(id): Path<String>, Checked(form): Checked) -> Result<Response, WebError> {
    let client = find(&operator, &id).await?;
    let (person, tenant) = (form.get("person").trim().to_owned(), form.get("tenant").trim().to_owned());
    let shown = ClientClaims { person: person.clone(), tenant: tenant.clone(), ..content(&client) };
    let refuse = |kind: ClaimFaultKind, value: String| {
        let fault = Some(ClaimFault { kind, value });
        page(&operator, &client).refuse(&ClientClaims { fault, ..shown.clone() })
    };
    let registered = operator.app.registered();
    let Some(tenant) = registered.tenants.values().find(|known| known.is_called(&tenant)) else {
        return refuse(ClaimFaultKind::NoTenant, String::new());
    };
    let Some(person) = find_person(&operator, &person).await? else { return refuse(ClaimFaultKind::NoPerson, String::new()) };
    let scopes = Scopes::parse(&client.metadata.scopes.join(" "));
    match preview(&operator.app, &client, &person.id, &tenant.id, &scopes, operator.now).await {
        Ok(Some(made)) => {
            let preview = Some(tokens(&made, &client));
            page(&operator, &client).show(&ClientClaims { preview, ..shown })
        }
        Ok(None) => refuse(ClaimFaultKind::NotMember, String::new()),
        Err(Denied::Refused(error)) => refuse(ClaimFaultKind::Refused, error.description.into_owned()),
        Err(Denied::Paused { .. }) => refuse(ClaimFaultKind::Refused, "too many attempts".to_owned()),
        Err(Denied::Failed(failure)) => Err(failure.into()),
    }
}

/// A person by address or id.
async fn find_person(operator: &Operator, handle: &str) -> Result<Option<Person>, WebError> {
    let found = match Email::parse(handle) {
        Some(email) => operator.app.store.read(async |r| r.person_by_email(&email).await).await?,
        None => operator.app.store.read(async |r| r.person(&PersonId::from_text(handle)).await).await?,
    };
    Ok(found)
}

fn tokens(made: &Preview, client: &Client) -> TokenPreview {
    let printed = |claims: &Claims| serde_json::to_string_pretty(claims).unwrap_or_default();
    TokenPreview {
        id_token: made.id_token.as_ref().map(printed),
        id_token_bytes: made.size.id_token,
        access_token: printed(&made.access_token),
        access_token_bytes: made.size.access_token,
        userinfo: printed(&made.userinfo),
        budget: client.metadata.token_budget_bytes,
    }
}
