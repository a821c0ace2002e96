//! `migrate`, `tenant disable`, `tenant enable`, `keys list`, `keys rotate`.
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::args::TenantNamed;
use super::error::CliError;
use super::open::{open, open_store};
use super::output::Output;
use crate::config::Config;
use crate::model::TenantState;
use crate::service::signing_keys::rotate_early;
use crate::service::tenants;
use crate::world::Timestamp;

pub async fn migrate(config: &Config, output: &Output) -> Result<(), CliError> {
    let store = open_store(config).await?;
    let outcome = store.migrate().await;
    store.close().await;
    outcome?;
    output.result("The database is up to date.", &[("schema", "current".into())])
}

pub async fn list_keys(config: &Config, output: &Output) -> Result<(), CliError> {
    let opened = open(config).await?;
    let keys = opened.store.read(async |r| r.signing_keys().await).await?;
    opened.store.close().await;
    let row = |key: &crate::model::SigningKeyRow| {
        let retires = key.retires_at.map_or(Value::Null, |at| date(at).into());
        vec![key.kid.as_str().into(), key.alg.as_str().into(), key.state.as_str().into(), date(key.activates_at).into(), retires]
    };
    output.table(&["kid", "alg", "state", "signs_from", "published_until"], &keys.iter().map(row).collect::<Vec<_>>())
}

pub async fn rotate_keys(config: &Config, output: &Output, at_once: bool) -> Result<(), CliError> {
    let opened = open(config).await?;
    let maker = opened.maker(config).await?;
    let kids = rotate_early(&opened.change(), &maker, at_once).await?;
    opened.store.close().await;
    let sentence = if at_once {
        "New keys sign from now on; the old ones stay published until their tokens are over.".to_owned()
    } else {
        format!("New keys are published; they sign in {} days.", config.keys.publish_ahead_days)
    };
    output.result(&sentence, &[("kids", kids.into())])
}

pub async fn set_tenant_state(config: &Config, output: &Output, named: TenantNamed, state: TenantState) -> Result<(), CliError> {
    let opened = open(config).await?;
    let tenant = opened.tenant(&named.tenant).await?;
    let ended = tenants::set_state(&opened.change(), &tenant.id, state).await;
    opened.store.close().await;
    let sentence = match state {
        TenantState::Disabled => "Nobody enters the tenant any more. Running nodes know within a second, and tell its applications.",
        TenantState::Active => "Its people may enter the tenant again; they sign in anew.",
    };
    let values = [("tenant", tenant.id.as_str().into()), ("state", state.as_str().into()), ("grants_ended", ended?.into())];
    output.result(sentence, &values)
}

pub(super) fn date(at: Timestamp) -> String {
    let parsed = OffsetDateTime::from_unix_timestamp(at.seconds()).ok();
    parsed.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_else(|| at.seconds().to_string())
}
