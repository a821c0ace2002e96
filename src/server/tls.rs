//! The TLS listener: rustls with ring, and a certificate that is read again when its files change.
use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, SystemTime};

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::ring::default_provider;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, DistinguishedName, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::Version;
use crate::web::peer::ConnectionCertificates;

const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The files of the certificate chain and its private key, both PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub client_certificates: ClientCertificates,
}

/// Are clients asked for a certificate (RFC 8705)? Browsers that are asked bother their people with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCertificates {
    Asked,
    NotAsked,
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
        let asked = match self.files.client_certificates {
            ClientCertificates::Asked => versions.with_client_cert_verifier(Arc::new(Possessed(default_provider()))),
            ClientCertificates::NotAsked => versions.with_no_client_auth(),
        };
        let mut config = asked.with_cert_resolver(Arc::clone(&self.current) as Arc<dyn ResolvesServerCert>);
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

/// Takes any certificate, or none, whose key the client has. Whether it is the right one, and who vouches for it, is
/// decided where the client is known (RFC 8705 2.2: self-signed ones have no chain to verify).
#[derive(Debug)]
struct Possessed(CryptoProvider);

impl ClientCertVerifier for Possessed {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _own: &CertificateDer<'_>,
        _between: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The certificate chain that the client of a connection showed.
pub(super) fn shown(stream: &TlsStream<TcpStream>) -> Option<ConnectionCertificates> {
    let chain = stream.get_ref().1.peer_certificates()?;
    Some(ConnectionCertificates(Arc::new(chain.iter().map(|der| der.to_vec()).collect())))
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
