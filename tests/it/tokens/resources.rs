//! Userinfo, introspection, revocation and what scripts of other origins may read.
use reqwest::Method;
use tenantry::service::clients::Preset;

use super::{ALL, Answer, Arena, answer};
use crate::harness::net;

#[tokio::test]
async fn userinfo_takes_the_token_from_header_or_form_and_never_from_the_query() {
    let a = Arena::new().await;
    let tokens = a.tokens(ALL).await;
    let token = tokens.text("access_token");
    let url = a.t.url("/userinfo");

    let header = answer(net::client().get(&url).header("authorization", format!("bEARER {token}"))).await;
    let posted = answer(net::client().post(&url).bearer_auth(token)).await;
    let empty_form = answer(net::client().post(&url).bearer_auth(token).form::<[(&str, &str); 0]>(&[])).await;
    let form = answer(net::client().post(&url).form(&[("access_token", token)])).await;
    let query = answer(net::client().get(format!("{url}?access_token={token}"))).await;
    let both = answer(net::client().post(&url).bearer_auth(token).form(&[("access_token", token)])).await;
    let none = answer(net::client().get(&url)).await;
    let garbage = a.userinfo("x.y.z").await;

    for good in [&header, &posted, &empty_form, &form] {
        assert_eq!((good.status.as_u16(), good.text("sub")), (200, a.person.id.as_str()));
        assert_eq!(good.headers["cache-control"], "no-store");
    }
    assert_eq!(query.error(), (400, "invalid_request"));
    assert_eq!(both.error(), (400, "invalid_request"));
    assert_eq!((none.status.as_u16(), challenge(&none)), (401, "Bearer realm=\"userinfo\""));
    assert_eq!(garbage.error(), (401, "invalid_token"));
    assert!(challenge(&garbage).contains("error=\"invalid_token\""));
}

fn challenge(answer: &Answer) -> &str {
    answer.headers["www-authenticate"].to_str().unwrap()
}

#[tokio::test]
async fn an_id_token_is_not_an_access_token_and_a_scope_is_needed() {
    let a = Arena::with(|m| m.scopes.push("orders".to_owned())).await;
    let tokens = a.tokens(ALL).await;
    let without_openid = a.tokens("orders").await;

    assert_eq!(a.userinfo(tokens.text("id_token")).await.error(), (401, "invalid_token"));
    assert_eq!(a.userinfo(tokens.text("refresh_token")).await.error(), (401, "invalid_token"));
    assert_eq!(a.userinfo(without_openid.text("access_token")).await.error(), (403, "insufficient_scope"));
    assert!(without_openid.body.get("id_token").is_none());
}

#[tokio::test]
async fn b16_b17_only_the_client_and_its_resource_servers_learn_anything() {
    let a = Arena::with(|m| m.audiences = vec!["https://api.example".to_owned()]).await;
    let (stranger, stranger_secret) = a.t.client(Preset::Web, |_| {}).await;
    let (api, api_secret) =
        a.t.client(Preset::Machine, |new| {
            new.metadata.scopes = vec!["orders".to_owned()];
            new.metadata.audiences = vec!["https://api.example".to_owned()];
        })
        .await;
    let tokens = a.tokens(ALL).await;
    let token = tokens.text("access_token");
    let ask = async |client: &tenantry::model::Client, secret: &Option<String>, token: &str| {
        a.post_as(client, secret.as_deref().unwrap(), "/introspect", &[("token", token)]).await.good().body
    };

    let own = a.post("/introspect", &[("token", token)]).await.good().body;
    assert_eq!((&own["active"], &own["sub"], &own["tenant"]), (&true.into(), &a.person.id.as_str().into(), &"acme".into()));
    assert_eq!(ask(&api, &api_secret, token).await["active"], true);
    assert_eq!(ask(&stranger, &stranger_secret, token).await, serde_json::json!({ "active": false }));
    assert_eq!(ask(&api, &api_secret, tokens.text("refresh_token")).await, serde_json::json!({ "active": false }));
    assert!(a.is_active(tokens.text("refresh_token")).await);
    for changed in [&token[..token.len() - 1], &format!("{token}A"), &token[1..], "x"] {
        assert!(!a.is_active(changed).await, "{changed}");
    }
    assert_eq!(a.post("/introspect", &[]).await.error(), (400, "invalid_request"));
    let anonymous = net::client().post(a.t.url("/introspect")).form(&[("token", token)]);
    assert_eq!(answer(anonymous).await.error(), (401, "invalid_client"));
}

