//! Floor 3. The only room that knows argon2, totp-rs, webauthn-rs and qrcodegen: how a person proves to be that person.
//!
//! Owns: password hashes and their bounded pool, rules for new passwords, authenticator apps, passkeys, recovery
//! codes, e-mail codes. Never does: storage, lockout, sending, deciding who is asked for what.
//!
//! ```
//! use tenantry::credentials::totp;
//! use tenantry::world::{Seeded, Timestamp};
//! let secret = totp::new_secret(&Seeded::new(7));
//! let now = Timestamp::from_seconds(1_800_000_000);
//! assert_eq!(totp::check(secret.expose(), "not a code", now, 0), None);
//! ```
mod argon;
pub mod email_code;
pub mod passkey;
pub mod password;
pub mod password_rules;
mod pool;
pub mod qr;
pub mod recovery;
pub mod totp;

#[cfg(test)]
mod tests;

pub use password::{Busy, Cost, Passwords, Verdict};
pub use password_rules::{PasswordFault, acceptable, acceptable_from};
