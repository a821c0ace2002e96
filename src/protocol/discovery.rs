//! The metadata documents (OpenID Connect Discovery 3, RFC 8414 2), derived from the tables and enums that the code itself
//! uses: what is not built is not in them.
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::authorize::PROMPT_VALUES;
use super::{claims, dpop, logout, response_type};
use crate::model::{Acr, Apis, AuthMethod, GrantType, Locale, ResponseMode, SigningAlg, SubjectType};

/// Where the endpoints are, below the issuer. The router uses the same names.
pub mod path {
    pub const AUTHORIZE: &str = "/authorize";
    pub const TOKEN: &str = "/token";
    pub const USERINFO: &str = "/userinfo";
    pub const INTROSPECT: &str = "/introspect";
    pub const REVOKE: &str = "/revoke";
    pub const REGISTER: &str = "/register";
    pub const PAR: &str = "/par";
    pub const END_SESSION: &str = "/end-session";
    pub const DEVICE_AUTHORIZATION: &str = "/device_authorization";
    /// `verification_uri` (RFC 8628 3.2).
    pub const DEVICE: &str = "/device";
    pub const JWKS: &str = "/jwks";
    pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
    pub const OAUTH_METADATA: &str = "/.well-known/oauth-authorization-server";
}

/// The absolute URL of an endpoint.
pub fn url(issuer: &str, path: &str) -> String {
    format!("{}{path}", issuer.trim_end_matches('/'))
}

/// What room keys can encrypt with (RFC 7518 4.1, 5.1).
#[derive(Clone, Copy, Debug)]
pub struct Encryption {
    pub algorithms: &'static [&'static str],
    pub content: &'static [&'static str],
}

/// `/.well-known/openid-configuration`. `algorithms` are those for which there is a signing key.
pub fn openid_configuration(issuer: &str, algorithms: &[SigningAlg], encryption: Encryption, apis: &Apis) -> Value {
    let mut document = shared(issuer, algorithms, encryption, apis);
    let signing: Vec<&str> = algorithms.iter().map(|alg| alg.as_str()).collect();
    let own = json!({
        "userinfo_endpoint": url(issuer, path::USERINFO),
        "end_session_endpoint": url(issuer, path::END_SESSION),
        "subject_types_supported": names(SubjectType::ALL.iter().map(|kind| kind.as_str())),
        "id_token_signing_alg_values_supported": signing,
        "id_token_encryption_alg_values_supported": encryption.algorithms,
        "id_token_encryption_enc_values_supported": encryption.content,
        "userinfo_signing_alg_values_supported": signing,
        "userinfo_encryption_alg_values_supported": encryption.algorithms,
        "userinfo_encryption_enc_values_supported": encryption.content,
        "acr_values_supported": names(Acr::ALL.iter().filter(|acr| **acr != Acr::Phr).map(|acr| acr.as_str())),
        "claim_types_supported": ["normal", "distributed"],
        "claims_supported": claims::supported(),
        "claims_parameter_supported": true,
        "prompt_values_supported": PROMPT_VALUES,
    });
    document.extend(members(own));
    document.extend(logout::metadata(issuer));
    Value::Object(document)
}

/// `/.well-known/oauth-authorization-server`.
pub fn oauth_metadata(issuer: &str, algorithms: &[SigningAlg], encryption: Encryption, apis: &Apis) -> Value {
    Value::Object(shared(issuer, algorithms, encryption, apis))
}

