//! What only one client may read, or what must be proved to it later: signed and encrypted forms of id_token, userinfo
//! and introspection (OpenID Connect Core 5.3.2, 16.14; RFC 9701).
use std::sync::Arc;

use serde_json::{Value, json};

use super::Failure;
use super::client_keys::key_set;
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

/// Where the snapshot keeps the parsed key of one kind of answer.
type Parsed = fn(&ClientKeys) -> Option<&Result<Arc<Recipient>, EncryptionFault>>;

/// One kind of answer that a client may want encrypted: what it registered, and its inline key, parsed with the snapshot.
struct Wanted<'a> {
    alg: Option<&'a String>,
    enc: Option<&'a String>,
    parsed: Parsed,
}

/// The key of the client for encrypted answers, from its registration or its `jwks_uri`; none when it registered no
/// algorithm.
async fn recipient(
    app: &App,
    registered: &Registered,
    client: &Client,
    wanted: &Wanted<'_>,
    now: Timestamp,
) -> Result<Option<Arc<Recipient>>, Failure> {
    let Some(alg) = wanted.alg else { return Ok(None) };
    let unable = |cause: &dyn std::fmt::Display| Failure::Keys(format!("nothing can be encrypted for client {}: {cause}", client.id));
    if let Some(parsed) = registered.client_keys.get(&client.id).and_then(wanted.parsed) {
        return parsed.clone().map(Some).map_err(|fault| unable(&fault));
    }
    let read = |set: &Value| Recipient::from_jwks(set, alg, wanted.enc.map(String::as_str));
    // OpenID Connect Core 10.2.1: a set without a key for it is asked for again, for the client may have changed its keys.
    let set = key_set(app, client, |set| read(set).is_ok(), now).await.map_err(|none| unable(&none))?;
    read(&set).map(Arc::new).map(Some).map_err(|fault| unable(&fault))
}

/// The id_token as its client wants it: encrypted if an algorithm is registered, else as it was signed.
///
/// # Errors
/// A failure, never the clear token, when the client's key is gone.
pub async fn id_token(app: &App, registered: &Registered, client: &Client, signed: String, now: Timestamp) -> Result<String, Failure> {
    let metadata = &client.metadata;
    let wanted = Wanted {
        alg: metadata.id_token_encrypted_response_alg.as_ref(),
        enc: metadata.id_token_encrypted_response_enc.as_ref(),
        parsed: |keys| keys.id_token.as_ref(),
    };
    match recipient(app, registered, client, &wanted, now).await? {
        Some(recipient) => Ok(recipient.encrypt_token(&signed)?),
        None => Ok(signed),
    }
}

/// Userinfo as its client wants it. A signed one names issuer and audience (OpenID Connect Core 5.3.2).
///
/// # Errors
/// A failure, never the clear claims, when the client's key is gone.
pub async fn userinfo(
    app: &App,
    registered: &Registered,
    client: &Client,
    mut claims: Claims,
    now: Timestamp,
) -> Result<UserInfo, Failure> {
    let metadata = &client.metadata;
    let alg = metadata.userinfo_encrypted_response_alg.as_ref();
    let wanted = Wanted { alg, enc: metadata.userinfo_encrypted_response_enc.as_ref(), parsed: |keys| keys.userinfo.as_ref() };
    let recipient = recipient(app, registered, client, &wanted, now).await?;
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

/// An introspection answer that the resource server can keep as evidence (RFC 9701 5), encrypted to it where it registered so.
///
/// # Errors
/// A failure when there is no key for an algorithm.
pub async fn introspection(app: &App, client: &Client, answer: &Value, now: Timestamp) -> Result<String, Failure> {
    let alg = client.metadata.introspection_signed_response_alg.unwrap_or(SigningAlg::Es256);
    // No `sub` and no `exp` at the top: it must not pass for a token.
    let claims = json!({ "iss": app.issuer(), "aud": client.id, "iat": now.seconds(), "token_introspection": answer });
    let registered = app.registered();
    let signed = registered.keys.sign(alg, INTROSPECTION, &claims)?;
    let wanted = Wanted {
        alg: client.metadata.introspection_encrypted_response_alg.as_ref(),
        enc: client.metadata.introspection_encrypted_response_enc.as_ref(),
        parsed: |keys| keys.introspection.as_ref(),
    };
    match recipient(app, &registered, client, &wanted, now).await? {
        Some(recipient) => Ok(recipient.encrypt_token(&signed)?),
        None => Ok(signed),
    }
}
