//! `serve`: everything from the configuration to the last answered request.
use std::sync::Arc;

use tokio::net::TcpListener;

use super::error::CliError;
use super::open::{Opened, open_store, refuse_outdated};
use super::output::Output;
use super::people::link_of;
use crate::config::{Config, MailMode};
use crate::server::node::{Ingredients, NodeError, assemble, serve as serve_node};
use crate::server::{Stopped, signals};
use crate::service::people::{BootstrapLink, Renewal, bootstrap_link};
use crate::world::{Clock as _, Os, SystemClock};

pub async fn serve(config: Config, may_migrate: bool, output: &Output) -> Result<(), CliError> {
    // Before anything else, so that a stop during the start is not lost.
    let stop = signals::stop().map_err(|error| CliError::new(format!("signals cannot be received: {error}"), "free file handles"))?;
    let opened = opened(&config, may_migrate).await?;
    let sealer = opened.sealer(&config).await?;
    let listener = listen(&config).await?;
    warn_about(&config);
    let ingredients = Ingredients {
        sealer,
        store: opened.store.clone(),
        clock: Arc::new(SystemClock),
        entropy: Arc::clone(&opened.entropy),
        mailer: None,
        config: Arc::new(config),
    };
    let app = assemble(ingredients).await?;
    if let BootstrapLink::Made(token) = bootstrap_link(&opened.change(), Renewal::IfNoneIsOpen).await? {
        output.bootstrap_link(&link_of(&app.config, &token))?;
    }
    let address = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
    tracing::info!(%address, issuer = app.issuer(), "serving {} on {address}", app.issuer());
    let router = crate::web::router(Arc::clone(&app));
    match serve_node(app, router, listener, stop).await? {
        Stopped::Drained => tracing::info!("stopped; every request was answered"),
        Stopped::TimeRanOut => tracing::warn!("stopped; some requests were cut"),
    }
    Ok(())
}

async fn opened(config: &Config, may_migrate: bool) -> Result<Opened, CliError> {
    let store = open_store(config).await?;
    if may_migrate {
        store.migrate().await?;
    }
    refuse_outdated(&store).await?;
    Ok(Opened { store, entropy: Arc::new(Os), now: SystemClock.now() })
}

async fn listen(config: &Config) -> Result<TcpListener, CliError> {
    let address = config.server.listen;
    TcpListener::bind(address).await.map_err(|error| {
        CliError::new(format!("cannot listen on {address}: {error}"), "set another server.listen, or end the program that holds it")
    })
}

/// What works, and is not what one wants for long.
fn warn_about(config: &Config) {
    if config.mail.mode == MailMode::Folder {
        tracing::warn!(folder = %config.mail.folder.display(), "letters are written into a folder; set mail.mode to \"smtp\" to send them");
    }
    let tls = config.server.tls_certificate_file.is_some();
    if !config.server.listen.ip().is_loopback() && !tls && config.server.trusted_proxies.is_empty() {
        tracing::warn!("plain http on a network: set the TLS files, or name the proxy that speaks TLS in server.trusted_proxies");
    }
}

impl From<NodeError> for CliError {
    fn from(error: NodeError) -> Self {
        let remedy = match &error {
            NodeError::App(_) | NodeError::Keys(_) => "check the database and that this is the master key with which it was sealed",
            NodeError::Mail(_) | NodeError::Sender => "check the section mail; `tenantry check-config` names faults",
            NodeError::Http(_) => "check the root certificates of this machine",
            NodeError::MtlsListen { .. } => "free the port or set another server.mtls_listen",
            NodeError::Tls(_) => "check server.tls_certificate_file and server.tls_key_file",
        };
        Self::new(error.to_string(), remedy)
    }
}
