//! How this application proves itself at the token endpoint: a secret, or an assertion signed with a certificate's key.
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use serde_json::json;
use zeroize::Zeroizing;

use super::Reason;
use crate::world::{Entropy, Secret, Timestamp};

/// How long an assertion is good for (microsoft.md 2.7: five to ten minutes).
const ASSERTION_SECONDS: i64 = 300;

/// The connection's credential after unsealing.
#[derive(Clone, Debug)]
pub enum OpenedCredential {
    /// client_secret_post (RFC 6749 2.3.1).
    Secret(Secret<String>),
    /// private_key_jwt (RFC 7523 2.2): the RSA key as PEM and the certificate's SHA-256 thumbprint, base64url.
    Certificate { pem: Secret<String>, x5t_s256: String },
}

/// A client assertion for `audience`, signed PS256 with `x5t#S256` in its header (RFC 7523 3, microsoft.md 2.7).
/// Errors when the PEM holds no RSA key of 2048 to 4096 bits.
pub(super) fn assertion(
    pem: &Secret<String>,
    x5t_s256: &str,
    client_id: &str,
    audience: &str,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Secret<String>, Reason> {
    let key = key_pair(pem).ok_or(Reason::OwnCredential)?;
    let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": x5t_s256 });
    let claims = json!({
        "aud": audience, "iss": client_id, "sub": client_id, "jti": fresh_guid(entropy),
        "nbf": now.seconds(), "iat": now.seconds(), "exp": now.seconds() + ASSERTION_SECONDS,
    });
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mut signature = vec![0; key.public().modulus_len()];
    // The salt of a PSS signature cannot be injected into ring; it needs no reproducibility.
    let salt = ring::rand::SystemRandom::new();
    key.sign(&RSA_PSS_SHA256, &salt, input.as_bytes(), &mut signature).map_err(|_| Reason::OwnCredential)?;
    Ok(Secret::new(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))))
}

/// Reads `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1) from PEM text (RFC 7468).
fn key_pair(pem: &Secret<String>) -> Option<RsaKeyPair> {
    if let Some(der) = pem_block(pem.expose(), "PRIVATE KEY") {
        return RsaKeyPair::from_pkcs8(&der).ok();
    }
    RsaKeyPair::from_der(&pem_block(pem.expose(), "RSA PRIVATE KEY")?).ok()
}

fn pem_block(pem: &str, label: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let compact: Zeroizing<String> = Zeroizing::new(body.split_ascii_whitespace().collect());
    STANDARD.decode(compact.as_bytes()).ok().map(Zeroizing::new)
}

/// A random GUID (RFC 9562 5.4), the form that Microsoft asks of `jti`.
fn fresh_guid(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 16];
    entropy.fill(&mut bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
