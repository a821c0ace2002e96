//! Floor 3. The only room that knows josekit: signing keys, their rotation, strict JWS, and the sealing of stored secrets.
//!
//! Owns: the master key and what is sealed with it, key material, the ring of signing keys, verification of compact
//! JWS (ours and foreign), encryption for clients. Never does: HTTP (no key is ever fetched), storage, the meaning of claims.
//! josekit is used for signatures and for encrypting only; headers, base64 and claims are parsed here (security.md finding 1).
//!
//! ```
//! use tenantry::keys::{MasterKey, Sealer};
//! use tenantry::world::Seeded;
//! let entropy = Seeded::new(7);
//! let sealer = Sealer::new(MasterKey::generate(&entropy));
//! let sealed = sealer.seal("totp:fac_1", b"seed", &entropy);
//! assert_eq!(sealer.open("totp:fac_1", &sealed).unwrap().expose(), b"seed");
//! assert!(sealer.open("totp:fac_2", &sealed).is_err());
//! ```
pub mod certificate;
pub mod claims;
pub mod encryption;
pub mod jwt;
pub mod material;
pub mod pairwise;
pub mod proof;
pub mod public_keys;
pub mod ring;
pub mod rotation;
pub mod seal;
pub use crate::world::strict;
pub mod thumbprint;

#[cfg(test)]
mod tests;

pub use certificate::{Authorities, certificate_thumbprint, is_registered, read_certificate};
pub use claims::{StrictClaims, Times};
pub use encryption::{EncryptionFault, Recipient};
pub use jwt::{JwtError, kid_of, verify_compact};
pub use material::{KeyError, new_row};
pub use pairwise::Pairwise;
pub use proof::{SelfSigned, verify_self_signed};
pub use public_keys::{JwksFault, PublicKeys};
pub use ring::{KeyRing, Typ};
pub use rotation::{RotationPolicy, RotationStep, due};
pub use seal::{MasterKey, SealError, Sealer};
pub use thumbprint::{at_hash, thumbprint};
