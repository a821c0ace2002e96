//! What a person tells beside name and e-mail address (OpenID Connect Core 5.1). Empty members are not stored.
use serde::{Deserialize, Serialize};

/// The members of a person's profile that no other column holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub middle_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub nickname: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub preferred_username: String,
    /// Address of a page about the person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub profile: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub picture: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub website: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub gender: String,
    /// `YYYY-MM-DD`, `0000-MM-DD` without the year, or `YYYY`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub birthdate: String,
    /// Name of the IANA time zone database.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub zoneinfo: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phone_number: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub phone_number_verified: bool,
    #[serde(skip_serializing_if = "Address::is_empty")]
    pub address: Address,
}

/// A postal address (OpenID Connect Core 5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Address {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub formatted: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub street_address: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub locality: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub postal_code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub country: String,
}

impl Address {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Profile {
    /// The first member that cannot be what it says, and what it must be.
    pub fn fault(&self) -> Option<(&'static str, &'static str)> {
        const TEXT: &str = "at most 200 characters, none of them a control character";
        let texts = [
            ("middle_name", &self.middle_name),
            ("nickname", &self.nickname),
            ("preferred_username", &self.preferred_username),
            ("gender", &self.gender),
            ("address", &self.address.street_address),
            ("address", &self.address.locality),
            ("address", &self.address.region),
            ("address", &self.address.postal_code),
            ("address", &self.address.country),
        ];
        if let Some((name, _)) = texts.iter().find(|(_, text)| text.chars().count() > 200 || text.chars().any(char::is_control)) {
            return Some((name, TEXT));
        }
        // OpenID Connect Core 5.1.1: `formatted` and `street_address` may have several lines.
        if self.address.formatted.len() > 1000 || self.address.formatted.chars().any(|c| c.is_control() && c != '\n') {
            return Some(("address", "a formatted address of at most 1000 bytes"));
        }
        let pages = [("profile", &self.profile), ("picture", &self.picture), ("website", &self.website)];
        if let Some((name, _)) = pages.iter().find(|(_, text)| !text.is_empty() && !is_page(text)) {
            return Some((name, "an https address"));
        }
        if !self.birthdate.is_empty() && !is_birthdate(&self.birthdate) {
            return Some(("birthdate", "YYYY-MM-DD, 0000-MM-DD or YYYY"));
        }
        if !self.zoneinfo.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(&b)) || self.zoneinfo.len() > 64 {
            return Some(("zoneinfo", "a name of the time zone database like Europe/Berlin"));
        }
        if !self.phone_number.is_empty() && !is_phone(&self.phone_number) {
            return Some(("phone_number", "an international number like +49 30 1234567"));
        }
        (self.phone_number_verified && self.phone_number.is_empty()).then_some(("phone_number_verified", "false without a number"))
    }
}

fn is_page(text: &str) -> bool {
    text.len() <= 2048 && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
}

/// ISO 8601 as OpenID Connect Core 5.1 wants it.
fn is_birthdate(text: &str) -> bool {
    let number = |part: &str, digits: usize| {
        if part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()) { part.parse::<u32>().ok() } else { None }
    };
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        [year] => number(year, 4).is_some_and(|year| year > 0),
        [year, month, day] => {
            number(year, 4).is_some()
                && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
                && number(day, 2).is_some_and(|day| (1..=31).contains(&day))
        }
        _ => false,
    }
}

/// E.164, written with the separators that people use; an extension as RFC 3966 has it.
fn is_phone(text: &str) -> bool {
    let (number, extension) = text.split_once(";ext=").map_or((text, ""), |(number, extension)| (number, extension));
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    number.starts_with('+')
        && number[1..].bytes().all(|b| b.is_ascii_digit() || b" -().".contains(&b))
        && (4..=15).contains(&digits)
        && extension.len() <= 10
        && extension.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(change: impl FnOnce(&mut Profile)) -> Option<&'static str> {
        let mut profile = Profile::default();
        change(&mut profile);
        profile.fault().map(|(name, _)| name)
    }

    #[test]
    fn what_is_no_date_number_or_page_is_named() {
        for good in ["1984-02-29", "0000-12-01", "1984"] {
            assert_eq!(fault(|p| p.birthdate = good.into()), None, "{good}");
        }
        for bad in ["84", "1984-13-01", "1984-1-1", "1984-01", "0000", "29.02.1984"] {
            assert_eq!(fault(|p| p.birthdate = bad.into()), Some("birthdate"), "{bad}");
        }
        for (number, good) in [("+49 30 1234567", true), ("+1 (555) 010-0000;ext=12", true), ("030 1234", false), ("+49x", false)] {
            assert_eq!(fault(|p| p.phone_number = number.into()).is_none(), good, "{number}");
        }
        assert_eq!(fault(|p| p.website = "javascript:alert(1)".into()), Some("website"));
        assert_eq!(fault(|p| p.zoneinfo = "Europe/Berlin".into()), None);
        assert_eq!(fault(|p| p.zoneinfo = "../etc".into()), Some("zoneinfo"));
        assert_eq!(fault(|p| p.nickname = "a\u{0}b".into()), Some("nickname"));
        assert_eq!(fault(|p| p.phone_number_verified = true), Some("phone_number_verified"));
    }

    #[test]
    fn an_empty_profile_is_stored_as_nothing() {
        assert_eq!(serde_json::to_string(&Profile::default()).expect("plain data"), "{}");
    }
}
