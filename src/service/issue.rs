//! Ends a flow: with an authorization code, or with what older response types hand out at once.
use std::time::Duration;

use super::answer::answer;
use super::audit::{Event, record};
use super::authorize::{Outlived, Stored, plan_to_take_over, take_over_to_grant, taken_over, use_up};
use super::client_auth::Denied;
use super::facts::Loaded;
use super::session::{self, Established, Planned};
use super::token::front::{Front, mint_in_front};
use super::{Failure, Visitor, subject};
use crate::app::{App, Registered};
use crate::model::{Client, CodeRow, Flow, Grant, GrantId, Session, TenantId};
use crate::protocol::OAuthError;
use crate::protocol::authorize::{AuthorizeRequest, Target};
use crate::protocol::error::{ErrorCode, Reason};
use crate::protocol::logout;
use crate::protocol::response::{self, Answer, Fields, Success};
use crate::store::{StoreError, Write};
use crate::world::{Code, Timestamp, Token};

/// A code lives for 60 seconds at most (protocol.md §4).
const CODE_TIME: Duration = Duration::from_secs(60);

/// For so long a client must not use a PKCE challenge again.
const CHALLENGE_TIME: Duration = Duration::from_secs(30 * 86_400);

/// How the transaction of an answer ended.
enum Ended<T> {
    Well(T),
    /// Another request was faster.
    Overtaken,
    /// The client got a code for this PKCE challenge before (RFC 9700 2.1.1, security.md B07).
    ChallengeReused,
}

pub struct Issued {
    pub answer: Answer,
    pub established: Option<Established>,
}

/// A decided authorization: every question is answered, and this client gets something for this tenant.
#[derive(Clone, Copy)]
pub struct Decided<'a> {
    pub app: &'a App,
    pub registered: &'a Registered,
    pub request: &'a AuthorizeRequest,
    pub client: &'a Client,
    pub loaded: &'a Loaded,
    pub tenant: &'a TenantId,
    pub visitor: &'a Visitor,
    pub now: Timestamp,
}

/// Hands out what the response type names. None when another request closed the flow or used the pushed request up first.
pub async fn issue(decided: &Decided<'_>, flow: Flow, stored: Stored) -> Result<Option<Issued>, Failure> {
    if decided.request.response_type.in_front() { front(decided, flow, stored).await } else { code(decided, flow, stored).await }
}

/// Writes the grant and its code, closes the flow, remembers the tenant: all in one transaction.
async fn code(decided: &Decided<'_>, mut flow: Flow, stored: Stored) -> Result<Option<Issued>, Failure> {
    let Decided { app, visitor, now, .. } = *decided;
    let code = Token::<Code>::generate(&*app.entropy);
    let outcome = app
        .store
        .write_or_undo(async |w| {
            if !end(w, decided.request, &flow, stored, now).await? {
                return Ok(Ok(Ended::Overtaken));
            }
            if !decided.fresh_challenge(w).await? {
                return Ok(Ok(Ended::ChallengeReused));
            }
            let established = match take_over_to_grant(app, w, &mut flow, decided.loaded, visitor, now).await? {
                Ok(established) => established,
                Err(outlived) => return Ok(Err(outlived)),
            };
            let grant = decided.grant(established.as_ref().map(|e| &e.session).or(visitor.session.as_ref()));
            Ok(decided.write(w, &grant, Some(&code)).await?.map(|()| Ended::Well(established)))
        })
        .await?;
    match outcome {
        Ok(Ended::Well(established)) => {
            Ok(Some(Issued { answer: decided.answer(Success::code(code.clear()), established.as_ref())?, established }))
        }
        Ok(Ended::Overtaken) | Err(Outlived) => Ok(None),
        Ok(Ended::ChallengeReused) => decided.refuse_challenge(None),
    }
}

/// The same for response types that hand out tokens here. They are signed before the transaction and name the session, so
/// one that is still to begin is planned first.
async fn front(decided: &Decided<'_>, mut flow: Flow, stored: Stored) -> Result<Option<Issued>, Failure> {
    let Decided { app, request, visitor, now, .. } = *decided;
    let planned = if stored == Stored::Yes { plan_to_take_over(app, &flow, visitor, now) } else { None };
    let grant = decided.grant(planned.as_ref().map(|planned| &planned.session).or(visitor.session.as_ref()));
    let code = request.response_type.has_code().then(|| Token::<Code>::generate(&*app.entropy));
    let minted = match sign(decided, &grant, code.as_ref()).await? {
        Ok(minted) => minted,
        Err(refused) => return refuse_in_front(decided, flow, stored, planned, &refused).await,
    };
    let ended = app
        .store
        .write_or_undo(async |w| {
            if !end(w, request, &flow, stored, now).await? {
                return Ok(Err(()));
            }
            let Some(established) = begin_planned(decided, w, &mut flow, planned).await? else { return Ok(Err(())) };
            if code.is_some() && !decided.fresh_challenge(w).await? {
                return Ok(Ok((established, false)));
            }
            if decided.write(w, &grant, code.as_ref()).await?.is_err() {
                return Ok(Err(()));
            }
            if let Some(row) = &minted.access {
                w.insert_access_token(row).await?;
            }
            Ok(Ok((established, true)))
        })
        .await?;
    match ended {
        Ok((established, true)) => Ok(Some(Issued { answer: decided.answer(minted.success, established.as_ref())?, established })),
        Ok((established, false)) => decided.refuse_challenge(established),
        Err(()) => Ok(None),
    }
}

