//! Strict reading of compact JWS (RFC 7515 3.1), ours and foreign. The header is parsed here; josekit only checks
//! signatures. JSON serialisations, encryption, unsigned and HMAC tokens have no path through this file.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::public_keys::PublicKeys;
use super::strict;
use crate::model::SigningAlg;

/// Longest token that is looked at (security.md finding 1).
pub const LONGEST: usize = 8 * 1024;

/// Why a token was refused. For the log; the answer to the client is one text for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    #[error("the token is longer than 8 KiB")]
    TooLong,
    #[error("the token is not three base64url parts")]
    Malformed,
    #[error("the header is not one that we understand")]
    Header,
    #[error("the algorithm is not allowed")]
    Algorithm,
    #[error("the token is of another type")]
    Typ,
    #[error("no key, or more than one, fits the header")]
    UnknownKey,
    #[error("the key may not be used now")]
    KeyState,
    #[error("the signature is wrong")]
    Signature,
    #[error("the claims are malformed or incomplete")]
    Claims,
    #[error("the token was issued by somebody else")]
    Issuer,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYet,
}

/// Verifies a foreign token with the keys that its sender registered, and gives the payload.
/// `allowed` bounds the algorithms; each key further pins its own. `typ` is compared when given (RFC 8725 3.11).
///
/// # Errors
/// A [`JwtError`]; times and claims are not looked at here: see [`super::StrictClaims`].
pub fn verify_compact(token: &str, keys: &PublicKeys, allowed: &[SigningAlg], typ: Option<&str>) -> Result<Vec<u8>, JwtError> {
    let compact = Compact::parse(token)?;
    if !allowed.contains(&compact.alg) {
        return Err(JwtError::Algorithm);
    }
    if let Some(expected) = typ {
        compact.require_typ(expected)?;
    }
    let verifier = keys.select(compact.alg, compact.kid.as_deref()).ok_or(JwtError::UnknownKey)?;
    verifier.verify(compact.signed, &compact.signature).map_err(|_| JwtError::Signature)?;
    Ok(compact.payload)
}

/// The `kid` that a token names, unverified: good for looking a key up and for nothing else.
pub fn kid_of(token: &str) -> Option<String> {
    Compact::parse(token).ok()?.kid
}

/// A token taken apart, its signature not yet checked.
pub(super) struct Compact<'a> {
    pub alg: SigningAlg,
    pub kid: Option<String>,
    typ: Option<String>,
    /// Header and payload as they were signed (RFC 7515 5.2 step 8).
    pub signed: &'a [u8],
    pub payload: Vec<u8>,
    pub signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    pub fn parse(token: &'a str) -> Result<Self, JwtError> {
        Self::take_apart(token, &REFUSED).map(|(compact, _)| compact)
    }

    /// A token whose header offers the public key that signed it (RFC 7515 4.1.3), with that key.
    pub fn parse_with_key(token: &'a str) -> Result<(Self, Map<String, Value>), JwtError> {
        let refused = REFUSED.map(|name| if name == "jwk" { "crit" } else { name });
        match Self::take_apart(token, &refused)? {
            (compact, Some(Value::Object(jwk))) => Ok((compact, jwk)),
            _ => Err(JwtError::Header),
        }
    }

    fn take_apart(token: &'a str, refused: &[&str]) -> Result<(Self, Option<Value>), JwtError> {
        if token.len() > LONGEST {
            return Err(JwtError::TooLong);
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(JwtError::Malformed);
        };
        let signed = &token.as_bytes()[..header.len() + 1 + payload.len()];
        let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
        let mut header = strict::object(&header).ok_or(JwtError::Header)?;
        let (alg, kid, typ) = read_header(&header, refused)?;
        Ok((Self { alg, kid, typ, signed, payload, signature }, header.remove("jwk")))
    }

    /// RFC 7515 4.1.9: media types are compared without regard to case, and `application/` may be left out.
    pub fn require_typ(&self, expected: &str) -> Result<(), JwtError> {
        let typ = self.typ.as_deref().ok_or(JwtError::Typ)?.to_ascii_lowercase();
        let typ = typ.strip_prefix("application/").unwrap_or(&typ);
        if typ.eq_ignore_ascii_case(expected) { Ok(()) } else { Err(JwtError::Typ) }
    }
}

/// RFC 7515 2: base64url without padding; other paddings and stray bits are refused, so that a token has one text.
fn decode(part: &str) -> Result<Vec<u8>, JwtError> {
    if part.is_empty() {
        return Err(JwtError::Malformed);
    }
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Malformed)
}

/// Header members that would change what the rest means, or offer a key of the sender's choice (RFC 7515 4.1.2 to
/// 4.1.6, 4.1.11; RFC 7797 3; RFC 7516 4.1.3). None is ever followed.
const REFUSED: [&str; 8] = ["crit", "b64", "zip", "enc", "jku", "jwk", "x5u", "x5c"];

fn read_header(header: &Map<String, Value>, refused: &[&str]) -> Result<(SigningAlg, Option<String>, Option<String>), JwtError> {
    if refused.iter().any(|name| header.contains_key(*name)) {
        return Err(JwtError::Header);
    }
    let text = |name: &str| match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() && text.len() <= 256 => Ok(Some(text.clone())),
        Some(_) => Err(JwtError::Header),
    };
    let alg = text("alg")?.ok_or(JwtError::Header)?;
    // RFC 8725 3.1: only what is known by name, in its exact case.
    let alg = SigningAlg::parse(&alg).ok_or(JwtError::Algorithm)?;
    Ok((alg, text("kid")?, text("typ")?))
}
