//! Floor 0. What the program gets from outside itself: time, randomness, and the two shapes in which a
//! secret may exist (clear inside [`Secret`], or as a [`Digest`]).
//!
//! Owns: the clock and entropy traits, random tokens and their digests, strict JSON. Never does: protocol, storage, IO.
//!
//! ```
//! use tenantry::world::{Code, Seeded, Token};
//! let token = Token::<Code>::generate(&Seeded::new(7));
//! assert!(token.clear().starts_with("tnc_"));
//! ```
pub mod clock;
pub mod entropy;
pub mod secret;
pub mod strict;
pub mod token;

pub use clock::{Clock, SystemClock, TestClock, Timestamp};
pub use entropy::{Entropy, Os, Seeded};
pub use secret::{Secret, same};
pub use token::*;
