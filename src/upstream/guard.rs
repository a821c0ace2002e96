//! Where the guarded client may go: into the public internet and the networks that the operator allows, no further.
//!
//! A name is judged by the addresses that it resolves to, and the connection goes to exactly those: a name that
//! resolves otherwise a moment later leads nowhere else (security.md K02).
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
#[cfg(test)]
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// The rule about addresses.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard {
    /// Networks that may be reached although they are not public.
    pub allowed: Vec<IpNet>,
    /// This machine itself may be reached. For the demo and for tests.
    pub loopback: bool,
}

/// Every address of a name is one that may not be reached.
#[derive(Debug, thiserror::Error)]
#[error("the name leads only to addresses that may not be reached")]
pub(super) struct Blocked;

impl Guard {
    pub(super) fn admits(&self, address: IpAddr) -> bool {
        let address = without_tunnel(address);
        if is_metadata(address) {
            return false;
        }
        let ours = self.loopback && address.is_loopback();
        ours || is_public(address) || self.allowed.iter().any(|net| net.contains(&address))
    }

    /// A host that is written as an address is judged before any connection; a name is judged once it is resolved.
    pub(super) fn admits_host(&self, url: &Url) -> bool {
        match url.host() {
            Some(Host::Ipv4(address)) => self.admits(address.into()),
            Some(Host::Ipv6(address)) => self.admits(address.into()),
            Some(Host::Domain(_)) => true,
            None => false,
        }
    }
}

/// Resolves names and hands on only what the guard admits.
pub(super) struct GuardedNames {
    pub guard: Guard,
    pub names: Names,
}

/// Who knows the addresses of names.
#[derive(Clone)]
pub(super) enum Names {
    System,
    /// One answer after the other, the last one for ever.
    #[cfg(test)]
    Scripted(Arc<std::sync::Mutex<Vec<IpAddr>>>),
}

impl Names {
    async fn lookup(self, name: String) -> std::io::Result<Vec<SocketAddr>> {
        match self {
            Self::System => Ok(tokio::net::lookup_host((name, 0)).await?.collect()),
            #[cfg(test)]
            Self::Scripted(answers) => {
                let mut answers = answers.lock().expect("no test panics while holding the answers");
                let next = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
                Ok(vec![SocketAddr::new(next, 0)])
            }
        }
    }
}

impl Resolve for GuardedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, names) = (self.guard.clone(), self.names.clone());
        Box::pin(async move {
            let found = names.lookup(name.as_str().to_owned()).await?;
            let admitted: Vec<SocketAddr> = found.into_iter().filter(|found| guard.admits(found.ip())).collect();
            if admitted.is_empty() { Err(Blocked.into()) } else { Ok(Box::new(admitted.into_iter()) as Addrs) }
        })
    }
}

/// The address that a mapped (`::ffff:a.b.c.d`) or translated (RFC 6052, `64:ff9b::a.b.c.d`) one really reaches.
fn without_tunnel(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address.to_canonical() else { return address.to_canonical() };
    match six.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => IpAddr::V4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))),
        _ => IpAddr::V6(six),
    }
}

/// Services that tell a machine its own credentials. No setting opens them.
fn is_metadata(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_link_local() || four == Ipv4Addr::new(168, 63, 129, 16) || four == Ipv4Addr::new(100, 100, 100, 200),
        IpAddr::V6(six) => six.is_unicast_link_local() || six == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    }
}

/// Is the address one of the open internet, by IANA's registries of special addresses (RFC 6890)?
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => is_public_four(four),
        IpAddr::V6(six) => is_public_six(six),
    }
}

fn is_public_four(address: Ipv4Addr) -> bool {
    let inner = match address.octets() {
        [0 | 10 | 127 | 224..=255, ..] | [169, 254, ..] | [192, 168, ..] => true,
        [100, second, ..] => (64..128).contains(&second),
        [172, second, ..] => (16..32).contains(&second),
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18..=19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        _ => false,
    };
    !inner
}

fn is_public_six(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // RFC 4291 2.4: only 2000::/3 is given out; the rest is local, multicast or reserved.
    let global = (0x2000..0x4000).contains(&first);
    // 2001::/23 are protocol assignments (Teredo among them), 2002::/16 is 6to4, the others are for documentation.
    let special = first == 0x2001 && (second < 0x200 || second == 0xdb8) || first == 0x2002 || first == 0x3fff && second < 0x1000;
    global && !special
}
