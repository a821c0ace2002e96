//! What the suite looks at in every answer, whatever the module. A foreign implementation verifies the signatures.
use std::collections::HashMap;

use chrono::DateTime;
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet};
use openidconnect::{AccessToken, AccessTokenHash, ClientId, ClientSecret, IssuerUrl, Nonce};
use serde_json::Value;

use super::answers::{Answer, Tokens, part};
use super::suite::{AuthRequest, Callback, Client, Suite};

/// Errors of the authorization endpoint that say: a page would have been needed (OpenID Connect Core 3.1.2.6).
pub const NEEDS_A_PAGE: &[&str] = &["interaction_required", "login_required", "account_selection_required", "consent_required"];

/// What a person's standard claims look like (OpenID Connect Core 5.1).
const STRINGS: &[&str] = &[
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
];

impl Suite {
    /// A code for this request: our issuer, its state, nothing else. Gives the code.
    pub fn good_callback(&self, request: &AuthRequest, callback: &Callback) -> String {
        assert_eq!(callback.get("error"), None, "{callback:?}");
        self.is_answer_to(request, callback, &["code", "state", "iss", "session_state"]);
        let code = callback.get("code").unwrap_or_else(|| panic!("no code: {callback:?}"));
        assert!(code.len() * 8 >= 128, "RFC 6749 10.10: the code is short");
        assert!(entropy(code) >= 96.0, "RFC 6749 10.10: the code can be guessed");
        code.to_owned()
    }

    /// One of these errors for this request, with nothing unexpected beside it.
    pub fn good_error(&self, request: &AuthRequest, callback: &Callback, expected: &[&str]) {
        self.is_answer_to(request, callback, &["error", "error_description", "error_uri", "state", "session_state", "iss"]);
        let error = callback.get("error").unwrap_or_else(|| panic!("no error: {callback:?}"));
        assert!(expected.contains(&error), "{error} is none of {expected:?}");
        good_description(callback.get("error_description"));
    }

    fn is_answer_to(&self, request: &AuthRequest, callback: &Callback, known: &[&str]) {
        assert_eq!(callback.get("state"), request.get("state"), "state came back changed");
        assert_eq!(callback.get("iss"), Some(self.issuer()), "RFC 9207 2");
        let unexpected: Vec<_> = callback.0.keys().filter(|name| !known.contains(&name.as_str())).collect();
        assert!(unexpected.is_empty(), "unexpected parameters: {unexpected:?}");
    }

    /// Tokens for this client. `nonce` as the request had it; none after a refresh.
    pub fn good_tokens(&self, client: &Client, answer: &Answer, nonce: Option<&str>) -> Tokens {
        assert_eq!((answer.status, answer.media_type()), (200, "application/json"), "{answer:?}");
        assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"), "RFC 6749 5.1");
        assert!(answer.text("token_type").eq_ignore_ascii_case("bearer"));
        assert!(answer.body["expires_in"].as_u64().is_some_and(|seconds| seconds > 0), "a number of seconds: {answer:?}");
        let access = answer.text("access_token");
        assert!(is_visible(access), "RFC 6749 A.12: {access}");
        assert!(entropy(access) >= 96.0, "the access token can be guessed");
        let refresh = answer.body["refresh_token"].as_str().map(str::to_owned);
        if let Some(refresh) = &refresh {
            assert!(is_visible(refresh) && refresh.len() * 8 >= 128 && entropy(refresh) >= 96.0, "RFC 6749 10.10, A.17: {refresh}");
        }
        let id_token = answer.text("id_token").to_owned();
        let (header, claims) = self.good_id_token(client, &id_token, access, nonce);
        Tokens { access: access.to_owned(), refresh, id_token, header, claims }
    }

