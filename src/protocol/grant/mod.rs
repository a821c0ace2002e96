//! The grants of the token endpoint: what a request asks for, and whether the stored rows allow it.
//! A new grant type is a variant of `model::GrantType`, a file here and an arm in [`parse`].
pub mod client_credentials;
pub mod code;
pub mod device;
pub mod exchange;
pub mod refresh;

use super::error::{ErrorCode, OAuthError, Reason};
use super::params::Params;
use crate::model::{Binding, Client, GrantType};

/// A token request (RFC 6749 4.1.3, 4.4.2, 6; RFC 8628 3.4; RFC 8693 2.1).
#[derive(Clone, Debug)]
pub enum TokenRequest {
    Code(code::CodeRequest),
    Refresh(refresh::RefreshRequest),
    ClientCredentials(client_credentials::ClientCredentialsRequest),
    Device(device::DeviceTokenRequest),
    Exchange(Box<exchange::ExchangeRequest>),
}

/// Reads the request of an authenticated client.
///
/// # Errors
/// `invalid_request`, `unsupported_grant_type`, `unauthorized_client` (RFC 6749 5.2).
pub fn parse(params: &Params, client: &Client) -> Result<TokenRequest, OAuthError> {
    let Some(text) = params.get("grant_type") else {
        return Err(OAuthError::new(ErrorCode::InvalidRequest, "grant_type is missing", Reason::GrantTypeMissing));
    };
    // `implicit` is a grant of the authorization endpoint and unknown to this one.
    let Some(kind) = GrantType::parse(text).filter(|kind| *kind != GrantType::Implicit) else {
        return Err(OAuthError::new(ErrorCode::UnsupportedGrantType, "grant_type is not supported", Reason::GrantTypeUnknown));
    };
    // RFC 6749 4.4: client credentials are for confidential clients alone.
    let alone = kind == GrantType::ClientCredentials && client.is_public();
    if alone || !client.metadata.grant_types.contains(&kind) {
        let text = "The client is not registered for this grant_type";
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, text, Reason::GrantTypeNotAllowed));
    }
    match kind {
        GrantType::AuthorizationCode => code::CodeRequest::read(params).map(TokenRequest::Code),
        GrantType::RefreshToken => refresh::RefreshRequest::read(params).map(TokenRequest::Refresh),
        GrantType::ClientCredentials => Ok(TokenRequest::ClientCredentials(client_credentials::ClientCredentialsRequest::read(params))),
        GrantType::DeviceCode => device::DeviceTokenRequest::read(params).map(TokenRequest::Device),
        GrantType::TokenExchange => exchange::ExchangeRequest::read(params).map(Box::new).map(TokenRequest::Exchange),
        GrantType::Implicit => {
            Err(OAuthError::new(ErrorCode::UnsupportedGrantType, "grant_type is not supported", Reason::GrantTypeUnknown))
        }
    }
}

/// The public text of a code or token that is good for nothing: it does not say why.
fn invalid_grant(reason: Reason) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, "The code or token is invalid, expired, revoked or was issued to another client", reason)
}

/// May what is bound to a key go to whoever proved this one, or none?
///
/// # Errors
/// `invalid_grant` (RFC 9449 5 and 10, RFC 8705 4).
pub fn held(bound: Option<&Binding>, proven: Option<&Binding>) -> Result<(), OAuthError> {
    let refused = |reason| OAuthError::new(ErrorCode::InvalidGrant, "The code or token is bound to another key", reason);
    match (bound, proven) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(refused(Reason::BindingMissing)),
        (Some(bound), Some(proven)) if bound == proven => Ok(()),
        (Some(_), Some(_)) => Err(refused(Reason::BindingOfAnotherKey)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AuthMethod;
    use crate::protocol::params::tests::params;
    use crate::protocol::testing::client;

    #[test]
    fn b14_only_registered_grant_types_exist() {
        let refused = |pairs: &[(&str, &str)], client: &Client| {
            let error = parse(&params(pairs), client).expect_err("must be refused");
            (error.code, error.reason)
        };
        let mut client = client();

        for kind in ["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "AUTHORIZATION_CODE"] {
            assert_eq!(refused(&[("grant_type", kind)], &client), (ErrorCode::UnsupportedGrantType, Reason::GrantTypeUnknown));
        }
        assert_eq!(refused(&[], &client), (ErrorCode::InvalidRequest, Reason::GrantTypeMissing));
        let machine = [("grant_type", "client_credentials")];
        assert_eq!(refused(&machine, &client), (ErrorCode::UnauthorizedClient, Reason::GrantTypeNotAllowed));
        client.metadata.grant_types = GrantType::ALL.to_vec();
        assert!(parse(&params(&machine), &client).is_ok());
        client.metadata.token_endpoint_auth_method = AuthMethod::None;
        assert_eq!(refused(&machine, &client), (ErrorCode::UnauthorizedClient, Reason::GrantTypeNotAllowed));
    }

    #[test]
    fn what_is_bound_goes_only_to_its_key() {
        let (one, other) = (Binding::Jkt("one".into()), Binding::Jkt("other".into()));
        // A certificate is no DPoP key, whatever its digest.
        let certificate = Binding::Certificate("one".into());
        let reason = |bound, proven| held(bound, proven).err().map(|error| error.reason);

        assert_eq!(reason(None, None), None);
        assert_eq!(reason(None, Some(&one)), None);
        assert_eq!(reason(Some(&one), Some(&one)), None);
        assert_eq!(reason(Some(&one), None), Some(Reason::BindingMissing));
        assert_eq!(reason(Some(&one), Some(&other)), Some(Reason::BindingOfAnotherKey));
        assert_eq!(reason(Some(&one), Some(&certificate)), Some(Reason::BindingOfAnotherKey));
    }

    #[test]
    fn each_grant_needs_its_own_parameter() {
        let mut client = client();
        client.metadata.grant_types = GrantType::ALL.to_vec();
        for kind in ["authorization_code", "refresh_token", GrantType::DeviceCode.as_str(), GrantType::TokenExchange.as_str()] {
            let error = parse(&params(&[("grant_type", kind)]), &client).expect_err("must be refused");
            assert_eq!((error.code, error.reason), (ErrorCode::InvalidRequest, Reason::ParameterMissing));
        }
    }
}
