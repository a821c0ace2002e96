//! `grant_type=…:device_code`: a device looks whether its person has answered (RFC 8628 3.4, 3.5).
use super::first::{self, Standing};
use super::{Exchange, TokenAnswer};
use crate::model::GrantId;
use crate::protocol::error::Reason;
use crate::protocol::grant::device::{self, DeviceTokenRequest, SLOWER, check, spent, unknown, waiting};
use crate::protocol::grant::refresh::ended;
use crate::service::client_auth::Denied;
use crate::service::device::admit_approver;
use crate::service::subject;
use crate::store::Write;
use crate::world::Digest;

/// Answers a poll. Of any number of polls after the approval one gets the tokens.
pub(super) async fn redeem(exchange: &Exchange<'_>, request: &DeviceTokenRequest) -> Result<TokenAnswer, Denied> {
    let row = exchange.app.store.read(async |r| r.device_code(&request.code).await).await?;
    let row = row.ok_or_else(unknown)?;
    match check(&row, exchange.client, exchange.now)? {
        device::Standing::Waiting => Err(wait(exchange, &request.code).await),
        device::Standing::Approved(grant) => issue(exchange, &request.code, &grant).await,
    }
}

/// Counts the poll; who never slows down is refused for good (security.md N04).
async fn wait(exchange: &Exchange<'_>, code: &Digest) -> Denied {
    let counted = exchange
        .write_refusal(async |w| {
            let error = waiting(w.poll_device(code, SLOWER, exchange.now).await?);
            if error.reason == Reason::DevicePolled {
                w.deny_device(code).await?;
            }
            Ok(error)
        })
        .await;
    match counted {
        Ok(error) => error.into(),
        Err(denied) => denied,
    }
}

async fn issue(exchange: &Exchange<'_>, code: &Digest, grant: &GrantId) -> Result<TokenAnswer, Denied> {
    let (client, now) = (exchange.client, exchange.now);
    let found = exchange
        .app
        .store
        .read(async |r| match r.grant(grant).await? {
            Some(grant) => Standing::load(r, exchange, grant).await.map(Some),
            None => Ok(None),
        })
        .await?;
    let found = found.filter(|standing| standing.grant.ended_at.is_none()).ok_or_else(ended)?;
    let Standing { grant, scopes, subject } = found;
    let admitted = subject::admit(subject, client, &grant.proof, now).and_then(admit_approver);
    let redeem = async |w: &mut Write| w.redeem_device_code(code, &client.id, now).await;
    first::tokens(exchange, &grant, &scopes, admitted, None, redeem).await?.ok_or_else(|| spent().into())
}
