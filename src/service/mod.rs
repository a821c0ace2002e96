//! Floor 5. The use cases: load facts → decide (in `protocol` and `policy`) → record → tell.
//!
//! Owns: what happens in one transaction, and in which order. Never does: SQL, HTML, status codes.
//! Expected outcomes are enums in `Ok`; [`Failure`] is what nobody expected.
pub mod address_faults;
pub mod announcements;
pub mod answer;
pub mod apis;
pub mod asked;
pub mod attempts;
pub mod audit;
pub mod audit_chain;
pub mod audit_retention;
pub mod authorization_faults;
pub mod authorize;
pub mod backchannel;
pub mod bearer;
pub mod bootstrap;
pub mod change;
pub mod client_auth;
pub mod client_changes;
pub mod client_keys;
pub mod client_secrets;
pub mod clients;
pub mod confirmation;
pub mod connections;
pub mod details;
pub mod device;
pub mod email_change;
pub mod everybody;
pub mod explain;
pub mod facts;
pub mod groups;
pub mod housekeeping;
pub mod identifier;
pub mod introspection;
pub mod invitations;
pub mod issue;
pub mod letters;
pub mod logout;
pub mod nested;
pub mod new_password;
pub mod once;
pub mod outbox;
pub mod own;
pub mod own_data;
pub mod own_groups;
pub mod own_invitations;
pub mod own_passkeys;
pub mod par;
pub mod passkeys;
pub mod password;
pub mod password_change;
pub mod people;
pub mod pictures;
pub mod policies;
pub mod possession;
pub mod recovery;
pub mod registration;
pub mod registration_tokens;
pub mod reset_links;
pub mod revocation;
pub mod rights;
pub mod rules;
pub mod second_factor;
pub mod security;
pub mod seen;
pub mod session;
pub mod signing_keys;
pub mod steps;
pub mod subject;
pub mod support;
pub mod tenant_changes;
pub mod tenant_ending;
pub mod tenants;
pub mod token;
pub mod upstream;
pub mod userinfo;

use std::net::IpAddr;

use crate::app::{App, AppError};
use crate::model::{Agent, Flow, Locale, Origin, Session};
use crate::store::StoreError;
use crate::world::{Digest, Timestamp};

/// Something that should not have happened. The person sees a request id, the operator the log line.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("keys: {0}")]
    Keys(String),
    #[error("pages: {0}")]
    Pages(String),
    #[error("a stored text is not what this version writes: {0}")]
    Stored(&'static str),
    #[error("an upstream answered in a way that cannot be used: {0}")]
    Upstream(String),
    /// Not a fault of ours: too much to do at the moment. Answered with 503 and `Retry-After`.
    #[error("too many passwords or pictures wait to be worked on")]
    Busy,
}

impl Failure {
    /// May the same request succeed in a moment?
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy | Self::Store(StoreError::Unavailable(_)))
    }
}

impl From<crate::keys::KeyError> for Failure {
    fn from(error: crate::keys::KeyError) -> Self {
        Self::Keys(error.to_string())
    }
}

impl From<crate::keys::SealError> for Failure {
    fn from(error: crate::keys::SealError) -> Self {
        Self::Keys(error.to_string())
    }
}

impl From<crate::pages::PageError> for Failure {
    fn from(error: crate::pages::PageError) -> Self {
        Self::Pages(error.to_string())
    }
}

impl From<crate::credentials::Busy> for Failure {
    fn from(_: crate::credentials::Busy) -> Self {
        Self::Busy
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Store(error) => Self::Store(error),
            AppError::Keys(error) => Self::Keys(error.to_string()),
            AppError::Authorities => Self::Keys(AppError::Authorities.to_string()),
            AppError::Pairwise(error) => error.into(),
        }
    }
}

/// The browser behind a request, as far as it is known.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Digest of the cookie that binds unfinished sign-ins to this browser.
    pub browser: Digest,
    /// The live session, if the cookie names one.
    pub session: Option<Session>,
    /// What applications see of that session (Session Management 2).
    pub browser_state: Option<String>,
    pub network: Network,
    pub locale: Locale,
    /// What the browser says it is.
    pub agent: Agent,
}

impl Visitor {
    /// What a session remembers of where it was begun.
    pub fn origin(&self) -> Origin {
        Origin { agent: self.agent, network: Some(self.network.as_str().to_owned()) }
    }
}

/// Where a request comes from, as a key for counting: an IPv4 address or an IPv6 /64 (security.md F04).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network(String);

impl Network {
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        })
    }

    /// A network as it was written down.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// A command on this machine.
    pub fn local() -> Self {
        Self("local".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An unfinished sign-in, or why there is none.
pub enum FlowLookup {
    Open(Box<Flow>),
    /// Closed: its answer was already sent.
    Done,
    /// Unknown, expired, or of another browser: these look alike.
    Lost,
}

/// Finds the flow that a page belongs to. The id is in the URL, the right to use it in the browser's cookie.
pub async fn find_flow(app: &App, id: &str, visitor: &Visitor, now: Timestamp) -> Result<FlowLookup, Failure> {
    let id = crate::model::FlowId::from_text(id);
    let found = app.store.read(async |r| r.flow(&id).await).await?;
    Ok(match found {
        Some(flow) if !crate::world::same(flow.browser.as_str().as_bytes(), visitor.browser.as_str().as_bytes()) => FlowLookup::Lost,
        Some(flow) if flow.closed_at.is_some() => FlowLookup::Done,
        Some(flow) if flow.expires_at <= now => FlowLookup::Lost,
        Some(flow) => FlowLookup::Open(Box::new(flow)),
        None => FlowLookup::Lost,
    })
}
