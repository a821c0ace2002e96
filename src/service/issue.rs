//! Ends a flow: with an authorization code, or with what older response types hand out at once.
use std::time::Duration;

use super::answer::answer;
use super::audit::{Event, record};
use super::authorize::{Stored, take_over, use_up};
use super::client_auth::Denied;
use super::facts::Loaded;
use super::session::{self, Established};
use super::token::front::mint_in_front;
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
        .write(async |w| {
            if !end(w, decided.request, &flow, stored, now).await? {
                return Ok(Ended::Overtaken);
            }
            if !decided.fresh_challenge(w).await? {
                return Ok(Ended::ChallengeReused);
            }
            let established = take_over(app, w, &mut flow, visitor, now).await?;
            let grant = decided.grant(established.as_ref().map(|e| &e.session).or(visitor.session.as_ref()));
            decided.write(w, &grant, Some(&code)).await?;
            Ok(Ended::Well(established))
        })
        .await?;
    match outcome {
        Ended::Well(established) => {
            Ok(Some(Issued { answer: decided.answer(Success::code(code.clear()), established.as_ref())?, established }))
        }
        Ended::Overtaken => Ok(None),
        Ended::ChallengeReused => decided.refuse_challenge(None),
    }
}

/// The same for response types that hand out tokens here. They are signed before the transaction and name the session, so
/// one that is still to begin begins first.
async fn front(decided: &Decided<'_>, mut flow: Flow, stored: Stored) -> Result<Option<Issued>, Failure> {
    let Decided { app, request, client, visitor, now, .. } = *decided;
    let Some(established) = settle(decided, &mut flow, stored).await? else { return Ok(None) };
    let grant = decided.grant(established.as_ref().map(|e| &e.session).or(visitor.session.as_ref()));
    let registered = app.registered();
    let subject = app.store.read(async |r| subject::load(r, &registered, &grant, &request.scopes, client).await).await?;
    let subject = match subject::admit(subject, client, &grant.proof, now) {
        Ok(subject) => subject,
        // What changed since the facts were loaded; the tokens would be refused everywhere.
        Err(error) => {
            let denied = OAuthError::new(ErrorCode::AccessDenied, "The person may no longer enter", error.reason);
            let answer = decided.answer_with(response::error_fields(&denied))?;
            return Ok(Some(Issued { answer, established }));
        }
    };
    let code = request.response_type.has_code().then(|| Token::<Code>::generate(&*app.entropy));
    let clear = code.as_ref().map(|code| code.clear().to_owned());
    let minted = match mint_in_front(decided, &grant, &subject, clear) {
        Ok(minted) => minted,
        // The client lost a resource since it asked for it, or the person their API access.
        Err(Denied::Refused(mut error)) => {
            if error.code == ErrorCode::InvalidGrant {
                error.code = ErrorCode::AccessDenied;
            }
            return Ok(Some(Issued { answer: decided.answer_with(response::error_fields(&error))?, established }));
        }
        Err(Denied::Failed(failure)) => return Err(failure),
        Err(Denied::Paused { .. }) => return Err(Failure::Busy),
    };
    let ended = app
        .store
        .write(async |w| {
            if !end(w, request, &flow, stored, now).await? {
                return Ok(Ended::Overtaken);
            }
            if code.is_some() && !decided.fresh_challenge(w).await? {
                return Ok(Ended::ChallengeReused);
            }
            decided.write(w, &grant, code.as_ref()).await?;
            if let Some(row) = &minted.access {
                w.insert_access_token(row).await?;
            }
            Ok(Ended::Well(()))
        })
        .await?;
    match ended {
        Ended::Well(()) => Ok(Some(Issued { answer: decided.answer(minted.success, established.as_ref())?, established })),
        Ended::Overtaken => Ok(None),
        Ended::ChallengeReused => decided.refuse_challenge(established),
    }
}

/// Begins the session that this flow proved, if it is not there yet. The outer None: another request was faster.
async fn settle(decided: &Decided<'_>, flow: &mut Flow, stored: Stored) -> Result<Option<Option<Established>>, Failure> {
    if stored == Stored::No {
        return Ok(Some(None));
    }
    let settled = decided.app.store.write(async |w| {
        if !w.update_flow(&flow.id, flow.version, &flow.progress).await? {
            return Ok(None);
        }
        flow.version += 1;
        let established = take_over(decided.app, w, flow, decided.visitor, decided.now).await?;
        if established.is_some() {
            w.update_flow(&flow.id, flow.version, &flow.progress).await?;
            flow.version += 1;
        }
        Ok(Some(established))
    });
    Ok(settled.await?)
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
    async fn write(&self, w: &mut Write, grant: &Grant, code: Option<&Token<Code>>) -> Result<(), StoreError> {
        w.insert_grant(grant).await?;
        if let (Some(code), Target::Client(redirect)) = (code, &self.request.target) {
            w.insert_code(&code.digest(), &code_row(grant, self.request, redirect.uri(), self.now)).await?;
        }
        if let Some(membership) = self.loaded.memberships.iter().find(|m| m.tenant == *self.tenant) {
            w.touch_membership(&membership.id, self.now).await?;
        }
        if let Some(session) = &grant.session {
            w.remember_tenant(session, &grant.client, &grant.tenant, self.now).await?;
        }
        let event = Event::of_person("authorize", &grant.person, "ok").at(&grant.client).in_tenant(&grant.tenant);
        let event = event.with(serde_json::json!({ "grant": grant.id, "acr": grant.proof.acr() }));
        record(self.app, w, event, self.visitor, self.now).await
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
