//! The sections `server` and `database`: where the instance is reached, where it listens, where it keeps everything.
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use url::{Host, Url};

use super::faults::Faults;
use super::values;
use crate::world::Secret;

/// Where and how the server listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Origin without a trailing slash; the base of every link and the `iss` of every token.
    pub issuer: String,
    #[serde(deserialize_with = "values::socket_address")]
    pub listen: SocketAddr,
    #[serde(deserialize_with = "values::networks")]
    pub trusted_proxies: Vec<IpNet>,
    #[serde(deserialize_with = "values::optional_path")]
    pub tls_certificate_file: Option<PathBuf>,
    #[serde(deserialize_with = "values::optional_path")]
    pub tls_key_file: Option<PathBuf>,
    #[serde(deserialize_with = "values::optional_socket_address")]
    pub mtls_listen: Option<SocketAddr>,
    #[serde(deserialize_with = "values::optional_text")]
    pub mtls_url: Option<String>,
    #[serde(deserialize_with = "values::optional_path")]
    pub client_authorities_file: Option<PathBuf>,
    #[serde(deserialize_with = "values::optional_text")]
    pub client_certificate_header: Option<String>,
    pub require_dpop_nonces: bool,
    pub request_body_limit_kib: u32,
    pub header_timeout_seconds: u32,
    pub body_timeout_seconds: u32,
    pub shutdown_seconds: u32,
    pub max_connections: u32,
}

impl Server {
    pub fn request_body_limit(&self) -> usize {
        self.request_body_limit_kib as usize * 1024
    }

    pub fn header_timeout(&self) -> Duration {
        Duration::from_secs(self.header_timeout_seconds.into())
    }

    pub fn body_timeout(&self) -> Duration {
        Duration::from_secs(self.body_timeout_seconds.into())
    }

    pub fn shutdown_time(&self) -> Duration {
        Duration::from_secs(self.shutdown_seconds.into())
    }

    /// Is the public address plain http? Then it is loopback, and cookies cannot be `Secure` on every browser.
    pub fn is_plain_http(&self) -> bool {
        self.issuer.starts_with("http://")
    }

    /// Can clients show a certificate (RFC 8705), to us or to a proxy of ours?
    pub fn sees_certificates(&self) -> bool {
        self.mtls_listen.is_some() || self.client_certificate_header.is_some()
    }

    fn validate_mtls(&self, faults: &mut Faults) {
        let tls = self.mtls_listen.is_none() || self.tls_certificate_file.is_some();
        faults.require(tls, "server.mtls_listen", "is set without a certificate of the server", "set server.tls_certificate_file");
        if let Some(url) = &self.mtls_url {
            let good = Url::parse(url).is_ok_and(|parsed| parsed.scheme() == "https" && parsed.origin().ascii_serialization() == *url);
            faults.require(good, "server.mtls_url", "is not a bare https origin", "give it like https://mtls.login.example.com");
            let seen = self.sees_certificates();
            faults.require(seen, "server.mtls_url", "is set while no certificate can be seen", "set server.mtls_listen or the header");
        }
        let readable = self.client_authorities_file.as_ref().is_none_or(|file| std::fs::File::open(file).is_ok());
        let remedy = "name a PEM file that this program's user may read";
        faults.require(readable, "server.client_authorities_file", "cannot be read", remedy);
        let header = self.client_certificate_header.as_deref().unwrap_or("x");
        let plain = header.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        faults.require(plain, "server.client_certificate_header", "is not the name of a header", "give it like Client-Cert");
        let trusted = self.client_certificate_header.is_none() || !self.trusted_proxies.is_empty();
        let remedy = "name the proxies that may send it in server.trusted_proxies";
        faults.require(trusted, "server.client_certificate_header", "is set while no proxy is trusted", remedy);
    }

    pub(super) fn validate(&self, faults: &mut Faults) {
        if let Err((problem, remedy)) = check_issuer(&self.issuer) {
            faults.add("server.issuer", problem, remedy);
        }
        self.validate_mtls(faults);
        let pair = self.tls_certificate_file.is_some() == self.tls_key_file.is_some();
        let missing = if self.tls_key_file.is_some() { "server.tls_certificate_file" } else { "server.tls_key_file" };
        faults.require(pair, missing, "is not set while its partner is", "set both TLS files or neither");
        for (key, file) in [("server.tls_certificate_file", &self.tls_certificate_file), ("server.tls_key_file", &self.tls_key_file)] {
            let readable = file.as_ref().is_none_or(|file| std::fs::File::open(file).is_ok());
            faults.require(readable, key, "cannot be read", "name a PEM file that this program's user may read");
        }
        let everybody = self.trusted_proxies.iter().any(|net| net.prefix_len() == 0);
        faults.require(!everybody, "server.trusted_proxies", "trusts everybody", "name only the networks of your own proxies");
        faults.range("server.request_body_limit_kib", self.request_body_limit_kib, 16..=16 * 1024);
        faults.range("server.header_timeout_seconds", self.header_timeout_seconds, 1..=120);
        faults.range("server.body_timeout_seconds", self.body_timeout_seconds, 1..=600);
        faults.range("server.shutdown_seconds", self.shutdown_seconds, 1..=600);
        faults.range("server.max_connections", self.max_connections, 16..=1_000_000);
    }
}

/// An origin: https, or http on this machine. A path would take `__Host-` cookies and `.well-known` apart.
fn check_issuer(issuer: &str) -> Result<(), (String, String)> {
    let example = "give it like https://login.example.com";
    let url = Url::parse(issuer).map_err(|error| (format!("is not a URL: {error}"), example.to_owned()))?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => return Err(("is plain http on a host other than this machine".into(), example.into())),
        _ => return Err(("is not an https address".into(), example.into())),
    }
    let origin = url.origin().ascii_serialization();
    if origin != issuer {
        // RFC 8414 3.3: the issuer is compared as a string, so only one spelling is accepted.
        return Err(("is not a bare origin".into(), format!("write exactly {origin}")));
    }
    Ok(())
}

/// Which database holds everything.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// May hold a password.
    #[serde(deserialize_with = "values::secret")]
    pub url: Secret<String>,
}

impl Database {
    /// The file of an embedded database.
    pub fn sqlite_file(&self) -> Option<&Path> {
        let url = self.url.expose();
        (!url.starts_with("postgres:") && !url.starts_with("postgresql:")).then(|| Path::new(url.strip_prefix("sqlite:").unwrap_or(url)))
    }

    pub(super) fn validate(&self, faults: &mut Faults) {
        let url = self.url.expose();
        let sqlite = url.strip_prefix("sqlite:").is_some_and(|path| !path.is_empty() && !path.starts_with("//") && !path.contains('?'));
        let postgres = (url.starts_with("postgres://") || url.starts_with("postgresql://")) && Url::parse(url).is_ok();
        let example = "give sqlite:PATH or postgres://user:password@host/name";
        faults.require(sqlite || postgres, "database.url", "names neither an SQLite file nor a PostgreSQL server", example);
    }
}
