//! Tokens for APIs that want API access (people.md K36): groups have no effect there, so the token does not name them.
use super::Claims;
use crate::model::{ClaimSource, Client};

pub const CLAIM: &str = "api_access";

/// Puts `api_access: "full"` in the place of groups and permissions, under whatever name the client's table tells them.
pub fn instead_of_groups(claims: &mut Claims, client: &Client) {
    let of_groups = |name: &str| name == "groups" || name == "permissions";
    claims.retain(|name, _| !of_groups(name));
    for rule in &client.metadata.claims {
        let speaks = match &rule.source {
            ClaimSource::Groups | ClaimSource::Permissions => true,
            ClaimSource::Fact { name } => of_groups(name),
            ClaimSource::Constant { .. } => false,
        };
        if speaks {
            claims.remove(&rule.name);
        }
    }
    claims.insert(CLAIM.to_owned(), "full".into());
}