/// Signs what the response type names. The inner error is what the client is told.
async fn sign(decided: &Decided<'_>, grant: &Grant, code: Option<&Token<Code>>) -> Result<Result<Front, OAuthError>, Failure> {
    let Decided { app, registered, request, client, now, .. } = *decided;
    let subject = app.store.read(async |r| subject::load(r, registered, grant, &request.scopes, client).await).await?;
    let subject = match subject::admit(subject, client, &grant.proof, now) {
        Ok(subject) => subject,
        // What changed since the facts were loaded; the tokens would be refused everywhere.
        Err(error) => return Ok(Err(OAuthError::new(ErrorCode::AccessDenied, "The person may no longer enter", error.reason))),
    };
    match mint_in_front(decided, grant, &subject, code.map(|code| code.clear().to_owned())).await {
        Ok(minted) => Ok(Ok(minted)),
        // The client lost a resource since it asked for it, or the person their API access.
        Err(Denied::Refused(mut error)) => {
            if error.code == ErrorCode::InvalidGrant {
                error.code = ErrorCode::AccessDenied;
            }
            Ok(Err(error))
        }
        Err(Denied::Failed(failure)) => Err(failure),
        Err(Denied::Paused { .. }) => Err(Failure::Busy),
    }
}

/// Nothing is handed out, and yet the person has signed in. None: another request was faster.
async fn refuse_in_front(
    decided: &Decided<'_>,
    mut flow: Flow,
    stored: Stored,
    planned: Option<Planned>,
    refused: &OAuthError,
) -> Result<Option<Issued>, Failure> {
    let established = if stored == Stored::No {
        None
    } else {
        let settled = decided.app.store.write_or_undo(async |w| {
            if !w.update_flow(&flow.id, flow.version, &flow.progress).await? {
                return Ok(Err(()));
            }
            flow.version += 1;
            let Some(established) = begin_planned(decided, w, &mut flow, planned).await? else { return Ok(Err(())) };
            if established.is_some() {
                w.update_flow(&flow.id, flow.version, &flow.progress).await?;
            }
            Ok(Ok(established))
        });
        match settled.await? {
            Ok(established) => established,
            Err(()) => return Ok(None),
        }
    };
    Ok(Some(Issued { answer: decided.answer_with(response::error_fields(refused))?, established }))
}

/// Begins the session that was planned. The outer None: the one that was to go on has ended, and tokens name it; or the
/// person is not the same any more.
async fn begin_planned(
    decided: &Decided<'_>,
    w: &mut Write,
    flow: &mut Flow,
    planned: Option<Planned>,
) -> Result<Option<Option<Established>>, StoreError> {
    let Decided { app, visitor, now, .. } = *decided;
    let Some(planned) = planned else { return Ok(session::goes_on(w, visitor).await?.then_some(None)) };
    let Some(person) = &decided.loaded.person else { return Ok(None) };
    let Some(established) = session::establish_planned(app, w, visitor, person, planned, now).await? else { return Ok(None) };
    taken_over(app, w, flow, &established, visitor, now).await?;
    Ok(Some(Some(established)))
}

/// Closes the flow and uses the pushed request up; false when either was done before.
async fn end(w: &mut Write, request: &AuthorizeRequest, flow: &Flow, stored: Stored, now: Timestamp) -> Result<bool, StoreError> {
    if stored == Stored::Yes && !w.close_flow(&flow.id, flow.version, now).await? {
        return Ok(false);
    }
    use_up(w, request, now).await
}

