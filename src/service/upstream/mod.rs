//! Signing in with Microsoft: the way there ([`start`]) and back ([`finish`]).
//!
//! Owns: the single-use `state` and what it stands for, the order of the checks on the way back, the audit trail of
//! both. Who an identity is here is decided by `policy::binding`; what Microsoft's answer is worth, by `upstream`.
mod accept;
mod arrive;
mod depart;
mod login;
mod resend;

use url::Url;

pub use accept::{Mismatch, confirm, deny, mismatch};
pub use arrive::{Answer, finish};
pub use depart::{Trip, start};
pub use resend::resend;

use super::audit::{Event, record};
use super::authorize::Step;
use super::{Failure, Visitor};
use crate::app::{App, Registered};
use crate::model::{Connection, ConnectionId, ConnectionState, Credential, FlowId, TenantId, UpstreamIntent};
use crate::policy::binding::Refusal;
use crate::upstream::{Entra, OpenedCredential, RefusalKind};
use crate::world::{Secret, Timestamp, Token, UpstreamPending};

/// The way to Microsoft, or why there is none.
pub enum Departed {
    To(Url),
    Stopped(Stopped),
}

/// What came of the way back.
pub enum Arrived {
    /// The sign-in goes on.
    Step(Step),
    /// The invitation is accepted: the person may sign in with this account from now on.
    Accepted,
    /// The person is asked whether this account is meant; the token goes into a cookie.
    Confirm(Token<UpstreamPending>),
    Stopped(Stopped),
}

/// Why it does not go on, and where trying again leads.
pub struct Stopped {
    pub trouble: Trouble,
    pub back: Back,
    /// A new letter may be asked for with it.
    pub resend: Option<Token<UpstreamPending>>,
}

impl Stopped {
    fn new(trouble: Trouble, back: Back) -> Self {
        Self { trouble, back, resend: None }
    }
}

/// Where trying again leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Back {
    Start,
    Flow(FlowId),
    Invitation,
}

impl Back {
    fn of(intent: &UpstreamIntent) -> Self {
        match intent {
            UpstreamIntent::Login { flow } => Self::Flow(flow.clone()),
            UpstreamIntent::Invitation { .. } | UpstreamIntent::Confirm { .. } => Self::Invitation,
            UpstreamIntent::Resend => Self::Start,
        }
    }
}

/// What the person is told (microsoft.md 2.9, 2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    StartAgain,
    /// The page to which the answer belongs is over.
    Expired,
    Cancelled,
    /// `consent`: where an administrator of the directory enables the application.
    NotEnabled {
        consent: Option<String>,
    },
    NotAssigned,
    ForbiddenByPolicy,
    OtherAccount,
    WrongDirectory,
    Unavailable,
    NotConnected,
    BoundElsewhere,
    InvitationOver,
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::ForeignDirectory => Self::WrongDirectory,
            Refusal::NotActive | Refusal::NotConnected => Self::NotConnected,
            Refusal::BoundElsewhere => Self::BoundElsewhere,
            Refusal::OfAnotherPerson | Refusal::NotAllowed => Self::OtherAccount,
            Refusal::HasAccount => Self::InvitationOver,
        }
    }
}

/// What Microsoft's refusal means for the person.
fn trouble_of(kind: RefusalKind, app: &App, connection: &Connection) -> Trouble {
    match kind {
        RefusalKind::Cancelled => Trouble::Cancelled,
        RefusalKind::ConsentMissing | RefusalKind::NotEnabled => Trouble::NotEnabled { consent: consent_link(app, connection) },
        RefusalKind::NotAssigned => Trouble::NotAssigned,
        RefusalKind::Policy => Trouble::ForbiddenByPolicy,
        RefusalKind::OtherAccount => Trouble::OtherAccount,
        RefusalKind::InteractionNeeded | RefusalKind::CodeSpent => Trouble::StartAgain,
        RefusalKind::OurCredential | RefusalKind::Throttled | RefusalKind::Unknown => Trouble::Unavailable,
    }
}

/// Where an administrator of the directory consents for everybody (microsoft.md 2.8).
fn consent_link(app: &App, connection: &Connection) -> Option<String> {
    let base = format!("{}/{}/v2.0/adminconsent", connection.cloud_host.trim_end_matches('/'), connection.tid);
    let mut url = Url::parse(&base).ok()?;
    url.query_pairs_mut()
        .append_pair("client_id", &connection.client_id)
        .append_pair("scope", "openid profile email")
        .append_pair("redirect_uri", &redirect_uri(app, &connection.id));
    Some(url.into())
}

/// One redirect URI per connection, so that answers cannot be mixed up (RFC 9700 4.4.2, microsoft.md 2.6).
pub fn redirect_uri(app: &App, connection: &ConnectionId) -> String {
    format!("{}/federation/{connection}/callback", app.issuer())
}

/// The connection, if people may sign in through it (security.md J07).
fn active<'a>(registered: &'a Registered, id: &ConnectionId) -> Option<&'a Connection> {
    registered.connections.get(id).map(AsRef::as_ref).filter(|connection| connection.state == ConnectionState::Active)
}

/// The connection with its credential unsealed.
fn entra(app: &App, connection: &Connection) -> Result<Entra, Failure> {
    let open = |sealed: &str| -> Result<Secret<String>, Failure> {
        let clear = app.sealer.open(connection.id.as_str(), sealed)?;
        let text = String::from_utf8(clear.expose().clone()).map_err(|_| Failure::Stored("connection credential"))?;
        Ok(Secret::new(text))
    };
    let credential = match &connection.credential {
        Credential::Secret { sealed } => OpenedCredential::Secret(open(sealed)?),
        Credential::Certificate { sealed, x5t_s256 } => OpenedCredential::Certificate { pem: open(sealed)?, x5t_s256: x5t_s256.clone() },
    };
    Ok(app.upstreams.entra(connection, credential))
}

/// Writes down why nobody was let in.
async fn note_refusal(
    app: &App,
    connection: &ConnectionId,
    tenant: Option<&TenantId>,
    reason: &str,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<(), Failure> {
    tracing::info!(connection.id = %connection, reason, "a sign-in at Microsoft was refused");
    let event = Event { subject: connection.as_str(), tenant, ..Event::of_nobody("sign_in.microsoft", "refused") };
    let event = event.with(serde_json::json!({ "reason": reason }));
    Ok(app.store.write(async |w| record(app, w, event, visitor, now).await).await?)
}
