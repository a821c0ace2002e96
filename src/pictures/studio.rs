//! How many pictures are worked on at once, and how many uploads may wait for it (security.md L04, M08). Decoding takes
//! time and memory, so it happens on the threads for such work, never on those that answer requests.
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{PictureFault, logo, portrait};

/// More uploads are under way than may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowded;

/// Bounds the work with pictures on this node.
pub struct Studio {
    uploads: Arc<Semaphore>,
    desks: Arc<Semaphore>,
}

/// The right to bring one picture; taken before the upload is read, so that waiting uploads hold no memory.
pub struct Place {
    upload: OwnedSemaphorePermit,
    desks: Arc<Semaphore>,
}

impl Default for Studio {
    /// One picture in work, since it may take some hundred megabytes for a moment; seven more under way.
    fn default() -> Self {
        Self::new(1, 8)
    }
}

impl Studio {
    /// `desks`: pictures in work at once; `uploads`: those and what is still on its way.
    pub fn new(desks: usize, uploads: usize) -> Self {
        Self { uploads: Arc::new(Semaphore::new(uploads)), desks: Arc::new(Semaphore::new(desks)) }
    }

    /// A place for one upload.
    ///
    /// # Errors
    /// [`Crowded`] when all are taken; the person may try again in a moment.
    pub fn enter(&self) -> Result<Place, Crowded> {
        let upload = Arc::clone(&self.uploads).try_acquire_owned().map_err(|_| Crowded)?;
        Ok(Place { upload, desks: Arc::clone(&self.desks) })
    }
}

impl Place {
    /// [`portrait`] of the file, once a desk is free. The desk stays taken until the work is done, also when the person
    /// has gone meanwhile.
    pub async fn portrait(self, file: Vec<u8>) -> Result<Vec<u8>, PictureFault> {
        self.work(file, portrait).await
    }

    /// [`logo`] of the file, in the same way.
    pub async fn logo(self, file: Vec<u8>) -> Result<Vec<u8>, PictureFault> {
        self.work(file, logo).await
    }

    async fn work(self, file: Vec<u8>, make: fn(&[u8]) -> Result<Vec<u8>, PictureFault>) -> Result<Vec<u8>, PictureFault> {
        let Self { upload, desks } = self;
        let desk = desks.acquire_owned().await.expect("the semaphore is never closed");
        let work = tokio::task::spawn_blocking(move || {
            let _held = (upload, desk);
            make(&file)
        });
        work.await.unwrap_or_else(|died| {
            // A decoder that gives up is the fault of the file.
            tracing::warn!(panicked = died.is_panic(), "a picture could not be read to its end");
            Err(PictureFault::Broken)
        })
    }
}
