//! Ends a flow with an authorization code.
use super::answer::answer;
use super::audit::{Event, record};
use super::authorize::{Stored, take_over, use_up};
use super::facts::Loaded;
use super::session::Established;
use super::{Failure, Visitor};
use crate::app::{App, Registered};
use crate::model::{Client, CodeRow, Flow, Grant, GrantId, GrantTerms, Membership, PersonId, Proof, SessionId, TenantId};
use crate::protocol::authorize::{AuthorizeRequest, Target};
use crate::protocol::response::{Answer, Success};
use crate::store::{StoreError, Write};
use crate::world::{Code, Timestamp, Token};
use std::time::Duration;

/// A code lives for 60 seconds at most (protocol.md §4).
const CODE_TIME: Duration = Duration::from_secs(60);

pub struct Issued {
    pub answer: Answer,
    pub established: Option<Established>,
}

/// Writes the grant and its code, closes the flow, remembers the tenant: all in one transaction.
/// None when another request closed the flow first.
#[expect(clippy::too_many_arguments, reason = "one call site; each is a distinct part of the decision that was just made")]
pub async fn code(
    app: &App,
    registered: &Registered,
    request: &AuthorizeRequest,
    client: &Client,
    loaded: &Loaded,
    tenant: &TenantId,
    mut flow: Flow,
    stored: Stored,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Option<Issued>, Failure> {
    let (Target::Client(redirect), Some(person)) = (&request.target, &loaded.person) else {
        return Err(Failure::Stored("flow target"));
    };
    let membership = loaded.memberships.iter().find(|m| m.tenant == *tenant).ok_or(Failure::Stored("membership"))?;
    let code = Token::<Code>::generate(&*app.entropy);
    let outcome = app
        .store
        .write(async |w| {
            if stored == Stored::Yes && !w.close_flow(&flow.id, flow.version, now).await? {
                return Ok(None);
            }
            if !use_up(w, request, now).await? {
                return Ok(None);
            }
            let established = take_over(app, w, &mut flow, visitor, now).await?;
            let session = established.as_ref().map(|e| &e.session).or(visitor.session.as_ref());
            let proof = session.map(|s| s.proof.clone()).unwrap_or_default();
            let session = session.map(|s| s.id.clone());
            let grant = grant(app, request, client, &person.id, tenant, session.clone(), proof, now);
            w.insert_grant(&grant).await?;
            w.insert_code(&code.digest(), &code_row(&grant, request, redirect.uri(), now)).await?;
            note(app, w, &grant, membership, session, visitor, now).await?;
            Ok(Some(established))
        })
        .await?;
    let Some(established) = outcome else { return Ok(None) };
    let fields = Success::code(code.clear()).fields();
    Ok(Some(Issued { answer: answer(app, registered, client, redirect, fields, now)?, established }))
}

#[expect(clippy::too_many_arguments, reason = "a plain constructor")]
fn grant(
    app: &App,
    request: &AuthorizeRequest,
    client: &Client,
    person: &PersonId,
    tenant: &TenantId,
    session: Option<SessionId>,
    proof: Proof,
    now: Timestamp,
) -> Grant {
    let days = u64::from(client.metadata.refresh_token_absolute_days);
    Grant {
        id: GrantId::generate(now, &*app.entropy),
        client: client.id.clone(),
        person: person.clone(),
        tenant: tenant.clone(),
        session,
        scope: request.scopes.to_string(),
        nonce: request.nonce.clone(),
        proof,
        auth_time_requested: request.auth_time_requested || request.max_age.is_some(),
        terms: GrantTerms::default(),
        created_at: now,
        expires_at: now.plus(Duration::from_secs(days * 86_400)),
        ended_at: None,
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

/// What else the authorization leaves behind: last use, the remembered tenant, the audit row.
async fn note(
    app: &App,
    w: &mut Write,
    grant: &Grant,
    membership: &Membership,
    session: Option<SessionId>,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<(), StoreError> {
    w.touch_membership(&membership.id, now).await?;
    if let Some(session) = session {
        w.remember_tenant(&session, &grant.client, &grant.tenant, now).await?;
    }
    let event = Event::of_person("authorize", &grant.person, "ok").at(&grant.client).in_tenant(&grant.tenant);
    record(app, w, event.with(serde_json::json!({ "grant": grant.id, "acr": grant.proof.acr() })), visitor, now).await
}
