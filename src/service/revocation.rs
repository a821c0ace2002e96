//! Revocation (RFC 7009): a client gives a token back.
use serde_json::{Value, json};

use super::audit::{Event, record_from};
use super::client_auth::{Caller, Denied, authenticate};
use crate::app::App;
use crate::keys::Typ;
use crate::model::{Client, TokenId};
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
    let client = authenticate(app, &registered, caller, params, now).await?;
    let token = params.require("token")?;
    if token.starts_with(Access::PREFIX) {
        return opaque(app, caller, &client, token, now).await;
    }
    if !token.contains('.') {
        return refresh(app, caller, &client, token, now).await;
    }
    let Ok(claims) = registered.keys.verify::<Claims>(token, Typ::AccessToken, app.issuer(), now) else { return Ok(()) };
    if claims::client_of(&claims).as_ref() != Some(&client.id) {
        return Err(foreign().into());
    }
    let Some(id) = claims.get("jti").and_then(Value::as_str).map(TokenId::from_text) else { return Ok(()) };
    end(app, caller, &client, &id, now).await
}

/// An access token that is random text.
async fn opaque(app: &App, caller: &Caller, client: &Client, token: &str, now: Timestamp) -> Result<(), Denied> {
    let digest = Digest::of::<Access>(token);
    let Some(row) = app.store.read(async |r| r.opaque_token(&digest).await).await? else { return Ok(()) };
    if row.client != client.id {
        return Err(foreign().into());
    }
    end(app, caller, client, &row.id, now).await
}

async fn end(app: &App, caller: &Caller, client: &Client, id: &TokenId, now: Timestamp) -> Result<(), Denied> {
    let event = Event { actor: client.id.as_str(), ..Event::of_nobody("revoke", "ok") };
    let event = event.at(&client.id).with(json!({ "token": id }));
    app.store
        .write(async |w| {
            if w.revoke_access_token(id, now).await? {
                record_from(app, w, event, &caller.network, now).await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

async fn refresh(app: &App, caller: &Caller, client: &Client, token: &str, now: Timestamp) -> Result<(), Denied> {
    let digest = Digest::of::<Refresh>(token);
    let Some(row) = app.store.read(async |r| r.refresh_token(&digest).await).await? else { return Ok(()) };
    if row.client != client.id {
        return Err(foreign().into());
    }
    let event = Event { actor: client.id.as_str(), ..Event::of_nobody("revoke", "ok") };
    let event = event.at(&client.id).with(json!({ "grant": row.grant }));
    app.store
        .write(async |w| {
            if w.end_grant(&row.grant, now).await? {
                record_from(app, w, event, &caller.network, now).await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

fn foreign() -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, "The token was issued to another client", Reason::NotOurs)
}
