//! Userinfo (OpenID Connect Core 5.3): what a living access token may learn about its person.
use super::bearer::{PresentedToken, admit, invalid};
use super::client_auth::Denied;
use super::nested::{self, UserInfo};
use super::subject;
use crate::app::App;
use crate::protocol::claims;
use crate::protocol::discovery::path;
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::scope::Scopes;
use crate::world::Timestamp;

/// The claims that the token's scopes release, in the form that its client registered.
///
/// # Errors
/// `invalid_token`, `insufficient_scope`, `insufficient_user_authentication` (RFC 6750 3.1, RFC 9470 3).
pub async fn userinfo(app: &App, sent: &PresentedToken, now: Timestamp) -> Result<UserInfo, Denied> {
    let registered = app.registered();
    let living = admit(app, &registered, sent, path::USERINFO, now).await?;
    // RFC 9068 4: the token must be meant for this resource.
    if !claims::names_audience(&living.claims, app.issuer()) {
        return Err(invalid(Reason::TokenInvalid).into());
    }
    let scopes = Scopes::parse(&living.row.scope);
    match &living.person {
        Some((grant, subject)) if scopes.contains("openid") => {
            let client = registered.clients.get(&living.row.client).ok_or_else(|| invalid(Reason::ClientDisabled))?;
            let sub = subject::sub(app, client, &grant.person);
            let claims = claims::userinfo(&subject.facts(grant, &sub), client, &scopes);
            Ok(nested::userinfo(app, &registered, client, claims, now).await?)
        }
        _ => {
            let text = "The access token does not have the scope openid";
            Err(OAuthError::new(ErrorCode::InsufficientScope, text, Reason::TokenScope).into())
        }
    }
}
