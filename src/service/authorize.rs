//! The only door of the sign-in flow: [`begin`] opens a flow, every page comes back to [`advance`].
use std::sync::Arc;

use super::answer::{answer, refusal};
use super::asked::Asked;
use super::audit::{Event, record};
use super::facts::Loaded;
use super::issue::{Decided, issue};
use super::session::{Established, Planned};
use super::{Failure, Visitor, device, facts, second_factor, session};
use crate::app::{App, Registered};
use crate::model::{Acr, Client, ClientId, ClientMetadata, ClientState, ConsentMode, Flow, FlowId, PersonId, Progress, Proof, TenantId};
use crate::protocol::authorize::{self, AuthorizeRequest, Hint, Prompt, Target};
use crate::protocol::details;
use crate::protocol::error::ErrorCode;
use crate::protocol::flow::{Ask, Next, next};
use crate::protocol::params::Params;
use crate::protocol::response::{self, Answer};
use crate::protocol::{OAuthError, Reason, Refusal};
use crate::store::{StoreError, Write};
use crate::world::{Digest, SessionCookie, Timestamp, Token};

/// The client id under which Tenantry signs people in to its own pages.
const OWN_CLIENT: &str = "tenantry";

/// Where a request leads, and the session cookie that goes with it if the session is new.
pub struct Step {
    pub to: Destination,
    pub cookie: Option<Token<SessionCookie>>,
}

pub enum Destination {
    /// The page that asks this question, for this flow.
    Page(FlowId, Ask),
    /// Back to the client.
    Client(Answer),
    /// The page that tells somebody of the lock, with the way back to the client of this name.
    Locked(Answer, String),
    /// A page of our own.
    Own(String),
    /// An error page of ours: nothing proves where else to go.
    Refused(OAuthError),
}

impl From<Destination> for Step {
    fn from(to: Destination) -> Self {
        Self { to, cookie: None }
    }
}

/// Checks an authorization request and takes its first step.
///
/// In: what was asked ([`super::asked::resolve`]), the browser. Out: a page, an answer to the client, or a refusal.
/// RFC 6749 4.1.1, OpenID Connect Core 3.1.2.
pub async fn begin(app: &App, asked: Asked, visitor: &Visitor, now: Timestamp) -> Result<Step, Failure> {
    let registered = app.registered();
    let Asked { params, provenance, pushed, refusal } = asked;
    let client = params.get("client_id").and_then(|id| registered.clients.get(&ClientId::from_text(id))).map(Arc::as_ref);
    let checked = match refusal {
        Some(refusal) => Err(refusal),
        None => authorize::parse(&params, client, &hinted(app, &params, now), provenance),
    };
    let checked = checked.and_then(|request| known_details(&registered, request));
    match (checked, client) {
        (Ok(request), _) => open(app, &AuthorizeRequest { pushed, ..request }, visitor, now).await,
        (Err(refusal), client) => {
            tracing::info!(reason = ?refusal_reason(&refusal), client.id = client.map(|c| c.id.as_str()), "an authorization request was refused");
            Ok(Step::from(match (refusal, client) {
                (Refusal::Redirect(redirect, error), Some(client)) => {
                    let fields = response::error_fields(&error);
                    Destination::Client(answer(app, &registered, client, &redirect, fields, now)?)
                }
                (Refusal::Page(error) | Refusal::Redirect(_, error), _) => Destination::Refused(error),
            }))
        }
    }
}

/// Are the authorization details of a request what their types say (RFC 9396 5)?
pub(super) fn known_details(registered: &Registered, request: AuthorizeRequest) -> Result<AuthorizeRequest, Refusal> {
    let Some(client) = registered.clients.get(&request.client) else { return Ok(request) };
    match (details::check(&request.terms.authorization_details, client, &registered.apis), &request.target) {
        (Ok(()), _) => Ok(request),
        (Err(error), Target::Client(redirect)) => Err(Refusal::Redirect(redirect.clone(), error)),
        (Err(error), Target::Own { .. } | Target::Device { .. }) => Err(Refusal::Page(error)),
    }
}

