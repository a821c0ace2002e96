//! Randomness as a value. The operating system is asked in exactly one place.
use std::sync::Mutex;

use sha2::{Digest as _, Sha256};

/// A source of random bytes fit for keys and tokens.
pub trait Entropy: Send + Sync {
    fn fill(&self, out: &mut [u8]);
}

/// The operating system's random number generator.
pub struct Os;

impl Entropy for Os {
    #[expect(clippy::disallowed_methods, reason = "the one place that may ask the operating system for randomness")]
    fn fill(&self, out: &mut [u8]) {
        getrandom::fill(out).expect("the operating system gives random bytes");
    }
}

/// A reproducible stream from a seed (SHA-256 in counter mode). For tests.
pub struct Seeded {
    seed: u64,
    counter: Mutex<u64>,
}

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: Mutex::new(0) }
    }
}

impl Entropy for Seeded {
    fn fill(&self, out: &mut [u8]) {
        let mut counter = self.counter.lock().expect("the counter's lock is never poisoned");
        for chunk in out.chunks_mut(32) {
            let block = Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(counter.to_be_bytes()).finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
            *counter += 1;
        }
    }
}
