//! Ending the browser's session, asked for by the person or by an application.
use std::sync::Arc;

use serde::Deserialize;

use super::audit::{Event, record};
use super::{Failure, Visitor, session};
use crate::app::App;
use crate::model::{ClientId, PersonId};
use crate::protocol::logout::{self, LogoutHint, LogoutPlan};
use crate::protocol::params::Params;
use crate::world::Timestamp;

/// What happens, and which application asked.
pub struct Logout {
    pub plan: LogoutPlan,
    pub client_name: Option<String>,
}

/// Decides about an end-session request.
pub fn plan(app: &App, params: &Params, visitor: &Visitor, now: Timestamp) -> Logout {
    #[derive(Deserialize)]
    struct Claims {
        sub: String,
        aud: String,
    }
    let registered = app.registered();
    let hint = params.get("id_token_hint").and_then(|token| registered.keys.verify_hint::<Claims>(token, app.issuer(), now).ok());
    let hint = hint.map(|c| LogoutHint { client: ClientId::from_text(c.aud), person: PersonId::from_text(c.sub) });
    let client = logout::client_of(params, hint.as_ref()).and_then(|id| registered.clients.get(&id).cloned());
    let signed_in = visitor.session.as_ref().map(|session| &session.person);
    let plan = logout::plan(params, hint.as_ref(), client.as_ref().map(Arc::as_ref), signed_in);
    Logout { plan, client_name: client.map(|client| client.metadata.client_name.clone()) }
}

/// Ends the session of this browser with all that was issued under it.
pub async fn end(app: &App, visitor: &Visitor, now: Timestamp) -> Result<(), Failure> {
    let Some(current) = &visitor.session else { return Ok(()) };
    app.store
        .write(async |w| {
            if session::end_in(w, &current.id, now).await? {
                record(app, w, Event::of_person("session.end", &current.person, "signed out"), visitor, now).await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}
