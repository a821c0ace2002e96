//! `grant_type=authorization_code`: one code, one answer.
use super::first::{self, Standing};
use super::{Exchange, TokenAnswer};
use crate::model::Binding;
use crate::protocol::error::Reason;
use crate::protocol::grant::code::{CodeRequest, check, spent, unknown};
use crate::protocol::grant::refresh::ended;
use crate::service::client_auth::Denied;
use crate::service::subject;
use crate::store::Write;

/// Redeems a code. Of any number of requests with the same code one wins; every further one ends the grant.
pub(super) async fn redeem(exchange: &Exchange<'_>, request: &CodeRequest) -> Result<TokenAnswer, Denied> {
    let (client, now) = (exchange.client, exchange.now);
    let found = exchange
        .app
        .store
        .read(async |r| {
            let Some((row, grant)) = r.code_family(&request.code).await? else { return Ok(None) };
            Ok(Some((row, Standing::load(r, exchange, grant).await?)))
        })
        .await?;
    let Some((row, Standing { grant, scopes, subject })) = found else { return Err(unknown().into()) };
    if let (true, Some(jkt)) = (row.client == client.id, &row.dpop_jkt) {
        // RFC 9449 10: the key that the authorization request named, and no other.
        exchange.holds(Some(&Binding::Jkt(jkt.clone())))?;
    }
    match check(request, &row, client, now) {
        Err(error) if error.reason == Reason::CodeSpent => {
            exchange.end_if_proven(&grant, "code_replay").await?;
            return Err(error.into());
        }
        checked => checked?,
    }
    if grant.ended_at.is_some() {
        return Err(ended().into());
    }
    let admitted = subject::admit(subject, client, &grant.proof, now);
    let redeem = async |w: &mut Write| Ok(w.redeem_code(&request.code, &client.id, now).await?.is_some());
    match first::tokens(exchange, &grant, &scopes, admitted, grant.nonce.as_deref(), redeem).await? {
        Some(answer) => Ok(answer),
        None => {
            exchange.end(&grant, "code_replay").await?;
            Err(spent().into())
        }
    }
}