/// Signs somebody in to a page of our own, `path`.
pub async fn begin_own(app: &App, path: &str, prompt: Prompt, visitor: &Visitor, now: Timestamp) -> Result<Step, Failure> {
    open(app, &AuthorizeRequest::own(ClientId::from_text(OWN_CLIENT), path, prompt), visitor, now).await
}

/// Leads back to a page of our own once the session has reached a rung of the ladder, as the tenant sees it.
pub async fn begin_proof(
    app: &App,
    path: &str,
    acr: Acr,
    tenant: Option<&TenantId>,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Step, Failure> {
    let own = AuthorizeRequest::own(ClientId::from_text(OWN_CLIENT), path, Prompt::default());
    let request = AuthorizeRequest { acr_required: Some(acr), tenant_hint: tenant.map(TenantId::to_string), ..own };
    open(app, &request, visitor, now).await
}

/// The person of `id_token_hint`: signature and issuer count, expiry does not.
pub(super) fn hinted(app: &App, params: &Params, now: Timestamp) -> Hint {
    #[derive(serde::Deserialize)]
    struct Named {
        sub: String,
    }
    let Some(token) = params.get("id_token_hint") else { return Hint::Absent };
    match app.registered().keys.verify_hint::<Named>(token, app.issuer(), now) {
        Ok(named) => Hint::Person(named.sub),
        Err(_) => Hint::Invalid,
    }
}

fn refusal_reason(refusal: &Refusal) -> crate::protocol::Reason {
    match refusal {
        Refusal::Page(error) | Refusal::Redirect(_, error) => error.reason,
    }
}

pub(super) async fn open(app: &App, request: &AuthorizeRequest, visitor: &Visitor, now: Timestamp) -> Result<Step, Failure> {
    let flow = Flow {
        id: FlowId::generate(now, &*app.entropy),
        browser: visitor.browser.clone(),
        client: request.client.clone(),
        request: serde_json::to_string(request).map_err(|_| Failure::Stored("flow"))?,
        progress: Progress { session: visitor.session.as_ref().map(|session| session.id.clone()), ..Progress::default() },
        created_at: now,
        expires_at: now.plus(app.config.sign_in.flow_time()),
        closed_at: None,
        version: 0,
    };
    step(app, flow, request, visitor, now, Stored::No).await
}

/// Is the flow's row in the database already? A request that needs no page never writes one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    No,
    Yes,
}

/// Takes the next step of a stored flow, after a page recorded its fact.
pub async fn advance(app: &App, flow: Flow, visitor: &Visitor, now: Timestamp) -> Result<Step, Failure> {
    let request: AuthorizeRequest = serde_json::from_str(&flow.request).map_err(|_| Failure::Stored("flow"))?;
    step(app, flow, &request, visitor, now, Stored::Yes).await
}

/// The question that is open in a flow, without taking any step: what a page must ask before it shows itself.
pub async fn open_question(app: &App, flow: &Flow, visitor: &Visitor, now: Timestamp) -> Result<Option<Ask>, Failure> {
    let request: AuthorizeRequest = serde_json::from_str(&flow.request).map_err(|_| Failure::Stored("flow"))?;
    let registered = app.registered();
    let Some(client) = client_of(&registered, &request) else { return Ok(None) };
    let loaded = facts::load(app, &registered, &client, flow, visitor, now).await?;
    Ok(match next(&request, &loaded.facts, now) {
        Next::Ask(ask) => Some(ask),
        _ => None,
    })
}

/// The client of a request; for pages of our own one that exists only here.
pub fn client_of(registered: &Registered, request: &AuthorizeRequest) -> Option<Arc<Client>> {
    match request.target {
        Target::Client(_) | Target::Device { .. } => registered.clients.get(&request.client).cloned(),
        Target::Own { .. } => Some(Arc::new(own_client())),
    }
}

/// The client that stands for our own pages. Every tenant may be entered through it.
pub fn own_client() -> Client {
    Client {
        id: ClientId::from_text(OWN_CLIENT),
        state: ClientState::Active,
        metadata: ClientMetadata { consent: ConsentMode::Implicit, ..ClientMetadata::default() },
        secrets: Vec::new(),
        tenants: Vec::new(),
        created_at: Timestamp::from_micros(0),
    }
}

