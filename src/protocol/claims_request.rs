//! The `claims` parameter (OpenID Connect Core 5.5): claims asked for one by one, in the id_token or from userinfo, and
//! what some of them demand of the person (`acr`, `auth_time`, `sub`). Members and claims that nobody knows are ignored.
use serde_json::{Map, Value};

use super::claims;
use super::error::{ErrorCode, OAuthError, Reason};
use crate::model::Acr;
use crate::world::strict;

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimsRequest {
    /// The lowest rung among the values of an essential `acr`.
    pub acr_required: Option<Acr>,
    /// Known values of a voluntary `acr`.
    pub acr_wishes: Vec<Acr>,
    pub auth_time: bool,
    /// Only this person may be returned (OpenID Connect Core 5.5.1).
    pub sub: Option<String>,
    /// Names of claims that exist here. Essential or voluntary makes no difference: what is there and allowed is told
    /// (OpenID Connect Core 5.5.1).
    pub id_token: Vec<String>,
    pub userinfo: Vec<String>,
}

/// Reads the parameter.
///
/// # Errors
/// `invalid_request` when it is not a JSON object of objects; `unmet_authentication_requirements` when an essential
/// `acr` names only values that do not exist here.
pub fn parse(text: Option<&str>) -> Result<ClaimsRequest, OAuthError> {
    let Some(text) = text else { return Ok(ClaimsRequest::default()) };
    let malformed =
        || OAuthError::new(ErrorCode::InvalidRequest, "claims is not a JSON object of the right shape", Reason::ClaimsMalformed);
    let members = strict::object(text.as_bytes()).ok_or_else(malformed)?;
    let asked = |name: &str| match members.get(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(claims)) => Ok(claims.clone()),
        Some(_) => Err(malformed()),
    };
    let (id_token, userinfo) = (asked("id_token")?, asked("userinfo")?);
    let mut request = ClaimsRequest {
        auth_time: id_token.contains_key("auth_time"),
        sub: wanted_sub(&id_token, &userinfo).map_err(|()| malformed())?,
        id_token: known(&id_token),
        userinfo: known(&userinfo),
        ..ClaimsRequest::default()
    };
    if let Some(acr) = id_token.get("acr") {
        read_acr(acr, &mut request)?;
    }
    Ok(request)
}

fn known(asked: &Map<String, Value>) -> Vec<String> {
    asked.keys().filter(|name| claims::is_known(name)).cloned().collect()
}

/// The one person who may be returned, wherever that is said; two different ones cannot both be.
fn wanted_sub(id_token: &Map<String, Value>, userinfo: &Map<String, Value>) -> Result<Option<String>, ()> {
    let value = |claims: &Map<String, Value>| claims.get("sub").and_then(|sub| sub.get("value")).and_then(Value::as_str).map(str::to_owned);
    match (value(id_token), value(userinfo)) {
        (Some(one), Some(other)) if one != other => Err(()),
        (one, other) => Ok(one.or(other)),
    }
}

/// OpenID Connect Core 5.5.1.1.
fn read_acr(acr: &Value, request: &mut ClaimsRequest) -> Result<(), OAuthError> {
    let listed = acr.get("values").and_then(Value::as_array).cloned().unwrap_or_default();
    let named: Vec<Value> = acr.get("value").cloned().into_iter().chain(listed).collect();
    let known: Vec<Acr> = named.iter().filter_map(Value::as_str).filter_map(Acr::parse).collect();
    if acr.get("essential") != Some(&Value::Bool(true)) {
        request.acr_wishes = known;
        return Ok(());
    }
    request.acr_required = known.iter().min().copied();
    if request.acr_required.is_none() && !named.is_empty() {
        let text = "The requested authentication context does not exist here";
        return Err(OAuthError::new(ErrorCode::UnmetAuthenticationRequirements, text, Reason::EssentialAcr));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ClaimsRequest, Reason> {
        parse(Some(text)).map_err(|e| e.reason)
    }

    #[test]
    fn unknown_members_and_claims_are_ignored() {
        assert_eq!(read(r#"{"userinfo":{"x":{"essential":true},"y#de":null},"other":1}"#), Ok(ClaimsRequest::default()));
        assert_eq!(read(r#"{"id_token":null}"#), Ok(ClaimsRequest::default()));
    }

    #[test]
    fn known_claims_are_remembered_for_each_place() {
        let text = r#"{"id_token":{"email":null,"x":null},"userinfo":{"name":{"essential":true},"address":{"value":"any"}}}"#;

        let asked = read(text).expect("well formed");

        assert_eq!(asked.id_token, ["email"]);
        assert_eq!(asked.userinfo, ["name", "address"]);
    }

    #[test]
    fn d13_two_subjects_or_a_member_twice_are_refused() {
        for text in [
            r#"{"id_token":{"sub":{"value":"a"}},"userinfo":{"sub":{"value":"b"}}}"#,
            r#"{"id_token":{"sub":{"value":"a"},"sub":{"value":"b"}}}"#,
        ] {
            assert_eq!(read(text), Err(Reason::ClaimsMalformed), "{text}");
        }
    }

    #[test]
    fn f14_wrong_shapes_are_refused() {
        let deep = format!("{}{}", "[".repeat(2000), "]".repeat(2000));
        for text in ["", "x", "[]", "null", "1", r#"{"id_token":[]}"#, r#"{"userinfo":"x"}"#, r#"{"id_token":{}"#, &deep] {
            assert_eq!(read(text), Err(Reason::ClaimsMalformed), "{text}");
        }
    }

    #[test]
    fn an_essential_acr_demands_the_lowest_of_its_values() {
        let text = r#"{"id_token":{"acr":{"essential":true,"values":["urn:tenantry:acr:phr","urn:tenantry:acr:mfa","x"]}}}"#;

        assert_eq!(read(text).map(|r| r.acr_required), Ok(Some(Acr::Mfa)));
        assert_eq!(read(r#"{"id_token":{"acr":{"essential":true,"value":"x"}}}"#), Err(Reason::EssentialAcr));
        assert_eq!(read(r#"{"id_token":{"acr":{"essential":true}}}"#).map(|r| r.acr_required), Ok(None));
    }

    #[test]
    fn a_voluntary_acr_is_a_wish_and_never_fails() {
        let text = r#"{"id_token":{"acr":{"value":"urn:tenantry:acr:mfa"}}}"#;

        assert_eq!(read(text).map(|r| r.acr_wishes), Ok(vec![Acr::Mfa]));
        let asked = read(r#"{"id_token":{"acr":{"values":["x"]},"auth_time":{"essential":true},"sub":{"value":"per_1"}}}"#);
        let asked = asked.expect("well formed");
        assert_eq!((asked.auth_time, asked.sub.as_deref(), asked.acr_wishes.len()), (true, Some("per_1"), 0));
    }
}
