//! Makes the answers of the authorization endpoint: plain parameters, or a JWT that we sign (JARM).
use super::Failure;
use super::authorize::Destination;
use crate::app::{App, Registered};
use crate::keys::Typ;
use crate::model::Client;
use crate::protocol::authorize::{AuthorizeRequest, Target, VerifiedRedirect};
use crate::protocol::response::{self, Answer, Fields};
use crate::protocol::{OAuthError, Reason};
use crate::world::Timestamp;

/// The answer in the mode that the redirect carries.
pub fn answer(
    app: &App,
    registered: &Registered,
    client: &Client,
    redirect: &VerifiedRedirect,
    fields: Fields,
    now: Timestamp,
) -> Result<Answer, Failure> {
    if !redirect.mode().is_signed() {
        return Ok(response::plain(redirect, fields, app.issuer()));
    }
    let claims = response::claims(redirect, fields, app.issuer(), &client.id, now);
    // Without `sub` it passes for no id_token, although both are of this type.
    let jwt = registered.keys.sign(client.metadata.authorization_signed_response_alg, Typ::IdToken.as_str(), &claims)?;
    Ok(response::wrapped(redirect, jwt))
}

/// Sends a refusal to where the request's answers go.
pub fn refusal(app: &App, request: &AuthorizeRequest, error: OAuthError, now: Timestamp) -> Result<Destination, Failure> {
    let registered = app.registered();
    match (&request.target, registered.clients.get(&request.client)) {
        (Target::Client(redirect), Some(client)) => {
            let fields = response::error_fields(&error);
            let answer = answer(app, &registered, client, redirect, fields, now)?;
            // people.md S35, C18: whoever sits there has given the right password and reads it before the application does.
            if error.reason == Reason::MembershipDormant && !request.prompt.none {
                return Ok(Destination::Locked(answer, client.metadata.client_name.clone()));
            }
            Ok(Destination::Client(answer))
        }
        // Of our own pages, or of a client that is gone: nothing proves where else to send the browser.
        _ => Ok(Destination::Refused(error)),
    }
}
