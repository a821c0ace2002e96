//! `audit verify`: is the audit trail as it was written?
use clap::{Args, Subcommand};

use super::error::CliError;
use super::open::open;
use super::output::Output;
use crate::config::Config;
use crate::service::audit_chain::{Breach, verify};

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Go through the whole chain of sealed events and say where it breaks.
    #[command(after_help = "Examples:\n  tenantry audit verify\n  tenantry audit verify --noted 48211:Jr0…")]
    Verify(Verify),
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The head that an earlier run printed, kept outside the database: shows a trail that was cut off at its end.
    #[arg(long, value_name = "POSITION:HASH", value_parser = noted)]
    pub noted: Option<(i64, String)>,
}

fn noted(text: &str) -> Result<(i64, String), String> {
    let (position, hash) = text.split_once(':').ok_or("write it as POSITION:HASH")?;
    Ok((position.parse().map_err(|_| "the position is a number")?, hash.to_owned()))
}

pub async fn run(config: &Config, output: &Output, Audit::Verify(wanted): Audit) -> Result<(), CliError> {
    let opened = open(config).await?;
    let sealer = opened.sealer(config).await?;
    let noted = wanted.noted.as_ref().map(|(position, hash)| (*position, hash.as_str()));
    let found = verify(&opened.store, &sealer, None, noted).await;
    opened.store.close().await;
    let found = found?;
    if let Some((position, breach)) = found.breach {
        let what = match breach {
            Breach::Gap => "a link is missing before it",
            Breach::Link => "the link was changed or moved",
            Breach::Deleted => "its event was deleted",
            Breach::Changed => "its event was changed",
            Breach::Stray => "after it, events claim to be sealed that are in no link",
            Breach::Shortened => "the trail was cut off here",
        };
        let remedy = "compare with a backup: somebody changed the database behind the program's back";
        return Err(CliError::new(format!("the audit trail is broken at position {position}: {what}"), remedy));
    }
    let values = [
        ("events", found.head.0.into()),
        ("pseudonymised", found.pseudonymised.into()),
        ("head", format!("{}:{}", found.head.0, found.head.1).into()),
    ];
    output.result("The audit trail is whole. Note its head down outside the database:", &values)
}
