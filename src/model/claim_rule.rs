//! The claims table of a client: what it is told beside the claims of scopes, from which source, in which token.
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::text_enum;

text_enum! { ClaimTarget { IdToken = "id_token", AccessToken = "access_token", UserInfo = "userinfo" } }

/// Where a claim's value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClaimSource {
    /// One of the facts that the standard claims are made of, by the claim's name, or `tenant_number`, `tenant_admin`,
    /// `membership_kind`.
    Fact {
        name: String,
    },
    /// Names of groups in the tenant.
    Groups,
    /// Names of permissions in the tenant; those that need a second factor only after one.
    Permissions,
    Constant {
        value: Value,
    },
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimRule {
    pub name: String,
    pub source: ClaimSource,
    /// Of groups and permissions only those that fit: `*` stands for any characters, at most four times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Leave out what stands before the filter's first `*`.
    #[serde(default)]
    pub strip: bool,
    pub targets: Vec<ClaimTarget>,
}
