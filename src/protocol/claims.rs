//! What tokens and userinfo say. One table maps scope → claim → fact; the id_token, the access token, userinfo and the
//! metadata's `claims_supported` all read it (OpenID Connect Core 2, 5.1, 5.4; RFC 9068 2.2; protocol.md §3).
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::scope::Scopes;
use crate::model::{
    Address, Binding, Client, ClientId, GrantTerms, Membership, MembershipDetails, MembershipKind, Permission, Person, Proof, SessionId,
    Tenant, TenantId, TokenId,
};
use crate::world::Timestamp;

pub mod budget;
pub mod full_access;
pub mod table;

/// A set of claims, ready to be signed or sent.
pub type Claims = Map<String, Value>;

/// About whom a token speaks: a person in one tenant, with what the session proved.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub person: &'a Person,
    pub tenant: &'a Tenant,
    pub membership: &'a Membership,
    pub details: &'a MembershipDetails,
    pub home_tenant: Option<&'a TenantId>,
    pub proof: &'a Proof,
    pub session: Option<&'a SessionId>,
    /// What the client knows the person by (OpenID Connect Core 8).
    pub sub: &'a str,
    /// Claims that were asked for one by one.
    pub terms: &'a GrantTerms,
}

/// Where a claim is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    IdToken,
    AccessToken,
    UserInfo,
}

const EVERYWHERE: &[Place] = &[Place::IdToken, Place::AccessToken, Place::UserInfo];
const TOKENS: &[Place] = &[Place::IdToken, Place::AccessToken];
const ID_TOKEN: &[Place] = &[Place::IdToken];
/// OpenID Connect Core 5.4: what a scope asks for is returned by userinfo when an access token is issued.
const USERINFO: &[Place] = &[Place::UserInfo];

struct Rule {
    claim: &'static str,
    /// Granted scope that releases it; none: always.
    scope: Option<&'static str>,
    places: &'static [Place],
    fact: fn(&Subject<'_>) -> Option<Value>,
}

const fn rule(claim: &'static str, scope: Option<&'static str>, places: &'static [Place], fact: fn(&Subject<'_>) -> Option<Value>) -> Rule {
    Rule { claim, scope, places, fact }
}

