//! Dynamic client registration as the wire has it (RFC 7591, RFC 7592, OpenID Connect Dynamic Client Registration 1.0): which
//! members a client may set, what they mean when they are missing, what is told back.
use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::claims;
use super::error::{ErrorCode, OAuthError, Reason};
use crate::model::{ApplicationType, ClientMetadata, GrantType, ResponseMode, ResponseType};
use crate::world::strict;

/// Members that a client may set for itself. What is not here is for the operator (security.md K07); `scope` is read apart.
pub const SETTABLE: &[&str] = &[
    "redirect_uris",
    "response_types",
    "grant_types",
    "application_type",
    "contacts",
    "client_name",
    "logo_uri",
    "client_uri",
    "policy_uri",
    "tos_uri",
    "jwks",
    "jwks_uri",
    "sector_identifier_uri",
    "subject_type",
    "id_token_signed_response_alg",
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_signed_response_alg",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "introspection_signed_response_alg",
    "introspection_encrypted_response_alg",
    "introspection_encrypted_response_enc",
    "authorization_signed_response_alg",
    "request_object_signing_alg",
    "require_signed_request_object",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "default_max_age",
    "require_auth_time",
    "default_acr_values",
    "initiate_login_uri",
    "request_uris",
    "post_logout_redirect_uris",
    "frontchannel_logout_uri",
    "frontchannel_logout_session_required",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "require_pushed_authorization_requests",
    "dpop_bound_access_tokens",
    "tls_client_certificate_bound_access_tokens",
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
    "authorization_details_types",
];

/// Members that ask us to decrypt (OpenID Connect Dynamic Client Registration 2).
const UNREADABLE: [&str; 2] = ["request_object_encryption_alg", "request_object_encryption_enc"];
/// Grants that a client may give itself. Acting without a person and trading tokens is the operator's to allow.
const GRANTS: [GrantType; 4] = [GrantType::AuthorizationCode, GrantType::Implicit, GrantType::RefreshToken, GrantType::DeviceCode];
/// What only we say (RFC 7592 2.2).
const OURS: [&str; 4] = ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];
const CONTACTS: usize = 10;
const KEYS: usize = 32;

/// The refusal of one member (RFC 7591 3.2.2).
pub fn refused(field: &str) -> OAuthError {
    let code = if field == "redirect_uris" { ErrorCode::InvalidRedirectUri } else { ErrorCode::InvalidClientMetadata };
    let text = Cow::Owned(format!("{field} cannot be registered like this"));
    OAuthError { description: text, ..OAuthError::new(code, "", Reason::RegistrationMember) }
}

/// What a request asks to be registered, laid over what is not the client's to set. Unknown members are ignored
/// (RFC 7591 2).
///
/// # Errors
/// Those of RFC 7591 3.2.2, for members that cannot be read or are never registered this way.
pub fn metadata(body: &Map<String, Value>, own: &ClientMetadata) -> Result<ClientMetadata, OAuthError> {
    statement(body)?;
    // RFC 7591 2 would let us ignore them, but then the client would send what nobody here can read.
    if let Some(name) = UNREADABLE.iter().find(|name| body.get(**name).is_some_and(|value| !value.is_null())) {
        return Err(refused(name));
    }
    let mut all = members(own);
    let defaults = members(&defaults(body));
    for name in SETTABLE {
        // RFC 7592 2.2: null and missing are the same.
        let sent = body.get(*name).filter(|value| !value.is_null());
        let value = sent.or_else(|| defaults.get(*name)).cloned().unwrap_or(Value::Null);
        let value = if *name == "response_types" { ordered(&value) } else { value };
        all.insert((*name).to_owned(), value);
        // One after the other, so that the answer can name the one to blame.
        if sent.is_some() && serde_json::from_value::<ClientMetadata>(json!({ *name: all[*name] })).is_err() {
            return Err(refused(name));
        }
    }
    let mut metadata: ClientMetadata = serde_json::from_value(Value::Object(all)).map_err(|_| refused("a member"))?;
    metadata.scopes = scopes(body, own)?;
    metadata.response_modes = modes(&metadata, body.contains_key("authorization_signed_response_alg"));
    if metadata.client_name.trim().is_empty() {
        metadata.client_name = name_of(&metadata);
    }
    match fault(&metadata) {
        Some(field) => Err(refused(field)),
        None => Ok(metadata),
    }
}

