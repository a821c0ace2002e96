//! `client registration-token add`, `list`, `retire`: who may register applications without an operator.
use clap::{Args, Subcommand};
use serde_json::Value;

use super::error::CliError;
use super::manage::date;
use super::open::open;
use super::output::Output;
use crate::config::Config;
use crate::model::{RegistrationToken as Row, RegistrationTokenId, TenantId};
use crate::service::registration_tokens;

#[derive(Debug, Subcommand)]
pub enum RegistrationToken {
    /// Make a token (RFC 7591: initial access token). It is printed once.
    #[command(after_help = "Example:\n  tenantry client registration-token add --tenant acme --uses 10 --days 30")]
    Add(TokenAdd),
    /// List the tokens, without what is secret.
    List,
    /// End a token at once; what was registered with it stays.
    #[command(after_help = "Example:\n  tenantry client registration-token retire --token reg_01h…")]
    Retire(TokenRetire),
}

#[derive(Debug, Args)]
pub struct TokenAdd {
    /// The only tenant whose people may enter what is registered with it: id, number or slug. Without one, all tenants.
    #[arg(long)]
    pub tenant: Option<String>,
    /// How many applications may be registered with it.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub uses: u32,
    /// How many days it is good for.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: u32,
}

#[derive(Debug, Args)]
pub struct TokenRetire {
    /// Id of the token, as `client registration-token list` shows it.
    #[arg(long, value_name = "ID")]
    pub token: String,
}

pub async fn run(config: &Config, output: &Output, command: RegistrationToken) -> Result<(), CliError> {
    match command {
        RegistrationToken::Add(wanted) => add(config, output, wanted).await,
        RegistrationToken::List => list(config, output).await,
        RegistrationToken::Retire(wanted) => retire(config, output, &RegistrationTokenId::from_text(wanted.token)).await,
    }
}

async fn add(config: &Config, output: &Output, wanted: TokenAdd) -> Result<(), CliError> {
    let opened = open(config).await?;
    let tenant = match &wanted.tenant {
        Some(handle) => Some(opened.tenant(handle).await?.id),
        None => None,
    };
    let added = registration_tokens::add(&opened.change(), tenant, wanted.uses, wanted.days).await;
    opened.store.close().await;
    let (row, token) = added?;
    let sentence = if config.registration.enabled {
        "Whoever has this token may register applications. It is shown here once:"
    } else {
        "The token is made, and is good for nothing until registration.enabled is set. It is shown here once:"
    };
    let values = [
        ("token", row.id.as_str().into()),
        ("initial_access_token", token.clear().into()),
        ("uses", row.uses_left.into()),
        ("good_until", date(row.expires_at).into()),
    ];
    output.result(sentence, &values)
}

async fn list(config: &Config, output: &Output) -> Result<(), CliError> {
    let opened = open(config).await?;
    let rows = opened.store.read(async |r| r.registration_tokens().await).await;
    opened.store.close().await;
    let cells = |row: &Row| {
        let tenant = row.tenant.as_ref().map_or(Value::Null, |tenant: &TenantId| tenant.as_str().into());
        vec![row.id.as_str().into(), tenant, row.uses_left.into(), date(row.expires_at).into()]
    };
    output.table(&["token", "tenant", "uses_left", "good_until"], &rows?.iter().map(cells).collect::<Vec<_>>())
}

async fn retire(config: &Config, output: &Output, id: &RegistrationTokenId) -> Result<(), CliError> {
    let opened = open(config).await?;
    let retired = registration_tokens::retire(&opened.change(), id).await;
    opened.store.close().await;
    if retired? {
        return output.result("The token is worth nothing from now on.", &[("token", id.as_str().into())]);
    }
    Err(CliError::new("there is no such token", "look at `client registration-token list`"))
}
