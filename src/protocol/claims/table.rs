//! The claims table of a client (protocol.md §2, §5): rules that the operator registered, beside the claims of scopes.
use serde_json::Value;

use super::{Claims, Place, RULES, Subject, list, permissions, text};
use crate::model::{ClaimRule, ClaimSource, ClaimTarget, Client, MembershipKind};

/// Most rules of one client.
pub const MOST: usize = 50;
/// Most stars of a filter: matching stays linear in practice.
const STARS: usize = 4;

/// Names that no rule may use: what the protocol itself says (RFC 7519 4.1, RFC 9068 2.2, OpenID Connect Core 2, 5.6.2).
const RESERVED: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "azp",
    "at_hash",
    "c_hash",
    "s_hash",
    "acr",
    "amr",
    "auth_time",
    "sid",
    "client_id",
    "scope",
    "cnf",
    "act",
    "may_act",
    "events",
    "active",
    "token_type",
    "authorization_details",
    "token_introspection",
    "api_access",
    "_claim_names",
    "_claim_sources",
];

/// Names on which applications decide who may do what: only the fact of the same name may stand behind them.
const GUARDED: &[&str] = &[
    "tenant_id",
    "tenant",
    "home_tenant_id",
    "guest",
    "email",
    "email_verified",
    "phone_number_verified",
    "permissions",
    "locations",
    "locations_all",
];

/// Facts that no standard claim tells.
fn further(name: &str, subject: &Subject<'_>) -> Option<Value> {
    match name {
        "tenant_number" => text(&subject.tenant.number),
        "tenant_admin" => Some(Value::Bool(subject.membership.admin)),
        "membership_kind" => text(match subject.membership.kind {
            MembershipKind::Home => "home",
            MembershipKind::Guest => "guest",
        }),
        _ => None,
    }
}

const FURTHER: &[&str] = &["tenant_number", "tenant_admin", "membership_kind"];

/// What the table says in one place. Lists are told by userinfo too, whatever their targets: a token that is too large
/// points there (OpenID Connect Core 5.6.2).
pub(super) fn told(subject: &Subject<'_>, client: &Client, place: Place) -> Claims {
    let target = match place {
        Place::IdToken => ClaimTarget::IdToken,
        Place::AccessToken => ClaimTarget::AccessToken,
        Place::UserInfo => ClaimTarget::UserInfo,
    };
    let due = client.metadata.claims.iter().filter(|rule| {
        let spills = target == ClaimTarget::UserInfo && matches!(rule.source, ClaimSource::Groups | ClaimSource::Permissions);
        rule.targets.contains(&target) || spills
    });
    due.filter_map(|rule| Some((rule.name.clone(), value(rule, subject)?))).collect()
}

fn value(rule: &ClaimRule, subject: &Subject<'_>) -> Option<Value> {
    match &rule.source {
        ClaimSource::Constant { value } => Some(value.clone()),
        ClaimSource::Fact { name } => match RULES.iter().find(|known| known.claim == name) {
            Some(known) => (known.fact)(subject),
            None => further(name, subject),
        },
        ClaimSource::Groups => list(subject.details.groups.iter().filter_map(|group| fitting(rule, group))),
        ClaimSource::Permissions => {
            let all = permissions(subject)?;
            list(all.as_array()?.iter().filter_map(Value::as_str).filter_map(|name| fitting(rule, name)))
        }
    }
}

/// The part of a name that the rule tells, if its filter lets the name through.
fn fitting<'a>(rule: &ClaimRule, name: &'a str) -> Option<&'a str> {
    let Some(filter) = &rule.filter else { return Some(name) };
    if !matches(filter, name) {
        return None;
    }
    let head = filter.split('*').next().unwrap_or("");
    let rest = if rule.strip { name.strip_prefix(head).unwrap_or(name) } else { name };
    (!rest.is_empty()).then_some(rest)
}

