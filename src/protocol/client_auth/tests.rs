//! Proofs of clients as they are presented, and the claims of assertions.
use serde_json::json;

use super::*;
use crate::protocol::params::tests::params;
use crate::protocol::testing::{NOW, client};

fn header(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

fn reason(authorization: Option<&str>, pairs: &[(&str, &str)]) -> (ErrorCode, Reason) {
    let error = present(authorization, &params(pairs)).expect_err("must be refused");
    (error.code, error.reason)
}

fn assertion(sub: &str) -> String {
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(json!({ "sub": sub }).to_string()))
}

#[test]
fn basic_credentials_are_form_decoded() {
    let presented = present(Some(&header("cli%5F1:a%3Ab+c%C3%A4")), &params(&[("client_id", "cli_1")])).expect("well formed");

    let Presented::Secret { id, secret, method } = presented else { panic!("a secret was presented") };
    assert_eq!((id.as_str(), secret.expose().as_str(), method), ("cli_1", "a:b cä", AuthMethod::Basic));
}

#[test]
fn malformed_headers_are_refused_as_invalid_client() {
    let expected = (ErrorCode::InvalidClient, Reason::ClientAuthenticationMalformed);
    for bad in ["Basic", "Basic ", "Basic !!!", "Bearer abc", &header("nocolon"), &header("a%zz:b"), "Basic //8="] {
        assert_eq!(reason(Some(bad), &[]), expected, "{bad}");
    }
    assert_eq!(reason(None, &[]).1, Reason::ClientAuthenticationMissing);
}

#[test]
fn two_methods_at_once_are_an_invalid_request() {
    let expected = (ErrorCode::InvalidRequest, Reason::ClientAuthenticationTwice);
    let basic = header("cli_1:x");
    let jwt = assertion("cli_1");

    assert_eq!(reason(Some(&basic), &[("client_id", "cli_1"), ("client_secret", "x")]), expected);
    assert_eq!(reason(Some(&basic), &[("client_id", "cli_2")]), expected);
    assert_eq!(reason(Some(&basic), &[("client_assertion", &jwt), ("client_assertion_type", ASSERTION_TYPE)]), expected);
    assert_eq!(reason(None, &[("client_id", "cli_1"), ("client_secret", "x"), ("client_assertion", &jwt)]), expected);
    assert_eq!(reason(None, &[("client_id", "cli_2"), ("client_assertion", &jwt), ("client_assertion_type", ASSERTION_TYPE)]), expected);
}

#[test]
fn b08_the_method_must_be_the_registered_one() {
    let client = client();
    let post = present(None, &params(&[("client_id", "cli_1"), ("client_secret", "x")])).expect("well formed");
    let public = present(None, &params(&[("client_id", "cli_1")])).expect("well formed");
    let basic = present(Some(&header("cli_1:x")), &params(&[])).expect("well formed");

    assert_eq!(check_method(&post, &client).expect_err("post").reason, Reason::ClientAuthenticationMethod);
    assert_eq!(check_method(&public, &client).expect_err("none").reason, Reason::ClientAuthenticationMethod);
    assert!(check_method(&basic, &client).is_ok());
}