    fn good_id_token(&self, client: &Client, id_token: &str, access: &str, nonce: Option<&str>) -> (Value, Value) {
        let (header, claims) = (part(id_token, 0), part(id_token, 1));
        self.is_signed(client, id_token, access, nonce);
        let known = self.jwks["keys"].as_array().unwrap().iter().filter(|key| key["kid"] == header["kid"]);
        let keys: Vec<&Value> = known.collect();
        assert_eq!(keys.len(), 1, "OpenID Connect Core 10.1: the kid names one key: {header}");
        assert_eq!(keys[0]["alg"], header["alg"]);
        assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some(self.issuer()), Some(client.id.as_str())));
        assert_eq!(claims["nonce"].as_str(), nonce, "OpenID Connect Core 2");
        let now = self.t.now().seconds();
        assert!(claims["exp"].as_i64().unwrap() > now && claims["iat"].as_i64().unwrap() <= now);
        assert!(claims["sub"].as_str().is_some_and(|sub| !sub.is_empty() && sub.len() <= 255 && sub.is_ascii()), "{claims}");
        assert!(claims["acr"].is_null() || claims["acr"].is_string());
        good_claims(&claims);
        for scoped in ["name", "email", "address", "phone_number"] {
            assert!(claims[scoped].is_null(), "OpenID Connect Core 5.4: {scoped} belongs into userinfo");
        }
        (header, claims)
    }

    fn is_signed(&self, client: &Client, id_token: &str, access: &str, nonce: Option<&str>) {
        let keys: CoreJsonWebKeySet = serde_json::from_value(self.jwks.clone()).unwrap();
        let issuer = IssuerUrl::new(self.issuer().to_owned()).unwrap();
        let now = self.t.now().seconds();
        let (id, secret) = (ClientId::new(client.id.clone()), ClientSecret::new(client.secret.clone()));
        let verifier = CoreIdTokenVerifier::new_confidential_client(id, secret, issuer, keys)
            .set_time_fn(move || DateTime::from_timestamp(now, 0).unwrap());
        let token: CoreIdToken = id_token.parse().unwrap();
        let same = |got: Option<&Nonce>| {
            if got.map(|nonce| nonce.secret().as_str()) == nonce { Ok(()) } else { Err("another nonce".to_owned()) }
        };
        let claims = token.claims(&verifier, same).unwrap_or_else(|error| panic!("the id_token is refused: {error:?}"));
        if let Some(told) = claims.access_token_hash() {
            let (alg, key) = (token.signing_alg().unwrap(), token.signing_key(&verifier).unwrap());
            let real = AccessTokenHash::from_token(&AccessToken::new(access.to_owned()), alg, key).unwrap();
            assert_eq!(told, &real, "OpenID Connect Core 3.1.3.6");
        }
    }

    /// Userinfo about the person whom the id_token names (OpenID Connect Core 5.3.2). Gives its claims.
    pub fn good_userinfo(&self, answer: &Answer, tokens: &Tokens) -> Value {
        assert_eq!((answer.status, answer.media_type()), (200, "application/json"), "{answer:?}");
        assert_eq!(answer.body["sub"], tokens.claims["sub"], "OpenID Connect Core 5.3.2");
        good_claims(&answer.body);
        answer.body.clone()
    }

    /// A refusal of the token endpoint (RFC 6749 5.2).
    pub fn good_refusal(&self, answer: &Answer, error: &str) {
        assert_eq!((answer.status, answer.media_type()), (400, "application/json"), "{answer:?}");
        assert_eq!(answer.text("error"), error);
        assert_eq!(answer.header("cache-control"), "no-store");
        good_description(answer.body["error_description"].as_str());
        assert!(answer.body["error_uri"].is_null());
    }
}

/// Types of the standard claims; nothing is null or empty.
fn good_claims(claims: &Value) {
    for (name, value) in claims.as_object().unwrap() {
        assert!(!value.is_null() && value != "", "{name} is empty: {claims}");
        let fits = match name.as_str() {
            "email_verified" | "phone_number_verified" => value.is_boolean(),
            "updated_at" => value.as_i64().is_some_and(|seconds| seconds > 0),
            "address" => value.as_object().is_some_and(|parts| !parts.is_empty() && parts.values().all(Value::is_string)),
            name if STRINGS.contains(&name) => value.is_string(),
            _ => true,
        };
        assert!(fits, "{name} has another type: {value}");
    }
    if let Some(date) = claims["birthdate"].as_str() {
        let shape: String = date.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
        assert!(["9999-99-99", "9999"].contains(&shape.as_str()), "OpenID Connect Core 5.1: {date}");
    }
}

/// RFC 6749 4.1.2.1, 5.2: printable ASCII without quote and backslash.
fn good_description(text: Option<&str>) {
    let fits = |b: u8| (0x20..=0x7e).contains(&b) && b != b'"' && b != b'\\';
    assert!(text.is_none_or(|text| text.bytes().all(fits)), "{text:?}");
}

fn is_visible(token: &str) -> bool {
    token.bytes().all(|b| (0x21..=0x7e).contains(&b))
}

/// Shannon's entropy of the text, in bits.
fn entropy(text: &str) -> f64 {
    let mut counts: HashMap<char, f64> = HashMap::new();
    text.chars().for_each(|c| *counts.entry(c).or_default() += 1.0);
    let length = text.chars().count() as f64;
    counts.values().map(|count| -count * (count / length).log2()).sum()
}
