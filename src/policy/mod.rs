//! Floor 2. Who may what, as pure functions over facts that `service` loads.
//!
//! Owns: the one decision that every path to a token asks ([`entry`]), and which person a Microsoft identity is
//! ([`binding`]). Never does: IO, time, randomness.
pub mod binding;
pub mod entry;
