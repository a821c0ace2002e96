//! Makes tokens out of facts: what each is for, what it says, how it is signed. Nothing here touches the store.
use std::time::Duration;

use super::aim::Aim;
use super::{Exchange, TokenAnswer};
use crate::keys::{Typ, at_hash};
use crate::model::{AccessTokenFormat, AccessTokenRow, Grant, GrantTerms, Membership, OpaqueToken, RefreshRow, TokenId};
use crate::policy::api_access;
use crate::protocol::claims::budget::fit;
use crate::protocol::claims::full_access::instead_of_groups;
use crate::protocol::claims::{self, Claims, Frame, Hashes};
use crate::protocol::details;
use crate::protocol::discovery::{path, url};
use crate::protocol::error::OAuthError;
use crate::protocol::resources::Target;
use crate::protocol::scope::Scopes;
use crate::service::Failure;
use crate::service::client_auth::Denied;
use crate::service::nested;
use crate::service::subject::{self, Subject};
use crate::world::{Access, Refresh, Timestamp, Token};

/// The client reads an id_token once, at the sign-in: it need not live longer than that takes.
const ID_TOKEN_TIME: Duration = Duration::from_secs(600);
const DAY: u64 = 86_400;

/// Tokens and the row that makes the access token valid here.
pub(super) struct Minted {
    pub row: AccessTokenRow,
    answer: TokenAnswer,
    access_claims: Claims,
    id_token_claims: Option<Claims>,
}

impl Minted {
    pub fn answer(self, refresh_token: Option<String>) -> TokenAnswer {
        TokenAnswer { refresh_token, ..self.answer }
    }

    /// The row to keep, and what to answer once it is kept.
    pub fn apart(self) -> (AccessTokenRow, TokenAnswer) {
        (self.row, self.answer)
    }

    /// Access token and id_token as they would be sent.
    pub fn texts(&self) -> (&str, Option<&str>) {
        (&self.answer.access_token, self.answer.id_token.as_deref())
    }

    /// What the access token and the id_token say.
    pub fn said(self) -> (Claims, Option<Claims>) {
        (self.access_claims, self.id_token_claims)
    }
}

/// Makes the tokens of a person. `nonce` only for the first ones of a grant (OpenID Connect Core 12.2).
///
/// # Errors
/// `invalid_target`, `invalid_authorization_details` for more than was granted.
pub(super) async fn of_person(
    exchange: &Exchange<'_>,
    grant: &Grant,
    subject: &Subject,
    scopes: &Scopes,
    nonce: Option<&str>,
) -> Result<Minted, Denied> {
    let access = access(exchange, grant, subject, scopes)?;
    let id_token = if scopes.contains("openid") {
        let beside = Beside { access_token: Some(&access.text), code: None };
        Some(id_token(exchange, grant, subject, scopes, nonce, beside).await?)
    } else {
        None
    };
    Ok(minted(exchange, access, id_token))
}

/// Makes a person's access token.
///
/// # Errors
/// `invalid_target`, `invalid_authorization_details` for more than was granted.
pub(super) fn access(exchange: &Exchange<'_>, grant: &Grant, subject: &Subject, scopes: &Scopes) -> Result<Made, Denied> {
    let target = aim(exchange, &grant.terms, scopes, Some(subject.membership()))?;
    let sub = subject::sub(exchange.app, exchange.client, &grant.person);
    let id = TokenId::generate(exchange.now, &*exchange.app.entropy);
    // Nothing that was issued under a grant outlives it.
    let frame = frame(exchange, &target, access_time(exchange, &target, Some(grant)));
    let mut claims = claims::access_token(&frame, &subject.facts(grant, &sub), &id);
    if api_access::is_required(&target.audience, &exchange.registered.apis) {
        instead_of_groups(&mut claims, exchange.client);
    }
    if let Some(actor) = &grant.terms.actor {
        // RFC 8693 4.1.
        claims.insert("act".to_owned(), actor.clone());
    }
    let expires_at = frame.expires_at;
    Ok(made(exchange, target, id, Some(grant), claims, expires_at)?)
}

fn aim(exchange: &Exchange<'_>, terms: &GrantTerms, scopes: &Scopes, membership: Option<&Membership>) -> Result<Target, OAuthError> {
    let (client, apis, issuer) = (exchange.client, &exchange.registered.apis, exchange.app.issuer());
    Aim { client, apis, issuer, asked: &exchange.asked }.at(terms, scopes, membership)
}

/// What an id_token is issued together with, and vouches for.
#[derive(Clone, Copy, Default)]
pub(super) struct Beside<'a> {
    pub access_token: Option<&'a str>,
    pub code: Option<&'a str>,
}

