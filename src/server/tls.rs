//! The TLS listener: rustls with ring, and a certificate that is read again when its files change.
use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::ring::default_provider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::Version;

const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The files of the certificate chain and its private key, both PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{file}: {problem}", file = .file.display())]
    File { file: PathBuf, problem: String },
    #[error("certificate and private key: {0}")]
    Pair(#[from] rustls::Error),
}

/// Makes ring the cryptography of every TLS connection of this process, outgoing ones too. Harmless when repeated.
pub fn install_provider() {
    let _ = default_provider().install_default();
}

/// A certificate in use, replaced when the files change.
#[derive(Clone)]
pub(super) struct Reloading {
    current: Arc<Current>,
    files: TlsFiles,
    /// How the files looked when they were last read, well or not.
    seen: Arc<Mutex<Look>>,
}

#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

type Look = [Option<(SystemTime, u64)>; 2];

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().expect("the lock of the certificate is never poisoned")))
    }
}

impl Reloading {
    pub(super) fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let seen = Arc::new(Mutex::new(look(&files)));
        let current = Arc::new(Current(RwLock::new(Arc::new(read(&files)?))));
        Ok(Self { current, files, seen })
    }

    pub(super) fn acceptor(&self) -> Acceptor {
        let versions = rustls::ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .expect("ring has cipher suites for TLS 1.2 and 1.3");
        let mut config = versions.with_no_client_auth().with_cert_resolver(Arc::clone(&self.current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Acceptor(TlsAcceptor::from(Arc::new(config)))
    }

    /// Looks at the files every half minute and on SIGHUP; a faulty pair leaves the old one in use.
    pub(super) fn watch_files(&self) -> JoinHandle<()> {
        let this = self.clone();
        tokio::spawn(async move {
            let mut hang_up = super::signals::hang_up();
            loop {
                let asked = tokio::select! {
                    () = tokio::time::sleep(LOOK_EVERY) => false,
                    () = hang_up.next() => true,
                };
                this.reload(asked);
            }
        })
    }

    fn reload(&self, asked: bool) {
        let now = look(&self.files);
        let mut seen = self.seen.lock().expect("the lock of the file times is never poisoned");
        if *seen == now && !asked {
            return;
        }
        *seen = now;
        match read(&self.files) {
            Ok(pair) => {
                *self.current.0.write().expect("the lock of the certificate is never poisoned") = Arc::new(pair);
                tracing::info!("the TLS certificate was read again");
            }
            Err(error) => tracing::error!(%error, "the new TLS certificate cannot be used; the old one stays"),
        }
    }
}

fn look(files: &TlsFiles) -> Look {
    [&files.certificate, &files.key].map(|file| {
        let facts = std::fs::metadata(file).ok()?;
        Some((facts.modified().ok()?, facts.len()))
    })
}

fn read(files: &TlsFiles) -> Result<CertifiedKey, TlsError> {
    let fault = |file: &PathBuf, problem: String| TlsError::File { file: file.clone(), problem };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| fault(&files.certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(fault(&files.certificate, "holds no certificate in PEM form".into()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| fault(&files.key, error.to_string()))?;
    // Refuses a key that does not belong to the first certificate, as happens half-way through a renewal.
    Ok(CertifiedKey::from_der(chain, key, &default_provider())?)
}

/// Turns sockets into TLS streams.
#[derive(Clone)]
pub(super) struct Acceptor(TlsAcceptor);

impl Acceptor {
    /// The stream and the version agreed on; `None` when the handshake fails or takes too long.
    pub(super) async fn shake_hands(&self, stream: TcpStream, within: Duration) -> Option<(TlsStream<TcpStream>, Version)> {
        match tokio::time::timeout(within, self.0.accept(stream)).await {
            Ok(Ok(stream)) => {
                let version = if stream.get_ref().1.alpn_protocol() == Some(b"h2") { Version::Http2 } else { Version::Http1 };
                Some((stream, version))
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
            Err(_) => None,
        }
    }
}