fn members(metadata: &ClientMetadata) -> Map<String, Value> {
    match serde_json::to_value(metadata) {
        Ok(Value::Object(members)) => members,
        _ => unreachable!("metadata is a plain object"),
    }
}

/// RFC 7591 2: `authorization_code` alone, and a response type only for it.
fn defaults(body: &Map<String, Value>) -> ClientMetadata {
    let code = |grants: &Value| grants.as_array().is_none_or(|grants| grants.iter().any(|grant| grant == "authorization_code"));
    let with_code = body.get("grant_types").is_none_or(code);
    ClientMetadata {
        grant_types: vec![GrantType::AuthorizationCode],
        response_types: if with_code { vec![ResponseType::Code] } else { Vec::new() },
        ..ClientMetadata::default()
    }
}

/// Multiple Response Type Encoding Practices 3: the order of the words has no meaning.
fn ordered(types: &Value) -> Value {
    let word = |kind: &Value| match kind.as_str() {
        Some(kind) => {
            let mut words: Vec<&str> = kind.split(' ').collect();
            words.sort_unstable();
            words.join(" ").into()
        }
        None => kind.clone(),
    };
    types.as_array().map_or_else(|| types.clone(), |types| types.iter().map(word).collect())
}

/// RFC 7591 2 `scope`: what is not ours to give is left out.
fn scopes(body: &Map<String, Value>, own: &ClientMetadata) -> Result<Vec<String>, OAuthError> {
    let asked = match body.get("scope") {
        None | Some(Value::Null) => return Ok(own.scopes.clone()),
        Some(Value::String(asked)) => asked,
        Some(_) => return Err(refused("scope")),
    };
    let ours = claims::scopes_supported();
    let known = |scope: &&str| ours.contains(scope) || own.scopes.iter().any(|granted| granted == scope);
    let mut scopes: Vec<String> = Vec::new();
    for scope in asked.split(' ').filter(known) {
        if !scopes.iter().any(|named| named == scope) {
            scopes.push(scope.to_owned());
        }
    }
    Ok(scopes)
}

/// No member tells them: those that fit the response types, and the signed ones where a signature was asked for.
fn modes(metadata: &ClientMetadata, signed: bool) -> Vec<ResponseMode> {
    let in_front = metadata.response_types.iter().any(|kind| kind.in_front());
    let fits = |mode: &ResponseMode| match mode {
        ResponseMode::Fragment => in_front,
        ResponseMode::FragmentJwt => in_front && signed,
        mode if mode.is_signed() => signed,
        _ => true,
    };
    ResponseMode::ALL.iter().copied().filter(fits).collect()
}

/// The name that people see when the client gave none: where it sends them.
fn name_of(metadata: &ClientMetadata) -> String {
    let host = metadata.redirect_uris.first().and_then(|uri| url::Url::parse(uri).ok()?.host_str().map(str::to_owned));
    host.unwrap_or_else(|| "Application".to_owned()).chars().take(80).collect()
}

/// The first member that nobody registers for himself.
fn fault(metadata: &ClientMetadata) -> Option<&'static str> {
    let https = |uri: &String| uri.starts_with("https://");
    let web = metadata.application_type == ApplicationType::Web;
    let contact = |text: &String| (3..=254).contains(&text.len()) && text.contains('@') && !text.chars().any(char::is_control);
    let rules = [
        (metadata.grant_types.iter().all(|grant| GRANTS.contains(grant)), "grant_types"),
        // OpenID Connect Dynamic Client Registration 2: http and private-use schemes are for native applications.
        (!web || metadata.redirect_uris.iter().all(https), "redirect_uris"),
        (!web || metadata.post_logout_redirect_uris.iter().all(https), "post_logout_redirect_uris"),
        (metadata.contacts.len() <= CONTACTS && metadata.contacts.iter().all(contact), "contacts"),
        (metadata.jwks.as_ref().is_none_or(is_public_set), "jwks"),
    ];
    rules.into_iter().find(|(good, _)| !good).map(|(_, field)| field)
}

