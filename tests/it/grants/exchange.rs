//! Token exchange (RFC 8693): never wider, bound to its source, only for who is registered for it.
use std::time::Duration;

use serde_json::json;
use tenantry::model::{AccessTokenFormat, Client, ClientState, ConsentMode, GrantType};
use tenantry::service::clients::Preset;

use super::{ACCESS_TOKEN, World, claims, exchange_form};

/// Resource servers.
const ORDERS: &str = "https://orders.example";
const PAY: &str = "https://pay.example";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const REFRESH_TOKEN: &str = "urn:ietf:params:oauth:token-type:refresh_token";

/// A second application, registered for token exchange as `details` say.
async fn second(w: &World, details: impl FnOnce(&mut tenantry::model::ClientMetadata)) -> (Client, String) {
    let (client, secret) =
        w.t.client(Preset::Web, |new| {
            new.metadata.client_name = "Ledger".to_owned();
            new.metadata.consent = ConsentMode::Implicit;
            new.metadata.grant_types = vec![GrantType::TokenExchange, GrantType::ClientCredentials];
            new.metadata.scopes.push("ledger".to_owned());
            new.metadata.audiences = vec![ORDERS.to_owned(), PAY.to_owned()];
            details(&mut new.metadata);
        })
        .await;
    (client, secret.unwrap())
}

#[tokio::test]
async fn a_token_becomes_one_of_another_tenant() {
    let w = World::new().await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;

    let other = w.exchange(first.text("access_token"), &[("tenant", "globex")]).await.good();

    assert_eq!((other.text("issued_token_type"), other.text("token_type")), (ACCESS_TOKEN, "Bearer"));
    assert!(other.body.get("refresh_token").is_none() && other.body.get("id_token").is_none());
    let (before, after) = (first.access(), other.access());
    assert_eq!((after["tenant"].as_str(), after["guest"].as_bool()), (Some("globex"), Some(true)));
    assert_eq!((&before["sub"], &before["acr"], &before["auth_time"]), (&after["sub"], &after["acr"], &after["auth_time"]));
    assert!(after.get("act").is_none());
    assert_eq!(w.userinfo(other.text("access_token")).await.good().body["tenant"], "globex");
}

#[tokio::test]
async fn b28_a_token_can_only_become_narrower() {
    let w = World::new().await;
    let first = w.tokens(&mut w.t.browser(), &[("scope", "openid tenant offline_access")]).await;
    let token = first.text("access_token");

    let less = w.exchange(token, &[("scope", "tenant")]).await.good();
    let again = w.exchange(less.text("access_token"), &[("scope", "tenant openid")]).await;

    assert_eq!((less.body["scope"].as_str(), less.access()["scope"].as_str()), (Some("tenant"), Some("tenant")));
    assert_eq!(w.userinfo(less.text("access_token")).await.error(), (403, "insufficient_scope"));
    assert_eq!(again.error(), (400, "invalid_scope"), "what was given up does not come back");
    assert_eq!(w.exchange(token, &[("scope", "openid groups")]).await.error(), (400, "invalid_scope"));
    assert_eq!(w.exchange(token, &[("audience", "https://elsewhere.example")]).await.error(), (400, "invalid_target"));
    assert_eq!(w.exchange(token, &[("audience", &w.t.origin)]).await.status, 200);
}

#[tokio::test]
async fn a_chain_of_exchanges_does_not_outlive_its_first_token() {
    let w = World::new().await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;
    let end = first.access()["exp"].as_i64().unwrap();
    w.t.later(Duration::from_secs(200));

    let second = w.exchange(first.text("access_token"), &[("tenant", "globex")]).await.good();
    let third = w.exchange(second.text("access_token"), &[("tenant", "acme")]).await.good();

    assert_eq!((second.access()["exp"].as_i64(), third.access()["exp"].as_i64()), (Some(end), Some(end)));
    w.t.later(Duration::from_secs(200));
    assert_eq!(w.exchange(third.text("access_token"), &[]).await.error(), (400, "invalid_request"));
}

