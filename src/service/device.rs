//! Letting a device in (RFC 8628): it gets a code, a person types it, signs in, compares, decides.
//! The person goes through the ordinary sign-in flow, with the device's client, scopes and tenant.
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;

use super::audit::{Event, record, record_from};
use super::authorize::{Destination, Step, open, take_over_to_grant};
use super::client_auth::{Caller, Denied, Proven, authenticated};
use super::facts::Loaded;
use super::password::continue_flow;
use super::second_factor::debtor;
use super::subject::Subject;
use super::{Failure, Visitor};
use crate::app::App;
use crate::model::{Client, DeviceRow, DeviceState, Flow, Grant, GrantId, GrantTerms, Membership, Person, TenantId};
use crate::policy::device::may_approve;
use crate::protocol::authorize::{AuthorizeRequest, Prompt, Target};
use crate::protocol::discovery::{path, url};
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::grant::device::{INTERVAL, LETTERS, LIFETIME, USER_CODE, request as read, shown, typed};
use crate::protocol::params::Params;
use crate::protocol::scope::Scopes;
use crate::store::{Attempt, Write};
use crate::world::{DeviceCode, Digest, Timestamp, Token, letter_code};

/// Devices of one network that may wait at the same time.
const WAITING: i64 = 100;
/// Wrong codes from one network, and from everywhere, before nobody there is listened to for a while (RFC 8628 5.1).
const NETWORK_THRESHOLD: i64 = 10;
const NETWORK_PAUSE: Duration = Duration::from_secs(15 * 60);
const GLOBAL: &str = "device:every";
const GLOBAL_THRESHOLD: i64 = 200;
const GLOBAL_PAUSE: Duration = Duration::from_secs(60);
const DECAY: Duration = Duration::from_secs(60 * 60);
const DAY: u64 = 86_400;

/// RFC 8628 3.2.
#[derive(Serialize)]
pub struct DeviceAnswer {
    pub device_code: String,
    pub user_code: String,
    pub verification_uri: String,
    pub verification_uri_complete: String,
    pub expires_in: u64,
    pub interval: u64,
}

/// Answers `POST /device_authorization`.
///
/// # Errors
/// Refusals of RFC 6749 5.2; a pause while too many devices of the network wait.
pub async fn authorize(app: &App, caller: &Caller, params: &Params, now: Timestamp) -> Result<DeviceAnswer, Denied> {
    let registered = app.registered();
    authenticated(app, &registered, caller, params, now, async |proven| wait(app, proven, caller, params, now).await).await
}

/// Keeps a device that waits for its person from now on.
async fn wait(
    app: &App,
    Proven { client, once }: &Proven,
    caller: &Caller,
    params: &Params,
    now: Timestamp,
) -> Result<DeviceAnswer, Denied> {
    let request = read(params, client, &app.registered().apis)?;
    let code = Token::<DeviceCode>::generate(&*app.entropy);
    let digest = code.digest();
    // Two codes are alike once in billions; a second try finds another.
    for _ in 0..4 {
        let user_code = letter_code(&*app.entropy, LETTERS, USER_CODE);
        let row = DeviceRow {
            digest: digest.clone(),
            user_code: keyed(app, &user_code),
            user_code_sealed: app.sealer.seal(&context(&digest), user_code.as_bytes(), &*app.entropy),
            client: client.id.clone(),
            request: request.clone(),
            network: caller.network.as_str().to_owned(),
            state: DeviceState::Pending,
            grant: None,
            poll_seconds: i64::try_from(INTERVAL.as_secs()).unwrap_or(5),
            polled_at: None,
            created_at: now,
            expires_at: now.plus(LIFETIME),
        };
        let kept = once.write(app, async |w| {
            if w.waiting_devices(&row.network, now).await? >= WAITING {
                return Ok(Ok::<_, OAuthError>(None));
            }
            let kept = w.insert_device_code(&row).await?;
            if kept {
                let event = Event { actor: client.id.as_str(), ..Event::of_nobody("device.begin", "ok") };
                record_from(app, w, event.at(&client.id), &caller.network, now).await?;
            }
            Ok(Ok(Some(kept)))
        });
        match kept.await?? {
            None => return Err(Denied::Paused { until: now.plus(GLOBAL_PAUSE) }),
            Some(true) => return Ok(answer(app, &code, &shown(&user_code))),
            Some(false) => {}
        }
    }
    Err(Failure::Stored("device_codes.user_code").into())
}

fn answer(app: &App, code: &Token<DeviceCode>, user_code: &str) -> DeviceAnswer {
    let page = url(app.issuer(), path::DEVICE);
    DeviceAnswer {
        device_code: code.clear().to_owned(),
        user_code: user_code.to_owned(),
        verification_uri_complete: format!("{page}?user_code={user_code}"),
        verification_uri: page,
        expires_in: LIFETIME.as_secs(),
        interval: INTERVAL.as_secs(),
    }
}

