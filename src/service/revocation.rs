//! Revocation (RFC 7009): a client gives a token back.
use serde_json::{Value, json};

use super::Network;
use super::audit::{Event, record_from};
use super::client_auth::{Caller, Denied, Proven, authenticated};
use crate::app::{App, Registered};
use crate::keys::Typ;
use crate::model::{ClientId, GrantId, TokenId};
use crate::protocol::claims::{self, Claims};
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::params::Params;
use crate::world::{Access, Digest, Kind, Refresh, Timestamp};

/// Revokes a token: an access token alone, a refresh token with its whole grant (RFC 7009 2.1). A token that is unknown
/// or over is a success as well (2.2). A failure of the store is never one (security.md B11).
///
/// # Errors
/// `invalid_client`, `invalid_request`; `invalid_grant` for the token of another client.
pub async fn revoke(app: &App, caller: &Caller, params: &Params, now: Timestamp) -> Result<(), Denied> {
    let registered = app.registered();
    authenticated(app, &registered, caller, params, now, async |proven| {
        let request = Request { app, proven, network: &caller.network, now };
        request.take_back(&registered, params.require("token")?).await
    })
    .await
}

/// A token that its client gives back.
struct Request<'a> {
    app: &'a App,
    proven: &'a Proven,
    network: &'a Network,
    now: Timestamp,
}

impl Request<'_> {
    async fn take_back(&self, registered: &Registered, token: &str) -> Result<(), Denied> {
        if token.starts_with(Access::PREFIX) {
            let digest = Digest::of::<Access>(token);
            let Some(row) = self.app.store.read(async |r| r.opaque_token(&digest).await).await? else { return Ok(()) };
            return self.own(&row.client, Given::Access(row.id)).await;
        }
        if !token.contains('.') {
            let digest = Digest::of::<Refresh>(token);
            let Some(row) = self.app.store.read(async |r| r.refresh_token(&digest).await).await? else { return Ok(()) };
            return self.own(&row.client, Given::Grant(row.grant)).await;
        }
        let Ok(claims) = registered.keys.verify::<Claims>(token, Typ::AccessToken, self.app.issuer(), self.now) else { return Ok(()) };
        if claims::client_of(&claims).as_ref() != Some(&self.proven.client.id) {
            return Err(foreign().into());
        }
        let Some(id) = claims.get("jti").and_then(Value::as_str).map(TokenId::from_text) else { return Ok(()) };
        self.end(Given::Access(id)).await
    }

    async fn own(&self, holder: &ClientId, given: Given) -> Result<(), Denied> {
        if *holder == self.proven.client.id { self.end(given).await } else { Err(foreign().into()) }
    }

    /// Ends what was given back and notes it, in one transaction.
    async fn end(&self, given: Given) -> Result<(), Denied> {
        let client = &self.proven.client.id;
        let written = self.proven.once.write(self.app, async |w| {
            let (ended, detail) = match &given {
                Given::Access(id) => (w.revoke_access_token(id, self.now).await?, json!({ "token": id })),
                Given::Grant(id) => (w.end_grant(id, self.now).await?, json!({ "grant": id })),
            };
            if ended {
                let event = Event { actor: client.as_str(), ..Event::of_nobody("revoke", "ok") };
                record_from(self.app, w, event.at(client).with(detail), self.network, self.now).await?;
            }
            Ok(Ok::<(), OAuthError>(()))
        });
        Ok(written.await??)
    }
}

/// What ends with a token: itself, or all of its grant.
enum Given {
    Access(TokenId),
    Grant(GrantId),
}

fn foreign() -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, "The token was issued to another client", Reason::NotOurs)
}
