//! Keys of the suite's clients, and what they sign: assertions, request objects, DPoP proofs.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::jwk::Jwk;
use josekit::jwk::alg::{ec::EcCurve, ec::EcKeyPair, rsa::RsaKeyPair};
use josekit::jws::{ES256, EdDSA, JwsSigner, JwsVerifier, PS256, RS256};
use serde_json::{Map, Value, json};
use tenantry::world::sha256;

use crate::conformance::answers::part;

/// A key pair for one algorithm.
pub struct Key {
    pub alg: &'static str,
    pair: Jwk,
    pub public: Value,
}

impl Key {
    pub fn ps256(kid: &str) -> Self {
        let pair = RsaKeyPair::generate(2048).unwrap();
        Self::of("PS256", kid, pair.to_jwk_key_pair(), pair.to_jwk_public_key())
    }

    pub fn es256(kid: &str) -> Self {
        let pair = EcKeyPair::generate(EcCurve::P256).unwrap();
        Self::of("ES256", kid, pair.to_jwk_key_pair(), pair.to_jwk_public_key())
    }

    fn of(alg: &'static str, kid: &str, pair: Jwk, public: Jwk) -> Self {
        let mut members: Map<String, Value> = public.as_ref().clone();
        members.extend([("kid".to_owned(), json!(kid)), ("alg".to_owned(), json!(alg)), ("use".to_owned(), json!("sig"))]);
        Self { alg, pair, public: Value::Object(members) }
    }

    pub fn kid(&self) -> &str {
        self.public["kid"].as_str().unwrap()
    }

    /// The key as a DPoP header carries it.
    pub fn bare(&self) -> Value {
        let mut members = self.public.as_object().unwrap().clone();
        members.retain(|name, _| !["kid", "alg", "use"].contains(&name.as_str()));
        Value::Object(members)
    }

    pub fn private(&self) -> Value {
        Value::Object(self.pair.as_ref().clone())
    }

    pub fn thumbprint(&self) -> String {
        tenantry::keys::thumbprint(self.bare().as_object().unwrap()).unwrap()
    }

    fn signer(&self, alg: &str) -> Box<dyn JwsSigner> {
        match alg {
            "PS256" => Box::new(PS256.signer_from_jwk(&self.pair).unwrap()),
            "RS256" => Box::new(RS256.signer_from_jwk(&self.pair).unwrap()),
            _ => Box::new(ES256.signer_from_jwk(&self.pair).unwrap()),
        }
    }

    /// A compact JWS with this header; `alg` decides how it is signed.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let alg = header["alg"].as_str().unwrap_or(self.alg);
        let signature = if alg == "none" { Vec::new() } else { self.signer(alg).sign(signed.as_bytes()).unwrap() };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Header and claims of a DPoP proof (RFC 9449 4.2).
    pub fn proof(&self, method: &str, url: &str, now: i64) -> Proof {
        let header = json!({ "typ": "dpop+jwt", "alg": self.alg, "jwk": self.bare() });
        Proof { header, claims: json!({ "jti": super::super::suite::random(30), "htm": method, "htu": url, "iat": now }) }
    }
}

/// A DPoP proof before it is signed.
#[derive(Clone)]
pub struct Proof {
    pub header: Value,
    pub claims: Value,
}

impl Proof {
    /// Beside this access token (RFC 9449 7).
    pub fn beside(mut self, token: &str) -> Self {
        self.claims["ath"] = json!(URL_SAFE_NO_PAD.encode(sha256(token.as_bytes())));
        self
    }

    /// With another claim; null takes it away.
    pub fn claim(mut self, name: &str, value: Value) -> Self {
        set(&mut self.claims, name, value);
        self
    }

    pub fn head(mut self, name: &str, value: Value) -> Self {
        set(&mut self.header, name, value);
        self
    }

    pub fn signed(&self, key: &Key) -> String {
        key.sign(&self.header, &self.claims)
    }
}

pub fn set(object: &mut Value, name: &str, value: Value) {
    let members = object.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
}

/// Header and claims of a token that a key of this set signed, in an algorithm of FAPI 2.0 5.4.1.
pub fn verified(jwks: &Value, token: &str) -> (Value, Value) {
    let (header, claims) = (part(token, 0), part(token, 1));
    let key = jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap_or_else(|| panic!("{header}"));
    assert_eq!(key["alg"], header["alg"]);
    let jwk = Jwk::from_map(key.as_object().unwrap().clone()).unwrap();
    let verifier: Box<dyn JwsVerifier> = match header["alg"].as_str() {
        Some("PS256") => Box::new(PS256.verifier_from_jwk(&jwk).unwrap()),
        Some("ES256") => Box::new(ES256.verifier_from_jwk(&jwk).unwrap()),
        Some("EdDSA") => Box::new(EdDSA.verifier_from_jwk(&jwk).unwrap()),
        other => panic!("FAPI 2.0 Security Profile 5.4.1: {other:?}"),
    };
    let (signed, signature) = token.rsplit_once('.').unwrap();
    verifier.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    (header, claims)
}
