//! Both FAPI 2.0 plans in the variants `client_auth_type=mtls` and `sender_constrain=mtls`: a client shows its certificate, and
//! its tokens are bound to that. Modules about client assertions and DPoP do not exist there.
mod security_profile {
    use super::super::modules;
    use super::super::suite::Plan;

    modules::shared!(mtls Plan::SecurityProfileMtls);
}

mod message_signing {
    use super::super::modules;
    use super::super::suite::Plan;

    modules::shared!(mtls Plan::MessageSigningMtls);
}
