//! Answers of the authorization endpoint: how code or error travel to the client (RFC 6749 4.1.2, RFC 9207 2,
//! OAuth 2.0 Form Post Response Mode 2).
use std::fmt::Write as _;

use super::authorize::VerifiedRedirect;
use super::error::OAuthError;
use crate::model::ResponseMode;

/// How the browser is sent to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A URL for a 303.
    Redirect(String),
    /// A page with one form that posts itself.
    FormPost { action: String, fields: Vec<(&'static str, String)> },
}

/// The client gets a code.
pub fn success(redirect: &VerifiedRedirect, code: &str, issuer: &str) -> Answer {
    answer(redirect, vec![("code", code.to_owned())], issuer)
}

/// The client gets an error.
pub fn failure(redirect: &VerifiedRedirect, error: &OAuthError, issuer: &str) -> Answer {
    let fields = vec![("error", error.code.as_str().to_owned()), ("error_description", error.description.clone().into_owned())];
    answer(redirect, fields, issuer)
}

fn answer(redirect: &VerifiedRedirect, mut fields: Vec<(&'static str, String)>, issuer: &str) -> Answer {
    fields.extend(redirect.state().map(|state| ("state", state.to_owned())));
    // RFC 9207 2: in success and error responses alike.
    fields.push(("iss", issuer.to_owned()));
    match redirect.mode() {
        ResponseMode::FormPost | ResponseMode::FormPostJwt => Answer::FormPost { action: redirect.uri().to_owned(), fields },
        ResponseMode::Fragment | ResponseMode::FragmentJwt => Answer::Redirect(format!("{}#{}", redirect.uri(), encode(&fields))),
        ResponseMode::Query | ResponseMode::QueryJwt | ResponseMode::Jwt => Answer::Redirect(append(redirect.uri(), &fields)),
    }
}

/// Appends parameters to a URI; what it already has is kept byte for byte (RFC 6749 3.1.2).
pub fn append(uri: &str, fields: &[(&'static str, String)]) -> String {
    let glue = match uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{glue}{}", encode(fields))
}

/// Every byte but the unreserved ones as `%XX`: form decoders and URI decoders read that alike.
fn encode(fields: &[(&'static str, String)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                text.push(char::from(byte));
            } else {
                write!(text, "%{byte:02X}").expect("writing into a string does not fail");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::error::{ErrorCode, Reason};

    fn redirect(uri: &str, mode: ResponseMode, state: Option<&str>) -> VerifiedRedirect {
        VerifiedRedirect { uri: uri.into(), mode, state: state.map(str::to_owned) }
    }

    #[test]
    fn a_registered_query_is_kept_when_parameters_are_appended() {
        for (uri, expected) in [
            ("https://rp1.test/cb", "https://rp1.test/cb?code=c&iss=https%3A%2F%2Fid.test"),
            ("https://rp1.test/cb?a=%2F+b", "https://rp1.test/cb?a=%2F+b&code=c&iss=https%3A%2F%2Fid.test"),
            ("https://rp1.test/cb?", "https://rp1.test/cb?code=c&iss=https%3A%2F%2Fid.test"),
        ] {
            assert_eq!(success(&redirect(uri, ResponseMode::Query, None), "c", "https://id.test"), Answer::Redirect(expected.into()));
        }
    }

    #[test]
    fn a13_state_comes_back_byte_for_byte_in_every_mode() {
        let state = "\"><script>a b+c%20&=ä";

        for mode in [ResponseMode::Query, ResponseMode::Fragment] {
            let Answer::Redirect(url) = success(&redirect("https://rp1.test/cb", mode, Some(state)), "c", "https://id.test") else {
                panic!("a redirect was due");
            };
            let url = url::Url::parse(&url).expect("a valid URL");
            let pairs = if mode == ResponseMode::Query { url.query() } else { url.fragment() }.expect("parameters").to_owned();
            let found = url::form_urlencoded::parse(pairs.as_bytes()).find(|(n, _)| n == "state").expect("state");
            assert_eq!(found.1, state);
            assert!(!pairs.contains('<'));
        }
        let Answer::FormPost { action, fields } =
            success(&redirect("https://rp1.test/cb", ResponseMode::FormPost, Some(state)), "c", "https://id.test")
        else {
            panic!("a form was due");
        };
        assert_eq!(action, "https://rp1.test/cb");
        assert!(fields.contains(&("state", state.to_owned())));
    }

    #[test]
    fn b25_errors_carry_the_issuer_too() {
        let error = OAuthError::new(ErrorCode::AccessDenied, "No", Reason::PersonDenied);

        let answer = failure(&redirect("https://rp1.test/cb", ResponseMode::Query, Some("s")), &error, "https://id.test");

        let expected = "https://rp1.test/cb?error=access_denied&error_description=No&state=s&iss=https%3A%2F%2Fid.test";
        assert_eq!(answer, Answer::Redirect(expected.into()));
    }
}
