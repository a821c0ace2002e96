//! Tests of the room of credentials. Passwords are hashed at the lowest cost here.
mod codes;
mod passwords;
mod pool;
mod qr;
mod rules;
mod totp;

use super::Cost;

/// The cheapest that Argon2 allows.
pub const CHEAP: Cost = Cost { memory_kib: 8, iterations: 1, parallelism: 1 };
