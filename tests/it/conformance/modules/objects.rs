//! Request objects that nobody signed: the plans allow to support them or to say that they are not supported.
use serde_json::{Map, Value};

use crate::conformance::suite::{AuthRequest, CALLBACK, Mode, Suite};

/// Without `none` among the algorithms of request objects the suite skips the three modules about unsigned ones; a server
/// that is asked all the same says that it does not do that.
async fn unsigned_is_not_supported(mode: Mode, change: impl FnOnce(AuthRequest) -> AuthRequest, expected: &str) {
    let mut s = Suite::new(mode).await;
    assert!(!s.lists("request_object_signing_alg_values_supported", "none"));
    let request = change(s.request(&s.one, "openid"));

    s.authorize(&request).await;

    s.good_error(&request, &s.called(), &[expected]);
}

/// A request object of the request, in the form that nobody vouches for (RFC 7515 A.5).
fn unsigned(request: &AuthRequest, redirect_uri: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let claims: Map<String, Value> = request.0.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let claims = Value::Object(claims.into_iter().chain([("redirect_uri".to_owned(), redirect_uri.into())]).collect());
    format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

pub async fn oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(mode: Mode) {
    let mut s = Suite::new(mode).await;
    assert!(!s.lists("request_object_signing_alg_values_supported", "none"));
    let request = s.request(&s.one, "openid").with("request_uri", "https://suite.example/test/a/tenantry/requesturi#1");

    s.authorize(&request).await;

    // k01: an address that nobody registered is neither fetched nor followed back.
    assert_eq!((s.browser.page().status, s.browser.text("#error-code").as_str()), (400, "invalid_request_uri"));
}

pub async fn oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(mode: Mode) {
    let by_value = |request: AuthRequest| {
        let object = unsigned(&request, CALLBACK);
        request.with("request", object)
    };

    unsigned_is_not_supported(mode, by_value, "request_not_supported").await;
}

pub async fn oidcc_ensure_request_object_with_redirect_uri(mode: Mode) {
    let mut s = Suite::new(mode).await;
    assert!(!s.lists("request_object_signing_alg_values_supported", "none"));
    let request = s.request(&s.one, "openid");
    let object = unsigned(&request, CALLBACK);
    let request = request.with("redirect_uri", format!("{CALLBACK}/invalid")).with("request", object);

    s.authorize(&request).await;

    assert_eq!(s.browser.page().status, 400, "an object that nobody signed redirects nobody");
}
