//! Authorization requests as signed JWTs (RFC 9101, OpenID Connect Core 6, FAPI 2.0 Message Signing 5.3.2): what the
//! header and the claims must be, and the parameters inside.
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::error::{ErrorCode, OAuthError, Reason};
use crate::model::{Client, SigningAlg};
use crate::world::Timestamp;

/// What stands before the reference of a pushed request (RFC 9126 2.2).
pub const URN: &str = "urn:ietf:params:oauth:request_uri:";
/// Clocks of clients may differ by this much (protocol.md §4).
const SKEW: Duration = Duration::from_secs(10);
/// FAPI 2.0 Message Signing 5.3.2: neither older nor longer than this.
const LONGEST: Duration = Duration::from_secs(3600);
/// No NumericDate beyond the year 5138 is believed.
const LATEST: f64 = 100_000_000_000.0;
/// The claims that speak of the JWT and are no parameters of the request.
const FRAME: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "jti", "sub"];

/// What the header says that the JWT is. Nothing in it is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `alg` is `none`.
    Unsigned,
    /// `typ` says that it is a request object (RFC 9101 10.8).
    Explicit,
    /// A JWT of no special type.
    Plain,
    /// Something else, or not a JWT.
    Other,
}

/// Looks at the header.
pub fn kind(jwt: &str) -> Kind {
    let decoded = jwt.split('.').next().and_then(|header| URL_SAFE_NO_PAD.decode(header).ok());
    let Some(Value::Object(header)) = decoded.and_then(|json| serde_json::from_slice(&json).ok()) else { return Kind::Other };
    let text = |name: &str| header.get(name).map(|value| value.as_str().unwrap_or("?").to_ascii_lowercase());
    if text("alg").as_deref() == Some("none") {
        return Kind::Unsigned;
    }
    match text("typ").as_deref().map(|typ| typ.strip_prefix("application/").unwrap_or(typ)) {
        Some("oauth-authz-req+jwt") => Kind::Explicit,
        None | Some("jwt") => Kind::Plain,
        Some(_) => Kind::Other,
    }
}

/// The algorithms in which this client signs its requests: the registered one alone, if there is one.
pub fn algorithms(client: &Client) -> &[SigningAlg] {
    client.metadata.request_object_signing_alg.as_ref().map_or(SigningAlg::ALL, std::slice::from_ref)
}

/// Where the object lies that this registered `request_uri` refers to (OpenID Connect Core 6.2): one that is registered byte
/// for byte, or but for a fragment, which only tells one version of the object from another.
pub fn registered<'a>(client: &Client, uri: &'a str) -> Option<&'a str> {
    let address = uri.split('#').next().unwrap_or(uri);
    let mut known = client.metadata.request_uris.iter().map(String::as_str);
    known.any(|known| known == uri || known == address).then_some(address)
}

/// `invalid_request_uri` (RFC 9101 6).
pub fn invalid_uri(reason: Reason) -> OAuthError {
    let text = match reason {
        Reason::RequestUriNotRegistered => "The request_uri is not registered",
        Reason::RequestUriUnreachable => "There is no request object at the request_uri",
        _ => "The request_uri is unknown, has expired or was used",
    };
    OAuthError::new(ErrorCode::InvalidRequestUri, text, reason)
}

/// An unsigned object says nothing about who made it (OpenID Connect Core 3.1.2.6).
pub fn unsigned() -> OAuthError {
    OAuthError::new(ErrorCode::RequestNotSupported, "Unsigned request objects are not supported", Reason::RequestObjectUnsigned)
}

/// `invalid_request_object` (RFC 9101 6).
pub fn invalid(reason: Reason) -> OAuthError {
    let text = match reason {
        Reason::RequestObjectSignature => "The request object is not signed by a registered key of the client",
        Reason::RequestObjectAge => "The request object has expired, or is not valid yet",
        Reason::RequestObjectNested => "The request object refers to another one",
        _ => "The request object has wrong claims",
    };
    OAuthError::new(ErrorCode::InvalidRequestObject, text, reason)
}

