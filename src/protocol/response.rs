//! Answers of the authorization endpoint: what is told, and how it travels to the client (RFC 6749 4.1.2, RFC 9207 2,
//! OAuth 2.0 Form Post Response Mode 2, JARM 2).
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Map, Value};

use super::authorize::VerifiedRedirect;
use super::error::OAuthError;
use crate::model::{ClientId, ResponseMode};
use crate::world::Timestamp;

/// JARM 2.1 recommends at most ten minutes; a code inside lives shorter anyway.
const JWT_TIME: Duration = Duration::from_secs(300);

/// How the browser is sent to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A URL for a 303.
    Redirect(String),
    /// A page with one form that posts itself.
    FormPost { action: String, fields: Vec<(&'static str, String)> },
}

/// The parameters of an answer, without those that every answer has.
pub type Fields = Vec<(&'static str, String)>;

/// An access token that the authorization endpoint hands out itself (RFC 6749 4.2.2).
#[derive(Clone)]
pub struct FrontToken {
    pub token: String,
    /// Seconds.
    pub expires_in: u64,
    pub scope: String,
}

/// What the client gets: a code, or what its response type names beside or instead of it (OpenID Connect Core 3.2.2.5,
/// 3.3.2.5).
#[derive(Clone, Default)]
pub struct Success {
    pub code: Option<String>,
    pub access: Option<FrontToken>,
    pub id_token: Option<String>,
}

impl Success {
    pub fn code(code: &str) -> Self {
        Self { code: Some(code.to_owned()), ..Self::default() }
    }

    pub fn fields(self) -> Fields {
        let mut fields: Fields = self.code.map(|code| ("code", code)).into_iter().collect();
        if let Some(access) = self.access {
            fields.push(("access_token", access.token));
            fields.push(("token_type", "Bearer".to_owned()));
            fields.push(("expires_in", access.expires_in.to_string()));
            fields.push(("scope", access.scope));
        }
        fields.extend(self.id_token.map(|token| ("id_token", token)));
        fields
    }
}

/// The parameters of an error.
pub fn error_fields(error: &OAuthError) -> Fields {
    vec![("error", error.code.as_str().to_owned()), ("error_description", error.description.clone().into_owned())]
}

/// An answer as plain parameters.
pub fn plain(redirect: &VerifiedRedirect, mut fields: Fields, issuer: &str) -> Answer {
    fields.extend(redirect.state().map(|state| ("state", state.to_owned())));
    // RFC 9207 2: in success and error responses alike.
    fields.push(("iss", issuer.to_owned()));
    travel(redirect, fields)
}

/// The claims of an answer that travels as a signed JWT (JARM 2.1).
pub fn claims(redirect: &VerifiedRedirect, fields: Fields, issuer: &str, client: &ClientId, now: Timestamp) -> Map<String, Value> {
    let own = [("iss", issuer.into()), ("aud", client.as_str().into()), ("exp", now.plus(JWT_TIME).seconds().into())];
    let state = redirect.state().map(|state| ("state", state.to_owned()));
    let told = fields.into_iter().chain(state).map(|(name, value)| (name, Value::from(value)));
    own.into_iter().chain(told).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The signed JWT on its way. RFC 9207 4: `iss` is inside and not beside it.
pub fn wrapped(redirect: &VerifiedRedirect, jwt: String) -> Answer {
    travel(redirect, vec![("response", jwt)])
}

fn travel(redirect: &VerifiedRedirect, fields: Fields) -> Answer {
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

    fn success(redirect: &VerifiedRedirect, code: &str, issuer: &str) -> Answer {
        plain(redirect, Success::code(code).fields(), issuer)
    }

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

        let answer = plain(&redirect("https://rp1.test/cb", ResponseMode::Query, Some("s")), error_fields(&error), "https://id.test");

        let expected = "https://rp1.test/cb?error=access_denied&error_description=No&state=s&iss=https%3A%2F%2Fid.test";
        assert_eq!(answer, Answer::Redirect(expected.into()));
    }

    #[test]
    fn a_signed_answer_says_all_inside_and_nothing_beside() {
        let redirect = redirect("https://rp1.test/cb", ResponseMode::FragmentJwt, Some("s"));
        let now = Timestamp::from_seconds(1_000);
        let front = FrontToken { token: "t".into(), expires_in: 300, scope: "openid".into() };
        let success = Success { access: Some(front), id_token: Some("i".into()), ..Success::code("c") };

        let told = claims(&redirect, success.fields(), "https://id.test", &ClientId::from_text("cli_1"), now);

        let expected = serde_json::json!({
            "iss": "https://id.test", "aud": "cli_1", "exp": 1_300, "state": "s", "code": "c",
            "access_token": "t", "token_type": "Bearer", "expires_in": "300", "scope": "openid", "id_token": "i",
        });
        assert_eq!(Value::Object(told), expected);
        assert_eq!(wrapped(&redirect, "x.y.z".into()), Answer::Redirect("https://rp1.test/cb#response=x.y.z".into()));
    }
}
