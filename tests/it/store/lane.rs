//! Access tokens that are written together: each is there once its caller was answered, and nobody's going away or
//! failing is another's.
use std::time::Duration;

use tenantry::model::{AccessTokenRow, GrantId, OpaqueToken, TokenId};
use tenantry::store::{Result, Store, StoreError};
use tokio::task::JoinSet;

use super::conformance;
use super::fixtures::*;

fn token(name: &str) -> AccessTokenRow {
    AccessTokenRow {
        id: TokenId::from_text(format!("tok_{name}")),
        grant: None,
        client: client_id(),
        scope: format!("orders {name}"),
        opaque: None,
        expires_at: NOW.plus(MINUTE),
        revoked_at: None,
    }
}

async fn found(store: &Store, name: &str) -> Option<AccessTokenRow> {
    store.read(async |r| r.access_token(&token(name).id).await).await.unwrap()
}

/// Issues `count` tokens at once; gives what each caller was told.
async fn crowd(store: &Store, kind: &'static str, count: usize) -> Vec<(String, Result<()>)> {
    let mut tasks = JoinSet::new();
    for n in 0..count {
        let (store, name) = (store.clone(), format!("{kind}_{n}"));
        tasks.spawn(async move {
            let outcome = store.issue_access_token(token(&name)).await;
            (name, outcome)
        });
    }
    tasks.join_all().await
}

async fn many_tokens_at_once_are_all_there(store: &Store) {
    for (name, outcome) in crowd(store, "many", 200).await {
        outcome.unwrap();
        assert_eq!(found(store, &name).await.unwrap().scope, format!("orders {name}"));
    }
}

async fn every_column_is_kept(store: &Store) {
    furnish(store).await;
    let claims = serde_json::json!({ "sub": "cli_shop" }).as_object().unwrap().clone();
    let opaque = OpaqueToken { digest: digest("opaque"), claims };
    let all = AccessTokenRow { grant: Some(grant_id()), opaque: Some(opaque), revoked_at: Some(NOW), ..token("all") };

    store.issue_access_token(all.clone()).await.unwrap();

    let row = found(store, "all").await.unwrap();
    assert_eq!((row.grant, row.client, row.scope), (all.grant, all.client, all.scope));
    assert_eq!((row.expires_at, row.revoked_at), (all.expires_at, all.revoked_at));
    let (kept, given) = (row.opaque.unwrap(), all.opaque.unwrap());
    assert_eq!((kept.digest, kept.claims), (given.digest, given.claims));
}

async fn a_row_that_is_refused_harms_none_that_comes_later(store: &Store) {
    store.issue_access_token(token("one")).await.unwrap();

    let twice = store.issue_access_token(token("one")).await;
    let of_nothing = store.issue_access_token(AccessTokenRow { grant: Some(GrantId::from_text("gra_none")), ..token("two") }).await;
    let other = store.issue_access_token(token("three")).await;

    assert!(matches!(twice, Err(StoreError::Unavailable(_))), "{twice:?}");
    assert!(matches!(of_nothing, Err(StoreError::Unavailable(_))), "{of_nothing:?}");
    other.unwrap();
    assert!(found(store, "two").await.is_none() && found(store, "three").await.is_some());
}

async fn tokens_and_other_writes_do_not_hinder_each_other(store: &Store) {
    let mut writers = JoinSet::new();
    for n in 0..60_usize {
        let store = store.clone();
        writers.spawn(async move {
            let outcome = store
                .write(async |w| {
                    w.settle_setting(&format!("beside {n}"), "x").await?;
                    if n.is_multiple_of(3) { Err(StoreError::Schema("I changed my mind".into())) } else { Ok(()) }
                })
                .await;
            (n, outcome)
        });
    }

    for (name, outcome) in crowd(store, "beside", 120).await {
        outcome.unwrap();
        assert!(found(store, &name).await.is_some(), "{name}");
    }
    for (n, outcome) in writers.join_all().await {
        assert_eq!(outcome.is_err(), n.is_multiple_of(3), "{n}: {outcome:?}");
        let kept = store.read(async |r| r.setting(&format!("beside {n}")).await).await.unwrap();
        assert_eq!(kept.is_some(), outcome.is_ok(), "{n}");
    }
}

async fn callers_that_go_away_harm_nobody(store: &Store) {
    for round in 0..10_usize {
        let mut tasks = Vec::new();
        for n in 0..40_usize {
            let (store, name) = (store.clone(), format!("gone_{round}_{n}"));
            tasks.push((name.clone(), tokio::spawn(async move { store.issue_access_token(token(&name)).await })));
        }
        for (n, (_, task)) in tasks.iter().enumerate() {
            for _ in 0..(n * 7 + round) % 4 {
                tokio::task::yield_now().await;
            }
            if (n * 5 + round) % 3 == 0 {
                task.abort();
            }
        }
        for (name, task) in tasks {
            let outcome = tokio::time::timeout(Duration::from_secs(30), task).await.expect("nobody waits for ever");
            if let Ok(answer) = outcome {
                answer.unwrap();
                assert!(found(store, &name).await.is_some(), "{name}");
            }
        }
    }
}

async fn closing_serves_who_waits_and_refuses_who_comes_later(store: &Store) {
    // The lane is a queue: whoever stands in it before `close` asks is served.
    let (one, other) = (store.clone(), store.clone());
    let waiting = tokio::join!(
        biased;
        async move { one.issue_access_token(token("early")).await },
        async move { other.issue_access_token(token("too")).await },
        store.close(),
    );

    waiting.0.unwrap();
    waiting.1.unwrap();
    assert!(store.issue_access_token(token("late")).await.is_err());
}

conformance! {
    many_tokens_at_once_are_all_there,
    every_column_is_kept,
    a_row_that_is_refused_harms_none_that_comes_later,
    tokens_and_other_writes_do_not_hinder_each_other,
    callers_that_go_away_harm_nobody,
    closing_serves_who_waits_and_refuses_who_comes_later,
}
