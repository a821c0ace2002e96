//! The token endpoint (RFC 6749 3.2): who asks, what was granted, does it still hold, what is issued.
//! One read, then the signatures outside of any transaction, then one write in which the single use is decided.
mod client_credentials;
mod code;
mod mint;
mod refresh;

use serde::Serialize;
use serde_json::json;

use super::Network;
use super::audit::{Event, record_from};
use super::client_auth::{Caller, Denied, authenticate};
use crate::app::{App, Registered};
use crate::model::{Client, ClientState, Grant};
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::grant::{self, TokenRequest};
use crate::protocol::params::Params;
use crate::store::{StoreError, Write};
use crate::world::Timestamp;

/// A successful answer (RFC 6749 5.1, OpenID Connect Core 3.1.3.3).
#[derive(Serialize)]
pub struct TokenAnswer {
    pub access_token: String,
    pub token_type: &'static str,
    /// Seconds, a number.
    pub expires_in: u64,
    pub scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

/// What every grant needs.
struct Exchange<'a> {
    app: &'a App,
    registered: &'a Registered,
    client: &'a Client,
    network: &'a Network,
    now: Timestamp,
}

/// Answers one token request.
///
/// # Errors
/// Refusals of RFC 6749 5.2; every grant of a person asks the one decision function anew.
pub async fn exchange(app: &App, caller: &Caller, params: &Params, now: Timestamp) -> Result<TokenAnswer, Denied> {
    let registered = app.registered();
    let client = authenticate(app, &registered, caller, params, now).await?;
    let exchange = Exchange { app, registered: &registered, client: &client, network: &caller.network, now };
    match grant::parse(params, &client)? {
        TokenRequest::Code(request) => code::redeem(&exchange, &request).await,
        TokenRequest::Refresh(request) => refresh::rotate(&exchange, &request).await,
        TokenRequest::ClientCredentials(_) if client.state != ClientState::Active => {
            Err(OAuthError::new(ErrorCode::UnauthorizedClient, "The client is not enabled", Reason::ClientDisabled).into())
        }
        TokenRequest::ClientCredentials(request) => client_credentials::issue(&exchange, &request).await,
    }
}

impl Exchange<'_> {
    /// Writes down what happened to a grant, in the transaction in which it happened.
    async fn note(&self, w: &mut Write, action: &'static str, grant: &Grant, outcome: &'static str) -> Result<(), StoreError> {
        let event = Event { actor: self.client.id.as_str(), ..Event::of_person(action, &grant.person, outcome) };
        let event = event.at(&self.client.id).in_tenant(&grant.tenant).with(json!({ "grant": grant.id }));
        record_from(self.app, w, event, self.network, self.now).await
    }

    /// Somebody used what was used before: the grant ends with all its tokens (RFC 6749 4.1.2, RFC 9700 4.14).
    async fn end(&self, grant: &Grant, action: &'static str) -> Result<(), StoreError> {
        tracing::warn!(grant.id = %grant.id, client.id = %self.client.id, action, "a grant was ended because something was used twice");
        let ended = async |w: &mut Write| {
            if w.end_grant(&grant.id, self.now).await? {
                self.note(w, action, grant, "ended").await?;
            }
            Ok(())
        };
        self.app.store.write(ended).await
    }

    /// Writes down that a person may no longer enter, and hands the refusal on.
    async fn refuse(&self, grant: &Grant, error: OAuthError) -> Denied {
        match self.app.store.write(async |w| self.note(w, "token", grant, "refused").await).await {
            Ok(()) => Denied::Refused(error),
            Err(failure) => Denied::from(failure),
        }
    }
}
