//! Who is at the other end: the socket's address, or what a trusted proxy says.
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::config::Config;
use crate::service::Network;

/// Hops of `X-Forwarded-For` that are looked at, from the right.
const MAX_HOPS: usize = 16;

/// The network of the client. `X-Forwarded-For` counts only from a trusted proxy; the rightmost address that is not
/// itself a trusted proxy is the client. Anything that cannot be read ends the walk at the last known hop: it never
/// skips a check (security.md F05).
pub fn network(parts: &Parts, config: &Config) -> Network {
    let socket = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    let mut address = socket.unwrap_or(IpAddr::from([127, 0, 0, 1]));
    let trusted = |ip: IpAddr| config.server.trusted_proxies.iter().any(|net| net.contains(&ip));
    let hops = parts
        .headers
        .get_all("x-forwarded-for")
        .iter()
        .rev()
        .flat_map(|line| line.to_str().unwrap_or("?").rsplit(',').map(str::trim).map(str::to_owned).collect::<Vec<_>>());
    for hop in hops.take(MAX_HOPS) {
        if !trusted(address) {
            break;
        }
        let Ok(next) = hop.parse::<IpAddr>() else { break };
        address = next.to_canonical();
    }
    Network::of(address)
}

/// The certificate chain of a TLS connection of our own, in DER. Only the listener makes it.
#[derive(Clone, Debug)]
pub struct ConnectionCertificates(pub Arc<Vec<Vec<u8>>>);

/// A trusted proxy sent something that is no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// The certificate chain of the client, its own first: of our own connection, or as a trusted proxy tells it in the
/// configured header (RFC 9440 2.2). From anybody else that header means nothing.
///
/// # Errors
/// [`Unreadable`].
pub fn certificates(parts: &Parts, config: &Config) -> Result<Vec<Vec<u8>>, Unreadable> {
    if let Some(own) = parts.extensions.get::<ConnectionCertificates>() {
        return Ok(own.0.to_vec());
    }
    let Some(name) = &config.server.client_certificate_header else { return Ok(Vec::new()) };
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    if !peer.is_some_and(|peer| config.server.trusted_proxies.iter().any(|net| net.contains(&peer))) {
        return Ok(Vec::new());
    }
    let all = |name: &str| parts.headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?").to_owned()).collect::<Vec<_>>();
    let own = match all(name).as_slice() {
        [] => return Ok(Vec::new()),
        [one] => binary(one).ok_or(Unreadable)?,
        _ => return Err(Unreadable),
    };
    let further = all(&format!("{name}-Chain")).join(",");
    let mut chain = vec![own];
    for item in further.split(',').map(str::trim).filter(|item| !item.is_empty()).take(8) {
        chain.push(binary(item).ok_or(Unreadable)?);
    }
    Ok(chain)
}

/// A byte sequence of RFC 8941 3.3.5.
fn binary(text: &str) -> Option<Vec<u8>> {
    let inner = text.trim().strip_prefix(':')?.strip_suffix(':')?;
    STANDARD.decode(inner).ok().filter(|bytes| !bytes.is_empty())
}
