//! DPoP proofs (RFC 9449 4): what a proof must say about the request that it came with. That its signature is good, and
//! which key made it, was found out before.
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use url::Url;

use super::error::{ErrorCode, OAuthError, Reason};
use crate::model::SigningAlg;
use crate::world::{Timestamp, same, sha256};

/// RFC 9449 4.2.
pub const TYP: &str = "dpop+jwt";
/// Asymmetric, and none with the padding of PKCS #1 v1.5 (FAPI 2.0 Security Profile 5.4).
pub const ALGORITHMS: &[SigningAlg] = &[SigningAlg::Es256, SigningAlg::Ps256, SigningAlg::EdDsa];
/// How far the clock of a client may be off, either way (RFC 9449 11.1).
const WINDOW: Duration = Duration::from_secs(300);
const MAX_JTI: usize = 256;

/// A proof whose signature was verified.
#[derive(Clone, Debug)]
pub struct Proof {
    /// Thumbprint of the key that signed (RFC 7638).
    pub jkt: String,
    pub jti: Option<String>,
    pub htm: Option<String>,
    pub htu: Option<String>,
    /// Seconds.
    pub iat: Option<i64>,
    pub ath: Option<String>,
    pub nonce: Option<String>,
}

/// The request that a proof came with.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub method: &'a str,
    /// The addresses of the endpoint, as configured and never as a request header says.
    pub urls: &'a [String],
    /// The access token beside it, at a protected resource.
    pub token: Option<&'a str>,
}

/// What a server nonce in a proof turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nonce {
    Absent,
    Ours,
    /// Never issued here, or too long ago.
    Stale,
}

/// Must a proof carry a nonce of ours?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    Nonce,
    Nothing,
}

/// What makes a proof single-use, on every node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofId {
    pub digest: String,
    /// From then on the proof is refused for its age alone.
    pub expires_at: Timestamp,
}

/// Checks what a proof says (RFC 9449 4.3, numbers 8 to 12). Whether it was used before is for the store to say.
///
/// # Errors
/// `invalid_dpop_proof`, or `use_dpop_nonce` when only a fresh nonce is missing (RFC 9449 8).
pub fn check(proof: &Proof, target: &Target<'_>, nonce: Nonce, demand: Demand, now: Timestamp) -> Result<ProofId, OAuthError> {
    // RFC 9110 9.1: methods are case-sensitive.
    if proof.htm.as_deref() != Some(target.method) {
        return Err(invalid(Reason::ProofTarget));
    }
    let told = proof.htu.as_deref().and_then(comparable);
    if told.is_none() || !target.urls.iter().any(|url| comparable(url) == told) {
        return Err(invalid(Reason::ProofTarget));
    }
    let Some(iat) = proof.iat.map(Timestamp::from_seconds) else { return Err(invalid(Reason::ProofTime)) };
    if iat > now.plus(WINDOW) || iat < now.minus(WINDOW) {
        return Err(invalid(Reason::ProofTime));
    }
    if !is_for_token(proof.ath.as_deref(), target.token) {
        return Err(invalid(Reason::ProofToken));
    }
    let jti = proof.jti.as_deref().filter(|jti| jti.len() <= MAX_JTI).ok_or_else(|| invalid(Reason::ProofMalformed))?;
    match (nonce, demand) {
        (Nonce::Ours, _) | (Nonce::Absent, Demand::Nothing) => {}
        (Nonce::Absent, Demand::Nonce) | (Nonce::Stale, _) => return Err(nonce_due()),
    }
    Ok(ProofId { digest: digest(&proof.jkt, jti), expires_at: iat.plus(WINDOW).plus(Duration::from_secs(1)) })
}

/// RFC 9449 4.2: `ath` belongs to the access token beside the proof; where there is none it means nothing.
fn is_for_token(ath: Option<&str>, token: Option<&str>) -> bool {
    let Some(token) = token else { return true };
    ath.is_some_and(|ath| same(ath.as_bytes(), URL_SAFE_NO_PAD.encode(sha256(token.as_bytes())).as_bytes()))
}

/// A `jti` is unique per key; whoever makes the key chooses it, so that nobody can use up another's.
fn digest(jkt: &str, jti: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(format!("dpop:{jkt}:{jti}").as_bytes()))
}

/// The address without query and fragment, normalised as RFC 3986 6.2.2 and 6.2.3 say (RFC 9449 4.3, number 9).
fn comparable(text: &str) -> Option<String> {
    let mut url = Url::parse(text).ok()?;
    if !matches!(url.scheme(), "https" | "http") || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    url.set_query(None);
    url.set_fragment(None);
    let origin = url.origin().ascii_serialization();
    Some(format!("{origin}{}", plain(url.path())))
}

/// RFC 3986 6.2.2.2: what need not be escaped is not; other escapes are in capitals.
fn plain(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        let byte = rest.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => plain.push(char::from(byte)),
            Some(byte) => plain.push_str(&format!("%{byte:02X}")),
            None => {
                plain.push('%');
                rest = &rest[at + 1..];
                continue;
            }
        }
        rest = &rest[at + 3..];
    }
    plain.push_str(rest);
    plain
}

/// The one answer to every bad proof; which rule it broke is for the log (RFC 9449 5).
pub fn invalid(reason: Reason) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidDpopProof, "The DPoP proof is missing, malformed, used before or not for this request", reason)
}

/// The token request of a client that may have bound tokens only came without a proof (RFC 9449 5.2): what is wrong is the
/// request, there is no proof to be wrong.
pub fn required() -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, "A DPoP proof is required", Reason::ProofMissing)
}

/// The client should try again with the nonce that comes with this answer (RFC 9449 8, 9).
fn nonce_due() -> OAuthError {
    OAuthError::new(ErrorCode::UseDpopNonce, "The DPoP proof must carry the nonce of this answer", Reason::ProofNonce)
}

#[cfg(test)]
mod tests;
