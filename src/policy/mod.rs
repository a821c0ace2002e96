//! Floor 2. Who may what, as pure functions over facts that `service` loads.
//!
//! Owns: the one decision that every path to a token asks ([`entry`]). Never does: IO, time, randomness.
pub mod entry;
