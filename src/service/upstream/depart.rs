//! The way to Microsoft.
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Back, Departed, Stopped, Trouble, active, entra, redirect_uri};
use crate::app::App;
use crate::model::{ConnectionId, Flow, Invitation, UpstreamFlow, UpstreamIntent};
use crate::protocol::authorize::AuthorizeRequest;
use crate::service::{Failure, Visitor};
use crate::upstream::{Departure, Passthrough, UpstreamPrompt, fresh_nonce, fresh_verifier};
use crate::world::{Timestamp, Token, UpstreamState};

/// How long somebody may take at Microsoft (microsoft.md 2.6).
pub(super) const TRIP_TIME: Duration = Duration::from_secs(10 * 60);

/// Why the browser is sent there.
pub enum Trip<'a> {
    Login(&'a Flow),
    Invitation(&'a Invitation),
}

/// What must be known when the browser comes back. Stored sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct Luggage {
    pub verifier: String,
    pub nonce: String,
    /// Microseconds.
    pub left_at: i64,
}

/// Sends the browser to Microsoft: a single-use state bound to the browser, PKCE and a nonce, ten minutes of time.
///
/// Out: the URL, or the trouble when Microsoft does not answer; then nothing was written.
pub async fn start(app: &App, trip: Trip<'_>, connection: &ConnectionId, visitor: &Visitor, now: Timestamp) -> Result<Departed, Failure> {
    let (intent, passthrough) = match trip {
        Trip::Login(flow) => (UpstreamIntent::Login { flow: flow.id.clone() }, passthrough(flow)?),
        Trip::Invitation(invitation) => (UpstreamIntent::Invitation { invitation: invitation.id.clone() }, Passthrough::default()),
    };
    let back = Back::of(&intent);
    let registered = app.registered();
    let Some(connection) = active(&registered, connection) else {
        return Ok(Departed::Stopped(Stopped::new(Trouble::Unavailable, back)));
    };
    let state = Token::<UpstreamState>::generate(&*app.entropy);
    let (verifier, nonce) = (fresh_verifier(&*app.entropy), fresh_nonce(&*app.entropy));
    let redirect_uri = redirect_uri(app, &connection.id);
    let departure =
        Departure { redirect_uri: &redirect_uri, state: state.clear(), nonce: &nonce, verifier: &verifier, passthrough: &passthrough };
    let url = match entra(app, connection)?.start(&departure, now).await {
        Ok(url) => url,
        Err(error) => {
            tracing::warn!(connection.id = %connection.id, cause = %error, "nobody can be sent to Microsoft");
            return Ok(Departed::Stopped(Stopped::new(Trouble::Unavailable, back)));
        }
    };
    let luggage = Luggage { verifier: verifier.expose().clone(), nonce, left_at: now.micros() };
    let row = UpstreamFlow {
        connection: connection.id.clone(),
        browser: visitor.browser.clone(),
        intent,
        sealed: luggage.seal(app, &state),
        redirect_uri,
        expires_at: now.plus(TRIP_TIME),
        state: state.digest(),
    };
    app.store.write(async |w| w.insert_upstream_flow(&row).await).await?;
    Ok(Departed::To(url))
}

impl Luggage {
    fn seal(&self, app: &App, state: &Token<UpstreamState>) -> String {
        let plain = Zeroizing::new(serde_json::to_vec(self).expect("texts and a number serialise to JSON"));
        app.sealer.seal(state.digest().as_str(), &plain, &*app.entropy)
    }

    pub(super) fn open(app: &App, trip: &UpstreamFlow) -> Result<Self, Failure> {
        let plain = app.sealer.open(trip.state.as_str(), &trip.sealed)?;
        serde_json::from_slice(plain.expose()).map_err(|_| Failure::Stored("upstream flow"))
    }
}

/// What goes on to Microsoft of the application's request (microsoft.md 4.4). `consent` stays here: it concerns ours.
fn passthrough(flow: &Flow) -> Result<Passthrough, Failure> {
    let request: AuthorizeRequest = serde_json::from_str(&flow.request).map_err(|_| Failure::Stored("flow"))?;
    let prompt = if request.prompt.login {
        Some(UpstreamPrompt::Login)
    } else if request.prompt.select_account || flow.progress.other_account || flow.progress.other_upstream_account {
        Some(UpstreamPrompt::SelectAccount)
    } else {
        None
    };
    Ok(Passthrough {
        login_hint: request.login_hint.clone(),
        prompt,
        max_age: request.max_age.and_then(|seconds| u64::try_from(seconds).ok()),
        ui_locales: Some(request.ui_locales.join(" ")).filter(|locales| !locales.is_empty()),
    })
}