#[tokio::test]
async fn what_was_traded_in_takes_its_successors_with_it() {
    let w = World::new().await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;
    let second = w.exchange(first.text("access_token"), &[("tenant", "globex")]).await.good();
    let third = w.exchange(second.text("access_token"), &[]).await.good();

    w.post("/revoke", &[("token", first.text("refresh_token"))]).await.good();

    assert!(!w.is_active(second.text("access_token")).await);
    assert_eq!(w.userinfo(third.text("access_token")).await.error(), (401, "invalid_token"));
}

#[tokio::test]
async fn other_types_of_token_are_issued_where_the_scopes_allow_them() {
    let w = World::new().await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;
    let token = first.text("access_token");

    let id = w.exchange(token, &[("requested_token_type", ID_TOKEN), ("tenant", "globex")]).await.good();
    let lasting = [("requested_token_type", REFRESH_TOKEN), ("scope", "openid tenant offline_access"), ("tenant", "globex")];
    let refresh = w.exchange(token, &lasting).await.good();

    assert_eq!((id.text("token_type"), id.text("issued_token_type")), ("N_A", ID_TOKEN));
    assert_eq!(claims(id.text("access_token"))["tenant"], "globex");
    assert_eq!((refresh.text("token_type"), refresh.text("issued_token_type")), ("N_A", REFRESH_TOKEN));
    let tokens = w.refresh(refresh.text("access_token"), &[]).await.good();
    assert_eq!((tokens.access()["tenant"].as_str(), tokens.text("scope")), (Some("globex"), "offline_access openid tenant"));
    let greedy = w.exchange(token, &[("requested_token_type", REFRESH_TOKEN)]).await;
    assert_eq!(greedy.error(), (400, "invalid_scope"), "offline_access must be asked for");
}

#[tokio::test]
async fn b28_bad_subject_tokens_are_refused() {
    let w = World::new().await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;
    let machine = w.post("/token", &[("grant_type", "client_credentials")]).await;
    let token = first.text("access_token").to_owned();

    for bad in ["", "x", "a.b.c", first.text("refresh_token"), first.text("id_token"), &token[..token.len() - 3]] {
        assert_eq!(w.exchange(bad, &[]).await.error(), (400, "invalid_request"), "{bad}");
    }
    assert_eq!(machine.error(), (400, "invalid_scope"), "this application has no scope of its own");
    let missing = w.post("/token", &[("grant_type", super::EXCHANGE), ("subject_token_type", ACCESS_TOKEN)]).await;
    assert_eq!(missing.error(), (400, "invalid_request"));
    w.t.later(Duration::from_secs(600));
    assert_eq!(w.exchange(&token, &[]).await.error(), (400, "invalid_request"), "expired");
}

#[tokio::test]
async fn i16_another_clients_token_is_exchanged_only_by_registration_and_with_a_name_on_it() {
    let w = World::with(|metadata| metadata.audiences = vec![ORDERS.to_owned()]).await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;
    let token = first.text("access_token");
    let (stranger, its_secret) = second(&w, |_| {}).await;
    let id = w.client.id.to_string();
    let (ledger, secret) = second(&w, |m| m.token_exchange_subject_clients = vec![id]).await;
    let tried = async |client: &Client, secret: &str, extra: &[(&str, &str)]| {
        w.post_as(client, secret, "/token", &exchange_form(token, extra)).await
    };

    let refused = tried(&stranger, &its_secret, &[]).await;
    let good = tried(&ledger, &secret, &[("scope", "tenant groups")]).await.good();

    assert_eq!(refused.error(), (400, "invalid_request"));
    let told = good.access();
    assert_eq!((told["client_id"].as_str(), told["sub"].as_str()), (Some(ledger.id.as_str()), Some(w.anna.id.as_str())));
    assert_eq!(told["act"], json!({ "sub": ledger.id, "client_id": ledger.id }));
    assert_eq!((&told["aud"], &first.access()["aud"]), (&json!(ORDERS), &json!([ORDERS, w.t.origin])));
    assert_eq!(w.userinfo(good.text("access_token")).await.error(), (401, "invalid_token"), "it is not for the userinfo of another one");
    for wider in [PAY, w.t.origin.as_str()] {
        assert_eq!(tried(&ledger, &secret, &[("resource", wider)]).await.error(), (400, "invalid_target"), "{wider}");
    }
    assert_eq!(tried(&ledger, &secret, &[("tenant", "globex")]).await.error(), (400, "invalid_request"));
    assert_eq!(tried(&ledger, &secret, &[("scope", "ledger")]).await.error(), (400, "invalid_scope"));
    assert_eq!(tried(&ledger, &secret, &[("scope", "openid offline_access")]).await.good().body.get("refresh_token"), None);
    w.t.app.store.write(async |s| s.set_client_state(&ledger.id, ClientState::Disabled).await).await.unwrap();
    w.t.app.refresh().await.unwrap();
    assert_eq!(tried(&ledger, &secret, &[]).await.error(), (400, "invalid_grant"));
}

