//! Rich authorization requests (RFC 9396): `authorization_details`, read strictly, against the types of registered APIs.
use serde_json::{Map, Value};

use super::error::{ErrorCode, OAuthError, Reason};
use crate::model::{Api, Apis, Client, DetailsType, MemberKind, MemberRule};
use crate::world::strict;

/// Most details of one request, and most bytes of one of them.
const MOST: usize = 16;
const LONGEST: usize = 4096;

fn refused(text: &'static str, reason: Reason) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidAuthorizationDetails, text, reason)
}

/// Reads the parameter: a list of objects, each with a `type` (RFC 9396 2).
///
/// # Errors
/// `invalid_authorization_details` (RFC 9396 5).
pub fn parse(text: Option<&str>) -> Result<Vec<Value>, OAuthError> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let malformed = || refused("authorization_details is not a JSON list of objects with a type", Reason::DetailsMalformed);
    let Some(Value::Array(list)) = strict::value(text.as_bytes()) else { return Err(malformed()) };
    let shaped = |detail: &Value| detail.as_object().is_some_and(|members| members.get("type").is_some_and(Value::is_string));
    if list.is_empty() || list.len() > MOST || !list.iter().all(shaped) {
        return Err(malformed());
    }
    Ok(list)
}

/// The type of a detail that [`parse`] read.
pub fn type_of(detail: &Value) -> &str {
    detail.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// May this client ask for these details? Each type must be registered for the client, and at an API that the client may
/// use; its members must be what the type says, and no others (RFC 9396 5).
///
/// # Errors
/// `invalid_authorization_details`.
pub fn check(details: &[Value], client: &Client, apis: &Apis) -> Result<(), OAuthError> {
    for detail in details {
        let name = type_of(detail);
        let allowed = client.metadata.authorization_details_types.iter().any(|known| known == name);
        let Some((_, known)) = owner(name, client, apis).filter(|_| allowed) else {
            return Err(refused("A type of authorization details is unknown, or not allowed for this client", Reason::DetailsNotAllowed));
        };
        let fits = detail.as_object().is_some_and(|members| fits(members, known)) && detail.to_string().len() <= LONGEST;
        if !fits {
            return Err(refused("Authorization details do not have the members of their type", Reason::DetailsMalformed));
        }
    }
    Ok(())
}

/// The API that a type belongs to, among those that the client may use.
pub fn owner<'a>(name: &str, client: &Client, apis: &'a Apis) -> Option<(&'a Api, &'a DetailsType)> {
    let usable = client.metadata.audiences.iter().filter_map(|identifier| apis.get(identifier));
    usable.filter_map(|api| Some((api, api.details_type(name)?))).next()
}

fn fits(members: &Map<String, Value>, known: &DetailsType) -> bool {
    let complete = known.members.iter().all(|(name, rule)| !rule.required || members.contains_key(name));
    let mut others = members.iter().filter(|(name, _)| *name != "type");
    complete && others.all(|(name, value)| known.members.get(name).is_some_and(|rule| is(value, rule)))
}

fn is(value: &Value, rule: &MemberRule) -> bool {
    let listed = |text: &str| rule.one_of.is_empty() || rule.one_of.iter().any(|one| one == text);
    match rule.kind {
        MemberKind::Text => value.as_str().is_some_and(listed),
        MemberKind::Number => value.is_number(),
        MemberKind::Flag => value.is_boolean(),
        MemberKind::Texts => value.as_array().is_some_and(|all| all.iter().all(|one| one.as_str().is_some_and(listed))),
        MemberKind::Object => value.is_object(),
    }
}

/// The details of a later request under a grant: all that were granted, or the same or narrower ones.
///
/// # Errors
/// `invalid_authorization_details` for more than was granted (RFC 9396 6.1).
pub fn narrow(asked: &[Value], granted: &[Value]) -> Result<Vec<Value>, OAuthError> {
    if asked.is_empty() {
        return Ok(granted.to_vec());
    }
    if asked.iter().all(|one| granted.iter().any(|whole| is_within(one, whole))) {
        return Ok(asked.to_vec());
    }
    Err(refused("authorization_details exceed what was granted", Reason::DetailsGrew))
}

