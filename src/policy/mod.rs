//! Floor 2. Who may what, as pure functions over facts that `service` loads.
//!
//! Owns: the one decision that every path to a token asks ([`entry`]), which person a Microsoft identity is
//! ([`binding`]), and who may let a device in ([`device`]). Never does: IO, time, randomness.
pub mod binding;
pub mod device;
pub mod entry;
