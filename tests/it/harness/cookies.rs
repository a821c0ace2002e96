//! The cookie jar of the browser: keeps cookies per origin and refuses carelessly made ones.
use http::HeaderMap;
use http::header::SET_COOKIE;
use url::Url;

/// How a request came about; decides which cookies travel (RFC 6265bis 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// Typed into the address bar.
    None,
    SameOrigin,
    Cross,
}

impl Site {
    /// The value of `Sec-Fetch-Site`.
    pub const fn header(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SameOrigin => "same-origin",
            Self::Cross => "cross-site",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    pub origin: String,
    pub name: String,
    pub value: String,
    pub same_site: String,
}

#[derive(Clone, Default)]
pub struct Jar(Vec<Cookie>);

impl Jar {
    /// Takes the cookies of an answer. Panics for one that a careful server would not set.
    pub fn take(&mut self, url: &Url, headers: &HeaderMap, is_ours: bool) {
        for header in headers.get_all(SET_COOKIE) {
            let text = header.to_str().unwrap();
            let cookie = parse(text, url);
            if is_ours {
                check(text, url);
            }
            self.0.retain(|c| (&c.origin, &c.name) != (&cookie.origin, &cookie.name));
            let ends = attribute(text, "max-age").is_some_and(|age| age.parse::<i64>().is_ok_and(|age| age <= 0));
            if !ends {
                self.0.push(cookie);
            }
        }
    }

    /// The `Cookie` header of a request, if any cookie travels with it.
    pub fn header(&self, url: &Url, site: Site, is_post: bool) -> Option<String> {
        let origin = url.origin().ascii_serialization();
        let travels = |cookie: &&Cookie| match cookie.same_site.as_str() {
            _ if cookie.origin != origin => false,
            "none" => true,
            "strict" => site != Site::Cross,
            _ => site != Site::Cross || !is_post,
        };
        let pairs: Vec<String> = self.0.iter().filter(travels).map(|c| format!("{}={}", c.name, c.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    pub fn cookies(&self) -> &[Cookie] {
        &self.0
    }

    /// Puts a cookie in as it stands, as an attacker would.
    pub fn plant(&mut self, cookie: Cookie) {
        self.0.retain(|c| (&c.origin, &c.name) != (&cookie.origin, &cookie.name));
        self.0.push(cookie);
    }
}

fn parse(text: &str, url: &Url) -> Cookie {
    let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap_or_else(|| panic!("not a cookie: {text}"));
    Cookie {
        origin: url.origin().ascii_serialization(),
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
        same_site: attribute(text, "samesite").unwrap_or_default().to_ascii_lowercase(),
    }
}

/// The value of an attribute; an empty one for a flag.
fn attribute<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// What every cookie of ours must be.
fn check(text: &str, url: &Url) {
    let has = |name: &str| attribute(text, name).is_some();
    // The one that the check_session_iframe reads (Session Management 3.2); it proves nothing.
    let readable = text.split('=').next().is_some_and(|name| name.ends_with("tenantry-state"));
    assert!(has("httponly") != readable, "a cookie is open to scripts: {text}");
    assert!(has("samesite"), "a cookie has no SameSite: {text}");
    assert_eq!(attribute(text, "path"), Some("/"), "a cookie is not for the whole origin: {text}");
    assert!(!has("domain"), "a cookie is open to other hosts: {text}");
    if url.scheme() == "https" || text.starts_with("__Host-") {
        assert!(text.starts_with("__Host-") && has("secure"), "a cookie is not bound to its host: {text}");
    }
}
