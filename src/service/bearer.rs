//! What an access token or refresh token is worth now: its signature is not enough, its row and its grant must live and
//! its person must still be let in (security.md I25, D19).
use serde_json::{Value, json};

use super::audit::{Event, record_from};
use super::subject::{self, Subject};
use super::{Failure, Network};
use crate::app::{App, Registered};
use crate::keys::Typ;
use crate::model::{AccessTokenRow, Client, ClientState, Grant, TokenId};
use crate::protocol::claims::{self, Claims};
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::scope::Scopes;
use crate::world::Timestamp;

/// A living access token.
pub struct Living {
    pub claims: Claims,
    pub row: AccessTokenRow,
    /// Grant and subject; none for a client's own token.
    pub person: Option<(Grant, Subject)>,
}

/// A token that is good for nothing (RFC 6750 3.1).
pub fn invalid(reason: Reason) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidToken, "The access token is invalid, expired or revoked", reason)
}

/// Checks an access token of ours down to the person behind it.
///
/// # Errors
/// The inner one is `invalid_token`, or `insufficient_user_authentication` (RFC 9470 3).
pub async fn verify(
    app: &App,
    registered: &Registered,
    token: &str,
    network: &Network,
    now: Timestamp,
) -> Result<Result<Living, OAuthError>, Failure> {
    let Ok(claims) = registered.keys.verify::<Claims>(token, Typ::AccessToken, app.issuer(), now) else {
        return Ok(Err(invalid(Reason::TokenInvalid)));
    };
    let Some(id) = claims.get("jti").and_then(Value::as_str).map(TokenId::from_text) else {
        return Ok(Err(invalid(Reason::TokenInvalid)));
    };
    let found = app
        .store
        .read(async |r| {
            let Some(row) = r.access_token(&id).await? else { return Ok(None) };
            let grant = match &row.grant {
                Some(grant) => r.grant(grant).await?,
                None => None,
            };
            let subject = match &grant {
                Some(grant) => subject::load(r, grant, &Scopes::parse(&row.scope)).await?,
                None => None,
            };
            Ok(Some((row, grant, subject)))
        })
        .await?;
    let Some((row, grant, subject)) = found else {
        forged(app, &id, network, now).await?;
        return Ok(Err(invalid(Reason::TokenInvalid)));
    };
    Ok(judge(registered, claims, row, grant, subject, now))
}

fn judge(
    registered: &Registered,
    claims: Claims,
    row: AccessTokenRow,
    grant: Option<Grant>,
    subject: Option<Subject>,
    now: Timestamp,
) -> Result<Living, OAuthError> {
    let client = issued_to(registered, &claims, &row)?;
    if row.revoked_at.is_some() || row.expires_at <= now {
        return Err(invalid(Reason::TokenInvalid));
    }
    if row.grant.is_none() {
        return Ok(Living { claims, row, person: None });
    }
    let grant = grant.filter(|grant| grant.ended_at.is_none()).ok_or_else(|| invalid(Reason::GrantEnded))?;
    let subject = subject::admit(subject, client, &grant.proof, now).map_err(as_bearer)?;
    Ok(Living { claims, row, person: Some((grant, subject)) })
}

/// The client that the token was issued to, if it still exists and is enabled.
fn issued_to<'a>(registered: &'a Registered, claims: &Claims, row: &AccessTokenRow) -> Result<&'a Client, OAuthError> {
    let client = registered.clients.get(&row.client).filter(|client| client.state == ClientState::Active);
    let client = client.ok_or_else(|| invalid(Reason::ClientDisabled))?;
    if claims::client_of(claims).as_ref() == Some(&row.client) { Ok(client) } else { Err(invalid(Reason::TokenInvalid)) }
}

/// At a resource the refusal of a grant is the refusal of its token.
fn as_bearer(error: OAuthError) -> OAuthError {
    match error.code {
        ErrorCode::InsufficientUserAuthentication => error,
        _ => invalid(error.reason),
    }
}

/// Well signed, not expired, and never issued: somebody else has our key, or an old backup was restored (D19).
async fn forged(app: &App, id: &TokenId, network: &Network, now: Timestamp) -> Result<(), Failure> {
    tracing::error!(token.id = %id, "a token bears our signature but was never issued: the signing key may be in other hands");
    let event = Event::of_nobody("token_forged", "refused").with(json!({ "token": id }));
    app.store.write(async |w| record_from(app, w, event, network, now).await).await?;
    Ok(())
}