/// Is this detail the same, or narrower in its lists? A member that is missing could mean "all", so none may be.
fn is_within(one: &Value, whole: &Value) -> bool {
    let (Some(one), Some(whole)) = (one.as_object(), whole.as_object()) else { return false };
    let same_names = one.len() == whole.len() && one.keys().all(|name| whole.contains_key(name));
    same_names
        && one.iter().all(|(name, value)| match (value, &whole[name]) {
            (Value::Array(some), Value::Array(all)) => some.iter().all(|part| all.contains(part)) && some.is_empty() == all.is_empty(),
            (value, granted) => value == granted,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ApiId, ApiSettings};
    use crate::protocol::testing::{NOW, client};

    fn apis() -> Apis {
        let rule =
            |kind, required, one_of: &[&str]| MemberRule { kind, required, one_of: one_of.iter().map(|t| (*t).to_owned()).collect() };
        let members = [
            ("amount".to_owned(), rule(MemberKind::Text, true, &[])),
            ("currency".to_owned(), rule(MemberKind::Text, false, &["EUR", "CHF"])),
            ("actions".to_owned(), rule(MemberKind::Texts, false, &["status", "cancel"])),
            ("urgent".to_owned(), rule(MemberKind::Flag, false, &[])),
        ];
        let known = DetailsType { name: "payment".into(), label: "A payment".into(), members: members.into() };
        let settings = ApiSettings { name: "Pay".into(), authorization_details: vec![known], ..ApiSettings::default() };
        let api = Api { id: ApiId::from_text("api_1"), identifier: "https://pay.test".into(), settings, created_at: NOW };
        [("https://pay.test".to_owned(), api)].into()
    }

    fn checked(text: &str) -> Result<(), Reason> {
        let mut client = client();
        client.metadata.audiences = vec!["https://pay.test".into()];
        client.metadata.authorization_details_types = vec!["payment".into(), "unknown".into()];
        let details = parse(Some(text)).map_err(|e| e.reason)?;
        check(&details, &client, &apis()).map_err(|e| e.reason)
    }

    #[test]
    fn details_are_read_strictly() {
        for bad in
            ["", "{}", "[]", "null", "[1]", "[{}]", r#"[{"type":1}]"#, r#"[{"type":"payment"}] x"#, r#"[{"type":"a","type":"payment"}]"#]
        {
            assert_eq!(checked(bad), Err(Reason::DetailsMalformed), "{bad}");
        }
        let deep = format!("[{{\"type\":\"payment\",\"amount\":{}{}}}]", "[".repeat(2000), "]".repeat(2000));
        assert_eq!(checked(&deep), Err(Reason::DetailsMalformed));
    }

    #[test]
    fn each_detail_has_exactly_the_members_of_its_type() {
        assert_eq!(checked(r#"[{"type":"payment","amount":"12.50","currency":"EUR","actions":["status"],"urgent":true}]"#), Ok(()));
        for (bad, reason) in [
            (r#"[{"type":"payment"}]"#, Reason::DetailsMalformed),
            (r#"[{"type":"payment","amount":12.5}]"#, Reason::DetailsMalformed),
            (r#"[{"type":"payment","amount":"1","currency":"USD"}]"#, Reason::DetailsMalformed),
            (r#"[{"type":"payment","amount":"1","actions":["delete"]}]"#, Reason::DetailsMalformed),
            (r#"[{"type":"payment","amount":"1","further":1}]"#, Reason::DetailsMalformed),
            (r#"[{"type":"unknown"}]"#, Reason::DetailsNotAllowed),
            (r#"[{"type":"other"}]"#, Reason::DetailsNotAllowed),
        ] {
            assert_eq!(checked(bad), Err(reason), "{bad}");
        }
    }

    #[test]
    fn an_api_that_the_client_may_not_use_has_no_types_for_it() {
        let mut client = client();
        client.metadata.authorization_details_types = vec!["payment".into()];
        let details = parse(Some(r#"[{"type":"payment","amount":"1"}]"#)).expect("well formed");

        assert_eq!(check(&details, &client, &apis()).map_err(|e| e.reason), Err(Reason::DetailsNotAllowed));
    }

    #[test]
    fn details_may_shrink_in_their_lists_and_in_nothing_else() {
        let granted = parse(Some(r#"[{"type":"payment","amount":"1","actions":["status","cancel"]}]"#)).expect("well formed");
        let narrowed = |text: &str| narrow(&parse(Some(text)).expect("well formed"), &granted).map_err(|e| e.reason);

        assert_eq!(narrow(&[], &granted), Ok(granted.clone()));
        assert!(narrowed(r#"[{"type":"payment","amount":"1","actions":["status"]}]"#).is_ok());
        for bad in [
            r#"[{"type":"payment","amount":"2","actions":["status"]}]"#,
            r#"[{"type":"payment","amount":"1","actions":["status","delete"]}]"#,
            r#"[{"type":"payment","amount":"1"}]"#,
            r#"[{"type":"payment","amount":"1","actions":[]}]"#,
            r#"[{"type":"payment","amount":"1","actions":["status"],"urgent":true}]"#,
        ] {
            assert_eq!(narrowed(bad), Err(Reason::DetailsGrew), "{bad}");
        }
    }
}
