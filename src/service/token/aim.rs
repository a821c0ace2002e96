//! What an access token is for, with API access (people.md K35) looked at. Introspection asks the same about refresh tokens.
use crate::model::{Apis, Client, GrantTerms, Membership};
use crate::policy::api_access;
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::resources::{Asked, Target, target};
use crate::protocol::scope::Scopes;

/// Who asks, and for what.
pub(in crate::service) struct Aim<'a> {
    pub client: &'a Client,
    pub apis: &'a Apis,
    pub issuer: &'a str,
    pub asked: &'a Asked,
}

impl Aim<'_> {
    /// Decides what an access token under these terms is for. APIs that want API access (people.md K35, K37) are left out of a
    /// token that names no resource; a token that names one is refused. `membership` is none for a client's own token.
    ///
    /// # Errors
    /// `invalid_target`, `invalid_authorization_details`; `invalid_grant` for a person without API access.
    pub fn at(&self, terms: &GrantTerms, scopes: &Scopes, membership: Option<&Membership>) -> Result<Target, OAuthError> {
        let Self { client, apis, issuer, asked } = *self;
        let missing = |code| OAuthError::new(code, "The resource is only for people with API access, at home", Reason::ApiAccessMissing);
        let code = if membership.is_some() { ErrorCode::InvalidGrant } else { ErrorCode::InvalidTarget };
        let registered = &client.metadata.audiences;
        let unnamed = terms.resources.is_empty() && asked.resources.is_empty();
        let narrowed = if unnamed && !api_access::admits(registered, apis, membership) {
            let mut resources = api_access::open(registered, apis, membership);
            resources.extend(scopes.contains("openid").then(|| issuer.to_owned()));
            if resources.is_empty() {
                return Err(missing(code));
            }
            Some(GrantTerms { resources, ..terms.clone() })
        } else {
            None
        };
        let target = target(asked, narrowed.as_ref().unwrap_or(terms), client, apis, scopes, issuer)?;
        if api_access::admits(&target.audience, apis, membership) { Ok(target) } else { Err(missing(code)) }
    }
}
