//! What scopes and the `claims` parameter release, and where.
use serde_json::Value;

use super::happy;
use crate::conformance::suite::{Mode, Suite};

/// The scopes are supported, and every claim of theirs is told in userinfo and not in the id_token.
async fn scopes(mode: Mode, scope: &str, claims: &[&str]) -> Value {
    let mut s = Suite::new(mode).await;
    for scope in scope.split(' ') {
        assert!(s.lists("scopes_supported", scope), "the suite would skip the module: {scope}");
    }
    let request = s.request(&s.one, scope);

    let (_, userinfo) = happy(&mut s, &request).await;

    let missing: Vec<_> = claims.iter().filter(|claim| userinfo[**claim].is_null()).collect();
    assert!(missing.is_empty(), "OpenID Connect Core 5.4: {missing:?} are not in {userinfo}");
    userinfo
}

const PROFILE: &[&str] = &[
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
    "preferred_username",
];
const EMAIL: &[&str] = &["email", "email_verified"];
const PHONE: &[&str] = &["phone_number", "phone_number_verified"];

pub async fn oidcc_scope_profile(mode: Mode) {
    let userinfo = scopes(mode, "openid profile", PROFILE).await;

    assert!(userinfo["email"].is_null());
}

pub async fn oidcc_scope_email(mode: Mode) {
    let userinfo = scopes(mode, "openid email", EMAIL).await;

    assert!(userinfo["name"].is_null());
}

pub async fn oidcc_scope_address(mode: Mode) {
    let userinfo = scopes(mode, "openid address", &["address"]).await;

    assert!(userinfo["name"].is_null() && userinfo["email"].is_null());
}

pub async fn oidcc_scope_phone(mode: Mode) {
    let userinfo = scopes(mode, "openid phone", PHONE).await;

    assert!(userinfo["name"].is_null() && userinfo["email"].is_null());
}

pub async fn oidcc_scope_all(mode: Mode) {
    let all = [PROFILE, EMAIL, PHONE, &["address"]].concat();

    scopes(mode, "openid address email phone profile", &all).await;
}

pub async fn oidcc_claims_essential(mode: Mode) {
    let mut s = Suite::new(mode).await;
    assert_eq!(s.metadata["claims_parameter_supported"], true);
    let request = s.request(&s.one, "openid").with("claims", r#"{"userinfo":{"name":{"essential":true}}}"#);

    let (tokens, userinfo) = happy(&mut s, &request).await;

    assert!(userinfo["name"].is_string(), "{userinfo}");
    assert!(tokens.claims["name"].is_null(), "it was asked for in userinfo");
}
