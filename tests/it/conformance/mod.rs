//! The plans of the OpenID Foundation's conformance suite, told again in our own words: one file a plan, one test a
//! module, named after it. What the suite only warns of fails here. The suite itself is run against what lands; these
//! tests find out first.
//!
//! | plan | file |
//! | --- | --- |
//! | `oidcc-basic-certification-test-plan` | `basic.rs` |
//! | the same with clients that register themselves | `dynamic.rs` |
//! | `oidcc-formpost-basic-certification-test-plan` | `formpost.rs` |
//! | `oidcc-config-certification-test-plan` | `config.rs` |
//! | `oidcc-rp-initiated-logout-certification-test-plan` | `rp_initiated_logout.rs` |
//! | `oidcc-backchannel-rp-initiated-logout-certification-test-plan` | `told_logout.rs` |
//! | `oidcc-frontchannel-rp-initiated-logout-certification-test-plan` | `told_logout.rs` |
//! | `fapi2-security-profile-final-test-plan`, `fapi2-message-signing-final-test-plan` | `fapi2/` |
mod answers;
mod basic;
mod checks;
mod config;
mod dynamic;
mod fapi2;
mod formpost;
mod modules;
mod rp_initiated_logout;
mod suite;
mod told_logout;
