//! `policy show|set|preset|explain`: the rules of a tenant.
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::because::{beside, sentence, source};
use super::error::CliError;
use super::open::open;
use super::output::Output;
use super::preview::node;
use crate::config::Config;
use crate::model::{ClientId, Tenant, TenantPolicy};
use crate::policy::keys::{self, KeyFault, shown};
use crate::policy::presets::{Preset, VERSION};
use crate::service::explain::explain;
use crate::service::policies::{Author, PolicySet, Preview, preview, set};

#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Print every rule of a tenant.
    #[command(after_help = "Example:\n  tenantry policy show acme")]
    Show(Show),
    /// Change rules of a tenant; tells first whom it affects.
    #[command(after_help = "Examples:\n  tenantry policy set acme mfa.mode=required --try\n  tenantry policy set acme mfa.mode=required")]
    Set(Set),
    /// Give a tenant all rules of a preset: default, konfipay, promio or saferpay. Its groups stay as they are.
    #[command(after_help = "Example:\n  tenantry policy preset acme saferpay")]
    Preset(ToPreset),
    /// What a sign-in of a person through an application into a tenant would meet, and why.
    #[command(after_help = "Example:\n  tenantry policy explain --person anna@acme.example --client cli_… --tenant acme")]
    Explain(Explain),
}

#[derive(Debug, Args)]
pub struct Show {
    /// Id, number or slug.
    pub tenant: String,
}

#[derive(Debug, Args)]
pub struct Set {
    /// Id, number or slug.
    pub tenant: String,
    /// Rules as KEY=VALUE, lists with commas.
    #[arg(required = true, value_name = "KEY=VALUE")]
    pub rules: Vec<String>,
    /// Only tell what would change and whom it affects.
    #[arg(long = "try")]
    pub only_try: bool,
}

#[derive(Debug, Args)]
pub struct ToPreset {
    /// Id, number or slug.
    pub tenant: String,
    pub preset: String,
    /// Only tell what would change and whom it affects.
    #[arg(long = "try")]
    pub only_try: bool,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// E-mail address or id.
    #[arg(long)]
    pub person: String,
    /// Id of the application.
    #[arg(long)]
    pub client: String,
    /// Id, number or slug.
    #[arg(long)]
    pub tenant: String,
}

pub async fn run(config: Config, output: &Output, command: Policy) -> Result<(), CliError> {
    match command {
        Policy::Show(wanted) => show(&config, output, wanted).await,
        Policy::Set(wanted) => change(&config, output, wanted).await,
        Policy::Preset(wanted) => to_preset(&config, output, wanted).await,
        Policy::Explain(wanted) => explained(config, output, wanted).await,
    }
}

async fn show(config: &Config, output: &Output, wanted: Show) -> Result<(), CliError> {
    let opened = open(config).await?;
    let tenant = opened.tenant(&wanted.tenant).await?;
    opened.store.close().await;
    let rows: Vec<Vec<Value>> = shown(&tenant.policy).into_iter().map(|(key, value)| vec![key.into(), value.into()]).collect();
    output.table(&["key", "value"], &rows)
}

async fn change(config: &Config, output: &Output, wanted: Set) -> Result<(), CliError> {
    let opened = open(config).await?;
    let tenant = opened.tenant(&wanted.tenant).await?;
    let mut after = tenant.policy.clone();
    for rule in &wanted.rules {
        let (key, value) = rule.split_once('=').ok_or_else(|| CliError::new(format!("\"{rule}\" is no rule"), "write it as KEY=VALUE"))?;
        after = keys::set(&after, key.trim(), value).map_err(|fault| refused(key, fault))?;
    }
    apply(config, output, &opened, &tenant, &after, (None, wanted.only_try)).await
}

fn refused(key: &str, fault: KeyFault) -> CliError {
    match fault {
        KeyFault::Unknown => {
            CliError::new(format!("there is no key {}", key.escape_debug()), "`tenantry policy show TENANT` lists them all")
        }
        KeyFault::Value => CliError::new(format!("{key} does not take this value"), "the documentation names the values of each key"),
        KeyFault::Demand(key, demand) => CliError::new(format!("{key} cannot be this"), format!("give {demand}")),
    }
}

