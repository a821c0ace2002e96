//! The pages of the sign-in flow. Each shows the question that is open, or leads to the page that does.
pub mod account_choice;
pub mod bootstrap;
pub mod code;
pub mod consent;
pub mod device;
pub mod invitation;
pub mod link;
pub mod login;
pub mod passkey;
pub mod recovery;
pub mod renewal;
pub mod tenant;
pub mod upstream;

use axum::http::StatusCode;
use axum::response::Response;

use super::error::WebError;
use super::extract::Guest;
use super::view;
use crate::app::App;
use crate::model::{Client, Flow, FlowId, Locale};
use crate::pages::ProblemKind;
use crate::protocol::authorize::AuthorizeRequest;
use crate::protocol::flow::Ask;
use crate::service::authorize::{Destination, Step, client_of, open_question};
use crate::service::{Failure, FlowLookup, find_flow};
use crate::world::Timestamp;

/// The URL of the page that asks a question.
pub fn path_of(ask: &Ask, flow: &FlowId) -> String {
    let page = match ask {
        Ask::SignIn => "/login",
        Ask::SelectAccount => "/select-account",
        Ask::SecondFactor(_) => "/login/code",
        Ask::NewPassword => "/login/password",
        Ask::Enrol => "/account/security/app",
        Ask::ChooseTenant => "/select-tenant",
        Ask::Consent(_) => "/consent",
        Ask::Device(_) => "/device/confirm",
    };
    format!("{page}?flow={flow}")
}

/// Carries out a step: to a page, to the client, or to an error. Sets the new session's cookie.
pub fn go(app: &App, guest: &Guest, step: Step) -> Result<Response, WebError> {
    let response = match step.to {
        Destination::Page(flow, ask) => view::see_other(&path_of(&ask, &flow)),
        Destination::Own(path) => view::see_other(&path),
        Destination::Client(answer) => view::answer(app, guest, answer, None)?,
        Destination::Locked(answer, client) => view::locked(app, guest, answer, client)?,
        Destination::Refused(error) => axum::response::IntoResponse::into_response(WebError::OAuth(error)),
    };
    Ok(guest.leave(response, step.cookie.as_ref()))
}

/// An open flow with what its pages need.
pub struct Open {
    pub flow: Flow,
    pub request: AuthorizeRequest,
    pub client: std::sync::Arc<Client>,
}

impl Open {
    /// The application's name for people; none for pages of our own.
    pub fn client_name(&self) -> Option<String> {
        Some(self.client.metadata.client_name.clone()).filter(|name| !name.is_empty())
    }
}

/// Finds the open flow of a page, or says why there is none.
pub async fn open(app: &App, guest: &Guest, id: &str, now: Timestamp) -> Result<Open, WebError> {
    match find_flow(app, id, &guest.visitor, now).await? {
        FlowLookup::Open(flow) => {
            let request: AuthorizeRequest = serde_json::from_str(&flow.request).map_err(|_| Failure::Stored("flow"))?;
            let client = client_of(&app.registered(), &request).ok_or_else(WebError::expired)?;
            Ok(Open { flow: *flow, request, client })
        }
        FlowLookup::Done => Err(WebError::Problem(StatusCode::GONE, ProblemKind::AlreadyDone)),
        FlowLookup::Lost => Err(WebError::expired()),
    }
}

/// The open question of a flow if it is one that this page asks; otherwise where to go instead.
pub async fn question(
    app: &App,
    guest: &Guest,
    open: &Open,
    fits: impl Fn(&Ask) -> bool,
    now: Timestamp,
) -> Result<Result<Ask, Response>, WebError> {
    match open_question(app, &open.flow, &guest.visitor, now).await? {
        Some(ask) if fits(&ask) => Ok(Ok(ask)),
        Some(ask) => Ok(Err(guest.leave(view::see_other(&path_of(&ask, &open.flow.id)), None))),
        // Nothing is open any more: take the step that is due.
        None => {
            let step = crate::service::authorize::advance(app, open.flow.clone(), &guest.visitor, now).await?;
            Ok(Err(go(app, guest, step)?))
        }
    }
}

/// The languages of a flow's page.
pub fn languages(page: &str, flow: &FlowId) -> Vec<(Locale, String)> {
    view::languages(&format!("{page}?flow={flow}"))
}

/// Whole minutes until `until`, at least one.
pub fn minutes(until: Timestamp, now: Timestamp) -> i64 {
    i64::try_from(until.since(now).as_secs().div_ceil(60)).unwrap_or(i64::MAX).max(1)
}
