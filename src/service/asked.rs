//! What an authorization request really asks for: its own parameters, those that the client pushed (RFC 9126), or those
//! in an object that it signed (RFC 9101).
use serde::{Deserialize, Serialize};

use super::Failure;
use super::client_keys::client_keys;
use crate::app::App;
use crate::keys::{StrictClaims, verify_compact};
use crate::model::{Client, ClientId, ClientState};
use crate::protocol::authorize::{Provenance, refuse};
use crate::protocol::error::ErrorCode;
use crate::protocol::params::Params;
use crate::protocol::request_object::{self, Kind, URN};
use crate::protocol::{OAuthError, Reason, Refusal};
use crate::world::{Digest, PushedRequest, Timestamp};

/// The parameters that count.
pub struct Asked {
    pub params: Params,
    pub provenance: Provenance,
    /// Digest of the pushed request.
    pub pushed: Option<String>,
    /// What the browser brought refers to something that is not good; then the parameters are those outside.
    pub refusal: Option<Refusal>,
}

/// A pushed request as it is stored.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    pub signed: bool,
    pub parameters: Vec<(String, String)>,
}

/// Follows `request_uri` and `request`. Parameters beside them do not count (RFC 9126 4, RFC 9101 6.3), so that nobody
/// who sees the browser's address can change what the client asked for.
pub async fn resolve(app: &App, params: Params, now: Timestamp) -> Result<Asked, Failure> {
    let registered = app.registered();
    let client = params.get("client_id").and_then(|id| registered.clients.get(&ClientId::from_text(id)));
    let Some(client) = client.filter(|client| client.state == ClientState::Active) else { return Ok(Asked::plain(params)) };
    let resolved = match (params.get("request"), params.get("request_uri")) {
        (None, None) => return Ok(Asked::plain(params)),
        // RFC 9101 5: one or the other.
        (Some(_), Some(_)) => Err(Refusal::Page(twice())),
        (Some(jwt), None) => open_object(app, client, jwt, now).await.map(Asked::signed).map_err(|error| refuse(&params, client, error)),
        (None, Some(uri)) => match uri.strip_prefix(URN) {
            Some(reference) => pushed(app, client, reference, now).await?.map_err(Refusal::Page),
            None => match fetch(app, client, uri).await {
                Ok(jwt) => open_object(app, client, &jwt, now).await.map(Asked::signed).map_err(|error| refuse(&params, client, error)),
                Err(error) => Err(Refusal::Page(error)),
            },
        },
    };
    Ok(resolved.unwrap_or_else(|refusal| Asked { refusal: Some(refusal), ..Asked::plain(params) }))
}

impl Asked {
    fn plain(params: Params) -> Self {
        Self { params, provenance: Provenance::default(), pushed: None, refusal: None }
    }

    fn signed(params: Params) -> Self {
        Self { provenance: Provenance { pushed: false, signed: true }, ..Self::plain(params) }
    }
}

/// Verifies a request object: one of the client's registered keys signed it, and its claims hold.
///
/// # Errors
/// `request_not_supported` for an unsigned one, `invalid_request_object` for any other fault.
pub(super) async fn open_object(app: &App, client: &Client, jwt: &str, now: Timestamp) -> Result<Params, OAuthError> {
    let kind = request_object::kind(jwt);
    let unverified = || request_object::invalid(Reason::RequestObjectSignature);
    match kind {
        Kind::Unsigned => return Err(request_object::unsigned()),
        Kind::Other => return Err(unverified()),
        Kind::Explicit | Kind::Plain => {}
    }
    let keys = client_keys(app, client, jwt, now).await.map_err(|_| unverified())?;
    let payload = verify_compact(jwt, &keys, request_object::algorithms(client), None).map_err(|_| unverified())?;
    let claims = StrictClaims::parse(&payload).map_err(|_| request_object::invalid(Reason::RequestObjectClaims))?.into_map();
    request_object::check(&claims, kind, client, app.issuer(), now)?;
    Params::collect(request_object::pairs(claims, client)?.into_iter())
}

/// Finds a pushed request. It stays good until it is answered: showing the sign-in page twice is no use of it.
async fn pushed(app: &App, client: &Client, reference: &str, now: Timestamp) -> Result<Result<Asked, OAuthError>, Failure> {
    let digest = Digest::of::<PushedRequest>(reference);
    // RFC 9126 2.2: bound to the client; of another client's it is not even said that they exist.
    let found = app.store.read(async |r| r.pushed_request(&digest).await).await?.filter(|pushed| pushed.client == client.id);
    let Some(found) = found else { return Ok(Err(request_object::invalid_uri(Reason::PushedUnknown))) };
    if found.used_at.is_some() {
        return Ok(Err(request_object::invalid_uri(Reason::PushedSpent)));
    }
    if found.expires_at <= now {
        return Ok(Err(request_object::invalid_uri(Reason::PushedExpired)));
    }
    let stored: Stored = serde_json::from_str(&found.request).map_err(|_| Failure::Stored("pushed request"))?;
    let params = Params::collect(stored.parameters.into_iter()).map_err(|_| Failure::Stored("pushed request"))?;
    let provenance = Provenance { pushed: true, signed: stored.signed };
    Ok(Ok(Asked { params, provenance, pushed: Some(digest.as_str().to_owned()), refusal: None }))
}

/// Gets the object behind a registered `request_uri`; any other address is never asked (security.md K01).
async fn fetch(app: &App, client: &Client, uri: &str) -> Result<String, OAuthError> {
    let refused = request_object::invalid_uri;
    let address = request_object::registered(client, uri).ok_or_else(|| refused(Reason::RequestUriNotRegistered))?;
    let accept = [("accept", "application/oauth-authz-req+jwt, application/jwt;q=0.9")];
    let answer = app.outbound.get(address, &accept).await.map_err(|fault| {
        tracing::info!(client.id = %client.id, cause = %fault, "a request object could not be fetched");
        refused(Reason::RequestUriUnreachable)
    })?;
    let text = String::from_utf8(answer.body).ok().filter(|_| answer.status == 200);
    text.map(|text| text.trim().to_owned()).ok_or_else(|| refused(Reason::RequestUriUnreachable))
}

fn twice() -> OAuthError {
    let text = "request and request_uri must not be sent together";
    OAuthError::new(ErrorCode::InvalidRequest, text, Reason::RequestObjectTwice)
}
