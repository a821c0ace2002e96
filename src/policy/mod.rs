//! Floor 2. Who may what, as pure functions over facts that `service` loads.
//!
//! Owns: the one decision that every path to a token asks ([`entry`]), who may have
//! tokens for APIs that want API access ([`api_access`]), which person a Microsoft identity is
//! ([`binding`]), who may let a device in ([`device`]), when a sign-in pauses ([`lock`]), who may arrange what in a tenant
//! ([`permission`]), how somebody stands there ([`status`]), and an invitation ([`invitation`]), the rules of a tenant by
//! their keys ([`keys`]), as presets ([`presets`]) and as they hold for one person ([`rules`]), and why somebody is asked
//! what ([`explain`]). Never does: IO, time, randomness.
pub mod api_access;
pub mod binding;
pub mod device;
pub mod entry;
pub mod explain;
pub mod invitation;
pub mod keys;
pub mod lock;
pub mod permission;
pub mod presets;
pub mod rules;
pub mod status;
