//! `api add`: the resource servers that access tokens are for.
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::error::CliError;
use super::open::{open, text_of};
use super::output::Output;
use crate::config::Config;
use crate::model::{AccessTokenFormat, ApiSettings};
use crate::service::apis::{self, ApiAdded};

#[derive(Debug, Subcommand)]
pub enum Api {
    /// Register an API. Applications may ask for tokens for it once it is among their --audience.
    #[command(after_help = "Examples:\n  \
        tenantry api add --identifier https://api.example.com --name Orders --scope orders:read --scope orders:write\n  \
        tenantry api add --identifier https://pay.example.com --name Payments --token-format opaque --details-file payments.json")]
    Add(ApiAdd),
}

#[derive(Debug, Args)]
pub struct ApiAdd {
    /// Its name in requests and tokens (`resource`, `aud`): an absolute URI without fragment.
    #[arg(long, value_name = "URI")]
    pub identifier: String,
    /// Name that people see.
    #[arg(long)]
    pub name: String,
    /// Only for people with API access, in their home tenant.
    #[arg(long)]
    pub requires_api_access: bool,
    /// Scope that is this API's; may be repeated.
    #[arg(long)]
    pub scope: Vec<String>,
    /// File with its types of authorization details (RFC 9396) as JSON:
    /// [{"type": "payment", "label": "A payment", "members": {"amount": {"kind": "string", "required": true}}}]
    #[arg(long, value_name = "FILE")]
    pub details_file: Option<PathBuf>,
    /// Kind of its access tokens, whatever the application's registration says.
    #[arg(long, value_enum)]
    pub token_format: Option<Format>,
    /// Minutes that its access tokens live.
    #[arg(long)]
    pub token_minutes: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Signed (RFC 9068).
    Jwt,
    /// Random text that the API introspects.
    Opaque,
}

pub async fn add(config: &Config, output: &Output, add: ApiAdd) -> Result<(), CliError> {
    let authorization_details = match &add.details_file {
        None => Vec::new(),
        Some(file) => serde_json::from_str(text_of(file)?.expose())
            .map_err(|e| CliError::new(format!("{} does not list types: {e}", file.display()), "see `tenantry api add --help`"))?,
    };
    let settings = ApiSettings {
        name: add.name,
        requires_api_access: add.requires_api_access,
        scopes: add.scope,
        authorization_details,
        access_token_format: add.token_format.map(|format| match format {
            Format::Jwt => AccessTokenFormat::Jwt,
            Format::Opaque => AccessTokenFormat::Opaque,
        }),
        access_token_minutes: add.token_minutes,
    };
    let opened = open(config).await?;
    let added = apis::add(&opened.change(), add.identifier, settings).await?;
    opened.store.close().await;
    match added {
        ApiAdded::Added(api) => {
            output.result("The API is registered.", &[("api", api.id.as_str().into()), ("identifier", api.identifier.into())])
        }
        ApiAdded::Taken => Err(CliError::new("another API has this identifier", "give another --identifier")),
        ApiAdded::Invalid(field, demand) => Err(CliError::new(format!("the {field} cannot be used"), format!("give {demand}"))),
    }
}
