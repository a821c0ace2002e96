//! Background jobs: each runs again and again on every node; which node does the work is the job's own lease.
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

type Work = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// A function that is called every so often. It is never called while it still runs.
#[derive(Clone)]
pub struct Job {
    name: &'static str,
    every: Duration,
    run: Arc<dyn Fn() -> Work + Send + Sync>,
}

impl Job {
    /// `run` is called at the start and then every `every`, or as soon as a longer run has ended.
    pub fn new<F, E>(name: &'static str, every: Duration, run: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        let run = move || -> Work {
            let work = run();
            Box::pin(async move { work.await.map_err(|error| error.to_string()) })
        };
        Self { name, every, run: Arc::new(run) }
    }
}

/// Runs all jobs until `shutdown` is ready; a run that has begun is then finished first.
pub async fn housekeeping(jobs: Vec<Job>, shutdown: impl Future<Output = ()>) {
    let (stop, stopping) = watch::channel(false);
    let mut loops = JoinSet::new();
    for job in jobs {
        loops.spawn(repeat(job, stopping.clone()));
    }
    shutdown.await;
    let _ = stop.send(true);
    while loops.join_next().await.is_some() {}
}

async fn repeat(job: Job, mut stopping: watch::Receiver<bool>) {
    let mut clock = tokio::time::interval(job.every);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let stop = async { stopping.wait_for(|asked| *asked).await.is_ok() };
        tokio::select! {
            biased;
            _ = stop => return,
            _ = clock.tick() => {}
        }
        run_once(&job).await;
    }
}

/// One run in a task of its own, so that a panic ends the run and not the job.
async fn run_once(job: &Job) {
    let begun = Instant::now();
    let outcome = tokio::spawn((job.run)()).await;
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    match outcome {
        Ok(Ok(())) => tracing::debug!(job = job.name, took_ms, "a background job ran"),
        Ok(Err(error)) => tracing::error!(job = job.name, took_ms, error, "a background job failed and will be tried again"),
        Err(_) => tracing::error!(job = job.name, took_ms, "a background job panicked and will be tried again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    #[tokio::test]
    async fn a_job_that_panics_or_fails_is_run_again() {
        let runs = Arc::new(AtomicUsize::new(0));
        let third = Arc::new(Notify::new());
        let job = Job::new("fails", Duration::from_millis(1), {
            let (runs, third) = (Arc::clone(&runs), Arc::clone(&third));
            move || {
                let run = runs.fetch_add(1, Ordering::SeqCst);
                let third = Arc::clone(&third);
                async move {
                    assert!(run != 0, "the first run panics");
                    if run >= 2 {
                        third.notify_one();
                    }
                    Err("and the others fail")
                }
            }
        });

        housekeeping(vec![job], async move { third.notified().await }).await;

        assert!(runs.load(Ordering::SeqCst) >= 3);
    }

    #[tokio::test]
    async fn a_run_that_has_begun_is_finished_before_the_stop() {
        let (begun, finished) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let job = Job::new("slow", Duration::from_secs(3600), {
            let (begun, finished) = (Arc::clone(&begun), Arc::clone(&finished));
            move || {
                let (begun, finished) = (Arc::clone(&begun), Arc::clone(&finished));
                async move {
                    begun.notify_one();
                    tokio::task::yield_now().await;
                    finished.fetch_add(1, Ordering::SeqCst);
                    Ok::<(), String>(())
                }
            }
        });

        housekeeping(vec![job], async move { begun.notified().await }).await;

        assert_eq!(finished.load(Ordering::SeqCst), 1);
    }
}
