//! Who holds connections, and which connection is at work.
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

/// Counts connections per address, so that one address cannot take them all (security.md M02).
#[derive(Clone)]
pub(super) struct Peers {
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
    most: usize,
}

/// One counted connection; leaves the count when dropped.
pub(super) struct Place {
    peers: Peers,
    key: Option<IpAddr>,
}

impl Peers {
    pub(super) fn new(most: usize) -> Self {
        Self { counts: Arc::default(), most }
    }

    /// Counts one more connection of an address; `None` when it has too many. A proxy is not counted.
    pub(super) fn enter(&self, address: IpAddr, proxy: bool) -> Option<Place> {
        if proxy {
            return Some(Place { peers: self.clone(), key: None });
        }
        let key = network(address);
        let mut counts = self.counts.lock().expect("the lock of the counts is never poisoned");
        let count = counts.entry(key).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place { peers: self.clone(), key: Some(key) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        let mut counts = self.peers.counts.lock().expect("the lock of the counts is never poisoned");
        if let Some(count) = counts.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&key);
            }
        }
    }
}

/// An IPv4 address counts alone, an IPv6 address with its /64 (security.md F04).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

/// Requests under way on one connection, and since when there is none.
pub(super) struct Activity(Mutex<State>);

struct State {
    active: usize,
    since: Instant,
}

/// One request under way.
pub(super) struct Busy(Arc<Activity>);

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { active: 0, since: Instant::now() })))
    }

    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.state().active += 1;
        Busy(Arc::clone(self))
    }

    /// For how long no request has been under way.
    pub(super) fn idle(&self) -> Duration {
        let state = self.state();
        if state.active == 0 { state.since.elapsed() } else { Duration::ZERO }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("the lock of the activity is never poisoned")
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.active -= 1;
        state.since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m02_one_network_cannot_hold_every_connection() {
        let peers = Peers::new(2);
        let address: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::2".parse().unwrap();
        let first = peers.enter(address, false);
        let second = peers.enter(neighbour, false);

        assert!(first.is_some() && second.is_some());
        assert!(peers.enter(address, false).is_none());
        assert!(peers.enter(address, true).is_some());
        assert!(peers.enter("2001:db8:0:1::1".parse().unwrap(), false).is_some());
        drop(first);
        assert!(peers.enter(address, false).is_some());
    }
}
