//! What the pages after the sign-in record: the tenant, the consent, which account. Each goes back to `advance`.
use std::cmp::Reverse;
use std::sync::Arc;

use super::answer::refusal;
use super::audit::{Event, record};
use super::authorize::{Step, client_of, use_up};
use super::password::continue_flow;
use super::second_factor::debtor;
use super::{Failure, Visitor, facts};
use crate::app::App;
use crate::model::{Flow, Membership, Proof, Tenant, TenantId};
use crate::protocol::authorize::AuthorizeRequest;
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::scope::Scopes;
use crate::world::Timestamp;

/// The tenants that a person may choose from: last used first, the others by name.
pub async fn tenants_to_choose(
    app: &App,
    flow: &Flow,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Vec<(Arc<Tenant>, Membership)>, Failure> {
    let request = request_of(flow)?;
    let registered = app.registered();
    let Some(client) = client_of(&registered, &request) else { return Ok(Vec::new()) };
    let loaded = facts::load(app, &registered, &client, flow, visitor, now).await?;
    let possible = loaded.facts.seats.iter().filter(|seat| seat.possible());
    let choice = |seat: &crate::protocol::flow::Seat| {
        let tenant = Arc::clone(registered.tenants.get(&seat.tenant)?);
        let membership = loaded.memberships.iter().find(|m| m.tenant == seat.tenant)?.clone();
        Some((tenant, membership))
    };
    let mut choices: Vec<_> = possible.filter_map(choice).collect();
    choices.sort_by_cached_key(|(tenant, membership)| (Reverse(membership.last_used_at), tenant.display_name().to_lowercase()));
    Ok(choices)
}

fn request_of(flow: &Flow) -> Result<AuthorizeRequest, Failure> {
    serde_json::from_str(&flow.request).map_err(|_| Failure::Stored("flow"))
}

/// Records the chosen tenant. One that the person may not enter is simply not there: the page is shown again.
pub async fn choose_tenant(app: &App, mut flow: Flow, tenant: &TenantId, visitor: &Visitor, now: Timestamp) -> Result<Step, Failure> {
    let choices = tenants_to_choose(app, &flow, visitor, now).await?;
    if choices.iter().any(|(choice, _)| choice.id == *tenant) {
        facts::belong(&mut flow, visitor);
        flow.progress.tenant = Some(tenant.clone());
    }
    save(app, flow, visitor, now).await
}

async fn save(app: &App, flow: Flow, visitor: &Visitor, now: Timestamp) -> Result<Step, Failure> {
    let current = app.store.write(async |w| w.update_flow(&flow.id, flow.version, &flow.progress).await).await?;
    continue_flow(app, flow, current, visitor, now).await
}

/// Records consent for exactly the scopes that the page showed, beside those granted before.
pub async fn allow(app: &App, mut flow: Flow, tenant: &TenantId, visitor: &Visitor, now: Timestamp) -> Result<Step, Failure> {
    let request = request_of(&flow)?;
    let Some(person) = debtor(&flow, visitor) else { return Err(Failure::Stored("consent without a person")) };
    facts::belong(&mut flow, visitor);
    flow.progress.consented = true;
    let asked = request.consent_scopes();
    let current = app
        .store
        .write(async |w| {
            let before = w.consent(&person, tenant, &flow.client).await?.unwrap_or_default();
            let granted = Scopes::parse(&format!("{before} {asked}"));
            w.record_consent(&person, tenant, &flow.client, &granted.to_string(), now).await?;
            let event = Event::of_person("consent", &person, "allowed").at(&flow.client).in_tenant(tenant);
            record(
                app,
                w,
                event.with(serde_json::json!({ "scope": asked, "authorization_details": request.terms.authorization_details })),
                visitor,
                now,
            )
            .await?;
            w.update_flow(&flow.id, flow.version, &flow.progress).await
        })
        .await?;
    continue_flow(app, flow, current, visitor, now).await
}

/// The person said no: the flow ends with `access_denied` (RFC 6749 4.1.2.1).
pub async fn deny(app: &App, flow: Flow, visitor: &Visitor, now: Timestamp) -> Result<Step, Failure> {
    let request = request_of(&flow)?;
    app.store
        .write(async |w| {
            let event = match debtor(&flow, visitor) {
                Some(person) => record(app, w, Event::of_person("consent", &person, "denied").at(&flow.client), visitor, now).await,
                None => Ok(()),
            };
            w.close_flow(&flow.id, flow.version, now).await?;
            use_up(w, &request, now).await?;
            event
        })
        .await?;
    let error = OAuthError::new(ErrorCode::AccessDenied, "The person denied the request", Reason::PersonDenied);
    Ok(Step::from(refusal(app, &request, error, now)?))
}

/// Goes on as the person of the session (`prompt=select_account`).
pub async fn confirm_account(app: &App, mut flow: Flow, visitor: &Visitor, now: Timestamp) -> Result<Step, Failure> {
    facts::belong(&mut flow, visitor);
    flow.progress.account_confirmed = true;
    save(app, flow, visitor, now).await
}

/// Asks for a sign-in as somebody else; the session stays until that succeeds.
pub async fn other_account(app: &App, mut flow: Flow, visitor: &Visitor, now: Timestamp) -> Result<Step, Failure> {
    facts::belong(&mut flow, visitor);
    flow.progress.other_account = true;
    save(app, flow, visitor, now).await
}

/// Forgets the half-finished sign-in of a flow.
pub async fn restart(app: &App, mut flow: Flow, visitor: &Visitor, now: Timestamp) -> Result<Step, Failure> {
    flow.progress.person = None;
    flow.progress.proof = Proof::default();
    (flow.progress.signed_in_here, flow.progress.factor_here) = (false, false);
    flow.progress.email_challenge = None;
    save(app, flow, visitor, now).await
}
