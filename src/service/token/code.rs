//! `grant_type=authorization_code`: one code, one answer.
use super::{Exchange, TokenAnswer, mint};
use crate::model::{Binding, GrantType};
use crate::protocol::error::Reason;
use crate::protocol::grant::code::{CodeRequest, check, spent, unknown};
use crate::protocol::grant::refresh::ended;
use crate::protocol::scope::Scopes;
use crate::service::client_auth::Denied;
use crate::service::subject;
use crate::world::{Refresh, Token};

/// Redeems a code. Of any number of requests with the same code one wins; every further one ends the grant.
pub(super) async fn redeem(exchange: &Exchange<'_>, request: &CodeRequest) -> Result<TokenAnswer, Denied> {
    let (client, now) = (exchange.client, exchange.now);
    let found = exchange
        .app
        .store
        .read(async |r| {
            let Some((row, grant)) = r.code_family(&request.code).await? else { return Ok(None) };
            let scopes = Scopes::parse(&grant.scope).only(&client.metadata.scopes);
            let subject = subject::load(r, exchange.registered, &grant, &scopes, client).await?;
            Ok(Some((row, grant, scopes, subject)))
        })
        .await?;
    let Some((row, grant, scopes, subject)) = found else { return Err(unknown().into()) };
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
    let subject = match subject::admit(subject, client, &grant.proof, now) {
        Ok(subject) => subject,
        Err(error) => return Err(exchange.refuse(&grant, error).await),
    };
    let minted = exchange.mint(&grant, &subject, &scopes, grant.nonce.as_deref()).await?;
    let offline = scopes.contains("offline_access") && client.metadata.grant_types.contains(&GrantType::RefreshToken);
    let refresh = offline.then(|| Token::<Refresh>::generate(&*exchange.app.entropy));
    let won = exchange
        .write(async |w| {
            if w.redeem_code(&request.code, &client.id, now).await?.is_none() {
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
        exchange.end(&grant, "code_replay").await?;
        return Err(spent().into());
    }
    Ok(minted.answer(refresh.map(|token| token.clear().to_owned())))
}
