//! Request parameters after URL decoding: which exist, how long they may be, and that none comes twice.
use std::collections::BTreeMap;

use super::error::{ErrorCode, OAuthError, Reason};

/// More parameters than this are refused as a whole, known or not.
const MAX_PARAMETERS: usize = 64;
/// Bytes of all names and values together.
const MAX_TOTAL: usize = 64 * 1024;
/// Words in `scope` (security.md B20).
const MAX_SCOPE_WORDS: usize = 64;

/// Every parameter that any endpoint reads, and how many bytes it may have. A new parameter is one line here.
const KNOWN: &[(&str, usize)] = &[
    ("acr_values", 1024),
    ("access_token", 8192),
    ("actor_token", 8192),
    ("actor_token_type", 128),
    ("audience", 2048),
    ("authorization_details", 16384),
    ("claims", 4096),
    ("claims_locales", 512),
    ("client_assertion", 8192),
    ("client_assertion_type", 128),
    ("client_id", 128),
    ("client_secret", 512),
    ("code", 512),
    ("code_challenge", 128),
    ("code_challenge_method", 32),
    ("code_verifier", 128),
    ("device_code", 512),
    ("display", 64),
    ("dpop_jkt", 128),
    ("grant_type", 128),
    ("id_token_hint", 8192),
    ("login_hint", 512),
    ("logout_hint", 512),
    ("max_age", 16),
    ("nonce", 2048),
    ("post_logout_redirect_uri", 2048),
    ("prompt", 256),
    ("redirect_uri", 2048),
    ("refresh_token", 512),
    ("registration", 16384),
    ("request", 16384),
    ("request_uri", 2048),
    ("requested_token_type", 128),
    ("resource", 512),
    ("response_mode", 64),
    ("response_type", 128),
    ("scope", 2048),
    ("state", 2048),
    ("subject_token", 8192),
    ("subject_token_type", 128),
    ("tenant", 128),
    ("token", 8192),
    ("token_type_hint", 64),
    ("ui_locales", 512),
];

/// Those that may come several times, and how often (RFC 8707 2).
const REPEATABLE: &[&str] = &["resource"];
const MOST_REPEATED: usize = 16;

/// The known parameters of one request. A parameter without a value counts as omitted (RFC 6749 3.1).
#[derive(Clone, Debug, Default)]
pub struct Params {
    values: BTreeMap<&'static str, String>,
    lists: BTreeMap<&'static str, Vec<String>>,
    faults: BTreeMap<&'static str, Reason>,
}

impl Params {
    /// Reads decoded pairs and refuses the request when one known parameter is repeated, too long or malformed.
    ///
    /// # Errors
    /// `invalid_request` (RFC 6749 4.1.2.1 and 5.2).
    pub fn parse(pairs: impl Iterator<Item = (String, String)>) -> Result<Self, OAuthError> {
        let params = Self::collect(pairs)?;
        match params.first_fault() {
            Some(fault) => Err(fault),
            None => Ok(params),
        }
    }

    /// Like [`Params::parse`], but keeps the faults of single parameters beside the good ones, so that the
    /// authorization endpoint can still tell the client about them. A faulty parameter has no value.
    ///
    /// # Errors
    /// `invalid_request` when the request as a whole is too large.
    pub fn collect(pairs: impl Iterator<Item = (String, String)>) -> Result<Self, OAuthError> {
        let mut params = Self::default();
        let mut seen: BTreeMap<&'static str, ()> = BTreeMap::new();
        let mut total = 0usize;
        for (count, (name, value)) in pairs.enumerate() {
            total = total.saturating_add(name.len()).saturating_add(value.len());
            if count >= MAX_PARAMETERS || total > MAX_TOTAL {
                return Err(fault(Reason::ParameterTooLong));
            }
            let Some(&(known, limit)) = KNOWN.iter().find(|(known, _)| *known == name) else { continue };
            if REPEATABLE.contains(&known) {
                params.append(known, value, limit);
            } else if seen.insert(known, ()).is_some() {
                // RFC 6749 3.1: parameters must not be included more than once, be they empty or equal.
                params.refuse(known, Reason::ParameterRepeated);
            } else if let Some(reason) = unfit(known, &value, limit) {
                params.refuse(known, reason);
            } else if !value.is_empty() {
                params.values.insert(known, value);
            }
        }
        Ok(params)
    }

    fn append(&mut self, name: &'static str, value: String, limit: usize) {
        let count = self.lists.get(name).map_or(0, Vec::len);
        let fault = if count == MOST_REPEATED { Some(Reason::ParameterTooLong) } else { unfit(name, &value, limit) };
        match fault {
            Some(reason) => self.refuse(name, reason),
            None if value.is_empty() || self.faults.contains_key(name) => {}
            None => self.lists.entry(name).or_default().push(value),
        }
    }

    /// The values of a parameter that may be repeated, in their order; none when one of them is faulty.
    pub fn all(&self, name: &str) -> &[String] {
        debug_assert!(REPEATABLE.contains(&name), "{name} is not in the table of repeatable parameters");
        self.lists.get(name).map_or(&[], Vec::as_slice)
    }

    fn refuse(&mut self, name: &'static str, reason: Reason) {
        self.values.remove(name);
        self.lists.remove(name);
        self.faults.entry(name).or_insert(reason);
    }

