//! Nobody's failure is another's: cancelled, panicking and failing writers beside good ones.
use std::sync::Arc;
use std::time::Duration;

use tenantry::store::{Result, Store, StoreError, Write};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::conformance;
use super::fixtures::*;

async fn note(w: &mut Write, name: &str) -> Result<()> {
    w.settle_setting(name, "written").await?;
    Ok(())
}

async fn noted(store: &Store, name: &str) -> bool {
    store.read(async |r| r.setting(name).await).await.unwrap().is_some()
}

/// A writer that has written and then stays in its transaction until `gate`.
fn hold(store: &Store, name: &'static str, gate: &Arc<Notify>) -> (tokio::task::JoinHandle<Result<()>>, Arc<Notify>) {
    let (store, gate, inside) = (store.clone(), Arc::clone(gate), Arc::new(Notify::new()));
    let entered = Arc::clone(&inside);
    let task = tokio::spawn(async move {
        store
            .write(async |w| {
                note(w, name).await?;
                entered.notify_one();
                gate.notified().await;
                Ok(())
            })
            .await
    });
    (task, inside)
}

/// Starts `count` writers; every third fails after it has written.
fn crowd(store: &Store, count: usize) -> JoinSet<(usize, Result<()>)> {
    let mut tasks = JoinSet::new();
    for n in 0..count {
        let store = store.clone();
        tasks.spawn(async move {
            let outcome = store
                .write(async |w| {
                    note(w, &format!("crowd {n}")).await?;
                    if n.is_multiple_of(3) { Err(StoreError::Schema("I changed my mind".into())) } else { Ok(()) }
                })
                .await;
            (n, outcome)
        });
    }
    tasks
}

async fn verify(store: &Store, crowd: JoinSet<(usize, Result<()>)>) {
    for (n, outcome) in crowd.join_all().await {
        assert_eq!(outcome.is_err(), n.is_multiple_of(3), "{n}: {outcome:?}");
        assert_eq!(noted(store, &format!("crowd {n}")).await, outcome.is_ok(), "{n}");
    }
}

async fn a_failed_writer_is_undone_alone(store: &Store) {
    let gate = Arc::new(Notify::new());
    let (first, inside) = hold(store, "first", &gate);
    inside.notified().await;
    let others = crowd(store, 30);
    tokio::task::yield_now().await;

    gate.notify_one();

    first.await.unwrap().unwrap();
    verify(store, others).await;
    assert!(noted(store, "first").await);
}

async fn a_writer_that_finds_it_must_not_is_undone(store: &Store) {
    let refused: std::result::Result<(), &str> = store
        .write_or_undo(async |w| {
            note(w, "refused").await?;
            Ok(Err("too late"))
        })
        .await
        .unwrap();
    let kept: std::result::Result<u8, ()> = store
        .write_or_undo(async |w| {
            note(w, "kept").await?;
            Ok(Ok(7))
        })
        .await
        .unwrap();

    assert_eq!((refused, kept), (Err("too late"), Ok(7)));
    assert_eq!((noted(store, "refused").await, noted(store, "kept").await), (false, true));
}

async fn a_cancelled_writer_is_undone_alone(store: &Store) {
    let (first, inside) = hold(store, "first", &Arc::new(Notify::new()));
    inside.notified().await;
    let others = crowd(store, 30);
    tokio::task::yield_now().await;

    first.abort();

    verify(store, others).await;
    assert!(first.await.unwrap_err().is_cancelled());
    assert!(!noted(store, "first").await);
}

async fn a_panicking_writer_is_undone_alone(store: &Store) {
    let inner = store.clone();
    let first = tokio::spawn(async move {
        inner
            .write(async |w| {
                note(w, "first").await?;
                assert!(w.setting("first").await?.is_none(), "this writer panics on purpose");
                Ok(())
            })
            .await
    });
    let others = crowd(store, 30);

    assert!(first.await.unwrap_err().is_panic());

    verify(store, others).await;
    assert!(!noted(store, "first").await);
}

async fn a_writer_is_refused_when_a_statement_failed_that_it_did_not_mind(store: &Store) {
    furnish(store).await;

    let outcome = store
        .write(async |w| {
            note(w, "before").await?;
            let _ = w.insert_grant(&new_grant(grant_id())).await;
            let _ = note(w, "after").await;
            Ok(())
        })
        .await;

    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert!(!noted(store, "before").await && !noted(store, "after").await);
}

/// Writers that are cancelled at every possible moment: whoever was answered is in the database, nobody waits for ever.
async fn storms_of_cancellation_lose_nothing_that_was_acknowledged(store: &Store) {
    for round in 0..10_usize {
        let mut tasks = Vec::new();
        for n in 0..30_usize {
            let store = store.clone();
            let name = format!("storm {round} {n}");
            tasks.push((name.clone(), tokio::spawn(async move { store.write(async |w| note(w, &name).await).await })));
        }
        for (n, (_, task)) in tasks.iter().enumerate() {
            for _ in 0..(n * 7 + round) % 5 {
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
                assert!(noted(store, &name).await, "{name}");
            }
        }
    }
    store.write(async |w| note(w, "calm").await).await.unwrap();
    assert!(noted(store, "calm").await);
}

async fn cancelled_readers_leave_no_transaction_behind(store: &Store) {
    for round in 0..200_usize {
        let inner = store.clone();
        let task = tokio::spawn(async move { inner.read(async |r| r.generation().await).await });
        for _ in 0..round % 6 {
            tokio::task::yield_now().await;
        }
        task.abort();
        let _ = task.await;
    }

    // Were a read-only transaction left open in a pooled connection, one of these writes would be refused.
    let mut tasks = JoinSet::new();
    for n in 0..40 {
        let store = store.clone();
        tasks.spawn(async move { store.write(async |w| note(w, &format!("after {n}")).await).await });
    }
    for outcome in tasks.join_all().await {
        outcome.unwrap();
    }
}

async fn a_read_sees_one_moment(store: &Store) {
    let (before, after) = store
        .read(async |r| {
            let before = r.setting("x").await?;
            store.write(async |w| note(w, "x").await).await?;
            Ok((before, r.setting("x").await?))
        })
        .await
        .unwrap();

    assert_eq!((before, after), (None, None));
    assert!(noted(store, "x").await);
}

async fn a_closed_store_answers_with_an_error(store: &Store) {
    let waiting = crowd(store, 10);
    store.write(async |w| note(w, "last").await).await.unwrap();
    drop(waiting);

    store.close().await;

    assert!(store.write(async |w| note(w, "late").await).await.is_err());
    assert!(store.read(async |r| r.generation().await).await.is_err());
    store.close().await;
}

conformance! {
    a_failed_writer_is_undone_alone,
    a_writer_that_finds_it_must_not_is_undone,
    a_cancelled_writer_is_undone_alone,
    a_panicking_writer_is_undone_alone,
    a_writer_is_refused_when_a_statement_failed_that_it_did_not_mind,
    storms_of_cancellation_lose_nothing_that_was_acknowledged,
    cancelled_readers_leave_no_transaction_behind,
    a_read_sees_one_moment,
    a_closed_store_answers_with_an_error,
}
