//! The one door of writes on SQLite: whoever waits at it joins the open transaction in a savepoint of its own,
//! the last one in line commits for all, and each is answered only after that commit (group commit, house.md 11).
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::{Result, StoreError};

/// Closures that may share one commit at most.
const BATCH: usize = 64;

#[derive(Clone)]
pub(super) struct Door(Arc<Inner>);

struct Inner {
    batch: Arc<Mutex<Batch>>,
    waiting: AtomicUsize,
}

struct Batch {
    /// None once the store is closed, and while a broken connection waits to be replaced.
    connection: Option<SqliteConnection>,
    options: SqliteConnectOptions,
    closed: bool,
    /// A transaction is open.
    open: bool,
    /// Somebody left in the middle (cancelled or panicked): the savepoint must be rolled back first.
    dirty: bool,
    /// Those whose work is done and who wait for the commit.
    members: Vec<oneshot::Sender<Result<()>>>,
}

/// One caller's turn at the writer connection, inside a savepoint.
pub(super) struct Turn {
    batch: OwnedMutexGuard<Batch>,
    door: Door,
    finished: bool,
}

/// Counts a caller as waiting; hands an open batch on if the caller goes away.
struct Waiting(Door);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Door {
    pub(super) async fn open(options: &SqliteConnectOptions) -> Result<Self> {
        let mut connection = options.connect().await?;
        let version: String = sqlx::query_scalar("select sqlite_version()").fetch_one(&mut connection).await?;
        refuse_old(&version)?;
        let batch =
            Batch { connection: Some(connection), options: options.clone(), closed: false, open: false, dirty: false, members: Vec::new() };
        Ok(Self(Arc::new(Inner { batch: Arc::new(Mutex::new(batch)), waiting: AtomicUsize::new(0) })))
    }

    /// Waits for the door and opens a savepoint.
    pub(super) async fn enter(&self) -> Result<Turn> {
        self.0.waiting.fetch_add(1, Ordering::SeqCst);
        let waiting = Waiting(self.clone());
        let mut abandoned = Abandoned(Some(self.clone()));
        let batch = Arc::clone(&self.0.batch).lock_owned().await;
        abandoned.0 = None;
        drop(waiting);
        let mut turn = Turn { batch, door: self.clone(), finished: true };
        if let Err(error) = turn.batch.begin().await {
            turn.batch.fail(&error).await;
            return Err(error);
        }
        turn.finished = false;
        Ok(turn)
    }

    /// A connection beside the door, for migrations before anybody serves.
    pub(super) async fn separate_connection(&self) -> Result<SqliteConnection> {
        let options = self.0.batch.lock().await.options.clone();
        Ok(options.connect().await?)
    }

    pub(super) async fn close(&self) {
        let mut batch = self.0.batch.lock().await;
        batch.commit().await;
        batch.closed = true;
        if let Some(mut connection) = batch.connection.take() {
            let _ = sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut connection).await;
            let _ = connection.close().await;
        }
    }

    /// Commits a batch that nobody else will commit.
    fn settle(&self) {
        let door = self.clone();
        tokio::spawn(async move {
            let mut batch = door.0.batch.lock().await;
            batch.settle_if(door.0.waiting.load(Ordering::SeqCst)).await;
        });
    }
}

/// A caller that was dropped while it waited may have been the one who had to commit.
struct Abandoned(Option<Door>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        if let Some(door) = self.0.take() {
            door.settle();
        }
    }
}

impl Batch {
    async fn begin(&mut self) -> Result<()> {
        if self.closed {
            return Err(StoreError::Schema("the store is closed".into()));
        }
        if self.connection.is_none() {
            self.connection = Some(self.options.connect().await?);
        }
        if self.dirty {
            self.execute("rollback to turn").await?;
            self.execute("release turn").await?;
            self.dirty = false;
        }
        if !self.open {
            self.execute("begin immediate").await?;
            self.open = true;
        }
        self.execute("savepoint turn").await
    }

    async fn execute(&mut self, sql: &'static str) -> Result<()> {
        let connection = self.connection.as_mut().expect("a turn holds the writer connection");
        sqlx::query(sql).execute(connection).await?;
        Ok(())
    }

    /// Commits what is open and tells the members.
    async fn commit(&mut self) {
        if !self.open {
            return;
        }
        if let Err(error) = self.try_commit().await {
            self.fail(&error).await;
            return;
        }
        self.open = false;
        for member in self.members.drain(..) {
            let _ = member.send(Ok(()));
        }
    }

    async fn try_commit(&mut self) -> Result<()> {
        if self.dirty {
            self.execute("rollback to turn").await?;
            self.execute("release turn").await?;
            self.dirty = false;
        }
        self.execute("commit").await
    }

    async fn settle_if(&mut self, waiting: usize) {
        if waiting == 0 || self.members.len() >= BATCH {
            self.commit().await;
        }
    }

    /// The batch is lost as a whole: nobody in it was acknowledged. The connection is replaced.
    async fn fail(&mut self, error: &StoreError) {
        for member in self.members.drain(..) {
            let _ = member.send(Err(error.clone()));
        }
        self.open = false;
        self.dirty = false;
        if let Some(connection) = self.connection.take() {
            let _ = connection.close_hard().await;
        }
    }
}

impl Turn {
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        self.batch.connection.as_mut().expect("a turn holds the writer connection")
    }

    /// Keeps the work and waits until it is durable.
    pub(super) async fn commit(mut self) -> Result<()> {
        if let Err(error) = self.batch.execute("release turn").await {
            self.finished = true;
            self.batch.fail(&error).await;
            return Err(error);
        }
        let (sender, receiver) = oneshot::channel();
        self.batch.members.push(sender);
        self.finished = true;
        let waiting = self.door.0.waiting.load(Ordering::SeqCst);
        self.batch.settle_if(waiting).await;
        drop(self);
        receiver.await.unwrap_or_else(|_| Err(StoreError::Schema("the store was closed before the commit".into())))
    }

    /// Undoes this turn's work alone; the others of the batch are not touched.
    pub(super) async fn roll_back(mut self) -> Result<()> {
        self.finished = true;
        let undone = match self.batch.execute("rollback to turn").await {
            Ok(()) => self.batch.execute("release turn").await,
            Err(error) => Err(error),
        };
        if let Err(error) = undone {
            self.batch.fail(&error).await;
            return Err(error);
        }
        let waiting = self.door.0.waiting.load(Ordering::SeqCst);
        self.batch.settle_if(waiting).await;
        Ok(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.finished {
            self.batch.dirty = true;
            self.door.settle();
        }
    }
}

/// SQLite before 3.51.3 may corrupt a database when its log is reset (security.md finding 2).
fn refuse_old(version: &str) -> Result<()> {
    let mut parts = version.split('.').map(|p| p.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < (3, 51, 3) {
        return Err(StoreError::Schema(format!("SQLite {version} is too old: 3.51.3 or newer is needed")));
    }
    Ok(())
}
