//! Ending the browser's session, asked for by the person or by an application.
use std::sync::Arc;

use serde::Deserialize;

use super::audit::{Event, record};
use super::{Failure, Visitor, session, subject};
use crate::app::App;
use crate::model::{ClientId, PersonId, Session, SessionId};
use crate::protocol::logout::{self, LogoutHint, LogoutPlan, SignedIn};
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
        sid: Option<String>,
    }
    let registered = app.registered();
    let hint = params.get("id_token_hint").and_then(|token| registered.keys.verify_hint::<Claims>(token, app.issuer(), now).ok());
    let hint = hint.map(|c| LogoutHint {
        client: ClientId::from_text(c.aud),
        person: PersonId::from_text(c.sub),
        session: c.sid.map(SessionId::from_text),
    });
    let client = logout::client_of(params, hint.as_ref()).and_then(|id| registered.clients.get(&id).cloned());
    // The hint names the person as its client knows them.
    let named = |person: &PersonId| client.as_ref().map_or_else(|| person.to_string(), |client| subject::sub(app, client, person));
    let signed_in = visitor.session.as_ref();
    let signed_in = signed_in.map(|session| SignedIn { person: PersonId::from_text(named(&session.person)), session: session.id.clone() });
    let plan = logout::plan(params, hint.as_ref(), client.as_ref().map(Arc::as_ref), signed_in.as_ref());
    Logout { plan, client_name: client.map(|client| client.metadata.client_name.clone()) }
}

/// Ends the session of this browser with all that was issued under it. Out: the pages of its applications that hidden
/// frames must load (Front-Channel Logout 2); the others are told behind the browser's back.
pub async fn end(app: &App, visitor: &Visitor, now: Timestamp) -> Result<Vec<String>, Failure> {
    let Some(current) = &visitor.session else { return Ok(Vec::new()) };
    let clients = app
        .store
        .write(async |w| {
            let clients = w.clients_of_session(&current.id).await?;
            if session::end_in(w, &current.id, now).await? {
                record(app, w, Event::of_person("session.end", &current.person, "signed out"), visitor, now).await?;
            }
            Ok(clients)
        })
        .await?;
    app.logouts.bell.notify_one();
    Ok(frames_of(app, &clients, current))
}

fn frames_of(app: &App, clients: &[ClientId], session: &Session) -> Vec<String> {
    let registered = app.registered();
    let known = clients.iter().filter_map(|id| registered.clients.get(id));
    known.filter_map(|client| logout::frame_url(app.issuer(), client, &session.id)).collect()
}
