//! Pushed authorization requests (RFC 9126): the client hands its request in before the browser brings the reference.
use std::time::Duration;

use serde::Serialize;

use super::Failure;
use super::asked::{Stored, open_object};
use super::authorize::{hinted, known_details};
use super::client_auth::{Caller, Denied, Proven, authenticated};
use super::possession::{Endpoint, pushed};
use crate::app::{App, Registered};
use crate::model;
use crate::protocol::authorize::{Provenance, parse};
use crate::protocol::discovery::path;
use crate::protocol::error::ErrorCode;
use crate::protocol::params::Params;
use crate::protocol::request_object::URN;
use crate::protocol::{OAuthError, Reason, Refusal};
use crate::world::{PushedRequest, Timestamp, Token};

/// How long the browser may take to bring the reference (FAPI 2.0 Security Profile 5.3.2.2: less than ten minutes).
const TIME: Duration = Duration::from_secs(60);
/// What proves the client is not part of the request and never stored.
const PROOFS: [&str; 3] = ["client_assertion", "client_assertion_type", "client_secret"];

/// The answer (RFC 9126 2.2).
#[derive(Serialize)]
pub struct Pushed {
    pub request_uri: String,
    /// Seconds, a number.
    pub expires_in: u64,
}

/// Authenticates the client, checks its request as the authorization endpoint would, and keeps it.
///
/// # Errors
/// Those of the token endpoint's client authentication, and those of the authorization endpoint (RFC 9126 2.3).
pub async fn push(app: &App, caller: &Caller, params: &Params, now: Timestamp) -> Result<Pushed, Denied> {
    let registered = app.registered();
    authenticated(app, &registered, caller, params, now, async |proven| keep(app, &registered, proven, caller, params, now).await).await
}

async fn keep(
    app: &App,
    registered: &Registered,
    Proven { client, once }: &Proven,
    caller: &Caller,
    params: &Params,
    now: Timestamp,
) -> Result<Pushed, Denied> {
    // RFC 9126 2.1: a pushed request refers to no other one.
    if params.get("request_uri").is_some() {
        let text = "request_uri must not be pushed";
        return Err(OAuthError::new(ErrorCode::InvalidRequest, text, Reason::PushedNested).into());
    }
    // RFC 9126 3: with a request object, nothing beside it counts, and nothing but the client's proof need be there.
    let (params, signed) = match params.get("request") {
        Some(jwt) => (open_object(app, client, jwt, now).await?, true),
        None => (params.clone(), false),
    };
    params.require("client_id")?;
    let provenance = Provenance { pushed: true, signed };
    let checked = parse(&params, Some(client), &hinted(app, &params, now), provenance);
    let checked = checked.and_then(|request| known_details(registered, request));
    if let Err(Refusal::Page(error) | Refusal::Redirect(_, error)) = checked {
        return Err(error.into());
    }
    let reference = Token::<PushedRequest>::generate(&*app.entropy);
    let parameters = params.pairs().filter(|(name, _)| !PROOFS.contains(name));
    let mut parameters: Vec<(String, String)> = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let at = Endpoint { method: "POST", path: path::PAR };
    let holder = pushed(app, client, &caller.possession, params.get("dpop_jkt"), at, now)?;
    if let (Some(jkt), None) = (holder.jkt(), params.get("dpop_jkt")) {
        parameters.push(("dpop_jkt".to_owned(), jkt.to_owned()));
    }
    let stored = Stored { signed, parameters };
    let row = model::PushedRequest {
        client: client.id.clone(),
        request: serde_json::to_string(&stored).map_err(|_| Failure::Stored("pushed request"))?,
        created_at: now,
        expires_at: now.plus(TIME),
        used_at: None,
    };
    let kept = once.write(app, async |w| match holder.use_up(w).await? {
        Ok(()) => w.insert_pushed_request(&reference.digest(), &row).await.map(Ok),
        Err(replayed) => Ok(Err(replayed)),
    });
    kept.await??;
    Ok(Pushed { request_uri: format!("{URN}{}", reference.clear()), expires_in: TIME.as_secs() })
}
