//! Encrypting what is for one client alone: an id_token or userinfo as a compact JWE (RFC 7516 7.1) to a key of its
//! registration. Nothing is ever decrypted here, so no sender can choose an algorithm, a header or a compression.
use josekit::jwe::{ECDH_ES, ECDH_ES_A128KW, ECDH_ES_A256KW, JweEncrypter, JweHeader, RSA_OAEP, RSA_OAEP_256, serialize_compact};
use josekit::jwk::Jwk;
use serde_json::{Map, Value};

use super::material::{KeyError, public_members};
use super::public_keys::sound_rsa;

/// RFC 7518 4.1. Without RSA1_5, whose padding has leaked since 1998, and without `dir` and the password-based ones,
/// which would need a shared secret. RSA-OAEP uses SHA-1 in a place where collisions do not matter; many clients know no
/// other one.
pub const ALGORITHMS: &[&str] = &["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"];
/// RFC 7518 5.1.
pub const CONTENT: &[&str] = &["A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"];
/// What counts where only an algorithm is registered (OpenID Connect Dynamic Client Registration 2).
pub const USUAL_CONTENT: &str = "A128CBC-HS256";

/// Why something cannot be encrypted for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncryptionFault {
    #[error("the algorithm is not supported")]
    Algorithm,
    #[error("the content encryption is not supported")]
    Content,
    #[error("the key set holds no key for the algorithm")]
    NoKey,
}

/// Algorithm and content encryption of a registration, by the names that are known here.
///
/// # Errors
/// An [`EncryptionFault`].
pub fn supported(alg: &str, enc: Option<&str>) -> Result<(&'static str, &'static str), EncryptionFault> {
    let alg = ALGORITHMS.iter().find(|known| **known == alg).ok_or(EncryptionFault::Algorithm)?;
    let enc = enc.unwrap_or(USUAL_CONTENT);
    let enc = CONTENT.iter().find(|known| **known == enc).ok_or(EncryptionFault::Content)?;
    Ok((alg, enc))
}

/// A client's key with the way to use it.
pub struct Recipient {
    encrypter: Box<dyn JweEncrypter>,
    alg: &'static str,
    enc: &'static str,
    kid: Option<String>,
}

impl Recipient {
    /// The first fitting key of a JWK set.
    ///
    /// # Errors
    /// An [`EncryptionFault`].
    pub fn from_jwks(set: &Value, alg: &str, enc: Option<&str>) -> Result<Self, EncryptionFault> {
        let (alg, enc) = supported(alg, enc)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(EncryptionFault::NoKey)?;
        let usable = |jwk: &Value| {
            let jwk = jwk.as_object().filter(|jwk| fits(jwk, alg))?;
            let kid = jwk.get("kid").and_then(Value::as_str).map(str::to_owned);
            Some(Self { encrypter: encrypter(alg, jwk)?, alg, enc, kid })
        };
        keys.iter().find_map(usable).ok_or(EncryptionFault::NoKey)
    }

    /// Encrypts a signed token: a nested JWT, which says so (`cty`, RFC 7519 5.2).
    ///
    /// # Errors
    /// [`KeyError::Encrypting`].
    pub fn encrypt_token(&self, token: &str) -> Result<String, KeyError> {
        self.encrypt(token.as_bytes(), Some("JWT"))
    }

    /// Encrypts JSON claims (OpenID Connect Core 5.3.2).
    ///
    /// # Errors
    /// [`KeyError::Encrypting`].
    pub fn encrypt_claims(&self, claims: &Map<String, Value>) -> Result<String, KeyError> {
        self.encrypt(&serde_json::to_vec(claims)?, None)
    }

    fn encrypt(&self, payload: &[u8], cty: Option<&str>) -> Result<String, KeyError> {
        let mut header = JweHeader::new();
        header.set_algorithm(self.alg);
        header.set_content_encryption(self.enc);
        if let Some(cty) = cty {
            header.set_content_type(cty);
        }
        if let Some(kid) = &self.kid {
            header.set_key_id(kid);
        }
        serialize_compact(payload, &header, &*self.encrypter).map_err(|_| KeyError::Encrypting)
    }
}

/// RFC 7517 4.2 to 4.4: what the key says about its own use.
fn fits(jwk: &Map<String, Value>, alg: &str) -> bool {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let for_encryption = text("use").is_none_or(|purpose| purpose == "enc");
    let pinned = jwk.get("alg").is_none_or(|own| own == alg);
    for_encryption && pinned && jwk.get("key_ops").is_none()
}

