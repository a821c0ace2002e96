//! Making signing keys, and the doors to josekit's signers and verifiers.
use std::sync::Arc;

use josekit::jwk::alg::{ec::EcCurve, ec::EcKeyPair, ed::EdCurve, ed::EdKeyPair, rsa::RsaKeyPair};
use josekit::jwk::{Jwk, KeyPair};
use josekit::jws::{ES256, EdDSA, JwsSigner, JwsVerifier, PS256, RS256};
use serde_json::{Map, Value, json};

use super::seal::{SealError, Sealer};
use super::thumbprint::thumbprint;
use crate::model::{KeyState, SigningAlg, SigningKeyRow};
use crate::world::{Entropy, Secret, Timestamp};

/// RFC 7518 3.3 asks for 2048 bits or more.
const RSA_BITS: u32 = 2048;

/// Why a key could not be made, opened or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("no active key for {0}")]
    NoActiveKey(SigningAlg),
    #[error("key {kid}: {cause}")]
    Sealed { kid: String, cause: SealError },
    #[error("key {kid} is not a usable {alg} key")]
    Unusable { kid: String, alg: SigningAlg },
    #[error("making a {0} key failed")]
    Making(SigningAlg),
    #[error("the claims cannot be written as JSON")]
    Claims(#[from] serde_json::Error),
    #[error("signing with {0} failed")]
    Signing(SigningAlg),
    #[error("encrypting for a client failed")]
    Encrypting,
}

/// A fresh key pair.
pub struct Material {
    /// Thumbprint with the algorithm in front: unique per key and algorithm.
    pub kid: String,
    /// Private JWK as JSON. A JWK and not PEM, because josekit's PS256 refuses an ordinary RSA key in PEM.
    pub private_jwk: Secret<String>,
    /// `kty, kid, use, alg` and `n, e` or `crv, x` (`y`); nothing else (security.md D16).
    pub public_jwk: String,
}

/// Makes a key pair. RSA takes up to a second: call it off the runtime's threads.
/// OpenSSL draws the randomness, from the same operating system; it cannot be handed in.
///
/// # Errors
/// [`KeyError::Making`] when OpenSSL refuses.
pub fn generate(alg: SigningAlg) -> Result<Material, KeyError> {
    let failed = |_| KeyError::Making(alg);
    let pair: Box<dyn KeyPair> = match alg {
        SigningAlg::Rs256 | SigningAlg::Ps256 => Box::new(RsaKeyPair::generate(RSA_BITS).map_err(failed)?),
        SigningAlg::Es256 => Box::new(EcKeyPair::generate(EcCurve::P256).map_err(failed)?),
        SigningAlg::EdDsa => Box::new(EdKeyPair::generate(EdCurve::Ed25519).map_err(failed)?),
    };
    let public = public_members(pair.to_jwk_public_key().as_ref());
    let kid = format!("{}-{}", alg.as_str().to_ascii_lowercase(), thumbprint(&public).ok_or(KeyError::Making(alg))?);
    let private_jwk = Secret::new(serde_json::to_string(&pair.to_jwk_key_pair())?);
    let mut published = json!({ "kty": public["kty"], "kid": kid, "use": "sig", "alg": alg });
    for (name, value) in public {
        published[name] = value;
    }
    Ok(Material { kid, private_jwk, public_jwk: published.to_string() })
}

/// Makes a key pair as a row to be stored. See [`generate`].
///
/// # Errors
/// [`KeyError::Making`].
pub fn new_row(
    alg: SigningAlg,
    sealer: &Sealer,
    entropy: &dyn Entropy,
    now: Timestamp,
    state: KeyState,
    activates_at: Timestamp,
) -> Result<SigningKeyRow, KeyError> {
    let made = generate(alg)?;
    Ok(SigningKeyRow {
        sealed_private: sealer.seal(&context(&made.kid), made.private_jwk.expose().as_bytes(), entropy),
        kid: made.kid,
        alg,
        state,
        public_jwk: made.public_jwk,
        created_at: now,
        activates_at,
        retires_at: None,
    })
}

/// Under which context a signing key is sealed.
pub fn context(kid: &str) -> String {
    format!("signing_key:{kid}")
}

/// Opens and parses the private part of a row.
pub(super) fn signer(row: &SigningKeyRow, sealer: &Sealer) -> Result<Arc<dyn JwsSigner>, KeyError> {
    let private = sealer.open(&context(&row.kid), &row.sealed_private).map_err(|cause| KeyError::Sealed { kid: row.kid.clone(), cause })?;
    let unusable = |_| KeyError::Unusable { kid: row.kid.clone(), alg: row.alg };
    let jwk = Jwk::from_bytes(private.expose()).map_err(unusable)?;
    Ok(match row.alg {
        SigningAlg::Rs256 => Arc::new(RS256.signer_from_jwk(&jwk).map_err(unusable)?),
        SigningAlg::Ps256 => Arc::new(PS256.signer_from_jwk(&jwk).map_err(unusable)?),
        SigningAlg::Es256 => Arc::new(ES256.signer_from_jwk(&jwk).map_err(unusable)?),
        SigningAlg::EdDsa => Arc::new(EdDSA.signer_from_jwk(&jwk).map_err(unusable)?),
    })
}

/// A key whose members are missing, malformed or not a point of the curve.
#[derive(Debug)]
pub(super) struct Unfit;

/// A verifier from the key's own members alone; everything else in the JWK is left aside.
pub(super) fn verifier(alg: SigningAlg, jwk: &Map<String, Value>) -> Result<Arc<dyn JwsVerifier>, Unfit> {
    let jwk = Jwk::from_map(public_members(jwk)).map_err(|_| Unfit)?;
    Ok(match alg {
        SigningAlg::Rs256 => Arc::new(RS256.verifier_from_jwk(&jwk).map_err(|_| Unfit)?),
        SigningAlg::Ps256 => Arc::new(PS256.verifier_from_jwk(&jwk).map_err(|_| Unfit)?),
        SigningAlg::Es256 => Arc::new(ES256.verifier_from_jwk(&jwk).map_err(|_| Unfit)?),
        SigningAlg::EdDsa => Arc::new(EdDSA.verifier_from_jwk(&jwk).map_err(|_| Unfit)?),
    })
}

/// Only what makes the public key (RFC 7518 6.2.1, 6.3.1; RFC 8037 2).
pub(super) fn public_members(jwk: &Map<String, Value>) -> Map<String, Value> {
    ["kty", "crv", "x", "y", "n", "e"].iter().filter_map(|name| Some(((*name).to_owned(), jwk.get(*name)?.clone()))).collect()
}
