//! `demo`: a whole world on this machine, without any configuration.
use std::path::PathBuf;
use std::sync::Arc;

use super::error::CliError;
use super::open::{Opened, open_store};
use super::output::Output;
use crate::demo::{Demo, DemoError, Plan, Ports};
use crate::server::signals;
use crate::world::{Clock as _, Os, SystemClock};

/// Settles where the demo lives and listens.
pub fn plan(folder: Option<PathBuf>, port: Option<u16>) -> Result<Plan, CliError> {
    let out_of_range = || CliError::new("--port cannot begin a block of six ports", "give a number from 1 to 65530");
    let ports = port.map(|port| Ports::beginning_with(port).ok_or_else(out_of_range)).transpose()?;
    Ok(Plan::new(folder, ports)?)
}

pub async fn demo(plan: Plan, output: &Output) -> Result<(), CliError> {
    let stop = signals::stop().map_err(|error| CliError::new(format!("signals cannot be received: {error}"), "free file handles"))?;
    let listeners = plan.listen().await?;
    let config = plan.configuration()?;
    let store = open_store(&config).await?;
    store.migrate().await?;
    let opened = Opened { store, entropy: Arc::new(Os), now: SystemClock.now() };
    let sealer = opened.sealer(&config).await?;
    let demo = Demo::prepare(plan, listeners, config, opened.store, sealer).await?;
    output.address(&demo.start_page())?;
    demo.serve(stop).await?;
    Ok(())
}

impl From<DemoError> for CliError {
    fn from(error: DemoError) -> Self {
        match error {
            DemoError::Configuration(faults) => faults.into(),
            DemoError::Store(error) => error.into(),
            DemoError::Node(error) => error.into(),
            DemoError::PortTaken { port, .. } => Self::new(
                error.to_string(),
                format!(
                    "end the program that holds port {port}, or move the whole block of six with --port, like: tenantry demo --port 9080"
                ),
            ),
            DemoError::OtherPorts { made, .. } => {
                Self::new(error.to_string(), format!("use --port {made} or leave it out, or name another folder with --data"))
            }
            DemoError::Incomplete { .. } => Self::new(error.to_string(), "delete the folder, or name another one with --data"),
            DemoError::Making(_) => Self::new(error.to_string(), "delete the demo's folder and start again"),
        }
    }
}
