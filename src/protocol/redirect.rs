//! Redirect URIs: what may be registered, and which of the registered ones a request means.
//! Requests are compared byte for byte (RFC 9700 2.1); nothing is parsed, decoded or normalised there.
use url::Url;

use super::authorize::VerifiedRedirect;
use super::error::Reason;
use super::scope::Scopes;
use crate::model::{Client, ResponseMode};

/// Parameters of authorization responses: a registered query may not contain them (security.md A10).
const RESERVED: &[&str] = &[
    "access_token",
    "code",
    "error",
    "error_description",
    "error_uri",
    "expires_in",
    "id_token",
    "iss",
    "response",
    "scope",
    "session_state",
    "state",
    "token_type",
];

/// Matches the `redirect_uri` of a request with the client's registration.
/// It may be omitted when exactly one is registered (RFC 6749 3.1.2.3) and the request is not an OpenID one
/// (OpenID Connect Core 3.1.2.1).
///
/// # Errors
/// `RedirectUriMissing` or `RedirectUriNotRegistered`; neither may ever be answered by a redirect.
pub fn verify(
    client: &Client,
    sent: Option<&str>,
    asked: &Scopes,
    mode: ResponseMode,
    state: Option<&str>,
) -> Result<VerifiedRedirect, Reason> {
    let registered = &client.metadata.redirect_uris;
    let uri = match (sent, registered.as_slice()) {
        (None, [only]) if !asked.contains("openid") => only.as_str(),
        (None, _) => return Err(Reason::RedirectUriMissing),
        (Some(sent), _) => {
            let fits = |known: &String| known == sent || (client.is_public() && same_but_port(known, sent));
            if !registered.iter().any(fits) {
                return Err(Reason::RedirectUriNotRegistered);
            }
            sent
        }
    };
    Ok(VerifiedRedirect { uri: uri.to_owned(), mode, state: state.map(str::to_owned) })
}

/// RFC 8252 7.3: a native application listens on a loopback address with whatever port it got.
fn same_but_port(registered: &str, sent: &str) -> bool {
    match (without_port(registered), without_port(sent)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// Splits a loopback URI into address and what follows the port.
fn without_port(uri: &str) -> Option<(&'static str, &str)> {
    let address = ["http://127.0.0.1", "http://[::1]"].into_iter().find(|address| uri.starts_with(address))?;
    let rest = &uri[address.len()..];
    let path = match rest.strip_prefix(':') {
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let (port, path) = rest.split_at(end);
            port.parse::<u16>().ok().filter(|port| *port != 0)?;
            path
        }
        None => rest,
    };
    (path.is_empty() || path.starts_with(['/', '?'])).then_some((address, path))
}

/// Why a URI cannot be registered as `redirect_uris` or `post_logout_redirect_uris`; nothing when it can.
pub fn registration_fault(uri: &str) -> Option<&'static str> {
    if uri.is_empty() || uri.len() > 2048 {
        return Some("must have 1 to 2048 characters");
    }
    if !uri.bytes().all(|b| b.is_ascii_graphic()) || uri.contains(['\\', '"', '<', '>', '`', '{', '}', '|', '^']) {
        return Some("must consist of the ASCII characters of RFC 3986");
    }
    // RFC 6749 3.1.2: no fragment.
    if uri.contains('#') {
        return Some("must not have a fragment");
    }
    if uri.contains('*') {
        return Some("must not have a wildcard");
    }
    let Ok(url) = Url::parse(uri) else { return Some("must be an absolute URI") };
    if !url.username().is_empty() || url.password().is_some() || authority(uri).contains('@') {
        return Some("must not have a user name or password");
    }
    // What a lenient parser would mend is refused: browsers and applications mend differently.
    if uri.contains("//")
        && (authority(uri).is_empty() || !authority(uri).bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]_".contains(&b)))
    {
        return Some("must have a plain host name");
    }
    if uri.split(['?', '/']).any(|segment| matches!(segment, "." | "..")) || uri.to_ascii_lowercase().contains("%2e") {
        return Some("must not have dot segments");
    }
    if url.query_pairs().any(|(name, _)| RESERVED.contains(&name.as_ref())) {
        return Some("must not use a parameter of authorization responses in its query");
    }
    scheme_fault(uri, &url)
}

fn authority(uri: &str) -> &str {
    uri.split_once("//").map_or("", |(_, rest)| rest.split(['/', '?']).next().unwrap_or(""))
}

