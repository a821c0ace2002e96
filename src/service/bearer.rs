//! What an access token or refresh token is worth now: its signature is not enough, its row and its grant must live and
//! its person must still be let in (security.md I25, D19).
use std::sync::Arc;

use serde_json::{Value, json};

use super::audit::{Event, record_from};
use super::client_auth::Denied;
use super::possession::{self, Endpoint, Possession};
use super::subject::{self, Subject};
use super::{Failure, Network};
use crate::app::{App, Registered};
use crate::keys::Typ;
use crate::model::{AccessTokenRow, Client, ClientState, Grant, TokenId};
use crate::policy::api_access;
use crate::protocol::claims::full_access::CLAIM;
use crate::protocol::claims::{self, Claims};
use crate::protocol::dpop;
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::scope::Scopes;
use crate::store::{Read, StoreError};
use crate::world::{Access, Digest, Timestamp};

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

/// How an access token was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 6750.
    Bearer,
    /// RFC 9449 7.1.
    Dpop,
}

/// An access token as a protected resource of ours gets it.
#[derive(Clone, Debug)]
pub struct PresentedToken {
    pub token: String,
    pub scheme: Scheme,
    pub method: &'static str,
    pub possession: Possession,
    pub network: Network,
}

/// Checks an access token that was sent to `path`, and that its sender holds the key that it is bound to.
///
/// # Errors
/// Those of [`verify`]; `invalid_token` for a bound token without its key, `invalid_dpop_proof`, `use_dpop_nonce`.
pub async fn admit(app: &App, registered: &Registered, sent: &PresentedToken, path: &str, now: Timestamp) -> Result<Living, Denied> {
    let living = verify(app, registered, &sent.token, &sent.network, now).await??;
    let at = Endpoint { method: sent.method, path };
    let client = registered.clients.get(&living.row.client);
    let bound = claims::binding(&living.claims).map_err(|_| invalid(Reason::TokenInvalid))?;
    let Some(proof) = possession::of_token(app, client.map(Arc::as_ref), sent, bound.as_ref(), at, now)? else { return Ok(living) };
    if !app.store.write(async |w| w.use_proof(&proof.digest, proof.expires_at).await).await? {
        return Err(dpop::invalid(Reason::ProofReplayed).into());
    }
    Ok(living)
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
    let Some(named) = read(app, registered, token, now) else { return Ok(Err(invalid(Reason::TokenInvalid))) };
    let found = app
        .store
        .read(async |r| {
            let Some((row, grant)) = found(r, &named).await? else { return Ok(None) };
            let subject = match (&grant, registered.clients.get(&row.client)) {
                (Some(grant), Some(client)) => subject::load(r, registered, grant, &Scopes::parse(&row.scope), client).await?,
                _ => None,
            };
            Ok(Some((row, grant, subject)))
        })
        .await?;
    let (claims, row, grant, subject) = match (named, found) {
        (Named::Signed(_, claims), Some((row, grant, subject))) => (claims, row, grant, subject),
        (Named::Opaque(_), Some((row, grant, subject))) => {
            (row.opaque.as_ref().map(|opaque| opaque.claims.clone()).unwrap_or_default(), row, grant, subject)
        }
        (Named::Signed(id, _), None) => {
            forged(app, &id, network, now).await?;
            return Ok(Err(invalid(Reason::TokenInvalid)));
        }
        (Named::Opaque(_), None) => return Ok(Err(invalid(Reason::TokenInvalid))),
    };
    Ok(judge(registered, claims, row, grant, subject, now))
}

/// The row of a token, and its grant unless it is a client's own.
async fn found(r: &mut Read, named: &Named) -> Result<Option<(AccessTokenRow, Option<Grant>)>, StoreError> {
    match named {
        Named::Signed(id, _) => {
            let family = match r.access_family(id).await? {
                Some((row, grant)) => Some((row, Some(grant))),
                None => r.access_token(id).await?.map(|row| (row, None)),
            };
            Ok(family.filter(|(row, _)| row.opaque.is_none()))
        }
        Named::Opaque(digest) => {
            let Some(row) = r.opaque_token(digest).await? else { return Ok(None) };
            let grant = match &row.grant {
                Some(grant) => r.grant(grant).await?,
                None => None,
            };
            Ok(Some((row, grant)))
        }
    }
}

/// What a presented token says about itself.
enum Named {
    /// Signed by us: its id and its claims.
    Signed(TokenId, Claims),
    /// Random text: only the row knows what it stands for.
    Opaque(Digest),
}

fn read(app: &App, registered: &Registered, token: &str, now: Timestamp) -> Option<Named> {
    if !token.contains('.') {
        return Some(Named::Opaque(Digest::of::<Access>(token)));
    }
    let claims = registered.keys.verify::<Claims>(token, Typ::AccessToken, app.issuer(), now).ok()?;
    let id = claims.get("jti").and_then(Value::as_str).map(TokenId::from_text)?;
    Some(Named::Signed(id, claims))
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
    // people.md K35: API access that was taken away ends the tokens that it gave.
    if claims.contains_key(CLAIM) && !api_access::has(subject.membership()) {
        return Err(invalid(Reason::ApiAccessMissing));
    }
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
