//! Section D of security.md against the verifier of foreign tokens and against our own ring.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use serde_json::{Value, json};

use super::{ISSUER, NOW, forge, good_claims, header_of, jwks, private_jwk, public_jwk, row, rows, sealer};
use crate::keys::{JwksFault, JwtError, KeyRing, PublicKeys, Typ, verify_compact};
use crate::model::SigningAlg;

/// Both doors: as a client assertion with registered keys, and as an access token of ours.
fn both(token: &str) -> [JwtError; 2] {
    let keys = PublicKeys::from_jwks(&jwks(rows())).unwrap();
    let foreign = verify_compact(token, &keys, SigningAlg::ALL, None).unwrap_err();
    let ring = KeyRing::load(rows(), &sealer()).unwrap();
    let ours = ring.verify::<Value>(token, Typ::AccessToken, ISSUER, NOW).unwrap_err();
    [foreign, ours]
}

fn es256() -> crate::model::SigningKeyRow {
    row(SigningAlg::Es256)
}

fn with_header(header: &str) -> String {
    forge(header, &good_claims().to_string(), &es256())
}

#[test]
fn the_forger_makes_good_tokens_when_asked_for() {
    let token = with_header(&header_of(&es256(), "at+jwt"));
    let keys = PublicKeys::from_jwks(&jwks(rows())).unwrap();
    assert!(verify_compact(&token, &keys, SigningAlg::ALL, Some("at+jwt")).is_ok());
    let ring = KeyRing::load(rows(), &sealer()).unwrap();
    assert!(ring.verify::<Value>(&token, Typ::AccessToken, ISSUER, NOW).is_ok());
}

#[test]
fn d01_unsigned_tokens_are_refused_in_any_spelling() {
    for alg in ["none", "None", "nOnE", "NONE", "", " none"] {
        let header = json!({ "alg": alg, "kid": es256().kid, "typ": "at+jwt" }).to_string();
        let signed = with_header(&header);
        let (body, _) = signed.rsplit_once('.').unwrap();
        for token in [signed.clone(), format!("{body}."), body.to_owned()] {
            for error in both(&token) {
                assert!(matches!(error, JwtError::Algorithm | JwtError::Malformed | JwtError::Header), "{alg}: {error:?}");
            }
        }
    }
    let good = with_header(&header_of(&es256(), "at+jwt"));
    let (body, _) = good.rsplit_once('.').unwrap();
    assert_eq!(both(&format!("{body}.")), [JwtError::Malformed; 2]);
    assert_eq!(both(body), [JwtError::Malformed; 2]);
    assert_eq!(both(".."), [JwtError::Malformed; 2]);
    assert_eq!(both(""), [JwtError::Malformed; 2]);
}

#[test]
fn d02_a_public_key_is_no_hmac_key() {
    let rsa = row(SigningAlg::Rs256);
    let jwk = public_jwk(&rsa);
    let n = jwk["n"].as_str().unwrap();
    let keys = [rsa.public_jwk.clone().into_bytes(), n.as_bytes().to_vec(), URL_SAFE_NO_PAD.decode(n).unwrap()];
    for (alg, key) in ["HS256", "hs256", "RS256"].iter().flat_map(|alg| keys.iter().map(move |key| (alg, key))) {
        let header = json!({ "alg": alg, "kid": rsa.kid, "typ": "at+jwt" }).to_string();
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(good_claims().to_string()));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), signed.as_bytes());
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag));
        let expected = if *alg == "RS256" { JwtError::Signature } else { JwtError::Algorithm };
        assert_eq!(both(&token), [expected; 2], "{alg}");
    }
}

#[test]
fn d02_the_algorithm_is_the_keys_and_not_the_headers() {
    let ps = row(SigningAlg::Ps256);
    for alg in ["RS256", "ES256", "EdDSA"] {
        let header = json!({ "alg": alg, "kid": ps.kid, "typ": "at+jwt" }).to_string();
        assert_eq!(both(&forge(&header, &good_claims().to_string(), &ps)), [JwtError::UnknownKey, JwtError::Algorithm], "{alg}");
    }
}

