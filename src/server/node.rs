//! One node: an open database becomes an [`App`], the App is served together with its background jobs.
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{ClientCertificates, Job, Limits, Stopped, TlsError, TlsFiles, housekeeping, run};
use crate::app::{App, AppError, Parts};
use crate::config::{Config, Mail, MailMode, MailTls, Server};
use crate::keys::Sealer;
use crate::mail::{Mailer, Sender, Smtp, SmtpOptions, SmtpSetupFault, SmtpTls};
use crate::service::audit_chain;
use crate::service::audit_retention;
use crate::service::backchannel;
use crate::service::change::Change;
use crate::service::everybody::erasing;
use crate::service::housekeeping as chores;
use crate::service::signing_keys::{self, Maker, RotationError, rotate_when_due};
use crate::service::tenant_ending;
use crate::store::Store;
use crate::upstream::{Http, HttpFault, HttpOptions};
use crate::web;
use crate::world::{Clock, Entropy};

/// For one letter, from the connection to the last answer.
const LETTER_TIME: Duration = Duration::from_secs(30);

/// Why a node cannot be put together or served.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Keys(#[from] RotationError),
    #[error("mail: {0}")]
    Mail(#[from] SmtpSetupFault),
    #[error("mail.from is no address that letters can come from")]
    Sender,
    #[error("the client for identity providers cannot start: {0}")]
    Http(#[from] HttpFault),
    #[error("server.mtls_listen: {address} cannot be listened on: {cause}")]
    MtlsListen { address: std::net::SocketAddr, cause: std::io::Error },
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
}

/// What a node is made of; the schema is current and the sealer is the database's own.
pub struct Ingredients {
    pub config: Arc<Config>,
    pub store: Store,
    pub sealer: Sealer,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// Where letters go, instead of where the configuration says.
    pub mailer: Option<Mailer>,
}

/// Makes the signing keys that are missing and puts the App together.
///
/// # Errors
/// [`NodeError`], most often because the master key is another than the one that sealed the signing keys.
pub async fn assemble(from: Ingredients) -> Result<Arc<App>, NodeError> {
    super::install_provider();
    let change = Change { store: &from.store, entropy: &*from.entropy, now: from.clock.now(), actor: "start", network: "local" };
    let policy = signing_keys::policy(&from.config.keys);
    rotate_when_due(&change, &Maker { sealer: from.sealer.clone(), entropy: Arc::clone(&from.entropy), policy }).await?;
    let mail = &from.config.mail;
    let name = mail.from_name.as_deref().unwrap_or(&from.config.product.name);
    let mailer = match from.mailer {
        Some(mailer) => mailer,
        None => mailer(mail)?,
    };
    let options = HttpOptions { allow_plain_http_loopback: from.config.upstream.allow_plain_http_loopback };
    let parts = Parts {
        sender: Sender::new(name, &mail.from).ok_or(NodeError::Sender)?,
        http: Http::new(options)?,
        outbound: Http::guarded(options, from.config.outbound.allowed_networks.clone())?,
        mailer,
        store: from.store,
        sealer: from.sealer,
        clock: from.clock,
        entropy: from.entropy,
        config: from.config,
    };
    Ok(App::new(parts).await?)
}

/// Where letters go, as configured.
///
/// # Errors
/// The settings contradict each other; [`Config::load`] finds most of that before.
pub fn mailer(mail: &Mail) -> Result<Mailer, SmtpSetupFault> {
    if mail.mode == MailMode::Folder {
        return Ok(Mailer::Folder(mail.folder.clone()));
    }
    let tls = match mail.tls {
        MailTls::Starttls => SmtpTls::StartTls,
        MailTls::Tls => SmtpTls::Wrapped,
        MailTls::None => SmtpTls::None,
    };
    let login = mail.username.clone().zip(mail.password.clone());
    let options = SmtpOptions { host: mail.host.clone(), port: mail.port, tls, login, extra_authority: None, timeout: LETTER_TIME };
    Ok(Mailer::Smtp(Arc::new(Smtp::new(options)?)))
}

/// What this node does in the background.
pub fn jobs(app: &Arc<App>) -> Vec<Job> {
    fn job<F, E>(app: &Arc<App>, name: &'static str, seconds: u64, run: fn(Arc<App>) -> F) -> Job
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display + 'static,
    {
        let app = Arc::clone(app);
        Job::new(name, Duration::from_secs(seconds), move || run(Arc::clone(&app)))
    }
    vec![
        job(app, "refresh", 1, |app| async move { chores::refresh(&app).await }),
        job(app, "recovery", 1, |app| async move { chores::answer_recovery(&app).await }),
        job(app, "letters", 1, |app| async move { chores::deliver_letters(&app).await }),
        Job::new("logout tokens", Duration::from_millis(100), {
            let app = Arc::clone(app);
            move || {
                let app = Arc::clone(&app);
                async move { backchannel::deliver_when_rung(&app).await }
            }
        }),
        job(app, "audit chain", 5, |app| async move { audit_chain::seal(&app).await }),
        job(app, "erasure", 60, |app| async move { erasing::carry_out(&app).await }),
        job(app, "tenant erasure", 60, |app| async move { tenant_ending::carry_out(&app).await }),
        job(app, "audit retention", 3600, |app| async move { audit_retention::retire(&app).await }),
        job(app, "expire", 60, |app| async move { chores::expire(&app).await }),
        job(app, "signing keys", 3600, |app| async move { signing_keys::rotate_in_turn(&app).await }),
    ]
}

/// Serves the App's routes and runs its jobs until `shutdown`, then lets both finish and closes the database.
///
/// # Errors
/// [`NodeError::Tls`] when the configured certificate cannot be used.
pub async fn serve(
    app: Arc<App>,
    router: axum::Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<Stopped, NodeError> {
    let limits = Limits::from(&app.config.server);
    let shutdown_time = limits.shutdown_time;
    let (stop, stopping) = watch::channel(false);
    let asked = |mut stopping: watch::Receiver<bool>| async move {
        let _ = stopping.wait_for(|asked| *asked).await;
    };
    let chores = tokio::spawn(housekeeping(jobs(&app), asked(stopping)));
    let told = async {
        shutdown.await;
        let _ = stop.send(true);
    };
    let server = &app.config.server;
    let for_people = run(listener, router, limits.clone(), tls_files(server, ClientCertificates::NotAsked), told);
    let served = match server.mtls_listen {
        None => for_people.await,
        Some(address) => {
            let second = TcpListener::bind(address).await.map_err(|cause| NodeError::MtlsListen { address, cause })?;
            let address = second.local_addr().map_err(|cause| NodeError::MtlsListen { address, cause })?;
            tracing::info!(%address, "listening for clients with certificates");
            let router = web::router_for_certificates(Arc::clone(&app));
            let for_clients = run(second, router, limits, tls_files(server, ClientCertificates::Asked), asked(stop.subscribe()));
            // The first listener ends when it is told to, and then tells the second.
            let first = async {
                let ended = for_people.await;
                let _ = stop.send(true);
                ended
            };
            let (first, second) = tokio::join!(first, for_clients);
            first.and_then(|ended| second.map(|also| if also == Stopped::Drained { ended } else { also }))
        }
    };
    let _ = stop.send(true);
    if tokio::time::timeout(shutdown_time, chores).await.is_err() {
        tracing::warn!("a background job did not finish in time and is cut");
    }
    app.store.close().await;
    Ok(served?)
}

fn tls_files(server: &Server, client_certificates: ClientCertificates) -> Option<TlsFiles> {
    let (certificate, key) = server.tls_certificate_file.clone().zip(server.tls_key_file.clone())?;
    Some(TlsFiles { certificate, key, client_certificates })
}
