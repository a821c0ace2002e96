//! Keys of clients in the tests of DPoP, and the proofs that they make.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::jwk::alg::{ec::EcCurve, ec::EcKeyPair, ed::EdCurve, ed::EdKeyPair, rsa::RsaKeyPair};
use josekit::jws::{ES256, EdDSA, JwsSigner, PS256, RS256};
use serde_json::{Value, json};
use tenantry::model::SigningAlg;
use tenantry::world::sha256;

use super::Arena;
use crate::harness::tenantry::Tenantry;

/// A client's key, and the proofs that it makes.
pub struct Key {
    alg: SigningAlg,
    signer: Box<dyn JwsSigner>,
    pub jwk: Value,
    pub jkt: String,
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Key {
    pub fn new() -> Self {
        Self::of(SigningAlg::Es256)
    }

    pub fn of(alg: SigningAlg) -> Self {
        let (signer, jwk): (Box<dyn JwsSigner>, _) = match alg {
            SigningAlg::Es256 => {
                let pair = EcKeyPair::generate(EcCurve::P256).unwrap();
                (Box::new(ES256.signer_from_jwk(&pair.to_jwk_key_pair()).unwrap()), pair.to_jwk_public_key())
            }
            SigningAlg::EdDsa => {
                let pair = EdKeyPair::generate(EdCurve::Ed25519).unwrap();
                (Box::new(EdDSA.signer_from_jwk(&pair.to_jwk_key_pair()).unwrap()), pair.to_jwk_public_key())
            }
            SigningAlg::Ps256 | SigningAlg::Rs256 => {
                let pair = RsaKeyPair::generate(2048).unwrap();
                let jwk = pair.to_jwk_key_pair();
                let signer: Box<dyn JwsSigner> = if alg == SigningAlg::Ps256 {
                    Box::new(PS256.signer_from_jwk(&jwk).unwrap())
                } else {
                    Box::new(RS256.signer_from_jwk(&jwk).unwrap())
                };
                (signer, pair.to_jwk_public_key())
            }
        };
        let map: serde_json::Map<String, Value> =
            jwk.as_ref().clone().into_iter().filter(|(name, _)| name != "alg" && name != "use").collect();
        let jkt = tenantry::keys::thumbprint(&map).unwrap();
        Self { alg, signer, jwk: Value::Object(map), jkt }
    }

    pub fn header(&self) -> Value {
        json!({ "typ": "dpop+jwt", "alg": self.alg, "jwk": self.jwk })
    }

    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.signer.sign(signed.as_bytes()).unwrap());
        format!("{signed}.{signature}")
    }

    /// A proof for this endpoint.
    pub fn proof_at(&self, t: &Tenantry, path: &str) -> String {
        self.sign(&self.header(), &json!({ "jti": fresh(), "htm": "POST", "htu": t.url(path), "iat": t.now().seconds() }))
    }

    /// A proof for the token endpoint with changed or further claims; null takes one away.
    pub(super) fn proof_with(&self, a: &Arena, changes: Value) -> String {
        let mut claims = json!({ "jti": fresh(), "htm": "POST", "htu": a.t.url("/token"), "iat": a.now().seconds() });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        self.sign(&self.header(), &claims)
    }

    pub(super) fn proof(&self, a: &Arena) -> String {
        self.proof_with(a, json!({}))
    }

    /// A proof for userinfo, beside a token.
    pub(super) fn proof_for(&self, a: &Arena, method: &str, token: &str, changes: Value) -> String {
        let ath = URL_SAFE_NO_PAD.encode(sha256(token.as_bytes()));
        let mut all = json!({ "htm": method, "htu": a.t.url("/userinfo"), "ath": ath });
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        self.proof_with(a, all)
    }
}

pub fn fresh() -> String {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    format!("jti-{}", NEXT.fetch_add(1, std::sync::atomic::Ordering::SeqCst))
}
