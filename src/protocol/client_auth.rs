//! How a client proves itself at the token, introspection and revocation endpoints (RFC 6749 2.3, RFC 7523 2.2 and 3).
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::discovery::{path, url};
use super::error::{ErrorCode, OAuthError, Reason};
use super::form;
use super::params::Params;
use crate::model::{AssertionAudience, AuthMethod, Client, ClientId};
use crate::world::{Secret, Timestamp};

/// RFC 7523 2.2.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Clocks of clients may differ by this much (protocol.md §4).
const SKEW: Duration = Duration::from_secs(10);
/// An assertion may live this long.
const ASSERTION_LIFETIME: Duration = Duration::from_secs(300);
const MAX_JTI: usize = 256;

/// What a request presents as proof of its client. Nothing in it is verified.
#[derive(Clone, Debug)]
pub enum Presented {
    Secret { id: ClientId, secret: Secret<String>, method: AuthMethod },
    Assertion { id: ClientId, jwt: String },
    Public { id: ClientId },
}

impl Presented {
    pub fn client(&self) -> &ClientId {
        match self {
            Self::Secret { id, .. } | Self::Assertion { id, .. } | Self::Public { id } => id,
        }
    }

    pub fn method(&self) -> AuthMethod {
        match self {
            Self::Secret { method, .. } => *method,
            Self::Assertion { .. } => AuthMethod::PrivateKeyJwt,
            Self::Public { .. } => AuthMethod::None,
        }
    }
}

/// Finds the one proof in a request: the `Authorization` header's value and the parameters of the body.
///
/// # Errors
/// `invalid_request` for two methods at once, `invalid_client` for none or a malformed one (RFC 6749 5.2).
pub fn present(authorization: Option<&str>, params: &Params) -> Result<Presented, OAuthError> {
    let assertion = params.get("client_assertion").or(params.get("client_assertion_type"));
    let methods = [authorization.is_some(), params.get("client_secret").is_some(), assertion.is_some()];
    // RFC 6749 2.3: a client must not use more than one method in a request.
    if methods.into_iter().filter(|used| *used).count() > 1 {
        return Err(twice());
    }
    let presented = if let Some(header) = authorization {
        basic(header)?
    } else if assertion.is_some() {
        signed(params)?
    } else {
        let id = params.get("client_id").ok_or_else(|| refused(Reason::ClientAuthenticationMissing))?;
        match params.get("client_secret") {
            Some(secret) => Presented::Secret { id: ClientId::from_text(id), secret: Secret::from(secret), method: AuthMethod::Post },
            None => Presented::Public { id: ClientId::from_text(id) },
        }
    };
    match params.get("client_id") {
        Some(id) if id != presented.client().as_str() => Err(twice()),
        _ => Ok(presented),
    }
}

/// Is this the method that the client registered? A public client cannot gain by guessing, a confidential one cannot be
/// downgraded.
///
/// # Errors
/// `invalid_client`.
pub fn check_method(presented: &Presented, client: &Client) -> Result<(), OAuthError> {
    // RFC 8705 2: beside its certificate such a client sends its id and nothing else.
    let by_certificate = client.is_known_by_certificate() && presented.method() == AuthMethod::None;
    if by_certificate || presented.method() == client.metadata.token_endpoint_auth_method {
        Ok(())
    } else {
        Err(refused(Reason::ClientAuthenticationMethod))
    }
}

/// The one answer to every failed proof; which it was is for the log.
pub fn refused(reason: Reason) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClient, "Client authentication failed", reason)
}

fn twice() -> OAuthError {
    let text = "The client is named or authenticated in two ways at once";
    OAuthError::new(ErrorCode::InvalidRequest, text, Reason::ClientAuthenticationTwice)
}