/// Checks the claims of an object whose signature is verified: made by this client, for us, now.
///
/// # Errors
/// `invalid_request_object` with the rule that was broken.
pub fn check(claims: &Map<String, Value>, kind: Kind, client: &Client, issuer: &str, now: Timestamp) -> Result<(), OAuthError> {
    let wrong = || invalid(Reason::RequestObjectClaims);
    let is_client = |name: &str| claims.get(name).and_then(Value::as_str) == Some(client.id.as_str());
    // RFC 9101 5 and 6.3: the client outside, the issuer and the client inside are one.
    if !is_client("iss") || claims.contains_key("client_id") && !is_client("client_id") {
        return Err(wrong());
    }
    // RFC 9101 10.8: what names the client as subject may be a client assertion.
    if kind != Kind::Explicit && is_client("sub") {
        return Err(wrong());
    }
    let named = match claims.get("aud") {
        Some(Value::String(one)) => one == issuer,
        Some(Value::Array(several)) => several.iter().all(Value::is_string) && several.iter().any(|one| one == issuer),
        _ => false,
    };
    if !named {
        return Err(wrong());
    }
    times(claims, client, now)
}

fn times(claims: &Map<String, Value>, client: &Client, now: Timestamp) -> Result<(), OAuthError> {
    let (exp, nbf, iat) = (date(claims, "exp")?, date(claims, "nbf")?, date(claims, "iat")?);
    let aged = || invalid(Reason::RequestObjectAge);
    if exp.is_some_and(|exp| exp <= now.minus(SKEW)) || [nbf, iat].into_iter().flatten().any(|from| from > now.plus(SKEW)) {
        return Err(aged());
    }
    if !client.metadata.require_signed_request_object {
        return Ok(());
    }
    // FAPI 2.0 Message Signing 5.3.2, numbers 3 and 4.
    let (Some(exp), Some(nbf)) = (exp, nbf) else { return Err(invalid(Reason::RequestObjectClaims)) };
    if nbf < now.minus(LONGEST) || exp > nbf.plus(LONGEST) { Err(aged()) } else { Ok(()) }
}

/// A NumericDate (RFC 7519 2) in whole seconds; another type is an error (security.md D05, D07).
fn date(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, OAuthError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_f64().filter(|s| (0.0..=LATEST).contains(s)).ok_or_else(|| invalid(Reason::RequestObjectClaims))?;
    // In range by the line above; fractions are rounded down.
    Ok(Some(Timestamp::from_seconds(seconds as i64)))
}