#[tokio::test]
async fn d19_a_well_signed_token_that_was_never_issued_raises_the_alarm() {
    let a = Arena::new().await;
    a.t.expect_errors();
    let tokens = a.tokens(ALL).await;
    let mut claims = super::claims(tokens.text("access_token"));
    claims["jti"] = "tok_forged".into();
    let registered = a.t.app.registered();
    let forged = registered.keys.sign(tenantry::model::SigningAlg::Es256, "at+jwt", &claims).unwrap();

    assert_eq!(a.userinfo(&forged).await.error(), (401, "invalid_token"));

    let events = a.t.app.store.read(async |r| r.audit_since(a.now(), 1000).await).await.unwrap();
    assert!(events.iter().any(|event| event.action == "token_forged"));
}

#[tokio::test]
async fn revoking_an_access_token_ends_it_alone_and_a_refresh_token_ends_the_grant() {
    let a = Arena::new().await;
    let tokens = a.tokens(ALL).await;
    let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));

    assert_eq!(a.post("/revoke", &[("token", access), ("token_type_hint", "refresh_token")]).await.status, 200);
    assert!(!a.is_active(access).await && a.is_active(refresh).await);
    let next = a.refresh(refresh).await.good();
    assert_eq!(a.post("/revoke", &[("token", next.text("refresh_token"))]).await.status, 200);
    assert!(!a.is_active(next.text("access_token")).await && !a.is_active(next.text("refresh_token")).await);
    assert_eq!(a.refresh(next.text("refresh_token")).await.error(), (400, "invalid_grant"));
    assert_eq!(a.post("/revoke", &[("token", "unknown")]).await.status, 200);
}

#[tokio::test]
async fn b01_a_token_of_another_client_is_not_revoked() {
    let a = Arena::new().await;
    let (other, secret) = a.t.client(Preset::Web, |_| {}).await;
    let tokens = a.tokens(ALL).await;

    for name in ["access_token", "refresh_token"] {
        let refused = a.post_as(&other, secret.as_deref().unwrap(), "/revoke", &[("token", tokens.text(name))]).await;
        assert_eq!(refused.error(), (400, "invalid_grant"));
        assert!(a.is_active(tokens.text(name)).await);
    }
}

#[tokio::test]
async fn b11_a_failing_database_is_never_answered_with_success() {
    let a = Arena::new().await;
    a.t.expect_errors();
    let tokens = a.tokens(ALL).await;

    a.t.app.store.close().await;

    let revoked = a.post("/revoke", &[("token", tokens.text("access_token"))]).await;
    assert!(revoked.status.is_server_error(), "{}", revoked.status);
    assert!(a.userinfo(tokens.text("access_token")).await.status.is_server_error());
}

#[tokio::test]
async fn b19_only_registered_origins_may_read_and_only_where_scripts_belong() {
    let a = Arena::with(|m| m.allowed_origins = vec!["https://spa.example".to_owned()]).await;
    let ask = async |method: Method, path: &str, origin: &str| {
        answer(net::client().request(method, a.t.url(path)).header("origin", origin)).await.headers
    };
    let (allow, credentials) = ("access-control-allow-origin", "access-control-allow-credentials");

    for path in ["/token", "/userinfo", "/revoke", "/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]
    {
        for method in [Method::OPTIONS, Method::GET] {
            let headers = ask(method.clone(), path, "https://spa.example").await;
            assert_eq!(headers[allow], "https://spa.example", "{method} {path}");
            assert!(!headers.contains_key(credentials));
            for origin in ["https://evil.example", "null", "https://spa.example.evil.example", "http://spa.example"] {
                assert!(!ask(method.clone(), path, origin).await.contains_key(allow), "{method} {path} {origin}");
            }
        }
    }
    for path in ["/introspect", "/authorize", "/login", "/", "/healthz"] {
        assert!(!ask(Method::GET, path, "https://spa.example").await.contains_key(allow), "{path}");
        assert!(!ask(Method::OPTIONS, path, "https://spa.example").await.contains_key(allow), "{path}");
    }
}
