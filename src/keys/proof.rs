//! Proofs of possession: tokens that carry the public key which signed them (RFC 9449 4.2). What they prove is that the
//! sender has the key, and nothing about who it is.
use serde_json::{Value, json};

use super::claims::StrictClaims;
use super::jwt::{Compact, JwtError};
use super::public_keys::PublicKeys;
use super::thumbprint::thumbprint;
use crate::model::SigningAlg;

/// A token that its own key signed.
pub struct SelfSigned {
    /// SHA-256 thumbprint of that key (RFC 7638).
    pub jkt: String,
    pub claims: StrictClaims,
}

/// Verifies a token with the public key in its header (RFC 9449 4.3, numbers 2 to 7). Its claims are not looked at.
///
/// # Errors
/// A [`JwtError`]; a private or symmetric key in the header is [`JwtError::UnknownKey`].
pub fn verify_self_signed(token: &str, typ: &str, allowed: &[SigningAlg]) -> Result<SelfSigned, JwtError> {
    let (compact, jwk) = Compact::parse_with_key(token)?;
    compact.require_typ(typ)?;
    if !allowed.contains(&compact.alg) {
        return Err(JwtError::Algorithm);
    }
    let jkt = thumbprint(&jwk).ok_or(JwtError::UnknownKey)?;
    let keys = PublicKeys::from_jwks(&json!({ "keys": [Value::Object(jwk)] })).map_err(|_| JwtError::UnknownKey)?;
    let verifier = keys.select(compact.alg, None).ok_or(JwtError::UnknownKey)?;
    verifier.verify(compact.signed, &compact.signature).map_err(|_| JwtError::Signature)?;
    Ok(SelfSigned { jkt, claims: StrictClaims::parse(&compact.payload)? })
}
