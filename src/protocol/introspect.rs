//! Answers of the introspection endpoint (RFC 7662 2.2).
use serde_json::{Value, json};

use super::claims::{self, Claims};
use crate::model::{Binding, Client, ClientId, Grant, RefreshRow};

/// The answer about everything that the asking client may not know or that is over: never a reason.
pub fn inactive() -> Value {
    json!({ "active": false })
}

/// May this client ask about a token? It was issued to it, or it is registered as one of the token's resource servers
/// (security.md B17).
pub fn may_ask(asking: &Client, issued_to: &ClientId, audience: &Claims) -> bool {
    asking.id == *issued_to || asking.metadata.audiences.iter().any(|name| claims::names_audience(audience, name))
}

/// A living access token: its own claims.
pub fn access_token(mut claims: Claims) -> Value {
    claims.insert("active".into(), Value::Bool(true));
    // RFC 9449 6.2: who holds the key stands in `cnf`, and how the token must be sent in `token_type`.
    let token_type = if matches!(claims::binding(&claims), Ok(Some(Binding::Jkt(_)))) { "DPoP" } else { "Bearer" };
    claims.insert("token_type".into(), token_type.into());
    Value::Object(claims)
}

/// A living refresh token; only its own client is ever told.
pub fn refresh_token(row: &RefreshRow, grant: &Grant, sub: &str, issuer: &str) -> Value {
    json!({
        "active": true,
        "iss": issuer,
        "sub": sub,
        "client_id": grant.client,
        "scope": grant.scope,
        "iat": row.issued_at.seconds(),
        "exp": row.expires_at.min(grant.expires_at).seconds(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::testing::client;

    fn token(aud: Value) -> Claims {
        Claims::from_iter([("aud".to_owned(), aud), ("client_id".to_owned(), "cli_1".into())])
    }

    #[test]
    fn b17_only_the_client_and_its_resource_servers_may_ask() {
        let owner = client();
        let mut other = client();
        other.id = ClientId::from_text("cli_2");

        assert!(may_ask(&owner, &owner.id, &token("https://api.test".into())));
        assert!(!may_ask(&other, &owner.id, &token("https://api.test".into())));
        other.metadata.audiences = vec!["https://api.test".into()];
        assert!(may_ask(&other, &owner.id, &token("https://api.test".into())));
        assert!(may_ask(&other, &owner.id, &token(json!(["https://id.test", "https://api.test"]))));
        assert!(!may_ask(&other, &owner.id, &token("https://api.test/".into())));
    }

    #[test]
    fn an_active_answer_says_so() {
        let answer = access_token(token("x".into()));

        assert_eq!(answer, json!({ "active": true, "token_type": "Bearer", "aud": "x", "client_id": "cli_1" }));
        assert_eq!(inactive(), json!({ "active": false }));
    }
}
