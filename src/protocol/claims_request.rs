//! The `claims` parameter (OpenID Connect Core 5.5), as far as it changes what is asked of the person: `acr`,
//! `auth_time` and `sub` of the id_token. Other members are ignored; the metadata says that no claims are released by it.
use serde_json::Value;

use super::error::{ErrorCode, OAuthError, Reason};
use crate::model::Acr;

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
    let value: Value = serde_json::from_str(text).map_err(|_| malformed())?;
    let members = value.as_object().ok_or_else(malformed)?;
    let shaped = |name| matches!(members.get(name), None | Some(Value::Null | Value::Object(_)));
    if !shaped("id_token") || !shaped("userinfo") {
        return Err(malformed());
    }
    let Some(Value::Object(claims)) = members.get("id_token") else { return Ok(ClaimsRequest::default()) };
    let mut request = ClaimsRequest {
        auth_time: claims.contains_key("auth_time"),
        sub: claims.get("sub").and_then(|sub| sub.get("value")).and_then(Value::as_str).map(str::to_owned),
        ..ClaimsRequest::default()
    };
    if let Some(acr) = claims.get("acr") {
        read_acr(acr, &mut request)?;
    }
    Ok(request)
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
        assert_eq!(read(r#"{"userinfo":{"name":{"essential":true},"x":null},"other":1}"#), Ok(ClaimsRequest::default()));
        assert_eq!(read(r#"{"id_token":{"name":null}}"#), Ok(ClaimsRequest::default()));
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
        assert_eq!(read(r#"{"id_token":{"acr":{"essential":true}}}"#), Ok(ClaimsRequest::default()));
    }

    #[test]
    fn a_voluntary_acr_is_a_wish_and_never_fails() {
        let text = r#"{"id_token":{"acr":{"value":"urn:tenantry:acr:mfa"}}}"#;

        assert_eq!(read(text).map(|r| r.acr_wishes), Ok(vec![Acr::Mfa]));
        assert_eq!(read(r#"{"id_token":{"acr":{"values":["x"]},"auth_time":{"essential":true},"sub":{"value":"per_1"}}}"#), {
            Ok(ClaimsRequest { auth_time: true, sub: Some("per_1".into()), ..ClaimsRequest::default() })
        });
    }
}
