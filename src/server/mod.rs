//! Floor 7. Sockets, TLS, limits of connections, graceful stop, and the loop of background jobs.
//!
//! Owns: the listener and everything between a socket and the router. Never does: routes, pages, storage.
//! Every request runs in a task of its own: a browser that goes away never cancels a handler half-way.
//!
//! ```ignore
//! let stop = server::signals::stop()?;
//! server::run(listener, router, limits, tls, stop).await;
//! ```
mod activity;
mod body;
mod connection;
pub mod housekeeping;
pub mod node;
pub mod signals;
mod tls;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use activity::Peers;
pub use housekeeping::{Job, housekeeping};
pub use tls::{ClientCertificates, TlsError, TlsFiles, install_provider};

/// Bounds of what one client may hold or take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Open connections at most; one address that is not a trusted proxy gets a quarter.
    pub connections: usize,
    pub trusted_proxies: Vec<IpNet>,
    /// Time for the TLS handshake, and for the headers of a request.
    pub header_time: Duration,
    /// Time for the body of a request, whole.
    pub body_time: Duration,
    /// Time that requests under way get once a stop is asked for.
    pub shutdown_time: Duration,
}

impl From<&crate::config::Server> for Limits {
    fn from(server: &crate::config::Server) -> Self {
        Self {
            connections: server.max_connections as usize,
            trusted_proxies: server.trusted_proxies.clone(),
            header_time: server.header_timeout(),
            body_time: server.body_timeout(),
            shutdown_time: server.shutdown_time(),
        }
    }
}

/// How the serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Every request under way was answered.
    Drained,
    /// The time ran out; what was still under way is cut.
    TimeRanOut,
}

/// Serves `router` on `listener` until `shutdown` is ready, then lets requests under way finish.
/// Each request carries `axum::extract::ConnectInfo<SocketAddr>` of its direct peer.
///
/// # Errors
/// [`TlsError`] when the certificate or key cannot be read at the start. Later faults of the files keep the old ones.
pub async fn run(
    listener: TcpListener,
    router: axum::Router,
    limits: Limits,
    tls: Option<TlsFiles>,
    shutdown: impl Future<Output = ()>,
) -> Result<Stopped, TlsError> {
    let acceptor = tls.map(tls::Reloading::load).transpose()?;
    let (stop, stopping) = watch::channel(false);
    let (alive, mut all_gone) = mpsc::channel::<()>(1);
    let shutdown_time = limits.shutdown_time;
    let peers = Peers::new((limits.connections / 4).max(1));
    let front = Front { slots: Arc::new(Semaphore::new(limits.connections)), peers, limits: Arc::new(limits), router, stopping, alive };
    let reloading = acceptor.as_ref().map(tls::Reloading::watch_files);

    let handle = acceptor.as_ref().map(tls::Reloading::acceptor);
    tokio::select! {
        () = front.accept_forever(&listener, handle.as_ref()) => {}
        () = shutdown => {}
    }
    let _ = stop.send(true);
    tracing::info!("stopping: no new connections are accepted, requests under way are finished");
    front.accept_waiting(&listener, handle.as_ref()).await;
    drop(listener);
    drop(front);
    let drained = tokio::time::timeout(shutdown_time, all_gone.recv()).await.is_ok();
    if let Some(task) = reloading {
        task.abort();
    }
    if drained {
        return Ok(Stopped::Drained);
    }
    tracing::warn!("the time to finish ran out; requests still under way are cut");
    Ok(Stopped::TimeRanOut)
}

/// What every new connection gets a copy of.
struct Front {
    slots: Arc<Semaphore>,
    peers: Peers,
    limits: Arc<Limits>,
    router: axum::Router,
    stopping: watch::Receiver<bool>,
    /// Each connection and each request holds a clone; the drain ends when the last is dropped.
    alive: mpsc::Sender<()>,
}

impl Front {
    async fn accept_forever(&self, listener: &TcpListener, tls: Option<&tls::Acceptor>) {
        loop {
            let slot = Arc::clone(&self.slots).acquire_owned().await.expect("the semaphore is never closed");
            match listener.accept().await {
                Ok((stream, peer)) => self.start(stream, peer, slot, tls),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    // Out of file handles or memory: wait for others to end instead of spinning.
                    tracing::error!(%error, "accepting connections fails; trying again in a second");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// Takes what the operating system accepted already: their clients believe to be connected (security.md R29).
    async fn accept_waiting(&self, listener: &TcpListener, tls: Option<&tls::Acceptor>) {
        while let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            match tokio::time::timeout(Duration::ZERO, listener.accept()).await {
                Ok(Ok((stream, peer))) => self.start(stream, peer, slot, tls),
                _ => break,
            }
        }
    }

    fn start(&self, stream: TcpStream, peer: SocketAddr, slot: OwnedSemaphorePermit, tls: Option<&tls::Acceptor>) {
        let known = self.is_proxy(peer.ip());
        let Some(place) = self.peers.enter(peer.ip(), known) else {
            tracing::debug!("one address holds too many connections; another is refused");
            return;
        };
        let _ = stream.set_nodelay(true);
        let mut context = connection::Context {
            router: self.router.clone(),
            limits: Arc::clone(&self.limits),
            stopping: self.stopping.clone(),
            alive: self.alive.clone(),
            peer,
            certificates: None,
        };
        let tls = tls.cloned();
        tokio::spawn(async move {
            match tls {
                None => context.serve(stream, connection::Version::Http1).await,
                Some(acceptor) => {
                    if let Some((stream, version)) = acceptor.shake_hands(stream, context.limits.header_time).await {
                        context.certificates = tls::shown(&stream);
                        context.serve(stream, version).await;
                    }
                }
            }
            drop((place, slot));
        });
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.limits.trusted_proxies.iter().any(|net| net.contains(&address))
    }
}

fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset)
}
