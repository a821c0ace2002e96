//! `grant_type=…:device_code`: a device looks whether its person has answered (RFC 8628 3.4, 3.5).
use super::{Exchange, TokenAnswer, mint};
use crate::model::{GrantId, GrantType};
use crate::protocol::error::Reason;
use crate::protocol::grant::device::{DeviceTokenRequest, SLOWER, Standing, check, spent, unknown, waiting};
use crate::protocol::grant::refresh::ended;
use crate::protocol::scope::Scopes;
use crate::service::client_auth::Denied;
use crate::service::device::admit_approver;
use crate::service::subject;
use crate::world::{Digest, Refresh, Token};

/// Answers a poll. Of any number of polls after the approval one gets the tokens.
pub(super) async fn redeem(exchange: &Exchange<'_>, request: &DeviceTokenRequest) -> Result<TokenAnswer, Denied> {
    let row = exchange.app.store.read(async |r| r.device_code(&request.code).await).await?;
    let row = row.ok_or_else(unknown)?;
    match check(&row, exchange.client, exchange.now)? {
        Standing::Waiting => Err(wait(exchange, &request.code).await),
        Standing::Approved(grant) => issue(exchange, &request.code, &grant).await,
    }
}

/// Counts the poll; who never slows down is refused for good (security.md N04).
async fn wait(exchange: &Exchange<'_>, code: &Digest) -> Denied {
    let counted = exchange
        .app
        .store
        .write(async |w| {
            let error = waiting(w.poll_device(code, SLOWER, exchange.now).await?);
            if error.reason == Reason::DevicePolled {
                w.deny_device(code).await?;
            }
            Ok(error)
        })
        .await;
    match counted {
        Ok(error) => error.into(),
        Err(failure) => failure.into(),
    }
}

async fn issue(exchange: &Exchange<'_>, code: &Digest, grant: &GrantId) -> Result<TokenAnswer, Denied> {
    let (client, now) = (exchange.client, exchange.now);
    let found = exchange
        .app
        .store
        .read(async |r| {
            let Some(grant) = r.grant(grant).await? else { return Ok(None) };
            let scopes = Scopes::parse(&grant.scope).only(&client.metadata.scopes);
            let subject = subject::load(r, exchange.registered, &grant, &scopes, client).await?;
            Ok(Some((grant, scopes, subject)))
        })
        .await?;
    let Some((grant, scopes, subject)) = found.filter(|(grant, ..)| grant.ended_at.is_none()) else { return Err(ended().into()) };
    let admitted = subject::admit(subject, client, &grant.proof, now).and_then(admit_approver);
    let subject = match admitted {
        Ok(subject) => subject,
        Err(error) => return Err(exchange.refuse(&grant, error).await),
    };
    let minted = exchange.mint(&grant, &subject, &scopes, None).await?;
    let offline = scopes.contains("offline_access") && client.metadata.grant_types.contains(&GrantType::RefreshToken);
    let refresh = offline.then(|| Token::<Refresh>::generate(&*exchange.app.entropy));
    let won = exchange
        .write(async |w| {
            if !w.redeem_device_code(code, &client.id, now).await? {
                return Ok(false);
            }
            w.insert_access_token(&minted.row).await?;
            if let Some(token) = &refresh {
                exchange.bind(w, &grant).await?;
                w.insert_refresh_token(&mint::refresh_row(exchange, &grant, token)).await?;
            }
            exchange.note(w, "token", &grant, "ok").await?;
            Ok(true)
        })
        .await?;
    if !won {
        return Err(spent().into());
    }
    Ok(minted.answer(refresh.map(|token| token.clear().to_owned())))
}
