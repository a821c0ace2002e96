//! An unfinished sign-in: one authorization request and what the person has answered so far.
use serde::{Deserialize, Serialize};

use super::{ChallengeId, ClientId, FlowId, PasskeyId, PersonId, Proof, SessionId, TenantId};
use crate::world::{Digest, Timestamp};

/// The row that every sign-in page belongs to.
#[derive(Clone, Debug)]
pub struct Flow {
    pub id: FlowId,
    /// Digest of the browser cookie that may continue this flow.
    pub browser: Digest,
    pub client: ClientId,
    /// The parsed authorization request as JSON (`protocol::authorize::AuthorizeRequest`).
    pub request: String,
    pub progress: Progress,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    /// Raised by every change; a write names the version that it read (compare-and-set).
    pub version: i64,
}

/// What was gathered in this flow itself, beside what the session already proves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Who gave the first factor here. Not signed in until the session exists.
    pub person: Option<PersonId>,
    pub proof: Proof,
    /// The first factor was given in this flow, not earlier in the session. A flag, since the clocks of two nodes differ.
    #[serde(default)]
    pub signed_in_here: bool,
    /// When the password that was given in this flow had been set: once there is another one it proves nothing. Not
    /// compared with the moment at which it was given, since the clocks of two nodes differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_set_at: Option<Timestamp>,
    /// The passkey that opened this flow: once it is gone it proves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey: Option<PasskeyId>,
    /// The second factor was given in this flow.
    #[serde(default)]
    pub factor_here: bool,
    /// The session that this flow uses or made.
    pub session: Option<SessionId>,
    /// Chosen on the tenant page.
    pub tenant: Option<TenantId>,
    /// Consent was given on the page of this flow.
    pub consented: bool,
    /// The person said "continue as" (prompt=select_account).
    pub account_confirmed: bool,
    /// The person asked to sign in as somebody else.
    #[serde(default)]
    pub other_account: bool,
    /// The account that came back from Microsoft did not fit: there the person is asked which one to use.
    #[serde(default)]
    pub other_upstream_account: bool,
    /// The e-mail code that this flow waits for.
    pub email_challenge: Option<ChallengeId>,
}

/// A code sent by e-mail, valid for one flow (security.md G13, ASVS 6.6.2).
#[derive(Clone, Debug)]
pub struct EmailChallenge {
    pub id: ChallengeId,
    pub person: PersonId,
    pub digest: Digest,
    pub attempts: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}
