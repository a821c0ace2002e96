//! `/account/tenants`, `/account/sessions`, `/account/applications`: what the person has, and ending it.
use axum::extract::Path;
use axum::response::Response;

use super::home::own_tenant;
use crate::model::{Acr, Agent, Amr, BrowserKind, ClientId, Proof, SessionId, SystemKind, TenantId};
use crate::pages::console::{ApplicationLine, Applications, Flash, Moment, OwnSession, OwnTenants, SeenDevice, Sessions, SignedInBy};
use crate::service::own;
use crate::web::error::WebError;
use crate::web::extract::{Account, Checked, Query};

pub async fn tenants(account: Account, query: Query) -> Result<Response, WebError> {
    let tenants = account.around.places.iter().map(|place| own_tenant(place, account.around.chosen.as_ref())).collect();
    account.page("tenants").done(&query).show(&OwnTenants { tenants })
}

pub async fn choose_tenant(account: Account, Path(tenant): Path<String>, _: Checked) -> Result<Response, WebError> {
    let tenant = TenantId::from_text(tenant);
    match own::choose_tenant(&account.app, &account.session, &tenant, &account.guest.visitor, account.now).await? {
        true => Ok(account.go("tenants", Some(Flash::TenantChosen))),
        false => Err(WebError::not_found()),
    }
}

pub async fn sessions(account: Account, query: Query) -> Result<Response, WebError> {
    let live = own::sessions(&account.app, &account.session, account.now).await?;
    let mut sessions: Vec<OwnSession> = live
        .into_iter()
        .map(|session| OwnSession {
            current: session.id == account.session.id,
            begun: Moment::of(session.created_at),
            seen: Moment::of(session.last_seen_at),
            how: how(&session.proof),
            device: device(session.origin.agent),
            network: session.origin.network,
            id: session.id.to_string(),
        })
        .collect();
    sessions.sort_by_key(|session| !session.current);
    account.page("sessions").done(&query).show(&Sessions { sessions })
}

/// What browsers and systems are called, which is the same in every language.
fn device(agent: Agent) -> SeenDevice {
    let browser = agent.browser.map(|kind| match kind {
        BrowserKind::Chrome => "Chrome",
        BrowserKind::Duckduckgo => "DuckDuckGo",
        BrowserKind::Edge => "Edge",
        BrowserKind::Firefox => "Firefox",
        BrowserKind::Opera => "Opera",
        BrowserKind::Safari => "Safari",
        BrowserKind::Samsung => "Samsung Internet",
        BrowserKind::Vivaldi => "Vivaldi",
    });
    let system = agent.system.map(|kind| match kind {
        SystemKind::Android => "Android",
        SystemKind::Chromeos => "ChromeOS",
        SystemKind::Ipad => "iPad",
        SystemKind::Iphone => "iPhone",
        SystemKind::Linux => "Linux",
        SystemKind::Macos => "macOS",
        SystemKind::Windows => "Windows",
    });
    SeenDevice { browser, system }
}

fn how(proof: &Proof) -> SignedInBy {
    match proof.own_acr() {
        Acr::Phr => SignedInBy::Passkey,
        Acr::Mfa => SignedInBy::App,
        _ if proof.amr.contains(&Amr::Fed) => SignedInBy::Microsoft,
        Acr::Email => SignedInBy::Email,
        Acr::Pwd => SignedInBy::Password,
    }
}

pub async fn end_session(account: Account, Path(id): Path<String>, _: Checked) -> Result<Response, WebError> {
    let id = SessionId::from_text(id);
    match own::end_session(&account.app, &account.session, &id, &account.guest.visitor, account.now).await? {
        true => Ok(account.go("sessions", Some(Flash::SessionEnded))),
        false => Err(WebError::not_found()),
    }
}

pub async fn end_others(account: Account, _: Checked) -> Result<Response, WebError> {
    own::end_other_sessions(&account.app, &account.session, &account.guest.visitor, account.now).await?;
    Ok(account.go("sessions", Some(Flash::SessionsEnded)))
}

pub async fn applications(account: Account, query: Query) -> Result<Response, WebError> {
    let found = account.app.store.read(async |r| r.applications_of(&account.person.id, account.now).await).await?;
    let registered = account.app.registered();
    let mut applications: Vec<ApplicationLine> = found
        .into_iter()
        .map(|own| ApplicationLine {
            name: match registered.clients.get(&own.client).map(|client| &client.metadata.client_name) {
                Some(name) if !name.is_empty() => name.clone(),
                _ => own.client.to_string(),
            },
            tenant_name: registered.tenants.get(&own.tenant).map_or_else(String::new, |tenant| tenant.display_name().to_owned()),
            client: own.client.to_string(),
            tenant: own.tenant.to_string(),
            since: Moment::of(own.since),
        })
        .collect();
    applications.sort_by_cached_key(|line| (line.name.to_lowercase(), line.tenant_name.to_lowercase(), line.client.clone()));
    account.page("applications").done(&query).show(&Applications { applications })
}

pub async fn revoke_application(
    account: Account,
    Path((tenant, client)): Path<(String, String)>,
    _: Checked,
) -> Result<Response, WebError> {
    let which = (&TenantId::from_text(tenant), &ClientId::from_text(client));
    match own::revoke_application(&account.app, &account.session, which, &account.guest.visitor, account.now).await? {
        true => Ok(account.go("applications", Some(Flash::AccessRevoked))),
        false => Err(WebError::not_found()),
    }
}