/// Eight letters could be found from a plain digest by trying; this one needs the master key.
fn keyed(app: &App, user_code: &str) -> String {
    URL_SAFE_NO_PAD.encode(app.sealer.mac("device-user-code", user_code.as_bytes()))
}

fn context(digest: &Digest) -> String {
    format!("device:{}", digest.as_str())
}

/// What became of a typed code.
pub enum Typed {
    /// It is right: the sign-in goes on.
    Right(Box<Step>),
    /// Unknown, over, or answered: these look alike.
    Wrong,
    Paused {
        until: Timestamp,
    },
}

/// Looks for the device whose code was typed. Counted before it is looked at; only wrong codes stay counted.
pub async fn enter(app: &App, text: &str, visitor: &Visitor, now: Timestamp) -> Result<Typed, Failure> {
    let network = format!("device:{}", visitor.network.as_str());
    let claimed = app
        .store
        .write(async |w| {
            let everywhere = w.claim_attempt(GLOBAL, GLOBAL_THRESHOLD, GLOBAL_PAUSE, DECAY, now).await?;
            let here = w.claim_attempt(&network, NETWORK_THRESHOLD, NETWORK_PAUSE, DECAY, now).await?;
            Ok([here, everywhere])
        })
        .await?;
    if let Some(until) = claimed.into_iter().find_map(|attempt| if let Attempt::Paused { until } = attempt { Some(until) } else { None }) {
        return Ok(Typed::Paused { until });
    }
    let found = match typed(text) {
        Some(code) => app.store.read(async |r| r.device_by_user_code(&keyed(app, &code)).await).await?,
        None => None,
    };
    let registered = app.registered();
    let found = found.filter(|row| row.state == DeviceState::Pending && row.expires_at > now);
    let found = found.and_then(|row| Some((registered.clients.get(&row.client)?, row)));
    let Some((client, row)) = found else { return Ok(Typed::Wrong) };
    app.store
        .write(async |w| {
            w.give_attempt_back(GLOBAL).await?;
            w.give_attempt_back(&network).await
        })
        .await?;
    Ok(Typed::Right(Box::new(open(app, &flow_request(&row, client), visitor, now).await?)))
}

/// The sign-in of a device: like that of an application, and always with the tenant asked for where there are several.
fn flow_request(row: &DeviceRow, client: &Client) -> AuthorizeRequest {
    let prompt = Prompt { select_tenant: row.request.tenant.is_none(), ..Prompt::default() };
    AuthorizeRequest {
        target: Target::Device { code: row.digest.as_str().to_owned() },
        scopes: Scopes::parse(&row.request.scope),
        acr_values: row.request.acr_values.clone(),
        acr_required: client.metadata.required_acr,
        max_age: client.metadata.required_max_age.map(i64::from),
        tenant_hint: row.request.tenant.clone(),
        terms: GrantTerms {
            resources: row.request.resources.clone(),
            authorization_details: row.request.authorization_details.clone(),
            ..GrantTerms::default()
        },
        ..AuthorizeRequest::own(row.client.clone(), "", prompt)
    }
}

/// What the confirmation page tells.
pub struct Asked {
    pub user_code: String,
    pub network: String,
    pub created_at: Timestamp,
    pub person: Person,
}

