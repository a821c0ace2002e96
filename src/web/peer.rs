//! Who is at the other end: the socket's address, or what a trusted proxy says.
use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;

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