/// https; http on this machine alone; or a scheme in reverse domain order (RFC 8252 7.1).
fn scheme_fault(uri: &str, url: &Url) -> Option<&'static str> {
    match url.scheme() {
        "https" if uri.starts_with("https://") && url.host_str().is_some_and(|host| !host.is_empty()) => None,
        "http" if uri.starts_with("http://") => {
            let local = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
            (!local).then_some("must use https, unless it is http on a loopback address")
        }
        scheme if scheme.contains('.') && uri.starts_with(scheme) => None,
        _ => Some("must use https, http on a loopback address, or a private-use scheme with a dot"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AuthMethod;
    use crate::protocol::testing::client;

    fn verified(client: &Client, sent: Option<&str>, scope: &str) -> Result<String, Reason> {
        verify(client, sent, &Scopes::parse(scope), ResponseMode::Query, None).map(|r| r.uri)
    }

    #[test]
    fn a01_a04_a07_only_the_registered_bytes_match() {
        let client = client();
        let refused = [
            "https://rp1.test.evil.test/cb",
            "https://rp1.test/cb2",
            "https://rp1.test/cb/",
            "https://rp1.test/cb?x=1",
            "https://rp1.test/cb#",
            "https://rp1.test/cb/..;/x",
            "https://rp1.test/cb/%2e%2e/x",
            "https://rp1.test/cb%252f..",
            "https://rp1.test/cb/../cb",
            "https://rp1.test/cb%00",
            "https://rp1.test/cb%0d%0aX:y",
            "https://rp1xtest/cb",
            "HTTPS://RP1.TEST/cb",
            "https://rp1.test/CB",
            "https://rp1.test:443/cb",
            "https://a@rp1.test/cb",
            "//rp1.test/cb",
            " https://rp1.test/cb",
        ];

        for uri in refused {
            assert_eq!(verified(&client, Some(uri), "openid"), Err(Reason::RedirectUriNotRegistered), "{uri}");
        }
        assert_eq!(verified(&client, Some("https://rp1.test/cb"), "openid"), Ok("https://rp1.test/cb".into()));
    }

    #[test]
    fn a02_a_client_without_registered_uris_never_redirects() {
        let mut client = client();
        client.metadata.redirect_uris.clear();

        assert_eq!(verified(&client, Some("https://rp1.test/cb"), "openid"), Err(Reason::RedirectUriNotRegistered));
        assert_eq!(verified(&client, None, "api"), Err(Reason::RedirectUriMissing));
    }

    #[test]
    fn the_uri_may_be_omitted_only_for_plain_oauth_with_one_registered() {
        let mut client = client();

        assert_eq!(verified(&client, None, "api"), Ok("https://rp1.test/cb".into()));
        assert_eq!(verified(&client, None, "openid"), Err(Reason::RedirectUriMissing));
        client.metadata.redirect_uris.push("https://rp1.test/other".into());
        assert_eq!(verified(&client, None, "api"), Err(Reason::RedirectUriMissing));
    }

    #[test]
    fn native_clients_may_use_any_port_on_loopback_addresses() {
        let mut client = client();
        client.metadata.redirect_uris = vec!["http://127.0.0.1/cb".into(), "http://[::1]:1/cb".into(), "http://localhost:9/cb".into()];
        client.metadata.token_endpoint_auth_method = AuthMethod::None;

        for uri in ["http://127.0.0.1/cb", "http://127.0.0.1:51234/cb", "http://[::1]:8080/cb", "http://localhost:9/cb"] {
            assert_eq!(verified(&client, Some(uri), "openid"), Ok(uri.into()));
        }
        for uri in [
            "http://127.0.0.1:51234/cb2",
            "http://127.0.0.1:x/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:80@evil.test/cb",
            "http://127.0.0.1.evil.test/cb",
            "http://127.0.0.1:/cb",
            "https://127.0.0.1:5/cb",
            "http://localhost:10/cb",
        ] {
            assert_eq!(verified(&client, Some(uri), "openid"), Err(Reason::RedirectUriNotRegistered), "{uri}");
        }
        client.metadata.token_endpoint_auth_method = AuthMethod::Basic;
        assert_eq!(verified(&client, Some("http://127.0.0.1:5/cb"), "openid"), Err(Reason::RedirectUriNotRegistered));
    }

    #[test]
    fn a05_a10_registration_refuses_what_cannot_be_matched_safely() {
        for uri in [
            "",
            "/cb",
            "rp1.test/cb",
            "https://*.rp1.test/*",
            "https://rp1.test/*",
            "https://rp1.test/cb#x",
            "https://user@rp1.test/cb",
            "https://:p@rp1.test/cb",
            "https://@rp1.test/cb",
            "https://rp1.test/a/../cb",
            "https://rp1.test/a/%2E%2e/cb",
            "https://rp1.test/cb?code=x&state=y&iss=z",
            "https://rp1.test/cb?a=b&%63ode=x",
            "https://rp1.test\\cb",
            "https://rp1.test/ä",
            "https://rp1.test/c b",
            "https:rp1.test/cb",
            "https:///cb",
            "http://rp1.test/cb",
            "http://127.0.0.1.evil.test/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "myapp:/cb",
        ] {
            assert!(registration_fault(uri).is_some(), "{uri}");
        }
        assert!(registration_fault(&format!("https://rp1.test/{}", "x".repeat(2048))).is_some());
        for uri in [
            "https://rp1.test/cb",
            "https://rp1.test/cb?tenant=a&x=%20",
            "http://127.0.0.1/cb",
            "http://[::1]:80/cb",
            "http://localhost:8080/cb",
            "com.example.app:/cb",
        ] {
            assert_eq!(registration_fault(uri), None, "{uri}");
        }
    }
}
