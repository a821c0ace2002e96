//! What must hold between two requests: sign-ins of one browser, a code used twice, refresh tokens.
use std::time::Duration;

use super::{finish, happy, happy_as};
use crate::conformance::answers::Tokens;
use crate::conformance::checks::NEEDS_A_PAGE;
use crate::conformance::suite::{Asked, AuthRequest, Client, Mode, Suite, random};

/// Two authorizations in one browser. The second is answered without a page, and speaks of the same sign-in.
async fn silently(mode: Mode, first: &[(&str, &str)], second: impl Fn(AuthRequest, &Tokens) -> AuthRequest) -> (Tokens, Tokens) {
    let mut s = Suite::new(mode).await;
    let request = first.iter().fold(s.request(&s.one, "openid"), |request, (name, value)| request.with(name, *value));
    let (before, _) = happy(&mut s, &request).await;
    s.t.later(Duration::from_secs(10));

    let request = second(s.request(&s.one, "openid"), &before);
    let asked = s.authorize(&request).await;
    let (after, _) = finish(&s, &s.one, &request, &s.called(), &[]).await;

    assert_eq!(asked, []);
    assert_eq!(before.claims["sub"], after.claims["sub"]);
    assert_eq!(before.claims["auth_time"], after.claims["auth_time"], "nobody signed in anew");
    (before, after)
}

/// Two authorizations in one browser; in the second the person signs in again, and the id_token says when.
async fn again(mode: Mode, name: &str, value: &str) {
    let mut s = Suite::new(mode).await;
    let request = s.request(&s.one, "openid");
    let (before, _) = happy(&mut s, &request).await;
    s.t.later(Duration::from_secs(2));

    let request = s.request(&s.one, "openid").with(name, value);
    let asked = s.authorize(&request).await;
    let (after, _) = finish(&s, &s.one, &request, &s.called(), &[]).await;

    assert_eq!(asked.first(), Some(&Asked::SignIn), "the login page is shown a second time");
    assert_eq!(before.claims["sub"], after.claims["sub"]);
    let (earlier, later) = (before.claims["auth_time"].as_i64(), after.claims["auth_time"].as_i64());
    assert!(later.is_some() && later > earlier, "auth_time moves: {earlier:?} {later:?}");
    assert_eq!(later, Some(s.t.now().seconds()), "it is recent");
}

pub async fn oidcc_prompt_login(mode: Mode) {
    again(mode, "prompt", "login").await;
}

pub async fn oidcc_prompt_none_not_logged_in(mode: Mode) {
    let mut s = Suite::new(mode).await;
    let request = s.request(&s.one, "openid").with("prompt", "none");

    let asked = s.authorize(&request).await;

    assert_eq!(asked, []);
    s.good_error(&request, &s.called(), NEEDS_A_PAGE);
}

pub async fn oidcc_prompt_none_logged_in(mode: Mode) {
    silently(mode, &[], |request, _| request.with("prompt", "none")).await;
}

pub async fn oidcc_max_age_1(mode: Mode) {
    again(mode, "max_age", "1").await;
}

pub async fn oidcc_max_age_10000(mode: Mode) {
    let (before, after) = silently(mode, &[("max_age", "15000")], |request, _| request.with("max_age", "10000")).await;

    assert!(before.claims["auth_time"].is_i64() && after.claims["auth_time"].is_i64(), "OpenID Connect Core 3.1.2.1");
}

pub async fn oidcc_id_token_hint(mode: Mode) {
    silently(mode, &[], |request, before| request.with("prompt", "none").with("id_token_hint", before.id_token.as_str())).await;
}

async fn reused(mode: Mode, delay: u64) {
    let mut s = Suite::new(mode).await;
    let request = s.request(&s.one, "openid");
    let callback = s.callback(&request).await;
    let (tokens, _) = finish(&s, &s.one, &request, &callback, &[]).await;
    s.t.later(Duration::from_secs(delay));

    let second = s.redeem(&s.one, callback.get("code").unwrap()).await;
    let after = s.userinfo(&tokens.access).await;

    s.good_refusal(&second, "invalid_grant");
    assert_eq!(after.status, 401, "RFC 6749 4.1.2: what the code gave ends with it");
}

pub async fn oidcc_codereuse(mode: Mode) {
    reused(mode, 0).await;
}

pub async fn oidcc_codereuse_30seconds(mode: Mode) {
    reused(mode, 30).await;
}

pub async fn oidcc_refresh_token(mode: Mode) {
    let mut s = Suite::new(mode).await;
    assert!(s.lists("scopes_supported", "offline_access") && s.lists("grant_types_supported", "refresh_token"));
    let request = s.request(&s.one, "openid offline_access").with("prompt", "consent");
    let (first, _) = happy(&mut s, &request).await;

    let (one, two) = (s.one.clone(), s.two.clone());
    refreshed(&s, &one, &first, true).await;
    let request = s.request(&two, "openid offline_access").with("prompt", "consent").with("nonce", random(43));
    let (tokens, _) = happy_as(&mut s, &two, &request).await;
    let theirs = refreshed(&s, &two, &tokens, false).await;

    let stolen = theirs.refresh.unwrap_or_else(|| tokens.refresh.unwrap());
    let refused = s.token(&one, &[("grant_type", "refresh_token"), ("refresh_token", &stolen)]).await;
    s.good_refusal(&refused, "invalid_grant");
}

/// New tokens of the same sign-in (OpenID Connect Core 12.2).
async fn refreshed(s: &Suite, client: &Client, before: &Tokens, with_scope: bool) -> Tokens {
    let refresh = before.refresh.as_deref().expect("offline_access gives a refresh token");
    s.t.later(Duration::from_secs(1));
    let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", refresh)];
    if with_scope {
        form.push(("scope", "openid offline_access"));
    }

    let after = s.good_tokens(client, &s.token(client, &form).await, None);

    for same in ["iss", "sub", "aud", "azp", "auth_time"] {
        assert_eq!(before.claims[same], after.claims[same], "OpenID Connect Core 12.2: {same}");
    }
    assert!(after.claims["iat"].as_i64() > before.claims["iat"].as_i64());
    assert_ne!(before.access, after.access);
    s.good_userinfo(&s.userinfo(&after.access).await, &after);
    after
}
