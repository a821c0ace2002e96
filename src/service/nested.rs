//! What only one client may read, or what must be proved to it later: signed and encrypted forms of id_token, userinfo
//! and introspection (OpenID Connect Core 5.3.2, 16.14; RFC 9701).
use serde_json::{Value, json};

use super::Failure;
use crate::app::{App, ClientKeys, Registered};
use crate::keys::{EncryptionFault, Recipient};
use crate::model::{Client, SigningAlg};
use crate::protocol::claims::Claims;
use crate::world::Timestamp;

/// Pinned so that a signed answer never passes for an id_token or an access token of ours (RFC 8725 3.11).
const USERINFO: &str = "userinfo+jwt";
/// RFC 9701 5.
const INTROSPECTION: &str = "token-introspection+jwt";

/// Userinfo in the form that its client registered.
pub enum UserInfo {
    Json(Claims),
    /// `application/jwt`: signed, encrypted, or signed and then encrypted.
    Jwt(String),
}

/// The client's key for encrypted answers, parsed with the snapshot; none when it registered no algorithm.
fn recipient<'a>(
    registered: &'a Registered,
    client: &Client,
    alg: Option<&String>,
    of: impl Fn(&'a ClientKeys) -> Option<&'a Result<Recipient, EncryptionFault>>,
) -> Result<Option<&'a Recipient>, Failure> {
    if alg.is_none() {
        return Ok(None);
    }
    let found = registered
        .client_keys
        .get(&client.id)
        .and_then(of)
        .map_or(Err(EncryptionFault::NoKey), |parsed| parsed.as_ref().map_err(|fault| *fault));
    found.map(Some).map_err(|fault| Failure::Keys(format!("nothing can be encrypted for client {}: {fault}", client.id)))
}

/// The id_token as its client wants it: encrypted if an algorithm is registered, else as it was signed.
///
/// # Errors
/// A failure, never the clear token, when the client's key is gone.
pub fn id_token(registered: &Registered, client: &Client, signed: String) -> Result<String, Failure> {
    let alg = client.metadata.id_token_encrypted_response_alg.as_ref();
    match recipient(registered, client, alg, |keys| keys.id_token.as_ref())? {
        Some(recipient) => Ok(recipient.encrypt_token(&signed)?),
        None => Ok(signed),
    }
}

/// Userinfo as its client wants it. A signed one names issuer and audience (OpenID Connect Core 5.3.2).
///
/// # Errors
/// A failure, never the clear claims, when the client's key is gone.
pub fn userinfo(app: &App, registered: &Registered, client: &Client, mut claims: Claims) -> Result<UserInfo, Failure> {
    let metadata = &client.metadata;
    let alg = metadata.userinfo_encrypted_response_alg.as_ref();
    let recipient = recipient(registered, client, alg, |keys| keys.userinfo.as_ref())?;
    let signed = match metadata.userinfo_signed_response_alg {
        Some(alg) => {
            claims.insert("iss".into(), app.issuer().into());
            claims.insert("aud".into(), client.id.as_str().into());
            Some(registered.keys.sign(alg, USERINFO, &claims)?)
        }
        None => None,
    };
    Ok(match (recipient, signed) {
        (None, None) => UserInfo::Json(claims),
        (None, Some(signed)) => UserInfo::Jwt(signed),
        (Some(recipient), None) => UserInfo::Jwt(recipient.encrypt_claims(&claims)?),
        (Some(recipient), Some(signed)) => UserInfo::Jwt(recipient.encrypt_token(&signed)?),
    })
}

/// An introspection answer that the resource server can keep as evidence (RFC 9701 5).
///
/// # Errors
/// A failure when there is no key for the algorithm.
pub fn introspection(app: &App, client: &Client, answer: &Value, now: Timestamp) -> Result<String, Failure> {
    let alg = client.metadata.introspection_signed_response_alg.unwrap_or(SigningAlg::Es256);
    // No `sub` and no `exp` at the top: it must not pass for a token.
    let claims = json!({ "iss": app.issuer(), "aud": client.id, "iat": now.seconds(), "token_introspection": answer });
    Ok(app.registered().keys.sign(alg, INTROSPECTION, &claims)?)
}
