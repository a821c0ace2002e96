//! Floor 1. The nouns: people, tenants, memberships, clients, sessions, grants and their states.
//!
//! Owns: typed ids, plain structs, state enums with their stored text. Never does: IO, decisions, HTTP.
//! Words: *person* (never user), *tenant*, *member*/*guest*, *client* (an OAuth client and nothing else).
pub mod agent;
pub mod announcement;
pub mod api;
pub mod claim_rule;
pub mod client;
pub mod departure;
pub mod device;
pub mod flow;
pub mod grant;
pub mod ids;
pub mod letter;
pub mod logout;
pub mod person;
pub mod policy;
pub mod profile;
pub mod recovery;
pub mod registration;
pub mod session;
pub mod support;
pub mod tenant;
pub mod terms;
pub mod text;
pub mod upstream;
pub mod username;
pub mod verdict;

pub use agent::*;
pub use announcement::*;
pub use api::*;
pub use claim_rule::*;
pub use client::*;
pub use departure::*;
pub use device::*;
pub use flow::*;
pub use grant::*;
pub use ids::*;
pub use letter::*;
pub use logout::*;
pub use person::*;
pub use policy::*;
pub use profile::*;
pub use recovery::*;
pub use registration::*;
pub use session::*;
pub use support::*;
pub use tenant::*;
pub use terms::*;
pub use text::*;
pub use upstream::*;
pub use username::*;
pub use verdict::*;
