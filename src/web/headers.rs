//! Response headers that every page carries (security.md E11).
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Nothing from elsewhere, no inline script or style, no framing. `form-action` is left open on purpose: a form_post
/// answer and the redirects after a login form leave for relying applications (browsers apply it to redirects too).
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a page needs beyond the strict rule; put into the extensions of its response.
#[derive(Clone, Debug)]
pub enum Policy {
    /// Hidden frames of exactly these origins (Front-Channel Logout 1.0).
    Frames(Vec<String>),
    /// Others may put the page into a frame: it shows nothing and takes no click (Session Management 1.0).
    Framed,
    /// A file that came from somebody: nothing of it runs, whatever a browser takes it for (security.md L04).
    Inert,
}

/// Changes the headers of a response as far as its policy says.
pub fn loosen(headers: &mut HeaderMap, policy: &Policy) {
    let text = match policy {
        Policy::Frames(origins) if origins.is_empty() => return,
        Policy::Frames(origins) => {
            let origins: std::collections::BTreeSet<&str> = origins.iter().map(String::as_str).collect();
            format!("{CSP}; frame-src {}", origins.into_iter().collect::<Vec<_>>().join(" "))
        }
        Policy::Framed => {
            headers.remove(header::X_FRAME_OPTIONS);
            "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'".to_owned()
        }
        Policy::Inert => "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox".to_owned(),
    };
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
}

/// Sets the security headers of a page; `no-store` unless the answer says otherwise.
pub fn secure(headers: &mut HeaderMap, https: bool) {
    let fixed: [(HeaderName, &'static str); 7] = [
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