/// RFC 7517 5: a set of keys, none of them private.
fn is_public_set(set: &Value) -> bool {
    let public = |key: &Value| key.as_object().is_some_and(|key| ["d", "k", "p", "q"].iter().all(|secret| !key.contains_key(*secret)));
    set.get("keys").and_then(Value::as_array).is_some_and(|keys| keys.len() <= KEYS && keys.iter().all(public))
}

/// RFC 7591 2.3: nobody's statements are trusted here; one that is none is told apart (3.2.2).
fn statement(body: &Map<String, Value>) -> Result<(), OAuthError> {
    let Some(statement) = body.get("software_statement") else { return Ok(()) };
    let refuse = |code, text| Err(OAuthError::new(code, text, Reason::RegistrationStatement));
    let object = |part: &str| URL_SAFE_NO_PAD.decode(part).ok().is_some_and(|bytes| strict::object(&bytes).is_some());
    let parts: Vec<&str> = statement.as_str().unwrap_or_default().split('.').collect();
    match parts.as_slice() {
        [header, payload, signature] if object(header) && object(payload) && !signature.is_empty() => {
            refuse(ErrorCode::UnapprovedSoftwareStatement, "Software statements are not approved here")
        }
        _ => refuse(ErrorCode::InvalidSoftwareStatement, "The software statement is malformed"),
    }
}

/// RFC 7592 2.2: whoever replaces a registration names itself, and does not send what only we say.
///
/// # Errors
/// `invalid_client_metadata` with the member to blame.
pub fn replacing(body: &Map<String, Value>, client: &str) -> Result<(), OAuthError> {
    if body.get("client_id").and_then(Value::as_str) != Some(client) {
        return Err(refused("client_id"));
    }
    OURS.iter().find(|name| body.contains_key(**name)).map_or(Ok(()), |name| Err(refused(name)))
}