/// RFC 7617 2 and RFC 6749 2.3.1: id and secret are form-encoded, joined by a colon, then base64.
fn basic(header: &str) -> Result<Presented, OAuthError> {
    let parse = || {
        let (scheme, credentials) = header.split_once(' ')?;
        let decoded = STANDARD.decode(credentials.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let cut = decoded.iter().position(|b| *b == b':')?;
        Some((form::component(&decoded[..cut])?, Secret::new(form::component(&decoded[cut + 1..])?)))
    };
    let (id, secret) = parse().ok_or_else(|| refused(Reason::ClientAuthenticationMalformed))?;
    Ok(Presented::Secret { id: ClientId::from_text(id), secret, method: AuthMethod::Basic })
}

fn signed(params: &Params) -> Result<Presented, OAuthError> {
    let malformed = || refused(Reason::AssertionMalformed);
    if params.get("client_assertion_type") != Some(ASSERTION_TYPE) {
        return Err(malformed());
    }
    let jwt = params.get("client_assertion").ok_or_else(malformed)?;
    let subject = unverified_subject(jwt).ok_or_else(malformed)?;
    Ok(Presented::Assertion { id: ClientId::from_text(subject), jwt: jwt.to_owned() })
}

/// Whose keys are to be asked: `sub` as it stands in the assertion (RFC 7523 3, number 2).
fn unverified_subject(jwt: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Subject {
        sub: String,
    }
    let mut parts = jwt.split('.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    let decoded = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice::<Subject>(&decoded).ok().map(|claims| claims.sub)
}

/// The claims of a client assertion whose signature is verified. Whole numbers only (security.md D05, D07).
#[derive(Clone, Debug, Deserialize)]
pub struct AssertionClaims {
    pub iss: Option<String>,
    pub sub: Option<String>,
    pub aud: Option<Audience>,
    pub exp: Option<i64>,
    pub nbf: Option<i64>,
    pub iat: Option<i64>,
    pub jti: Option<String>,
}

/// RFC 7519 4.1.3: one string or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    /// The audiences that are named.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

/// What makes an assertion single-use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionId {
    pub jti: String,
    /// From then on it is refused for its age alone.
    pub expires_at: Timestamp,
}

/// Checks the claims of an assertion (RFC 7523 3). It may be made for the issuer or, where the client's registration says
/// so, for the token or pushed-request endpoint (RFC 9126 2); a foreign name beside them is refused, since whoever owns
/// that could replay it here. FAPI 2.0 Security Profile 5.3.2.1 wants the issuer alone, as a string.
///
/// # Errors
/// `invalid_client` with the rule that was broken.
pub fn check_assertion(claims: &AssertionClaims, client: &Client, issuer: &str, now: Timestamp) -> Result<AssertionId, OAuthError> {
    let id = Some(client.id.as_str());
    if claims.iss.as_deref() != id || claims.sub.as_deref() != id {
        return Err(refused(Reason::AssertionClaims));
    }
    let addressed = match (client.metadata.assertion_audience, &claims.aud) {
        (_, None) => false,
        (AssertionAudience::Issuer, Some(Audience::One(name))) => name == issuer,
        (AssertionAudience::Issuer, Some(Audience::Several(_))) => false,
        (AssertionAudience::IssuerOrTokenEndpoint, Some(audience)) => {
            let ours = [issuer.to_owned(), url(issuer, path::TOKEN), url(issuer, path::PAR)];
            !audience.names().is_empty() && audience.names().iter().all(|name| ours.contains(name))
        }
    };
    if !addressed {
        return Err(refused(Reason::AssertionAudience));
    }
    let (latest, earliest) = (now.plus(SKEW), now.minus(SKEW));
    let at = |seconds: Option<i64>| seconds.map(Timestamp::from_seconds);
    let Some(expires_at) = at(claims.exp) else { return Err(refused(Reason::AssertionClaims)) };
    if expires_at <= earliest {
        return Err(refused(Reason::AssertionExpired));
    }
    if expires_at > latest.plus(ASSERTION_LIFETIME) {
        return Err(refused(Reason::AssertionTooFar));
    }
    if at(claims.nbf).is_some_and(|nbf| nbf > latest) || at(claims.iat).is_some_and(|iat| iat > latest || iat < Timestamp::from_seconds(0))
    {
        return Err(refused(Reason::AssertionClaims));
    }
    match claims.jti.as_deref() {
        Some(jti) if (1..=MAX_JTI).contains(&jti.len()) => {
            Ok(AssertionId { jti: jti.to_owned(), expires_at: expires_at.plus(SKEW).plus(Duration::from_secs(1)) })
        }
        _ => Err(refused(Reason::AssertionClaims)),
    }
}

#[cfg(test)]
mod tests;
