//! Makes signed tokens out of facts. Nothing here touches the store.
use std::time::Duration;

use super::{Exchange, TokenAnswer};
use crate::keys::{Typ, at_hash};
use crate::model::{AccessTokenRow, Grant, RefreshRow, TokenId};
use crate::protocol::claims::{self, Frame, Hashes};
use crate::protocol::scope::Scopes;
use crate::service::Failure;
use crate::service::subject::Subject;
use crate::world::{Refresh, Timestamp, Token};

/// The client reads an id_token once, at the sign-in: it need not live longer than that takes.
const ID_TOKEN_TIME: Duration = Duration::from_secs(600);
const DAY: u64 = 86_400;

/// Signed tokens and the row that makes the access token valid here.
pub(super) struct Minted {
    pub row: AccessTokenRow,
    answer: TokenAnswer,
}

impl Minted {
    pub fn answer(self, refresh_token: Option<String>) -> TokenAnswer {
        TokenAnswer { refresh_token, ..self.answer }
    }
}

/// Signs the tokens of a person. `nonce` only for the first ones of a grant (OpenID Connect Core 12.2).
pub(super) fn of_person(
    exchange: &Exchange<'_>,
    grant: &Grant,
    subject: &Subject,
    scopes: &Scopes,
    nonce: Option<&str>,
) -> Result<Minted, Failure> {
    let (row, access_token) = access(exchange, grant, subject, scopes)?;
    let id_token = if scopes.contains("openid") {
        let beside = Beside { access_token: Some(&access_token), code: None };
        Some(id_token(exchange, grant, subject, scopes, nonce, beside)?)
    } else {
        None
    };
    let expires_at = row.expires_at;
    Ok(Minted { row, answer: answer(exchange, access_token, id_token, scopes, expires_at) })
}

/// Signs a person's access token and gives it with its row.
pub(super) fn access(
    exchange: &Exchange<'_>,
    grant: &Grant,
    subject: &Subject,
    scopes: &Scopes,
) -> Result<(AccessTokenRow, String), Failure> {
    let id = TokenId::generate(exchange.now, &*exchange.app.entropy);
    // Nothing that was issued under a grant outlives it.
    let frame = frame(exchange, scopes, access_time(exchange, Some(grant)));
    let mut claims = claims::access_token(&frame, &subject.facts(grant), &id);
    if let Some(actor) = &grant.terms.actor {
        // RFC 8693 4.1.
        claims.insert("act".to_owned(), actor.clone());
    }
    exchange.confirm(&mut claims);
    let alg = exchange.client.metadata.access_token_signing_alg;
    let token = exchange.registered.keys.sign(alg, Typ::AccessToken.as_str(), &claims)?;
    Ok((row(exchange, id, Some(grant), scopes, frame.expires_at), token))
}

/// What an id_token is issued together with, and vouches for.
#[derive(Clone, Copy, Default)]
pub(super) struct Beside<'a> {
    pub access_token: Option<&'a str>,
    pub code: Option<&'a str>,
}

/// Signs an id_token.
pub(super) fn id_token(
    exchange: &Exchange<'_>,
    grant: &Grant,
    subject: &Subject,
    scopes: &Scopes,
    nonce: Option<&str>,
    beside: Beside<'_>,
) -> Result<String, Failure> {
    let alg = exchange.client.metadata.id_token_signed_response_alg;
    let frame = frame(exchange, scopes, exchange.now.plus(ID_TOKEN_TIME));
    let hash = |token: &str| at_hash(alg, token);
    let hashes = Hashes { at: beside.access_token.map(hash), c: beside.code.map(hash) };
    let claims = claims::id_token(&frame, &subject.facts(grant), nonce, &hashes);
    Ok(exchange.registered.keys.sign(alg, Typ::IdToken.as_str(), &claims)?)
}

/// Signs an access token of the client itself.
pub(super) fn of_client(exchange: &Exchange<'_>, scopes: &Scopes) -> Result<Minted, Failure> {
    let id = TokenId::generate(exchange.now, &*exchange.app.entropy);
    let frame = frame(exchange, scopes, access_time(exchange, None));
    let mut claims = claims::client_access_token(&frame, &id);
    exchange.confirm(&mut claims);
    let alg = exchange.client.metadata.access_token_signing_alg;
    let access_token = exchange.registered.keys.sign(alg, Typ::AccessToken.as_str(), &claims)?;
    Ok(Minted {
        row: row(exchange, id, None, scopes, frame.expires_at),
        answer: answer(exchange, access_token, None, scopes, frame.expires_at),
    })
}

fn access_time(exchange: &Exchange<'_>, grant: Option<&Grant>) -> Timestamp {
    let minutes = u64::from(exchange.client.metadata.access_token_minutes);
    let end = exchange.now.plus(Duration::from_secs(minutes * 60));
    grant.map_or(end, |grant| end.min(grant.expires_at))
}

fn frame<'a>(exchange: &'a Exchange<'_>, scopes: &'a Scopes, expires_at: Timestamp) -> Frame<'a> {
    Frame { issuer: exchange.app.issuer(), client: exchange.client, scopes, now: exchange.now, expires_at }
}

fn row(exchange: &Exchange<'_>, id: TokenId, grant: Option<&Grant>, scopes: &Scopes, expires_at: Timestamp) -> AccessTokenRow {
    AccessTokenRow {
        id,
        grant: grant.map(|grant| grant.id.clone()),
        client: exchange.client.id.clone(),
        scope: scopes.to_string(),
        opaque: None,
        expires_at,
        revoked_at: None,
    }
}

fn answer(exchange: &Exchange<'_>, access_token: String, id_token: Option<String>, scopes: &Scopes, expires_at: Timestamp) -> TokenAnswer {
    TokenAnswer {
        access_token,
        token_type: exchange.token_type(),
        expires_in: expires_at.since(exchange.now).as_secs(),
        scope: scopes.to_string(),
        refresh_token: None,
        id_token,
        issued_token_type: None,
        source_refresh_token: None,
    }
}

/// When a refresh token ends that is issued or used now: idle, or with its grant.
pub(super) fn refresh_end(exchange: &Exchange<'_>, grant: &Grant) -> Timestamp {
    let idle = Duration::from_secs(u64::from(exchange.client.metadata.refresh_token_idle_days) * DAY);
    exchange.now.plus(idle).min(grant.expires_at)
}

/// The row of a refresh token that is issued now.
pub(super) fn refresh_row(exchange: &Exchange<'_>, grant: &Grant, token: &Token<Refresh>) -> RefreshRow {
    RefreshRow {
        digest: token.digest(),
        grant: grant.id.clone(),
        client: exchange.client.id.clone(),
        issued_at: exchange.now,
        expires_at: refresh_end(exchange, grant),
        rotated_at: None,
        successor_sealed: None,
    }
}