async fn step(
    app: &App,
    mut flow: Flow,
    request: &AuthorizeRequest,
    visitor: &Visitor,
    now: Timestamp,
    stored: Stored,
) -> Result<Step, Failure> {
    let registered = app.registered();
    let Some(client) = client_of(&registered, request) else {
        // The client was disabled or removed while the flow was open: nothing proves its redirect URI any more.
        return Ok(Destination::Refused(gone(Reason::ClientDisabled)).into());
    };
    let loaded = facts::load(app, &registered, &client, &flow, visitor, now).await?;
    match next(request, &loaded.facts, now) {
        Next::Ask(ask) => {
            let letter = second_factor::prepare_code(app, &flow, &ask, loaded.person.as_ref(), &client, now).await?;
            show(app, flow, (ask, letter), &loaded, visitor, now, stored).await
        }
        Next::Refuse(error) => {
            close(app, request, &flow, stored, visitor, &error, now).await?;
            Ok(refusal(app, request, error, now)?.into())
        }
        // A session that proves enough: nothing to write.
        Next::Open { path } if stored == Stored::No && flow.progress.person.is_none() => Ok(Destination::Own(path).into()),
        Next::Open { path } => {
            let taken = app
                .store
                .write_or_undo(async |w| {
                    if stored == Stored::Yes && !w.close_flow(&flow.id, flow.version, now).await? {
                        return Ok(Ok(None));
                    }
                    take_over(app, w, &mut flow, &loaded, visitor, now).await
                })
                .await?;
            Ok(match taken {
                Ok(established) => Step { to: Destination::Own(path), cookie: established.map(|e| e.cookie) },
                Err(Outlived) => Destination::Refused(gone(Reason::FlowSpent)).into(),
            })
        }
        Next::Issue { tenant } if matches!(request.target, Target::Device { .. }) => {
            device::approve(app, &client, &loaded, &tenant, flow, visitor, now).await
        }
        Next::Issue { tenant } => {
            let decided =
                Decided { app, registered: &registered, request, client: &client, loaded: &loaded, tenant: &tenant, visitor, now };
            Ok(match issue(&decided, flow, stored).await? {
                Some(issued) => Step { to: Destination::Client(issued.answer), cookie: issued.established.map(|e| e.cookie) },
                // Another tab finished this flow in the same moment, or all that the person held ended.
                None => Destination::Refused(gone(Reason::FlowSpent)).into(),
            })
        }
    }
}

/// Leads to the page of a question: stores what the page will need, and begins the session once the person proved
/// enough to be signed in.
async fn show(
    app: &App,
    mut flow: Flow,
    (ask, letter): (Ask, Option<second_factor::PreparedCode>),
    loaded: &Loaded,
    visitor: &Visitor,
    now: Timestamp,
    stored: Stored,
) -> Result<Step, Failure> {
    let signed_in = !matches!(ask, Ask::SignIn | Ask::SecondFactor(_) | Ask::NewPassword);
    let taken = app
        .store
        .write_or_undo(async |w| {
            if stored == Stored::No {
                w.insert_flow(&flow).await?;
            }
            // The progress may become a session once: whoever raises the version first does it.
            if stored == Stored::Yes && (signed_in || letter.is_some()) {
                if !w.update_flow(&flow.id, flow.version, &flow.progress).await? {
                    return Ok(Ok(None));
                }
                flow.version += 1;
            }
            let taken = if signed_in { take_over(app, w, &mut flow, loaded, visitor, now).await? } else { Ok(None) };
            let established = match taken {
                Ok(established) => established,
                Err(outlived) => return Ok(Err(outlived)),
            };
            if let Some(letter) = &letter {
                second_factor::queue_code(w, &mut flow, letter, now).await?;
            }
            if established.is_some() || letter.is_some() {
                w.update_flow(&flow.id, flow.version, &flow.progress).await?;
            }
            Ok(Ok(established))
        })
        .await?;
    Ok(match taken {
        Ok(established) => Step { to: Destination::Page(flow.id, ask), cookie: established.map(|e| e.cookie) },
        Err(Outlived) => Destination::Refused(gone(Reason::FlowSpent)).into(),
    })
}

/// What was decided about somebody does not hold any more: the password is another one, the account is disabled, the
/// session has ended. Whatever was written on the way is undone.
pub(super) struct Outlived;