#[test]
fn d04_keys_offered_in_the_header_are_refused_and_never_fetched() {
    let attacker = super::other_row(crate::model::KeyState::Active, NOW, None);
    let offers = [
        ("jwk", public_jwk(&attacker)),
        ("jku", json!("https://canary.test/jwks")),
        ("x5u", json!("https://canary.test/cert")),
        ("x5c", json!(["MIIB"])),
        ("jwk", Value::Null),
    ];
    for (name, value) in offers {
        for kid in [attacker.kid.clone(), es256().kid] {
            let mut header: Value = json!({ "alg": "ES256", "kid": kid, "typ": "at+jwt" });
            header[name] = value.clone();
            let token = forge(&header.to_string(), &good_claims().to_string(), &attacker);
            assert_eq!(both(&token), [JwtError::Header; 2], "{name}");
        }
    }
}

#[test]
fn d08_critical_extensions_and_json_serialisations_are_refused() {
    for extra in
        [r#""crit":["exp"]"#, r#""crit":["b64"],"b64":false"#, r#""crit":[]"#, r#""crit":"b64""#, r#""b64":false"#, r#""zip":"DEF""#]
    {
        let header = format!(r#"{{"alg":"ES256","kid":"{}","typ":"at+jwt",{extra}}}"#, es256().kid);
        assert_eq!(both(&with_header(&header)), [JwtError::Header; 2], "{extra}");
    }
    let token = with_header(&header_of(&es256(), "at+jwt"));
    let parts: Vec<&str> = token.split('.').collect();
    let flattened = json!({ "protected": parts[0], "payload": parts[1], "signature": parts[2] });
    let general = json!({ "payload": parts[1], "signatures": [{ "protected": parts[0], "signature": parts[2] }] });
    assert_eq!(both(&flattened.to_string()), [JwtError::Malformed; 2]);
    assert_eq!(both(&general.to_string()), [JwtError::Malformed; 2]);
}

#[test]
fn d10_password_based_encryption_is_refused_before_any_work() {
    for p2c in [1_000_000u64, 2_000_000_000] {
        let header = json!({ "alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": p2c, "p2s": "AAAA" }).to_string();
        let part = URL_SAFE_NO_PAD.encode(header);
        assert_eq!(both(&format!("{part}.AAAA.AAAA.AAAA.AAAA")), [JwtError::Malformed; 2]);
        assert_eq!(both(&format!("{part}.AAAA.AAAA")), [JwtError::Header; 2]);
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": "PBES2-HS256+A128KW", "p2c": p2c }).to_string());
        assert_eq!(both(&format!("{header}.AAAA.AAAA")), [JwtError::Algorithm; 2]);
    }
}

#[test]
fn d11_oversized_and_deeply_nested_tokens_are_refused() {
    assert_eq!(both(&".".repeat(1 << 20)), [JwtError::TooLong; 2]);
    assert_eq!(both(&format!("{}.AAAA.AAAA", "A".repeat(1 << 20))), [JwtError::TooLong; 2]);
    assert_eq!(both(&".".repeat(8000)), [JwtError::Malformed; 2]);
    let nested = format!(r#"{{"alg":"ES256","x":{}{}}}"#, "[".repeat(2900), "]".repeat(2900));
    assert_eq!(both(&format!("{}.AAAA.AAAA", URL_SAFE_NO_PAD.encode(nested))), [JwtError::Header; 2]);
    let nested = format!(r#"{{"iss":"{ISSUER}","x":{}1{}}}"#, r#"{"a":"#.repeat(20), "}".repeat(20));
    let ring = KeyRing::load(rows(), &sealer()).unwrap();
    let token = forge(&header_of(&es256(), "at+jwt"), &nested, &es256());
    assert_eq!(ring.verify::<Value>(&token, Typ::AccessToken, ISSUER, NOW), Err(JwtError::Claims));
}

#[test]
fn d11_a_token_of_exactly_the_longest_length_is_still_read() {
    let shell = with_header(&header_of(&es256(), "at+jwt"));
    let room = 8192 - shell.len();
    let mut claims = good_claims();
    claims["pad"] = "a".repeat(room * 3 / 4 - 16).into();
    let token = forge(&header_of(&es256(), "at+jwt"), &claims.to_string(), &es256());
    assert!(token.len() > 8100 && token.len() <= 8192, "{}", token.len());
    let ring = KeyRing::load(rows(), &sealer()).unwrap();
    assert!(ring.verify::<Value>(&token, Typ::AccessToken, ISSUER, NOW).is_ok());
}

#[test]
fn d13_duplicate_members_are_refused_in_header_and_payload() {
    let kid = es256().kid;
    for header in [
        format!(r#"{{"alg":"none","alg":"ES256","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"ES256","\u0061lg":"ES256","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"ES256","kid":"x","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt"}} {{}}"#),
        format!(r#"[{{"alg":"ES256","kid":"{kid}"}}]"#),
    ] {
        assert_eq!(both(&with_header(&header)), [JwtError::Header; 2], "{header}");
    }
    let ring = KeyRing::load(rows(), &sealer()).unwrap();
    for twice in [r#""sub":"a","sub":"b""#, r#""sub":"a","\u0073ub":"a""#, r#""act":{"sub":"a","sub":"b"}"#, r#""l":[{"a":1,"a":1}]"#] {
        let payload = format!(r#"{{"iss":"{ISSUER}","exp":{},{twice}}}"#, NOW.seconds() + 9);
        let token = forge(&header_of(&es256(), "at+jwt"), &payload, &es256());
        assert_eq!(ring.verify::<Value>(&token, Typ::AccessToken, ISSUER, NOW), Err(JwtError::Claims), "{twice}");
    }
}

#[test]
fn other_spellings_of_a_good_token_are_refused() {
    let good = with_header(&header_of(&es256(), "at+jwt"));
    let (body, signature) = good.rsplit_once('.').unwrap();
    let last = signature.chars().last().unwrap();
    // 64 bytes leave four unused bits in the last letter: another letter would decode to the same signature.
    let stray = char::from_u32(u32::from(last) + 1).unwrap();
    let dirty = format!("{body}.{}{stray}", &signature[..signature.len() - 1]);
    for token in [
        format!("{good}="),
        format!("{good}=="),
        dirty,
        format!("{good} "),
        format!("{good}."),
        format!(".{good}"),
        good.replace('.', ".."),
    ] {
        assert_eq!(both(&token), [JwtError::Malformed; 2], "{token}");
    }
    let foreign_alphabet = format!("{body}.{}+/", &signature[..signature.len() - 2]);
    assert_eq!(both(&foreign_alphabet), [JwtError::Malformed; 2]);
}

#[test]
fn d16_private_and_symmetric_keys_cannot_be_registered() {
    for alg in SigningAlg::ALL {
        let set = json!({ "keys": [public_jwk(&es256()), private_jwk(&row(*alg))] });
        assert_eq!(PublicKeys::from_jwks(&set).err(), Some(JwksFault::Private), "{alg}");
    }
    for key in [json!({ "kty": "oct", "k": "AAAA" }), json!({ "kty": "oct" }), json!({ "kty": "EC", "d": null })] {
        let set = json!({ "keys": [key, public_jwk(&es256())] });
        assert_eq!(PublicKeys::from_jwks(&set).err(), Some(JwksFault::Private));
    }
}

#[test]
fn odd_keys_in_a_set_are_skipped_and_the_rest_is_used() {
    let off_curve = json!({ "kty": "EC", "crv": "P-256", "kid": "bad", "x": "A".repeat(43), "y": "A".repeat(43) });
    let mut encrypting = public_jwk(&es256());
    encrypting["use"] = "enc".into();
    let mut signing_only = public_jwk(&es256());
    signing_only["key_ops"] = json!(["sign"]);
    let set = json!({ "keys": [
        1, null, "x", {}, { "kty": "AKP", "alg": "ML-DSA-44", "pub": "AA" }, { "kty": "EC", "crv": "P-384", "x": "AA", "y": "AA" },
        off_curve, encrypting, signing_only, { "kty": "RSA", "n": "", "e": "" }, { "kty": "RSA", "n": "!!", "e": "AQAB" },
        { "kty": "OKP", "crv": "Ed25519", "x": "AA" }, { "kty": "OKP", "crv": "Ed448", "x": "AA" }, public_jwk(&es256())
    ] });
    let keys = PublicKeys::from_jwks(&set).unwrap();
    assert!(verify_compact(&with_header(&header_of(&es256(), "JWT")), &keys, SigningAlg::ALL, None).is_ok());
    for empty in [json!({ "keys": [] }), json!({ "keys": [off_curve, encrypting] })] {
        assert_eq!(PublicKeys::from_jwks(&empty).err(), Some(JwksFault::NoUsableKey));
    }
    for none in [json!([]), json!({}), json!({ "keys": {} }), json!("x"), Value::Null] {
        assert_eq!(PublicKeys::from_jwks(&none).err(), Some(JwksFault::NotASet));
    }
    let many = json!({ "keys": vec![public_jwk(&es256()); 33] });
    assert_eq!(PublicKeys::from_jwks(&many).err(), Some(JwksFault::TooMany));
}

#[test]
fn weak_and_exorbitant_rsa_keys_are_not_used() {
    let good = public_jwk(&row(SigningAlg::Rs256));
    let n = URL_SAFE_NO_PAD.decode(good["n"].as_str().unwrap()).unwrap();
    let encode = |bytes: &[u8]| Value::from(URL_SAFE_NO_PAD.encode(bytes));
    let short = json!({ "kty": "RSA", "n": encode(&n[128..]), "e": "AQAB" });
    let almost = json!({ "kty": "RSA", "n": encode(&[&[0x7f][..], &n[1..]].concat()), "e": "AQAB" });
    let padded = json!({ "kty": "RSA", "n": encode(&[&[0; 128][..], &n[128..]].concat()), "e": "AQAB" });
    let huge = json!({ "kty": "RSA", "n": encode(&n.repeat(5)), "e": "AQAB" });
    let even = json!({ "kty": "RSA", "n": encode(&[&n[..255], &[2]].concat()), "e": "AQAB" });
    let one = json!({ "kty": "RSA", "n": good["n"], "e": "AQ" });
    let two = json!({ "kty": "RSA", "n": good["n"], "e": "Ag" });
    let slow = json!({ "kty": "RSA", "n": good["n"], "e": encode(&[1; 200]) });
    for key in [short, almost, padded, huge, even, one, two, slow] {
        assert_eq!(PublicKeys::from_jwks(&json!({ "keys": [key] })).err(), Some(JwksFault::NoUsableKey), "{key}");
    }
}

#[test]
fn without_a_kid_only_an_only_key_counts() {
    let (first, second) = (es256(), super::other_row(crate::model::KeyState::Active, NOW, None));
    let token = forge(r#"{"alg":"ES256"}"#, r#"{"sub":"x"}"#, &first);
    let verify = |set: Value| verify_compact(&token, &PublicKeys::from_jwks(&set).unwrap(), SigningAlg::ALL, None).map(|_| ());
    assert_eq!(verify(jwks(&[first.clone(), row(SigningAlg::Rs256)])), Ok(()));
    assert_eq!(verify(jwks(&[first.clone(), second.clone()])), Err(JwtError::UnknownKey));
    assert_eq!(verify(jwks(&[second])), Err(JwtError::Signature));
    let mut nameless = public_jwk(&first);
    nameless.as_object_mut().unwrap().remove("kid");
    let named = with_header(&header_of(&first, "JWT"));
    let keys = PublicKeys::from_jwks(&json!({ "keys": [nameless] })).unwrap();
    assert_eq!(verify_compact(&named, &keys, SigningAlg::ALL, None), Err(JwtError::UnknownKey));
}

#[test]
fn the_type_is_pinned_when_asked_for() {
    let keys = PublicKeys::from_jwks(&jwks(&[es256()])).unwrap();
    let verify = |typ: &str, expected: &str| {
        verify_compact(&with_header(&header_of(&es256(), typ)), &keys, SigningAlg::ALL, Some(expected)).map(|_| ())
    };
    assert_eq!(verify("dpop+jwt", "dpop+jwt"), Ok(()));
    assert_eq!(verify("application/DPoP+JWT", "dpop+jwt"), Ok(()));
    assert_eq!(verify("JWT", "dpop+jwt"), Err(JwtError::Typ));
    assert_eq!(verify("at+jwt", "jwt"), Err(JwtError::Typ));
    let bare = with_header(&json!({ "alg": "ES256", "kid": es256().kid }).to_string());
    assert_eq!(verify_compact(&bare, &keys, SigningAlg::ALL, Some("JWT")), Err(JwtError::Typ));
    for typ in [json!(1), json!(null), json!(["JWT"]), json!("")] {
        let header = json!({ "alg": "ES256", "kid": es256().kid, "typ": typ }).to_string();
        assert_eq!(verify_compact(&with_header(&header), &keys, SigningAlg::ALL, None), Err(JwtError::Header), "{typ}");
    }
}
