//! Certificates of clients (RFC 8705): what they say, whose key they hold, and whether an authority vouches for them.
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, BigNumContext};
use openssl::pkey::{Id, PKey, Public};
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509PurposeId, X509StoreContext};
use serde_json::{Map, Value, json};

use super::thumbprint::thumbprint;
use crate::protocol::certificate::Certificate;
use crate::world::{Timestamp, sha256};

/// Certificates of a chain that are looked at.
const LONGEST_CHAIN: usize = 8;

/// `x5t#S256`: SHA-256 of the certificate, base64url (RFC 8705 3.1).
pub fn certificate_thumbprint(der: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(sha256(der))
}

/// Reads what a certificate says. None when it is none, or not in force at `now`.
pub fn read_certificate(der: &[u8], now: Timestamp) -> Option<Certificate> {
    let x509 = in_force(der, now)?;
    let mut read = Certificate::default();
    for entry in x509.subject_name().entries() {
        let kind = entry.object().nid().short_name().ok()?;
        read.subject.push((kind.to_owned(), entry.data().to_string().ok()?));
    }
    for name in x509.subject_alt_names().into_iter().flatten() {
        read.dns.extend(name.dnsname().map(str::to_owned));
        read.uris.extend(name.uri().map(str::to_owned));
        read.emails.extend(name.email().map(str::to_owned));
        read.ips.extend(name.ipaddress().and_then(address));
    }
    Some(read)
}

/// Is this certificate, or its key, in the set that a client registered (RFC 8705 2.2.2)?
pub fn is_registered(der: &[u8], jwks: &Value, now: Timestamp) -> bool {
    let Some(key) = in_force(der, now).and_then(|x509| x509.public_key().ok()).and_then(|key| key_thumbprint(&key)) else { return false };
    let keys = jwks.get("keys").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
    keys.into_iter().any(|jwk| match jwk.get("x5c") {
        // RFC 7517 4.7: base64 and not base64url; the first one holds the key.
        Some(chain) => chain.get(0).and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok()).is_some_and(|found| found == der),
        None => thumbprint(jwk).is_some_and(|found| found == key),
    })
}

fn in_force(der: &[u8], now: Timestamp) -> Option<X509> {
    let x509 = X509::from_der(der).ok()?;
    let now = Asn1Time::from_unix(now.seconds()).ok()?;
    (x509.not_before() <= now && x509.not_after() >= now).then_some(x509)
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// The thumbprint that the key would have as a JWK (RFC 7638).
fn key_thumbprint(key: &PKey<Public>) -> Option<String> {
    let number = |bytes: Vec<u8>| Value::from(URL_SAFE_NO_PAD.encode(bytes));
    let jwk: Value = match key.id() {
        Id::RSA => {
            let rsa = key.rsa().ok()?;
            json!({ "kty": "RSA", "n": number(rsa.n().to_vec()), "e": number(rsa.e().to_vec()) })
        }
        Id::EC => {
            let key = key.ec_key().ok()?;
            let (mut x, mut y) = (BigNum::new().ok()?, BigNum::new().ok()?);
            let mut context = BigNumContext::new().ok()?;
            key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context).ok()?;
            // RFC 7518 6.2.1: P-256 is the one curve that we verify with.
            let coordinate = |n: &BigNum| (key.group().degree() == 256).then(|| n.to_vec_padded(32).ok()).flatten().map(number);
            json!({ "kty": "EC", "crv": "P-256", "x": coordinate(&x)?, "y": coordinate(&y)? })
        }
        Id::ED25519 => json!({ "kty": "OKP", "crv": "Ed25519", "x": number(key.raw_public_key().ok()?) }),
        _ => return None,
    };
    let members: Map<String, Value> = jwk.as_object()?.clone();
    thumbprint(&members)
}

/// The authorities whose word counts for `tls_client_auth`.
pub struct Authorities {
    list: Vec<X509>,
    /// What OpenSSL verifies with, and the second that it is good for: the time is a part of it.
    store: Mutex<Option<(i64, Arc<X509Store>)>>,
}

impl Authorities {
    /// Reads a bundle of certificates in PEM. None when it holds none, or something else.
    pub fn from_pem(pem: &[u8]) -> Option<Self> {
        let list = X509::stack_from_pem(pem).ok()?;
        (!list.is_empty()).then(|| Self { list, store: Mutex::default() })
    }

    /// Does a chain, the client's own certificate first, lead to one of these authorities (RFC 8705 2.1)?
    pub fn vouch_for(&self, chain: &[Vec<u8>], now: Timestamp) -> bool {
        let Some((own, between)) = chain.split_first() else { return false };
        self.verify(own, between, now).unwrap_or(false)
    }

    fn verify(&self, own: &[u8], between: &[Vec<u8>], now: Timestamp) -> Result<bool, openssl::error::ErrorStack> {
        let own = X509::from_der(own)?;
        let mut stack = Stack::new()?;
        for der in between.iter().take(LONGEST_CHAIN) {
            stack.push(X509::from_der(der)?)?;
        }
        let store = self.store(now.seconds())?;
        X509StoreContext::new()?.init(&store, &own, &stack, |context| context.verify_cert())
    }

    /// Built once a second at most, however many handshakes there are.
    fn store(&self, second: i64) -> Result<Arc<X509Store>, openssl::error::ErrorStack> {
        let mut kept = self.store.lock().expect("nobody panics while holding the authorities");
        if let Some((of, store)) = kept.as_ref()
            && *of == second
        {
            return Ok(Arc::clone(store));
        }
        let store = Arc::new(self.build(second)?);
        *kept = Some((second, Arc::clone(&store)));
        Ok(store)
    }

    fn build(&self, second: i64) -> Result<X509Store, openssl::error::ErrorStack> {
        let mut builder = X509StoreBuilder::new()?;
        for authority in &self.list {
            builder.add_cert(authority.clone())?;
        }
        let mut param = X509VerifyParam::new()?;
        param.set_purpose(X509PurposeId::SSL_CLIENT)?;
        param.set_time(second);
        builder.set_param(&param)?;
        Ok(builder.build())
    }
}