/// `*` stands for any characters; everything else for itself.
fn matches(filter: &str, name: &str) -> bool {
    let mut parts = filter.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Must the details of a membership be read for this client?
pub fn needs_details(client: &Client) -> bool {
    const LISTS: &[&str] = &["groups", "permissions", "locations"];
    client.metadata.claims.iter().any(|rule| match &rule.source {
        ClaimSource::Groups | ClaimSource::Permissions => true,
        ClaimSource::Fact { name } => LISTS.contains(&name.as_str()),
        ClaimSource::Constant { .. } => false,
    })
}

/// What is wrong with a table, if anything: the rule's name and what to do.
pub fn fault(rules: &[ClaimRule]) -> Option<(String, &'static str)> {
    if rules.len() > MOST {
        return Some((String::new(), "name at most 50 claims"));
    }
    let wrong = rules.iter().enumerate().find_map(|(at, rule)| {
        let twice = rules[..at].iter().any(|other| other.name == rule.name);
        if twice { Some((rule, "is named twice")) } else { fault_of(rule).map(|fault| (rule, fault)) }
    });
    wrong.map(|(rule, fault)| (rule.name.clone(), fault))
}

fn fault_of(rule: &ClaimRule) -> Option<&'static str> {
    let plain = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\' && b != b'#';
    if rule.name.is_empty() || rule.name.len() > 200 || !rule.name.bytes().all(plain) {
        return Some("must be printable ASCII");
    }
    if RESERVED.contains(&rule.name.as_str()) {
        return Some("is a name of the protocol");
    }
    if rule.targets.is_empty() {
        return Some("needs a target: id_token, access_token or userinfo");
    }
    let same = matches!(&rule.source, ClaimSource::Fact { name } if *name == rule.name)
        || rule.name == "permissions" && rule.source == ClaimSource::Permissions;
    if GUARDED.contains(&rule.name.as_str()) && !same {
        return Some("may only tell the fact of its own name: applications trust it");
    }
    match &rule.source {
        ClaimSource::Fact { name } if !FURTHER.contains(&name.as_str()) && !RULES.iter().any(|known| known.claim == name) => {
            Some("names a fact that does not exist")
        }
        ClaimSource::Constant { value } if value.is_null() || value.to_string().len() > 1024 => {
            Some("must have a constant of at most 1024 bytes, not null")
        }
        ClaimSource::Fact { .. } | ClaimSource::Constant { .. } if rule.filter.is_some() || rule.strip => {
            Some("can filter groups and permissions alone")
        }
        _ if rule.filter.as_ref().is_some_and(|f| f.is_empty() || f.len() > 200 || f.matches('*').count() > STARS) => {
            Some("needs a filter of at most 200 bytes and four stars")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, source: ClaimSource, filter: Option<&str>) -> ClaimRule {
        ClaimRule { name: name.into(), source, filter: filter.map(str::to_owned), strip: true, targets: vec![ClaimTarget::IdToken] }
    }

    #[test]
    fn a_filter_is_a_name_with_stars() {
        for (filter, name, good) in [
            ("shop:*", "shop:admin", true),
            ("shop:*", "shop:", true),
            ("shop:*", "workshop:admin", false),
            ("*", "anything", true),
            ("*-eu-*", "team-eu-1", true),
            ("*-eu-*", "team-us-1", false),
            ("a*a", "a", false),
            ("exact", "exact", true),
            ("exact", "exactly", false),
        ] {
            assert_eq!(matches(filter, name), good, "{filter} {name}");
        }
        let strip = rule("roles", ClaimSource::Groups, Some("shop:*"));
        assert_eq!(fitting(&strip, "shop:admin"), Some("admin"));
        assert_eq!(fitting(&strip, "shop:"), None);
    }

    #[test]
    fn reserved_and_trusted_names_are_refused() {
        let constant = || ClaimSource::Constant { value: "x".into() };
        let bare = |name: &str, source| ClaimRule { strip: false, ..rule(name, source, None) };
        for name in RESERVED.iter().chain(GUARDED) {
            assert!(fault(&[bare(name, constant())]).is_some(), "{name}");
        }
        for (rule, good) in [
            (bare("env", constant()), true),
            (bare("tenant_id", ClaimSource::Fact { name: "tenant_id".into() }), true),
            (bare("tenant_id", ClaimSource::Fact { name: "home_tenant_id".into() }), false),
            (bare("roles", ClaimSource::Groups), true),
            (bare("permissions", ClaimSource::Groups), false),
            (bare("x", ClaimSource::Fact { name: "password_hash".into() }), false),
            (bare("x", ClaimSource::Constant { value: Value::Null }), false),
            (rule("x", constant(), Some("*")), false),
            (rule("x", ClaimSource::Groups, Some("*****")), false),
            (bare("https://example.com/roles", ClaimSource::Permissions), true),
        ] {
            assert_eq!(fault(std::slice::from_ref(&rule)).is_none(), good, "{rule:?}");
        }
        let twice = bare("env", constant());
        assert!(fault(&[twice.clone(), twice]).is_some());
    }
}