fn shared(issuer: &str, algorithms: &[SigningAlg], encryption: Encryption, apis: &Apis) -> Map<String, Value> {
    // Those of TLS are added where certificates can be seen: see [`with_certificates`].
    let built = [AuthMethod::Basic, AuthMethod::Post, AuthMethod::PrivateKeyJwt, AuthMethod::None];
    let methods = names(built.iter().map(|method| method.as_str()));
    // Client assertions are accepted in every algorithm that there is, whether we sign with it or not.
    let assertions = names(SigningAlg::ALL.iter().map(|alg| alg.as_str()));
    debug_assert!(!algorithms.is_empty(), "an instance without a signing key serves nothing");
    members(json!({
        "issuer": issuer,
        "authorization_endpoint": url(issuer, path::AUTHORIZE),
        "token_endpoint": url(issuer, path::TOKEN),
        "jwks_uri": url(issuer, path::JWKS),
        "introspection_endpoint": url(issuer, path::INTROSPECT),
        "revocation_endpoint": url(issuer, path::REVOKE),
        "device_authorization_endpoint": url(issuer, path::DEVICE_AUTHORIZATION),
        "scopes_supported": claims::scopes_supported(),
        "pushed_authorization_request_endpoint": url(issuer, path::PAR),
        "require_pushed_authorization_requests": false,
        "request_parameter_supported": true,
        "request_uri_parameter_supported": true,
        "require_request_uri_registration": true,
        "request_object_signing_alg_values_supported": assertions,
        "require_signed_request_object": false,
        "response_types_supported": names(response_type::SUPPORTED.iter().map(|kind| kind.as_str())),
        "authorization_signing_alg_values_supported": names(algorithms.iter().map(|alg| alg.as_str())),
        "response_modes_supported": names(ResponseMode::ALL.iter().map(|mode| mode.as_str())),
        "grant_types_supported": names(GrantType::ALL.iter().map(|grant| grant.as_str())),
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": assertions,
        "introspection_endpoint_auth_methods_supported": names(built.iter().filter(|m| **m != AuthMethod::None).map(|m| m.as_str())),
        "introspection_endpoint_auth_signing_alg_values_supported": assertions,
        // RFC 9701 7.
        "introspection_signing_alg_values_supported": names(algorithms.iter().map(|alg| alg.as_str())),
        "introspection_encryption_alg_values_supported": encryption.algorithms,
        "introspection_encryption_enc_values_supported": encryption.content,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": assertions,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": names(dpop::ALGORITHMS.iter().map(|alg| alg.as_str())),
        "ui_locales_supported": names(Locale::ALL.iter().map(|locale| locale.as_str())),
        "authorization_details_types_supported": details_types(apis),
        "authorization_response_iss_parameter_supported": true,
    }))
}

/// What an instance that sees clients' certificates adds (RFC 8705 3.3 and 5). `alias` is the origin at which it asks for
/// them; without authorities there is no `tls_client_auth`.
pub fn with_certificates(document: &mut Value, issuer: &str, alias: Option<&str>, authorities: bool) {
    let Some(members) = document.as_object_mut() else { return };
    members.insert("tls_client_certificate_bound_access_tokens".into(), true.into());
    let methods = [(AuthMethod::TlsClientAuth, authorities), (AuthMethod::SelfSignedTlsClientAuth, true)];
    for (_, list) in members.iter_mut().filter(|(name, _)| name.ends_with("_endpoint_auth_methods_supported")) {
        if let Some(list) = list.as_array_mut() {
            list.extend(methods.iter().filter(|(_, works)| *works).map(|(method, _)| Value::from(method.as_str())));
        }
    }
    let Some(alias) = alias else { return };
    let asked = ["token", "revocation", "introspection", "userinfo", "pushed_authorization_request", "device_authorization"];
    let mut aliases = Map::new();
    for name in asked.map(|name| format!("{name}_endpoint")) {
        let path = members.get(&name).and_then(Value::as_str).and_then(|full| full.strip_prefix(issuer));
        if let Some(path) = path {
            aliases.insert(name, url(alias, path).into());
        }
    }
    members.insert("mtls_endpoint_aliases".into(), Value::Object(aliases));
}

/// RFC 9396 10: the types of all registered APIs.
fn details_types(apis: &Apis) -> BTreeSet<&str> {
    let types = apis.values().flat_map(|api| &api.settings.authorization_details);
    types.map(|known| known.name.as_str()).collect()
}

