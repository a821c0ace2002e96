//! `oidcc-basic-certification-test-plan` with `client_registration=dynamic_client`: the same modules as `basic.rs`, with
//! clients that register themselves (RFC 7591).
use super::modules;
use super::suite::Mode;

super::modules::plan!(Mode::Dynamic);