impl Decided<'_> {
    /// The grant under which everything is issued, with what the session proved.
    fn grant(&self, session: Option<&Session>) -> Grant {
        let days = u64::from(self.client.metadata.refresh_token_absolute_days);
        Grant {
            id: GrantId::generate(self.now, &*self.app.entropy),
            client: self.client.id.clone(),
            person: self.loaded.person.as_ref().expect("a decision is made about a person").id.clone(),
            tenant: self.tenant.clone(),
            session: session.map(|session| session.id.clone()),
            scope: self.request.scopes.to_string(),
            nonce: self.request.nonce.clone(),
            proof: session.map(|session| session.proof.clone()).unwrap_or_default(),
            auth_time_requested: self.request.auth_time_requested || self.request.max_age.is_some(),
            terms: self.request.granted_terms(self.app.issuer()),
            created_at: self.now,
            expires_at: self.now.plus(Duration::from_secs(days * 86_400)),
            ended_at: None,
        }
    }

    /// Keeps grant and code, and what else the authorization leaves behind: last use, the remembered tenant, the audit row.
    /// [`Outlived`] when the person has left the tenant since.
    async fn write(&self, w: &mut Write, grant: &Grant, code: Option<&Token<Code>>) -> Result<Result<(), Outlived>, StoreError> {
        let membership = self.loaded.memberships.iter().find(|m| m.tenant == *self.tenant);
        if let Some(membership) = membership
            && !w.enter_membership(&membership.id, self.now).await?
        {
            return Ok(Err(Outlived));
        }
        w.insert_grant(grant).await?;
        if let (Some(code), Target::Client(redirect)) = (code, &self.request.target) {
            w.insert_code(&code.digest(), &code_row(grant, self.request, redirect.uri(), self.now)).await?;
        }
        if let Some(session) = &grant.session {
            w.remember_tenant(session, &grant.client, &grant.tenant, self.now).await?;
        }
        let event = Event::of_person("authorize", &grant.person, "ok").at(&grant.client).in_tenant(&grant.tenant);
        let event = event.with(serde_json::json!({ "grant": grant.id, "acr": grant.proof.acr() }));
        record(self.app, w, event, self.visitor, self.now).await.map(Ok)
    }

    /// Is this the first code for the request's challenge? If not, that is noted.
    async fn fresh_challenge(&self, w: &mut Write) -> Result<bool, StoreError> {
        let (Some(challenge), Some(person)) = (&self.request.challenge, &self.loaded.person) else { return Ok(true) };
        let fresh = w.claim_challenge(&self.client.id, challenge, self.now.plus(CHALLENGE_TIME)).await?;
        if !fresh {
            let event = Event::of_person("authorize", &person.id, "refused").at(&self.client.id).in_tenant(self.tenant);
            let event = event.with(serde_json::json!({ "reason": format!("{:?}", Reason::ChallengeReused) }));
            record(self.app, w, event, self.visitor, self.now).await?;
        }
        Ok(fresh)
    }

    /// RFC 9700 2.1.1: a challenge that serves more than one sign-in protects none.
    fn refuse_challenge(&self, established: Option<Established>) -> Result<Option<Issued>, Failure> {
        let error = OAuthError::new(ErrorCode::InvalidRequest, "The code_challenge was used before", Reason::ChallengeReused);
        tracing::info!(reason = ?error.reason, client.id = %self.client.id, "a sign-in was refused");
        Ok(Some(Issued { answer: self.answer_with(response::error_fields(&error))?, established }))
    }

    fn answer(&self, success: Success, established: Option<&Established>) -> Result<Answer, Failure> {
        let mut fields = success.fields();
        fields.extend(self.session_state(established).map(|state| ("session_state", state)));
        self.answer_with(fields)
    }

    /// Session Management 2: what the client's check_session_iframe asks about, for an OpenID request.
    fn session_state(&self, established: Option<&Established>) -> Option<String> {
        let Target::Client(redirect) = &self.request.target else { return None };
        let fresh = established.map(|new| session::browser_state(self.app, &new.cookie.digest()));
        let state = fresh.or_else(|| self.visitor.browser_state.clone()).filter(|_| self.request.scopes.contains("openid"))?;
        let mut salt = [0u8; 8];
        self.app.entropy.fill(&mut salt);
        logout::session_state(&self.client.id, redirect.uri(), &state, &format!("{:016x}", u64::from_be_bytes(salt)))
    }

    fn answer_with(&self, fields: Fields) -> Result<Answer, Failure> {
        let Target::Client(redirect) = &self.request.target else { return Err(Failure::Stored("flow target")) };
        answer(self.app, self.registered, self.client, redirect, fields, self.now)
    }
}

fn code_row(grant: &Grant, request: &AuthorizeRequest, redirect_uri: &str, now: Timestamp) -> CodeRow {
    CodeRow {
        grant: grant.id.clone(),
        client: grant.client.clone(),
        redirect_uri: redirect_uri.to_owned(),
        redirect_uri_sent: request.redirect_uri_sent,
        challenge: request.challenge.clone(),
        dpop_jkt: request.dpop_jkt.clone(),
        expires_at: now.plus(CODE_TIME),
        used_at: None,
    }
}
