//! `client preview`: what an application is told about a person, and how large that gets.
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::error::CliError;
use super::open::{Opened, open};
use super::output::Output;
use crate::app::App;
use crate::config::Config;
use crate::model::ClientId;
use crate::protocol::scope::Scopes;
use crate::server::node::{Ingredients, assemble};
use crate::service::client_auth::Denied;
use crate::service::token::preview::{Measured, largest, preview};
use crate::world::SystemClock;

#[derive(Debug, Args)]
pub struct ClientPreview {
    /// Id of the application.
    #[arg(long)]
    pub client: String,
    /// E-mail address or id.
    #[arg(long)]
    pub person: String,
    /// Id, number or slug.
    #[arg(long)]
    pub tenant: String,
    /// Scopes of the request, space-separated; without it all that the application may ask for.
    #[arg(long)]
    pub scope: Option<String>,
}

pub async fn show(config: Config, output: &Output, wanted: ClientPreview) -> Result<(), CliError> {
    let (opened, app) = node(config).await?;
    let (person, tenant) = (opened.person(&wanted.person).await?, opened.tenant(&wanted.tenant).await?);
    let registered = app.registered();
    let client = registered.clients.get(&ClientId::from_text(wanted.client.as_str()));
    let client =
        client.ok_or_else(|| CliError::new("there is no such application", "give the client_id that `tenantry client add` printed"))?;
    let allowed = &client.metadata.scopes;
    let scopes = Scopes::parse(&wanted.scope.unwrap_or_else(|| allowed.join(" "))).only(allowed);
    let shown = preview(&app, client, &person.id, &tenant.id, &scopes, opened.now).await.map_err(unable)?;
    let measured = largest(&app, client, &scopes, opened.now).await.map_err(unable)?;
    opened.store.close().await;
    let shown = shown.ok_or_else(|| CliError::new("the person is not in this tenant", "`tenantry member add` puts that person into it"))?;
    let id_token = shown.id_token.map_or(Value::Null, Value::Object);
    let values = [
        ("scope", scopes.to_string().into()),
        ("id_token", id_token),
        ("access_token", Value::Object(shown.access_token)),
        ("userinfo", Value::Object(shown.userinfo)),
        ("id_token_bytes", shown.size.id_token.into()),
        ("access_token_bytes", shown.size.access_token.into()),
        ("budget_bytes", client.metadata.token_budget_bytes.into()),
        ("largest", measured.iter().map(line).collect()),
    ];
    output.result("What the application would be told after a sign-in with every factor:", &values)
}

/// The database of a command, and the parts of a node on it that serves nobody.
pub(super) async fn node(config: Config) -> Result<(Opened, Arc<App>), CliError> {
    let opened = open(&config).await?;
    let sealer = opened.sealer(&config).await?;
    let ingredients = Ingredients {
        sealer,
        store: opened.store.clone(),
        clock: Arc::new(SystemClock),
        entropy: Arc::clone(&opened.entropy),
        mailer: None,
        config: Arc::new(config),
    };
    let app = assemble(ingredients).await?;
    Ok((opened, app))
}

fn line(one: &Measured) -> Value {
    json!({
        "person": one.person,
        "tenant": one.tenant,
        "id_token_bytes": one.size.id_token,
        "access_token_bytes": one.size.access_token,
    })
}

fn unable(denied: Denied) -> CliError {
    match denied {
        Denied::Refused(error) => CliError::new(format!("no token would be issued: {}", error.description), "mend the registration"),
        other => CliError::new(format!("the tokens cannot be made: {other:?}"), "look at the application's keys and algorithms"),
    }
}
