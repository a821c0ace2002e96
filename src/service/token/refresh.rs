//! `grant_type=refresh_token`: a family of tokens with one living member (security.md finding 6).
use super::mint::{Minted, refresh_end, refresh_row};
use super::{Exchange, TokenAnswer, switch};
use crate::model::{Grant, RefreshRow};
use crate::protocol::error::{OAuthError, Reason};
use crate::protocol::grant::refresh::{RefreshRequest, Rotation, check, ended, rotates, scopes, unknown};
use crate::protocol::scope::Scopes;
use crate::service::Failure;
use crate::service::client_auth::Denied;
use crate::service::subject;
use crate::world::{Digest, Refresh, Token};

/// What the write decided.
enum Written {
    /// The successor that was sealed here, or earlier by the request that won.
    Successor(String),
    Refused(OAuthError),
}

/// Rotates a refresh token. Of parallel requests one claims the rotation; the others, and a retry within the grace time,
/// get the same successor; any later use ends the family.
pub(super) async fn rotate(exchange: &Exchange<'_>, request: &RefreshRequest) -> Result<TokenAnswer, Denied> {
    let (client, now) = (exchange.client, exchange.now);
    let found = exchange
        .app
        .store
        .read(async |r| {
            let Some((row, grant)) = r.refresh_family(&request.token).await? else { return Ok(None) };
            let granted = Scopes::parse(&grant.scope);
            let subject = subject::load(r, exchange.registered, &grant, &granted, client).await?;
            Ok(Some((row, grant, granted, subject)))
        })
        .await?;
    let Some((row, grant, granted, subject)) = found else { return Err(unknown().into()) };
    if row.client == client.id {
        // Whoever has a bound token and not its key ends nothing.
        exchange.holds(grant.terms.binding.as_ref())?;
    }
    let due = match check(&row, &grant, client, now) {
        Ok(due) => due,
        Err(error) if error.reason == Reason::RefreshReused => {
            exchange.end_if_proven(&grant, "refresh_reuse").await?;
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };
    let scopes = scopes(request, &granted, client)?;
    if let Some(tenant) = request.tenant.as_deref() {
        return switch::with_refresh_token(exchange, &row, &grant, subject, &scopes, tenant, due).await;
    }
    let subject = match subject::admit(subject, client, &grant.proof, now) {
        Ok(subject) => subject,
        Err(error) => return Err(exchange.refuse(&grant, error).await),
    };
    let minted = exchange.mint(&grant, &subject, &scopes, None).await?;
    let successor = match due {
        Rotation::Fresh if !rotates(client, exchange.holder.binding.as_ref()) => return keep(exchange, &row, &grant, minted).await,
        Rotation::Fresh => claim(exchange, &row, &grant, &minted).await?,
        Rotation::Again { successor_sealed } => {
            exchange.write(async |w| w.insert_access_token(&minted.row).await).await?;
            Written::Successor(successor_sealed)
        }
    };
    match successor {
        Written::Successor(sealed) => Ok(minted.answer(Some(open(exchange, &row.digest, &sealed)?))),
        Written::Refused(error) => Err(over(exchange, &grant, error).await),
    }
}

/// Answers without a new refresh token: the old one stays good and its idle time begins anew.
async fn keep(exchange: &Exchange<'_>, row: &RefreshRow, grant: &Grant, minted: Minted) -> Result<TokenAnswer, Denied> {
    let idle_end = refresh_end(exchange, grant);
    let kept = exchange
        .write(async |w| {
            let kept = w.keep_refresh_token(&row.digest, idle_end, exchange.now).await?;
            if kept {
                w.insert_access_token(&minted.row).await?;
            }
            Ok(kept)
        })
        .await?;
    // Rotated or ended since it was read.
    if kept { Ok(minted.answer(None)) } else { Err(ended().into()) }
}

/// Claims the rotation in one conditional statement; who comes second reads what the first one left.
async fn claim(exchange: &Exchange<'_>, row: &RefreshRow, grant: &Grant, minted: &Minted) -> Result<Written, Denied> {
    let (app, now) = (exchange.app, exchange.now);
    let successor = Token::<Refresh>::generate(&*app.entropy);
    let sealed = app.sealer.seal(&context(&row.digest), successor.clear().as_bytes(), &*app.entropy);
    exchange
        .write(async |w| {
            if w.rotate_refresh_token(&row.digest, &sealed, now).await? {
                w.insert_refresh_token(&refresh_row(exchange, grant, &successor)).await?;
                w.insert_access_token(&minted.row).await?;
                return Ok(Written::Successor(sealed));
            }
            let (Some(row), Some(grant)) = (w.refresh_token(&row.digest).await?, w.grant(&grant.id).await?) else {
                return Ok(Written::Refused(unknown()));
            };
            match check(&row, &grant, exchange.client, now) {
                Ok(Rotation::Again { successor_sealed }) => {
                    w.insert_access_token(&minted.row).await?;
                    Ok(Written::Successor(successor_sealed))
                }
                // Not rotated, and yet the statement did not take it: it ended at this very moment.
                Ok(Rotation::Fresh) => Ok(Written::Refused(ended())),
                Err(error) => Ok(Written::Refused(error)),
            }
        })
        .await
}

/// Hands a refusal on; a token that was used again after its grace time takes its family with it.
async fn over(exchange: &Exchange<'_>, grant: &Grant, error: OAuthError) -> Denied {
    if error.reason == Reason::RefreshReused
        && let Err(failure) = exchange.end(grant, "refresh_reuse").await
    {
        return failure.into();
    }
    Denied::Refused(error)
}

pub(super) fn open(exchange: &Exchange<'_>, predecessor: &Digest, sealed: &str) -> Result<String, Failure> {
    let clear = exchange.app.sealer.open(&context(predecessor), sealed)?;
    String::from_utf8(clear.expose().clone()).map_err(|_| Failure::Stored("refresh_tokens.successor_sealed"))
}

/// A sealed successor belongs to its predecessor and nowhere else.
pub(super) fn context(predecessor: &Digest) -> String {
    format!("refresh:{}", predecessor.as_str())
}
