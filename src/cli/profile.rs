//! `person profile`, and the profile of `person add`.
use std::path::{Path, PathBuf};

use clap::Args;

use super::error::CliError;
use super::open::{Opened, open, text_of};
use super::output::Output;
use crate::config::Config;
use crate::model::{PersonId, Profile};
use crate::service::people::{ProfileSet, set_profile};

#[derive(Debug, Args)]
pub struct PersonProfile {
    /// E-mail address or id.
    #[arg(long)]
    pub person: String,
    /// File with the profile as JSON, `-` for standard input; members that it does not name are emptied.
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
}

pub async fn set(config: &Config, output: &Output, wanted: PersonProfile) -> Result<(), CliError> {
    let profile = read(&wanted.file)?;
    let opened = open(config).await?;
    let person = opened.person(&wanted.person).await?;
    let kept = keep(&opened, &person.id, &profile).await;
    opened.store.close().await;
    kept?;
    output.result("The profile is kept.", &[("person", person.id.as_str().into())])
}

/// Reads a profile; nothing in it may be wrong.
pub fn read(file: &Path) -> Result<Profile, CliError> {
    let text = text_of(file)?;
    // An object alone: serde would take a list for one whose members are all missing.
    let object = serde_json::from_str::<serde_json::Map<_, _>>(text.expose());
    let profile: Profile = object.and_then(|members| serde_json::from_value(members.into())).map_err(|e| {
        CliError::new(format!("{} is not a profile: {e}", file.display()), "give a JSON object like {\"nickname\": \"Annie\"}")
    })?;
    match profile.fault() {
        Some((member, demand)) => Err(refused(member, demand)),
        None => Ok(profile),
    }
}

pub async fn keep(opened: &Opened, person: &PersonId, profile: &Profile) -> Result<(), CliError> {
    match set_profile(&opened.change(), person, profile).await? {
        ProfileSet::Done => Ok(()),
        ProfileSet::NoSuchPerson => Err(CliError::new("there is no such person", "`tenantry person add` makes one")),
        ProfileSet::Invalid(member, demand) => Err(refused(member, demand)),
    }
}

fn refused(member: &str, demand: &str) -> CliError {
    CliError::new(format!("the member {member} cannot be used"), format!("give {demand}"))
}
