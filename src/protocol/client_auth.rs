//! How a client proves itself at the token, introspection and revocation endpoints (RFC 6749 2.3, RFC 7523 2.2 and 3).
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::error::{ErrorCode, OAuthError, Reason};
use super::form;
use super::params::Params;
use crate::model::{AuthMethod, Client, ClientId};
use crate::world::{Secret, Timestamp};

/// RFC 7523 2.2.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Clocks of clients may differ by this much (protocol.md §4).
const SKEW: Duration = Duration::from_secs(10);
/// An assertion may live this long.
const ASSERTION_LIFETIME: Duration = Duration::from_secs(300);
const MAX_JTI: usize = 256;

/// What a request presents as proof of its client. Nothing in it is verified.
#[derive(Clone, Debug)]
pub enum Presented {
    Secret { id: ClientId, secret: Secret<String>, method: AuthMethod },
    Assertion { id: ClientId, jwt: String },
    Public { id: ClientId },
}

impl Presented {
    pub fn client(&self) -> &ClientId {
        match self {
            Self::Secret { id, .. } | Self::Assertion { id, .. } | Self::Public { id } => id,
        }
    }

    pub fn method(&self) -> AuthMethod {
        match self {
            Self::Secret { method, .. } => *method,
            Self::Assertion { .. } => AuthMethod::PrivateKeyJwt,
            Self::Public { .. } => AuthMethod::None,
        }
    }
}

/// Finds the one proof in a request: the `Authorization` header's value and the parameters of the body.
///
/// # Errors
/// `invalid_request` for two methods at once, `invalid_client` for none or a malformed one (RFC 6749 5.2).
pub fn present(authorization: Option<&str>, params: &Params) -> Result<Presented, OAuthError> {
    let assertion = params.get("client_assertion").or(params.get("client_assertion_type"));
    let methods = [authorization.is_some(), params.get("client_secret").is_some(), assertion.is_some()];
    // RFC 6749 2.3: a client must not use more than one method in a request.
    if methods.into_iter().filter(|used| *used).count() > 1 {
        return Err(twice());
    }
    let presented = if let Some(header) = authorization {
        basic(header)?
    } else if assertion.is_some() {
        signed(params)?
    } else {
        let id = params.get("client_id").ok_or_else(|| refused(Reason::ClientAuthenticationMissing))?;
        match params.get("client_secret") {
            Some(secret) => Presented::Secret { id: ClientId::from_text(id), secret: Secret::from(secret), method: AuthMethod::Post },
            None => Presented::Public { id: ClientId::from_text(id) },
        }
    };
    match params.get("client_id") {
        Some(id) if id != presented.client().as_str() => Err(twice()),
        _ => Ok(presented),
    }
}

/// Is this the method that the client registered? A public client cannot gain by guessing, a confidential one cannot be
/// downgraded.
///
/// # Errors
/// `invalid_client`.
pub fn check_method(presented: &Presented, client: &Client) -> Result<(), OAuthError> {
    if presented.method() == client.metadata.token_endpoint_auth_method { Ok(()) } else { Err(refused(Reason::ClientAuthenticationMethod)) }
}

/// The one answer to every failed proof; which it was is for the log.
pub fn refused(reason: Reason) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClient, "Client authentication failed", reason)
}

fn twice() -> OAuthError {
    let text = "The client is named or authenticated in two ways at once";
    OAuthError::new(ErrorCode::InvalidRequest, text, Reason::ClientAuthenticationTwice)
}

