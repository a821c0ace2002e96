//! The bounded pool.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::CHEAP;
use crate::credentials::Busy;
use crate::credentials::pool::Pool;

/// Occupies the only thread until the returned sender is dropped.
async fn occupied(pool: &Pool) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), Busy>>) {
    let (release, wait) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let pool = pool.clone();
    let task = tokio::spawn(async move {
        pool.run(move |_| {
            begun.send(()).unwrap();
            let _ = wait.recv();
        })
        .await
    });
    has_begun.await.unwrap();
    (release, task)
}

#[tokio::test]
async fn f11_whoever_comes_after_the_queue_is_full_is_told_at_once() {
    let pool = Pool::new(CHEAP, 1, 2);
    let (release, first) = occupied(&pool).await;
    let waiting: Vec<_> = (0..2)
        .map(|n| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.run(move |_| n).await })
        })
        .collect();
    tokio::task::yield_now().await;

    for _ in 0..50 {
        assert_eq!(pool.run(|_| ()).await, Err(Busy));
    }

    drop(release);
    assert_eq!(first.await.unwrap(), Ok(()));
    for (n, task) in waiting.into_iter().enumerate() {
        assert_eq!(task.await.unwrap(), Ok(n));
    }
    assert_eq!(pool.run(|_| "free again").await, Ok("free again"));
}

#[tokio::test]
async fn f11_a_caller_that_went_away_costs_no_work() {
    let pool = Pool::new(CHEAP, 1, 4);
    let (release, first) = occupied(&pool).await;
    let done = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&done);
    let abandoned = tokio::spawn({
        let pool = pool.clone();
        async move { pool.run(move |_| counter.fetch_add(1, Ordering::SeqCst)).await }
    });
    tokio::task::yield_now().await;
    abandoned.abort();
    assert!(abandoned.await.is_err_and(|e| e.is_cancelled()));

    drop(release);
    first.await.unwrap().unwrap();
    pool.run(|_| ()).await.unwrap();

    assert_eq!(done.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_panicking_job_does_not_take_its_thread_along() {
    let pool = Pool::new(CHEAP, 1, 4);
    let outcome: Result<(), Busy> = pool.run(|_| panic!("a job that fails, as this test wants")).await;
    assert_eq!(outcome, Err(Busy));
    assert_eq!(pool.run(|_| 7).await, Ok(7));
}

#[tokio::test]
async fn jobs_run_on_several_threads_at_once() {
    let pool = Pool::new(CHEAP, 2, 4);
    let (release, first) = occupied(&pool).await;
    assert_eq!(pool.run(|_| 7).await, Ok(7));
    drop(release);
    first.await.unwrap().unwrap();
}