#[tokio::test]
async fn n10_an_actor_is_named_within_the_one_before() {
    let w = World::with(|metadata| metadata.audiences = vec![ORDERS.to_owned()]).await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;
    let id = w.client.id.to_string();
    let (ledger, secret) = second(&w, |m| {
        m.token_exchange_subject_clients = vec![id.clone()];
        m.token_exchange_may_act = true;
    })
    .await;
    let ledger_id = ledger.id.to_string();
    let (archive, its_secret) = second(&w, |m| m.token_exchange_subject_clients = vec![ledger_id]).await;
    let own = w.post_as(&ledger, &secret, "/token", &[("grant_type", "client_credentials")]).await.good();
    let acting = async |actor: &str| {
        let extra = [("actor_token", actor), ("actor_token_type", ACCESS_TOKEN), ("scope", "tenant")];
        w.post_as(&ledger, &secret, "/token", &exchange_form(first.text("access_token"), &extra)).await
    };

    let delegated = acting(own.text("access_token")).await.good();
    let nested = w.post_as(&archive, &its_secret, "/token", &exchange_form(delegated.text("access_token"), &[])).await.good();

    assert_eq!(delegated.access()["act"]["sub"].as_str(), Some(ledger.id.as_str()));
    assert_eq!(nested.access()["act"]["sub"].as_str(), Some(archive.id.as_str()));
    assert_eq!(nested.access()["act"]["act"]["sub"].as_str(), Some(ledger.id.as_str()));
    assert_eq!(acting(first.text("access_token")).await.error(), (400, "invalid_request"), "a person is no actor");
    assert_eq!(acting("x.y.z").await.error(), (400, "invalid_request"));
    let unregistered = [("actor_token", own.text("access_token")), ("actor_token_type", ACCESS_TOKEN)];
    assert_eq!(w.exchange(first.text("access_token"), &unregistered).await.error(), (400, "invalid_request"));
}

#[tokio::test]
async fn b14_only_registered_clients_exchange() {
    let w = World::with(|metadata| metadata.grant_types.retain(|grant| *grant != GrantType::TokenExchange)).await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;

    assert_eq!(w.exchange(first.text("access_token"), &[]).await.error(), (400, "unauthorized_client"));
}

#[tokio::test]
async fn b28_a_token_is_for_no_more_resource_servers_than_the_one_it_was_made_of() {
    let w = World::with(|metadata| metadata.audiences = vec![ORDERS.to_owned(), PAY.to_owned()]).await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;
    let token = first.text("access_token");

    let same = w.exchange(token, &[("tenant", "globex")]).await.good();
    let two = w.exchange(token, &[("resource", ORDERS), ("audience", PAY)]).await.good();
    let less = w.exchange(token, &[("resource", ORDERS)]).await.good();
    let still = w.exchange(less.text("access_token"), &[("tenant", "globex")]).await.good();
    let lasting = [("resource", ORDERS), ("scope", "openid offline_access"), ("requested_token_type", REFRESH_TOKEN)];
    let lasting = w.exchange(token, &lasting).await.good();

    assert_eq!(same.access()["aud"], json!([ORDERS, PAY, w.t.origin]));
    assert_eq!(two.access()["aud"], json!([ORDERS, PAY]));
    assert_eq!((&less.access()["aud"], &still.access()["aud"]), (&json!(ORDERS), &json!(ORDERS)));
    assert_eq!(w.userinfo(less.text("access_token")).await.error(), (401, "invalid_token"));
    for wider in [PAY, w.t.origin.as_str(), "https://evil.example", "relative"] {
        assert_eq!(w.exchange(less.text("access_token"), &[("resource", wider)]).await.error(), (400, "invalid_target"), "{wider}");
    }
    let refreshed = w.refresh(lasting.text("access_token"), &[]).await.good();
    assert_eq!(refreshed.access()["aud"], ORDERS);
    let wider = w.refresh(refreshed.text("refresh_token"), &[("resource", PAY)]).await;
    assert_eq!(wider.error(), (400, "invalid_target"));
}

