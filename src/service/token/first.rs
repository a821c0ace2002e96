//! The first tokens of a grant: what a redeemed code and an approved device have in common.
use super::{Exchange, TokenAnswer, mint};
use crate::model::{Grant, GrantType};
use crate::protocol::error::OAuthError;
use crate::protocol::scope::Scopes;
use crate::service::client_auth::Denied;
use crate::service::subject::{self, Subject};
use crate::store::{Read, StoreError, Write};
use crate::world::{Refresh, Token};

/// A grant as it stands now, with what it allows and whom it is about.
pub(super) struct Standing {
    pub grant: Grant,
    pub scopes: Scopes,
    pub subject: Option<Subject>,
}

impl Standing {
    pub async fn load(r: &mut Read, exchange: &Exchange<'_>, grant: Grant) -> Result<Self, StoreError> {
        let scopes = Scopes::parse(&grant.scope).only(&exchange.client.metadata.scopes);
        let subject = subject::load(r, exchange.registered, &grant, &scopes, exchange.client).await?;
        Ok(Self { grant, scopes, subject })
    }
}

/// Makes the tokens and keeps them with what they are given for: `redeem` decides in the transaction whether this request
/// is the one. None when it is not; then nothing is kept.
///
/// # Errors
/// `invalid_grant` for a subject that is not admitted, which is written down; those of [`Exchange::mint`].
pub(super) async fn tokens(
    exchange: &Exchange<'_>,
    grant: &Grant,
    scopes: &Scopes,
    admitted: Result<Subject, OAuthError>,
    nonce: Option<&str>,
    redeem: impl AsyncFnOnce(&mut Write) -> Result<bool, StoreError>,
) -> Result<Option<TokenAnswer>, Denied> {
    let subject = match admitted {
        Ok(subject) => subject,
        Err(error) => return Err(exchange.refuse(grant, error).await),
    };
    let minted = exchange.mint(grant, &subject, scopes, nonce).await?;
    let offline = scopes.contains("offline_access") && exchange.client.metadata.grant_types.contains(&GrantType::RefreshToken);
    let refresh = offline.then(|| Token::<Refresh>::generate(&*exchange.app.entropy));
    let won = exchange
        .write(async |w| {
            if !redeem(w).await? {
                return Ok(false);
            }
            w.insert_access_token(&minted.row).await?;
            if let Some(token) = &refresh {
                exchange.bind(w, grant).await?;
                w.insert_refresh_token(&mint::refresh_row(exchange, grant, token)).await?;
            }
            exchange.note(w, "token", grant, "ok").await?;
            Ok(true)
        })
        .await?;
    Ok(won.then(|| minted.answer(refresh.map(|token| token.clear().to_owned()))))
}
