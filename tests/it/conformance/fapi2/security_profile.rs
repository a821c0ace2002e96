//! `fapi2-security-profile-final-test-plan`: one test a module; the list stands in `modules/mod.rs`, the modules' common
//! prefix `fapi2-security-profile-final-` is left out.
use super::modules;
use super::suite::Plan;

modules::shared!(Plan::SecurityProfile);
