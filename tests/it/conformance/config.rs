//! `oidcc-config-certification-test-plan`: what relying applications read before they say a word.
//!
//! | module | what counts |
//! | --- | --- |
//! | oidcc-discovery-endpoint-verification | the document, every address in it, the key set |
//!
//! The suite takes no address without TLS; the server of this file therefore has an https issuer, as behind a proxy.
use serde_json::Value;
use url::Url;

use super::answers::{Answer, answer};
use crate::harness::net;
use crate::harness::tenantry::Tenantry;

const ISSUER: &str = "https://id.example";
const DOCUMENT: &str = "/.well-known/openid-configuration";

/// A server with a public address of its own, and its document.
pub struct Published {
    t: Tenantry,
    pub document: Value,
}

impl Published {
    pub async fn read() -> Self {
        let t = Tenantry::start_with(|config| config.server.issuer = ISSUER.parse().unwrap()).await;
        let read = fetch(&t, &format!("{ISSUER}{DOCUMENT}")).await;
        assert_eq!((read.status, read.media_type()), (200, "application/json"), "OpenID Connect Discovery 4.2");
        Self { t, document: read.body }
    }

    pub fn text(&self, member: &str) -> &str {
        self.document[member].as_str().unwrap_or_else(|| panic!("no {member} in {}", self.document))
    }

    /// The values of a member that is a list of at least one text.
    fn list(&self, member: &str) -> Vec<&str> {
        let values = self.document[member].as_array().unwrap_or_else(|| panic!("{member} is not a list: {}", self.document));
        assert!(!values.is_empty(), "{member} is empty");
        values.iter().map(|value| value.as_str().unwrap_or_else(|| panic!("{member} holds {value}"))).collect()
    }

    /// An absolute https URL without a fragment.
    pub fn is_address(&self, member: &str) {
        let url = Url::parse(self.text(member)).unwrap();
        assert_eq!((url.scheme(), url.fragment()), ("https", None), "{member}: {url}");
        assert!(url.has_host(), "{member}: {url}");
    }

    /// Every endpoint of the document, those of extensions too.
    pub fn endpoints_are_https(&self) {
        let members = self.document.as_object().unwrap().keys();
        members.filter(|name| name.ends_with("_endpoint")).for_each(|name| self.is_address(name));
    }
}

/// Asks the server for one of its public addresses.
async fn fetch(t: &Tenantry, public: &str) -> Answer {
    let path = public.strip_prefix(ISSUER).unwrap_or_else(|| panic!("not below the issuer: {public}"));
    answer(net::client().get(format!("http://{}{path}", t.address))).await
}

#[tokio::test]
async fn oidcc_discovery_endpoint_verification() {
    let p = Published::read().await;

    let (issuer, issuer_url) = (p.text("issuer"), Url::parse(p.text("issuer")).unwrap());
    assert_eq!(issuer, ISSUER, "OpenID Connect Discovery 4.3: where the document was found");
    assert_eq!((issuer_url.scheme(), issuer_url.query(), issuer_url.fragment()), ("https", None, None), "RFC 8414 2");
    for endpoint in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"] {
        p.is_address(endpoint);
    }
    p.endpoints_are_https();
    assert!(p.list("response_types_supported").contains(&"code"));
    assert!(p.list("subject_types_supported").iter().all(|kind| ["public", "pairwise"].contains(kind)));
    assert!(p.list("id_token_signing_alg_values_supported").contains(&"RS256"), "OpenID Connect Discovery 3");
    for optional in ["userinfo_signing_alg_values_supported", "request_object_signing_alg_values_supported"] {
        let named = p.document[optional].is_null() || p.list(optional).contains(&"RS256");
        assert!(named, "OpenID Connect Discovery 3 recommends RS256: {optional}");
    }
    assert!(p.list("claims_supported").contains(&"sub"));
    assert!(p.list("grant_types_supported").contains(&"authorization_code"));
    assert!(p.list("code_challenge_methods_supported").contains(&"S256"));
    for flag in ["request_parameter_supported", "request_uri_parameter_supported", "claims_parameter_supported"] {
        assert!(p.document[flag].is_boolean(), "{flag} is said, whatever its default");
    }
    let scopes = p.list("scopes_supported");
    let fits = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
    assert!(scopes.contains(&"openid") && scopes.iter().all(|scope| scope.bytes().all(fits)), "RFC 6749 3.3: {scopes:?}");
    for locale in p.list("ui_locales_supported") {
        let parts: Vec<&str> = locale.split('-').collect();
        assert!((2..=3).contains(&parts[0].len()) && parts[0].bytes().all(|b| b.is_ascii_lowercase()), "RFC 5646: {locale}");
        assert!(parts[1..].iter().all(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_uppercase())), "{locale}");
    }
}

#[tokio::test]
async fn oidcc_discovery_endpoint_verification_of_the_key_set() {
    let p = Published::read().await;

    let set = fetch(&p.t, p.text("jwks_uri")).await;

    assert_eq!((set.status, set.media_type()), (200, "application/json"));
    let keys = set.body["keys"].as_array().unwrap();
    let kids: std::collections::BTreeSet<&str> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(kids.len(), keys.len(), "RFC 7517 4.5: every kid names one key");
    for key in keys {
        assert_eq!(key["use"], "sig");
        assert!(p.list("id_token_signing_alg_values_supported").contains(&key["alg"].as_str().unwrap()), "{key}");
        let public: &[&str] = match key["kty"].as_str().unwrap() {
            "RSA" => &["n", "e"],
            "EC" => &["crv", "x", "y"],
            "OKP" => &["crv", "x"],
            other => panic!("a symmetric or unknown key: {other}"),
        };
        let is_base64url = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        assert!(public.iter().all(|member| key[*member].as_str().is_some_and(|text| *member == "crv" || is_base64url(text))), "{key}");
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(key[private].is_null(), "{private} is public");
        }
        if let Some(modulus) = key["n"].as_str() {
            assert!(modulus.len() * 6 >= 2048, "RFC 7518 3.3: 2048 bits or more");
        }
    }
    assert!(keys.iter().any(|key| key["alg"] == "RS256"), "an application that knows RS256 alone can verify");
}