/// What an instance adds at which applications register themselves (RFC 8414 2).
pub fn with_registration(document: &mut Value, issuer: &str) {
    if let Some(members) = document.as_object_mut() {
        members.insert("registration_endpoint".into(), url(issuer, path::REGISTER).into());
    }
}

fn names(values: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    values.collect()
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_ENCRYPTION: Encryption = Encryption { algorithms: &[], content: &[] };

    #[test]
    fn the_documents_name_what_is_built() {
        let document = openid_configuration("https://id.test", &[SigningAlg::Rs256, SigningAlg::Es256], NO_ENCRYPTION, &Apis::new());

        assert_eq!(document["issuer"], "https://id.test");
        assert_eq!(document["token_endpoint"], "https://id.test/token");
        assert_eq!(document["id_token_signing_alg_values_supported"], json!(["RS256", "ES256"]));
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(document["request_uri_parameter_supported"], json!(true));
        assert_eq!(document["require_request_uri_registration"], json!(true));
        assert_eq!(document["request_parameter_supported"], json!(true));
        assert_eq!(document["pushed_authorization_request_endpoint"], "https://id.test/par");
        assert_eq!(document["require_pushed_authorization_requests"], json!(false), "each client demands it for itself");
        assert_eq!(document["authorization_signing_alg_values_supported"], json!(["RS256", "ES256"]));
        assert!(!document["request_object_signing_alg_values_supported"].as_array().expect("a list").contains(&json!("none")));
        // Nothing is ever decrypted here.
        assert!(document.as_object().expect("an object").keys().all(|name| !name.starts_with("request_object_encryption")));
        assert_eq!(document["authorization_response_iss_parameter_supported"], json!(true));
        assert!(!document["grant_types_supported"].as_array().expect("a list").contains(&json!("password")));
        let algorithms = document["token_endpoint_auth_signing_alg_values_supported"].as_array().expect("a list");
        assert!(!algorithms.iter().any(|alg| alg == "none" || alg.as_str().is_some_and(|alg| alg.starts_with("HS"))));
    }

    #[test]
    fn certificates_stand_in_the_document_where_they_are_seen() {
        let issuer = "https://id.test";
        let mut document = openid_configuration(issuer, &[SigningAlg::Es256], NO_ENCRYPTION, &Apis::new());
        let has = |document: &Value, name: &str| {
            document["token_endpoint_auth_methods_supported"].as_array().expect("a list").contains(&json!(name))
        };

        assert!(!has(&document, "tls_client_auth") && !has(&document, "self_signed_tls_client_auth"));
        assert!(document.get("tls_client_certificate_bound_access_tokens").is_none());
        with_certificates(&mut document, issuer, Some("https://mtls.id.test"), false);
        assert!(!has(&document, "tls_client_auth") && has(&document, "self_signed_tls_client_auth"));
        assert_eq!(document["tls_client_certificate_bound_access_tokens"], json!(true));
        assert_eq!(document["mtls_endpoint_aliases"]["token_endpoint"], "https://mtls.id.test/token");
        assert!(document["mtls_endpoint_aliases"].get("authorization_endpoint").is_none());
        let mut plain = oauth_metadata(issuer, &[SigningAlg::Es256], NO_ENCRYPTION, &Apis::new());
        with_certificates(&mut plain, issuer, None, true);
        assert!(has(&plain, "tls_client_auth") && plain.get("mtls_endpoint_aliases").is_none());
    }

    #[test]
    fn the_oauth_document_has_no_openid_members() {
        let document = oauth_metadata("https://id.test", &[SigningAlg::Es256], NO_ENCRYPTION, &Apis::new());

        assert!(document.get("userinfo_endpoint").is_none());
        assert_eq!(document["jwks_uri"], "https://id.test/jwks");
    }

    #[test]
    fn every_listed_prompt_is_understood() {
        use crate::protocol::authorize::prompt;

        for value in PROMPT_VALUES {
            assert!(prompt(value).is_ok(), "{value}");
        }
    }
}
