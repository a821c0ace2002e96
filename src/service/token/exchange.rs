//! Token exchange (RFC 8693): an access token of ours for another one, never wider, ending with what it was made of.
use serde_json::Value;

use super::switch::{derived, enter, mint_there, target};
use super::{Exchange, TokenAnswer, mint};
use crate::model::ClientId;
use crate::protocol::claims::binding;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::grant::exchange::{
    ExchangeRequest, NOT_APPLICABLE, Requested, actor, audience, check, check_actor, scopes, unbound, unusable,
};
use crate::protocol::grant::refresh::ended;
use crate::protocol::scope::Scopes;
use crate::service::bearer::{Living, verify};
use crate::service::client_auth::Denied;
use crate::store::Write;
use crate::world::{Refresh, Secret, Token};

/// Trades the subject token in.
pub(super) async fn trade(exchange: &Exchange<'_>, request: &ExchangeRequest) -> Result<TokenAnswer, Denied> {
    let living = living(exchange, &request.subject_token).await?;
    let holder = living.row.client.clone();
    check(request, exchange.client, &holder)?;
    // RFC 9449 5: a bound token is of no use to whoever does not prove its key; what is made of it is bound to the same.
    let bound = binding(&living.claims).map_err(|_| unusable())?;
    exchange.holds(bound.as_ref()).map_err(|error| OAuthError { reason: error.reason, ..unbound() })?;
    let Some((source, _)) = &living.person else { return Err(unusable().into()) };
    let scopes = scopes(request, &Scopes::parse(&living.row.scope), exchange.client, &holder)?;
    let own = holder == exchange.client.id;
    let resources = audience(request, &audiences(&living), own, exchange.app.issuer())?;
    let tenant = match request.tenant.as_deref() {
        Some(handle) => target(exchange, handle)?,
        None => source.tenant.clone(),
    };
    // Without a refresh token nothing lives longer than what was traded in: no chain of exchanges outlasts it.
    let lasting = scopes.contains("offline_access") && request.requested != Requested::IdToken;
    let end = if lasting { source.expires_at } else { living.row.expires_at };
    let mut grant = derived(exchange, source, tenant, scopes.to_string(), end);
    grant.terms.resources = resources;
    grant.terms.authorization_details = details(&living);
    if !own {
        // What one application asked for by name says nothing about what another one may know.
        (grant.terms.id_token_claims, grant.terms.userinfo_claims) = (Vec::new(), Vec::new());
    }
    grant.terms.actor = acting(exchange, request, &holder, source.terms.actor.as_ref()).await?;
    let subject = enter(exchange, source, &grant, &scopes).await?;
    let minted = mint_there(exchange, source, &grant, &subject, &scopes).await?;
    let refresh = lasting.then(|| Token::<Refresh>::generate(&*exchange.app.entropy));
    let written = exchange
        .write(async |w: &mut Write| {
            if !w.insert_derived_grant(&grant, &source.id).await? {
                return Ok(false);
            }
            if request.requested == Requested::AccessToken {
                w.insert_access_token(&minted.row).await?;
            }
            if let Some(token) = &refresh {
                w.insert_refresh_token(&mint::refresh_row(exchange, &grant, token)).await?;
            }
            exchange.note(w, "token_exchange", &grant, "ok").await?;
            Ok(true)
        })
        .await?;
    if !written {
        return Err(ended().into());
    }
    Ok(shape(minted.answer(refresh.map(|token| token.clear().to_owned())), request.requested))
}

/// A token that lives, or the refusal of RFC 8693 2.2.2; what a person must prove first is said as it is.
async fn living(exchange: &Exchange<'_>, token: &Secret<String>) -> Result<Living, Denied> {
    match verify(exchange.app, exchange.registered, token.expose(), exchange.network, exchange.now).await? {
        Ok(living) => Ok(living),
        Err(error) if error.code == ErrorCode::InsufficientUserAuthentication => Err(error.into()),
        Err(error) => Err(OAuthError { reason: error.reason, ..unusable() }.into()),
    }
}

fn audiences(living: &Living) -> Vec<String> {
    match living.claims.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// What the token was good for in detail (RFC 9396 9.1): less than its grant, where its request asked for less.
fn details(living: &Living) -> Vec<Value> {
    living.claims.get("authorization_details").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Who acts for the person from now on. A client that trades another one's token is always named.
async fn acting(
    exchange: &Exchange<'_>,
    request: &ExchangeRequest,
    holder: &ClientId,
    before: Option<&Value>,
) -> Result<Option<Value>, Denied> {
    let client = exchange.client;
    if let Some(token) = &request.actor_token {
        let living = living(exchange, token).await?;
        check_actor(client, &living.row.client, living.person.is_some())?;
    } else if *holder == client.id {
        return Ok(before.cloned());
    }
    Ok(Some(actor(&client.id, before)?))
}

/// RFC 8693 2.2.1: what was issued stands in `access_token`, whatever it is.
fn shape(answer: TokenAnswer, requested: Requested) -> TokenAnswer {
    let issued_token_type = Some(requested.as_str());
    let bare = TokenAnswer { issued_token_type, id_token: None, ..answer };
    match requested {
        Requested::AccessToken => bare,
        Requested::IdToken => {
            TokenAnswer { access_token: answer.id_token.unwrap_or_default(), token_type: NOT_APPLICABLE, refresh_token: None, ..bare }
        }
        Requested::RefreshToken => {
            let token = bare.refresh_token.clone().unwrap_or_default();
            TokenAnswer { access_token: token, token_type: NOT_APPLICABLE, refresh_token: None, ..bare }
        }
    }
}
