//! The ring: what it publishes, what it signs with and what it still believes.
use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::{ISSUER, NOW, forge, good_claims, header_of, other_row, private_jwk, row, rows, sealer};
use crate::keys::{JwtError, KeyError, KeyRing, Typ};
use crate::model::{KeyState, SigningAlg, SigningKeyRow};
use crate::world::Timestamp;

const HOUR: Duration = Duration::from_secs(3600);

fn ring(rows: &[SigningKeyRow]) -> KeyRing {
    KeyRing::load(rows, &sealer()).unwrap()
}

fn verify(ring: &KeyRing, token: &str) -> Result<Value, JwtError> {
    ring.verify(token, Typ::AccessToken, ISSUER, NOW)
}

fn token_of(row: &SigningKeyRow) -> String {
    forge(&header_of(row, "at+jwt"), &good_claims().to_string(), row)
}

#[test]
fn d16_the_published_set_has_public_members_only_in_every_state() {
    let mut keys = rows().to_vec();
    keys.push(other_row(KeyState::Next, NOW.plus(HOUR), None));
    keys.push(other_row(KeyState::Retired, NOW, Some(NOW.plus(HOUR))));
    // Even if the column of the public part held the private one.
    keys[0].public_jwk = private_jwk(&keys[0]).to_string();

    let published: Value = serde_json::from_str(ring(&keys).jwks()).unwrap();

    assert_eq!(published.as_object().unwrap().len(), 1);
    let published = published["keys"].as_array().unwrap();
    assert_eq!(published.len(), 6);
    for jwk in published {
        let members: BTreeSet<&str> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
        let numbers: &[&str] = match jwk["kty"].as_str().unwrap() {
            "RSA" => &["n", "e"],
            "EC" => &["crv", "x", "y"],
            _ => &["crv", "x"],
        };
        let expected: BTreeSet<&str> = ["kty", "kid", "use", "alg"].into_iter().chain(numbers.iter().copied()).collect();
        assert_eq!(members, expected);
        assert_eq!(jwk["use"], "sig");
    }
    let kids: BTreeSet<&str> = published.iter().map(|jwk| jwk["kid"].as_str().unwrap()).collect();
    assert_eq!(kids.len(), 6);
}

#[test]
fn a_signed_token_names_algorithm_key_and_type() {
    let ring = ring(rows());
    for alg in SigningAlg::ALL {
        let token = ring.sign(*alg, Typ::IdToken.as_str(), &good_claims()).unwrap();
        let header = super::decoded(token.split('.').next().unwrap());
        assert_eq!(header, json!({ "alg": alg.as_str(), "kid": row(*alg).kid, "typ": "JWT" }));
        let claims: Value = ring.verify(&token, Typ::IdToken, ISSUER, NOW).unwrap();
        assert_eq!(claims, good_claims());
    }
}

#[test]
fn d17_a_key_that_is_not_yet_active_verifies_nothing() {
    let next = other_row(KeyState::Next, NOW.plus(HOUR), None);
    let ring = ring(&[row(SigningAlg::Es256), next.clone()]);
    assert_eq!(verify(&ring, &token_of(&next)), Err(JwtError::KeyState));
}

#[test]
fn a_next_key_whose_time_has_come_verifies_for_another_node_may_sign_with_it() {
    let next = other_row(KeyState::Next, NOW, None);
    let ring = ring(&[row(SigningAlg::Es256), next.clone()]);
    assert!(verify(&ring, &token_of(&next)).is_ok());
}

#[test]
fn d17_a_retired_key_verifies_until_its_date_and_never_after() {
    let retired = |until: Option<Timestamp>| other_row(KeyState::Retired, NOW, until);
    let outcome = |key: SigningKeyRow| verify(&ring(std::slice::from_ref(&key)), &token_of(&key)).map(|_| ());
    assert_eq!(outcome(retired(Some(NOW.plus(HOUR)))), Ok(()));
    assert_eq!(outcome(retired(Some(NOW))), Err(JwtError::KeyState));
    assert_eq!(outcome(retired(Some(NOW.minus(HOUR)))), Err(JwtError::KeyState));
    assert_eq!(outcome(retired(None)), Err(JwtError::KeyState));
}

#[test]
fn d17_a_token_for_another_purpose_is_refused() {
    let ring = ring(rows());
    let id_token = ring.sign(SigningAlg::Es256, Typ::IdToken.as_str(), &good_claims()).unwrap();
    let access = ring.sign(SigningAlg::Es256, Typ::AccessToken.as_str(), &good_claims()).unwrap();
    let logout = ring.sign(SigningAlg::Es256, Typ::LogoutToken.as_str(), &good_claims()).unwrap();
    let bare = forge(
        &json!({ "alg": "ES256", "kid": row(SigningAlg::Es256).kid }).to_string(),
        &good_claims().to_string(),
        &row(SigningAlg::Es256),
    );
    for wrong in [&id_token, &logout, &bare] {
        assert_eq!(verify(&ring, wrong), Err(JwtError::Typ));
    }
    for wrong in [&access, &logout, &bare] {
        assert_eq!(ring.verify_hint::<Value>(wrong, ISSUER, NOW), Err(JwtError::Typ));
    }
}

