//! How large a token gets, and what happens when it gets too large (protocol.md §3): lists move to userinfo, and the token
//! says so (OpenID Connect Core 5.6.2). Nothing is dropped.
use serde_json::{Value, json};

use super::Claims;
use crate::model::SigningAlg;

/// Characters of a header with `alg`, `kid` and `typ`, encoded.
const HEADER: usize = 120;
/// Lists that the protocol itself reads.
const KEPT: &[&str] = &["aud", "amr", "authorization_details"];

/// Bytes of a signed token with these claims.
pub fn token_bytes(claims: &Claims, alg: SigningAlg) -> usize {
    let payload = serde_json::to_string(claims).map_or(0, |text| text.len());
    let signature = match alg {
        SigningAlg::Rs256 | SigningAlg::Ps256 => 256,
        SigningAlg::Es256 | SigningAlg::EdDsa => 64,
    };
    HEADER + 1 + base64(payload) + 1 + base64(signature)
}

const fn base64(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

/// Replaces the largest lists by a pointer to `userinfo`, one after the other, until the token fits.
pub fn fit(claims: &mut Claims, alg: SigningAlg, budget: u32, userinfo: &str) {
    while token_bytes(claims, alg) > budget as usize {
        let Some(name) = largest(claims) else { return };
        claims.remove(&name);
        let names = claims.entry("_claim_names").or_insert_with(|| json!({}));
        names[&name] = "userinfo".into();
        claims.insert("_claim_sources".into(), json!({ "userinfo": { "endpoint": userinfo } }));
    }
}

/// The largest list that takes more room than the pointer to it.
fn largest(claims: &Claims) -> Option<String> {
    let lists = claims.iter().filter(|(name, value)| value.is_array() && !KEPT.contains(&name.as_str()));
    let sized = lists.map(|(name, value)| (Value::to_string(value).len(), name));
    sized.filter(|(size, name)| *size > name.len() + 20).max().map(|(_, name)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(groups: usize, permissions: usize) -> Claims {
        let many = |count: usize| (0..count).map(|n| Value::from(format!("name-{n:04}"))).collect::<Vec<_>>();
        let value = json!({ "sub": "per_1", "aud": many(20), "groups": many(groups), "permissions": many(permissions) });
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn a_token_within_its_budget_stays_as_it_is() {
        let mut small = claims(5, 5);

        fit(&mut small, SigningAlg::Es256, 3072, "https://id.test/userinfo");

        assert_eq!(small, claims(5, 5));
    }

    #[test]
    fn the_largest_list_moves_to_userinfo_first_and_the_token_says_so() {
        let mut large = claims(300, 30);

        fit(&mut large, SigningAlg::Es256, 3072, "https://id.test/userinfo");

        assert!(token_bytes(&large, SigningAlg::Es256) <= 3072);
        assert_eq!(large["_claim_names"], json!({ "groups": "userinfo" }));
        assert_eq!(large["_claim_sources"], json!({ "userinfo": { "endpoint": "https://id.test/userinfo" } }));
        assert_eq!((large.get("groups"), large["permissions"].as_array().map(Vec::len)), (None, Some(30)));
        assert_eq!(large["aud"].as_array().map(Vec::len), Some(20), "the protocol reads it");
    }

    #[test]
    fn a_token_that_cannot_shrink_is_told_in_full() {
        let mut stubborn = claims(0, 0);

        fit(&mut stubborn, SigningAlg::Rs256, 100, "https://id.test/userinfo");

        assert_eq!(stubborn, claims(0, 0));
    }
}
