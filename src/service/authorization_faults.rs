//! What of a client's metadata for the authorization endpoint cannot be registered: response types, their modes and
//! grants, request objects.
use url::Url;

use crate::model::{ClientMetadata, GrantType, ResponseMode, ResponseType};

/// Most `request_uris` of one client.
const URIS: usize = 20;

/// The first fault: the field, and what to do.
pub fn authorization_fault(metadata: &ClientMetadata) -> Option<(&'static str, String)> {
    let fault = |field, text: &str| Some((field, text.to_owned()));
    let has = |grant| metadata.grant_types.contains(&grant);
    let types = &metadata.response_types;
    let front: Vec<ResponseType> = types.iter().copied().filter(|kind| kind.in_front()).collect();
    let signs = metadata.jwks.is_some() || metadata.jwks_uri.is_some();
    // RFC 7591 2.1: the two lists must agree.
    if has(GrantType::AuthorizationCode) && !types.iter().any(|kind| kind.has_code()) {
        return fault("response_types", "authorization_code needs a type with code");
    }
    if has(GrantType::Implicit) && front.is_empty() {
        return fault("grant_types", "implicit is only for the types that hand out tokens at once");
    }
    if !front.is_empty() && !has(GrantType::Implicit) {
        return fault("grant_types", "a type that hands out tokens at once (legacy) needs implicit");
    }
    if front.iter().any(|kind| kind.has_code()) && !has(GrantType::AuthorizationCode) {
        return fault("grant_types", "a type with code needs authorization_code");
    }
    let carries = |mode: &ResponseMode| !matches!(mode, ResponseMode::Query | ResponseMode::QueryJwt);
    if metadata.response_modes.is_empty() || !front.is_empty() && !metadata.response_modes.iter().any(carries) {
        return fault("response_modes", "name one in which the answers may travel; tokens never do in a query");
    }
    // OpenID Connect Dynamic Client Registration 2: tokens that pass through the browser go to https alone.
    if !front.is_empty() && metadata.redirect_uris.iter().any(|uri| !uri.starts_with("https://")) {
        return fault("redirect_uris", "a type that hands out tokens at once needs https");
    }
    let bound = metadata.dpop_bound_access_tokens || metadata.tls_client_certificate_bound_access_tokens;
    if bound && front.iter().any(|kind| kind.has_token()) {
        return fault("response_types", "a token from the authorization endpoint cannot be bound to a key");
    }
    if metadata.require_signed_request_object && !signs {
        return fault("jwks", "signed requests need the application's public keys");
    }
    if !metadata.request_uris.is_empty() && !signs {
        return fault("jwks", "request objects are signed: they need the application's public keys");
    }
    if metadata.request_uris.len() > URIS {
        return fault("request_uris", "register at most 20");
    }
    let bad = metadata.request_uris.iter().find(|uri| !is_fetchable(uri))?;
    Some(("request_uris", format!("\"{}\" must be an https address", bad.escape_debug())))
}

/// OpenID Connect Core 6.2: an https address of at most 512 ASCII characters; a fragment is allowed.
fn is_fetchable(uri: &str) -> bool {
    let plain = uri.len() <= 512 && uri.bytes().all(|b| b.is_ascii_graphic()) && uri.starts_with("https://");
    plain && Url::parse(uri).is_ok_and(|url| url.has_host() && url.username().is_empty() && url.password().is_none())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn web() -> ClientMetadata {
        ClientMetadata { redirect_uris: vec!["https://shop.example.com/cb".into()], ..ClientMetadata::default() }
    }

    fn hybrid() -> ClientMetadata {
        ClientMetadata {
            response_types: vec![ResponseType::Code, ResponseType::CodeIdToken],
            grant_types: vec![GrantType::AuthorizationCode, GrantType::Implicit],
            response_modes: vec![ResponseMode::Fragment],
            ..web()
        }
    }

    #[test]
    fn the_usual_clients_have_no_fault() {
        let machine = ClientMetadata { grant_types: vec![GrantType::ClientCredentials], ..ClientMetadata::default() };
        let signing = ClientMetadata {
            jwks: Some(json!({ "keys": [] })),
            require_signed_request_object: true,
            request_uris: vec!["https://shop.example.com/request#hash".into()],
            ..web()
        };

        for metadata in [web(), hybrid(), machine, signing] {
            assert_eq!(authorization_fault(&metadata), None);
        }
    }

    #[test]
    fn combinations_that_cannot_work_are_named() {
        use GrantType::{AuthorizationCode, Implicit};
        let signing = ClientMetadata { jwks: Some(json!({ "keys": [] })), ..web() };
        let uris = |uri: &str| ClientMetadata { request_uris: vec![uri.into()], ..signing.clone() };
        let cases = [
            (ClientMetadata { response_types: vec![], ..web() }, "response_types"),
            (ClientMetadata { response_types: vec![ResponseType::IdToken], ..hybrid() }, "response_types"),
            (ClientMetadata { grant_types: vec![AuthorizationCode, Implicit], ..web() }, "grant_types"),
            (ClientMetadata { grant_types: vec![AuthorizationCode], ..hybrid() }, "grant_types"),
            (ClientMetadata { grant_types: vec![Implicit], ..hybrid() }, "grant_types"),
            (ClientMetadata { response_modes: vec![ResponseMode::Query], ..hybrid() }, "response_modes"),
            (ClientMetadata { response_modes: vec![], ..web() }, "response_modes"),
            (ClientMetadata { redirect_uris: vec!["http://127.0.0.1/cb".into()], ..hybrid() }, "redirect_uris"),
            (ClientMetadata { redirect_uris: vec!["com.example.app:/cb".into()], ..hybrid() }, "redirect_uris"),
            (
                ClientMetadata { response_types: vec![ResponseType::CodeToken], dpop_bound_access_tokens: true, ..hybrid() },
                "response_types",
            ),
            (ClientMetadata { require_signed_request_object: true, ..web() }, "jwks"),
            (ClientMetadata { request_uris: vec!["https://shop.example.com/r".into()], ..web() }, "jwks"),
            (uris("http://shop.example.com/r"), "request_uris"),
            (uris("https://user@shop.example.com/r"), "request_uris"),
            (uris("https://"), "request_uris"),
            (uris("file:///etc/passwd"), "request_uris"),
        ];

        for (metadata, field) in cases {
            assert_eq!(authorization_fault(&metadata).map(|(field, _)| field), Some(field), "{metadata:?}");
        }
    }
}
