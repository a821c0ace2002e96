//! Signatures that others can check, and digests that others computed.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Map, Value, json};

use super::{good_claims, jwks, public_jwk, row, rows, sealer, signer_of};
use crate::keys::material::{generate, verifier};
use crate::keys::{JwtError, KeyRing, PublicKeys, Typ, at_hash, thumbprint, verify_compact};
use crate::model::SigningAlg;

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

/// ring's opinion about a token of ours: an implementation that shares nothing with the one that signed.
fn ring_accepts(alg: SigningAlg, jwk: &Value, token: &str) -> bool {
    let part = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (signed, signature) = (signed.as_bytes(), URL_SAFE_NO_PAD.decode(signature).unwrap());
    let rsa = || RsaPublicKeyComponents { n: part("n"), e: part("e") };
    match alg {
        SigningAlg::Rs256 => rsa().verify(&RSA_PKCS1_2048_8192_SHA256, signed, &signature).is_ok(),
        SigningAlg::Ps256 => rsa().verify(&RSA_PSS_2048_8192_SHA256, signed, &signature).is_ok(),
        SigningAlg::Es256 => {
            let point = [&[4u8][..], &part("x"), &part("y")].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, &signature).is_ok()
        }
        SigningAlg::EdDsa => UnparsedPublicKey::new(&ED25519, part("x")).verify(signed, &signature).is_ok(),
    }
}

#[test]
fn every_algorithm_signs_what_ring_verifies() {
    let ring = KeyRing::load(rows(), &sealer()).unwrap();
    for alg in SigningAlg::ALL {
        let token = ring.sign(*alg, Typ::AccessToken.as_str(), &good_claims()).unwrap();
        assert!(ring_accepts(*alg, &public_jwk(&row(*alg)), &token), "{alg}");
        let mut changed = token.clone().into_bytes();
        changed[60] ^= 1;
        assert!(!ring_accepts(*alg, &public_jwk(&row(*alg)), std::str::from_utf8(&changed).unwrap()), "{alg}");
    }
}

#[test]
fn every_algorithm_is_verified_with_a_registered_key() {
    let keys = PublicKeys::from_jwks(&jwks(rows())).unwrap();
    let ring = KeyRing::load(rows(), &sealer()).unwrap();
    for alg in SigningAlg::ALL {
        let token = ring.sign(*alg, "JWT", &json!({ "sub": "x" })).unwrap();
        assert_eq!(verify_compact(&token, &keys, SigningAlg::ALL, Some("JWT")).unwrap(), br#"{"sub":"x"}"#);
        let others: Vec<SigningAlg> = SigningAlg::ALL.iter().copied().filter(|a| a != alg).collect();
        assert_eq!(verify_compact(&token, &keys, &others, None), Err(JwtError::Algorithm), "{alg}");
    }
}

#[test]
fn the_example_of_rfc_7515_a_3_verifies() {
    let set = json!({ "keys": [{ "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" }] });
    let token = concat!(
        "eyJhbGciOiJFUzI1NiJ9.",
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.",
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    );
    let payload = verify_compact(token, &PublicKeys::from_jwks(&set).unwrap(), &[SigningAlg::Es256], None).unwrap();
    assert!(payload.starts_with(br#"{"iss":"joe""#));
}

#[test]
fn es256_signatures_and_coordinates_keep_their_leading_zeros() {
    let signer = signer_of(&row(SigningAlg::Es256));
    assert!((0..600u32).all(|n| signer.sign(&n.to_be_bytes()).unwrap().len() == 64));
    for _ in 0..300 {
        let jwk: Value = serde_json::from_str(&generate(SigningAlg::Es256).unwrap().public_jwk).unwrap();
        assert_eq!(jwk["x"].as_str().unwrap().len(), 43);
        assert_eq!(jwk["y"].as_str().unwrap().len(), 43);
    }
}

#[test]
fn signatures_of_odd_lengths_are_refused_without_panic() {
    for alg in SigningAlg::ALL {
        let verifier = verifier(*alg, &object(public_jwk(&row(*alg)))).unwrap();
        for length in [0, 1, 63, 64, 65, 72, 255, 256, 257, 4096] {
            assert!(verifier.verify(b"message", &vec![0; length]).is_err(), "{alg} {length}");
            assert!(verifier.verify(b"message", &vec![0xff; length]).is_err(), "{alg} {length}");
        }
    }
}

#[test]
fn kids_name_key_and_algorithm() {
    let kids: std::collections::BTreeSet<&str> = rows().iter().map(|row| row.kid.as_str()).collect();
    assert_eq!(kids.len(), 4);
    for row in rows() {
        let print = thumbprint(&object(public_jwk(row))).unwrap();
        assert_eq!(row.kid, format!("{}-{print}", row.alg.as_str().to_lowercase()));
    }
}

#[test]
fn thumbprints_match_the_examples_of_rfc_7638_and_rfc_8037() {
    let rsa = json!({ "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29", "n": concat!(
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W",
        "-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08q",
        "NLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw") });
    assert_eq!(thumbprint(&object(rsa)).unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    let ed = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    assert_eq!(thumbprint(&object(ed)).unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn a_thumbprint_cannot_be_steered_by_quotes() {
    let odd = json!({ "kty": "OKP", "crv": "Ed25519", "x": "a\",\"y\":\"b" });
    assert_eq!(thumbprint(&object(odd)), None);
    assert_eq!(thumbprint(&object(json!({ "kty": "oct", "k": "AAAA" }))), None);
    assert_eq!(thumbprint(&object(json!({ "kty": "EC", "crv": "P-256", "x": "" , "y": "AA" }))), None);
}

#[test]
fn at_hash_matches_the_example_of_the_specification() {
    // OpenID Connect Core A.3
    assert_eq!(at_hash(SigningAlg::Rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    assert_eq!(at_hash(SigningAlg::Es256, "x"), at_hash(SigningAlg::Ps256, "x"));
    assert_eq!(URL_SAFE_NO_PAD.decode(at_hash(SigningAlg::EdDsa, "x")).unwrap().len(), 32);
}