/// A new claim is one line here.
const RULES: &[Rule] = &[
    rule("acr", None, TOKENS, |s| text(s.proof.acr().as_str())),
    rule("amr", None, TOKENS, |s| list(s.proof.amr_claim())),
    rule("auth_time", None, TOKENS, |s| s.proof.signed_in_at.map(|at| json!(at.seconds()))),
    rule("sid", None, ID_TOKEN, |s| s.session.and_then(|id| text(id.as_str()))),
    rule("name", Some("profile"), USERINFO, |s| text(&s.person.name())),
    rule("given_name", Some("profile"), USERINFO, |s| text(&s.person.first_name)),
    rule("family_name", Some("profile"), USERINFO, |s| text(&s.person.last_name)),
    rule("middle_name", Some("profile"), USERINFO, |s| text(&s.person.profile.middle_name)),
    rule("nickname", Some("profile"), USERINFO, |s| text(&s.person.profile.nickname)),
    rule("preferred_username", Some("profile"), USERINFO, |s| text(&s.person.profile.preferred_username)),
    rule("profile", Some("profile"), USERINFO, |s| text(&s.person.profile.profile)),
    rule("picture", Some("profile"), USERINFO, |s| text(&s.person.profile.picture)),
    rule("website", Some("profile"), USERINFO, |s| text(&s.person.profile.website)),
    rule("gender", Some("profile"), USERINFO, |s| text(&s.person.profile.gender)),
    rule("birthdate", Some("profile"), USERINFO, |s| text(&s.person.profile.birthdate)),
    rule("zoneinfo", Some("profile"), USERINFO, |s| text(&s.person.profile.zoneinfo)),
    rule("locale", Some("profile"), USERINFO, |s| text(s.person.locale.as_str())),
    rule("updated_at", Some("profile"), USERINFO, |s| Some(json!(s.person.updated_at.seconds()))),
    rule("email", Some("email"), USERINFO, |s| s.person.email.as_ref().and_then(|email| text(email.as_str()))),
    rule("email_verified", Some("email"), USERINFO, |s| s.person.email.as_ref().map(|_| json!(s.person.email_verified))),
    rule("address", Some("address"), USERINFO, |s| address(&s.person.profile.address)),
    rule("phone_number", Some("phone"), USERINFO, |s| text(&s.person.profile.phone_number)),
    rule("phone_number_verified", Some("phone"), USERINFO, |s| {
        text(&s.person.profile.phone_number).map(|_| Value::Bool(s.person.profile.phone_number_verified))
    }),
    rule("tenant_id", Some("tenant"), EVERYWHERE, |s| text(s.tenant.id.as_str())),
    rule("tenant", Some("tenant"), EVERYWHERE, |s| text(&s.tenant.slug)),
    rule("tenant_name", Some("tenant"), EVERYWHERE, |s| text(s.tenant.display_name())),
    rule("guest", Some("tenant"), EVERYWHERE, |s| Some(json!(s.membership.kind == MembershipKind::Guest))),
    rule("home_tenant_id", Some("tenant"), EVERYWHERE, |s| s.home_tenant.and_then(|id| text(id.as_str()))),
    rule("groups", Some("groups"), EVERYWHERE, |s| list(s.details.groups.iter().map(String::as_str))),
    rule("permissions", Some("permissions"), EVERYWHERE, permissions),
    rule("locations", Some("locations"), EVERYWHERE, |s| {
        if s.membership.limited_to_locations { list(s.details.locations.iter().map(String::as_str)) } else { None }
    }),
    // Absent never means all: whoever may see every location is told so (protocol.md §3).
    rule("locations_all", Some("locations"), EVERYWHERE, |s| (!s.membership.limited_to_locations).then_some(Value::Bool(true))),
];

/// Scopes that release no claim themselves but speak of a person all the same.
const PERSONAL: &[&str] = &["openid", "offline_access"];

/// Permissions that need a strong second factor are left out of the tokens of a session without one (protocol.md §3).
/// A tenant may want it for more of them (people.md S55), and may be content with a code by e-mail (C26).
fn permissions(subject: &Subject<'_>) -> Option<Value> {
    let policy = &subject.tenant.policy;
    let strong = subject.proof.acr() >= policy.step_up_needs();
    let wanted = |p: &&Permission| strong || !policy.wants_step_up(p);
    list(subject.details.permissions.iter().filter(wanted).map(|p| p.name.as_str()))
}

/// OpenID Connect Core 5.3.2: empty members are left out, never null or "".
fn text(value: &str) -> Option<Value> {
    (!value.is_empty()).then(|| Value::from(value))
}

/// OpenID Connect Core 5.1.1: an object of the members that are known.
fn address(address: &Address) -> Option<Value> {
    let members = [
        ("formatted", &address.formatted),
        ("street_address", &address.street_address),
        ("locality", &address.locality),
        ("region", &address.region),
        ("postal_code", &address.postal_code),
        ("country", &address.country),
    ];
    let known: Claims = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), text(value)?))).collect();
    (!known.is_empty()).then_some(Value::Object(known))
}

fn list<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<Value> {
    let values: Vec<Value> = values.into_iter().map(Value::from).collect();
    (!values.is_empty()).then_some(Value::Array(values))
}

fn told(subject: &Subject<'_>, client: &Client, scopes: &Scopes, place: Place) -> Claims {
    let due = RULES.iter().filter(|rule| {
        let by_scope = rule.places.contains(&place) && rule.scope.is_none_or(|scope| scopes.contains(scope));
        by_scope || asked_by_name(rule, subject.terms, place) && may_have(rule, client)
    });
    let mut claims: Claims = due.filter_map(|rule| Some((rule.claim.to_owned(), (rule.fact)(subject)?))).collect();
    if place == Place::AccessToken && scopes.contains("locations") && is_exempt(subject, scopes) {
        claims.remove("locations");
        claims.insert("locations_all".into(), true.into());
    }
    claims.extend(table::told(subject, client, place));
    claims
}

