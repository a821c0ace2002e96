//! The token endpoint (RFC 6749 3.2): who asks, what was granted, does it still hold, what is issued.
//! One read, then the signatures outside of any transaction, then one write in which the single use is decided.
pub(in crate::service) mod aim;
mod client_credentials;
mod code;
mod device;
mod exchange;
mod first;
pub(in crate::service) mod front;
mod mint;
pub mod preview;
mod refresh;
mod switch;
mod writing;

use serde::Serialize;

use super::Network;
use super::client_auth::{Caller, Denied, Proven, authenticated};
use super::once::Once;
use super::possession::{Endpoint, Holder, holder};
use crate::app::{App, Registered};
use crate::model::{Client, ClientState};
use crate::protocol::discovery::path;
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::grant::{self, TokenRequest};
use crate::protocol::params::Params;
use crate::protocol::resources::Asked;
use crate::world::Timestamp;

/// A successful answer (RFC 6749 5.1, OpenID Connect Core 3.1.3.3).
#[derive(Serialize)]
pub struct TokenAnswer {
    pub access_token: String,
    pub token_type: &'static str,
    /// Seconds, a number.
    pub expires_in: u64,
    pub scope: String,
    /// RFC 9396 7.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// RFC 8693 2.2.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
    /// After a switch of the tenant: the successor of the refresh token that was sent. `refresh_token` is the new tenant's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_refresh_token: Option<String>,
}

/// What every grant needs.
struct Exchange<'a> {
    app: &'a App,
    registered: &'a Registered,
    client: &'a Client,
    network: &'a Network,
    /// What proved the client, to be used up with what is written.
    once: &'a Once,
    /// The key that tokens of this request are bound to.
    holder: Holder,
    /// Resources and authorization details of the request.
    asked: Asked,
    now: Timestamp,
}

/// Answers one token request.
///
/// # Errors
/// Refusals of RFC 6749 5.2; every grant of a person asks the one decision function anew.
pub async fn exchange(app: &App, caller: &Caller, params: &Params, now: Timestamp) -> Result<TokenAnswer, Denied> {
    let registered = app.registered();
    authenticated(app, &registered, caller, params, now, async |proven| serve(app, &registered, proven, caller, params, now).await).await
}

async fn serve(
    app: &App,
    registered: &Registered,
    proven: &Proven,
    caller: &Caller,
    params: &Params,
    now: Timestamp,
) -> Result<TokenAnswer, Denied> {
    let Proven { client, once } = proven;
    let asked = Asked::read(params)?;
    let holder = holder(app, client, &caller.possession, Endpoint { method: "POST", path: path::TOKEN }, now)?;
    let exchange = Exchange { app, registered, client, network: &caller.network, once, holder, asked, now };
    match grant::parse(params, client)? {
        TokenRequest::Code(request) => code::redeem(&exchange, &request).await,
        TokenRequest::Refresh(request) => refresh::rotate(&exchange, &request).await,
        TokenRequest::ClientCredentials(_) if client.state != ClientState::Active => {
            Err(OAuthError::new(ErrorCode::UnauthorizedClient, "The client is not enabled", Reason::ClientDisabled).into())
        }
        TokenRequest::ClientCredentials(request) => client_credentials::issue(&exchange, &request).await,
        TokenRequest::Device(request) => device::redeem(&exchange, &request).await,
        TokenRequest::Exchange(request) => {
            // `resource` and `audience` together say what the token is for: `trade` reads both.
            let asked = Asked { resources: Vec::new(), ..exchange.asked };
            exchange::trade(&Exchange { asked, ..exchange }, &request).await
        }
    }
}

impl<'a> Exchange<'a> {
    /// A request that nobody made at the token endpoint, for [`preview`] and [`front`].
    fn unasked(app: &'a App, registered: &'a Registered, client: &'a Client, network: &'a Network, once: &'a Once, now: Timestamp) -> Self {
        Self { app, registered, client, network, once, holder: Holder::default(), asked: Asked::default(), now }
    }
}
