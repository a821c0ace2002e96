//! Tests of the room of keys: one set of key pairs for all of them, and a forger for tokens of any shape.
mod attacks;
mod claims;
mod crypto;
mod gate;
mod ring;
mod rotation;
mod seal;

use std::sync::{Arc, OnceLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::jws::JwsSigner;
use serde_json::{Value, json};

use super::material::{self, context};
use super::seal::{MasterKey, Sealer};
use crate::model::{KeyState, SigningAlg, SigningKeyRow};
use crate::world::{Seeded, Timestamp};

pub const ISSUER: &str = "https://id.example.test";
pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

pub fn sealer() -> Sealer {
    Sealer::new(MasterKey::from_bytes([7; 32]))
}

/// One active key of each algorithm, made once for all tests: RSA keys take their time.
pub fn rows() -> &'static [SigningKeyRow] {
    static ROWS: OnceLock<Vec<SigningKeyRow>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let make = |alg: &SigningAlg| super::new_row(*alg, &sealer(), &Seeded::new(1), NOW, KeyState::Active, NOW).unwrap();
        SigningAlg::ALL.iter().map(make).collect()
    })
}

pub fn row(alg: SigningAlg) -> SigningKeyRow {
    rows().iter().find(|row| row.alg == alg).unwrap().clone()
}

/// A fresh key that is quickly made.
pub fn other_row(state: KeyState, activates_at: Timestamp, retires_at: Option<Timestamp>) -> SigningKeyRow {
    let made = super::new_row(SigningAlg::Es256, &sealer(), &Seeded::new(2), NOW, state, activates_at).unwrap();
    SigningKeyRow { retires_at, ..made }
}

pub fn signer_of(row: &SigningKeyRow) -> Arc<dyn JwsSigner> {
    material::signer(row, &sealer()).unwrap()
}

pub fn private_jwk(row: &SigningKeyRow) -> Value {
    serde_json::from_slice(sealer().open(&context(&row.kid), &row.sealed_private).unwrap().expose()).unwrap()
}

pub fn public_jwk(row: &SigningKeyRow) -> Value {
    serde_json::from_str(&row.public_jwk).unwrap()
}

/// The set that a client registers.
pub fn jwks(rows: &[SigningKeyRow]) -> Value {
    json!({ "keys": rows.iter().map(public_jwk).collect::<Vec<_>>() })
}

/// A token with exactly this header and payload, signed by this key whatever the header says.
pub fn forge(header: &str, payload: &str, row: &SigningKeyRow) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = signer_of(row).sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The header that a well-behaved signer sends.
pub fn header_of(row: &SigningKeyRow, typ: &str) -> String {
    json!({ "alg": row.alg, "kid": row.kid, "typ": typ }).to_string()
}

pub fn good_claims() -> Value {
    json!({ "iss": ISSUER, "sub": "per_1", "aud": "cli_1", "iat": NOW.seconds(), "exp": NOW.seconds() + 300 })
}

/// One part of a token as JSON.
pub fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
