//! `client secret add`, `client secret list`, `client secret retire`.
use super::args::ClientSecret;
use super::error::CliError;
use super::open::open;
use super::output::Output;
use crate::config::Config;
use crate::model::{ClientId, SecretId};
use crate::service::client_secrets::{self, SecretAdded, SecretRetired};

pub async fn run(config: &Config, output: &Output, command: ClientSecret) -> Result<(), CliError> {
    match command {
        ClientSecret::Add(named) => add(config, output, &ClientId::from_text(named.client)).await,
        ClientSecret::List(named) => list(config, output, &ClientId::from_text(named.client)).await,
        ClientSecret::Retire(wanted) => {
            retire(config, output, &ClientId::from_text(wanted.client), &SecretId::from_text(wanted.secret)).await
        }
    }
}

fn unknown() -> CliError {
    CliError::new("there is no such application", "give the client_id that `client add` printed")
}

async fn add(config: &Config, output: &Output, client: &ClientId) -> Result<(), CliError> {
    let opened = open(config).await?;
    let added = client_secrets::add(&opened.change(), client).await;
    opened.store.close().await;
    match added? {
        SecretAdded::Added(id, secret) => {
            let values = [("secret", id.as_str().into()), ("client_secret", secret.clear().into())];
            output.result("The application has one more secret. It is shown here once:", &values)
        }
        SecretAdded::TooMany => Err(CliError::new("two secrets are in force", "retire one with `client secret retire` first")),
        SecretAdded::OtherMethod => Err(CliError::new("the application proves itself without a secret", "register new keys instead")),
        SecretAdded::UnknownClient => Err(unknown()),
    }
}

async fn list(config: &Config, output: &Output, client: &ClientId) -> Result<(), CliError> {
    let opened = open(config).await?;
    let found = opened.store.read(async |r| r.client(client).await).await;
    opened.store.close().await;
    let found = found?.ok_or_else(unknown)?;
    let row = |secret: &crate::model::StoredSecret| vec![secret.id.as_str().into()];
    output.table(&["secret"], &found.secrets.iter().map(row).collect::<Vec<_>>())
}

async fn retire(config: &Config, output: &Output, client: &ClientId, secret: &SecretId) -> Result<(), CliError> {
    let opened = open(config).await?;
    let retired = client_secrets::retire(&opened.change(), client, secret).await;
    opened.store.close().await;
    match retired? {
        SecretRetired::Retired => output.result("The secret is worth nothing from now on.", &[("secret", secret.as_str().into())]),
        SecretRetired::Last => Err(CliError::new("it is the only secret in force", "make another with `client secret add` first")),
        SecretRetired::Unknown => Err(CliError::new("the application has no such secret", "look at `client secret list`")),
    }
}
