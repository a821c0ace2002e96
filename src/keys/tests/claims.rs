//! Claims with odd types and odd numbers.
use std::time::Duration;

use super::NOW;
use crate::keys::{JwtError, StrictClaims, Times};

const LEEWAY: Duration = Duration::from_secs(60);

fn times(payload: &str) -> Result<Times, JwtError> {
    StrictClaims::parse(payload.as_bytes())?.times()
}

#[test]
fn d05_a_date_of_another_type_is_an_error_and_not_absent() {
    for name in ["exp", "iat", "nbf"] {
        for value in [r#""1800000300""#, "null", "[1800000300]", "{}", "true", "-1", "-0.5", "-1e10", r#""""#, r#""soon""#] {
            let payload = format!(r#"{{"{name}":{value}}}"#);
            assert_eq!(times(&payload), Err(JwtError::Claims), "{payload}");
        }
    }
}

#[test]
fn d07_huge_dates_are_refused_without_panic() {
    for name in ["exp", "iat", "nbf"] {
        for value in ["1e30", "9223372036854775807", "18446744073709551615", "1e308", "1e999", "100000000001", "99999999999999999999999"] {
            let payload = format!(r#"{{"{name}":{value}}}"#);
            assert_eq!(times(&payload), Err(JwtError::Claims), "{payload}");
        }
    }
}

#[test]
fn dates_may_be_fractions_and_at_the_edges() {
    let read = times(r#"{"exp":1800000000.75,"iat":0,"nbf":1e11}"#).unwrap();
    assert_eq!(read, Times { exp: Some(1_800_000_000), iat: Some(0), nbf: Some(100_000_000_000) });
    assert_eq!(times("{}").unwrap(), Times { exp: None, iat: None, nbf: None });
}

#[test]
fn a_token_counts_between_its_dates() {
    let now = NOW.seconds();
    let check = |exp: Option<i64>, iat: Option<i64>, nbf: Option<i64>| Times { exp, iat, nbf }.check(NOW, LEEWAY);
    assert_eq!(check(None, Some(now), None), Err(JwtError::Claims));
    assert_eq!(check(Some(now + 1), None, None), Ok(()));
    assert_eq!(check(Some(now - 59), None, None), Ok(()));
    assert_eq!(check(Some(now - 60), None, None), Err(JwtError::Expired));
    assert_eq!(check(Some(now + 300), Some(now + 60), None), Ok(()));
    assert_eq!(check(Some(now + 300), Some(now + 61), None), Err(JwtError::NotYet));
    assert_eq!(check(Some(now + 300), None, Some(now + 61)), Err(JwtError::NotYet));
    assert_eq!(Times { exp: Some(now), iat: None, nbf: None }.unexpired(NOW, Duration::ZERO), Err(JwtError::Expired));
}

#[test]
fn texts_and_audiences_have_their_types() {
    let claims = |payload: &str| StrictClaims::parse(payload.as_bytes()).unwrap();
    assert_eq!(claims(r#"{"sub":"x"}"#).text("sub"), Ok(Some("x")));
    assert_eq!(claims("{}").text("sub"), Ok(None));
    for value in ["1", "null", r#""""#, r#"["x"]"#] {
        assert_eq!(claims(&format!(r#"{{"sub":{value}}}"#)).text("sub"), Err(JwtError::Claims), "{value}");
    }
    assert_eq!(claims(r#"{"aud":"a"}"#).audience(), Ok(vec!["a"]));
    assert_eq!(claims(r#"{"aud":["a","b"]}"#).audience(), Ok(vec!["a", "b"]));
    assert_eq!(claims("{}").audience(), Ok(vec![]));
    for value in ["1", "null", "{}", r#"["a",1]"#, r#"[["a"]]"#] {
        assert_eq!(claims(&format!(r#"{{"aud":{value}}}"#)).audience(), Err(JwtError::Claims), "{value}");
    }
}

#[test]
fn a_payload_is_one_object_of_utf_8() {
    for payload in [
        &b""[..],
        b"[]",
        b"1",
        b"{} {}",
        b"{",
        b"\xff",
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"\\ud800\"}",
        b"\xef\xbb\xbf{}",
        b"{'a':1}",
        b"{\"a\":NaN}",
    ] {
        assert_eq!(StrictClaims::parse(payload), Err(JwtError::Claims), "{payload:?}");
    }
    assert!(StrictClaims::parse(b" {\"a\":[1,{\"b\":null}]} ").is_ok());
}
