//! `grant_type=client_credentials` (RFC 6749 4.4): a client acts for itself.
use crate::model::Client;
use crate::protocol::claims;
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::params::Params;
use crate::protocol::scope::Scopes;

#[derive(Clone, Debug)]
pub struct ClientCredentialsRequest {
    pub scope: Option<Scopes>,
}

impl ClientCredentialsRequest {
    pub(super) fn read(params: &Params) -> Self {
        Self { scope: params.get("scope").map(Scopes::parse) }
    }
}

/// The scopes of the answer: registered ones that do not speak of a person (security.md B13). Without `scope` all of them
/// (RFC 6749 3.3).
///
/// # Errors
/// `invalid_scope` when nothing is left.
pub fn scopes(request: &ClientCredentialsRequest, client: &Client) -> Result<Scopes, OAuthError> {
    let mut allowed = client.metadata.scopes.clone();
    allowed.retain(|scope| !claims::is_about_person(scope));
    let every = Scopes::parse(&allowed.join(" "));
    let granted = request.scope.as_ref().map_or(every, |asked| asked.only(&allowed));
    if granted.is_empty() {
        let text = "No scope that this client may have without a person was requested";
        return Err(OAuthError::new(ErrorCode::InvalidScope, text, Reason::ScopeNotAllowed));
    }
    Ok(granted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::testing::client;

    #[test]
    fn b13_only_registered_scopes_without_a_person_are_granted() {
        let asked = |scope: Option<&str>| {
            let request = ClientCredentialsRequest { scope: scope.map(Scopes::parse) };
            scopes(&request, &client()).map(|s| s.to_string()).map_err(|e| e.reason)
        };

        assert_eq!(asked(None), Ok("api".into()));
        assert_eq!(asked(Some("api admin openid offline_access permissions")), Ok("api".into()));
        assert_eq!(asked(Some("openid tenant")), Err(Reason::ScopeNotAllowed));
        assert_eq!(asked(Some("admin")), Err(Reason::ScopeNotAllowed));
    }
}
