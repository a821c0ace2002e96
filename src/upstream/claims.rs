//! The ID token's own words, read without the crate's leniency: steps 1 to 3, 6 and 7 of microsoft.md 1.3.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Reason;
use crate::model::UpstreamClaims;
use crate::world::Timestamp;

/// Clocks may differ by so many seconds.
pub(super) const LEEWAY: i64 = 120;
/// A token that was just redeemed is not older than this.
const OLDEST: i64 = 3600;
/// 9999-12-31T23:59:59Z; beyond it a number is no time.
const LAST_SECOND: i64 = 253_402_300_799;
const LONGEST_TOKEN: usize = 32 * 1024;

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

/// The claims that decide something, and the few that are passed on. Members named twice are refused by serde.
#[derive(Deserialize)]
struct Claims {
    ver: Option<String>,
    tid: Option<String>,
    iss: Option<String>,
    aud: Option<Value>,
    exp: Option<i64>,
    nbf: Option<i64>,
    iat: Option<i64>,
    azp: Option<String>,
    oid: Option<String>,
    sub: Option<String>,
    #[serde(default)]
    email: Value,
    #[serde(default)]
    preferred_username: Value,
    #[serde(default)]
    name: Value,
    #[serde(default)]
    xms_edov: Value,
    #[serde(default)]
    acct: Value,
    #[serde(default)]
    idp: Value,
    #[serde(default)]
    auth_time: Value,
}

/// What a token must agree with.
pub(super) struct Expected<'a> {
    pub client_id: &'a str,
    pub tid: &'a str,
    pub issuer: &'a str,
}

/// A token that claims to come from the expected directory. Nothing in it is verified yet.
pub(super) struct Claimed {
    pub kid: String,
    claims: Claims,
}

/// Steps 1 to 3: RS256 only, a key named, version 2.0, the pinned directory, its exact issuer.
pub(super) fn read(token: &str, expected: &Expected<'_>) -> Result<Claimed, Reason> {
    let (header, claims) = parts(token).ok_or(Reason::Malformed)?;
    if header.crit.is_some() {
        return Err(Reason::CriticalHeader); // RFC 7515 4.1.11
    }
    if header.alg != "RS256" {
        return Err(Reason::Algorithm); // RFC 8725 3.1
    }
    if header.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
        return Err(Reason::Malformed); // RFC 8725 3.11
    }
    let kid = header.kid.filter(|kid| !kid.is_empty()).ok_or(Reason::NoKeyId)?;
    if claims.ver.as_deref() != Some("2.0") {
        return Err(Reason::Version);
    }
    let tid = claims.tid.as_deref().filter(|tid| is_guid(tid)).ok_or(Reason::DirectoryId)?;
    if tid != expected.tid {
        return Err(Reason::ForeignDirectory);
    }
    if claims.iss.as_deref() != Some(expected.issuer) {
        return Err(Reason::Issuer); // OIDC Core 3.1.3.7 no. 2
    }
    Ok(Claimed { kid, claims })
}

/// Steps 6 and 7 beyond what the crate checks: one audience, times, authorized party, oid and sub.
pub(super) fn check(claimed: &Claimed, expected: &Expected<'_>, now: Timestamp) -> Result<(), Reason> {
    let claims = &claimed.claims;
    if sole_audience(claims.aud.as_ref()) != Some(expected.client_id) {
        return Err(Reason::Audience); // OIDC Core 3.1.3.7 no. 3; more than one audience is refused
    }
    if claims.azp.as_deref().is_some_and(|azp| azp != expected.client_id) {
        return Err(Reason::AuthorizedParty); // no. 5
    }
    times(claims, now.seconds())?;
    if !claims.oid.as_deref().is_some_and(is_guid) {
        return Err(Reason::ObjectId);
    }
    if claims.sub.as_deref().is_none_or(str::is_empty) {
        return Err(Reason::Subject);
    }
    Ok(())
}

/// OIDC Core 3.1.3.7 no. 9 and 10, RFC 7519 4.1.4 to 4.1.6.
fn times(claims: &Claims, now: i64) -> Result<(), Reason> {
    let is_time = |second: &i64| (0..=LAST_SECOND).contains(second);
    let exp = claims.exp.filter(is_time).ok_or(Reason::Expired)?;
    if exp + LEEWAY <= now {
        return Err(Reason::Expired);
    }
    if claims.nbf.is_some_and(|nbf| !is_time(&nbf) || nbf > now + LEEWAY) {
        return Err(Reason::NotYetValid);
    }
    let iat = claims.iat.filter(is_time).ok_or(Reason::IssuedAt)?;
    if iat > now + LEEWAY || iat < now - OLDEST || iat >= exp {
        return Err(Reason::IssuedAt);
    }
    Ok(())
}

/// What decisions need of a token that passed every check.
pub(super) fn accept(claimed: Claimed, cloud_host: &str) -> UpstreamClaims {
    let claims = claimed.claims;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    UpstreamClaims {
        cloud_host: cloud_host.to_owned(),
        email: text(&claims.email),
        preferred_username: text(&claims.preferred_username),
        name: text(&claims.name),
        email_domain_verified: is_set(&claims.xms_edov),
        guest: is_guest(&claims),
        auth_time: claims.auth_time.as_i64(),
        tid: claims.tid.unwrap_or_default(),
        oid: claims.oid.unwrap_or_default(),
        sub: claims.sub.unwrap_or_default(),
    }
}

/// A guest is marked by `acct` = 1, or by an identity provider that is not the directory itself (microsoft.md 2.3).
fn is_guest(claims: &Claims) -> bool {
    let own = |idp: &str| {
        claims.iss.as_deref() == Some(idp) || claims.tid.as_ref().is_some_and(|tid| idp == format!("https://sts.windows.net/{tid}/"))
    };
    let foreign = match &claims.idp {
        Value::Null => false,
        Value::String(idp) => !own(idp),
        _ => true,
    };
    foreign || is_set(&claims.acct)
}

/// Booleans as Microsoft sends them: `true`, `1`, `"1"`, `"true"` (microsoft.md 1.5); anything else is false.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Bool(set) => *set,
        Value::Number(number) => number.as_i64() == Some(1),
        Value::String(text) => text == "1" || text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

fn sole_audience(aud: Option<&Value>) -> Option<&str> {
    match aud? {
        Value::String(audience) => Some(audience),
        Value::Array(audiences) if audiences.len() == 1 => audiences[0].as_str(),
        _ => None,
    }
}

/// RFC 7515 7.1: three parts, base64url without padding, header and claims JSON objects.
fn parts(token: &str) -> Option<(Header, Claims)> {
    if token.len() > LONGEST_TOKEN {
        return None;
    }
    let mut parts = token.split('.');
    let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    parts.next().is_none().then_some(())?;
    Some((decode(header)?, decode(claims)?))
}

fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// A GUID in the lower-case form in which Microsoft's tokens carry them.
pub(super) fn is_guid(text: &str) -> bool {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    text.len() == 36 && text.bytes().enumerate().all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { b == b'-' } else { hex(b) })
}
