//! A few threads that hash, and a queue of bounded length before them (security.md F11). Memory is bounded by
//! threads × cost, waiting by the length of the queue; whoever comes after that is told so at once.
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::argon::Argon;
use super::password::{Busy, Cost};

type Work = Box<dyn FnOnce(&mut Argon) + Send>;

/// Hands work to the threads. The threads end when the last clone is dropped.
#[derive(Clone)]
pub struct Pool {
    sender: SyncSender<Work>,
    places: Arc<Semaphore>,
}

/// A place on a thread or in the queue; given up when it is dropped.
pub struct Place {
    _held: OwnedSemaphorePermit,
}

impl Pool {
    pub fn new(cost: Cost, threads: usize, queue: usize) -> Self {
        let places = threads.max(1) + queue.max(1);
        let (sender, receiver) = sync_channel::<Work>(places);
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 0..threads.max(1) {
            let receiver = Arc::clone(&receiver);
            std::thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || work(&receiver, cost))
                .expect("the operating system gives a thread at the start");
        }
        Self { sender, places: Arc::new(Semaphore::new(places)) }
    }

    /// Takes a place, if one is free.
    pub fn enter(&self) -> Result<Place, Busy> {
        Arc::clone(&self.places).try_acquire_owned().map(|held| Place { _held: held }).map_err(|_| Busy)
    }

    /// Runs `job` on one of the threads. A caller that goes away before its turn costs nothing.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce(&mut Argon) -> T + Send + 'static) -> Result<T, Busy> {
        self.run_at(self.enter()?, job).await
    }

    /// As [`Pool::run`], at a place that was taken before.
    pub async fn run_at<T: Send + 'static>(&self, place: Place, job: impl FnOnce(&mut Argon) -> T + Send + 'static) -> Result<T, Busy> {
        tracing::trace!("a password is to be hashed");
        let (answer, result) = oneshot::channel();
        let work: Work = Box::new(move |argon| {
            let _place = place;
            if !answer.is_closed() {
                // The one who asked may have gone meanwhile; then nobody needs the answer.
                let _ = answer.send(job(argon));
            }
        });
        match self.sender.try_send(work) {
            Ok(()) => result.await.map_err(|_| Busy),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Busy),
        }
    }
}

fn work(receiver: &Mutex<Receiver<Work>>, cost: Cost) {
    let mut argon = Argon::new(cost);
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        if catch_unwind(AssertUnwindSafe(|| job(&mut argon))).is_err() {
            tracing::error!("hashing a password panicked; the thread goes on with fresh memory");
            argon = Argon::new(cost);
        }
    }
}