#[tokio::test]
async fn b28_a_token_that_is_for_userinfo_alone_is_nothing_for_another_client() {
    let w = World::new().await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;
    let id = w.client.id.to_string();
    let (ledger, secret) = second(&w, |m| m.token_exchange_subject_clients = vec![id]).await;

    let traded = w.post_as(&ledger, &secret, "/token", &exchange_form(first.text("access_token"), &[])).await;

    assert_eq!(first.access()["aud"].as_str(), Some(w.t.origin.as_str()));
    assert_eq!(traded.error(), (400, "invalid_target"), "and not one for all that it is registered for");
}

#[tokio::test]
async fn random_text_is_traded_like_a_signed_token_and_keeps_its_actor() {
    let opaque = AccessTokenFormat::Opaque;
    let w = World::with(|metadata| {
        metadata.audiences = vec![ORDERS.to_owned()];
        metadata.access_token_format = opaque;
    })
    .await;
    let first = w.tokens(&mut w.t.browser(), &[]).await;
    let id = w.client.id.to_string();
    let (ledger, secret) = second(&w, |m| {
        m.token_exchange_subject_clients = vec![id];
        m.access_token_format = opaque;
    })
    .await;

    let own = w.exchange(first.text("access_token"), &[("tenant", "globex"), ("resource", ORDERS)]).await.good();
    let delegated = w.post_as(&ledger, &secret, "/token", &exchange_form(first.text("access_token"), &[])).await.good();
    let again = w.post_as(&ledger, &secret, "/token", &exchange_form(delegated.text("access_token"), &[])).await.good();
    let introspected =
        async |client: &Client, secret: &str, token: &str| w.post_as(client, secret, "/introspect", &[("token", token)]).await.good().body;

    assert!([&first, &own, &delegated, &again].iter().all(|answer| !answer.text("access_token").contains('.')));
    let told = introspected(&w.client, &w.secret, own.text("access_token")).await;
    assert_eq!((&told["aud"], &told["tenant"], &told["active"]), (&json!(ORDERS), &json!("globex"), &json!(true)));
    for token in [delegated.text("access_token"), again.text("access_token")] {
        let told = introspected(&ledger, &secret, token).await;
        assert_eq!((&told["aud"], &told["act"]["sub"]), (&json!(ORDERS), &json!(ledger.id)));
    }
    w.post("/revoke", &[("token", first.text("refresh_token"))]).await.good();
    assert_eq!(introspected(&ledger, &secret, again.text("access_token")).await, json!({ "active": false }));
}

#[tokio::test]
async fn b28_authorization_details_that_were_given_up_do_not_come_back() {
    let w = World::with(|metadata| {
        metadata.audiences = vec![PAY.to_owned()];
        metadata.authorization_details_types = vec!["payment".to_owned()];
    })
    .await;
    let kind = json!({ "type": "payment", "label": "A payment", "members": { "actions": { "kind": "strings" } } });
    w.api(PAY, json!({ "name": "Payments", "authorization_details": [kind] })).await;
    let details = |actions: &[&str]| json!([{ "type": "payment", "actions": actions }]);
    let (all, one) = (details(&["status", "cancel"]), details(&["status"]));
    let first = w.tokens(&mut w.t.browser(), &[("authorization_details", &all.to_string())]).await;

    let less = w.refresh(first.text("refresh_token"), &[("authorization_details", &one.to_string())]).await.good();
    let traded = w.exchange(less.text("access_token"), &[]).await.good();
    let greedy = w.exchange(less.text("access_token"), &[("authorization_details", &all.to_string())]).await;

    assert_eq!((&first.body["authorization_details"], &less.body["authorization_details"]), (&all, &one));
    assert_eq!(traded.access()["authorization_details"], one);
    assert_eq!(greedy.error(), (400, "invalid_authorization_details"));
}