/// Functions that the tenant names, such as batches, know no limits of locations (people.md S46). An access token that is
/// good for anything else, too, stays limited.
fn is_exempt(subject: &Subject<'_>, scopes: &Scopes) -> bool {
    let exempt = &subject.tenant.policy.locations_exempt_scopes;
    let mut functions = scopes.iter().filter(|scope| !is_about_person(scope)).peekable();
    functions.peek().is_some() && functions.all(|scope| exempt.contains(scope))
}

/// OpenID Connect Core 5.5. Lists that were asked for in the id_token are told by userinfo too: a token that is too large
/// points there.
fn asked_by_name(rule: &Rule, terms: &GrantTerms, place: Place) -> bool {
    let named = |names: &[String]| names.iter().any(|name| name == rule.claim);
    match place {
        Place::IdToken => named(&terms.id_token_claims),
        Place::UserInfo => named(&terms.userinfo_claims) || rule.places == EVERYWHERE && named(&terms.id_token_claims),
        Place::AccessToken => false,
    }
}

/// Asking for a claim by its name yields no more than asking for its scope could.
fn may_have(rule: &Rule, client: &Client) -> bool {
    rule.scope.is_none_or(|scope| client.metadata.scopes.iter().any(|known| known == scope))
}

/// Is there a claim of this name that a request may ask for (OpenID Connect Core 5.5)?
pub fn is_known(name: &str) -> bool {
    RULES.iter().any(|rule| rule.claim == name)
}

/// The scope that releases a claim, if it needs one: whoever is asked for the claim is asked for this scope.
pub fn scope_of(name: &str) -> Option<&'static str> {
    RULES.iter().find(|rule| rule.claim == name).and_then(|rule| rule.scope)
}

/// Must the groups, permissions and locations of the membership be read?
pub fn needs_details(client: &Client, scopes: &Scopes, terms: &GrantTerms) -> bool {
    const SCOPES: &[&str] = &["groups", "permissions", "locations"];
    let named = terms.id_token_claims.iter().chain(&terms.userinfo_claims);
    SCOPES.iter().any(|scope| scopes.contains(scope))
        || named.filter_map(|name| scope_of(name)).any(|scope| SCOPES.contains(&scope))
        || table::needs_details(client)
}

/// The frame of a token: who issues it, to whom, for how long.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    pub issuer: &'a str,
    pub client: &'a Client,
    pub scopes: &'a Scopes,
    /// Identifiers of the resource servers that an access token is for.
    pub audience: &'a [String],
    /// Is it for our userinfo too?
    pub with_userinfo: bool,
    /// RFC 9396 9.1.
    pub details: &'a [Value],
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

/// Digests of what is issued beside an id_token (OpenID Connect Core 3.1.3.6, 3.3.2.11).
#[derive(Clone, Debug, Default)]
pub struct Hashes {
    /// Of the access token.
    pub at: Option<String>,
    /// Of the code.
    pub c: Option<String>,
}

/// The claims of an id_token (OpenID Connect Core 2).
pub fn id_token(frame: &Frame<'_>, subject: &Subject<'_>, nonce: Option<&str>, hashes: &Hashes) -> Claims {
    let mut claims = told(subject, frame.client, frame.scopes, Place::IdToken);
    // OpenID Connect Core 5.4: without an access token there is no userinfo, so what the scopes ask for is told here.
    if hashes.at.is_none() && hashes.c.is_none() {
        claims.extend(told(subject, frame.client, frame.scopes, Place::UserInfo));
    }
    claims.insert("iss".into(), frame.issuer.into());
    claims.insert("sub".into(), subject.sub.into());
    claims.insert("aud".into(), frame.client.id.as_str().into());
    claims.insert("exp".into(), frame.expires_at.seconds().into());
    claims.insert("iat".into(), frame.now.seconds().into());
    let digests = [("at_hash", &hashes.at), ("c_hash", &hashes.c)];
    claims.extend(digests.into_iter().filter_map(|(name, hash)| Some((name.to_owned(), hash.clone()?.into()))));
    if let Some(nonce) = nonce {
        claims.insert("nonce".into(), nonce.into());
    }
    claims
}

