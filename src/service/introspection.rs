//! Introspection (RFC 7662): a resource server asks whether a token is alive.
use std::sync::Arc;

use serde_json::Value;

use super::bearer::verify;
use super::client_auth::{Caller, Denied, authenticated};
use super::token::aim::Aim;
use super::{Failure, nested, subject};
use crate::app::{App, Registered};
use crate::model::{Client, ClientState};
use crate::protocol::client_auth::refused;
use crate::protocol::error::Reason;
use crate::protocol::grant::refresh::{Rotation, check};
use crate::protocol::introspect::{access_token, inactive, may_ask, refresh_token};
use crate::protocol::params::Params;
use crate::protocol::resources::Asked;
use crate::protocol::scope::Scopes;
use crate::world::{Access, Digest, Kind, Refresh, Timestamp};

/// An answer, and who asked for it.
pub struct Introspection {
    pub said: Value,
    client: Arc<Client>,
}

impl Introspection {
    /// The answer as a signed JWT for the one who asked (RFC 9701 5).
    ///
    /// # Errors
    /// A failure when there is no key for the algorithm.
    pub async fn signed(&self, app: &App, now: Timestamp) -> Result<String, Failure> {
        nested::introspection(app, &self.client, &self.said, now).await
    }
}

/// Answers about one token. `token_type_hint` is not needed: the two kinds look different.
///
/// # Errors
/// `invalid_client` for a client that cannot prove itself, public ones included (RFC 7662 2.1); `invalid_request`.
pub async fn introspect(app: &App, caller: &Caller, params: &Params, now: Timestamp) -> Result<Introspection, Denied> {
    let registered = app.registered();
    authenticated(app, &registered, caller, params, now, async |proven| {
        let client = Arc::clone(&proven.client);
        let said = say(app, &registered, &client, caller, params, now).await?;
        Ok(Introspection { said, client })
    })
    .await
}

async fn say(
    app: &App,
    registered: &Registered,
    client: &Client,
    caller: &Caller,
    params: &Params,
    now: Timestamp,
) -> Result<Value, Denied> {
    if client.is_public() {
        return Err(refused(Reason::ClientAuthenticationMissing).into());
    }
    let token = params.require("token")?;
    Ok(if client.state != ClientState::Active {
        inactive()
    } else if !token.contains('.') && !token.starts_with(Access::PREFIX) {
        refresh(app, registered, client, token, now).await?
    } else {
        match verify(app, registered, token, &caller.network, now).await? {
            Ok(living) if may_ask(client, &living.row.client, &living.claims) => access_token(living.claims),
            _ => inactive(),
        }
    })
}

/// Only the newest refresh token of a living family counts, and only its own client is told.
async fn refresh(app: &App, registered: &Registered, client: &Client, token: &str, now: Timestamp) -> Result<Value, Failure> {
    let digest = Digest::of::<Refresh>(token);
    let found = app
        .store
        .read(async |r| {
            let Some((row, grant)) = r.refresh_family(&digest).await? else { return Ok(None) };
            let subject = subject::load(r, registered, &grant, &Scopes::default(), client).await?;
            Ok(Some((row, grant, subject)))
        })
        .await?;
    let Some((row, grant, subject)) = found else { return Ok(inactive()) };
    let newest = check(&row, &grant, client, now).is_ok_and(|rotation| rotation == Rotation::Fresh);
    let scopes = Scopes::parse(&grant.scope).only(&client.metadata.scopes);
    let aim = Aim { client, apis: &registered.apis, issuer: app.issuer(), asked: &Asked::default() };
    // It is worth what its redemption would yield now: people.md K35 counts as it does for access tokens.
    let admitted = subject::admit(subject, client, &grant.proof, now);
    let useful = admitted.is_ok_and(|subject| aim.at(&grant.terms, &scopes, Some(subject.membership())).is_ok());
    Ok(if newest && useful { refresh_token(&row, &grant, &subject::sub(app, client, &grant.person), app.issuer()) } else { inactive() })
}
