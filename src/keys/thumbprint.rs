//! Digests of keys (RFC 7638) and of tokens (OpenID Connect Core 3.1.3.6).
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, SHA512, digest};
use serde_json::{Map, Value};

use crate::model::SigningAlg;
use crate::world::sha256;

/// SHA-256 thumbprint of a public key, base64url. Only the members that RFC 7638 3.2 (RFC 8037 2 for OKP) names count.
/// Nothing for other key types and for members that are not base64url.
pub fn thumbprint(jwk: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let number = |name: &str| text(name).filter(|t| is_base64url(t));
    // RFC 7638 3.3: the members in lexicographic order, without white space.
    let canonical = match (text("kty")?, text("crv")) {
        ("EC", Some(crv @ ("P-256" | "P-384" | "P-521"))) => {
            format!(r#"{{"crv":"{crv}","kty":"EC","x":"{}","y":"{}"}}"#, number("x")?, number("y")?)
        }
        ("OKP", Some(crv @ ("Ed25519" | "Ed448"))) => format!(r#"{{"crv":"{crv}","kty":"OKP","x":"{}"}}"#, number("x")?),
        ("RSA", _) => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, number("e")?, number("n")?),
        _ => return None,
    };
    Some(URL_SAFE_NO_PAD.encode(sha256(canonical.as_bytes())))
}

/// `at_hash` and `c_hash`: the left half of the token's digest, with the hash function of the signature algorithm.
pub fn at_hash(alg: SigningAlg, token: &str) -> String {
    // OpenID Connect Core 3.1.3.6; Ed25519 hashes with SHA-512 (RFC 8032 5.1).
    let function = match alg {
        SigningAlg::Rs256 | SigningAlg::Ps256 | SigningAlg::Es256 => &SHA256,
        SigningAlg::EdDsa => &SHA512,
    };
    let hash = digest(function, token.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..hash.as_ref().len() / 2])
}

fn is_base64url(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
