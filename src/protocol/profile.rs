//! What a client's profile promises (model::ClientProfile): which registrations would break the promise.
use crate::model::{AssertionAudience, AuthMethod, ClientMetadata, ClientProfile, GrantType, ResponseMode, ResponseType, SigningAlg};

/// The first member of the metadata that weakens the profile: its name, and what it must be.
pub fn fault(metadata: &ClientMetadata) -> Option<(&'static str, &'static str)> {
    match metadata.profile {
        ClientProfile::Oidc => None,
        ClientProfile::Fapi2 => security(metadata),
        ClientProfile::Fapi2MessageSigning => security(metadata).or_else(|| message_signing(metadata)),
    }
}

/// FAPI 2.0 Security Profile 5.3.2 and 5.4.
fn security(m: &ClientMetadata) -> Option<(&'static str, &'static str)> {
    let by_key =
        matches!(m.token_endpoint_auth_method, AuthMethod::PrivateKeyJwt | AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth);
    let people = m.grant_types.contains(&GrantType::AuthorizationCode);
    let strong = |alg: SigningAlg| alg != SigningAlg::Rs256;
    let signing = [m.id_token_signed_response_alg, m.access_token_signing_alg, m.authorization_signed_response_alg];
    let optional = [
        m.token_endpoint_auth_signing_alg,
        m.request_object_signing_alg,
        m.userinfo_signed_response_alg,
        m.introspection_signed_response_alg,
    ];
    let rules = [
        (by_key, "token_endpoint_auth_method", "fapi2 needs private_key_jwt or TLS client authentication"),
        (m.assertion_audience == AssertionAudience::Issuer, "assertion_audience", "fapi2 takes the issuer alone"),
        (
            m.dpop_bound_access_tokens || m.tls_client_certificate_bound_access_tokens,
            "dpop_bound_access_tokens",
            "fapi2 needs tokens that are bound to a DPoP key or a certificate",
        ),
        (
            !people || m.require_pushed_authorization_requests,
            "require_pushed_authorization_requests",
            "fapi2 takes authorization requests by PAR alone",
        ),
        (m.require_pkce, "require_pkce", "fapi2 needs PKCE"),
        (m.response_types.iter().all(|kind| *kind == ResponseType::Code), "response_types", "fapi2 knows code alone"),
        (!m.grant_types.contains(&GrantType::Implicit), "grant_types", "fapi2 has no implicit grant"),
        (signing.into_iter().chain(optional.into_iter().flatten()).all(strong), "signing algorithms", "fapi2 takes PS256, ES256 or EdDSA"),
        (m.refresh_rotation != crate::model::RefreshRotation::Always, "refresh_rotation", "fapi2 does not rotate refresh tokens"),
    ];
    rules.into_iter().find(|(good, ..)| !good).map(|(_, field, demand)| (field, demand))
}

/// FAPI 2.0 Message Signing 5.3.1, 5.4.1, 5.5.1.
fn message_signing(m: &ClientMetadata) -> Option<(&'static str, &'static str)> {
    let jarm = |mode: &ResponseMode| {
        matches!(mode, ResponseMode::Jwt | ResponseMode::QueryJwt | ResponseMode::FragmentJwt | ResponseMode::FormPostJwt)
    };
    let rules = [
        (m.require_signed_request_object, "require_signed_request_object", "message signing needs signed request objects"),
        (m.response_modes.iter().all(jarm), "response_modes", "message signing answers with JARM alone: jwt, query.jwt, …"),
        (m.introspection_signed_response_alg.is_some(), "introspection_signed_response_alg", "message signing signs introspection"),
    ];
    rules.into_iter().find(|(good, ..)| !good).map(|(_, field, demand)| (field, demand))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RefreshRotation;

    fn fapi() -> ClientMetadata {
        ClientMetadata {
            profile: ClientProfile::Fapi2,
            token_endpoint_auth_method: AuthMethod::PrivateKeyJwt,
            assertion_audience: AssertionAudience::Issuer,
            dpop_bound_access_tokens: true,
            require_pushed_authorization_requests: true,
            id_token_signed_response_alg: SigningAlg::Es256,
            authorization_signed_response_alg: SigningAlg::Es256,
            ..ClientMetadata::default()
        }
    }

    #[test]
    fn whatever_weakens_fapi_2_is_named() {
        type Change = (&'static str, fn(&mut ClientMetadata));
        let changes: [Change; 14] = [
            ("token_endpoint_auth_method", |m| m.token_endpoint_auth_method = AuthMethod::Basic),
            ("token_endpoint_auth_method", |m| m.token_endpoint_auth_method = AuthMethod::None),
            ("assertion_audience", |m| m.assertion_audience = AssertionAudience::IssuerOrTokenEndpoint),
            ("dpop_bound_access_tokens", |m| m.dpop_bound_access_tokens = false),
            ("require_pushed_authorization_requests", |m| m.require_pushed_authorization_requests = false),
            ("require_pkce", |m| m.require_pkce = false),
            ("response_types", |m| m.response_types.push(ResponseType::CodeIdToken)),
            ("grant_types", |m| m.grant_types.push(GrantType::Implicit)),
            ("signing algorithms", |m| m.id_token_signed_response_alg = SigningAlg::Rs256),
            ("signing algorithms", |m| m.access_token_signing_alg = SigningAlg::Rs256),
            ("signing algorithms", |m| m.authorization_signed_response_alg = SigningAlg::Rs256),
            ("signing algorithms", |m| m.token_endpoint_auth_signing_alg = Some(SigningAlg::Rs256)),
            ("signing algorithms", |m| m.request_object_signing_alg = Some(SigningAlg::Rs256)),
            ("refresh_rotation", |m| m.refresh_rotation = RefreshRotation::Always),
        ];

        assert_eq!(fault(&fapi()), None);
        for (field, change) in changes {
            let mut metadata = fapi();
            change(&mut metadata);
            assert_eq!(fault(&metadata).map(|(field, _)| field), Some(field));
        }
        let mut by_certificate = fapi();
        by_certificate.dpop_bound_access_tokens = false;
        by_certificate.tls_client_certificate_bound_access_tokens = true;
        by_certificate.token_endpoint_auth_method = AuthMethod::TlsClientAuth;
        assert_eq!(fault(&by_certificate), None);
    }

    #[test]
    fn message_signing_signs_everything() {
        let mut m = ClientMetadata { profile: ClientProfile::Fapi2MessageSigning, ..fapi() };

        assert_eq!(fault(&m).map(|(field, _)| field), Some("require_signed_request_object"));
        m.require_signed_request_object = true;
        assert_eq!(fault(&m).map(|(field, _)| field), Some("response_modes"));
        m.response_modes = vec![ResponseMode::Jwt];
        assert_eq!(fault(&m).map(|(field, _)| field), Some("introspection_signed_response_alg"));
        m.introspection_signed_response_alg = Some(SigningAlg::Es256);
        assert_eq!(fault(&m), None);
    }
}
