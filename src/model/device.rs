//! A device that asked to be let in (RFC 8628).
use serde::{Deserialize, Serialize};

use super::{Acr, ClientId, GrantId, text_enum};
use crate::world::{Digest, Timestamp};

text_enum! {
    /// `spent`: its tokens were handed out.
    DeviceState { Pending = "pending", Approved = "approved", Denied = "denied", Spent = "spent" }
}

/// What the device asked for (RFC 8628 3.1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceRequest {
    /// Space-separated; only what the client may have.
    pub scope: String,
    /// Id, number or slug, as sent.
    pub tenant: Option<String>,
    pub acr_values: Vec<Acr>,
    /// Resource servers (RFC 8707 2).
    pub resources: Vec<String>,
    /// RFC 9396 3: the device endpoint takes them too.
    pub authorization_details: Vec<serde_json::Value>,
}

/// A device code as stored.
#[derive(Clone, Debug)]
pub struct DeviceRow {
    pub digest: Digest,
    /// Keyed digest of what the person types: too short for a plain one.
    pub user_code: String,
    /// The same in clear, sealed (context: the digest), to be compared on the page.
    pub user_code_sealed: String,
    pub client: ClientId,
    pub request: DeviceRequest,
    /// Where the device asked from.
    pub network: String,
    pub state: DeviceState,
    pub grant: Option<GrantId>,
    /// The pace demanded of the device.
    pub poll_seconds: i64,
    pub polled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}
