//! The FAPI 2.0 plans: clients that prove themselves by `private_key_jwt`, push their requests and bind their tokens by
//! DPoP; in the message signing plan they sign their requests too and take signed answers (JARM).
//!
//! | plan | variant | file |
//! | --- | --- | --- |
//! | `fapi2-security-profile-final-test-plan` | private_key_jwt, dpop, openid_connect, unsigned, plain_response | `security_profile.rs` |
//! | `fapi2-message-signing-final-test-plan` | the same with signed_non_repudiation and jarm | `message_signing.rs` |
//! | both | `client_auth_type=mtls`, `sender_constrain=mtls` | `certificates.rs` |
//!
//! Modules of national profiles, grant management and TLS are left out; names lack their common prefix.
mod certificates;
mod keys;
mod message_signing;
mod modules;
mod security_profile;
mod suite;
