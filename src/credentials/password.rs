//! Passwords: hashing and checking them on a bounded pool. What is received is hashed byte for byte, nothing is cut.
use super::argon::{Argon, SALT};
use super::pool::{Place, Pool};
use crate::world::{Entropy, Secret};

/// Longest password in bytes (security.md F10).
pub const LONGEST: usize = 1024;

/// What one hash costs (RFC 9106 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    pub memory_kib: u32,
    pub iterations: u32,
    pub parallelism: u32,
}

impl Default for Cost {
    /// OWASP's first choice for Argon2id (security.md 3.8).
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, iterations: 2, parallelism: 1 }
    }
}

/// Too many are waiting: answer 503 with `Retry-After` (security.md F11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be checked")]
pub struct Busy;

/// What a check said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// `rehash`: the stored hash was made at another cost; hash the password anew and store that.
    Right {
        rehash: bool,
    },
    Wrong,
}

/// Hashes and checks passwords. Cheap to clone; all clones share one pool.
#[derive(Clone)]
pub struct Passwords(Pool);

impl Passwords {
    /// `threads` hash at once, `queue` more may wait. A cost outside Argon2's range is brought to its edge.
    pub fn new(cost: Cost, threads: usize, queue: usize) -> Self {
        Self(Pool::new(cost, threads, queue))
    }

    /// The PHC string to store for a password.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full.
    pub async fn hash(&self, password: Secret<String>, entropy: &dyn Entropy) -> Result<Secret<String>, Busy> {
        let mut salt = [0u8; SALT];
        entropy.fill(&mut salt);
        let job = move |argon: &mut Argon| argon.hash(password.expose().as_bytes(), &salt);
        self.0.run(job).await?.map(Secret::new).ok_or(Busy)
    }

    /// Takes a place in the queue for a check that is to follow. Without one nothing needs to be counted or looked up.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full.
    pub fn enter(&self) -> Result<Place, Busy> {
        self.0.enter()
    }

    /// As [`Passwords::verify`], at a place that was taken before.
    ///
    /// # Errors
    /// [`Busy`] when the pool is being torn down.
    pub async fn verify_at(&self, place: Place, password: Secret<String>, phc: Option<&Secret<String>>) -> Result<Verdict, Busy> {
        let phc = phc.cloned();
        self.0.run_at(place, move |argon| argon.verify(password.expose().as_bytes(), phc.as_ref().map(|p| p.expose().as_str()))).await
    }

    /// Compares a password with what is stored. `None` (no such person, no password) takes as long and is wrong.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full.
    pub async fn verify(&self, password: Secret<String>, phc: Option<&Secret<String>>) -> Result<Verdict, Busy> {
        self.verify_at(self.enter()?, password, phc).await
    }
}
