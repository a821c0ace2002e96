//! What only PostgreSQL can do to us: connections that die, transactions that stay.
use std::future::Future;
use std::sync::Arc;
use std::task::Poll;

use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::Fresh;
use super::fixtures::*;

/// Kills every connection to the database of `url`.
async fn kill_all(url: &str) {
    let sql = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_postgresql_fails_no_request_that_had_not_begun() {
    let Some(fresh) = Fresh::postgres().await else { return };
    let store = &fresh.store;
    // Twelve connections, all idle.
    let barrier = Arc::new(Barrier::new(12));
    let mut tasks = JoinSet::new();
    for _ in 0..12 {
        let (store, barrier) = (store.clone(), Arc::clone(&barrier));
        tasks.spawn(async move {
            store
                .read(async |r| {
                    barrier.wait().await;
                    r.generation().await
                })
                .await
        });
    }
    tasks.join_all().await.into_iter().for_each(|answer| assert!(answer.is_ok()));

    kill_all(fresh.url()).await;

    let mut tasks = JoinSet::new();
    for n in 0..24 {
        let store = store.clone();
        tasks.spawn(async move {
            store.write(async |w| w.settle_setting(&format!("{n}"), "x").await).await?;
            store.read(async |r| r.generation().await).await
        });
    }
    for answer in tasks.join_all().await {
        answer.unwrap();
    }
    fresh.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_dies_inside_a_write_is_an_error_and_the_next_write_succeeds() {
    let Some(fresh) = Fresh::postgres().await else { return };
    let url = fresh.url().to_owned();

    let outcome = fresh
        .store
        .write(async |w| {
            w.settle_setting("lost", "x").await?;
            kill_all(&url).await;
            Ok(())
        })
        .await;

    assert!(outcome.is_err());
    fresh.store.write(async |w| w.settle_setting("kept", "x").await).await.unwrap();
    assert_eq!(fresh.store.read(async |r| r.setting("lost").await).await.unwrap(), None);
    fresh.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_is_never_released_is_given_up_by_the_server() {
    let Some(fresh) = Fresh::postgres().await else { return };
    furnish(&fresh.store).await;
    let store = fresh.store.clone();

    let (inner, outer) = fresh
        .store
        .write(async |w| {
            w.record_login(&person_id("ada"), NOW).await?;
            let inner = store.write(async |w| w.record_login(&person_id("ada"), NOW).await).await;
            Ok((inner, ()))
        })
        .await
        .unwrap();

    assert!(inner.is_err());
    assert_eq!(outer, ());
    fresh.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_leaves_while_its_transaction_begins_leaves_none_open() {
    let Some(fresh) = Fresh::postgres().await else { return };
    fresh.store.read(async |r| r.generation().await).await.unwrap();

    // Each is polled a few times, so that some leave between sending `begin` and its answer.
    for polls in (1..=12).cycle().take(120) {
        let store = fresh.store.clone();
        let mut reading = Box::pin(async move { store.read(async |r| r.generation().await).await });
        for _ in 0..polls {
            let ended = std::future::poll_fn(|context| Poll::Ready(reading.as_mut().poll(context).is_ready())).await;
            if ended {
                break;
            }
        }
    }

    let mut watcher = PgConnection::connect(fresh.url()).await.unwrap();
    let mut open = 0;
    for look in 0..20_000 {
        let sql = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'";
        open = sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut watcher).await.unwrap();
        // The first looks may come before the server has seen what was sent.
        if open == 0 && look > 500 {
            break;
        }
    }
    assert_eq!(open, 0);
    watcher.close().await.unwrap();
    fresh.end().await;
}
