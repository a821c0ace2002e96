//! Many at once: tasks that start together.
use std::sync::Arc;

use tokio::sync::Barrier;

/// Makes `n` tasks, releases them at the same moment and gives their results in order.
pub async fn par<T, F>(n: usize, make: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(n));
    let tasks: Vec<_> = (0..n)
        .map(|index| {
            let (barrier, work) = (Arc::clone(&barrier), make(index));
            tokio::spawn(async move {
                barrier.wait().await;
                work.await
            })
        })
        .collect();
    let mut results = Vec::with_capacity(n);
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}