#[test]
fn an_assertion_names_its_client_and_a_malformed_one_is_refused() {
    let jwt = assertion("cli_1");
    let presented = present(None, &params(&[("client_assertion", &jwt), ("client_assertion_type", ASSERTION_TYPE)])).expect("good");
    assert_eq!((presented.client().as_str(), presented.method()), ("cli_1", AuthMethod::PrivateKeyJwt));

    let number = format!("e30.{}.x", URL_SAFE_NO_PAD.encode(r#"{"sub":1}"#));
    let twice = format!("e30.{}.x", URL_SAFE_NO_PAD.encode(r#"{"sub":"a","sub":"b"}"#));
    for bad in ["x", "a.b", "a.b.c.d", &".".repeat(5000), &number, &twice] {
        let pairs = [("client_assertion", bad), ("client_assertion_type", ASSERTION_TYPE)];
        assert_eq!(reason(None, &pairs), (ErrorCode::InvalidClient, Reason::AssertionMalformed), "{bad}");
    }
    assert_eq!(reason(None, &[("client_assertion", &jwt), ("client_assertion_type", "x")]).1, Reason::AssertionMalformed);
    assert_eq!(reason(None, &[("client_assertion", &jwt)]).1, Reason::AssertionMalformed);
}

fn checked(changes: serde_json::Value) -> Result<AssertionId, Reason> {
    let now = NOW.seconds();
    let mut claims = json!({ "iss": "cli_1", "sub": "cli_1", "aud": "https://id.test", "exp": now + 60, "iat": now, "jti": "j" });
    claims.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
    let claims: AssertionClaims = serde_json::from_value(claims).map_err(|_| Reason::AssertionMalformed)?;
    check_assertion(&claims, &client(), "https://id.test", NOW).map_err(|e| e.reason)
}

#[test]
fn an_assertion_for_fapi_names_the_issuer_alone_as_a_string() {
    let mut strict = client();
    strict.metadata.assertion_audience = AssertionAudience::Issuer;
    let now = NOW.seconds();
    let with = |aud: serde_json::Value| {
        let claims = json!({ "iss": "cli_1", "sub": "cli_1", "aud": aud, "exp": now + 60, "jti": "j" });
        let claims: AssertionClaims = serde_json::from_value(claims).expect("well formed");
        check_assertion(&claims, &strict, "https://id.test", NOW).err().map(|error| error.reason)
    };

    assert_eq!(with(json!("https://id.test")), None);
    for aud in [json!(["https://id.test"]), json!("https://id.test/token"), json!(["https://id.test", "https://id.test/token"]), json!([])]
    {
        assert_eq!(with(aud.clone()), Some(Reason::AssertionAudience), "{aud}");
    }
}

#[test]
fn a_client_that_is_known_by_its_certificate_sends_its_id_alone() {
    let mut tls = client();
    tls.metadata.token_endpoint_auth_method = AuthMethod::TlsClientAuth;
    let named = present(None, &params(&[("client_id", "cli_1")])).expect("well formed");
    let secret = present(None, &params(&[("client_id", "cli_1"), ("client_secret", "x")])).expect("well formed");

    assert!(check_method(&named, &tls).is_ok());
    assert_eq!(check_method(&secret, &tls).expect_err("a secret").reason, Reason::ClientAuthenticationMethod);
}

#[test]
fn b10_the_claims_of_an_assertion_are_checked() {
    let now = NOW.seconds();
    let table = [
        (json!({}), None),
        (json!({ "aud": ["https://id.test/token"] }), None),
        (json!({ "exp": now - 9 }), None),
        (json!({ "iat": now + 9, "nbf": now + 9 }), None),
        (json!({ "exp": now + 310 }), None),
        (json!({ "iss": "cli_2" }), Some(Reason::AssertionClaims)),
        (json!({ "sub": null }), Some(Reason::AssertionClaims)),
        (json!({ "aud": null }), Some(Reason::AssertionAudience)),
        (json!({ "aud": [] }), Some(Reason::AssertionAudience)),
        (json!({ "aud": "https://id.test/" }), Some(Reason::AssertionAudience)),
        (json!({ "aud": ["https://id.test", "https://evil.test"] }), Some(Reason::AssertionAudience)),
        (json!({ "exp": null }), Some(Reason::AssertionClaims)),
        (json!({ "exp": now - 10 }), Some(Reason::AssertionExpired)),
        (json!({ "exp": -5 }), Some(Reason::AssertionExpired)),
        (json!({ "exp": now + 311 }), Some(Reason::AssertionTooFar)),
        (json!({ "exp": i64::MAX }), Some(Reason::AssertionTooFar)),
        (json!({ "iat": now + 60 }), Some(Reason::AssertionClaims)),
        (json!({ "nbf": now + 60 }), Some(Reason::AssertionClaims)),
        (json!({ "iat": -1 }), Some(Reason::AssertionClaims)),
        (json!({ "jti": null }), Some(Reason::AssertionClaims)),
        (json!({ "jti": "" }), Some(Reason::AssertionClaims)),
        (json!({ "jti": "x".repeat(257) }), Some(Reason::AssertionClaims)),
    ];
    for (changes, expected) in table {
        assert_eq!(checked(changes.clone()).err(), expected, "{changes}");
    }
}

#[test]
fn d05_d07_times_of_other_types_or_sizes_do_not_even_parse() {
    for name in ["exp", "nbf", "iat"] {
        for value in [json!("1800000000"), json!([1]), json!(1.5), json!(1e30), json!(u64::MAX), json!(true)] {
            assert_eq!(checked(json!({ name: value })), Err(Reason::AssertionMalformed), "{name}");
        }
    }
}