/// The preset of this name.
pub(super) fn preset_of(name: &str) -> Result<Preset, CliError> {
    Preset::parse(name).ok_or_else(|| {
        let all: Vec<&str> = Preset::ALL.iter().map(|preset| preset.as_str()).collect();
        CliError::new("there is no such preset", format!("the presets are {}", all.join(", ")))
    })
}

async fn to_preset(config: &Config, output: &Output, wanted: ToPreset) -> Result<(), CliError> {
    let preset = preset_of(&wanted.preset)?;
    let opened = open(config).await?;
    let tenant = opened.tenant(&wanted.tenant).await?;
    let name = format!("{preset} {VERSION}");
    apply(config, output, &opened, &tenant, &preset.policy(), (Some(&name), wanted.only_try)).await
}

async fn apply(
    config: &Config,
    output: &Output,
    opened: &super::open::Opened,
    tenant: &Tenant,
    after: &TenantPolicy,
    (preset, only_try): (Option<&str>, bool),
) -> Result<(), CliError> {
    if only_try {
        let shown = preview(&opened.store, tenant, after, opened.now).await?;
        opened.store.close().await;
        return told(output, "Nothing was changed. This would be:", &shown);
    }
    let outcome = set(&opened.change(), &config.policy, (&tenant.id, Author::Operator), after, preset).await?;
    opened.store.close().await;
    match outcome {
        PolicySet::Done(done) => told(output, "The rules of the tenant are changed.", &done),
        PolicySet::Same => told(output, "The tenant has these rules already.", &Preview { changes: Vec::new(), affected: Vec::new() }),
        PolicySet::Refused(key, demand) => Err(CliError::new(format!("{key} cannot be this"), format!("give {demand}"))),
        PolicySet::OperatorOnly(key) => Err(CliError::new(format!("only the operator changes {key}"), "leave it as it is")),
    }
}

fn told(output: &Output, sentence: &str, preview: &Preview) -> Result<(), CliError> {
    let changes: Vec<Value> = preview.changes.iter().map(|(key, before, after)| format!("{key}: {before} → {after}").into()).collect();
    let affected: Vec<Value> = preview.affected.iter().map(|a| format!("{} {}: {}", a.count, a.what, a.names.join(", ")).into()).collect();
    output.result(sentence, &[("changes", changes.into()), ("affected", affected.into())])
}

async fn explained(config: Config, output: &Output, wanted: Explain) -> Result<(), CliError> {
    let (opened, app) = node(config).await?;
    let (person, tenant) = (opened.person(&wanted.person).await?, opened.tenant(&wanted.tenant).await?);
    let registered = app.registered();
    let client = registered.clients.get(&ClientId::from_text(wanted.client.as_str()));
    let client =
        client.ok_or_else(|| CliError::new("there is no such application", "give the client_id that `tenantry client add` printed"))?;
    let run = explain(&app, &person.id, client, &tenant.id, opened.now).await;
    opened.store.close().await;
    let run = run.map_err(|failure| CliError::new(format!("it cannot be tried out: {failure}"), "look at the database"))?;
    let run = run.ok_or_else(|| CliError::new("there is no such person", "give an e-mail address or id"))?;
    let rules: Vec<Value> = run.rules.iter().map(|r| json!({ "rule": r.rule, "value": r.value, "source": source(&r.source) })).collect();
    let rules = if output.is_json() {
        rules
    } else {
        run.rules.iter().map(|r| format!("{} = {} ({})", r.rule, r.value, source(&r.source)).into()).collect()
    };
    let values = [
        ("because", sentence(run.because).into()),
        ("by_password", format!("{:?}", run.by_password).into()),
        ("by_factor", format!("{:?}", run.by_factor).into()),
        ("besides", run.besides.into_iter().map(|holds| Value::from(beside(holds))).collect::<Vec<_>>().into()),
        ("rules", rules.into()),
    ];
    output.result("What a sign-in would meet:", &values)
}