/// The claims of a person's access token (RFC 9068 2.2).
pub fn access_token(frame: &Frame<'_>, subject: &Subject<'_>, id: &TokenId) -> Claims {
    let mut claims = told(subject, frame.client, frame.scopes, Place::AccessToken);
    claims.extend(access_frame(frame, subject.sub, id));
    claims
}

/// The claims of a client's own access token: `sub` is the client (RFC 9068 2.2), which no person's id can equal.
pub fn client_access_token(frame: &Frame<'_>, id: &TokenId) -> Claims {
    access_frame(frame, frame.client.id.as_str(), id)
}

fn access_frame(frame: &Frame<'_>, sub: &str, id: &TokenId) -> Claims {
    let details = (!frame.details.is_empty()).then(|| ("authorization_details", json!(frame.details)));
    let members = [
        ("iss", Value::from(frame.issuer)),
        ("exp", frame.expires_at.seconds().into()),
        ("aud", audience(frame)),
        ("sub", sub.into()),
        ("client_id", frame.client.id.as_str().into()),
        ("iat", frame.now.seconds().into()),
        ("jti", id.as_str().into()),
        ("scope", frame.scopes.to_string().into()),
    ];
    members.into_iter().chain(details).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The resource servers; where it may be used there, our userinfo too, which answers to the issuer's name.
fn audience(frame: &Frame<'_>) -> Value {
    let mut names: Vec<&str> = frame.audience.iter().map(String::as_str).collect();
    if frame.with_userinfo {
        names.push(frame.issuer);
    }
    names.dedup();
    match names.as_slice() {
        [one] => Value::from(*one),
        _ => json!(names),
    }
}

/// The answer of userinfo (OpenID Connect Core 5.3.2).
pub fn userinfo(subject: &Subject<'_>, client: &Client, scopes: &Scopes) -> Claims {
    let mut claims = told(subject, client, scopes, Place::UserInfo);
    claims.insert("sub".into(), subject.sub.into());
    claims
}

/// Does this scope only make sense where a person signed in?
pub fn is_about_person(scope: &str) -> bool {
    PERSONAL.contains(&scope) || RULES.iter().any(|rule| rule.scope == Some(scope))
}

/// `claims_supported` of the metadata.
pub fn supported() -> Vec<&'static str> {
    let mut names = vec!["sub", "iss", "aud", "exp", "iat", "nonce", "at_hash", "c_hash"];
    names.extend(RULES.iter().map(|rule| rule.claim));
    names
}

/// `scopes_supported` of the metadata; clients may have further ones of their resource servers.
pub fn scopes_supported() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = PERSONAL.to_vec();
    names.extend(RULES.iter().filter_map(|rule| rule.scope));
    names.dedup();
    names
}

/// Is the access token meant for this name?
pub fn names_audience(claims: &Claims, name: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(several)) => several.iter().any(|value| value == name),
        _ => false,
    }
}

/// The client to whom an access token was issued.
pub fn client_of(claims: &Claims) -> Option<ClientId> {
    claims.get("client_id").and_then(Value::as_str).map(ClientId::from_text)
}

/// The key that an access token is bound to (RFC 7800 3.1).
///
/// # Errors
/// The claims hold a `cnf` that is not ours.
pub fn binding(claims: &Claims) -> Result<Option<Binding>, serde_json::Error> {
    claims.get("cnf").map(Binding::deserialize).transpose()
}

#[cfg(test)]
mod tests;