    /// The value of a parameter; nothing for one that was omitted, empty or faulty.
    pub fn get(&self, name: &str) -> Option<&str> {
        debug_assert!(KNOWN.iter().any(|(known, _)| *known == name), "{name} is missing in the table of parameters");
        self.values.get(name).map(String::as_str)
    }

    /// All good parameters, as they could be collected again.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let single = self.values.iter().map(|(name, value)| (*name, value.as_str()));
        single.chain(self.lists.iter().flat_map(|(name, list)| list.iter().map(|value| (*name, value.as_str()))))
    }

    /// The value of a parameter that must be there.
    ///
    /// # Errors
    /// `invalid_request` with its fault, or because it is missing.
    pub fn require(&self, name: &str) -> Result<&str, OAuthError> {
        if let Some(fault) = self.fault_of(name) {
            return Err(fault);
        }
        self.get(name)
            .ok_or_else(|| OAuthError::new(ErrorCode::InvalidRequest, "A required parameter is missing", Reason::ParameterMissing))
    }

    /// What is wrong with this parameter, if it was sent and is faulty.
    pub fn fault_of(&self, name: &str) -> Option<OAuthError> {
        self.faults.get(name).map(|reason| fault(*reason))
    }

    /// What is wrong with any of the known parameters.
    pub fn first_fault(&self) -> Option<OAuthError> {
        self.faults.values().next().map(|reason| fault(*reason))
    }
}

fn unfit(name: &str, value: &str, limit: usize) -> Option<Reason> {
    if value.len() > limit {
        return Some(Reason::ParameterTooLong);
    }
    // RFC 6749 Appendix A: none of the parameters may hold control characters.
    if value.chars().any(char::is_control) {
        return Some(Reason::ParameterMalformed);
    }
    (name == "scope" && value.split(' ').count() > MAX_SCOPE_WORDS).then_some(Reason::ParameterTooLong)
}

fn fault(reason: Reason) -> OAuthError {
    let text = match reason {
        Reason::ParameterRepeated => "A parameter is included more than once",
        Reason::ParameterTooLong => "A parameter or the request is too long",
        _ => "A parameter is malformed",
    };
    OAuthError::new(ErrorCode::InvalidRequest, text, reason)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Parameters as a test writes them down.
    pub(crate) fn params(pairs: &[(&str, &str)]) -> Params {
        Params::collect(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))).expect("the request is small")
    }

    fn refused(pairs: &[(&str, &str)]) -> Reason {
        Params::parse(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))).expect_err("must be refused").reason
    }

    #[test]
    fn a10_every_known_parameter_is_refused_when_repeated() {
        for (name, _) in KNOWN.iter().filter(|(name, _)| !REPEATABLE.contains(name)) {
            assert_eq!(refused(&[(name, "x"), (name, "x")]), Reason::ParameterRepeated, "{name}");
            assert_eq!(refused(&[(name, "x"), (name, "")]), Reason::ParameterRepeated, "{name} with an empty twin");
        }
    }

    #[test]
    fn resource_may_come_several_times_but_not_without_end() {
        let two = params(&[("resource", "https://a.test"), ("resource", ""), ("resource", "https://b.test")]);
        let many = vec![("resource", "https://a.test"); MOST_REPEATED + 1];

        assert_eq!(two.all("resource"), ["https://a.test", "https://b.test"]);
        assert_eq!(refused(&many), Reason::ParameterTooLong);
        assert_eq!(refused(&[("resource", "https://a.test"), ("resource", "a\0")]), Reason::ParameterMalformed);
    }

    #[test]
    fn unknown_parameters_are_ignored_even_when_repeated() {
        let params = params(&[("colour", "red"), ("colour", "blue"), ("password[]", "x"), ("state", "s")]);

        assert_eq!(params.get("state"), Some("s"));
        assert!(params.first_fault().is_none());
    }

    #[test]
    fn an_empty_parameter_counts_as_omitted() {
        let params = params(&[("code_challenge", ""), ("scope", "openid")]);

        assert_eq!(params.get("code_challenge"), None);
        assert_eq!(params.require("code_challenge").expect_err("missing").reason, Reason::ParameterMissing);
    }

    #[test]
    fn b20_limits_hold_for_values_words_and_the_whole() {
        let many: Vec<(String, String)> = (0..65).map(|n| (format!("p{n}"), "x".into())).collect();

        assert_eq!(refused(&[("scope", &"a".repeat(2049))]), Reason::ParameterTooLong);
        assert_eq!(refused(&[("scope", &"a ".repeat(65))]), Reason::ParameterTooLong);
        assert_eq!(refused(&[("unknown", &"a".repeat(70_000))]), Reason::ParameterTooLong);
        assert_eq!(Params::parse(many.into_iter()).expect_err("too many").reason, Reason::ParameterTooLong);
    }

    #[test]
    fn a19_control_characters_are_refused() {
        for value in ["a\0b", "a\r\nX: y", "a\u{7f}", "\u{85}"] {
            assert_eq!(refused(&[("state", value)]), Reason::ParameterMalformed, "{value:?}");
        }
    }

    #[test]
    fn state_is_opaque_up_to_its_limit() {
        for state in ["a b+c%20&=\"><", &format!("{}-._~", "x".repeat(124)), &"y".repeat(384), "ä€"] {
            assert_eq!(params(&[("state", state)]).get("state"), Some(state));
        }
    }
}