/// Makes an id_token: gives it as it is sent, and what it says.
pub(super) async fn id_token(
    exchange: &Exchange<'_>,
    grant: &Grant,
    subject: &Subject,
    scopes: &Scopes,
    nonce: Option<&str>,
    beside: Beside<'_>,
) -> Result<(String, Claims), Failure> {
    let metadata = &exchange.client.metadata;
    let alg = metadata.id_token_signed_response_alg;
    let expires_at = exchange.now.plus(ID_TOKEN_TIME);
    let frame = Frame {
        issuer: exchange.app.issuer(),
        client: exchange.client,
        scopes,
        audience: &[],
        with_userinfo: false,
        details: &[],
        now: exchange.now,
        expires_at,
    };
    let hash = |token: &str| at_hash(alg, token);
    let hashes = Hashes { at: beside.access_token.map(hash), c: beside.code.map(hash) };
    let sub = subject::sub(exchange.app, exchange.client, &grant.person);
    let mut claims = claims::id_token(&frame, &subject.facts(grant, &sub), nonce, &hashes);
    // Where no access token comes, nobody can ask userinfo: then the token is told in full.
    if hashes.at.is_some() || hashes.c.is_some() {
        fit(&mut claims, alg, metadata.token_budget_bytes, &url(exchange.app.issuer(), path::USERINFO));
    }
    let signed = exchange.registered.keys.sign(alg, Typ::IdToken.as_str(), &claims)?;
    Ok((nested::id_token(exchange.app, exchange.registered, exchange.client, signed, exchange.now).await?, claims))
}

/// Makes an access token of the client itself; its authorization details are those of the request (RFC 9396 6).
///
/// # Errors
/// `invalid_target`, `invalid_authorization_details`.
pub(super) fn of_client(exchange: &Exchange<'_>, scopes: &Scopes) -> Result<Minted, Denied> {
    let (client, apis) = (exchange.client, &exchange.registered.apis);
    details::check(&exchange.asked.details, client, apis)?;
    let terms = GrantTerms { authorization_details: exchange.asked.details.clone(), ..GrantTerms::default() };
    let target = aim(exchange, &terms, scopes, None)?;
    let id = TokenId::generate(exchange.now, &*exchange.app.entropy);
    let frame = frame(exchange, &target, access_time(exchange, &target, None));
    let claims = claims::client_access_token(&frame, &id);
    let expires_at = frame.expires_at;
    let made = made(exchange, target, id, None, claims, expires_at)?;
    Ok(minted(exchange, made, None))
}

/// An access token as it is sent, the row that makes it valid here, and what it says.
pub(super) struct Made {
    pub row: AccessTokenRow,
    pub text: String,
    target: Target,
    claims: Claims,
}

/// Signs the claims (RFC 9068), or keeps them and makes random text that stands for them.
fn made(
    exchange: &Exchange<'_>,
    target: Target,
    id: TokenId,
    grant: Option<&Grant>,
    mut claims: Claims,
    expires_at: Timestamp,
) -> Result<Made, Failure> {
    exchange.confirm(&mut claims);
    let metadata = &exchange.client.metadata;
    let (text, opaque) = if target.format == AccessTokenFormat::Opaque {
        let token = Token::<Access>::generate(&*exchange.app.entropy);
        (token.clear().to_owned(), Some(OpaqueToken { digest: token.digest(), claims: claims.clone() }))
    } else {
        let alg = metadata.access_token_signing_alg;
        // Whoever may not ask our userinfo must be told everything in the token.
        if target.with_userinfo && target.scopes.contains("openid") {
            fit(&mut claims, alg, metadata.token_budget_bytes, &url(exchange.app.issuer(), path::USERINFO));
        }
        (exchange.registered.keys.sign(alg, Typ::AccessToken.as_str(), &claims)?, None)
    };
    let row = AccessTokenRow {
        id,
        grant: grant.map(|grant| grant.id.clone()),
        client: exchange.client.id.clone(),
        scope: target.scopes.to_string(),
        opaque,
        expires_at,
        revoked_at: None,
    };
    Ok(Made { row, text, target, claims })
}

fn access_time(exchange: &Exchange<'_>, target: &Target, grant: Option<&Grant>) -> Timestamp {
    let end = exchange.now.plus(Duration::from_secs(u64::from(target.minutes) * 60));
    grant.map_or(end, |grant| end.min(grant.expires_at))
}

fn frame<'a>(exchange: &'a Exchange<'_>, target: &'a Target, expires_at: Timestamp) -> Frame<'a> {
    Frame {
        issuer: exchange.app.issuer(),
        client: exchange.client,
        scopes: &target.scopes,
        audience: &target.audience,
        with_userinfo: target.with_userinfo,
        details: &target.details,
        now: exchange.now,
        expires_at,
    }
}

fn minted(exchange: &Exchange<'_>, access: Made, id_token: Option<(String, Claims)>) -> Minted {
    let (id_token, id_token_claims) = id_token.unzip();
    let answer = TokenAnswer {
        access_token: access.text,
        token_type: exchange.token_type(),
        expires_in: access.row.expires_at.since(exchange.now).as_secs(),
        scope: access.row.scope.clone(),
        authorization_details: access.target.details,
        refresh_token: None,
        id_token,
        issued_token_type: None,
        source_refresh_token: None,
    };
    Minted { row: access.row, answer, access_claims: access.claims, id_token_claims }
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