/// RFC 7617 2 and RFC 6749 2.3.1: id and secret are form-encoded, joined by a colon, then base64.
fn basic(header: &str) -> Result<Presented, OAuthError> {
    let parse = || {
        let (scheme, credentials) = header.split_once(' ')?;
        let decoded = STANDARD.decode(credentials.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let cut = decoded.iter().position(|b| *b == b':')?;
        Some((form::component(&decoded[..cut])?, Secret::new(form::component(&decoded[cut + 1..])?)))
    };
    let (id, secret) = parse().ok_or_else(|| refused(Reason::ClientAuthenticationMalformed))?;
    Ok(Presented::Secret { id: ClientId::from_text(id), secret, method: AuthMethod::Basic })
}

fn signed(params: &Params) -> Result<Presented, OAuthError> {
    let malformed = || refused(Reason::AssertionMalformed);
    if params.get("client_assertion_type") != Some(ASSERTION_TYPE) {
        return Err(malformed());
    }
    let jwt = params.get("client_assertion").ok_or_else(malformed)?;
    let subject = unverified_subject(jwt).ok_or_else(malformed)?;
    Ok(Presented::Assertion { id: ClientId::from_text(subject), jwt: jwt.to_owned() })
}

/// Whose keys are to be asked: `sub` as it stands in the assertion (RFC 7523 3, number 2).
fn unverified_subject(jwt: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Subject {
        sub: String,
    }
    let mut parts = jwt.split('.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    let decoded = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice::<Subject>(&decoded).ok().map(|claims| claims.sub)
}

/// The claims of a client assertion whose signature is verified. Whole numbers only (security.md D05, D07).
#[derive(Clone, Debug, Deserialize)]
pub struct AssertionClaims {
    pub iss: Option<String>,
    pub sub: Option<String>,
    pub aud: Option<Audience>,
    pub exp: Option<i64>,
    pub nbf: Option<i64>,
    pub iat: Option<i64>,
    pub jti: Option<String>,
}

/// RFC 7519 4.1.3: one string or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    /// The audiences that are named.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

/// What makes an assertion single-use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionId {
    pub jti: String,
    /// From then on it is refused for its age alone.
    pub expires_at: Timestamp,
}

/// Checks the claims of an assertion (RFC 7523 3). `audiences` are the names of ours that it may be made for; a foreign
/// one beside them is refused, since whoever owns that name could replay it here.
///
/// # Errors
/// `invalid_client` with the rule that was broken.
pub fn check_assertion(claims: &AssertionClaims, client: &ClientId, audiences: &[&str], now: Timestamp) -> Result<AssertionId, OAuthError> {
    let id = Some(client.as_str());
    if claims.iss.as_deref() != id || claims.sub.as_deref() != id {
        return Err(refused(Reason::AssertionClaims));
    }
    let named = claims.aud.as_ref().map_or(&[][..], Audience::names);
    if named.is_empty() || !named.iter().all(|name| audiences.contains(&name.as_str())) {
        return Err(refused(Reason::AssertionAudience));
    }
    let (latest, earliest) = (now.plus(SKEW), now.minus(SKEW));
    let at = |seconds: Option<i64>| seconds.map(Timestamp::from_seconds);
    let Some(expires_at) = at(claims.exp) else { return Err(refused(Reason::AssertionClaims)) };
    if expires_at <= earliest {
        return Err(refused(Reason::AssertionExpired));
    }
    if expires_at > latest.plus(ASSERTION_LIFETIME) {
        return Err(refused(Reason::AssertionTooFar));
    }
    if at(claims.nbf).is_some_and(|nbf| nbf > latest) || at(claims.iat).is_some_and(|iat| iat > latest || iat < Timestamp::from_seconds(0))
    {
        return Err(refused(Reason::AssertionClaims));
    }
    match claims.jti.as_deref() {
        Some(jti) if (1..=MAX_JTI).contains(&jti.len()) => {
            Ok(AssertionId { jti: jti.to_owned(), expires_at: expires_at.plus(SKEW).plus(Duration::from_secs(1)) })
        }
        _ => Err(refused(Reason::AssertionClaims)),
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(
            reason(None, &[("client_id", "cli_2"), ("client_assertion", &jwt), ("client_assertion_type", ASSERTION_TYPE)]),
            expected
        );
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
        let ours = ["https://id.test", "https://id.test/token"];
        check_assertion(&claims, &ClientId::from_text("cli_1"), &ours, NOW).map_err(|e| e.reason)
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
}
