//! Our cookies: the binding of unfinished sign-ins to the browser, the session, the language, an opened invitation,
//! announcements that were put away.
use axum::http::{HeaderMap, HeaderValue, header};

use crate::config::Config;
use crate::world::Secret;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    Browser,
    Session,
    /// The language that was chosen on a page.
    Language,
    /// The token of an invitation, between the letter's link and the form (security.md H07).
    Invitation,
    /// What waits for the person's word after a sign-in at Microsoft.
    Pending,
    /// The token of a link to a new password, between the letter and the form.
    Recovery,
    /// The token of a link that proves a new e-mail address.
    EmailProof,
    /// The token of the first operator's link, between the link and the form.
    Bootstrap,
    /// Announcements that were put away in this browser. Stays for a while, so that a restart does not bring them back.
    Dismissed,
    /// The state of the browser that the check_session_iframe compares (Session Management 3.2). Scripts of ours read it;
    /// it proves nothing to anybody.
    State,
}

impl Cookie {
    /// With `__Host-` wherever the issuer is https; plain http exists on loopback alone, where browsers differ on it.
    pub(super) fn name(self, config: &Config) -> String {
        let name = match self {
            Self::Browser => "tenantry-browser",
            Self::Session => "tenantry-session",
            Self::Language => "tenantry-language",
            Self::Invitation => "tenantry-invitation",
            Self::Pending => "tenantry-pending",
            Self::Recovery => "tenantry-recovery",
            Self::EmailProof => "tenantry-email-proof",
            Self::Bootstrap => "tenantry-bootstrap",
            Self::Dismissed => "tenantry-dismissed",
            Self::State => "tenantry-state",
        };
        if config.server.is_plain_http() { name.to_owned() } else { format!("__Host-{name}") }
    }

    /// The value that the browser sent. A name that comes twice counts as none (security.md E02).
    pub fn read(self, headers: &HeaderMap, config: &Config) -> Option<Secret<String>> {
        let name = self.name(config);
        let mut found = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value);
        let value = found.next()?;
        let plain = !value.is_empty() && value.len() <= 128 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        (found.next().is_none() && plain).then(|| Secret::from(value))
    }

    /// `Set-Cookie` with all attributes that `__Host-` demands. A cookie of the browser's session, but for the one that
    /// says nothing about anybody.
    pub fn set(self, value: &str, config: &Config) -> HeaderValue {
        let extra = if self == Self::Dismissed { "; Max-Age=7776000" } else { "" };
        self.line(value, extra, config)
    }

    pub fn clear(self, config: &Config) -> HeaderValue {
        self.line("", "; Max-Age=0", config)
    }

    fn line(self, value: &str, extra: &str, config: &Config) -> HeaderValue {
        let secure = if config.server.is_plain_http() { "" } else { "; Secure" };
        let kind = match self {
            // Read in a frame on another site: only https offers that.
            Self::State if !config.server.is_plain_http() => "SameSite=None",
            Self::State => "SameSite=Lax",
            _ => "HttpOnly; SameSite=Lax",
        };
        let text = format!("{}={value}; Path=/; {kind}{secure}{extra}", self.name(config));
        HeaderValue::from_str(&text).expect("cookie values are base64url")
    }
}