/// All that is registered about a client, in the words of the specifications (RFC 7591 3.2.1).
pub fn echo(metadata: &ClientMetadata) -> Map<String, Value> {
    let empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    let all = members(metadata);
    let mut told: Map<String, Value> = SETTABLE
        .iter()
        .filter_map(|name| all.get_key_value(*name).filter(|(_, value)| !empty(value)))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    told.insert("scope".to_owned(), metadata.scopes.join(" ").into());
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AuthMethod, Entitlement, SigningAlg};

    fn read(mut body: Value) -> Result<ClientMetadata, OAuthError> {
        if body.get("redirect_uris").is_none() {
            body["redirect_uris"] = json!(["https://app.example/cb"]);
        }
        metadata(body.as_object().expect("an object"), &ClientMetadata::default())
    }

    #[test]
    fn every_settable_member_is_one_of_the_metadata() {
        let all = members(&ClientMetadata::default());

        for name in SETTABLE {
            assert!(all.contains_key(*name), "{name}");
        }
    }

    #[test]
    fn what_is_not_said_has_the_defaults_of_the_specifications() {
        let metadata = read(json!({ "client_name#de": "Laden", "nobody_knows": { "this": 1 } })).expect("a good registration");

        assert_eq!(metadata.grant_types, [GrantType::AuthorizationCode]);
        assert_eq!(metadata.response_types, [ResponseType::Code]);
        assert_eq!(metadata.token_endpoint_auth_method, AuthMethod::Basic);
        assert_eq!(metadata.id_token_signed_response_alg, SigningAlg::Rs256);
        assert_eq!((metadata.client_name.as_str(), metadata.require_pkce), ("app.example", true));
        assert!(metadata.extra.is_empty());
    }

    #[test]
    fn k07_what_the_operator_decides_cannot_be_set() {
        let own = json!({ "entitlement": "any", "consent": "implicit", "audiences": ["https://api.example"], "require_pkce": false,
            "allowed_origins": ["https://a.example"], "token_exchange_may_act": true, "scopes": ["root"], "profile": "fapi2",
            "access_token_minutes": 9999, "extra": { "a": 1 } });
        let listed = ClientMetadata { entitlement: Entitlement::Listed, ..ClientMetadata::default() };
        let mut body = own.as_object().expect("an object").clone();
        body.insert("redirect_uris".into(), json!(["https://app.example/cb"]));

        let read = metadata(&body, &listed).expect("ignored, not refused");

        let bare = ClientMetadata { response_modes: read.response_modes.clone(), grant_types: read.grant_types.clone(), ..listed };
        let name = read.client_name.clone();
        assert_eq!(read, ClientMetadata { redirect_uris: vec!["https://app.example/cb".into()], client_name: name, ..bare });
    }

    #[test]
    fn a_member_that_cannot_be_registered_is_named_in_the_answer() {
        let cases = [
            (json!({ "redirect_uris": "https://app.example/cb" }), "redirect_uris"),
            (json!({ "redirect_uris": ["http://app.example/cb"] }), "redirect_uris"),
            (json!({ "redirect_uris": ["http://127.0.0.1/cb"] }), "redirect_uris"),
            (json!({ "redirect_uris": ["com.example.app:/cb"] }), "redirect_uris"),
            (json!({ "post_logout_redirect_uris": ["http://127.0.0.1/cb"] }), "post_logout_redirect_uris"),
            (json!({ "grant_types": ["client_credentials"] }), "grant_types"),
            (json!({ "grant_types": ["urn:ietf:params:oauth:grant-type:token-exchange"] }), "grant_types"),
            (json!({ "grant_types": ["password"] }), "grant_types"),
            (json!({ "response_types": ["none"] }), "response_types"),
            (json!({ "id_token_signed_response_alg": "none" }), "id_token_signed_response_alg"),
            (json!({ "id_token_signed_response_alg": "HS256" }), "id_token_signed_response_alg"),
            (json!({ "token_endpoint_auth_method": "client_secret_jwt" }), "token_endpoint_auth_method"),
            (json!({ "default_max_age": -1 }), "default_max_age"),
            (json!({ "contacts": ["nobody"] }), "contacts"),
            (json!({ "jwks": { "keys": [{ "kty": "oct", "k": "AAAA" }] } }), "jwks"),
            (json!({ "jwks": [] }), "jwks"),
            (json!({ "scope": ["openid"] }), "scope"),
        ];

        for (body, field) in cases {
            let error = read(body.clone()).expect_err("refused");
            assert!(error.description.starts_with(field), "{body}: {}", error.description);
            assert_eq!(error.code == ErrorCode::InvalidRedirectUri, field == "redirect_uris");
            assert_eq!(error.reason, Reason::RegistrationMember);
        }
    }

    #[test]
    fn scopes_that_nobody_knows_are_left_out_and_words_of_a_type_have_no_order() {
        let body = json!({ "scope": "openid orders email openid", "response_types": ["token id_token"], "grant_types": ["implicit"] });

        let metadata = read(body).expect("a good registration");

        assert_eq!(metadata.scopes, ["openid", "email"]);
        assert_eq!(metadata.response_types, [ResponseType::IdTokenToken]);
        assert!(metadata.response_modes.contains(&ResponseMode::Fragment) && !metadata.response_modes.contains(&ResponseMode::Jwt));
        assert_eq!(echo(&metadata)["scope"], "openid email");
    }

    #[test]
    fn software_statements_are_malformed_or_not_approved() {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let whole = format!("{}.{}.AAAA", part(json!({ "alg": "RS256" })), part(json!({ "iss": "x" })));

        for (statement, code) in [
            (json!(whole), ErrorCode::UnapprovedSoftwareStatement),
            (json!("x.y.z"), ErrorCode::InvalidSoftwareStatement),
            (json!(7), ErrorCode::InvalidSoftwareStatement),
        ] {
            let error = read(json!({ "software_statement": statement })).expect_err("refused");
            assert_eq!((error.code, error.reason), (code, Reason::RegistrationStatement));
        }
    }

    #[test]
    fn whoever_replaces_names_itself_and_nothing_of_ours() {
        let body = |value: Value| value.as_object().expect("an object").clone();

        assert_eq!(replacing(&body(json!({ "client_id": "a" })), "a"), Ok(()));
        for wrong in [json!({}), json!({ "client_id": "b" }), json!({ "client_id": "a", "registration_access_token": "t" })] {
            assert!(replacing(&body(wrong), "a").is_err());
        }
    }
}
