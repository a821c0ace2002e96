//! Argon2id with memory that is kept from hash to hash. Runs on the threads of the pool only.
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use super::password::{Cost, LONGEST, Verdict};

const OUTPUT: usize = 32;
pub const SALT: usize = 16;

/// Stored hashes may ask for so much and no more (security.md O08): 256 MiB, 16 passes, 16 lanes.
const MOST: Cost = Cost { memory_kib: 256 * 1024, iterations: 16, parallelism: 16 };

/// One thread's hasher and its memory.
pub struct Argon {
    cost: Cost,
    params: Params,
    memory: Vec<Block>,
}

impl Argon {
    pub fn new(cost: Cost) -> Self {
        // Argon2 (RFC 9106 3.1) wants at least one lane, one pass and eight blocks a lane.
        let lanes = cost.parallelism.clamp(1, MOST.parallelism);
        let memory = cost.memory_kib.clamp(8 * lanes, MOST.memory_kib);
        let passes = cost.iterations.clamp(1, MOST.iterations);
        let params = Params::new(memory, passes, lanes, Some(OUTPUT)).expect("the cost was brought into the range of Argon2");
        Self { cost: Cost { memory_kib: memory, iterations: passes, parallelism: lanes }, params, memory: Vec::new() }
    }

    /// The PHC string of a password under a fresh salt. `None` if Argon2 refuses the input.
    pub fn hash(&mut self, password: &[u8], salt: &[u8; SALT]) -> Option<String> {
        let params = self.params.clone();
        let out = self.raw(&params, Algorithm::Argon2id, Version::V0x13, password, salt, OUTPUT)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).ok()?,
            salt: Some(Salt::new(salt).ok()?),
            hash: Some(Output::new(&out).ok()?),
        };
        Some(hash.to_string())
    }

    /// Compares a password with a stored PHC string. Without one, with a malformed one and with a password that is
    /// longer than any accepted one it takes the usual time and says wrong (security.md O08).
    pub fn verify(&mut self, password: &[u8], phc: Option<&str>) -> Verdict {
        let stored = match phc.map(Stored::parse) {
            Some(Some(stored)) if password.len() <= LONGEST => stored,
            Some(None) => {
                tracing::warn!("a stored password hash cannot be read; the login is refused");
                return self.dummy(password);
            }
            _ => return self.dummy(password),
        };
        let out = self.raw(&stored.params, stored.algorithm, stored.version, password, stored.salt.as_ref(), stored.hash.len());
        match out {
            Some(out) if crate::world::same(&out, stored.hash.as_bytes()) => Verdict::Right { rehash: self.outdated(&stored) },
            _ => Verdict::Wrong,
        }
    }

    /// How much memory is kept between hashes.
    #[cfg(test)]
    pub fn memory_kib(&self) -> usize {
        self.memory.len()
    }

    /// As much work as a real comparison at today's cost.
    fn dummy(&mut self, password: &[u8]) -> Verdict {
        let params = self.params.clone();
        let shown = &password[..password.len().min(LONGEST)];
        let out = self.raw(&params, Algorithm::Argon2id, Version::V0x13, shown, &[0; SALT], OUTPUT);
        std::hint::black_box(out);
        Verdict::Wrong
    }

    fn outdated(&self, stored: &Stored) -> bool {
        let p = &stored.params;
        stored.algorithm != Algorithm::Argon2id
            || stored.version != Version::V0x13
            || stored.hash.len() != OUTPUT
            || (Cost { memory_kib: p.m_cost(), iterations: p.t_cost(), parallelism: p.p_cost() }) != self.cost
    }

    fn raw(
        &mut self,
        params: &Params,
        algorithm: Algorithm,
        version: Version,
        password: &[u8],
        salt: &[u8],
        length: usize,
    ) -> Option<Vec<u8>> {
        let blocks = params.block_count();
        if self.memory.len() < blocks {
            self.memory.resize(blocks, Block::new());
        }
        let mut out = vec![0u8; length];
        let done = Argon2::new(algorithm, version, params.clone()).hash_password_into_with_memory(
            password,
            salt,
            &mut out,
            &mut self.memory[..blocks],
        );
        // An expensive import must not keep its memory for ever.
        let usual = self.params.block_count();
        if self.memory.len() > usual {
            self.memory.truncate(usual);
            self.memory.shrink_to_fit();
        }
        done.ok().map(|()| out)
    }
}

/// A stored hash within bounds.
struct Stored {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Salt,
    hash: Output,
}

impl Stored {
    fn parse(phc: &str) -> Option<Self> {
        let parsed = PasswordHash::new(phc).ok()?;
        let params = Params::try_from(&parsed).ok()?;
        let bounded = params.m_cost() <= MOST.memory_kib && params.t_cost() <= MOST.iterations && params.p_cost() <= MOST.parallelism;
        let hash = parsed.hash?;
        if !bounded || hash.len() < 16 {
            return None;
        }
        Some(Self {
            algorithm: Algorithm::try_from(parsed.algorithm.as_str()).ok()?,
            version: Version::try_from(parsed.version.unwrap_or(0x13)).ok()?,
            params,
            salt: parsed.salt?,
            hash,
        })
    }
}
