//! Registered APIs: resource servers with their scopes, their types of authorization details and what their tokens are like.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AccessTokenFormat, ApiId, text_enum};
use crate::world::Timestamp;

text_enum! {
    /// What a member of an authorization detail must be.
    MemberKind { Text = "string", Number = "number", Flag = "boolean", Texts = "strings", Object = "object" }
}

/// One member of a type of authorization details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberRule {
    pub kind: MemberKind,
    #[serde(default)]
    pub required: bool,
    /// For texts: the only values; empty means any.
    #[serde(default)]
    pub one_of: Vec<String>,
}

/// A type of authorization details (RFC 9396 2.1): its members beside `type`; others are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetailsType {
    #[serde(rename = "type")]
    pub name: String,
    /// What the consent page calls it.
    pub label: String,
    #[serde(default)]
    pub members: BTreeMap<String, MemberRule>,
}

/// Everything that is registered about an API; stored as one JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiSettings {
    pub name: String,
    /// people.md K35: tokens for it need the membership's flag, in the home tenant alone.
    pub requires_api_access: bool,
    /// Scopes that are this API's: tokens for others do not carry them.
    pub scopes: Vec<String>,
    pub authorization_details: Vec<DetailsType>,
    /// None: as the client's registration says.
    pub access_token_format: Option<AccessTokenFormat>,
    pub access_token_minutes: Option<u32>,
}

/// A resource server that access tokens may be for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    pub id: ApiId,
    /// Absolute URI without fragment (RFC 8707 2): `resource` of requests, `aud` of tokens. Compared byte for byte.
    pub identifier: String,
    pub settings: ApiSettings,
    pub created_at: Timestamp,
}

impl Api {
    pub fn details_type(&self, name: &str) -> Option<&DetailsType> {
        self.settings.authorization_details.iter().find(|known| known.name == name)
    }
}

/// All registered APIs by identifier.
pub type Apis = BTreeMap<String, Api>;