#[test]
fn d17_a_token_of_an_unknown_key_is_refused() {
    let stranger = other_row(KeyState::Active, NOW, None);
    assert_eq!(verify(&ring(rows()), &token_of(&stranger)), Err(JwtError::UnknownKey));
    let under_our_name = forge(&header_of(&row(SigningAlg::Es256), "at+jwt"), &good_claims().to_string(), &stranger);
    assert_eq!(verify(&ring(rows()), &under_our_name), Err(JwtError::Signature));
    let nameless = forge(r#"{"alg":"ES256","typ":"at+jwt"}"#, &good_claims().to_string(), &row(SigningAlg::Es256));
    assert_eq!(verify(&ring(rows()), &nameless), Err(JwtError::UnknownKey));
}

#[test]
fn only_an_active_key_signs() {
    let ring = ring(&[other_row(KeyState::Next, NOW, None), other_row(KeyState::Retired, NOW, Some(NOW.plus(HOUR)))]);
    assert!(!ring.signs(SigningAlg::Es256));
    assert!(matches!(ring.sign(SigningAlg::Es256, "JWT", &good_claims()), Err(KeyError::NoActiveKey(SigningAlg::Es256))));
}

#[test]
fn a_retired_key_needs_no_private_part_any_more() {
    let mut retired = other_row(KeyState::Retired, NOW, Some(NOW.plus(HOUR)));
    let token = token_of(&retired);
    retired.sealed_private = String::new();
    assert!(verify(&ring(&[retired]), &token).is_ok());
}

#[test]
fn an_unusable_row_is_an_error_that_names_the_key() {
    for public in ["", "{}", "[]", r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#] {
        let broken = SigningKeyRow { public_jwk: public.into(), ..row(SigningAlg::Es256) };
        let kid = broken.kid.clone();
        assert!(KeyRing::load(&[broken], &sealer()).is_err_and(|e| e.to_string().contains(&kid)), "{public}");
    }
    let crossed = SigningKeyRow { alg: SigningAlg::EdDsa, ..row(SigningAlg::Es256) };
    assert!(matches!(KeyRing::load(&[crossed], &sealer()), Err(KeyError::Unusable { .. })));
}

#[test]
fn issuer_and_dates_of_our_tokens_are_checked() {
    let ring = ring(rows());
    let outcome = |change: &dyn Fn(&mut Value)| {
        let mut claims = good_claims();
        change(&mut claims);
        verify(&ring, &ring.sign(SigningAlg::EdDsa, "at+jwt", &claims).unwrap()).map(|_| ())
    };
    assert_eq!(outcome(&|_| {}), Ok(()));
    assert_eq!(outcome(&|c| c["iss"] = "https://id.example.test/".into()), Err(JwtError::Issuer));
    assert_eq!(outcome(&|c| drop(c.as_object_mut().unwrap().remove("iss"))), Err(JwtError::Issuer));
    assert_eq!(outcome(&|c| c["iss"] = json!([ISSUER])), Err(JwtError::Claims));
    assert_eq!(outcome(&|c| drop(c.as_object_mut().unwrap().remove("exp"))), Err(JwtError::Claims));
    assert_eq!(outcome(&|c| c["exp"] = NOW.seconds().into()), Err(JwtError::Expired));
    assert_eq!(outcome(&|c| c["exp"] = json!(1e30)), Err(JwtError::Claims));
    assert_eq!(outcome(&|c| c["nbf"] = (NOW.seconds() + 61).into()), Err(JwtError::NotYet));
    assert_eq!(outcome(&|c| c["iat"] = (NOW.seconds() + 60).into()), Ok(()));
}

#[test]
fn a_hint_may_have_expired_but_nothing_else() {
    let ring = ring(rows());
    let hint = |change: &dyn Fn(&mut Value)| {
        let mut claims = good_claims();
        change(&mut claims);
        ring.verify_hint::<Value>(&ring.sign(SigningAlg::Es256, "JWT", &claims).unwrap(), ISSUER, NOW).map(|_| ())
    };
    assert_eq!(hint(&|c| c["exp"] = (NOW.seconds() - 86_400).into()), Ok(()));
    assert_eq!(hint(&|c| c["exp"] = json!("1")), Err(JwtError::Claims));
    assert_eq!(hint(&|c| c["exp"] = json!(1e30)), Err(JwtError::Claims));
    assert_eq!(hint(&|c| c["iss"] = "https://other.test".into()), Err(JwtError::Issuer));
    assert_eq!(hint(&|c| c["iat"] = (NOW.seconds() + 3600).into()), Err(JwtError::NotYet));
}

#[test]
fn claims_arrive_in_the_callers_own_type() {
    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Wanted {
        sub: String,
    }
    let ring = ring(rows());
    let token = ring.sign(SigningAlg::Es256, "at+jwt", &good_claims()).unwrap();
    assert_eq!(ring.verify::<Wanted>(&token, Typ::AccessToken, ISSUER, NOW), Ok(Wanted { sub: "per_1".into() }));
    let mut other = good_claims();
    other["sub"] = json!(1);
    let token = ring.sign(SigningAlg::Es256, "at+jwt", &other).unwrap();
    assert_eq!(ring.verify::<Wanted>(&token, Typ::AccessToken, ISSUER, NOW), Err(JwtError::Claims));
}
