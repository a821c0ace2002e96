//! Public keys of others, from a JWK set (RFC 7517 5). Tolerant of keys that mean nothing here, strict with the rest.
use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::jws::JwsVerifier;
use serde_json::{Map, Value};

use super::material;
use crate::model::SigningAlg;

/// More keys than anybody needs at once.
const MOST: usize = 32;

/// Why a JWK set cannot be registered or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwksFault {
    #[error("this is not a JWK set: an object with a list `keys`")]
    NotASet,
    #[error("the set holds more than 32 keys")]
    TooMany,
    #[error("the set holds a private or symmetric key")]
    Private,
    #[error("the set holds no key for RS256, PS256, ES256 or EdDSA")]
    NoUsableKey,
}

/// Keys parsed once, each with the algorithms that it is good for.
#[derive(Clone)]
pub struct PublicKeys(Vec<PublicKey>);

#[derive(Clone)]
struct PublicKey {
    kid: Option<String>,
    alg: SigningAlg,
    verifier: Arc<dyn JwsVerifier>,
}

impl PublicKeys {
    /// Takes what is usable for signatures and skips the rest.
    ///
    /// # Errors
    /// A [`JwksFault`]; a private or symmetric key spoils the whole set, for it is compromised (RFC 7517 9.2).
    pub fn from_jwks(set: &Value) -> Result<Self, JwksFault> {
        let list = set.get("keys").and_then(Value::as_array).ok_or(JwksFault::NotASet)?;
        if list.len() > MOST {
            return Err(JwksFault::TooMany);
        }
        if list.iter().filter_map(Value::as_object).any(is_private) {
            return Err(JwksFault::Private);
        }
        let keys: Vec<PublicKey> = list.iter().filter_map(Value::as_object).flat_map(usable).collect();
        if keys.is_empty() { Err(JwksFault::NoUsableKey) } else { Ok(Self(keys)) }
    }

    /// Is there a key of this name?
    pub fn knows(&self, kid: &str) -> bool {
        self.0.iter().any(|key| key.kid.as_deref() == Some(kid))
    }

    /// The one key for this algorithm and kid. Without a kid only an only key counts (RFC 7515 4.1.4, 6).
    pub(super) fn select(&self, alg: SigningAlg, kid: Option<&str>) -> Option<&dyn JwsVerifier> {
        let mut fitting = self.0.iter().filter(|key| key.alg == alg && (kid.is_none() || key.kid.as_deref() == kid));
        let only = fitting.next()?;
        fitting.next().is_none().then_some(&*only.verifier)
    }
}

/// RFC 7518 6.2.2, 6.3.2, 6.4; RFC 8037 2.
fn is_private(jwk: &Map<String, Value>) -> bool {
    ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"].iter().any(|name| jwk.contains_key(*name))
        || jwk.get("kty").and_then(Value::as_str) == Some("oct")
}

fn usable(jwk: &Map<String, Value>) -> Vec<PublicKey> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let may_verify = match jwk.get("key_ops") {
        None => true,
        Some(list) => list.as_array().is_some_and(|ops| ops.iter().any(|op| op == "verify")),
    };
    // RFC 7517 4.2, 4.3
    if !may_verify || text("use").is_some_and(|purpose| purpose != "sig") {
        return Vec::new();
    }
    let algorithms: &[SigningAlg] = match (text("kty"), text("crv")) {
        (Some("RSA"), _) if sound_rsa(jwk) => &[SigningAlg::Rs256, SigningAlg::Ps256],
        (Some("EC"), Some("P-256")) => &[SigningAlg::Es256],
        (Some("OKP"), Some("Ed25519")) => &[SigningAlg::EdDsa],
        _ => &[],
    };
    // RFC 7517 4.4: a key that names its algorithm is good for no other.
    let pinned = jwk.get("alg").map(|alg| alg.as_str().unwrap_or_default());
    let kid = text("kid").map(str::to_owned);
    algorithms
        .iter()
        .filter(|alg| pinned.is_none_or(|name| name == alg.as_str()))
        .filter_map(|alg| Some(PublicKey { kid: kid.clone(), alg: *alg, verifier: material::verifier(*alg, jwk).ok()? }))
        .collect()
}

/// RFC 7518 3.3: at least 2048 bits. Not above 8192, and an odd exponent of at most 32 bits that is not 1, so that
/// nobody can register a key with which verifying is slow or proves nothing.
pub(super) fn sound_rsa(jwk: &Map<String, Value>) -> bool {
    let bytes = |name: &str| {
        let decoded = URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok()?;
        let start = decoded.iter().position(|b| *b != 0)?;
        Some(decoded[start..].to_vec())
    };
    let (Some(n), Some(e)) = (bytes("n"), bytes("e")) else { return false };
    let odd = e.last().is_some_and(|last| last % 2 == 1) && n.last().is_some_and(|last| last % 2 == 1);
    (256..=1024).contains(&n.len()) && (n.len() > 256 || n[0] >= 0x80) && e.len() <= 4 && e != [1] && odd
}
