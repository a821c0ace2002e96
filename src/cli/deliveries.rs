//! `client deliveries`: what an application was told about sessions that ended, and what it still waits for.
use clap::Args;
use serde_json::Value;

use super::error::CliError;
use super::manage::date;
use super::open::open;
use super::output::Output;
use crate::config::Config;
use crate::model::{ClientId, DeliveryState, LogoutDelivery, SessionId};

#[derive(Debug, Args)]
pub struct ClientDeliveries {
    /// Id of the application.
    #[arg(value_name = "CLIENT")]
    pub client: String,
    /// So many at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
}

pub async fn list(config: &Config, output: &Output, wanted: ClientDeliveries) -> Result<(), CliError> {
    let id = ClientId::from_text(wanted.client);
    let opened = open(config).await?;
    let found = opened.store.read(async |r| Ok((r.client(&id).await?, r.logout_deliveries_of(&id, wanted.limit.into()).await?))).await;
    opened.store.close().await;
    let (client, deliveries) = found?;
    if client.is_none() {
        return Err(CliError::new("there is no such application", "give the client_id that `client add` printed"));
    }
    let names = ["queued", "session", "state", "attempts", "last_error", "next_try", "done"];
    output.table(&names, &deliveries.iter().map(row).collect::<Vec<_>>())
}

/// Without the person: the session is enough to find them, and says nothing to whoever reads over the shoulder.
fn row(delivery: &LogoutDelivery) -> Vec<Value> {
    let waiting = delivery.state == DeliveryState::Queued;
    vec![
        date(delivery.created_at).into(),
        delivery.session.as_ref().map(SessionId::as_str).into(),
        delivery.state.as_str().into(),
        delivery.attempts.into(),
        delivery.last_error.as_deref().into(),
        waiting.then(|| date(delivery.due_at)).into(),
        delivery.done_at.map(date).into(),
    ]
}
