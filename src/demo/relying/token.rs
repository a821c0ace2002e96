//! A token taken apart and checked, and how that looks on a page.
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::super::html::{El, el};
use super::super::site::{Tongue, json};
use crate::keys::{PublicKeys, StrictClaims, at_hash, verify_compact};
use crate::model::SigningAlg;
use crate::world::Timestamp;

/// Clocks may differ by so much.
const LEEWAY: Duration = Duration::from_secs(10);

/// What a token must agree with.
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub audience: &'a str,
    /// The header's `typ`, where it is fixed (RFC 9068 2.1).
    pub typ: Option<&'a str>,
    pub nonce: Option<&'a str>,
    /// The access token that came with it, for `at_hash`.
    pub access_token: Option<&'a str>,
}

/// One check and what came of it.
#[derive(Clone)]
pub struct Check {
    pub name: &'static str,
    pub good: bool,
    pub detail: String,
}

/// A token as the page shows it.
#[derive(Clone)]
pub struct Seen {
    pub title: &'static str,
    pub raw: String,
    pub header: Value,
    pub claims: Value,
    pub checks: Vec<Check>,
}

impl Seen {
    pub fn is_good(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(|check| check.good)
    }
}

/// Verifies a token: signature, type, issuer, audience, times, nonce, at_hash (OpenID Connect Core 3.1.3.7, RFC 9068 4).
/// Nothing in it counts unless every check is good.
pub fn examine(title: &'static str, token: &str, keys: &PublicKeys, expected: &Expected<'_>, now: Timestamp) -> Seen {
    let mut checks = Vec::new();
    let mut check = |name, good, detail: String| checks.push(Check { name, good, detail });
    let header = part(token, 0);
    let alg = header["alg"].as_str().and_then(SigningAlg::parse);
    let payload = match verify_compact(token, keys, SigningAlg::ALL, expected.typ) {
        Ok(payload) => {
            check("signature", true, format!("{} {}", header["alg"].as_str().unwrap_or("-"), header["kid"].as_str().unwrap_or("-")));
            payload
        }
        Err(error) => {
            check("signature", false, error.to_string());
            return Seen { title, raw: token.to_owned(), claims: part(token, 1), header, checks };
        }
    };
    match StrictClaims::parse(&payload) {
        Ok(claims) => {
            let text = |name: &str| claims.text(name).ok().flatten().unwrap_or("-").to_owned();
            check("iss", text("iss") == expected.issuer, text("iss"));
            let audience = claims.audience().unwrap_or_default();
            check("aud", audience.contains(&expected.audience), audience.join(" "));
            let times = claims.times().and_then(|times| times.check(now, LEEWAY).map(|()| times));
            check("exp", times.is_ok(), times.map_or_else(|error| error.to_string(), |times| life(times.exp, now)));
            if let Some(nonce) = expected.nonce {
                check("nonce", text("nonce") == nonce, text("nonce"));
            }
            // OpenID Connect Core 3.1.3.6
            if let (Some(access), Some(alg), Some(hash)) = (expected.access_token, alg, claims.text("at_hash").ok().flatten()) {
                check("at_hash", hash == at_hash(alg, access), hash.to_owned());
            }
        }
        Err(error) => check("claims", false, error.to_string()),
    }
    Seen { title, raw: token.to_owned(), header, claims: part(token, 1), checks }
}

fn life(exp: Option<i64>, now: Timestamp) -> String {
    exp.map_or_else(|| "-".to_owned(), |exp| format!("{} s", exp - now.seconds()))
}

/// A part of the token as JSON, to be looked at only.
fn part(token: &str, index: usize) -> Value {
    let bytes = token.split('.').nth(index).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

/// The card of a token.
pub fn token_card(seen: &Seen, tongue: Tongue) -> El {
    let verdict = if seen.is_good() {
        el("span").class("badge badge-good").text(tongue.say("verified", "geprüft"))
    } else {
        el("span").class("badge badge-bad").text(tongue.say("refused", "abgelehnt"))
    };
    let check = |check: &Check| {
        let class = if check.good { "badge badge-good" } else { "badge badge-bad" };
        el("li").class(class).text(&format!("{} {} {}", if check.good { "✓" } else { "✗" }, check.name, check.detail))
    };
    el("section")
        .class("card token")
        .attr("data-token", seen.title)
        .add(el("h2").text(seen.title))
        .add(el("p").add(verdict))
        .add(el("ul").class("checks").each(seen.checks.iter().map(check)))
        .add(json(&seen.header).class("header"))
        .add(json(&seen.claims).class("claims"))
        .add(raw(&seen.raw, tongue))
}

/// A text as it came, folded away.
fn raw(text: &str, tongue: Tongue) -> El {
    let summary = el("summary").text(tongue.say("As it came", "Wie es kam"));
    el("details").class("raw").add(summary).add(el("pre").text(text))
}