/// The parameters inside (RFC 9101 4). Numbers and objects become the texts that a query would hold.
///
/// # Errors
/// `invalid_request_object` when the object refers to another one.
pub fn pairs(claims: Map<String, Value>, client: &Client) -> Result<Vec<(String, String)>, OAuthError> {
    // RFC 9101 4: request and request_uri must not be inside.
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        return Err(invalid(Reason::RequestObjectNested));
    }
    let mut pairs = vec![("client_id".to_owned(), client.id.to_string())];
    for (name, value) in claims {
        if name == "client_id" || FRAME.contains(&name.as_str()) {
            continue;
        }
        match value {
            Value::Null => {}
            Value::String(text) => pairs.push((name, text)),
            // RFC 8707 2: the one parameter that may have several values.
            Value::Array(list) if name == "resource" => {
                pairs.extend(list.into_iter().map(|one| (name.clone(), one.as_str().map_or_else(|| one.to_string(), str::to_owned))));
            }
            other => pairs.push((name, other.to_string())),
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::testing::{NOW, client};

    fn good() -> Value {
        json!({ "iss": "cli_1", "aud": "https://id.test", "client_id": "cli_1" })
    }

    fn checked(changes: &Value, client: &Client) -> Option<Reason> {
        let mut claims = good().as_object().cloned().unwrap_or_default();
        for (name, value) in changes.as_object().cloned().unwrap_or_default() {
            if value.is_null() {
                claims.remove(&name)
            } else {
                claims.insert(name, value)
            };
        }
        check(&claims, Kind::Plain, client, "https://id.test", NOW).err().map(|e| e.reason)
    }

    #[test]
    fn d01_the_header_tells_what_it_is() {
        let jwt = |header: Value| format!("{}.e30.x", URL_SAFE_NO_PAD.encode(header.to_string()));

        for alg in ["none", "None", "nOnE"] {
            assert_eq!(kind(&jwt(json!({ "alg": alg, "typ": "oauth-authz-req+jwt" }))), Kind::Unsigned);
        }
        assert_eq!(kind(&jwt(json!({ "alg": "ES256", "typ": "application/oauth-authz-req+jwt" }))), Kind::Explicit);
        assert_eq!(kind(&jwt(json!({ "alg": "ES256", "typ": "JWT" }))), Kind::Plain);
        assert_eq!(kind(&jwt(json!({ "alg": "ES256" }))), Kind::Plain);
        for typ in [json!("dpop+jwt"), json!("logout+jwt"), json!(1)] {
            assert_eq!(kind(&jwt(json!({ "alg": "ES256", "typ": typ }))), Kind::Other);
        }
        assert_eq!((kind("x.y.z"), kind("")), (Kind::Other, Kind::Other));
    }

    #[test]
    fn k01_only_registered_addresses_are_fetched() {
        let mut client = client();
        client.metadata.request_uris = vec!["https://rp1.test/a".into(), "https://rp1.test/b#1".into()];

        assert_eq!(registered(&client, "https://rp1.test/a"), Some("https://rp1.test/a"));
        assert_eq!(registered(&client, "https://rp1.test/a#version"), Some("https://rp1.test/a"));
        assert_eq!(registered(&client, "https://rp1.test/b#1"), Some("https://rp1.test/b"));
        for uri in ["https://rp1.test/b", "https://rp1.test/b#2", "https://rp1.test/a?x", "https://rp1.test/A", "http://rp1.test/a", "#"] {
            assert_eq!(registered(&client, uri), None, "{uri}");
        }
    }

    #[test]
    fn the_object_is_of_this_client_for_this_issuer() {
        let c = client();
        let refused = [
            json!({ "iss": null }),
            json!({ "iss": "cli_2" }),
            json!({ "client_id": "cli_2" }),
            json!({ "client_id": 1 }),
            json!({ "aud": null }),
            json!({ "aud": "https://other.test" }),
            json!({ "aud": [] }),
            json!({ "aud": ["https://id.test", 1] }),
            json!({ "sub": "cli_1" }),
        ];

        for changes in refused {
            assert_eq!(checked(&changes, &c), Some(Reason::RequestObjectClaims), "{changes}");
        }
        for changes in [json!({}), json!({ "client_id": null }), json!({ "aud": ["https://id.test", "https://other.test"] })] {
            assert_eq!(checked(&changes, &c), None, "{changes}");
        }
    }

    #[test]
    fn d05_d07_times_are_numbers_in_range() {
        for name in ["exp", "nbf", "iat"] {
            for value in [json!("1"), json!([]), json!(-1), json!(1e30), json!(i64::MAX), json!(u64::MAX), json!({})] {
                assert_eq!(checked(&json!({ name: value }), &client()), Some(Reason::RequestObjectClaims), "{name} {value}");
            }
        }
    }

    #[test]
    fn the_object_is_valid_now() {
        let at = |name: &str, offset: i64| json!({ name: NOW.seconds() + offset });
        let mut strict = client();
        strict.metadata.require_signed_request_object = true;
        let span = |nbf: i64, exp: i64| json!({ "nbf": NOW.seconds() + nbf, "exp": NOW.seconds() + exp });

        for (changes, reason) in [
            (at("exp", -9), None),
            (at("exp", -10), Some(Reason::RequestObjectAge)),
            (at("nbf", 10), None),
            (at("nbf", 11), Some(Reason::RequestObjectAge)),
            (at("iat", 60), Some(Reason::RequestObjectAge)),
        ] {
            assert_eq!(checked(&changes, &client()), reason, "{changes}");
        }
        for (changes, reason) in [
            (json!({}), Some(Reason::RequestObjectClaims)),
            (at("exp", 60), Some(Reason::RequestObjectClaims)),
            (at("nbf", 0), Some(Reason::RequestObjectClaims)),
            (span(0, 3600), None),
            (span(0, 3601), Some(Reason::RequestObjectAge)),
            (span(-3600, 0), None),
            (span(-3601, -1), Some(Reason::RequestObjectAge)),
        ] {
            assert_eq!(checked(&changes, &strict), reason, "{changes}");
        }
    }

    #[test]
    fn what_is_inside_becomes_the_parameters() {
        let claims = json!({
            "iss": "cli_1", "aud": "a", "exp": 1, "jti": "j", "client_id": "cli_1", "scope": "openid", "max_age": 300,
            "claims": { "id_token": {} }, "resource": ["https://a", "https://b"], "nonce": null,
        });

        let mut pairs = pairs(claims.as_object().cloned().unwrap_or_default(), &client()).expect("not nested");
        pairs.sort();

        let expected = [
            ("claims", r#"{"id_token":{}}"#),
            ("client_id", "cli_1"),
            ("max_age", "300"),
            ("resource", "https://a"),
            ("resource", "https://b"),
            ("scope", "openid"),
        ];
        assert_eq!(pairs, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
        for name in ["request", "request_uri"] {
            let nested = json!({ name: "x" }).as_object().cloned().unwrap_or_default();
            assert_eq!(super::pairs(nested, &client()).map_err(|e| e.reason), Err(Reason::RequestObjectNested));
        }
    }
}