/// The device that a flow waits to let in.
///
/// # Errors
/// The inner one: it was answered or is over, or this person may not let devices in.
pub async fn question(
    app: &App,
    flow: &Flow,
    tenant: &TenantId,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Result<Asked, OAuthError>, Failure> {
    let Some(digest) = code_of(flow) else { return Err(Failure::Stored("flow target")) };
    let Some(person) = debtor(flow, visitor) else { return Err(Failure::Stored("a device without a person")) };
    let (row, person, membership) = app
        .store
        .read(async |r| Ok((r.device_code(&digest).await?, r.person(&person).await?, r.membership(&person, tenant).await?)))
        .await?;
    let waiting = row.filter(|row| row.state == DeviceState::Pending && row.expires_at > now);
    let (Some(row), Some(person), Some(membership)) = (waiting, person, membership) else { return Ok(Err(over())) };
    if !is_allowed(app, &person, &membership) {
        return Ok(Err(barred()));
    }
    let clear = app.sealer.open(&context(&digest), &row.user_code_sealed)?;
    let code = String::from_utf8(clear.expose().clone()).map_err(|_| Failure::Stored("device_codes.user_code_sealed"))?;
    Ok(Ok(Asked { user_code: shown(&code), network: row.network, created_at: row.created_at, person }))
}

fn code_of(flow: &Flow) -> Option<Digest> {
    let request: AuthorizeRequest = serde_json::from_str(&flow.request).ok()?;
    match request.target {
        Target::Device { code } => Some(Digest::from_stored(code)),
        _ => None,
    }
}

fn is_allowed(app: &App, person: &Person, membership: &Membership) -> bool {
    let registered = app.registered();
    registered.tenants.get(&membership.tenant).is_some_and(|tenant| may_approve(person, membership, tenant))
}

fn over() -> OAuthError {
    OAuthError::new(ErrorCode::AccessDenied, "The device no longer waits", Reason::DeviceCodeExpired)
}

fn barred() -> OAuthError {
    OAuthError::new(ErrorCode::AccessDenied, "This person may not let devices in for this tenant", Reason::DeviceApprover)
}

/// Asks the tenant's rule about a subject that was admitted: it may have changed since the approval.
///
/// # Errors
/// `invalid_grant`.
pub fn admit_approver(subject: Subject) -> Result<Subject, OAuthError> {
    if may_approve(subject.person(), subject.membership(), subject.tenant()) {
        Ok(subject)
    } else {
        let text = "The person may not let devices in";
        Err(OAuthError::new(ErrorCode::InvalidGrant, text, Reason::DeviceApprover))
    }
}

/// The person compared the codes and said yes.
pub async fn confirm(app: &App, mut flow: Flow, visitor: &Visitor, now: Timestamp) -> Result<Step, Failure> {
    flow.progress.consented = true;
    let current = app.store.write(async |w| w.update_flow(&flow.id, flow.version, &flow.progress).await).await?;
    continue_flow(app, flow, current, visitor, now).await
}

/// The person said no: the device is told `access_denied` at its next poll.
pub async fn deny(app: &App, flow: Flow, visitor: &Visitor, now: Timestamp) -> Result<(), Failure> {
    let Some(digest) = code_of(&flow) else { return Err(Failure::Stored("flow target")) };
    app.store
        .write(async |w| {
            w.close_flow(&flow.id, flow.version, now).await?;
            if w.deny_device(&digest).await?
                && let Some(person) = debtor(&flow, visitor)
            {
                record(app, w, Event::of_person("device", &person, "denied").at(&flow.client), visitor, now).await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// Every question is answered: writes the grant for the device to fetch, and ends the flow.
pub async fn approve(
    app: &App,
    client: &Client,
    loaded: &Loaded,
    tenant: &TenantId,
    mut flow: Flow,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Step, Failure> {
    let request: AuthorizeRequest = serde_json::from_str(&flow.request).map_err(|_| Failure::Stored("flow"))?;
    let (Some(digest), Some(person)) = (code_of(&flow), &loaded.person) else { return Err(Failure::Stored("flow target")) };
    let membership = loaded.memberships.iter().find(|m| m.tenant == *tenant).ok_or(Failure::Stored("membership"))?;
    if !is_allowed(app, person, membership) {
        return Ok(Destination::Refused(barred()).into());
    }
    let written = app
        .store
        .write_or_undo(async |w: &mut Write| {
            if !w.close_flow(&flow.id, flow.version, now).await? {
                return Ok(Err(()));
            }
            let Ok(established) = take_over_to_grant(app, w, &mut flow, loaded, visitor, now).await? else { return Ok(Err(())) };
            if !w.enter_membership(&membership.id, now).await? {
                return Ok(Err(()));
            }
            let session = established.as_ref().map(|e| &e.session).or(visitor.session.as_ref());
            let days = u64::from(client.metadata.refresh_token_absolute_days);
            let grant = Grant {
                id: GrantId::generate(now, &*app.entropy),
                client: client.id.clone(),
                person: person.id.clone(),
                tenant: tenant.clone(),
                session: session.map(|s| s.id.clone()),
                scope: request.scopes.to_string(),
                nonce: None,
                proof: session.map(|s| s.proof.clone()).unwrap_or_default(),
                auth_time_requested: false,
                terms: request.granted_terms(app.issuer()),
                created_at: now,
                expires_at: now.plus(Duration::from_secs(days * DAY)),
                ended_at: None,
            };
            w.insert_grant(&grant).await?;
            if !w.approve_device(&digest, &grant.id, now).await? {
                return Ok(Err(()));
            }
            let event = Event::of_person("device", &person.id, "allowed").at(&client.id).in_tenant(tenant);
            record(app, w, event.with(json!({ "grant": grant.id, "acr": grant.proof.acr() })), visitor, now).await?;
            Ok(Ok(established))
        })
        .await?;
    Ok(match written {
        Ok(established) => Step { to: Destination::Own("/device/done".into()), cookie: established.map(|e| e.cookie) },
        Err(()) => Destination::Refused(over()).into(),
    })
}