fn encrypter(alg: &str, jwk: &Map<String, Value>) -> Option<Box<dyn JweEncrypter>> {
    let kind = (jwk.get("kty").and_then(Value::as_str)?, jwk.get("crv").and_then(Value::as_str));
    let rsa = kind.0 == "RSA" && sound_rsa(jwk);
    let curve = matches!(kind, ("EC", Some("P-256" | "P-384" | "P-521")) | ("OKP", Some("X25519")));
    let jwk = Jwk::from_map(public_members(jwk)).ok()?;
    Some(match alg {
        "RSA-OAEP" if rsa => Box::new(RSA_OAEP.encrypter_from_jwk(&jwk).ok()?),
        "RSA-OAEP-256" if rsa => Box::new(RSA_OAEP_256.encrypter_from_jwk(&jwk).ok()?),
        "ECDH-ES" if curve => Box::new(ECDH_ES.encrypter_from_jwk(&jwk).ok()?),
        "ECDH-ES+A128KW" if curve => Box::new(ECDH_ES_A128KW.encrypter_from_jwk(&jwk).ok()?),
        "ECDH-ES+A256KW" if curve => Box::new(ECDH_ES_A256KW.encrypter_from_jwk(&jwk).ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use josekit::jwe;
    use josekit::jwk::KeyPair;
    use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
    use josekit::jwk::alg::rsa::RsaKeyPair;
    use serde_json::json;

    use super::*;

    fn set(public: Jwk, further: &Value) -> Value {
        let mut key = Value::Object(public.as_ref().clone());
        for (name, value) in further.as_object().expect("an object") {
            key[name] = value.clone();
        }
        json!({ "keys": [{ "kty": "EC", "crv": "P-256" }, key] })
    }

    #[test]
    fn a_client_can_read_what_was_encrypted_for_it_with_every_pair_of_algorithms() {
        let (rsa, ec) = (RsaKeyPair::generate(2048).expect("a key"), EcKeyPair::generate(EcCurve::P256).expect("a key"));
        for (at, alg) in ALGORITHMS.iter().enumerate() {
            let enc = CONTENT[at % CONTENT.len()];
            let public = if alg.starts_with("RSA") { rsa.to_jwk_public_key() } else { ec.to_jwk_public_key() };
            let recipient = Recipient::from_jwks(&set(public, &json!({ "kid": "k" })), alg, Some(enc)).expect("usable");

            let sealed = recipient.encrypt_token("a.b.c").expect("encrypted");

            let private = if alg.starts_with("RSA") { rsa.to_jwk_private_key() } else { ec.to_jwk_private_key() };
            let decrypter: Box<dyn jwe::JweDecrypter> = match *alg {
                "RSA-OAEP" => Box::new(RSA_OAEP.decrypter_from_jwk(&private).expect("ours")),
                "RSA-OAEP-256" => Box::new(RSA_OAEP_256.decrypter_from_jwk(&private).expect("ours")),
                "ECDH-ES" => Box::new(ECDH_ES.decrypter_from_jwk(&private).expect("ours")),
                "ECDH-ES+A128KW" => Box::new(ECDH_ES_A128KW.decrypter_from_jwk(&private).expect("ours")),
                _ => Box::new(ECDH_ES_A256KW.decrypter_from_jwk(&private).expect("ours")),
            };
            let (payload, header) = jwe::deserialize_compact(&sealed, &*decrypter).expect("readable");
            assert_eq!(
                (payload.as_slice(), header.content_type(), header.key_id()),
                (b"a.b.c".as_slice(), Some("JWT"), Some("k")),
                "{alg}"
            );
            assert_eq!(header.content_encryption(), Some(enc));
        }
    }

    #[test]
    fn d10_weak_and_shared_secret_algorithms_do_not_exist() {
        let public = RsaKeyPair::generate(2048).expect("a key").to_jwk_public_key();
        let keys = set(public, &json!({}));

        for alg in ["RSA1_5", "dir", "A128KW", "PBES2-HS256+A128KW", "none", "rsa-oaep"] {
            assert_eq!(Recipient::from_jwks(&keys, alg, None).err(), Some(EncryptionFault::Algorithm), "{alg}");
        }
        assert_eq!(Recipient::from_jwks(&keys, "RSA-OAEP-256", Some("A128CBC")).err(), Some(EncryptionFault::Content));
    }

    #[test]
    fn a_key_for_something_else_is_not_used() {
        let pair = RsaKeyPair::generate(2048).expect("a key");
        for further in [json!({ "use": "sig" }), json!({ "alg": "RSA-OAEP" }), json!({ "key_ops": ["verify"] }), json!({ "n": "AQAB" })] {
            let keys = set(pair.to_jwk_public_key(), &further);
            assert_eq!(Recipient::from_jwks(&keys, "RSA-OAEP-256", None).err(), Some(EncryptionFault::NoKey), "{further}");
        }
        let keys = set(pair.to_jwk_public_key(), &json!({}));
        assert_eq!(Recipient::from_jwks(&keys, "ECDH-ES", None).err(), Some(EncryptionFault::NoKey));
    }
}