/// Turns what the flow proved into the session: from here on the person is signed in. None where nothing was to be turned.
pub(super) async fn take_over(
    app: &App,
    w: &mut Write,
    flow: &mut Flow,
    loaded: &Loaded,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Result<Option<Established>, Outlived>, StoreError> {
    if proven(flow, visitor).is_none() {
        return Ok(Ok(None));
    }
    let Some(person) = &loaded.person else { return Ok(Err(Outlived)) };
    let proof = flow.progress.proof.clone();
    let Some(established) = session::establish(app, w, visitor, person, proof, now).await? else { return Ok(Err(Outlived)) };
    taken_over(app, w, flow, &established, visitor, now).await?;
    Ok(Ok(Some(established)))
}

/// As [`take_over`], for something that is granted in the session: one that only goes on is held, so that nobody ends it
/// without ending the grant too.
pub(super) async fn take_over_to_grant(
    app: &App,
    w: &mut Write,
    flow: &mut Flow,
    loaded: &Loaded,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Result<Option<Established>, Outlived>, StoreError> {
    match take_over(app, w, flow, loaded, visitor, now).await? {
        Ok(None) if !session::goes_on(w, visitor).await? => Ok(Err(Outlived)),
        taken => Ok(taken),
    }
}

/// Whose session the flow has proved and not begun yet.
fn proven(flow: &Flow, visitor: &Visitor) -> Option<PersonId> {
    let pending = &flow.progress;
    match (&pending.person, &visitor.session) {
        (Some(person), _) => Some(person.clone()),
        // A step-up: a factor was added to the session that was there.
        (None, Some(session)) if pending.proof.factor_at.is_some() && pending.session.as_ref() == Some(&session.id) => {
            Some(session.person.clone())
        }
        _ => None,
    }
}

/// The session that [`take_over`] would make, for tokens that must name it before it is there.
pub(super) fn plan_to_take_over(app: &App, flow: &Flow, visitor: &Visitor, now: Timestamp) -> Option<Planned> {
    let person = proven(flow, visitor)?;
    Some(session::plan(app, visitor, &person, flow.progress.proof.clone(), now))
}

/// Notes in trail and flow that what the flow proved is a session from now on.
pub(super) async fn taken_over(
    app: &App,
    w: &mut Write,
    flow: &mut Flow,
    established: &Established,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<(), StoreError> {
    let person = &established.session.person;
    record(app, w, Event::of_person("session.begin", person, "ok").at(&flow.client), visitor, now).await?;
    flow.progress.person = None;
    flow.progress.other_account = false;
    flow.progress.proof = Proof::default();
    flow.progress.session = Some(established.session.id.clone());
    Ok(())
}

async fn close(
    app: &App,
    request: &AuthorizeRequest,
    flow: &Flow,
    stored: Stored,
    visitor: &Visitor,
    error: &OAuthError,
    now: Timestamp,
) -> Result<(), Failure> {
    tracing::info!(reason = ?error.reason, client.id = %flow.client, "a sign-in was refused");
    app.store
        .write(async |w| {
            if stored == Stored::Yes {
                w.close_flow(&flow.id, flow.version, now).await?;
            }
            use_up(w, request, now).await?;
            let person = flow.progress.person.as_ref().or(visitor.session.as_ref().map(|s| &s.person));
            let event = match person {
                Some(person) => Event::of_person("authorize", person, "refused"),
                None => Event::of_nobody("authorize", "refused"),
            };
            let detail = serde_json::json!({ "reason": format!("{:?}", error.reason) });
            record(app, w, event.at(&flow.client).with(detail), visitor, now).await
        })
        .await?;
    Ok(())
}

/// Uses the pushed request up that this one came from. False when it was answered before (RFC 9126 7.3).
pub(super) async fn use_up(w: &mut Write, request: &AuthorizeRequest, now: Timestamp) -> Result<bool, StoreError> {
    match &request.pushed {
        Some(digest) => w.use_pushed_request(&Digest::from_stored(digest.clone()), now).await,
        None => Ok(true),
    }
}

/// The flow cannot go on, and nothing proves where else to send the browser.
fn gone(reason: Reason) -> OAuthError {
    OAuthError::new(ErrorCode::AccessDenied, "This sign-in cannot be continued", reason)
}
